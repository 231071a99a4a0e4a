"""Coerce and clean single values: pure functions, nothing lost.

The vendors publish no response types (Continu's fact sheet, section 7), so a value is
coerced where that keeps its meaning; where it cannot be, the caller keeps it as it came.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from tap_continu_coursebase.core.errors import TapError

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
_ZERO_DATES = frozenset({"0000-00-00", "0001-01-01"})
_ZERO_INSTANT = re.compile(r"0001-01-01T.*|1970-01-01T00:00:00(?:\.0+)?Z", re.ASCII)
_UNCLEAN = re.compile("[\x00\ud800-\udfff]")


def loads(text: str) -> Any:
    """Decode JSON; numbers with a fraction become Decimal, exactly as written.

    A number that Python refuses to read is kept as its text.

    Raises:
        ValueError: If it is not JSON.
        RecursionError: If it is nested too deep to be decoded.
    """
    try:
        return json.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError):
        return json.loads(text, parse_float=_text_or(Decimal), parse_int=_text_or(int))


def _text_or(read: Callable[[str], Any]) -> Callable[[str], Any]:
    def tolerant(text: str) -> Any:
        try:
            return read(text)
        except (ValueError, ArithmeticError):
            return text

    return tolerant


class Misfit(ValueError):  # noqa: N818 - it is a verdict on a value, caught at once
    """A value cannot be coerced to any of the types without loss."""


class ZeroDate(Misfit):
    """What stands for no date in systems that have no null, rather than for a date.

    Attributes:
        instant: What it would be as a date; None if it is none.
    """

    def __init__(self, instant: str | None = None) -> None:
        super().__init__()
        self.instant = instant


class TooDeepError(TapError):
    """A value is nested deeper than it can be written."""


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


def coerce(value: Any, types: Collection[str]) -> Any:
    """Coerce one value to one of some types, keeping its meaning.

    Args:
        value: A decoded JSON value.
        types: JSON types, and ``date-time`` for a text of that format.

    Returns:
        The value as one of the types; None stays None.

    Raises:
        Misfit: If none of the types can hold it without loss.
        ZeroDate: If it would be a date that stands for none.
    """
    if value is None:
        return None
    verdict = Misfit()
    kinds = types if len(types) == 1 else sorted(types, key=lambda one: not _is_of(one, value))
    for kind in kinds:
        try:
            return _KINDS[kind][1](value)
        except Misfit as misfit:
            verdict = misfit
    raise verdict


def _is_of(kind: str, value: Any) -> bool:
    return isinstance(value, _KINDS[kind][0]) and (kind == "boolean") == isinstance(value, bool)


def _string(value: Any) -> str:
    """Read a text, a number or a truth value; an id in MongoDB's extended JSON as its text."""
    match value:
        case str():
            return str(clean(value))
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return str(clean(value))
        case {"$oid": str(text)} if len(value) == 1:
            return str(clean(text))
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
        case str() if _EPOCH_TEXT.fullmatch(value) or value == "0":
            return _epoch(Decimal(value))
        case str() if found := _INSTANT_TEXT.fullmatch(value):
            return _iso(found)
        case _:
            raise Misfit


def _epoch(number: Decimal) -> str:
    """Read epoch seconds, or milliseconds from 1e11 on (the year 5138 in seconds).

    Smaller numbers than 1e8 (before 1973) are rather dates written as 20240501; 0 is no date.
    """
    if not number:
        raise ZeroDate
    if abs(number) < _EPOCHS_FROM:
        raise Misfit
    with localcontext(prec=_EXACT_DIGITS):
        seconds = number.scaleb(-3) if abs(number) >= _MILLISECONDS_FROM else number
        full_seconds = math.floor(seconds)
        fraction = format(seconds - full_seconds, "f").partition(".")[2].rstrip("0")
    try:
        return _unless_zero(_rfc3339(_EPOCH + timedelta(seconds=full_seconds), fraction))
    except OverflowError as error:
        raise Misfit from error


def _iso(found: re.Match[str]) -> str:
    """Read ISO 8601; without an offset it is UTC (documented: all timestamps are UTC).

    The fraction stays as it came, so that a text in RFC 3339 and UTC is left as it is. Whether it
    stands for no date is told by the text, in whatever zone, as by the instant.
    """
    at_zero = not (found["time"] or "").strip("0:.,")
    is_zero = found["date"] in _ZERO_DATES or (found["date"] == "1970-01-01" and at_zero)
    fraction = found["fraction"] or ""
    if len(fraction) > _LONGEST_FRACTION:
        fraction = fraction.rstrip("0")
    try:
        instant = datetime.fromisoformat(
            f"{found['date']}T{found['time'] or '00:00'}{(found['zone'] or 'Z').upper()}"
        )
        text = _rfc3339(instant.astimezone(UTC), fraction)
    except (ValueError, OverflowError) as error:
        raise (ZeroDate() if is_zero else Misfit()) from error
    return _unless_zero(text, is_zero=is_zero)


def _unless_zero(instant: str, *, is_zero: bool = False) -> str:
    if is_zero or _ZERO_INSTANT.fullmatch(instant):
        raise ZeroDate(instant)
    return instant


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


_KINDS: Mapping[str, tuple[type | tuple[type, ...], Callable[[Any], Any]]] = {
    "string": (str, _string),
    "date-time": (str, _instant),
    "boolean": (bool, _boolean),
    "integer": (int, _integer),
    "number": ((int, float, Decimal), _number),
    "array": (list, _array),
    "object": (Mapping, _object),
}
"""What is of a kind already, and what makes a value of that kind; true is an integer in Python."""
