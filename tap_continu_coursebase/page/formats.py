"""How values are written, in words and figures, and names where there is little room for them."""

from __future__ import annotations

import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

from tap_continu_coursebase.page.parts import Kind, Value

NOTHING = "\N{EN DASH}"
ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"
ALL, NONE = "(all)", "(none)"
"""What the models call everybody, and those who have no department or manager."""
_EM = 0.62
_WIDE = 1.05
_NARROW = frozenset("iljtf.,:;'|!()[] I")
_SLIM = 0.38
_LINE = 500
_THOUSAND, _MILLION = 1_000, 1_000_000
_SMALL_SHARE, _LARGE_SHARE = 0.01, 0.99


def written(value: Value, kind: Kind) -> str:
    """Write a value for people.

    Args:
        value: As the warehouse has it; None where it has none.
        kind: How it is to be written.
    """
    if value is None:
        return NOTHING
    if isinstance(value, (int, float, Decimal)) and kind.is_number:
        return _number(float(value), kind)
    if isinstance(value, date):
        return _date(value, kind)
    return clean(str(value))


def exact(value: Value) -> str:
    """Write a value for programs, nothing rounded; empty where there is none."""
    if value is None:
        return ""
    return value.isoformat() if isinstance(value, date) else clean(str(value))


def count(number: int, noun: str, nouns: str = "") -> str:
    """Write a number of things."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"


def share(value: float) -> str:
    """Write a share of one as a percentage; what is not all or nothing is never written so."""
    if 0 < value < _SMALL_SHARE:
        return "<1%"
    if _LARGE_SHARE < value < 1:
        return ">99%"
    return f"{value * 100:.0f}%"


def days(value: float) -> str:
    """Write a number of days without its noun: with a decimal place where that matters."""
    return f"{value:,.1f}" if abs(value) < 10 else f"{value:,.0f}"  # noqa: PLR2004


def compact(number: int) -> str:
    """Write a number in at most four characters, as long as it is below a thousand millions."""
    if number < _THOUSAND:
        return f"{number}"
    unit, sign = (_THOUSAND, "k") if number < _MILLION - _THOUSAND / 2 else (_MILLION, "M")
    value = number / unit
    return f"{value:.1f}{sign}" if value < 9.95 else f"{value:.0f}{sign}"  # noqa: PLR2004


def day(value: date) -> str:
    """Write a day."""
    return f"{value.day} {value:%b %Y}"


def month(value: date) -> str:
    """Write a month."""
    return f"{value:%b %Y}"


def instant(value: datetime) -> str:
    """Write an instant, UTC."""
    return f"{day(utc(value))}, {utc(value):%H:%M} UTC"


def utc(value: datetime) -> datetime:
    """Return an instant in UTC; one without a time zone is in UTC."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def age(hours: float) -> str:
    """Write how long ago something was."""
    if hours < 1:
        return f"{hours * 60:.0f} min"
    return f"{hours:.0f} h" if hours < 72 else f"{hours / 24:.0f} days"  # noqa: PLR2004


def clean(text: str) -> str:
    """Replace what is no character of a text, and what turns the text around it."""
    return "".join(
        " "
        if unicodedata.category(one) in {"Cc", "Cs"} or one in "\u202a\u202b\u202d\u202e"
        else one
        for one in text
    )


def isolated(name: str) -> str:
    """Put a name into a sentence, in which it keeps its own direction and takes a line at most."""
    return f"\N{FIRST STRONG ISOLATE}{fitted(name, _LINE)}\N{POP DIRECTIONAL ISOLATE}"


def fitted(name: str, pixels: float, size: float = 13) -> str:
    """Cut a name where it would be wider than there is room.

    Args:
        name: In any script.
        pixels: How much room there is.
        size: Of the font, in pixels.
    """
    text = " ".join(clean(name).split())
    if width(text, size) <= pixels:
        return text
    room = pixels - width(ELLIPSIS, size)
    kept = ""
    for one in text:
        if (room := room - width(one, size)) < 0:
            break
        kept += one
    return kept.rstrip(" \N{ZERO WIDTH JOINER}") + ELLIPSIS


def width(text: str, size: float = 13) -> float:
    """Estimate how many pixels a text takes, rather too many than too few."""
    return size * sum(map(_em, text))


def _em(one: str) -> float:
    if unicodedata.category(one) in {"Mn", "Me", "Cf"}:
        return 0
    if unicodedata.east_asian_width(one) in {"W", "F"}:
        return _WIDE
    if one in _NARROW:
        return _SLIM
    return _EM * 1.3 if one.isupper() or one in "mwMW@%" else _EM


def _number(value: float, kind: Kind) -> str:
    match kind:
        case Kind.SHARE:
            return share(value)
        case Kind.DAYS:
            return days(value)
        case Kind.HOURS:
            return age(value)
        case _:
            return f"{value:,.0f}"


def _date(value: date, kind: Kind) -> str:
    if kind is Kind.MONTH:
        return month(value)
    if kind is Kind.INSTANT and isinstance(value, datetime):
        return instant(value)
    return day(value)
