"""The calls-a-minute budget of a company, over a whole backfill and beside other clients."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from sandbox.instants import MINUTE, parse_instant
from sandbox.options import LimitStyle, Options
from sandbox.server import Sandbox, running
from tap_continu_coursebase.transport.budget import RequestBudget
from tests.singer.support import Source

OTHERS = 35


class Minutes:
    """A clock that only waiting moves.

    Attributes:
        begin: Called when a minute begins.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._now = 0.0
        self.begin: Callable[[], object] = lambda: None

    def now(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        with self._lock:
            until = self._now + seconds
            while (following := (self._now // MINUTE + 1) * MINUTE) <= until:
                self._now = following
                self.begin()
            self._now = until


@contextmanager
def limited(style: LimitStyle) -> Iterator[tuple[Sandbox, Minutes]]:
    """Start a sandbox that counts calls by a clock which the tap's waits move."""
    minutes = Minutes()
    with running(options(style, minutes)) as sandbox, pytest.MonkeyPatch.context() as patch:
        patch.setattr("backoff._sync.time.sleep", minutes.sleep)
        patch.setattr(
            "tap_continu_coursebase.continu.streams.RequestBudget",
            partial(RequestBudget, clock=minutes.now, sleep=minutes.sleep),
        )
        yield sandbox, minutes


def options(style: LimitStyle, minutes: Minutes) -> Options:
    return Options(
        users=10,
        now=parse_instant("2026-03-15T12:00:00Z"),
        start=parse_instant("2021-01-01T00:00:00Z"),
        limit_style=style,
        limit_clock=minutes.now,
        requests_per_day=100_000,
    )


@pytest.mark.parametrize("style", ["fixed", "sliding"])
def test_a_five_year_backfill_of_all_streams_meets_no_429(style: LimitStyle) -> None:
    with limited(style) as (sandbox, minutes):
        source = Source(
            sandbox,
            {
                "start_date": "2021-03-15",
                "continu_requests_per_minute": 50,
                "continu_requests_per_day": 5000,
            },
        )
        streams = [entry["tap_stream_id"] for entry in source.catalog()["streams"]]
        output = source.sync(*streams)
    assert output.error is None
    assert len(sandbox.requests) == 11 * 61 + 3
    assert {request.status for request in sandbox.requests} == {200}
    assert max(request.consumed for request in sandbox.requests) > 45
    assert minutes.now() >= len(sandbox.requests) // 50 * MINUTE


def test_what_other_clients_spend_is_left_to_them() -> None:
    """Another client spends 35 calls at the beginning of each minute; the tap keeps to the rest."""
    with limited("fixed") as (sandbox, minutes):
        minutes.begin = partial(sandbox.api.budget.consume, OTHERS)
        minutes.begin()
        settings = {"continu_requests_per_minute": 50, "start_date": "2022-03-15"}
        source = Source(sandbox, settings)
        output = source.sync("continu_workshop_engagement", "continu_manager_summary")
    assert output.error is None
    refused = [request for request in sandbox.requests if request.status == 429]
    assert len(refused) <= len(sandbox.requests) // 10
    assert minutes.now() >= len(sandbox.requests) // (50 - OTHERS) * MINUTE
