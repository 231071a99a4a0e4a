"""What requests take, against the budget that they are really sent within."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from tap_continu_coursebase.core.estimate import Call, days, elapsed, minutes, requests
from tap_continu_coursebase.core.windows import Window
from tap_continu_coursebase.transport.budget import RequestBudget

modest = settings(max_examples=150, deadline=None, database=None)
counts = st.integers(0, 10_000)
limits = st.integers(1, 200)
seconds = st.lists(st.integers(0, 900).map(lambda tenths: tenths / 10), max_size=40)
in_flights = st.integers(1, 16)
WINDOW = Window(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC))


@modest
@given(counts, limits)
def test_minutes_and_days_hold_all_requests_and_no_fewer_would(count: int, limit: int) -> None:
    for needed in (minutes(count, limit), days(count, limit)):
        assert (needed - 1) * limit < count <= needed * limit or count == needed == 0


@modest
@given(counts, limits, st.floats(0, 100_000))
def test_minutes_are_never_fewer_than_the_answers_take(
    count: int, limit: int, least: float
) -> None:
    needed = minutes(count, limit, least=least)
    assert needed >= minutes(count, limit)
    assert needed * 60 >= least
    assert needed == minutes(count, limit) or (needed - 1) * 60 < least


@modest
@given(st.lists(seconds, max_size=5), in_flights)
def test_streams_take_turns_and_windows_overlap(streams: list[list[float]], in_flight: int) -> None:
    taken = elapsed(streams, in_flight=in_flight, per_minute=10_000)
    one_by_one = sum(sum(answers) for answers in streams)
    assert sum(max(answers, default=0) for answers in streams) - 1e-6 <= taken
    assert one_by_one / in_flight - 1e-6 <= taken <= one_by_one + 1e-6
    assert elapsed(streams, in_flight=in_flight + 1, per_minute=10_000) <= taken + 1e-6


@modest
@given(seconds, st.integers(1, 12))
def test_one_by_one_they_take_what_the_budget_lets_them(
    answers: list[float], per_minute: int
) -> None:
    """The budget itself, by a clock that only waiting moves."""
    clock = [0.0]

    def wait(length: float) -> None:
        clock[0] += length

    budget = RequestBudget(per_minute, 10**6, clock=lambda: clock[0], sleep=wait)
    for answer in answers:
        budget.acquire()
        wait(answer)
        budget.answered()
    taken = elapsed([answers], in_flight=1, per_minute=per_minute)
    assert abs(taken - clock[0]) < 0.1 * (1 + len(answers))
    assert minutes(len(answers), per_minute, least=taken) >= minutes(len(answers), per_minute)


def test_a_list_that_two_streams_need_is_counted_once() -> None:
    calls = [
        Call(WINDOW, 1),
        Call(None, 0, {"users": 3}),
        Call(None, 250, {"users": 3}, is_least=True),
        Call(None, 4, {"groups": 1}),
    ]
    assert [call.requests for call in calls] == [1, 3, 253, 5]
    assert requests(calls) == 1 + 250 + 4 + 3 + 1
