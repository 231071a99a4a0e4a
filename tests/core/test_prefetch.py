"""Windows are fetched ahead, never too many at once, and given in order."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_continu_coursebase.core.errors import RejectedError, TooMuchError
from tap_continu_coursebase.core.prefetch import fetch_in_order
from tap_continu_coursebase.core.windows import Window, plan

START = datetime(2024, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
ENOUGH = 20.0

modest = settings(max_examples=50, deadline=None, database=None)


def days(count: int) -> list[Window]:
    return list(plan(START, START + timedelta(days=count), "day"))


class Gauge:
    """Counts how many fetches run at once.

    Args:
        fetch: What is done meanwhile.
    """

    def __init__(self, fetch: Callable[[Window], str]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self.running = 0
        self.most = 0
        self.asked: list[Window] = []

    def __call__(self, window: Window) -> str:
        with self._lock:
            self.running += 1
            self.most = max(self.most, self.running)
            self.asked.append(window)
        try:
            return self._fetch(window)
        finally:
            with self._lock:
                self.running -= 1


@modest
@given(st.lists(st.integers(0, 3), max_size=20), st.integers(1, 6))
def test_order_is_kept_and_no_more_than_allowed_run(delays: list[int], in_flight: int) -> None:
    planned = days(len(delays))

    def fetch(window: Window) -> str:
        time.sleep(delays[planned.index(window)] / 1000)
        return str(window)

    gauge = Gauge(fetch)
    given_back = list(fetch_in_order(planned, gauge, in_flight=in_flight, divisible=True))
    assert given_back == [(window, str(window)) for window in planned]
    assert sorted(gauge.asked) == planned
    assert gauge.most <= in_flight


@pytest.mark.parametrize("in_flight", [1, 2, 5])
def test_as_many_as_allowed_run_at_once(in_flight: int) -> None:
    together = threading.Barrier(in_flight)

    def fetch(window: Window) -> str:
        together.wait(ENOUGH)
        return ""

    planned = days(in_flight * 2)
    answers = fetch_in_order(planned, fetch, in_flight=in_flight, divisible=True)
    first = [next(answers)[0]]
    # While one is used, all but one of the allowed ones may run.
    assert first == planned[:1]
    if in_flight == 1:
        assert [window for window, _ in answers] == planned[1:]


def test_the_next_is_fetched_while_one_is_used() -> None:
    planned = days(3)
    begun = threading.Event()

    def fetch(window: Window) -> str:
        if window == planned[1]:
            begun.set()
        return ""

    answers = fetch_in_order(planned, fetch, in_flight=2, divisible=True)
    next(answers)
    assert begun.wait(ENOUGH)


def test_windows_are_planned_no_further_than_needed() -> None:
    planned: list[Window] = []

    def endless() -> Iterator[Window]:
        for window in plan(START, START + timedelta(days=10**5), "day"):
            planned.append(window)
            yield window

    answers = fetch_in_order(endless(), str, in_flight=3, divisible=True)
    assert planned == []
    for _ in range(5):
        next(answers)
    assert len(planned) <= 5 + 3


@modest
@given(
    st.integers(1, 4),
    st.sets(st.integers(0, 4 * 24 - 1), max_size=30),
    st.integers(2, 30),
    st.integers(1, 4),
)
def test_pieces_tile_the_plan_in_order(
    count: int, busy_hours: set[int], capacity: int, in_flight: int
) -> None:
    """A window is too much when it holds more than a few busy hours or is too long."""
    planned = days(count)

    def fetch(window: Window) -> str:
        hours = {
            int((window.start - START + n * HOUR) / HOUR) for n in range(window.length // HOUR)
        }
        if len(hours & busy_hours) > 2 or window.length > capacity * HOUR:
            raise TooMuchError(f"{window}")
        return str(window)

    given_back = list(fetch_in_order(planned, fetch, in_flight=in_flight, divisible=True))
    windows = [window for window, _ in given_back]
    assert windows[0].start == START
    assert windows[-1].until == planned[-1].until
    assert all(before.until == after.start for before, after in pairwise(windows))
    assert all(answer == str(window) for window, answer in given_back)
    # A piece never crosses an edge of the plan.
    assert {window.start for window in planned} <= {window.start for window in windows}


def test_what_was_learned_is_used_for_the_next_windows() -> None:
    def fetch(window: Window) -> str:
        if window.length > 6 * HOUR:
            raise TooMuchError("too much")
        return ""

    gauge = Gauge(fetch)
    list(fetch_in_order(days(3), gauge, in_flight=1, divisible=True))
    too_much = [window for window in gauge.asked if window.length > 6 * HOUR]
    # The first day: whole and its first half, then never more than double of what works.
    assert [window.length // HOUR for window in too_much[:2]] == [24, 12]
    assert all(window.length == 12 * HOUR for window in too_much[1:])


def test_one_at_a_time_means_pieces_too() -> None:
    def fetch(window: Window) -> str:
        if window.length > 3 * HOUR:
            raise TooMuchError("too much")
        time.sleep(0.003)
        return ""

    gauge = Gauge(fetch)
    assert len(list(fetch_in_order(days(2), gauge, in_flight=1, divisible=True))) == 16
    assert gauge.most == 1


def test_an_hour_that_is_too_much_fails() -> None:
    def fetch(window: Window) -> str:
        raise TooMuchError(f"{window.length}")

    gauge = Gauge(fetch)
    with pytest.raises(TooMuchError, match="1:30:00"):
        list(fetch_in_order(days(1), gauge, in_flight=1, divisible=True))
    assert min(window.length for window in gauge.asked) >= HOUR


def test_indivisible_windows_are_asked_for_once() -> None:
    def fetch(window: Window) -> str:
        raise TooMuchError("too much")

    gauge = Gauge(fetch)
    with pytest.raises(TooMuchError, match="too much"):
        list(fetch_in_order(days(1), gauge, in_flight=2, divisible=False))
    assert gauge.asked == days(1)


@modest
@given(st.integers(0, 7), st.integers(1, 5))
def test_an_error_comes_in_its_place(position: int, in_flight: int) -> None:
    planned = days(8)
    failed = threading.Event()

    def fetch(window: Window) -> str:
        if window == planned[position]:
            failed.set()
            raise RejectedError("refused")
        if position < in_flight:
            failed.wait(ENOUGH)
        return ""

    given_back: list[Window] = []
    answers = fetch_in_order(planned, fetch, in_flight=in_flight, divisible=True)
    with pytest.raises(RejectedError, match="refused"):  # noqa: PT012 - which came before counts
        for window, _ in answers:
            given_back.append(window)
    assert given_back == planned[:position]


def test_any_other_exception_is_not_swallowed() -> None:
    def fetch(window: Window) -> str:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        list(fetch_in_order(days(2), fetch, in_flight=2, divisible=True))


def test_nothing_planned() -> None:
    assert list(fetch_in_order([], str, in_flight=2, divisible=True)) == []


HANGING = """
import sys, threading
from datetime import UTC, datetime
from tap_continu_coursebase.core.prefetch import fetch_in_order
from tap_continu_coursebase.core.windows import plan

def fetch(window):
    if window.start.day > 1:
        threading.Event().wait()
    return window.start.day

windows = plan(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 9, tzinfo=UTC), "day")
answers = fetch_in_order(windows, fetch, in_flight=4, divisible=True)
print(next(answers)[1])
if sys.argv[1] == "close":
    answers.close()
elif sys.argv[1] == "raise":
    raise SystemExit(7)
"""


@pytest.mark.parametrize(("ending", "code"), [("close", 0), ("forget", 0), ("raise", 7)])
def test_fetches_that_never_end_do_not_keep_the_process_alive(ending: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", HANGING, ending],
        check=False,
        capture_output=True,
        text=True,
        timeout=ENOUGH,
    )
    assert (done.returncode, done.stdout, done.stderr) == (code, "1\n", "")


def test_no_more_than_allowed_run_after_a_split() -> None:
    planned = days(4)
    release = threading.Event()
    crowd = threading.Event()

    def fetch(window: Window) -> str:
        if window == planned[0]:
            raise TooMuchError("too much")
        if gauge.running > 2:
            crowd.set()
            release.set()
        if window in planned:
            # The window behind the split one is still being fetched.
            release.wait(ENOUGH)
        else:
            # The halves: until both run, or one has been alone for long enough.
            crowd.wait(0.2)
        if window.until == planned[0].until:
            release.set()
        return ""

    gauge = Gauge(fetch)
    list(fetch_in_order(planned, gauge, in_flight=2, divisible=True))
    assert gauge.most <= 2


@pytest.mark.parametrize("used", [0, 1, 3])
def test_answers_that_nobody_takes_are_given_back(used: int) -> None:
    planned = days(6)
    discarded: list[str] = []
    answers = fetch_in_order(planned, str, in_flight=3, divisible=True, discard=discarded.append)
    taken = [answer for _, answer in islice(answers, used)]
    answers.close()
    deadline = time.monotonic() + ENOUGH
    while used and len(discarded) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not {*taken} & {*discarded}
    assert [*map(str, planned)][: len(taken) + len(discarded)] == [*taken, *sorted(discarded)]
