"""Rows whose values are not what they should be."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from sandbox.faults import Fault
from sandbox.instants import parse_instant

JsonObject = dict[str, Any]
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
HUGE = 10**40
THOUSAND = 1000


def _other_type(value: Any, *, milliseconds: bool) -> Any:
    """Return the value in another type that still tells it exactly."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str) and DATE.fullmatch(value):
        instant = parse_instant(value)
        return instant * THOUSAND if milliseconds else instant
    return value


def _no_such_value(value: Any) -> Any:
    """Return something that cannot be read as the value's type."""
    if isinstance(value, bool):
        return "perhaps"
    if isinstance(value, int | float):
        return "many"
    if isinstance(value, str) and DATE.fullmatch(value):
        return "sometime"
    return value


def _wrong_types(
    rows: Iterable[JsonObject], ids: Collection[str], details: Mapping[str, Any]
) -> Iterator[JsonObject]:
    for n, row in enumerate(rows):
        if details.get("hard") and n % 3 == 0:
            yield {k: v if k in ids else _no_such_value(v) for k, v in row.items()}
        else:
            yield {
                k: v if k in ids else _other_type(v, milliseconds=n % 2 == 1)
                for k, v in row.items()
            }


def _missing_id(
    rows: Iterable[JsonObject], ids: Collection[str], _details: Mapping[str, Any]
) -> Iterator[JsonObject]:
    for n, row in enumerate(rows):
        yield {k: v for k, v in row.items() if k not in ids} if n == 0 else row


def _garbage(
    rows: Iterable[JsonObject], ids: Collection[str], details: Mapping[str, Any]
) -> Iterator[JsonObject]:
    wanted = set(details.get("only", ("surrogate", "nul", "nan", "huge")))

    def dirty(n: int, value: Any) -> Any:
        if isinstance(value, str) and not DATE.fullmatch(value):
            value += "\ud800" if "surrogate" in wanted else ""
            return value + ("\x00!" if "nul" in wanted else "")
        if isinstance(value, int | float) and not isinstance(value, bool):
            choices = [v for k, v in (("nan", float("nan")), ("huge", HUGE)) if k in wanted]
            return choices[n % len(choices)] if choices else value
        return value

    for n, row in enumerate(rows):
        clean = n % 2 == 1
        yield row if clean else {k: v if k in ids else dirty(n // 2, v) for k, v in row.items()}


SPOILERS = {"wrong_types": _wrong_types, "missing_id": _missing_id, "garbage": _garbage}


def spoiled(
    rows: Iterator[JsonObject], ids: Collection[str], fault: Fault | None
) -> Iterator[JsonObject]:
    """Spoil rows as the fault says; a fault of another nature leaves them alone.

    Args:
        rows: Rows under the keys of the wire.
        ids: Keys that stay sound (`wrong_types`, `garbage`) or go missing (`missing_id`).
        fault: The fault that strikes this answer, if any.
    """
    spoiler = None if fault is None else SPOILERS.get(fault.kind)
    return rows if fault is None or spoiler is None else spoiler(rows, ids, fault.details)
