"""Whether what an earlier run wrote is still being loaded.

A tap ends before its target does, which then still writes its last rows, and nothing tells a tap
when that is done. Two things can be seen from outside:

- In a shell's pipeline the target reads the pipe that the tap wrote to, and holds it open until it
  ends. Linux tells who has a pipe open; elsewhere this is not seen.
- Meltano stands between the two, and starts both, one right after the other: the target is taken to
  be at work as long as Meltano has a child that it started together with the tap.
"""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

_TOGETHER = 60.0
"""Seconds within which Meltano starts the ends of a pipeline."""
_PROCESSES = Path("/proc")
_STDOUT = 1


def this_run() -> dict[str, Any]:
    """Return what tells this process, its pipe and its Meltano from others, as JSON."""
    process = psutil.Process()
    known: dict[str, Any] = {
        "pid": process.pid,
        "started": process.create_time(),
        "pipe": _own_pipe(),
        "signed": time.time(),
    }
    with suppress(psutil.Error):
        parent = process.parent()
        if parent is not None and _is_meltano(parent):
            known |= {"meltano": parent.pid, "meltano_started": parent.create_time()}
    return known


def is_still_loading(run: Mapping[str, Any]) -> bool:
    """Tell whether the other end of an earlier run's pipeline seems to be at work.

    Args:
        run: What ``this_run`` returned in that run, whose tap has ended. One that was this very
            process, or has the same Meltano or pipe as this one, comes first in any case.
    """
    try:
        if run["pid"] == os.getpid():
            return False
        if "meltano" in run:
            return run["meltano"] != os.getppid() and _has_children_of(run)
        return run["pipe"] not in {None, _own_pipe()} and any(
            process.create_time() <= run["signed"] for process in _holding(run["pipe"])
        )
    except (psutil.Error, KeyError, TypeError, ValueError):
        return False


def _own_pipe() -> int | None:
    """Return what tells the pipe that this process writes to from others; None without one."""
    with suppress(OSError):
        output = os.fstat(_STDOUT)
        if stat.S_ISFIFO(output.st_mode):
            return output.st_ino
    return None


def _is_meltano(process: psutil.Process) -> bool:
    return any(Path(word).stem == "meltano" for word in process.cmdline()[:3])


def _has_children_of(run: Mapping[str, Any]) -> bool:
    """Tell whether the Meltano of a run has a child that it started together with its tap."""
    meltano = psutil.Process(run["meltano"])
    return meltano.create_time() == run["meltano_started"] and any(
        abs(child.create_time() - run["started"]) < _TOGETHER
        for child in meltano.children()
        if child.pid != run["pid"] and child.status() != psutil.STATUS_ZOMBIE
    )


def _holding(pipe: int) -> Iterator[psutil.Process]:
    """Yield the processes of this user that have a pipe open."""
    for process in psutil.process_iter():
        if f"pipe:[{pipe}]" in _opened(process.pid):
            yield process


def _opened(pid: int) -> Iterator[str]:
    """Yield what a process has open; nothing if that is not ours to know."""
    with suppress(OSError):
        for opened in (_PROCESSES / str(pid) / "fd").iterdir():
            with suppress(OSError):
                yield str(opened.readlink())
