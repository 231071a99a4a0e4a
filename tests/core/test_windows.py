"""Windows tile a span exactly, whatever the unit, the piece size and the calendar."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_continu_coursebase.core.windows import (
    UNITS,
    CalendarUnit,
    PieceSize,
    Window,
    align,
    format_instant,
    halve,
    next_boundary,
    parse_instant,
    plan,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
LAST_SECOND = int((datetime(2400, 12, 31, 23, 59, 59, tzinfo=UTC) - EPOCH).total_seconds())

modest = settings(max_examples=150, deadline=None, database=None)

units = st.sampled_from(UNITS)
seconds = st.integers(0, LAST_SECOND)
instants = seconds.map(lambda second: EPOCH + timedelta(seconds=second))
# Close to midnight of the days on which calendars differ from what one expects.
edges = st.builds(
    lambda day, offset: max(day + timedelta(seconds=offset), EPOCH),
    st.sampled_from(
        [
            datetime(year, month, day, tzinfo=UTC)
            for year in (1972, 1999, 2000, 2024, 2100, 2399, 2400)
            for month, day in ((1, 1), (2, 28), (3, 1), (12, 31))
        ]
    ),
    st.integers(-2, 2),
)
moments = instants | edges


@st.composite
def spans(draw: st.DrawFn) -> tuple[datetime, datetime]:
    """A start and a later end, mostly a few years apart at most."""
    start = draw(moments)
    length = draw(st.integers(1, 400) | st.integers(1, 3 * 366 * 86400))
    return start, start + timedelta(seconds=length)


windows = spans().map(lambda span: Window(*span))


def is_boundary(instant: datetime, unit: CalendarUnit) -> bool:
    """Tell whether a window may begin there, without using the code under test."""
    if (instant.hour, instant.minute, instant.second, instant.microsecond) != (0, 0, 0, 0):
        return False
    match unit:
        case "month":
            return instant.day == 1
        case "week":
            return instant.isoweekday() == 1
        case "day":
            return True


def assert_tiles(pieces: list[Window], start: datetime, until: datetime) -> None:
    assert pieces[0].start == start
    assert pieces[-1].until == until
    assert all(piece.start < piece.until for piece in pieces)
    assert all(before.until == after.start for before, after in pairwise(pieces))


@modest
@given(spans(), units)
def test_plan_tiles_the_span_at_every_boundary(
    span: tuple[datetime, datetime], unit: CalendarUnit
) -> None:
    start, until = span
    planned = list(plan(start, until, unit))
    assert_tiles(planned, start, until)
    inner = [window.until for window in planned[:-1]]
    assert all(is_boundary(instant, unit) for instant in inner)
    # No boundary lies inside of a window.
    midnight = start.replace(hour=0, minute=0, second=0) + timedelta(days=1)
    midnights = ((until - midnight).total_seconds() + 86399) // 86400
    days = [midnight + timedelta(days=day) for day in range(int(midnights))]
    assert inner == [day for day in days if start < day < until and is_boundary(day, unit)]


@modest
@given(st.tuples(seconds, seconds), units)
def test_plan_over_any_span(bounds: tuple[int, int], unit: CalendarUnit) -> None:
    start, until = (EPOCH + timedelta(seconds=second) for second in sorted(bounds))
    end = start
    for number, window in enumerate(plan(start, until, unit)):
        assert window.start == end
        assert end < window.until
        assert number == 0 or is_boundary(window.start, unit)
        end = window.until
        if number > 500:
            return
    assert end == until


@modest
@given(moments, st.integers(0, 10**9), units)
def test_plan_of_nothing_is_empty(until: datetime, later: int, unit: CalendarUnit) -> None:
    assert list(plan(until + timedelta(seconds=later), until, unit)) == []


@pytest.mark.parametrize(("year", "days"), [(2023, 28), (2024, 29), (2100, 28), (2400, 29)])
def test_months_across_leap_days(year: int, days: int) -> None:
    planned = list(
        plan(datetime(year, 1, 1, tzinfo=UTC), datetime(year, 12, 31, tzinfo=UTC), "month")
    )
    assert len(planned) == 12
    assert planned[1].length == timedelta(days=days)
    assert planned[11].length == timedelta(days=30)


def test_weeks_begin_on_monday_across_the_year_end() -> None:
    planned = plan(datetime(2024, 12, 29, 5, tzinfo=UTC), datetime(2025, 1, 7, tzinfo=UTC), "week")
    assert [str(window) for window in planned] == [
        "[2024-12-29T05:00:00Z, 2024-12-30T00:00:00Z)",
        "[2024-12-30T00:00:00Z, 2025-01-06T00:00:00Z)",
        "[2025-01-06T00:00:00Z, 2025-01-07T00:00:00Z)",
    ]


@modest
@given(moments, units)
def test_align_gives_the_boundary_at_or_before(instant: datetime, unit: CalendarUnit) -> None:
    boundary = align(instant, unit)
    assert is_boundary(boundary, unit)
    assert boundary <= instant
    longest = {
        "day": timedelta(days=1),
        "week": timedelta(days=7),
        "month": timedelta(days=calendar.monthrange(boundary.year, boundary.month)[1]),
    }
    assert instant - boundary < longest[unit]
    assert align(boundary, unit) == boundary


@modest
@given(moments, units)
def test_next_boundary_is_the_first_after(instant: datetime, unit: CalendarUnit) -> None:
    boundary = next_boundary(instant, unit)
    assert is_boundary(boundary, unit)
    assert boundary > instant
    assert align(boundary - timedelta(seconds=1), unit) == align(instant, unit)


@modest
@given(moments, units, st.integers(-1439, 1439))
def test_boundaries_are_of_utc_whatever_the_offset(
    instant: datetime, unit: CalendarUnit, minutes: int
) -> None:
    elsewhere = instant.astimezone(timezone(timedelta(minutes=minutes)))
    assert align(elsewhere, unit) == align(instant, unit)
    assert next_boundary(elsewhere, unit) == next_boundary(instant, unit)
    assert align(elsewhere, unit).utcoffset() == timedelta(0)


@modest
@given(windows)
def test_halves_tile_and_are_alike(window: Window) -> None:
    halves = halve(window)
    if halves is None:
        assert window.length < 2 * HOUR
        return
    assert_tiles(list(halves), window.start, window.until)
    assert all(half.length >= HOUR for half in halves)
    assert all(half.start.microsecond == 0 for half in halves)
    assert abs(halves[0].length - halves[1].length) <= timedelta(seconds=1)


@pytest.mark.parametrize(
    ("length", "divisible"), [(3600, False), (7199, False), (7200, True), (7201, True)]
)
def test_the_shortest_window_with_halves(length: int, divisible: bool) -> None:
    window = Window(EPOCH, EPOCH + timedelta(seconds=length))
    assert (halve(window) is not None) is divisible


@modest
@given(
    st.lists(windows, max_size=8),
    st.lists(windows, max_size=8),
    windows,
)
def test_fit_tiles_whatever_was_learned(
    failed: list[Window], worked: list[Window], window: Window
) -> None:
    size = PieceSize()
    for other in failed:
        size.failed(other)
    for other in worked:
        size.worked(other)
    pieces = size.fit(window)
    assert_tiles(pieces, window.start, window.until)
    assert len(pieces) == 1 or all(piece.length >= HOUR for piece in pieces)


@modest
@given(st.integers(0, 12), units)
def test_every_failure_halves_the_pieces_down_to_an_hour(failures: int, unit: CalendarUnit) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    whole = Window(start, next_boundary(start, unit))
    size = PieceSize()
    largest = whole.length
    for _ in range(failures):
        size.failed(size.fit(whole)[0])
        pieces = size.fit(whole)
        assert_tiles(pieces, whole.start, whole.until)
        longest = max(piece.length for piece in pieces)
        # An hour's window cannot shrink; one of nearly two hours cannot be halved.
        assert longest <= max(largest / 2 + timedelta(seconds=1), 2 * HOUR - timedelta(seconds=1))
        largest = longest
    assert largest >= min(whole.length, HOUR)


@pytest.mark.parametrize("unit", UNITS)
def test_pieces_grow_back_slowly_and_completely(unit: CalendarUnit) -> None:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    whole = Window(start, next_boundary(start, unit))
    size = PieceSize()
    for _ in range(3):
        size.failed(size.fit(whole)[0])
    counts = [len(size.fit(whole))]
    while counts[-1] > 1:
        pieces = size.fit(whole)
        for piece in pieces[:3]:
            size.worked(piece)
            assert len(size.fit(whole)) == counts[-1], "one good answer is not enough to grow"
        for piece in (*pieces, *pieces):
            if len(size.fit(whole)) < counts[-1]:
                break
            size.worked(piece)
        counts.append(len(size.fit(whole)))
        assert len(counts) < 20
    assert counts == [8, 4, 2, 1]


def test_answers_to_much_shorter_windows_prove_nothing() -> None:
    whole = Window(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))
    size = PieceSize()
    size.failed(whole)
    short = Window(whole.start, whole.start + HOUR)
    for _ in range(100):
        size.worked(short)
    assert len(size.fit(whole)) == 2


def test_a_failure_starts_the_count_of_good_answers_again() -> None:
    whole = Window(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC))
    size = PieceSize()
    size.failed(whole)
    half = size.fit(whole)[0]
    for _ in range(PieceSize.GROW_AFTER - 1):
        size.worked(half)
    size.failed(whole)
    size.worked(half)
    assert len(size.fit(whole)) == 2


@pytest.mark.parametrize("days", [1, 7, 31])
def test_pieces_never_grow_beyond_what_the_api_allows(days: int) -> None:
    whole = Window(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 2, 1, tzinfo=UTC))
    size = PieceSize()
    size.failed(whole, longest=timedelta(days=days))
    for _ in range(100):
        pieces = size.fit(whole)
        assert_tiles(pieces, whole.start, whole.until)
        assert len(pieces) > 1
        assert all(piece.length <= timedelta(days=days) for piece in pieces)
        for piece in pieces:
            size.worked(piece)


def test_whole_windows_until_something_fails() -> None:
    year = Window(datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC))
    assert PieceSize().fit(year) == [year]


@modest
@given(moments | st.datetimes(timezones=st.just(UTC)).map(lambda day: day.replace(microsecond=0)))
def test_round_trip(instant: datetime) -> None:
    text = format_instant(instant)
    assert len(text) == 20
    assert text.endswith("Z")
    assert parse_instant(text) == instant


@modest
@given(moments, st.integers(-1439, 1439))
def test_offsets_are_read_and_written_as_utc(instant: datetime, minutes: int) -> None:
    elsewhere = (instant + timedelta(days=2)).astimezone(timezone(timedelta(minutes=minutes)))
    assert parse_instant(elsewhere.isoformat()) == elsewhere
    assert parse_instant(elsewhere.isoformat()).utcoffset() == timedelta(0)
    assert parse_instant(format_instant(elsewhere)) == elsewhere


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-01-01", "2024-01-01T00:00:00Z"),
        ("2024-01-01T10:11:12", "2024-01-01T10:11:12Z"),
        ("2024-01-01T00:30:00+02:00", "2023-12-31T22:30:00Z"),
        ("2024-02-29T23:59:59.999999Z", "2024-02-29T23:59:59Z"),
        ("0001-01-01", "0001-01-01T00:00:00Z"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
    ],
)
def test_what_dates_mean(text: str, expected: str) -> None:
    assert format_instant(parse_instant(text)) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "yesterday",
        "2024",
        "2024-13-01",
        "2023-02-29",
        "2024-01-01T25:00:00Z",
        "2024-01-01T00:00:00Zulu",
        "2024-01-01T00:00:00+99:00",
        "01/02/2024",
        "1714521600",
        "10000-01-01",
        "2024-01-01\n",
        "\ud800",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-02:00",
    ],
)
def test_malformed_dates(text: str) -> None:
    """Or dates that are beyond the calendar once they are in UTC."""
    with pytest.raises(ValueError, match=r".*"):
        parse_instant(text)


@modest
@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_any_other_text_is_an_instant_or_a_value_error(text: str) -> None:
    try:
        instant = parse_instant(text)
    except ValueError:
        return
    assert instant.utcoffset() == timedelta(0)
    assert instant.microsecond == 0
