"""The budget against simulated servers, clocks and callers."""

from __future__ import annotations

import heapq
import logging
import re
import threading
from collections.abc import Callable
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_continu_coursebase.core.errors import SourceStoppedError
from tap_continu_coursebase.transport.budget import RequestBudget

MINUTE = 60.0
TOLERANCE = 1e-6
PLENTY = 10**9

modest = settings(max_examples=80, deadline=None, database=None)


class World:
    """A clock that only sleeping and waiting moves, and what happens meanwhile."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now
        self.slept = 0.0
        self._number = count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def clock(self) -> float:
        return self.now

    def at(self, instant: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._events, (instant, next(self._number), action))

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept += seconds
        self.go_to(self.now + seconds)

    def go_to(self, instant: float) -> None:
        while self._events and self._events[0][0] <= instant:
            self.now, _, action = heapq.heappop(self._events)
            action()
        self.now = max(self.now, instant)

    def go_to_next_event(self) -> None:
        self.go_to(self._events[0][0])


class Server:
    """Counts calls as they arrive, in a sliding minute or in fixed ones of any phase."""

    def __init__(self, phase: float | None) -> None:
        self._phase = phase
        self.arrivals: list[float] = []

    def arrive(self, instant: float) -> int:
        """Note an arrival; give the calls of the current minute, as the headers report."""
        self.arrivals.append(instant)
        if self._phase is None:
            return sum(1 for other in self.arrivals if other > instant - MINUTE)
        minute = (instant - self._phase) // MINUTE
        return sum(1 for other in self.arrivals if (other - self._phase) // MINUTE == minute)

    def most_in_any_minute(self) -> int:
        """Return the most calls in any 60 s, half-open, wherever they begin."""
        arrivals = sorted(self.arrivals)
        return max(
            sum(1 for other in arrivals[i:] if other < first + MINUTE - TOLERANCE)
            for i, first in enumerate(arrivals)
        )

    def most_in_a_fixed_minute(self, phase: float) -> int:
        minutes = [(instant - phase) // MINUTE for instant in self.arrivals]
        return max(minutes.count(minute) for minute in minutes)


def run_calls(
    world: World,
    budget: RequestBudget,
    server: Server,
    latencies: list[tuple[float, float]],
    callers: int,
    *,
    reports: bool,
) -> None:
    """Make calls from several callers, each one after the other.

    Args:
        world: The clock.
        budget: Under test.
        server: Where calls arrive.
        latencies: For each call the seconds until it arrives and from there to its answer.
        callers: How many there are.
        reports: Whether the server reports its counts.
    """
    busy = 0

    def send(until_arrival: float, until_answer: float) -> None:
        nonlocal busy
        busy += 1
        counted: int | None = None

        def arrive() -> None:
            nonlocal counted
            number = server.arrive(world.now)
            counted = number if reports else None

        def answer() -> None:
            nonlocal busy
            busy -= 1
            budget.answered(counted)

        world.at(world.now + until_arrival, arrive)
        world.at(world.now + until_arrival + until_answer, answer)

    for latency in latencies:
        while busy >= callers:
            world.go_to_next_event()
        budget.acquire()
        send(*latency)
    while busy:
        world.go_to_next_event()


spells = st.floats(0, 3) | st.floats(0, 90) | st.just(0.0)
latencies = st.lists(st.tuples(spells, spells), min_size=1, max_size=60)


@modest
@given(latencies, st.integers(1, 8), st.integers(1, 5), st.booleans(), st.none() | st.floats(0, 60))
def test_never_more_calls_than_allowed_in_any_minute(
    waits: list[tuple[float, float]],
    per_minute: int,
    callers: int,
    reports: bool,
    phase: float | None,
) -> None:
    world, server = World(), Server(phase)
    budget = RequestBudget(per_minute, PLENTY, clock=world.clock, sleep=world.sleep)
    run_calls(world, budget, server, waits, callers, reports=reports)
    assert len(server.arrivals) == len(waits)
    assert server.most_in_any_minute() <= per_minute


@pytest.mark.parametrize("reports", [False, True])
@pytest.mark.parametrize("phase", [None, 0.0, 17.0, 59.9])
def test_throughput_is_close_to_the_budget(phase: float | None, reports: bool) -> None:
    world, server = World(), Server(phase)
    budget = RequestBudget(50, PLENTY, clock=world.clock, sleep=world.sleep)
    began = world.now
    run_calls(world, budget, server, [(1.0, 1.0)] * 500, callers=2, reports=reports)
    ideal = 500 / 50 * MINUTE
    assert world.now - began < 1.1 * ideal
    assert server.most_in_any_minute() <= 50


def test_within_the_budget_nothing_waits() -> None:
    world, server = World(), Server(None)
    budget = RequestBudget(50, PLENTY, clock=world.clock, sleep=world.sleep)
    run_calls(world, budget, server, [(0.1, 0.1)] * 50, callers=1, reports=True)
    assert world.slept == 0


def test_a_place_is_free_a_minute_after_its_answer() -> None:
    world = World()
    budget = RequestBudget(1, PLENTY, clock=world.clock, sleep=world.sleep)
    budget.acquire()
    world.go_to(world.now + 10)
    budget.answered()
    answered = world.now
    budget.acquire()
    assert answered + MINUTE - TOLERANCE <= world.now <= answered + MINUTE + 0.2


@modest
@given(
    st.integers(2, 12),
    st.integers(0, 11),
    st.integers(1, 30),
    st.none() | st.floats(0, 60),
    st.floats(0, 2),
)
def test_calls_of_others_are_left_room(
    per_minute: int, others: int, own: int, phase: float | None, latency: float
) -> None:
    # Two fewer than allowed: the first reading at the limit may as well be the limit itself.
    others = min(others, per_minute - 2)
    world = World()
    if phase is not None:
        # All begins with the server's minute, in which the others are already active.
        world.now = 1020.0 + phase
    server = Server(phase)
    for _ in range(others):
        server.arrive(world.now)
    world.go_to(world.now + 1)
    budget = RequestBudget(per_minute, PLENTY, clock=world.clock, sleep=world.sleep)
    run_calls(world, budget, server, [(latency, latency)] * own, callers=1, reports=True)
    if phase is None:
        assert server.most_in_any_minute() <= per_minute
    else:
        assert server.most_in_a_fixed_minute(phase) <= per_minute


def test_without_reports_others_cannot_be_seen() -> None:
    world = World()
    budget = RequestBudget(50, PLENTY, clock=world.clock, sleep=world.sleep)
    budget.acquire()
    budget.answered(40)
    for _ in range(10):
        budget.acquire()
        budget.answered()
    assert world.slept == 0
    budget.acquire()
    assert world.slept == pytest.approx(MINUTE, abs=0.2)


def test_others_that_stopped_hold_nothing_back_for_long() -> None:
    world = World()
    budget = RequestBudget(50, PLENTY, clock=world.clock, sleep=world.sleep)
    budget.acquire()
    budget.answered(51)
    budget.acquire()
    assert world.slept <= MINUTE + 0.2
    budget.answered(1)
    slept = world.slept
    for _ in range(40):
        budget.acquire()
        budget.answered()
    assert world.slept == slept


def test_threads_share_one_budget() -> None:
    lock = threading.Lock()
    now = [1000.0]
    arrivals: list[float] = []

    def clock() -> float:
        with lock:
            return now[0]

    def sleep(seconds: float) -> None:
        with lock:
            now[0] += seconds / 4

    budget = RequestBudget(10, PLENTY, clock=clock, sleep=sleep)

    def call() -> None:
        for _ in range(20):
            budget.acquire()
            with lock:
                now[0] += len(arrivals) * 37 % 100 / 100
                arrivals.append(now[0])
            budget.answered()

    threads = [threading.Thread(target=call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(arrivals) == 120
    server = Server(None)
    server.arrivals = arrivals
    assert server.most_in_any_minute() <= 10


@modest
@given(st.integers(1, 30))
def test_the_day_ends_before_the_call_that_is_too_many(per_day: int) -> None:
    world = World()
    budget = RequestBudget(PLENTY, per_day, clock=world.clock, sleep=world.sleep)
    for _ in range(per_day):
        budget.acquire()
        budget.answered()
    with pytest.raises(SourceStoppedError, match=rf"budget of {per_day} requests a day.*run again"):
        budget.acquire()
    assert world.slept == 0


def test_calls_under_way_count_for_the_day() -> None:
    budget = RequestBudget(50, 2)
    budget.acquire()
    budget.acquire()
    with pytest.raises(SourceStoppedError):
        budget.acquire()


def test_the_day_counts_what_the_server_reports() -> None:
    budget = RequestBudget(50, 5000)
    budget.acquire()
    budget.answered(1, 4999)
    budget.acquire()
    budget.answered(2, 5000)
    with pytest.raises(SourceStoppedError):
        budget.acquire()


def test_a_new_day_is_noticed() -> None:
    budget = RequestBudget(50, 5000)
    budget.acquire()
    budget.answered(1, 4999)
    budget.acquire()
    budget.answered(1, 1)
    for _ in range(10):
        budget.acquire()
        budget.answered()


def test_the_day_ends_without_waiting_for_the_minute() -> None:
    world = World()
    budget = RequestBudget(1, 1, clock=world.clock, sleep=world.sleep)
    budget.acquire()
    budget.answered()
    with pytest.raises(SourceStoppedError):
        budget.acquire()
    assert world.slept == 0


def test_a_pause_holds_every_call_back() -> None:
    world = World()
    budget = RequestBudget(50, PLENTY, clock=world.clock, sleep=world.sleep)
    budget.acquire()
    began = world.now
    budget.pause(30)
    budget.answered()
    budget.acquire()
    assert world.now == pytest.approx(began + 30)
    budget.acquire()
    assert world.now == pytest.approx(began + 30)


def test_the_longest_pause_counts() -> None:
    world = World()
    budget = RequestBudget(50, PLENTY, clock=world.clock, sleep=world.sleep)
    began = world.now
    for seconds in (10, 40, 5, 0):
        budget.pause(seconds)
    budget.acquire()
    assert world.now == pytest.approx(began + 40)


@pytest.mark.parametrize(
    "told",
    [lambda used: 50 - used % 50, lambda _used: 50, lambda _used: 1000],
    ids=["remaining", "limit", "raised limit"],
)
def test_a_header_of_another_meaning_holds_nothing_back(told: Callable[[int], int]) -> None:
    world = World()
    budget = RequestBudget(50, 5000, clock=world.clock, sleep=world.sleep)
    for call in range(1, 51):
        budget.acquire()
        world.go_to(world.now + 0.1)
        budget.answered(told(call), 100 * told(call))
    assert world.slept == 0
    budget.acquire()
    assert world.slept == pytest.approx(MINUTE, abs=10)


@pytest.mark.parametrize(
    "told", [[4999, 4998, 4997, 4996], [5000, 5000, 5000, 5000]], ids=["remaining", "limit"]
)
def test_a_day_that_is_not_used_up_is_not_said_to_be(told: list[int]) -> None:
    budget = RequestBudget(50, 5000)
    for reported in told:
        budget.acquire()
        budget.acquire()
        budget.answered(None, reported)
        budget.answered(None, None)


def test_a_day_that_is_used_up_shows_what_the_header_says() -> None:
    budget = RequestBudget(50, 5000)
    for reported in (4999, 5000):
        budget.acquire()
        budget.answered(1, reported)
    with pytest.raises(SourceStoppedError, match=r"of this run: 2.*X-REQUESTS-PER-DAY: 5000"):
        budget.acquire()


def test_the_meaning_of_a_header_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    budget = RequestBudget(50, 5000)
    for remaining in (49, 48, 47, 46, 45):
        budget.acquire()
        budget.answered(remaining, 5000)
    assert caplog.text.count("X-REQUESTS-PER-MINUTE falls from answer to answer") == 1
    assert caplog.text.count("X-REQUESTS-PER-DAY is 5000 in every answer") == 1


@pytest.mark.parametrize(
    ("told", "header", "others"),
    [(51, None, True), (3, None, False), (None, 51, True), (None, 50, False), (None, None, False)],
)
def test_whether_others_use_the_minute(told: int | None, header: int | None, others: bool) -> None:
    budget = RequestBudget(50, 5000)
    for _ in range(2):
        budget.acquire()
        budget.answered()
    budget.acquire()
    assert budget.is_used_by_others(told, header) is others


def test_a_tenth_of_a_shared_minute_is_left_to_newcomers() -> None:
    world = World()
    budget = RequestBudget(50, PLENTY, clock=world.clock, sleep=world.sleep)
    for used in range(20, 45):
        budget.acquire()
        budget.answered(used + 1)
    assert world.slept == 0
    budget.acquire()
    assert world.slept > 0


def waits_told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno == logging.INFO and "Waiting until" in record.getMessage()
    ]


def test_a_long_wait_is_told_with_its_end_and_reason(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    budget = RequestBudget(2, PLENTY, clock=world.clock, sleep=world.sleep)
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            budget.acquire()
            budget.answered()
    [told] = waits_told(caplog)
    assert re.fullmatch(
        r"Waiting until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: "
        r"the 2 calls a minute \(continu_requests_per_minute\) are used up",
        told,
    )


def test_a_pause_and_the_calls_of_others_are_told(caplog: pytest.LogCaptureFixture) -> None:
    world = World()
    budget = RequestBudget(10, PLENTY, clock=world.clock, sleep=world.sleep)
    with caplog.at_level(logging.INFO):
        for counted in (5, 10):
            budget.acquire()
            budget.answered(counted, counted)
        budget.acquire()
        budget.answered()
        budget.pause(90)
        budget.acquire()
    others, paused = waits_told(caplog)
    assert "8 of them by other clients of the company" in others
    assert "the API said that the calls a minute are used up (429)" in paused


def test_waits_are_told_once_a_minute_at_most_and_short_ones_never(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    budget = RequestBudget(1, PLENTY, clock=world.clock, sleep=world.sleep)
    with caplog.at_level(logging.INFO):
        for _ in range(5):
            budget.acquire()
            world.go_to(world.now + 58)
            budget.answered()
            budget.pause(3)
            world.go_to(world.now + 57)
    assert waits_told(caplog) == []
    with caplog.at_level(logging.INFO):
        began = world.now
        for _ in range(20):
            budget.acquire()
            budget.answered()
            budget.pause(6)
    assert 1 <= len(waits_told(caplog)) <= (world.now - began) / MINUTE + 1


def test_the_calls_that_are_left_are_known() -> None:
    world = World()
    budget = RequestBudget(5, 100, clock=world.clock, sleep=world.sleep)
    budget.acquire()
    assert budget.left() == (4, 99)
    budget.answered()
    assert budget.left() == (4, 99)
    world.go_to(world.now + MINUTE + 1)
    assert budget.left() == (5, 99)
