"""Turn one API record into one that fits its stream's schema, losing nothing.

Pure functions: no I/O, no clock. The vendor publishes no response types (fact sheet,
section 7), so a value is coerced where that keeps its meaning, and whatever cannot be
coerced or is not declared is kept as it came in the column ``additional_fields``.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import Any

from tap_continu_coursebase.errors import TapError, one_line

ADDITIONAL_FIELDS = "additional_fields"

_INT64 = range(-(2**63), 2**63)
_LARGEST_EXPONENT = 300
_LARGEST_INTEGER = 10**_LARGEST_EXPONENT
_EXACT_DIGITS = 5000
_DEEPEST = 150
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECONDS_FROM = 10**11
_EPOCHS_FROM = 10**8
_LONGEST_FRACTION = 9
_INTEGER_TEXT = re.compile(r"-?(?:0|[1-9]\d*)", re.ASCII)
_NUMBER_TEXT = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_EPOCH_TEXT = re.compile(r"-?\d{9,13}(?:\.\d+)?", re.ASCII)
_INSTANT_TEXT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d(?::\d\d(?:[.,](?P<fraction>\d+))?)?)"
    r"\s?(?P<zone>[Zz]|[+-]\d\d:?\d\d)?)?",
    re.ASCII,
)
_UNCLEAN = re.compile("[\x00\ud800-\udfff]")
_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NOT_WORD = re.compile(r"\W+")


class Misfit(ValueError):  # noqa: N818 - it is a verdict on a value, caught at once
    """A value cannot be coerced to its column's type without loss."""


class MissingKeyError(TapError):
    """A record came without one of the fields that identify it."""


class TooDeepError(TapError):
    """A value is nested deeper than it can be written."""


@dataclass(frozen=True)
class Column:
    """One declared property of a stream.

    Attributes:
        name: The column's name, snake_case.
        types: JSON types it may hold, without ``null``; ``date-time`` stands for a
            string of that format.
        default: What stands for null or an absent field in a key column that has it.
        aliases: Response keys (snake_case) that mean the same, the preferred first.
    """

    name: str
    types: tuple[str, ...]
    default: Any = None
    aliases: tuple[str, ...] = ()

    @classmethod
    def from_schema(cls, name: str, schema: Mapping[str, Any], aliases: Iterable[str]) -> Column:
        """Read a column from a JSON Schema property."""
        declared = schema["type"]
        types = [declared] if isinstance(declared, str) else list(declared)
        return cls(
            name=name,
            types=tuple(
                "date-time" if kind == "string" and schema.get("format") == "date-time" else kind
                for kind in types
                if kind != "null"
            ),
            default=schema.get("default"),
            aliases=tuple(aliases),
        )


@dataclass(frozen=True)
class Fitted:
    """The outcome of fitting one record.

    Attributes:
        record: What goes to the warehouse: declared columns and ``additional_fields``.
        misfits: Names of columns whose value could not be coerced.
    """

    record: dict[str, Any]
    misfits: list[str] = field(default_factory=list)


class Shape:
    """The declared columns of a stream, ready to fit records into.

    Args:
        columns: Columns filled from the response.
        keys: Columns without which a record cannot be stored.
        keep_additional: Whether ``additional_fields`` is a column of the stream.
    """

    def __init__(
        self, columns: Iterable[Column], *, keys: Iterable[str], keep_additional: bool
    ) -> None:
        self._columns = {column.name: column for column in columns}
        self._keys = [name for name in keys if name in self._columns]
        self._keep_additional = keep_additional
        self._candidates: dict[str, tuple[Column, int]] = {}
        for column in self._columns.values():
            for rank, alias in enumerate(column.aliases, start=1):
                self._candidates.setdefault(alias, (column, rank))
        for column in self._columns.values():
            self._candidates[column.name] = (column, 0)
        self._run_together = {
            name.replace("_", ""): (column, len(column.aliases) + 1)
            for name, column in self._columns.items()
        }

    def fit(self, raw: Any) -> Fitted:
        """Fit one record of a response.

        Args:
            raw: A decoded JSON value; numbers with a fraction as Decimal.

        Returns:
            The record with snake_cased, coerced, cleaned values.

        Raises:
            MissingKeyError: If it is not an object or lacks a key field.
        """
        if not isinstance(raw, Mapping):
            raise MissingKeyError(f"a record is not an object but {_kind(raw)}")
        record: dict[str, Any] = {}
        misfits: list[str] = []
        chosen = self._choose(raw)
        additional = {key: value for key, value in raw.items() if key not in chosen}
        for key, column in chosen.items():
            try:
                record[column.name] = coerce(raw[key], column)
            except Misfit:
                record[column.name] = None
                additional[key] = raw[key]
                misfits.append(column.name)
        self._require_keys(record, raw, misfits)
        if self._keep_additional and additional:
            record[ADDITIONAL_FIELDS] = clean(additional)
        return Fitted(record, misfits)

    def _choose(self, raw: Mapping[str, Any]) -> dict[str, Column]:
        """Decide which response key fills which column: its own name, else the first alias."""
        best: dict[str, tuple[bool, int, bool, str]] = {}
        for key in raw:
            name = snake_case(key)
            candidate = self._candidates.get(name) or self._run_together.get(name.replace("_", ""))
            if candidate is None:
                continue
            column, rank = candidate
            bid = (raw[key] is None, rank, key != name, key)
            if column.name not in best or bid < best[column.name]:
                best[column.name] = bid
        return {key: self._columns[name] for name, (_, _, _, key) in best.items()}

    def _require_keys(
        self, record: dict[str, Any], raw: Mapping[str, Any], misfits: list[str]
    ) -> None:
        for name in self._keys:
            if record.get(name) is None and name not in misfits:
                record[name] = self._columns[name].default
            if record[name] is None or (record[name] == "" and self._columns[name].default is None):
                fields = ", ".join(sorted(one_line(clean(key)) for key in raw)) or "none"
                raise MissingKeyError(
                    f"a record came without its key field '{name}'; it has: {fields}"
                )


@lru_cache(maxsize=4096)
def snake_case(key: str) -> str:
    """Write a response key in snake_case: ``createdAt`` -> ``created_at``, ``_id`` stays."""
    return _NOT_WORD.sub("_", _WORD_STARTS.sub("_", key)).lower()


def clean(value: Any, depth: int = 0) -> Any:
    """Make any decoded JSON value storable, changing nothing that can be stored as it is.

    NUL characters and lone surrogates become U+FFFD; NaN, infinities and numbers beyond
    what warehouses hold become their text; what is nested too deep becomes its JSON text.
    """
    match value:
        case str():
            return _UNCLEAN.sub("\ufffd", value)
        case Mapping() | list() if depth == _DEEPEST:
            return _as_text(value)
        case Mapping():
            cleaned: dict[str, Any] = {}
            for key, item in value.items():
                name = clean(key)
                while name in cleaned:
                    name += "_"
                cleaned[name] = clean(item, depth + 1)
            return cleaned
        case list():
            return [clean(item, depth + 1) for item in value]
        case float() if not math.isfinite(value):
            return str(value)
        case Decimal() if not _is_storable(value):
            return str(value)
        case int() if abs(value) >= _LARGEST_INTEGER:
            return str(Decimal(value))
        case _:
            return value


def _as_text(value: Any) -> str:
    try:
        return json.dumps(value, default=str)
    except RecursionError as error:
        raise TooDeepError("a value is nested too deep to be stored") from error


def coerce(value: Any, column: Column) -> Any:
    """Coerce one value to its column's type, keeping its meaning.

    Args:
        value: A decoded JSON value.
        column: Where it goes.

    Returns:
        The value as one of the column's types; None stays None.

    Raises:
        Misfit: If no type of the column can hold it without loss.
    """
    if value is None:
        return None
    for kind in sorted(column.types, key=lambda kind: not _EXACT[kind](value)):
        try:
            return _COERCE[kind](value)
        except Misfit:
            continue
    raise Misfit(column.name)


def _string(value: Any) -> str:
    match value:
        case str():
            return str(clean(value))
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return str(clean(value))
        case _:
            raise Misfit


def _boolean(value: Any) -> bool:
    match value:
        case bool():
            return value
        case int() if value in {0, 1}:
            return bool(value)
        case str() if value.lower() in {"true", "false"}:
            return value.lower() == "true"
        case _:
            raise Misfit


def _integer(value: Any) -> int:
    match value:
        case bool():
            raise Misfit
        case int():
            number = value
        case float() | Decimal() if _is_storable(value) and value == int(value):
            number = int(value)
        case str() if _INTEGER_TEXT.fullmatch(value) and len(value) <= len(str(2**63)) + 1:
            number = int(value)
        case _:
            raise Misfit
    if number not in _INT64:
        raise Misfit
    return number


def _number(value: Any) -> int | float | Decimal:
    match value:
        case bool():
            raise Misfit
        case int() if abs(value) < _LARGEST_INTEGER:
            return value
        case float() | Decimal() if _is_storable(value):
            return value
        case str() if _NUMBER_TEXT.fullmatch(value) and _is_storable(Decimal(value)):
            return Decimal(value)
        case _:
            raise Misfit


def _instant(value: Any) -> str:
    match value:
        case bool():
            raise Misfit
        case int() | Decimal() | float() if _is_storable(value):
            return _epoch(Decimal(str(value)))
        case str() if _EPOCH_TEXT.fullmatch(value):
            return _epoch(Decimal(value))
        case str() if found := _INSTANT_TEXT.fullmatch(value):
            return _iso(found)
        case _:
            raise Misfit


def _epoch(number: Decimal) -> str:
    """Read epoch seconds, or milliseconds from 1e11 on (the year 5138 in seconds).

    Smaller numbers than 1e8 (before 1973) are rather dates written as 20240501.
    """
    if abs(number) < _EPOCHS_FROM:
        raise Misfit
    with localcontext(prec=_EXACT_DIGITS):
        seconds = number.scaleb(-3) if abs(number) >= _MILLISECONDS_FROM else number
        whole = math.floor(seconds)
        fraction = format(seconds - whole, "f").partition(".")[2].rstrip("0")
    try:
        return _rfc3339(_EPOCH + timedelta(seconds=whole), fraction)
    except OverflowError as error:
        raise Misfit from error


def _iso(found: re.Match[str]) -> str:
    """Read ISO 8601; without an offset it is UTC (documented: all timestamps are UTC)."""
    try:
        instant = datetime.fromisoformat(
            f"{found['date']}T{found['time'] or '00:00'}{(found['zone'] or 'Z').upper()}"
        )
        return _rfc3339(instant.astimezone(UTC), (found["fraction"] or "").rstrip("0"))
    except (ValueError, OverflowError) as error:
        raise Misfit from error


def _rfc3339(instant: datetime, fraction: str) -> str:
    if len(fraction) > _LONGEST_FRACTION:
        raise Misfit
    text = instant.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"


def _array(value: Any) -> list[Any]:
    """Keep an array; a single text becomes an array of one."""
    match value:
        case list():
            return [clean(item) for item in value]
        case str():
            return [clean(value)]
        case _:
            raise Misfit


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise Misfit
    return dict(clean(value))


def _is_storable(number: float | Decimal) -> bool:
    """Tell whether a number is finite and within what warehouses hold exactly."""
    as_decimal = Decimal(str(number))
    return as_decimal.is_finite() and (
        not as_decimal or abs(as_decimal.adjusted()) <= _LARGEST_EXPONENT
    )


def _kind(value: Any) -> str:
    return {list: "an array", str: "a text", bool: "a boolean", type(None): "null"}.get(
        type(value), "a number"
    )


_EXACT: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "date-time": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, (int, float, Decimal)) and value is not True,
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, Mapping),
}

_COERCE: Mapping[str, Callable[[Any], Any]] = {
    "string": _string,
    "date-time": _instant,
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "array": _array,
    "object": _object,
}
