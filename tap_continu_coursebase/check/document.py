"""What a check found, as one JSON document for programs: ``docs/check.schema.json`` declares it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from tap_continu_coursebase.check.look import Look
from tap_continu_coursebase.check.mends import commands, settings_of

VERSION = 1


def document(looks: Sequence[Look], config: Any) -> dict[str, Any]:
    """Return the document.

    Args:
        looks: One for each stream.
        config: The settings as they are.
    """
    mends = [mend for one in looks for mend in one.mends]
    settings = settings_of(mends, config)
    deselect = sorted({mend.stream for mend in mends if mend.deselects})
    return {
        "version": VERSION,
        "loads": all(one.seen.loads for one in looks),
        "streams": [_stream(one) for one in looks],
        "settings": settings,
        "deselect": deselect,
        "commands": commands(settings, deselect),
    }


def _stream(one: Look) -> dict[str, Any]:
    seen = one.seen
    rows = asdict(seen.rows)
    target = "accepted" if seen.range_target else "not asked for"
    if seen.ignored:
        target = "ignored"
    elif seen.refused and not seen.range_target:
        target = "refused"
    return {
        "stream": seen.stream,
        "status": seen.status,
        "loads": seen.loads,
        "reason": seen.reason or None,
        "requests": seen.requests,
        "rows": seen.count,
        "is_part": seen.is_part,
        "shape": seen.shape or None,
        "window": list(seen.window) if seen.window else None,
        "range_target": {
            "status": target,
            "asked_for": seen.range_target,
            "refused": list(seen.refused),
        },
        **rows,
        "remarks": seen.remarks,
        "headers": seen.headers,
        "mends": [
            {
                "why": mend.why,
                "is_needed": mend.is_needed,
                "settings": dict(mend.settings),
                "deselects": mend.deselects,
            }
            for mend in one.mends
        ],
    }
