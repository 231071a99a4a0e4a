"""Profile fields of all six types, the values people hold, and what may be written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from random import Random
from typing import Any

from sandbox.chance import below, happens, pick
from sandbox.coursebase.errors import MethodError
from sandbox.coursebase.model import Choice, Field, Scalar
from sandbox.coursebase.opaque import opaque

PROFILE: tuple[tuple[str, str, tuple[Scalar, ...]], ...] = (
    ("Employee code", "text", ()),
    ("備考", "text", ()),
    ("Years of service", "number", ()),
    ("Hourly rate, gross", "number", ()),
    ("Joined on", "date", ()),
    ('Branch "main"', "text_choice", ("Lisboa", "Zürich", "札幌市, 北区", "Kraków", "R&D\nAnnex")),
    ("Pay step", "number_choice", (100, 200, 250.5, 0, 300)),
    ("Intake", "date_choice", ("2019-01-19", "2019-02-19", "2020-02-29", "2021-04-01")),
)
"""Name, type and choices; the last choice is retired."""

NOTES = (
    'Says "hello", then leaves',
    "二行に\nわたる備考",
    "plain",
    "  spaces around  ",
    "0007",
    "=SUM(A1:A2)",
    "Größe; Maß, naïve\r\nsecond line",
    "null",
    "مرحبا 🌱",
    "https://learn.example.com/?a=1&b=2",
)

ABSENT, EMPTY, SEVERAL = 0.15, 0.1, 0.08
"""Shares of fields that are missing, that hold an empty list, that hold two values."""


def make_fields(seed: int) -> dict[str, Field]:
    """Return the organisation's profile fields by id."""
    made = {}
    for name, kind, values in PROFILE:
        choices = tuple(Choice(opaque(seed, "choice", name, value), value) for value in values)
        field_id = opaque(seed, "field", name)
        made[field_id] = Field(field_id, name, kind, choices[:-1], choices[-1:])
    return made


def _number(chance: Random) -> Scalar:
    return pick(chance, (0, below(chance, 45), -1, 12.5, below(chance, 10**5) / 8, 1234567))


def _date(chance: Random) -> Scalar:
    return date.fromordinal(date(1999, 1, 1).toordinal() + below(chance, 9000)).isoformat()


def _text(chance: Random) -> Scalar:
    return pick(chance, NOTES) if happens(chance, 0.5) else f"E-{below(chance, 10**6):06d}"


DRAWS: Mapping[str, Callable[[Random], Scalar]] = {
    "text": _text,
    "number": _number,
    "date": _date,
}


def draw_value(field: Field, chance: Random) -> Scalar:
    """Draw a scalar, or the id of a choice."""
    if field.choices:
        return pick(chance, (*field.choices, *field.retired)).choice_id
    return DRAWS[field.type](chance)


def draw_profile(fields: Mapping[str, Field], chance: Random) -> dict[str, tuple[Scalar, ...]]:
    """Draw what one person holds.

    Documented: M shows `values` as an array though one value is all that can be written;
    whether fields without a value are listed is UNKNOWN, so both happen.
    """
    profile: dict[str, tuple[Scalar, ...]] = {}
    for field in fields.values():
        if happens(chance, ABSENT):
            continue
        count = 0 if happens(chance, EMPTY) else 2 if happens(chance, SEVERAL) else 1
        profile[field.field_id] = tuple(draw_value(field, chance) for _ in range(count))
    return profile


def shown_value(field: Field, value: Scalar) -> Any:
    """Return a value as user.info shows it: a scalar, or a choice as an object."""
    for choice in (*field.choices, *field.retired):
        if choice.choice_id == value:
            return {"choice_id": choice.choice_id, "value": choice.value}
    return value


def plain_value(field: Field, value: Scalar) -> Scalar:
    """Return the value itself, whether it stands under a choice or not."""
    shown = shown_value(field, value)
    scalar: Scalar = shown["value"] if isinstance(shown, dict) else shown
    return scalar


def _is_date(value: Any) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _fits(field: Field, value: Any) -> bool:
    if field.choices:
        return value in {choice.choice_id for choice in field.choices}
    if field.type == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return _is_date(value) if field.type == "date" else isinstance(value, str)


def written_profile(fields: Mapping[str, Field], entries: Any) -> dict[str, tuple[Scalar, ...]]:
    """Read the `profile` argument of a write.

    Raises:
        MethodError: `invalid_profile` for an unknown field, two values for one field, or a
            value of the wrong type (documented: M).
    """
    written: dict[str, tuple[Scalar, ...]] = {}
    for entry in entries:
        if not isinstance(entry, dict) or set(entry) != {"field_id", "value"}:
            raise MethodError("invalid_profile")
        field = fields.get(str(entry["field_id"]))
        if field is None or field.field_id in written or not _fits(field, entry["value"]):
            raise MethodError("invalid_profile")
        written[field.field_id] = (entry["value"],)
    return written
