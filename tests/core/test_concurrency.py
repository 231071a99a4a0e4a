"""Calls at once, results in order; items taken ahead, never too far."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_continu_coursebase.core.concurrency import map_in_order, read_ahead

ENOUGH = 20.0

modest = settings(max_examples=50, deadline=None, database=None)


class Source:
    """Counts how many items were taken."""

    def __init__(self, count: int, fails: bool = False) -> None:
        self._count = count
        self._fails = fails
        self.taken = 0

    def __iter__(self) -> Iterator[int]:
        for number in range(self._count):
            self.taken += 1
            yield number
        if self._fails:
            raise KeyError("source")


@modest
@given(st.integers(0, 60), st.integers(1, 8))
def test_results_come_in_order_and_arguments_are_taken_boundedly(
    count: int, in_flight: int
) -> None:
    source = Source(count)
    lock = threading.Lock()
    running, most = 0, 0

    def call(number: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.0005 * (number % 3))
        with lock:
            running -= 1
        return -number

    given_back = []
    for number, result in map_in_order(call, source, in_flight=in_flight):
        given_back.append((number, result))
        assert source.taken - len(given_back) <= in_flight * 4
    assert given_back == [(number, -number) for number in range(count)]
    assert most <= in_flight


def test_a_failed_call_is_raised_in_its_turn_and_ends_the_workers() -> None:
    before = threading.active_count()

    def call(number: int) -> int:
        return 1 // (3 - number)

    results = map_in_order(call, range(100), in_flight=4)
    assert [next(results)[1] for _ in range(3)] == [0, 0, 1]
    with pytest.raises(ZeroDivisionError):
        next(results)
    wait_until(lambda: threading.active_count() <= before)


@modest
@given(st.integers(0, 50), st.integers(1, 5), st.booleans())
def test_items_taken_ahead_are_all_there(count: int, ahead: int, fails: bool) -> None:
    given_back: list[int] = []
    items = read_ahead(Source(count, fails), ahead=ahead)
    try:
        given_back.extend(items)
    except KeyError:
        assert fails
    else:
        assert not fails
    assert given_back == list(range(count))


@pytest.mark.parametrize("ahead", [1, 3])
def test_items_are_taken_no_further_than_there_is_room_for(ahead: int) -> None:
    source = Source(100)
    items = read_ahead(source, ahead=ahead)
    assert next(items) == 0
    time.sleep(0.2)
    assert source.taken <= 1 + ahead + 1


def test_a_reader_that_leaves_ends_the_thread() -> None:
    before = threading.active_count()
    source = Source(10**9)
    items = read_ahead(source, ahead=2)
    next(items)
    items.close()  # type: ignore[attr-defined]
    wait_until(lambda: threading.active_count() <= before)
    assert source.taken < 10


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + ENOUGH
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert condition()
