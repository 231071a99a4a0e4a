"""The calls-a-minute budget of a company, over a whole backfill and beside other clients."""

from __future__ import annotations

import threading
import time
from functools import partial

import pytest
import requests

from sandbox.instants import parse_instant
from sandbox.options import LimitStyle, Options
from sandbox.server import running
from tap_continu_coursebase.transport.budget import RequestBudget
from tests.singer.support import Source

SPEED = 90.0


def fast() -> float:
    """A monotonic clock on which a minute takes less than a second."""
    return time.monotonic() * SPEED


def fast_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the budget's clock and all waiting run at that speed."""
    real_sleep = time.sleep

    def sleep(seconds: float) -> None:
        real_sleep(seconds / SPEED)

    monkeypatch.setattr("time.sleep", sleep)
    monkeypatch.setattr(
        "tap_continu_coursebase.continu.streams.RequestBudget",
        partial(RequestBudget, clock=fast, sleep=sleep),
    )


def options(style: LimitStyle) -> Options:
    return Options(
        users=10,
        now=parse_instant("2026-03-15T12:00:00Z"),
        start=parse_instant("2021-01-01T00:00:00Z"),
        limit_style=style,
        limit_clock=fast,
        requests_per_day=100_000,
    )


@pytest.mark.parametrize("style", ["fixed", "sliding"])
def test_a_five_year_backfill_of_all_streams_meets_no_429(
    style: LimitStyle, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast_time(monkeypatch)
    with running(options(style)) as sandbox:
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


def test_what_other_clients_spend_is_left_to_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another client spends 35 calls a minute at once; the tap stays within the rest."""
    fast_time(monkeypatch)
    with running(options("fixed")) as sandbox:
        stop = threading.Event()

        def other_client() -> None:
            while not stop.is_set():
                requests.post(f"{sandbox.url}/_admin/consume", json={"count": 35}, timeout=10)
                stop.wait(60 / SPEED)

        other = threading.Thread(target=other_client)
        other.start()
        settings = {"continu_requests_per_minute": 50, "start_date": "2022-03-15"}
        source = Source(sandbox, settings)
        output = source.sync("continu_workshop_engagement", "continu_manager_summary")
        stop.set()
        other.join()
    assert output.error is None
    refused = [request for request in sandbox.requests if request.status == 429]
    assert len(refused) <= len(sandbox.requests) // 10
