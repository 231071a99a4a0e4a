"""Whether what an earlier run wrote is still being loaded.

A tap ends before its target does, which then still writes its last rows. No standard tells a tap
when that is done. But whoever starts a pipeline, Meltano or a shell, starts both ends of it, one
right after the other: the target is taken to be at work as long as a process lives that has the
same parent and was started with the tap.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import psutil

_TOGETHER = 60.0
"""Seconds within which the ends of a pipeline are started."""
_INIT = 1
"""It adopts processes and starts services; what it started at the same time says nothing."""


def this_run() -> dict[str, Any]:
    """Return what tells this process and its parent from others, as JSON."""
    process = psutil.Process()
    parent = process.parent()
    known: dict[str, Any] = {"pid": process.pid, "started": process.create_time()}
    if parent is not None and parent.pid != _INIT:
        known |= {"parent": parent.pid, "parent_started": parent.create_time()}
    return known


def is_still_loading(run: Mapping[str, Any]) -> bool:
    """Tell whether the other end of an earlier run's pipeline seems to be at work.

    Args:
        run: What ``this_run`` returned in that run, whose tap has ended. What runs in this run's
            own pipeline is taken to be done: its parent has seen to that.
    """
    try:
        if run["parent"] == os.getppid():
            return False
        parent = psutil.Process(run["parent"])
        if parent.create_time() != run["parent_started"]:
            return False
        return any(
            abs(child.create_time() - run["started"]) < _TOGETHER
            for child in parent.children()
            if child.pid != run["pid"] and child.status() != psutil.STATUS_ZOMBIE
        )
    except (psutil.Error, KeyError, TypeError, ValueError):
        return False
