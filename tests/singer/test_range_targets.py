"""Changes are carried: windows go by the broadest date that the API takes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox.continu.edits import touch
from sandbox.instants import parse_instant
from sandbox.server import running
from tap_continu_coursebase.continu.reports import REPORTS
from tests.fuzz.answering import answering
from tests.singer.conftest import OPTIONS
from tests.singer.support import END, Output, Source, run, tap
from tests.transport.scripted_server import Asked, Reply

BY_UPDATES = tuple(f"continu_{report.name}" for report in REPORTS if report.updates)
PIVOTS = ("continu_pivoted_content_assignments", "continu_pivoted_user_assignments")
TRACKS, SUMMARY = "continu_track_status", "continu_assignment_summary"
NOT_SEEN = "later changes of a row that do not move that date are not seen"
IGNORED = "seems to be ignored"


@contextmanager
def reality(name: str) -> Iterator[Source]:
    with running(replace(OPTIONS, realities=(name,))) as sandbox:
        yield Source(sandbox)


def targets(source: Source) -> list[str | None]:
    """Return what each request asked for, in order, without repetitions."""
    asked = [body.get("range_target") for _, body in source.asked()]
    return [one for n, one in enumerate(asked) if n == 0 or one != asked[n - 1]]


@pytest.mark.parametrize("stream", BY_UPDATES)
def test_the_date_of_last_update_is_asked_for(stream: str, source: Source) -> None:
    output = source.sync(stream)
    assert output.error is None
    assert targets(source) == ["updated_date"]
    assert "range_target" not in output.state["bookmarks"][stream]


@pytest.mark.parametrize("stream", PIVOTS)
def test_an_aggregate_is_left_to_the_api(stream: str, source: Source) -> None:
    source.sync(stream)
    assert targets(source) == [None]


def test_null_leaves_it_out(source: Source) -> None:
    source.sync(TRACKS, stream_options={TRACKS: {"range_target": None}})
    assert targets(source) == [None]


@pytest.mark.parametrize("undo", [False, True])
def test_an_old_row_that_changes_is_loaded_again(source: Source, undo: bool) -> None:
    report = "assignment_summary" if undo else "content_completion"
    stream = f"continu_{report}"
    first = source.sync(stream)
    later = parse_instant(END) + 3600
    source.sandbox.clock.set(later)
    [changed] = touch(source.sandbox.organisation, later, report, 1, undo=undo)
    until = datetime.fromtimestamp(later + 60, UTC).isoformat()
    again = source.sync(stream, state=first.state, end_date=until, lookback_minutes=0)
    keys = {"|".join(row[name] for name in keys_of(stream)) for row in again.records(stream)}
    assert changed in keys


def keys_of(stream: str) -> tuple[str, ...]:
    return ("assignment_id", "content_id", "email") if stream == SUMMARY else ("completion_id",)


@pytest.mark.parametrize("stream", [TRACKS, "continu_scorm_status"])
def test_an_api_without_updates_is_asked_without(
    stream: str, caplog: pytest.LogCaptureFixture
) -> None:
    with reality("refused-range-target") as source:
        output = source.sync(stream)
        assert output.error is None
        assert output.records(stream)
        assert targets(source)[-1] is None
        assert set(targets(source)) == {"updated_date", "updated_at", None} | (
            {"scorm_last_updated_date"} if "scorm" in stream else set()
        )
        assert caplog.text.count(NOT_SEEN) == 1
        assert "updated_date or updated_at" in caplog.text
        assert output.state["bookmarks"][stream]["range_target"] == ""
        source.sandbox.api.journal.clear()
        caplog.clear()

        again = source.sync(stream, state=output.state)
        assert again.error is None
        assert targets(source) == [None]
        assert caplog.text.count(NOT_SEEN) == 1, "each run says what it does not see"
        assert again.state["bookmarks"][stream]["range_target"] == ""
        source.sandbox.api.journal.clear()

        source.sync(stream, state=again.state, stream_options={stream: {"range_target": None}})
        assert targets(source) == [None]


def test_a_full_table_remembers_it_too() -> None:
    with reality("refused-range-target") as source:
        catalog = source.catalog(TRACKS, replication_method="FULL_TABLE")
        config = source.config(end_date=None)
        output = run(config, catalog)
        assert output.state["bookmarks"][TRACKS]["range_target"] == ""
        source.sandbox.api.journal.clear()
        run(config, catalog, output.state)
        assert targets(source) == [None]


def test_a_date_that_is_set_is_not_replaced(source: Source) -> None:
    options = {TRACKS: {"range_target": "finished_date"}}
    output = source.sync(TRACKS, stream_options=options, continu_max_in_flight=1)
    assert "invalid value 'finished_date' for range_target" in str(output.error)
    assert f"set stream_options.{TRACKS}.range_target" in str(output.error)
    assert targets(source) == ["finished_date"]


def test_a_refusal_of_something_else_is_no_refusal_of_the_date(source: Source) -> None:
    fault = {"match": "*", "kind": "status", "status": 400, "message": "invalid field 'x'"}
    source.sandbox.api.faults.add([{**fault, "times": 1}])
    output = source.sync(TRACKS, continu_max_in_flight=1)
    assert "invalid field 'x'" in str(output.error)
    assert targets(source) == ["updated_date"]


def rows(*dates: str) -> bytes:
    made = [
        {"track_id": f"t{n}", "email": "ada@example.com", "updatedAt": date}
        for n, date in enumerate(dates)
    ]
    return json.dumps(made).encode()


def load(answer: Callable[[dict[str, Any]], Reply], state: Any = None) -> tuple[Output, list[Any]]:
    """Load one month of tracks from a server that answers a body like this."""
    asked: list[Any] = []

    def reply(request: Asked) -> Reply:
        body = json.loads(request.body)
        asked.append(body.get("range_target"))
        return answer(body)

    with answering() as server:
        server.answer(reply)
        config = {
            "continu_api_url": f"{server.url}/api/v1",
            "continu_api_token": "a-token",
            "start_date": "2024-01-01",
            "end_date": "2024-02-01",
        }
        catalog = tap(config).catalog_dict
        for entry in catalog["streams"]:
            for item in entry["metadata"]:
                if not item["breadcrumb"]:
                    item["metadata"]["selected"] = entry["tap_stream_id"] == TRACKS
        return run(config, catalog=catalog, state=state), asked


@pytest.mark.parametrize(
    "says",
    [
        "invalid value 'updated_date' for range_target",
        "rangeTarget must be one of updatedAt, completedAt",
        "unknown range target",
        "no such field: updated_date",
    ],
)
def test_the_next_name_of_the_date_is_tried_and_remembered(
    says: str, caplog: pytest.LogCaptureFixture
) -> None:
    def answer(body: dict[str, Any]) -> Reply:
        if body.get("range_target") == "updated_date":
            return Reply(400, json.dumps({"message": says}).encode())
        return Reply(body=rows("2024-01-15T00:00:00Z"))

    output, asked = load(answer)
    assert output.error is None
    assert asked == ["updated_date", "updated_at"]
    assert output.state["bookmarks"][TRACKS]["range_target"] == "updated_at"
    assert "windows go by updated_at" in caplog.text
    output, asked = load(answer, output.state)
    assert asked == ["updated_at"]


INSIDE, OUTSIDE = "2024-01-15T10:00:00.000Z", "2023-05-15T10:00:00Z"


@pytest.mark.parametrize(
    ("dates", "warns"),
    [
        ([INSIDE] * 4, False),
        ([OUTSIDE] * 4, True),
        ([OUTSIDE] * 300 + [INSIDE] * 100, True),
        ([OUTSIDE] * 100 + [INSIDE] * 300, False),
        ([OUTSIDE, OUTSIDE], False),
        (["2023-12-31T23:30:00Z", "2024-02-01T08:00:00Z"] * 5, False),
        (["soon", ""] * 5, False),
        ([], False),
    ],
    ids=["inside", "outside", "most", "some", "few", "days and zones", "no dates", "no rows"],
)
def test_a_date_that_is_ignored_is_noticed(
    dates: list[str], warns: bool, caplog: pytest.LogCaptureFixture
) -> None:
    output, _ = load(lambda _body: Reply(body=rows(*dates)))
    assert output.error is None
    assert len(output.records(TRACKS)) == len(dates)
    assert caplog.text.count(IGNORED) == warns
    assert OUTSIDE not in caplog.text


def test_an_ignored_date_is_told_with_figures(caplog: pytest.LogCaptureFixture) -> None:
    with reality("ignored-range-target") as source:
        output = source.sync(SUMMARY, continu_window="day", start_date="2026-01-10")
    assert output.error is None
    [warning] = [r.getMessage() for r in caplog.records if IGNORED in r.getMessage()]
    assert warning.startswith(f"{SUMMARY}: range_target updated_date {IGNORED}")
    assert re.search(r"\d+ of \d+ rows looked at have their updated_date outside", warning)


def test_a_date_that_is_obeyed_is_not_suspected(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    output = source.sync(*BY_UPDATES, continu_window="day", start_date="2026-02-20")
    assert output.error is None
    assert IGNORED not in caplog.text
