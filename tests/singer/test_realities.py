"""Plausible answers that are not documented: all rows come, or one sentence says what to set."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from sandbox.continu.realities import REALITIES
from sandbox.server import running
from tests.singer.conftest import OPTIONS
from tests.singer.support import END, Output, Source

FACTS, SNAPSHOT = STREAMS = ("continu_content_completion", "continu_assessment_status")
LEDGER = "continu_windows"
TAP = "tap-continu-coursebase"
BEFORE_THE_FIRST_ROW = "2025-09-01T00:00:00Z"
WINDOWS = 7


@dataclass(frozen=True)
class Case:
    """What must come out of a reality.

    Attributes:
        refused: What the run ends with; nothing if all rows come.
        settings: With which all rows come, if they do not without.
        warned: What is said of the facts when all rows come, each once.
        tries: Requests for each window.
        other_windows: Whether rows come by other windows than those of the documented answers.
        stream: Which one is refused.
        differs: Whether other rows or values come than by the documented answers.
        left: What then stays in additional_fields beside what the documented answers leave there.
    """

    refused: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    warned: tuple[str, ...] = ()
    tries: int = 1
    other_windows: bool = False
    stream: str = FACTS
    differs: bool = False
    left: tuple[str, ...] = ()


def rows_path(path: str) -> Mapping[str, Any]:
    return {"stream_options": {stream: {"rows_path": path} for stream in STREAMS}}


def columns(**paths: str) -> Mapping[str, Any]:
    chosen = {name: {"from": path, "type": "string"} for name, path in paths.items()}
    return {"stream_options": {stream: {"columns": chosen} for stream in STREAMS}}


EMPTY = "the response was without a body: taken for no rows (2 times)"
CASES: Mapping[str, Case] = {
    "null-empty": Case(warned=("the response was null: taken for no rows (2 times)",)),
    "no-bytes": Case(warned=(EMPTY,)),
    "no-content": Case(warned=(EMPTY,)),
    "empty-object": Case(warned=("the response was {}: taken for no rows (2 times)",)),
    "no-records": Case(
        refused="HTTP 404: No records found for the given range; if that means an empty answer, "
        "set continu_not_found_is_empty to true",
        settings={"continu_not_found_is_empty": True},
        warned=(EMPTY,),
    ),
    "no-records-200": Case(
        refused="the response is an object without rows: No records found for the given range; if "
        "that means an empty answer, set continu_not_found_is_empty to true",
        settings={"continu_not_found_is_empty": True},
        warned=(EMPTY,),
    ),
    "zero-count": Case(
        warned=("the response was an object with 0 at count: taken for no rows (2 times)",)
    ),
    "envelope": Case(),
    "envelope-null": Case(
        warned=("the response was an object with null at data: taken for no rows (2 times)",)
    ),
    "envelope-nested": Case(
        refused=f"set stream_options.{FACTS}.rows_path to one of them: result.items",
        settings=rows_path("result.items"),
    ),
    "envelope-two": Case(
        refused=f"set stream_options.{FACTS}.rows_path to one of them: included, data",
        settings=rows_path("data"),
    ),
    "envelope-more": Case(
        warned=(
            "says by 'has_more' that there is more than it holds",
            "says by 'total' that there is more than it holds",
        )
    ),
    "lines": Case(warned=(EMPTY,)),
    "gzip-unsaid": Case(),
    "created": Case(),
    "accepted": Case(tries=2),
    "message": Case(
        refused="the response is an object without rows: The report is temporarily disabled for "
        "this company; gave up after 2 tries"
    ),
    "text": Case(refused='the response is a JSON string: "report disabled"; gave up after 2'),
    "arrays": Case(refused="the response is an array of arrays instead of objects; gave up after"),
    "page": Case(refused="the response is an HTML page: Sign in; gave up after 2 tries"),
    "moved": Case(
        refused="HTTP 302: redirected to https://signin.example.com, which is not followed, so "
        "that the token goes nowhere else; set continu_api_url to the address that answers"
    ),
    "refused-range-target": Case(
        warned=("takes no range_target updated_date or updated_at",), other_windows=True
    ),
    "ignored-range-target": Case(other_windows=True),
    "seven-days": Case(other_windows=True),
    "remaining-counts": Case(),
    "limit-counts": Case(),
    "no-wait": Case(),
    "nested-keys": Case(
        refused="without its key field 'email' (it may be 'user.email')",
        settings=columns(email="user.email", userid="user.userid"),
        stream=SNAPSHOT,
        left=("user",),
    ),
    "oid": Case(),
    "hidden-cap": Case(
        warned=("5 of 5 windows hold exactly 50 rows, and none more: the API seems to cut off",),
        differs=True,
    ),
    "shrunk-snapshot": Case(differs=True),
    "daily-refresh": Case(differs=True),
    "zero-dates": Case(
        warned=tuple(
            f"dates in column '{name}' stand for none (0001-01-01, the start of 1970, 0): null "
            "there, kept in additional_fields; "
            f"stream_options.{FACTS}.columns {{'{name}': 'string'}} has them as they come"
            for name in ("first_login", "hired_on", "last_login", "suspended_on")
        ),
        differs=True,
    ),
    "comma-text": Case(
        warned=tuple(
            f"texts with commas came for column '{name}', which holds arrays: each is kept whole, "
            f"as an array of one; stream_options.{FACTS}.columns {{'{name}': 'string'}} has the "
            "text as it comes"
            for name in ("departments", "groups", "locations", "teams")
        ),
        differs=True,
    ),
    "mixed-ids": Case(warned=("values of column 'content_id' stand in 'content._id'",)),
    "bare-assignment": Case(
        warned=("rows have a text or number in place of the object 'assignment': taken as its id",)
    ),
}


def load(source: Source, settings: Mapping[str, Any]) -> Output:
    return source.sync(
        *STREAMS,
        LEDGER,
        start_date=BEFORE_THE_FIRST_ROW,
        continu_max_in_flight=1,
        **settings,
    )


def by_key(
    records: Sequence[Mapping[str, Any]], left: Sequence[str] = ()
) -> Mapping[tuple[str, ...], Mapping[str, Any]]:
    keys = ("completion_id", "email", "assessment_id")
    keyed = {tuple(str(row.get(name)) for name in keys): dict(row) for row in records}
    for row in keyed.values():
        assert {*left} <= {*row["additional_fields"]}
        row["additional_fields"] = {
            name: value for name, value in row["additional_fields"].items() if name not in left
        }
    assert len(keyed) == len(records), "a row came twice"
    return keyed


@pytest.fixture(scope="module")
def plain() -> Output:
    """What comes of the documented answers."""
    with running(OPTIONS) as sandbox:
        output = load(Source(sandbox), {})
    assert output.error is None
    assert all(output.records(stream) for stream in STREAMS)
    return output


def said_of(stream: str) -> set[str]:
    """What the last line may call a stream: what fails alike is said once for all."""
    return {stream, f"all {len(STREAMS)} Continu streams"}


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("name", REALITIES)
def test_all_rows_come_or_one_sentence_says_why(
    name: str, plain: Output, caplog: pytest.LogCaptureFixture
) -> None:
    case = CASES[name]
    with running(replace(OPTIONS, realities=(name,))) as sandbox:
        source = Source(sandbox)
        if case.refused:
            refused = load(source, {})
            assert case.refused.replace(FACTS, "<stream>") in str(refused.error).replace(
                FACTS, "<stream>"
            )
            assert any(f" {name}: " in str(refused.error) for name in said_of(case.stream))
            assert not refused.records(case.stream)
            if case.stream == FACTS:
                assert len(source.asked()) <= 2 * len(STREAMS) * case.tries
            if not case.settings:
                return
            sandbox.api.journal.clear()
        caplog.clear()
        with caplog.at_level(logging.WARNING):
            output = load(source, case.settings)
        assert output.error is None
        for stream in STREAMS:
            assert output.records(stream)
            if not case.differs:
                assert by_key(output.records(stream), case.left) == by_key(plain.records(stream))
        assert output.bookmark(FACTS) == END
        assert output.of("ACTIVATE_VERSION", SNAPSHOT)
        if not (case.other_windows or case.differs):
            assert [row["rows"] for row in output.records(LEDGER)] == [
                row["rows"] for row in plain.records(LEDGER)
            ]
            assert len(source.asked()) == (WINDOWS + 1) * case.tries
    of_facts = [
        record.message
        for record in caplog.records
        if FACTS in record.message and record.name.startswith(TAP)
    ]
    assert len(of_facts) == len(case.warned)
    for warning in case.warned:
        assert any(warning in message for message in of_facts)


@pytest.mark.parametrize("name", ["null-empty", "no-bytes", "no-content", "empty-object"])
@pytest.mark.usefixtures("waits")
def test_a_snapshot_that_was_emptied_is_not_marked_as_deleted(name: str) -> None:
    filters = {"stream_options": {SNAPSHOT: {"filters": {"user_filter": {"email": "nobody@x"}}}}}
    with running(replace(OPTIONS, realities=(name,))) as sandbox:
        source = Source(sandbox)
        first = source.sync(SNAPSHOT)
        assert first.error is None
        emptied = source.sync(SNAPSHOT, state=first.state, **filters)
    assert "allow_empty_snapshot" in str(emptied.error)
    assert not emptied.of("ACTIVATE_VERSION")
