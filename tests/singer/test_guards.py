"""What may have been lost quietly is noticed by its figures, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_continu_coursebase.core.windows import Window
from tap_continu_coursebase.singer.guards import (
    FEWEST_TO_SHRINK,
    Arrivals,
    Cap,
    Late,
    WindowCounts,
    is_remembered,
    looks_cut_off,
    shrinks_too_far,
)

# A full table that shrinks


@pytest.mark.parametrize(
    ("before", "now", "most", "is_too_far"),
    [
        (100, 50, 50, False),
        (100, 49, 50, True),
        (10, 4, 50, True),
        (9, 1, 50, False),
        (100, 99, 0, True),
        (100, 1, 100, False),
        (100, 200, 0, False),
        (0, 5, 50, False),
    ],
)
def test_how_far_a_table_may_shrink(before: int, now: int, most: int, is_too_far: bool) -> None:
    assert shrinks_too_far(before, now, most) is is_too_far


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 100))
def test_a_table_that_does_not_shrink_is_never_refused(before: int, more: int, most: int) -> None:
    assert not shrinks_too_far(before, before + more, most)
    assert not shrinks_too_far(before, more, 100)
    assert before >= FEWEST_TO_SHRINK or not shrinks_too_far(before, more, most)


@given(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 99))
def test_what_may_not_vanish_at_once_may_not_vanish_with_more(
    before: int, now: int, most: int
) -> None:
    if shrinks_too_far(before, now + 1, most):
        assert shrinks_too_far(before, now, most)


# Windows


def counted(*rows: int, aggregate: bool = False, alike: bool = False) -> WindowCounts:
    counts = WindowCounts(aggregate=aggregate)
    for number, count in enumerate(rows):
        counts.add(count, 0 if alike else number)
    return counts


@pytest.mark.parametrize(
    ("rows", "cap"),
    [
        ((1000, 1000), (1000, 2, 2)),
        ((1000, 320, 1000, 0), (1000, 2, 3)),
        ((5000, 5000, 5000, 4211), (5000, 3, 4)),
        ((100, 100, 100, 12, 7), (100, 3, 5)),
        ((1024, 1024, 5), (1024, 2, 3)),
        ((37, 37, 37, 37), (37, 4, 4)),
        ((997, 997, 997, 997, 12), (997, 4, 5)),
    ],
)
@pytest.mark.parametrize("aggregate", [False, True])
def test_a_hidden_cap_is_found(
    rows: tuple[int, ...], cap: tuple[int, ...], aggregate: bool
) -> None:
    assert counted(*rows, aggregate=aggregate).cap() == Cap(*cap)


@pytest.mark.parametrize(
    "rows",
    [
        (),
        (0, 0, 0, 0, 0),
        (1000,),
        (100, 100),
        (1000, 1000, 1001),
        (3, 3, 3, 3, 3, 3),
        (10, 10, 10, 10, 10),
        (997, 997, 997),
        (997, 997, 997, 997, 12, 13),
    ],
)
def test_what_is_no_cap(rows: tuple[int, ...]) -> None:
    assert counted(*rows).cap() is None


@given(st.integers(1, 10**6), st.integers(1, 60))
def test_one_row_a_person_is_no_cap(persons: int, windows: int) -> None:
    """A population has as many rows in every window, and the same ones."""
    assert counted(*[persons] * windows, aggregate=True, alike=True).cap() is None


@given(st.lists(st.integers(0, 10**6)))
def test_a_cap_is_never_below_the_largest_window(rows: list[int]) -> None:
    cap = counted(*rows).cap()
    if cap is not None:
        assert cap.rows == max(rows)
        assert cap.times == rows.count(cap.rows) >= 2
        assert cap.windows == len(rows) - rows.count(0)


@given(st.lists(st.integers(0, 10**4), unique=True))
def test_windows_that_differ_have_no_cap(rows: list[int]) -> None:
    assert counted(*rows).cap() is None


@pytest.mark.parametrize(
    ("rows", "are_empty"),
    [((), False), ((0, 0), False), ((0, 0, 0), True), ((0, 0, 1, 0), False)],
)
def test_when_all_windows_are_empty(rows: tuple[int, ...], are_empty: bool) -> None:
    assert counted(*rows).are_empty() is are_empty


@pytest.mark.parametrize(
    ("rows", "looks"),
    [(0, False), (500, False), (999, False), (1000, True), (1001, False), (5000, True)],
)
def test_a_response_that_looks_cut_off(rows: int, looks: bool) -> None:
    assert looks_cut_off(rows) is looks


# Rows that come late

UNTIL = datetime(2026, 3, 15, 12, 30, 20, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def read(
    ages: Iterable[timedelta],
    before: Mapping[str, Any] | None = None,
    *,
    until: datetime = UNTIL,
    lookback: timedelta = HOUR,
    since: timedelta = 3 * HOUR,
) -> Arrivals:
    """Read rows of these ages, before `UNTIL`, by one window."""
    arrivals = Arrivals(before, until, lookback)
    window = Window(UNTIL - since, until)
    dates = {number: UNTIL - age for number, age in enumerate(ages)}
    arrivals.see(window, len(dates), lambda: dates)
    return arrivals


def late(
    had: Iterable[timedelta], now: Iterable[timedelta], lookback: timedelta = HOUR
) -> Late | None:
    """Read some rows, and an hour later others."""
    before = read(had, lookback=lookback).to_remember("x")
    assert is_remembered(json.loads(json.dumps(before)))
    return read(now, before, until=UNTIL + HOUR, lookback=lookback, since=lookback).late("x")


def minutes(*ages: float) -> list[timedelta]:
    return [age * MINUTE for age in ages]


def test_rows_that_came_late_are_counted_with_their_age() -> None:
    found = late(minutes(5, 40, 50), minutes(5, 20.5, 33, 33, 40, 50))
    assert found == Late(3, 33 * MINUTE, UNTIL, is_open=False)
    assert (found.minutes, found.enough, found.is_covered(HOUR)) == (33, 66, False)
    assert found.is_covered(2 * HOUR)


def test_where_nothing_was_there_in_time_there_may_be_more() -> None:
    found = late([], minutes(5, 20.5, 57.2))
    assert found == Late(3, 57.2 * MINUTE, UNTIL, is_open=True)
    assert (found.minutes, found.enough) == (58, 2880)


ages = st.lists(
    st.integers(1, 3 * 3600).map(lambda seconds: timedelta(seconds=seconds)), max_size=40
)


@given(ages, ages, st.data())
def test_rows_that_change_or_are_new_are_not_late(
    had: list[timedelta], new: list[timedelta], data: st.DataObject
) -> None:
    """A changed row is dated after what was read, or it is gone."""
    kept = data.draw(st.lists(st.sampled_from(had), unique=True)) if had else []
    again = [age for age in set(kept) if age <= HOUR]
    assert late(had, [*again, *(-min(age, HOUR) for age in new)]) is None


@given(ages, ages.filter(lambda some: any(age <= HOUR for age in some)))
def test_the_oldest_late_row_is_within_the_advice(
    had: list[timedelta], more: list[timedelta]
) -> None:
    now = [age for age in [*had, *more] if age <= HOUR]
    found = late(had, now)
    assert found is not None
    assert found.rows <= len(more)
    assert found.enough >= 2 * found.age / MINUTE
    assert found.is_covered(found.enough * MINUTE)


@pytest.mark.parametrize("lookback", [MINUTE, 2 * HOUR, 3 * HOUR, 4 * HOUR, 48 * HOUR])
def test_what_was_not_read_is_not_compared(lookback: timedelta) -> None:
    """Another lookback, longer or shorter, and a run that began later than that."""
    had = minutes(5, 20, 70, 100)
    before = read(had, lookback=HOUR).to_remember("x")
    now = [age for age in had if age <= lookback]
    again = read(now, before, until=UNTIL + HOUR, lookback=lookback, since=lookback)
    assert again.late("x") is None
    begun = read(minutes(5), lookback=lookback, since=10 * MINUTE).to_remember("x")
    assert read(had, begun, until=UNTIL + HOUR).late("x") is None


@pytest.mark.parametrize(
    "dates",
    [
        None,
        {1: UNTIL.replace(hour=12, minute=0, second=0), 2: UNTIL - 20 * HOUR},
        {1: UNTIL + 3 * HOUR},
        {n: UNTIL.replace(hour=0, minute=0, second=0) for n in range(3)},
        dict.fromkeys(range(10001), UNTIL - MINUTE),
    ],
    ids=["none", "before the window", "after it", "whole days", "too many"],
)
def test_dates_that_cannot_be_compared_are_not(dates: Mapping[int, datetime] | None) -> None:
    before = read([]).to_remember("x")
    arrivals = Arrivals(before, UNTIL + HOUR, HOUR)
    arrivals.see(Window(UNTIL - 15 * HOUR, UNTIL + HOUR), len(dates or {}), lambda: dates)
    assert arrivals.late("x") is None
    assert arrivals.to_remember("x") == {}


def test_other_rows_that_are_asked_for_are_not_compared() -> None:
    before = read([]).to_remember("x")
    again = read(minutes(50), before, until=UNTIL + HOUR)
    assert again.late("y") is None
    assert again.late("x") is not None


def test_windows_of_a_first_load_are_not_looked_at() -> None:
    arrivals = Arrivals(None, UNTIL, HOUR)
    old = Window(UNTIL - 100 * HOUR, UNTIL - HOUR)
    arrivals.see(old, 5, lambda: pytest.fail("read"))
    assert arrivals.late("x") is None
    assert Arrivals(None, UNTIL, 0 * HOUR).to_remember("x") == {}


@pytest.mark.parametrize(
    "changed",
    [
        {"until": "soon"},
        {"until": "0001-01-01", "seconds": 2**31 - 1},
        {"until": 5},
        {"seconds": 0},
        {"seconds": 1.5},
        {"rows": [-1]},
        {"rows": [True]},
        {"rows": "12"},
        {"rows": [0] * 25},
        {"asked": None},
        {"more": 1},
    ],
)
def test_what_was_not_remembered_here(changed: Mapping[str, Any]) -> None:
    assert not is_remembered({**read(minutes(5)).to_remember("x"), **changed})
    assert not is_remembered([])
