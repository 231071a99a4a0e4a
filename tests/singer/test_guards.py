"""What may have been lost quietly is noticed by its figures, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_continu_coursebase.singer.guards import (
    FEWEST_TO_SHRINK,
    Cap,
    WindowCounts,
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
