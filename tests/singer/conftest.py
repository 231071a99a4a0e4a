from __future__ import annotations

import signal
from collections.abc import Iterator
from functools import partial
from uuid import uuid4

import pytest

from sandbox.continu.changes import Changes
from sandbox.instants import parse_instant
from sandbox.options import Options
from sandbox.server import Sandbox, running
from tap_continu_coursebase.transport.budget import RequestBudget
from tests.singer.support import SimulatedTime, Source

OPTIONS = Options(
    users=60,
    now=parse_instant("2026-03-15T12:00:00Z"),
    start=parse_instant("2025-11-01T00:00:00Z"),
    requests_per_minute=100_000,
    requests_per_day=1_000_000,
)


@pytest.fixture(scope="session")
def shared_sandbox() -> Iterator[Sandbox]:
    with running(OPTIONS) as sandbox:
        yield sandbox


@pytest.fixture
def source(shared_sandbox: Sandbox) -> Source:
    """A sandbox as if it had just been started; what another test left running is refused."""
    assert OPTIONS.now is not None
    shared_sandbox.organisation.changes = Changes()
    shared_sandbox.clock.set(OPTIONS.now)
    shared_sandbox.api.faults.clear()
    shared_sandbox.api.gate.renew(f"{OPTIONS.token}-{uuid4()}")
    shared_sandbox.api.journal.clear()
    return Source(shared_sandbox)


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> SimulatedTime:
    """Waiting between tries, and for the budget, takes no time."""
    simulated = SimulatedTime()
    monkeypatch.setattr("backoff._sync.time.sleep", simulated.wait_to_retry)
    monkeypatch.setattr(
        "tap_continu_coursebase.continu.streams.RequestBudget",
        partial(RequestBudget, clock=simulated.now, sleep=simulated.sleep),
    )
    return simulated


@pytest.fixture
def waits(time: SimulatedTime) -> list[float]:
    """Seconds that would have been waited between tries."""
    return time.waits


@pytest.fixture(autouse=True)
def _keep_signal_handlers() -> Iterator[None]:
    """A tap in this process replaces them."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
