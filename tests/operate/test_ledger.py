"""What the ledger tells, whatever windows are in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from tap_continu_coursebase.operate.ledger import (
    Window,
    by_stream,
    coverages,
    current,
    typical,
)

modest = settings(max_examples=150, deadline=None, database=None)
START = datetime(2025, 11, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)


def window(
    begins: int,
    hours: int,
    rows: int = 1,
    loaded: int = 0,
    seconds: float | None = None,
    tries: int = 1,
) -> Window:
    """Return a window by hours after START."""
    start = START + begins * HOUR
    return Window("s", start, start + hours * HOUR, rows, START + loaded * HOUR, seconds, tries)


windows = st.builds(
    window,
    st.integers(0, 2000),
    st.integers(1, 800),
    st.integers(0, 9),
    st.integers(0, 30),
)
histories = st.lists(windows, min_size=1, max_size=25)


def hours(found: list[Window]) -> set[datetime]:
    """Return each hour that windows cover, one by one."""
    covered = set()
    for one in found:
        instant = one.start
        while instant < one.until:
            covered.add(instant)
            instant += HOUR
    return covered


@modest
@given(histories)
def test_gaps_are_the_hours_that_nothing_covers(found: list[Window]) -> None:
    (coverage,) = coverages(found)
    covered = hours(found)
    open_hours = hours([Window("s", one, two, 0, START) for one, two in coverage.gaps])
    between = hours([Window("s", coverage.start, coverage.until, 0, START)])
    assert open_hours == between - covered
    assert coverage.windows == len(found)


@modest
@given(histories)
def test_months_tile_the_whole_and_share_out_windows_rows_and_gaps(found: list[Window]) -> None:
    (coverage,) = coverages(found)
    assert sum(month.windows for month in coverage.months) == coverage.windows
    assert sum(month.rows for month in coverage.months) == coverage.rows
    assert coverage.months[0].start <= coverage.start
    for month, following in zip(coverage.months, coverage.months[1:], strict=False):
        assert (month.start + timedelta(days=31)).replace(day=1) == following.start
    by_month = [span for month in coverage.months for span in month.gaps]
    assert hours([Window("s", one, two, 0, START) for one, two in by_month]) == hours(
        [Window("s", one, two, 0, START) for one, two in coverage.gaps]
    )
    for month in coverage.months:
        for one, two in month.gaps:
            assert month.start <= one < two <= (month.start + timedelta(days=31)).replace(day=1)


@modest
@given(histories)
def test_superseded_windows_are_those_that_later_ones_cover(found: list[Window]) -> None:
    kept = current(found)
    assert hours(kept) == hours(found)
    for one in found:
        if one not in kept:
            later = [other for other in kept if other.loaded_at >= one.loaded_at]
            assert hours([one]) <= hours(later)
    for number, one in enumerate(kept):
        assert not hours([one]) <= hours(kept[:number])


def test_a_window_that_is_read_again_each_hour_counts_once() -> None:
    open_month = [window(0, hour, rows=hour, loaded=hour) for hour in range(1, 200)]
    (coverage,) = coverages(open_month)
    assert (coverage.rows, coverage.windows, coverage.gaps) == (199, 199, [])


def test_windows_of_about_the_same_length_tell_what_one_takes() -> None:
    hourly = [window(hour, 1, rows=3, seconds=0.5) for hour in range(50)]
    monthly = [window(0, 700, rows=900, seconds=12.0), window(700, 720, rows=1100, seconds=20.0)]
    slow = window(0, 710, rows=1000, seconds=500.0, tries=6)
    history = [*hourly, *monthly, slow]
    month = typical(history, timedelta(days=31))
    hour = typical(history, timedelta(hours=2))
    assert month is not None
    assert (month.seconds, month.rows) == (16.0, 1000)
    assert hour is not None
    assert (hour.seconds, hour.rows) == (0.5, 3)
    other = typical(hourly, timedelta(days=31))
    assert other is not None
    assert other.seconds == 0.5
    assert typical([], timedelta(days=31)) is None
    unknown = typical([window(0, 1)], HOUR)
    assert unknown is not None
    assert unknown.seconds is None


@modest
@given(histories, st.integers(1, 900))
def test_what_is_typical_lies_within_what_was_seen(found: list[Window], length: int) -> None:
    known = typical(found, length * HOUR)
    assert known is not None
    assert min(one.rows for one in found) <= known.rows <= max(one.rows for one in found)


def test_windows_are_sorted_by_stream() -> None:
    mine, other = window(0, 1), Window("t", START, START + HOUR, 1, START)
    assert by_stream([mine, other, mine]) == {"s": [mine, mine], "t": [other]}
