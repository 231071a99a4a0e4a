from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from functools import partial
from types import SimpleNamespace
from typing import IO, Any

import pytest

from sandbox.options import Options
from sandbox.server import Sandbox, running
from tap_continu_coursebase.coursebase.jobs import Exports
from tests.coursebase.support import TOKEN, Clock, Coursebase


@pytest.fixture(scope="session")
def shared_clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def shared_coursebase(shared_clock: Clock) -> Iterator[Sandbox]:
    options = Options(
        users=60,
        seed=5,
        groups=8,
        courses=14,
        page_size=20,
        export_seconds=60,
        features=frozenset({"approvers", "udemy"}),
        coursebase_clock=shared_clock.now,
    )
    with running(options) as sandbox:
        yield sandbox


@pytest.fixture
def source(
    shared_coursebase: Sandbox, shared_clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Coursebase:
    """A sandbox as if it had just been started; waiting takes no time."""
    shared_clock.reset()
    shared_coursebase.coursebase.reset()
    shared_coursebase.coursebase.tokens.renew(TOKEN)
    shared_coursebase.coursebase.tokens.lifetime = 3600
    monkeypatch.setattr("backoff._sync.time.sleep", shared_clock.wait_to_retry)
    monkeypatch.setattr(
        "tap_continu_coursebase.coursebase.streams.Exports",
        partial(Exports, clock=shared_clock.now, sleep=shared_clock.sleep),
    )
    return Coursebase(shared_coursebase, shared_clock)


@pytest.fixture(autouse=True)
def kept_lists(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[IO[Any]]]:
    """The temporary files in which lists are kept; closed after the test, come what may."""
    files: list[IO[Any]] = []

    def temporary(*args: Any, **options: Any) -> IO[Any]:
        files.append(tempfile.TemporaryFile(*args, **options))  # noqa: SIM115
        return files[-1]

    monkeypatch.setattr(
        "tap_continu_coursebase.coursebase.listing.tempfile",
        SimpleNamespace(TemporaryFile=temporary),
    )
    yield files
    for file in files:
        file.close()


@pytest.fixture(autouse=True)
def _keep_signal_handlers() -> Iterator[None]:
    """A tap in this process replaces them."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
