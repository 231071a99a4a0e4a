"""What a run says of its windows, of each stream and of all: one line each, ``name=value``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tap_continu_coursebase.core.activity import Activity


def of_window(row: Mapping[str, Any], activity: Activity) -> str:
    """Tell of one window.

    Args:
        row: What the ledger says of it.
        activity: Of its stream, the window counted.
    """
    facts = {name: row[name] for name in ("rows", "bytes", "seconds", "tries")}
    edges = {"from": row["window_from"], "until": row["window_until"]}
    return _line(
        f"{activity.stream}: window",
        {**edges, **facts, "done": activity.reached, "of": activity.planned},
    )


def of_stream(activity: Activity, cursor: str | None, *, rejected: int, has_failed: bool) -> str:
    """Tell what came of one stream.

    Args:
        activity: What was done.
        cursor: Its bookmark, if it has one.
        rejected: Rows without their key.
        has_failed: Whether it failed; what it had loaded before is loaded.
    """
    return _line(
        f"{activity.stream}: {'failed' if has_failed else 'done'}",
        {**_counted([activity]), "cursor": cursor or "none", "rejected": rejected},
    )


def of_run(activities: Sequence[Activity], *, seconds: float, rejected: int, failed: int) -> str:
    """Tell what came of all streams.

    Args:
        activities: What was done.
        seconds: How long it took.
        rejected: Rows without their key.
        failed: How many streams failed.
    """
    counted = {**_counted(activities), "seconds": round(seconds, 1)}
    return _line(
        "Run: done",
        {"streams": len(activities), **counted, "rejected": rejected, "failed": failed},
    )


def _counted(activities: Iterable[Activity]) -> dict[str, Any]:
    done = list(activities)
    return {
        "rows": sum(one.rows for one in done),
        "windows": sum(one.windows for one in done),
        "requests": sum(one.requests for one in done),
        "retries": sum(one.retries for one in done),
        "seconds": round(sum(one.seconds() for one in done), 1),
    }


def _line(beginning: str, facts: Mapping[str, Any]) -> str:
    return f"{beginning} {' '.join(f'{name}={value}' for name, value in facts.items())}"
