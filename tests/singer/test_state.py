"""What STATE means: every record of [start_date, until) is on stdout before it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from harness.compare import Sandbox as Admin
from sandbox.server import Sandbox
from tests.singer.support import END, START, Source, run, tap

FACTS = "continu_assignment_summary"
AGGREGATE = "continu_user_engagement"
LEDGER = "continu_windows"


def state(stream: str, until: str, **more: str) -> dict[str, Any]:
    bookmark = {"replication_key": "until", "replication_key_value": until, **more}
    return {"bookmarks": {stream: bookmark}}


def test_state_is_documented_shape(source: Source) -> None:
    output = source.sync(FACTS, lookback_minutes=24 * 60)
    bookmark = output.state["bookmarks"][FACTS]
    recent = bookmark.pop("recent")
    assert bookmark == {
        "replication_key": "until",
        "replication_key_value": END,
        "start_date": START,
        "has_rows": True,
    }
    assert recent.keys() == {"asked", "until", "seconds", "rows"}
    assert (recent["until"], recent["seconds"], len(recent["rows"])) == (END, 3600, 24)
    a_day_ago = "2026-03-14T12:00:00Z"
    rows = [row for row in output.records(FACTS) if row["updated_date"] >= a_day_ago]
    assert sum(recent["rows"]) == len(rows) > 0


def test_each_window_ends_with_its_ledger_record_and_then_its_state(source: Source) -> None:
    output = source.sync(FACTS, LEDGER)
    reached: str | None = None
    edges = []
    for before, message in pairwise(output.messages):
        bookmarks = message.get("value", {}).get("bookmarks", {})
        value = bookmarks.get(FACTS, {}).get("replication_key_value")
        if message["type"] == "STATE" and value != reached:
            reached = value
            edges.append(value)
            assert before["stream"] == LEDGER
            assert before["record"]["window_until"] == value
    assert edges == [
        "2026-01-01T00:00:00Z",
        "2026-02-01T00:00:00Z",
        "2026-03-01T00:00:00Z",
        END,
    ]


def test_every_record_of_a_window_stands_before_its_state(source: Source) -> None:
    output = source.sync(FACTS)
    reached = ""
    for message in output.messages:
        if message["type"] == "STATE":
            reached = message["value"]["bookmarks"].get(FACTS, {}).get("replication_key_value", "")
        if message["type"] == "RECORD":
            assert message["record"]["updated_date"] >= reached


def test_the_ledger_counts_what_came(source: Source) -> None:
    output = source.sync(FACTS, LEDGER)
    windows = output.records(LEDGER)
    assert sum(window["rows"] for window in windows) == len(output.records(FACTS))
    for window in windows:
        assert window["stream"] == FACTS
        assert window["bytes"] > 1000
        assert window["tries"] == 1
        assert window["seconds"] > 0
        assert window["requested_at"].endswith("Z")
    assert len(output.of("SCHEMA", LEDGER)) == 1


def test_a_deselected_ledger_writes_nothing(source: Source) -> None:
    assert not [m for m in source.sync(FACTS).messages if m.get("stream") == LEDGER]


def test_empty_windows_advance_the_bookmark(source: Source) -> None:
    output = source.sync(FACTS, start_date="2019-11-01", end_date="2020-02-01")
    assert output.records(FACTS) == []
    assert output.bookmark(FACTS) == "2020-02-01T00:00:00Z"


def test_nothing_new_leaves_the_bookmark(source: Source) -> None:
    before = state(FACTS, END)
    output = source.sync(FACTS, state=before, lookback_minutes=0)
    assert source.asked() == []
    assert output.bookmark(FACTS) == END


def test_the_lookback_never_moves_the_bookmark_back(source: Source) -> None:
    output = source.sync(FACTS, state=state(FACTS, END), lookback_minutes=60 * 24 * 40)
    assert len(source.asked()) == 2
    values = [m["value"]["bookmarks"][FACTS]["replication_key_value"] for m in output.of("STATE")]
    assert set(values) == {END}


def test_a_bookmark_after_the_end_stays(source: Source) -> None:
    output = source.sync(FACTS, state=state(FACTS, "2026-09-01T00:00:00Z"))
    assert source.asked() == []
    assert output.bookmark(FACTS) == "2026-09-01T00:00:00Z"


def test_one_until_for_all_streams_of_a_run(source: Source) -> None:
    config = source.config()
    del config["end_date"]
    config["start_date"] = "2026-03-10"
    before = datetime.now(UTC).replace(microsecond=0)
    output = run(config, catalog=source.catalog(FACTS, AGGREGATE, "continu_track_status"))
    untils = {output.bookmark(stream) for stream in (FACTS, AGGREGATE, "continu_track_status")}
    assert len(untils) == 1
    assert before.isoformat() <= str(untils.pop()).replace("Z", "+00:00")


def test_aggregates_carry_their_window_and_sums_count_once(source: Source) -> None:
    """Two runs, the second inside an open window: the rows by key sum up to the facts."""
    first = source.sync(AGGREGATE, end_date="2026-03-10T00:00:00Z")
    second = source.sync(AGGREGATE, state=first.state)
    rows = {
        (record["window_from"], record["email"]): record
        for record in [*first.records(AGGREGATE), *second.records(AGGREGATE)]
    }
    completed: dict[str, int] = {}
    for row in rows.values():
        completed[row["email"]] = completed.get(row["email"], 0) + row["assignments_completed"]
    facts = completed_by_user(source.sandbox, "2025-12-01T00:00:00Z", END)
    assert facts
    assert {email: n for email, n in completed.items() if n} == facts
    assert {row["window_until"] for row in rows.values()} == {
        "2026-01-01T00:00:00Z",
        "2026-02-01T00:00:00Z",
        "2026-03-01T00:00:00Z",
        END,
    }


def completed_by_user(sandbox: Sandbox, start: str, until: str) -> dict[str, int]:
    """Count the facts: completed assignment items by user, straight from the sandbox."""
    bounds = (datetime.fromisoformat(start), datetime.fromisoformat(until))
    rows = Admin(sandbox.url).truth("assignment_summary", *bounds, "completed_date")
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["email"]] = counts.get(row["email"], 0) + 1
    return counts


@pytest.mark.parametrize(
    ("stream", "before", "says"),
    [
        (FACTS, {"replication_key": "updated_at", "replication_key_value": END}, "another tap"),
        (
            AGGREGATE,
            {"replication_key": "until", "replication_key_value": END, "window": "day"},
            "would count twice",
        ),
    ],
)
def test_a_state_that_cannot_be_continued_is_refused(
    stream: str, before: dict[str, Any], says: str, source: Source
) -> None:
    output = source.sync(stream, state={"bookmarks": {stream: before}})
    assert says in str(output.error)
    assert source.asked() == []
    assert output.state["bookmarks"][stream] == before


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"currently_syncing": "users"}, "another tap or a newer version"),
        ({"bookmarks": []}, "another tap or a newer version"),
        ({"bookmarks": {"users": {"since": END}}}, "the state of 'users' belongs to another tap"),
        ({"bookmarks": {FACTS: []}}, "is not an object"),
        ({"bookmarks": {FACTS: {"shards": 3}}}, "the unknown key 'shards'"),
        ({"bookmarks": {FACTS: {"rows": "3"}}}, "has a rows that cannot be read"),
        ({"bookmarks": {FACTS: {"start_date": "soon"}}}, "has a start_date that cannot be read"),
        ({"bookmarks": {FACTS: {"recent": {"rows": [3]}}}}, "has a recent that cannot be read"),
        (state(FACTS, "soon"), "has a replication_key_value that cannot be read"),
        ({"bookmarks": {FACTS: {"replication_key_value": 17}}}, "cannot be read"),
    ],
)
def test_a_state_that_was_not_written_here_stops_the_run(
    given: Any, says: str, source: Source
) -> None:
    output = source.sync(FACTS, state=given)
    assert says in str(output.error)
    assert output.messages == []
    assert source.asked() == []


def test_a_start_date_moved_back_is_said_to_leave_rows_out(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    first = source.sync(FACTS, start_date="2026-02-01")
    source.sync(FACTS, state=first.state)
    assert "rows before 2026-02-01T00:00:00Z are missing" in caplog.text


def test_a_run_budget_stops_at_a_window_edge(source: Source) -> None:
    """Its time is over while the second window is written: that one is the last of the run."""
    first = tap(source.config(max_run_minutes=30), source.catalog(FACTS, AGGREGATE))
    written: list[str] = []
    for record in first.streams[FACTS].get_records(None):
        assert isinstance(record, dict)
        written.append(record["updated_date"])
        if record["updated_date"] >= "2026-01-01T00:00:00Z":
            first.run.started = time.monotonic() - 31 * 60
    assert max(written) < "2026-02-01T00:00:00Z"
    assert first.state["bookmarks"][FACTS]["replication_key_value"] == "2026-02-01T00:00:00Z"
    assert list(first.streams[AGGREGATE].get_records(None)) == []
    rest = source.sync(FACTS, state=first.state, lookback_minutes=0)
    whole = source.sync(FACTS)
    assert len(written) + len(rest.records(FACTS)) == len(whole.records(FACTS))
