"""What may have been lost quietly is told with its figures; documented answers tell of nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.server import running
from tests.singer.conftest import OPTIONS
from tests.singer.support import Output, Source

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
        [warning] = told(caplog, CAME_LATE)
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


def test_another_range_target_is_no_refresh(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    output = load(source, EVENING, lookback_minutes=2880)
    for target in ("completed_date", "assigned_date", "updated_date"):
        options = {CHANGES: {"range_target": target}}
        output = load(source, EVENING, output, lookback_minutes=2880, stream_options=options)
    assert CAME_LATE not in caplog.text
