from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from tap_continu_coursebase.coursebase.jobs import Exports
from tap_continu_coursebase.transport.budget import RequestBudget
from tests.fuzz.answering import AnsweringServer, answering


@pytest.fixture(scope="module")
def server() -> Iterator[AnsweringServer]:
    with answering() as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def _no_waiting() -> Iterator[None]:
    """Waiting only puts the clock forward."""
    real = time.monotonic
    waited = [0.0]
    lock = threading.Lock()

    def sleep(seconds: float) -> None:
        with lock:
            waited[0] += seconds

    def clock() -> float:
        return real() + waited[0]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", sleep)
        patch.setattr(time, "monotonic", clock)
        for waiting in (RequestBudget, Exports):
            defaults = waiting.__init__.__kwdefaults__
            assert defaults is not None
            patch.setitem(defaults, "sleep", sleep)
            patch.setitem(defaults, "clock", clock)
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            patch.delenv(name, raising=False)
        patch.setenv("NO_PROXY", "127.0.0.1,localhost")
        yield
