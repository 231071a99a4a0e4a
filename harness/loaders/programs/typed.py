"""Rows from one process to another, one a line, with the types that JSON lacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

Row = dict[str, Any]

_TAGS: Mapping[str, Callable[[str], Any]] = {
    "$instant": datetime.fromisoformat,
    "$day": date.fromisoformat,
    "$decimal": Decimal,
}


def line(table: str, row: Row) -> str:
    """Return the line that stands for a row of a table."""
    return json.dumps([table, row], default=_tagged)


def parsed(text: str) -> tuple[str, Row]:
    """Return the table and the row that a line stands for."""
    table, row = json.loads(text, object_hook=_untagged)
    return table, row


def _tagged(value: object) -> dict[str, str]:
    if isinstance(value, datetime):
        return {"$instant": value.isoformat()}
    if isinstance(value, date):
        return {"$day": value.isoformat()}
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    raise TypeError(f"A value of type {type(value).__name__} has no form here")


def _untagged(value: Row) -> Any:
    for tag, read in _TAGS.items():
        if value.keys() == {tag}:
            return read(value[tag])
    return value
