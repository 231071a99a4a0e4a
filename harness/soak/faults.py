"""Fault plans from chance: every kind that the sandbox knows, for both APIs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

FaultPlan = dict[str, Any]
Details = Callable[[Random], dict[str, Any]]

TIMEOUT = 3
"""Seconds that the tap waits for an answer while faults strike; some are later."""
LATER = TIMEOUT + 1.0


def _nothing(_chance: Random) -> dict[str, Any]:
    return {}


def _soon(_chance: Random) -> dict[str, Any]:
    """Ask for a retry soon, so that trials do not wait for the rest of a minute."""
    return {"retry_after": 1}


def _late(chance: Random) -> dict[str, Any]:
    return {"seconds": LATER if chance.random() < 0.15 else round(chance.uniform(0.05, 0.4), 2)}  # noqa: PLR2004


def _status(chance: Random) -> dict[str, Any]:
    status = chance.choice((401, 403, 404, 408, 500, 502, 503, 504))
    return {"status": status, "retry_after": 0}


CONTINU: Mapping[str, Details] = {
    "rate_limit_minute": _soon,
    "rate_limit_day": _nothing,
    "status": _status,
    "slow": _late,
    "stall": _late,
    "cut": _nothing,
    "cut_chunked": _nothing,
    "reset": _nothing,
    "html": _nothing,
    "wrong_types": lambda chance: {"hard": chance.random() < 0.5},  # noqa: PLR2004
    "missing_id": _nothing,
    "oversized": lambda chance: {"rows": chance.choice((2, 5, 20, 60))},
    "garbage": _nothing,
    "empty": _nothing,
    "object": _nothing,
}
SPOILING = frozenset({"wrong_types", "garbage", "empty", "object", "missing_id"})
"""Kinds that answer with other values than the source's, or with no rows although there are some:
only reading all again mends them."""
LOSING = frozenset({"empty", "object", "missing_id"})
"""Those of them that an API may mean: a window without rows, or rows without their key. They are
believed, so that rows may lack until all is read again."""

LISTS = (
    "org.users.list",
    "org.groups.list",
    "group.users.list",
    "org.courses.list",
    "course.info",
    "org.profile.list",
    "org.reports.list",
    "course.approvers.list",
)
METHODS = (*LISTS, "report.export", "report.export.status", "storage", "*")
PAGED = ("org.users.list", "group.users.list", "org.courses.list")
_EXPORT, _POLL = ("report.export",), ("report.export.status",)
_CODES = ("internal_error", "not_found", "user_not_found", "feature_not_enabled", "rate_limited")

COURSEBASE: Mapping[str, tuple[Sequence[str], Details]] = {
    "status": (METHODS, _status),
    "error": (
        METHODS,
        lambda chance: {
            "code": chance.choice(_CODES),
            "http_status": chance.choice((200, 400, 500)),
            "retry_after": 1,
        },
    ),
    "missing_field": (LISTS, lambda chance: {"fields": [chance.choice(("data", "users", "next"))]}),
    "slow": (METHODS, _late),
    "stall": (METHODS, _late),
    "cut": (METHODS, _nothing),
    "cut_chunked": (METHODS, _nothing),
    "reset": (METHODS, _nothing),
    "html": (METHODS, _nothing),
    "empty": (METHODS, _nothing),
    "object": (METHODS, _nothing),
    "array": (METHODS, _nothing),
    "empty_page": (PAGED, _nothing),
    "missing_next": (PAGED, _nothing),
    "duplicate_row": (PAGED, _nothing),
    "repeated_cursor": (PAGED, _nothing),
    "expired_cursor": (PAGED, _nothing),
    "never_finishes": (_EXPORT, _nothing),
    "members": (_EXPORT, lambda chance: {"count": chance.randint(2, 4)}),
    "beside": (_EXPORT, _nothing),
    "paths": (_EXPORT, _nothing),
    "bom": (_EXPORT, _nothing),
    "encoding": (_EXPORT, lambda chance: {"encoding": chance.choice(("cp932", "latin-1"))}),
    "newline": (_EXPORT, lambda chance: {"newline": chance.choice(("\n", "\r\n"))}),
    "headers": (_EXPORT, lambda chance: {chance.choice(("duplicate", "empty")): True}),
    "row_count": (_EXPORT, lambda chance: {"by": chance.choice((-1, 1, 5))}),
    "no_rows": (_EXPORT, _nothing),
    "bomb": (_EXPORT, lambda _chance: {"megabytes": 4}),
    "not_zip": (_EXPORT, _nothing),
    "bad_crc": (_EXPORT, _nothing),
    "delimiter": (_EXPORT, lambda chance: {"delimiter": chance.choice((";", "\t", "|"))}),
    "quoted": (_EXPORT, _nothing),
    "titles": (_EXPORT, lambda chance: {"lines": chance.choice((["Report"], ["A, b", ""]))}),
    "totals": (_EXPORT, lambda chance: {"lines": chance.choice((["Total"], ["", "Total,,5"]))}),
    "ending": (_EXPORT, lambda chance: {"ending": chance.choice((".txt", ".tsv", ""))}),
    "gzip": (_EXPORT, _nothing),
    "unknown_status": (_POLL, lambda _chance: {"word": "paused"}),
    "same_link": (_POLL, _nothing),
    "null_fields": (_POLL, _nothing),
}
ENDLESS = "never_finishes"


def draw_continu(chance: Random, reports: Sequence[str]) -> list[FaultPlan]:
    """Draw plans for some reports, or for all at once.

    Args:
        chance: Decides.
        reports: Reports that are loaded.
    """
    plans = []
    for _ in range(chance.randint(1, 6)):
        kind = chance.choice(sorted(CONTINU))
        plans.append(
            {
                "kind": kind,
                "match": chance.choice(("*", *reports)),
                "times": chance.randint(1, 4),
                "after": chance.choice((0, 0, 1, 2, 5)),
                **CONTINU[kind](chance),
            }
        )
    return plans


def draw_coursebase(chance: Random) -> list[FaultPlan]:
    """Draw plans for methods, exports and the storage."""
    plans = []
    for _ in range(chance.randint(1, 6)):
        kind = chance.choice(sorted(COURSEBASE))
        places, details = COURSEBASE[kind]
        plans.append(
            {
                "kind": kind,
                "match": chance.choice(places),
                "times": chance.randint(1, 3),
                "after": chance.choice((0, 0, 0, 1, 3)),
                **details(chance),
            }
        )
    return plans
