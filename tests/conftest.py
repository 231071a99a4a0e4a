from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from filelock import FileLock

from harness import warehouse as warehouses
from harness.warehouse import Warehouse
from tap_continu_coursebase.singer import runlock

_monotonic = time.monotonic


@pytest.fixture(scope="session", autouse=True)
def _real_clock_of_sandboxes() -> Iterator[None]:
    """A test that puts the tap's clock forward, and back in the end, does not stop a sandbox.

    Sandboxes of other tests may run in the same process, and their event loops tell the time
    by the clock that is replaced.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("asyncio.BaseEventLoop.time", lambda _loop: _monotonic())
        yield


@pytest.fixture(autouse=True)
def own_locks(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let what runs in this process wait for no lock of what else runs on the machine."""
    folder = tmp_path_factory.getbasetemp() / "locks"
    monkeypatch.setattr(runlock, "_places", lambda: iter([folder]))


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A server of this worker's own; they start one after the other.

    The package creates a user when root starts the first server, which two must not do at once.
    """
    with ExitStack() as stack:
        with FileLock(tmp_path_factory.getbasetemp().parent / "postgresql.lock"):
            warehouse = stack.enter_context(warehouses.running())
        warehouse.hurry()
        yield warehouse


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest tests first, so that no process is left alone with them in the end."""
    items.sort(key=lambda item: {"e2e", "transform"}.isdisjoint(item.path.parts))
