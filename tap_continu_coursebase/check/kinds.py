"""Say what values are, without saying them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from tap_continu_coursebase.decode.value import Misfit, coerce

_TEXTS: Mapping[str, re.Pattern[str]] = {
    "date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "string(email)": re.compile(r"[^\s@]+@[^\s@]+"),
    "string(uuid)": re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
    "string(empty)": re.compile(r""),
    "string(digits)": re.compile(r"\d+"),
}
_HEX = re.compile(r"(?=.*\d)[0-9a-f]{8,}", re.IGNORECASE)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.ASCII)
_SCALARS = frozenset({"string", "date-time", "boolean", "integer", "number"})


def described(value: Any) -> str:
    """Return the type of a value, with the shape of a text."""
    match value:
        case None:
            return "null"
        case str():
            return _text(value)
        case list():
            return f"array({len(value)})"
        case Mapping():
            return "object"
        case _:
            return _number(value)


def type_of(value: Any) -> str | None:
    """Return the type of a column that holds a value, a name in ``TYPES``; None for null."""
    match value:
        case None:
            return None
        case str():
            return "date-time" if _is_instant(value) else "string"
        case list():
            return "array"
        case Mapping():
            return "object"
        case _:
            return _number(value)


def agreed(values: Iterable[Any]) -> str | None:
    """Return the type of a column that holds all of some values.

    Returns:
        A name in ``TYPES``: text where scalars differ. None where there are only nulls, or both
        scalars and others.
    """
    kinds = {kind for value in values if (kind := type_of(value)) is not None}
    if len(kinds) == 1:
        return kinds.pop()
    if kinds == {"integer", "number"}:
        return "number"
    return "string" if kinds and kinds <= _SCALARS else None


def _text(text: str) -> str:
    if _is_instant(text):
        return "date-time"
    for kind, pattern in _TEXTS.items():
        if pattern.fullmatch(text):
            return kind
    if _HEX.fullmatch(text):
        return f"string({len(text)} hex)"
    return "string(url)" if _is_url(text) else "string"


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and parts.netloc)


def _is_instant(text: str) -> bool:
    if not _INSTANT.fullmatch(text):
        return False
    try:
        coerce(text, ("date-time",))
    except Misfit:
        return False
    return True


def _number(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, Decimal | float) else "integer"
