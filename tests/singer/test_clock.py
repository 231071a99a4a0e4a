"""A machine whose clock is wrong loses no row."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.compare import Sandbox as Admin
from tests.singer.support import Output, Source

FACTS = "continu_assignment_summary"
SKEW = timedelta(minutes=5)
NOTHING_TWICE: dict[str, Any] = {"end_date": None, "lookback_minutes": 0}


@pytest.fixture
def admin(source: Source) -> Iterator[Admin]:
    admin = Admin(source.sandbox.url)
    yield admin
    admin.admin("clock", date_skew_seconds=0)


def set_server(admin: Admin, skew: timedelta) -> datetime:
    present = datetime.fromtimestamp(int(time.time()), UTC) + skew
    admin.admin(
        "clock", now=f"{present:%Y-%m-%dT%H:%M:%SZ}", date_skew_seconds=int(skew.total_seconds())
    )
    return present


def assert_present(output: Output, stream: str, since: datetime, skew: timedelta) -> None:
    """Assert that a bookmark is a server's present, to the second, of when the run took place."""
    bookmark = datetime.fromisoformat(output.bookmark(stream) or "")
    second = timedelta(seconds=2)
    assert since - second <= bookmark <= datetime.now(UTC) + skew + second


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.message for record in caplog.records if "clock is" in record.message]


def test_a_clock_that_is_ahead_loses_no_row(
    source: Source, admin: Admin, caplog: pytest.LogCaptureFixture
) -> None:
    present = set_server(admin, -SKEW)
    first = source.sync(FACTS, **NOTHING_TWICE)
    assert_present(first, FACTS, present, -SKEW)
    admin.admin("clock", advance_seconds=120)
    [changed] = admin.admin("touch", report="assignment_summary")["ids"]
    second = source.sync(FACTS, state=first.state, **NOTHING_TWICE)
    assert changed in {
        f"{row['assignment_id']}|{row['content_id']}|{row['email']}"
        for row in second.records(FACTS)
    }
    assert len(warnings(caplog)) == 2
    assert "ahead of the server's" in warnings(caplog)[0]


def test_a_clock_that_is_behind_leaves_the_rest_to_the_next_run(
    source: Source, admin: Admin, caplog: pytest.LogCaptureFixture
) -> None:
    before = datetime.now(UTC)
    set_server(admin, SKEW)
    output = source.sync(FACTS, **NOTHING_TWICE)
    assert_present(output, FACTS, before, timedelta(0))
    assert "behind the server's" in warnings(caplog)[0]


@pytest.mark.parametrize("skew", [timedelta(0), timedelta(seconds=30), timedelta(seconds=-30)])
def test_a_clock_that_is_right_enough_is_not_spoken_of(
    skew: timedelta, source: Source, admin: Admin, caplog: pytest.LogCaptureFixture
) -> None:
    set_server(admin, skew)
    source.sync(FACTS, **NOTHING_TWICE)
    assert warnings(caplog) == []


@pytest.mark.parametrize("stream", [FACTS, "continu_user_engagement"])
def test_windows_that_are_still_to_come_for_the_server_move_no_bookmark(
    stream: str, source: Source, admin: Admin
) -> None:
    present = datetime(2026, 2, 28, 23, 58, tzinfo=UTC)
    skew = present - datetime.now(UTC)
    admin.admin(
        "clock", now=f"{present:%Y-%m-%dT%H:%M:%SZ}", date_skew_seconds=int(skew.total_seconds())
    )
    output = source.sync(stream, lookback_minutes=0, end_date="2026-03-01T00:10:00Z")
    assert_present(output, stream, present, skew)


def test_a_date_before_everything_gives_no_bookmark(source: Source, admin: Admin) -> None:
    skew = datetime(2025, 2, 1, tzinfo=UTC) - datetime.now(UTC)
    admin.admin("clock", date_skew_seconds=int(skew.total_seconds()))
    output = source.sync(FACTS, **NOTHING_TWICE)
    assert output.bookmark(FACTS) is None
    assert source.sync(FACTS, state=output.state, **NOTHING_TWICE).records(FACTS)
