"""What may have been lost quietly is told with its figures; documented answers tell of nothing."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.server import running
from tests.fuzz.answering import answering
from tests.singer.conftest import OPTIONS
from tests.singer.support import Output, Source, run, tap
from tests.transport.scripted_server import Reply

FACTS, SNAPSHOT = "continu_content_completion", "continu_assessment_status"
CHANGES = "continu_assignment_summary"
EVENING = datetime(2026, 3, 10, 23, tzinfo=UTC)
NIGHT = EVENING + timedelta(hours=2)
HALF_A_DAY = 12 * 60
CAME_LATE = "rows that came late"


@contextmanager
def reality(*names: str) -> Iterator[Source]:
    with running(replace(OPTIONS, users=300, realities=names)) as sandbox:
        yield Source(sandbox)


def load(source: Source, until: datetime, before: Output | None = None, **settings: Any) -> Output:
    """Load what there is at an instant."""
    source.sandbox.clock.set(int(until.timestamp()))
    state = before.state if before else None
    output = source.sync(CHANGES, state=state, end_date=until.isoformat(), **settings)
    assert output.error is None
    return output


def answered(body: bytes, stream: str, state: Any = None, **settings: Any) -> Output:
    """Load a stream from a server that answers everything with a body."""
    with answering() as server:
        server.answer(lambda _asked: Reply(body=body))
        config = {"continu_api_url": f"{server.url}/api/v1", "continu_api_token": "x", **settings}
        catalog = tap(config).catalog_dict
        for entry in catalog["streams"]:
            for item in entry["metadata"]:
                if not item["breadcrumb"]:
                    item["metadata"]["selected"] = entry["tap_stream_id"] == stream
        return run(config, catalog, state)


def told(caplog: pytest.LogCaptureFixture, says: str) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno == logging.WARNING and says in record.getMessage()
    ]


def test_a_daily_refresh_is_found(caplog: pytest.LogCaptureFixture) -> None:
    with reality("daily-refresh") as source:
        evening = load(source, EVENING, lookback_minutes=HALF_A_DAY)
        night = load(source, NIGHT, evening, lookback_minutes=HALF_A_DAY)
        dates = [datetime.fromisoformat(row["updated_date"]) for row in night.records(CHANGES)]
        late = [EVENING - date for date in dates if date < EVENING]
        minutes = -(-max(late) // timedelta(minutes=1))
        assert HALF_A_DAY / 2 < minutes <= HALF_A_DAY
        [warning] = [one for one in told(caplog, CAME_LATE) if one.startswith(CHANGES)]
        assert warning == (
            f"{CHANGES}: rows that came late: {len(late)}, dated up to {minutes} minutes before "
            "2026-03-10T23:00:00Z, where the run before ended without them, and none as old had "
            "come in time, so older ones may be missing: set "
            f"stream_options.{CHANGES}.lookback_minutes (now 720) to 2880 or more; a reconcile "
            "finds older ones"
        )
        caplog.clear()
        caplog.set_level(logging.INFO)

        settings = {"stream_options": {CHANGES: {"lookback_minutes": 2880}}}
        following = night
        for hours in (1, 21, 23, 25, 26):
            following = load(source, NIGHT + timedelta(hours=hours), following, **settings)
    assert not told(caplog, "lookback_minutes")
    assert f"{CAME_LATE}: " in caplog.text, "it is known, and nothing is lost"


@pytest.mark.parametrize("lookback", [0, 10, 60, HALF_A_DAY, 2880])
def test_rows_that_come_in_time_are_not_late(
    lookback: int, source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    output = load(source, EVENING, lookback_minutes=lookback)
    for hours in range(1, 8):
        until = EVENING + timedelta(hours=hours)
        output = load(source, until, output, lookback_minutes=lookback)
    assert CAME_LATE not in caplog.text


def test_completions_tell_by_when_they_came_about(caplog: pytest.LogCaptureFixture) -> None:
    """Their rows do not have the date that windows go by."""
    dates = ["2026-03-10T13:30:00Z", "2026-03-10T20:00:00Z", "2026-03-10T23:30:00Z"]
    rows = [{"completion_id": date, "completed_on": date} for date in dates]
    settings = {"start_date": "2026-03-01", "lookback_minutes": HALF_A_DAY}
    output = answered(b"[]", FACTS, end_date=EVENING.isoformat(), **settings)
    night = {"end_date": NIGHT.isoformat(), "state": output.state, **settings}
    output = answered(json.dumps(rows).encode(), FACTS, **night)
    assert len(output.records(FACTS)) == len(rows)
    [warning] = told(caplog, CAME_LATE)
    assert warning.startswith(f"{FACTS}: {CAME_LATE}: 2, dated up to 570 minutes before ")
    assert "to 2880 or more" in warning


def test_another_range_target_is_no_refresh(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    output = load(source, EVENING, lookback_minutes=2880)
    for target in ("completed_date", "assigned_date", "updated_date"):
        options = {CHANGES: {"range_target": target}}
        output = load(source, EVENING, output, lookback_minutes=2880, stream_options=options)
    assert CAME_LATE not in caplog.text


def test_a_first_load_without_rows_is_told_once(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    output = source.sync(CHANGES, start_date="2019-11-01", end_date="2020-03-01")
    assert output.error is None
    [warning] = told(caplog, CHANGES)
    assert warning == (
        f"{CHANGES}: none of the 4 windows that were loaded holds a row, nor did any before: if "
        "this report has data, check start_date, what the token may see, and range_target and "
        f"filters in stream_options.{CHANGES}"
    )
    caplog.clear()
    source.sync(CHANGES, state=output.state, start_date="2019-11-01", end_date="2020-04-01")
    assert not told(caplog, CHANGES), "a window or two say nothing"


def test_a_load_without_rows_after_one_with_rows_is_no_loss(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    output = source.sync(CHANGES)
    bookmark = output.state["bookmarks"][CHANGES]
    bookmark["replication_key_value"] = "2019-11-01T00:00:00Z"
    source.sync(CHANGES, state=output.state, start_date="2019-01-01", end_date="2020-03-01")
    assert not told(caplog, "holds a row")


def test_a_hidden_cap_is_told_with_the_window_to_set(caplog: pytest.LogCaptureFixture) -> None:
    with reality("hidden-cap") as source:
        source.sync(CHANGES)
        [warning] = told(caplog, CHANGES)
        assert warning == (
            f"{CHANGES}: 4 of 4 windows hold exactly 50 rows, and none more: the API seems to cut "
            "off what is beyond, so rows are missing (continu_windows tells where); set "
            f"stream_options.{CHANGES}.window to week or day, and remove the stream's state to "
            "load all again"
        )
        caplog.clear()
        source.sync(CHANGES, stream_options={CHANGES: {"window": "day"}})
    assert not told(caplog, CHANGES), "what it advises helps"


def test_dates_that_stand_for_none_are_null_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    with reality() as source:
        plain = {row["completion_id"]: row for row in source.sync(FACTS).records(FACTS)}
    with reality("zero-dates") as source:
        rows = source.sync(FACTS).records(FACTS)
    never = [row for row in rows if plain[row["completion_id"]]["suspended_on"] is None]
    assert never
    assert {row["suspended_on"] for row in never} == {None}
    kept = {row["additional_fields"]["suspended_on"] for row in never}
    assert kept == {"0001-01-01T00:00:00Z"}
    [warning] = told(caplog, "'suspended_on'")
    assert warning.startswith(
        f"{FACTS}: {len(never)} dates in column 'suspended_on' stand for none (0001-01-01, the "
        "start of 1970, 0): null there, kept in additional_fields"
    )


def test_texts_with_commas_are_kept_whole_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    with reality() as source:
        plain = {row["completion_id"]: row["groups"] for row in source.sync(FACTS).records(FACTS)}
    with reality("comma-text") as source:
        rows = source.sync(FACTS).records(FACTS)
        several = {key for key, groups in plain.items() if groups and len(groups) > 1}
        assert several
        for row in rows:
            if row["completion_id"] in several:
                assert row["groups"] == [", ".join(plain[row["completion_id"]])]
        [warning] = told(caplog, "'groups'")
        assert warning == (
            f"{FACTS}: {len(several)} texts with commas came for column 'groups', which holds "
            "arrays: each is kept whole, as an array of one; "
            f"stream_options.{FACTS}.columns {{'groups': 'string'}} has the text as it comes"
        )
        options = {FACTS: {"columns": {"groups": "string"}}}
        caplog.clear()
        source.sync(FACTS, stream_options=options)
    assert not told(caplog, "'groups'")


def test_a_snapshot_that_shrinks_marks_nothing_as_deleted() -> None:
    with reality() as source:
        before = source.sync(SNAPSHOT)
    with reality("shrunk-snapshot") as source:
        refused = source.sync(SNAPSHOT, state=before.state)
        rows, had = len(refused.records(SNAPSHOT)), len(before.records(SNAPSHOT))
        assert (
            f"{SNAPSHOT}: it came back with {rows} rows and had {had} before, more than 50% fewer: "
            "nothing is marked as deleted; if it is right, set max_snapshot_shrink_percent to 100 "
            "for one run"
        ) in str(refused.error)
        assert not refused.of("ACTIVATE_VERSION")
        assert refused.state == before.state
        allowed = source.sync(SNAPSHOT, state=refused.state, max_snapshot_shrink_percent=100)
    assert allowed.error is None
    assert allowed.of("ACTIVATE_VERSION", SNAPSHOT)


@pytest.mark.parametrize(("rows", "tells"), [(999, False), (1000, True), (1001, False)])
def test_a_snapshot_of_a_round_number_is_told(
    rows: int, tells: bool, caplog: pytest.LogCaptureFixture
) -> None:
    body = json.dumps(
        [{"assessment_id": f"a{n}", "email": "ada@example.com"} for n in range(rows)]
    ).encode()
    output = answered(body, SNAPSHOT, start_date="2026-01-01")
    assert output.error is None
    assert len(output.records(SNAPSHOT)) == rows
    warning = (
        f"{SNAPSHOT}: the response holds exactly 1000 rows: the API may cut off what is beyond; "
        f"compare with the source, and ask for a part by stream_options.{SNAPSHOT}.filters"
    )
    assert told(caplog, SNAPSHOT) == tells * [warning]
