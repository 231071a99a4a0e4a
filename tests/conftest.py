from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the longest tests first, so that no process is left alone with them in the end."""
    items.sort(key=lambda item: "e2e" not in item.path.parts)
