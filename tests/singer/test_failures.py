"""What each fault of the API does to a stream, and to the others."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from sandbox.server import running
from tests.singer.conftest import OPTIONS
from tests.singer.support import END, Source

FACTS = "continu_content_completion"
AGGREGATE = "continu_user_engagement"
SNAPSHOT = "continu_assessment_status"
OTHER = "continu_workshop_status"

PASSING: list[dict[str, Any]] = [
    {"kind": "rate_limit_minute", "times": 2, "retry_after": 7},
    {"kind": "rate_limit_minute", "times": 2},
    {"kind": "status", "status": 500, "times": 2},
    {"kind": "status", "status": 503, "times": 1, "retry_after": 3},
    {"kind": "cut", "times": 2},
    {"kind": "cut_chunked", "times": 2},
    {"kind": "reset", "times": 2},
    {"kind": "html", "times": 1},
]


@pytest.fixture
def source() -> Iterator[Source]:
    """A sandbox of its own: what a failed stream still had in flight must not reach the next."""
    with running(OPTIONS) as sandbox:
        yield Source(sandbox)


def fault(source: Source, **plan: Any) -> None:
    source.sandbox.api.faults.add([{"match": "*", "times": 1, **plan}])


def canonical(records: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(record, sort_keys=True) for record in records)


def rows(source: Source, *streams: str, **settings: Any) -> dict[str, list[str]]:
    """Return what a run without faults writes, in a comparable form."""
    output = source.sync(*streams, **settings)
    assert output.error is None
    return {stream: canonical(output.records(stream)) for stream in streams}


@pytest.mark.parametrize("plan", PASSING, ids=lambda plan: f"{plan['kind']}-{plan['times']}")
@pytest.mark.parametrize("stream", [FACTS, AGGREGATE, SNAPSHOT])
def test_a_passing_fault_changes_nothing(
    stream: str, plan: dict[str, Any], source: Source, waits: list[float]
) -> None:
    expected = rows(source, stream)
    fault(source, **plan)
    assert rows(source, stream) == expected
    assert len(waits) == plan["times"]
    if "retry_after" in plan:
        wished = [wait for wait in waits if wait < 30]
        assert wished
        assert all(plan["retry_after"] <= wait <= plan["retry_after"] + 1 for wait in wished)
    elif plan["kind"] == "rate_limit_minute":
        assert all(30 <= wait <= 30 + 60 + 1 for wait in waits)


def test_a_stalled_response_is_asked_for_again(source: Source, waits: list[float]) -> None:
    expected = rows(source, FACTS, start_date="2026-03-01")
    fault(source, kind="stall", seconds=30)
    assert rows(source, FACTS, start_date="2026-03-01", request_timeout_seconds=1) == expected
    assert len(waits) == 1


@pytest.mark.parametrize(
    ("plan", "says"),
    [
        ({"kind": "status", "status": 403, "message": "resource not allowed"}, "not allowed"),
        ({"kind": "status", "status": 404, "message": "not found"}, "HTTP 404: not found"),
        ({"kind": "status", "status": 400, "message": "invalid filter field 'x'"}, "field 'x'"),
        ({"kind": "status", "status": 500, "times": 99}, "gave up after 8 tries"),
    ],
)
def test_a_failing_stream_does_not_stop_the_others(
    plan: dict[str, Any], says: str, source: Source, waits: list[float]
) -> None:
    del waits
    expected = rows(source, OTHER)
    fault(source, **{**plan, "match": "assessment_status"})
    output = source.sync(SNAPSHOT, OTHER)
    assert says in str(output.error)
    assert SNAPSHOT in str(output.error)
    assert OTHER not in str(output.error)
    assert canonical(output.records(OTHER)) == expected[OTHER]
    assert not output.of("ACTIVATE_VERSION", SNAPSHOT)


def test_a_record_without_its_key_names_the_fields_it_had(source: Source) -> None:
    expected = len(source.sync(FACTS).records(FACTS))
    fault(source, kind="missing_id", match="content_completion")
    output = source.sync(FACTS, "continu_rejected_rows", continu_max_in_flight=1)
    [rejected] = output.records("continu_rejected_rows")
    assert (
        "it has: address, assignment, buddy_email, content, createdAt, departments"
        in rejected["reason"]
    )
    assert len(output.records(FACTS)) == expected - 1
    assert output.bookmark(FACTS) == END


def test_an_expired_token_stops_the_source_with_one_request(source: Source) -> None:
    source.sandbox.api.gate.expire()
    output = source.sync(SNAPSHOT, OTHER, "continu_simplified_assignments")
    assert len(source.sandbox.requests) == 1
    assert "the token has expired" in str(output.error)
    assert str(output.error).startswith("3 streams failed")


def test_a_wrong_scheme_says_what_to_check(source: Source) -> None:
    output = source.sync(SNAPSHOT, continu_auth_scheme="bearer")
    assert "whether continu_auth_scheme should be raw or bearer" in str(output.error)


def test_the_daily_cap_stops_with_the_cursor_safe(source: Source, waits: list[float]) -> None:
    fault(source, kind="rate_limit_day", after=2, match="content_completion")
    first = source.sync(FACTS, AGGREGATE, continu_max_in_flight=1)
    assert waits == []
    assert "run again after 00:00 UTC" in str(first.error)
    assert first.bookmark(FACTS) == "2026-02-01T00:00:00Z"
    second = source.sync(FACTS, state=first.state, lookback_minutes=0)
    both = canonical([*first.records(FACTS), *second.records(FACTS)])
    assert both == rows(source, FACTS)[FACTS]


def test_the_budget_of_a_day_is_not_overspent(source: Source) -> None:
    output = source.sync(FACTS, AGGREGATE, continu_requests_per_day=3, continu_max_in_flight=1)
    assert len(source.asked()) == 3
    assert "the budget of 3 requests a day is used up" in str(output.error)


@pytest.mark.parametrize("status", [413, 500, 504])
def test_an_oversized_window_is_asked_for_in_pieces(
    status: int, source: Source, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    expected = rows(source, FACTS)
    source.sandbox.api.journal.clear()
    fault(source, kind="oversized", rows=60, status=status, times=None)
    with caplog.at_level(logging.WARNING):
        assert rows(source, FACTS) == expected
    assert "fetching its halves instead" in caplog.text
    assert len(source.asked()) < 90
    del waits


def test_the_pieces_stand_in_the_ledger_without_a_gap(source: Source, waits: list[float]) -> None:
    fault(source, kind="oversized", rows=60, times=None)
    output = source.sync(FACTS, "continu_windows")
    windows = output.records("continu_windows")
    assert windows[0]["window_from"] == "2025-12-20T00:00:00Z"
    assert windows[-1]["window_until"] == "2026-03-15T12:00:00Z"
    for before, after in pairwise(windows):
        assert before["window_until"] == after["window_from"]
    assert len(windows) > 4
    assert waits == []


def test_an_oversized_aggregate_window_fails_with_advice(source: Source) -> None:
    fault(source, kind="oversized", rows=5, times=None)
    output = source.sync(AGGREGATE)
    assert f"stream_options.{AGGREGATE}.window to week or day" in str(output.error)
    assert output.records(AGGREGATE) == []


def test_nothing_of_a_broken_response_is_written(source: Source, waits: list[float]) -> None:
    del waits
    fault(source, kind="cut", times=99)
    output = source.sync(AGGREGATE)
    assert output.records(AGGREGATE) == []
    assert output.error is not None


def test_other_types_are_coerced_to_the_same_values(source: Source) -> None:
    for stream in (FACTS, AGGREGATE, SNAPSHOT, "continu_workshop_engagement"):
        plain = source.sync(stream).records(stream)
        fault(source, kind="wrong_types", times=99)
        disguised = source.sync(stream).records(stream)
        source.sandbox.api.faults.clear()
        declared = [{k: v for k, v in row.items() if k != "additional_fields"} for row in plain]
        coerced = [{k: v for k, v in row.items() if k != "additional_fields"} for row in disguised]
        assert coerced == declared


def test_values_that_do_not_fit_are_kept_and_counted(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    fault(source, kind="wrong_types", hard=True, times=99)
    with caplog.at_level(logging.WARNING):
        output = source.sync(AGGREGATE)
    assert output.error is None
    assert "values do not fit the type of column 'views': kept in additional_fields" in caplog.text
    kept = [row for row in output.records(AGGREGATE) if row["views"] is None]
    assert kept
    assert all("views" in row["additional_fields"] for row in kept)


def test_garbage_goes_through_as_clean_json(source: Source) -> None:
    expected = len(source.sync(FACTS).records(FACTS))
    fault(source, kind="garbage", times=99)
    output = source.sync(FACTS)
    assert output.error is None
    assert len(output.records(FACTS)) == expected
    assert "\x00" not in str(output.records(FACTS))
    str(output.records(FACTS)).encode("utf-8")


def test_the_connection_test_fails_where_a_sync_would(source: Source) -> None:
    from tap_continu_coursebase.core.errors import SourceStoppedError  # noqa: PLC0415
    from tests.singer.support import tap  # noqa: PLC0415

    source.sandbox.api.gate.expire()
    with pytest.raises(SourceStoppedError, match="expired"):
        tap(source.config()).run_connection_test()


def test_a_mistake_of_the_tap_ends_one_stream_in_one_line(
    source: Source, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def mistaken(*_: Any) -> None:
        raise KeyError("a value of the source")

    expected = rows(source, OTHER)
    caplog.clear()
    monkeypatch.setattr("tap_continu_coursebase.singer.windowed.WindowedStream.steps", mistaken)
    output = source.sync(FACTS, OTHER)
    assert f"{FACTS}: unexpected KeyError at test_failures.py:" in str(output.error)
    assert "a value of the source" not in caplog.text
    assert "Traceback" not in caplog.text
    assert canonical(output.records(OTHER)) == expected[OTHER]
