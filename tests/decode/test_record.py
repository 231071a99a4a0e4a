"""Whatever the response holds, a record fits its schema and nothing of it is lost."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker
from singer_sdk.singerlib.json import serialize_json

from tap_continu_coursebase.continu.reports import REPORTS
from tap_continu_coursebase.decode.record import (
    ADDITIONAL_FIELDS,
    Column,
    Fitted,
    MissingKeyError,
    Shape,
)
from tap_continu_coursebase.decode.schema import RowSchema, load
from tap_continu_coursebase.decode.value import TooDeepError

from .json_values import any_text, values

NAMES = [report.name for report in REPORTS]
ADDED = {"window_from": "2024-05-01T00:00:00Z", "window_until": "2024-06-01T00:00:00Z"}
RFC3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", re.ASCII)

EFFORT = 20 if os.environ.get("FUZZ") else 1

modest = settings(
    max_examples=30 * EFFORT,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

formats = FormatChecker(formats=())


@formats.checks("date-time")
def is_rfc3339_utc(value: object) -> bool:
    if not isinstance(value, str):
        return True
    if not RFC3339_UTC.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value[:19])
    except ValueError:
        return False
    return True


@cache
def declared(name: str) -> RowSchema:
    return load("continu", name)


@cache
def shape(name: str) -> Shape:
    return declared(name).shape()


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(declared(name).singer, format_checker=formats)


def assert_valid(schema: RowSchema, record: Mapping[str, Any]) -> None:
    added = {key: value for key, value in ADDED.items() if key in schema.added}
    checker = Draft202012Validator(schema.singer, format_checker=formats)
    errors = [error.message for error in checker.iter_errors({**record, **added})]
    assert errors == []


# The oracle: what "nothing is lost" means, told without the code under test.


def scrubbed(text: str) -> str:
    return "".join(
        "\ufffd" if char == "\x00" or "\ud800" <= char <= "\udfff" else char for char in text
    )


def is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def same_number(raw: Any, stored: Any) -> bool:
    """Tell whether numbers are exactly equal; texts count as the numbers they spell."""
    try:
        left, right = (
            Decimal(str(value)) if isinstance(value, str | float) else Decimal(value)
            for value in (raw, stored)
        )
    except InvalidOperation:
        return False
    return (left.is_nan() and right.is_nan()) or left == right


def is_out_of_reach(number: Any) -> bool:
    as_decimal = Decimal(str(number)) if isinstance(number, float) else Decimal(number)
    return not as_decimal.is_finite() or (
        as_decimal != 0 and not -300 <= as_decimal.adjusted() <= 299
    )


def same(raw: Any, stored: Any) -> bool:
    """Tell whether a stored JSON value is the raw one, cleaned."""
    if raw is None or isinstance(raw, bool):
        return raw is stored
    if isinstance(raw, str):
        return isinstance(stored, str) and stored == scrubbed(raw)
    if isinstance(raw, list):
        return (
            isinstance(stored, list)
            and len(raw) == len(stored)
            and all(same(*pair) for pair in zip(raw, stored, strict=True))
        )
    if isinstance(raw, Mapping):
        return (
            isinstance(stored, Mapping)
            and len(raw) == len(stored)
            and all(
                same_key(key, name) and same(item, kept)
                for (key, item), (name, kept) in zip(raw.items(), stored.items(), strict=True)
            )
        )
    if is_number(stored):
        return same_number(raw, stored)
    return isinstance(stored, str) and is_out_of_reach(raw) and same_number(raw, stored)


def same_key(key: str, name: str) -> bool:
    """Tell whether a name is a key's, cleaned, with underscores where another took it."""
    return name.startswith(scrubbed(key)) and set(name[len(scrubbed(key)) :]) <= {"_"}


def number_in(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text, re.ASCII) else None


def seconds_in(raw: Any) -> Fraction | None:
    """Return the epoch seconds that a date, an epoch or their text stands for."""
    number = raw if is_number(raw) else number_in(raw) if isinstance(raw, str) else None
    if number is not None:
        if isinstance(number, float) or abs(Decimal(number).adjusted()) > 400:
            return None
        exact = Fraction(number)
        return exact / 1000 if abs(exact) >= 10**11 else exact
    found = isinstance(raw, str) and re.fullmatch(
        r"(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?"
        r"\s?([zZ]|[+-]\d\d:?\d\d)?)?",
        raw,
    )
    if not found:
        return None
    year, month, day = (int(part) for part in found.group(1, 2, 3))
    hour, minute, second = (int(part or 0) for part in found.group(4, 5, 6))
    fraction = Fraction(f"0.{found[7] or 0}")
    zone = found[8] or "Z"
    offset = 0
    if zone not in "zZ":
        offset = (int(zone[1:3]) * 60 + int(zone[-2:])) * (60 if zone[0] == "+" else -60)
    days = (date(year, month, day) - date(1970, 1, 1)).days
    return days * 86400 + hour * 3600 + minute * 60 + second + fraction - offset


def same_instant(raw: Any, stored: Any) -> bool:
    if not (isinstance(stored, str) and RFC3339_UTC.fullmatch(stored)):
        return False
    expected = seconds_in(raw)
    return expected is not None and seconds_in(stored) == expected


def same_in_column(raw: Any, stored: Any, column: Column) -> bool:
    """Tell whether a column's value means what the raw value means."""
    if "date-time" in column.types and raw is not None:
        return same_instant(raw, stored)
    if same(raw, stored):
        return True
    if raw is None or (raw == "" and column.default is not None):
        return column.default is not None and stored == column.default
    match stored:
        case str():
            spelt = str(raw).lower() if isinstance(raw, bool) else None
            return stored == spelt or (is_number(raw) and same_number(raw, stored))
        case bool():
            return (isinstance(raw, int) and raw == int(stored)) or (
                isinstance(raw, str) and raw.lower() == str(stored).lower()
            )
        case list():
            return isinstance(raw, str) and stored == [scrubbed(raw)]
        case _:
            return isinstance(raw, str) and spells(raw, stored, column)


def spells(text: str, stored: Any, column: Column) -> bool:
    """Tell whether a text is a number's; an identifier such as 012 is not an integer's."""
    if "integer" in column.types:
        return text in {str(stored), f"-{stored}"[: 2 if stored == 0 else 0]}
    return is_number(stored) and number_in(text) == stored


def squashed(key: str) -> str:
    return "".join(char for char in key.lower() if char.isascii() and char.isalnum())


def as_sent(record: Mapping[str, Any], schema: RowSchema) -> dict[str, Any]:
    """Put what came back into the key columns that hold it in lower case."""
    restored = {name: value for name, value in record.items() if name not in schema.as_sent}
    for beside in schema.as_sent & record.keys():
        name = beside.removesuffix("_as_sent")
        assert record[name] == record[beside].lower()
        restored[name] = record[beside]
    return restored


def assert_nothing_lost(raw: Mapping[str, Any], fitted: Fitted, schema: RowSchema) -> None:
    record = as_sent(fitted.record, schema)
    columns = {
        column.name: column for column in schema.columns if record.get(column.name) is not None
    }
    unexplained = dict(record.get(ADDITIONAL_FIELDS, {}))
    free = set(record) - {ADDITIONAL_FIELDS}
    lost: list[str] = []
    # Keys that need no cleaning first: they may keep their name.
    for key in sorted(raw, key=lambda key: (key != scrubbed(key), len(key))):
        value = raw[key]
        kept = [
            name
            for name, stored in unexplained.items()
            if same_key(key, name) and same(value, stored)
        ]
        if kept:
            del unexplained[min(kept, key=len)]
            continue
        means = squashed(key)
        holders = [
            name
            for name in free
            if means in {squashed(name), *(squashed(a) for a in alias_of(schema, name))}
            and (
                same_in_column(value, record[name], columns[name])
                if name in columns
                else value is None
            )
        ]
        if holders:
            free.remove(holders[0])
        else:
            lost.append(key)
    assert lost == []
    assert unexplained == {}, "these were never there"


def alias_of(schema: RowSchema, name: str) -> tuple[str, ...]:
    return next(column.aliases for column in schema.columns if column.name == name)


# Any record.


@st.composite
def keys_like(draw: st.DrawFn, names: list[str]) -> str:
    """A column's name as it may come, or one that only looks like it, or any text."""
    name = draw(st.sampled_from([*names, "additional_fields", "window_from", "id", "_id"]))
    words = name.split("_")
    camel = words[0] + "".join(word.title() for word in words[1:])
    spellings = [
        name,
        camel,
        name.upper(),
        " ".join(words),
        name.replace("_", "\ud800"),
        f"{name}_",
    ]
    key: str = draw(st.sampled_from(spellings) | any_text)
    return key


@st.composite
def raw_records(draw: st.DrawFn, name: str) -> dict[str, Any]:
    """A response's object with a valid key and anything else."""
    schema = declared(name)
    names = [column.name for column in schema.columns]
    names += [alias for column in schema.columns for alias in column.aliases]
    keys = keys_like(names)
    rest = draw(st.dictionaries(keys, values(keys), max_size=12))
    key = {
        column: draw(st.text(min_size=1, max_size=5) | st.integers(0, 99).map(str))
        for column in schema.primary_keys
        if column not in schema.added
    }
    return {**rest, **key} if draw(st.booleans()) else {**key, **rest, **key}


@pytest.mark.parametrize("name", NAMES)
def test_any_record_fits_and_loses_nothing(name: str) -> None:
    schema = declared(name)

    @modest
    @given(raw_records(name))
    def check(raw: dict[str, Any]) -> None:
        before = repr(raw)
        fitted = shape(name).fit(raw)
        assert repr(raw) == before, "the response is not changed"
        added = {key: value for key, value in ADDED.items() if key in schema.added}
        errors = [
            error.message for error in validator(name).iter_errors({**fitted.record, **added})
        ]
        assert errors == []
        assert fitted.record.keys() <= schema.singer["properties"].keys()
        assert_nothing_lost(raw, fitted, schema)
        assert_strict_json(fitted.record)
        columns = {key: item for key, item in fitted.record.items() if key != ADDITIONAL_FIELDS}
        assert shape(name).fit(as_sent(columns, schema)) == Fitted(columns)
        assert all(fitted.record[column] in {None, ""} for column in fitted.misfits)

    check()


def refuse_constant(text: str) -> None:
    raise AssertionError(f"{text} is not JSON")


def assert_strict_json(record: Mapping[str, Any]) -> None:
    line = serialize_json(record)
    assert "\n" not in line
    line.encode("utf-8")
    decoded = json.loads(line, parse_float=Decimal, parse_constant=refuse_constant)
    assert decoded == record
    for text in texts_of(decoded):
        assert "\x00" not in text
        text.encode("utf-8")


def texts_of(value: Any) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [text for item in value for text in texts_of(item)]
        case dict():
            return [text for pair in value.items() for item in pair for text in texts_of(item)]
        case _:
            return []


@modest
@given(values())
@example([])
@example(None)
def test_only_objects_are_records(value: Any) -> None:
    if isinstance(value, dict):
        return
    with pytest.raises(MissingKeyError, match="not an object"):
        shape("content_completion").fit(value)


# Examples of each coercion.

COLUMNS = {
    "text": "string",
    "whole": "integer",
    "real": "number",
    "flag": "boolean",
    "seen_at": "date-time",
    "tags": "array",
    "thing": "object",
}


def fit_value(column: str, value: Any) -> tuple[Any, Any]:
    """Return what is in the column and what is kept beside it."""
    schema = load("continu", "content_completion", columns=COLUMNS)
    fitted = schema.shape().fit({"completion_id": "c", column: value})
    assert_valid(schema, fitted.record)
    assert_strict_json(fitted.record)
    kept = fitted.record.get(ADDITIONAL_FIELDS)
    assert fitted.misfits == ([column] if kept else [])
    return fitted.record[column], kept


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("text", "a", "a"),
        ("text", "", ""),
        ("text", "a\x00b\ud800c", "a\ufffdb\ufffdc"),
        ("text", "\U0001f600", "\U0001f600"),
        ("text", 12, "12"),
        ("text", Decimal("1.10"), "1.10"),
        ("text", True, "true"),
        ("text", None, None),
        ("whole", 12, 12),
        ("whole", "12", 12),
        ("whole", "-7", -7),
        ("whole", Decimal("12.0"), 12),
        ("whole", Decimal("1.2E+3"), 1200),
        ("whole", 2**63 - 1, 2**63 - 1),
        ("whole", str(-(2**63)), -(2**63)),
        ("real", Decimal("4.50"), Decimal("4.50")),
        ("real", "4.50", Decimal("4.50")),
        ("real", "1e3", Decimal("1E+3")),
        ("real", 7, 7),
        ("real", Decimal("0.1234567890123456789012345"), Decimal("0.1234567890123456789012345")),
        ("flag", True, True),
        ("flag", "true", True),
        ("flag", "False", False),
        ("flag", 0, False),
        ("flag", 1, True),
        ("seen_at", 1714521600, "2024-05-01T00:00:00Z"),
        ("seen_at", "1714521600", "2024-05-01T00:00:00Z"),
        ("seen_at", 1714521600123, "2024-05-01T00:00:00.123Z"),
        ("seen_at", "1714521600123", "2024-05-01T00:00:00.123Z"),
        ("seen_at", Decimal("1714521600.5"), "2024-05-01T00:00:00.5Z"),
        ("seen_at", -200_000_000, "1963-08-31T04:26:40Z"),
        ("seen_at", "2024-05-01T02:00:00+02:00", "2024-05-01T00:00:00Z"),
        ("seen_at", "2024-05-01T02:00:00.250-0600", "2024-05-01T08:00:00.250Z"),
        ("seen_at", "2024-05-15T14:32:00.000Z", "2024-05-15T14:32:00.000Z"),
        ("seen_at", "2024-05-15T14:32:00.1200000000Z", "2024-05-15T14:32:00.12Z"),
        ("seen_at", "2024-05-15T14:32:00.123456789Z", "2024-05-15T14:32:00.123456789Z"),
        ("seen_at", "2024-05-15 14:32:00", "2024-05-15T14:32:00Z"),
        ("seen_at", "2024-05-15T14:32Z", "2024-05-15T14:32:00Z"),
        ("seen_at", "2024-05-15", "2024-05-15T00:00:00Z"),
        ("seen_at", "0001-01-02", "0001-01-02T00:00:00Z"),
        ("seen_at", "1970-01-01T00:00:01", "1970-01-01T00:00:01Z"),
        ("tags", ["a", "b\x00"], ["a", "b\ufffd"]),
        ("tags", "a", ["a"]),
        ("tags", [], []),
        ("thing", {"A b": [1, None]}, {"A b": [1, None]}),
        ("thing", {}, {}),
    ],
)
def test_coerced(column: str, value: Any, expected: Any) -> None:
    stored, kept = fit_value(column, value)
    assert stored == expected
    assert type(stored) is type(expected)
    assert stored is None or serialize_json(stored) == serialize_json(expected)
    assert kept is None


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("text", [1]),
        ("text", {"a": 1}),
        ("whole", "012"),
        ("whole", " 12"),
        ("whole", "12.0"),
        ("whole", "\u0661\u0662"),
        ("whole", Decimal("12.5")),
        ("whole", 2**63),
        ("whole", -(2**63) - 1),
        ("whole", str(2**63)),
        ("whole", True),
        ("whole", ""),
        ("real", "NaN"),
        ("real", "1,5"),
        ("real", False),
        ("flag", "yes"),
        ("flag", 2),
        ("seen_at", ""),
        ("seen_at", "yesterday"),
        ("seen_at", "2024-02-30"),
        ("seen_at", "2024-05-01T25:00:00Z"),
        ("seen_at", "2024-05-01T10:00:00+99:00"),
        ("seen_at", "0001-01-02T00:00:00+25:00"),
        ("seen_at", True),
        ("seen_at", 10**18),
        ("seen_at", ["2024-05-01"]),
        ("tags", {"a": 1}),
        ("tags", 5),
        ("thing", "a"),
        ("thing", ["a"]),
    ],
)
def test_what_cannot_be_coerced_is_kept_as_it_came(column: str, value: Any) -> None:
    stored, kept = fit_value(column, value)
    assert stored is None
    assert kept == {column: value}
    assert type(kept[column]) is type(value)


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (float("nan"), "nan"),
        (float("-inf"), "-inf"),
        (Decimal("1E+400"), "1E+400"),
        (Decimal("1E-400"), "1E-400"),
    ],
)
@pytest.mark.parametrize("column", ["whole", "real", "seen_at"])
def test_numbers_that_no_warehouse_holds_become_text(column: str, value: Any, kept: str) -> None:
    assert fit_value(column, value) == (None, {column: kept})


def test_undeclared_fields_are_kept_under_their_own_keys() -> None:
    raw = {
        "completion_id": "c",
        "brandNew": {"Deep Key": [1, "2\x00"]},
        "additional_fields": {"a": 1},
        "window_from": "mine",
        "a\x00": 1,
        "a\ud800": 2,
    }
    record = shape("content_completion").fit(raw).record
    assert record == {
        "completion_id": "c",
        ADDITIONAL_FIELDS: {
            "brandNew": {"Deep Key": [1, "2\ufffd"]},
            "additional_fields": {"a": 1},
            "window_from": "mine",
            "a\ufffd": 1,
            "a\ufffd_": 2,
        },
    }


def test_without_the_column_undeclared_fields_are_dropped() -> None:
    without = load("continu", "content_completion", additional_fields=False).shape()
    fitted = without.fit({"completion_id": "c", "new": 1, "created_at": "?"})
    assert fitted == Fitted({"completion_id": "c", "created_at": None}, ["created_at"])


@pytest.mark.parametrize(
    "key", ["created_at", "createdAt", "CreatedAt", "created at", "Created-At", "CREATED_AT"]
)
def test_keys_are_snake_cased(key: str) -> None:
    record = shape("content_completion").fit({"completion_id": "c", key: "2024-05-01"}).record
    assert record == {"completion_id": "c", "created_at": "2024-05-01T00:00:00Z"}


@pytest.mark.parametrize(
    ("name", "raw", "key", "value", "kept"),
    [
        ("content_completion", {"id": "b", "_id": "a"}, "completion_id", "a", {"id": "b"}),
        ("content_completion", {"id": "b"}, "completion_id", "b", None),
        (
            "content_completion",
            {"completionId": "c", "_id": "a"},
            "completion_id",
            "c",
            {"_id": "a"},
        ),
        (
            "content_completion",
            {"completion_id": None, "_id": None, "id": 7},
            "completion_id",
            "7",
            {"completion_id": None, "_id": None},
        ),
        ("pivoted_content_assignments", {"_id": "a", "id": "b"}, "record_key", "b", {"_id": "a"}),
        (
            "pivoted_content_assignments",
            {"id": "b", "content_id": "c", "_id": "a"},
            "record_key",
            "c",
            {"id": "b", "_id": "a"},
        ),
        (
            "pivoted_user_assignments",
            {"email": None, "userid": "u", "_id": "a"},
            "record_key",
            "u",
            {"email": None, "_id": "a"},
        ),
    ],
)
def test_known_aliases_fill_the_key(
    name: str, raw: dict[str, Any], key: str, value: str, kept: dict[str, Any] | None
) -> None:
    record = shape(name).fit(raw).record
    assert record[key] == value
    assert record.get(ADDITIONAL_FIELDS) == kept


def test_a_column_prefers_its_own_name_that_holds_something() -> None:
    raw = {"completion_id": "c", "Email": "b", "email": "a", "eMail": None}
    record = shape("content_completion").fit(raw).record
    assert record["email"] == "a"
    assert record[ADDITIONAL_FIELDS] == {"Email": "b", "eMail": None}


@pytest.mark.parametrize("absent", [{}, *({"containing_journey_id": none} for none in (None, ""))])
def test_absent_containers_are_visible_in_the_key(absent: dict[str, Any]) -> None:
    record = shape("track_status").fit({"track_id": "t", "email": "e", **absent}).record
    assert record == {
        "track_id": "t",
        "email": "e",
        "email_as_sent": "e",
        "containing_journey_id": "(none)",
    }


def test_a_missing_key_names_the_fields_there_were() -> None:
    with pytest.raises(MissingKeyError) as caught:
        shape("content_completion").fit({"zeta": 1, "alpha\ud800": "secret"})
    message = str(caught.value)
    assert "'completion_id'" in message
    assert "alpha\ufffd" in message
    assert "zeta" in message
    assert "secret" not in message


@pytest.mark.parametrize(
    ("value", "found"),
    [(None, "null"), ("", "an empty string"), ({"a": "secret"}, "an object"), ([1], "an array")],
)
def test_a_key_field_that_stands_there_is_not_called_missing(value: Any, found: str) -> None:
    with pytest.raises(MissingKeyError) as caught:
        shape("workshop_engagement").fit({"workshop_instance_id": value})
    assert (
        str(caught.value) == f"a record came with {found} in its key field 'workshop_instance_id'"
    )
    with pytest.raises(MissingKeyError) as caught:
        shape("workshop_engagement").fit({"workshopInstanceId": value})
    assert str(caught.value).endswith("'workshop_instance_id' ('workshopInstanceId')")


def test_a_missing_key_of_an_empty_object() -> None:
    with pytest.raises(MissingKeyError, match="it has: none"):
        shape("track_status").fit({})


def test_misfits_are_counted_by_column() -> None:
    raw = {"completion_id": "c", "createdAt": "?", "is_manager": "maybe", "first_login": []}
    fitted = shape("content_completion").fit(raw)
    assert sorted(fitted.misfits) == ["created_at", "first_login", "is_manager"]
    assert fitted.record[ADDITIONAL_FIELDS] == {
        "createdAt": "?",
        "is_manager": "maybe",
        "first_login": [],
    }


def nested(wrap: Callable[[Any], Any], depth: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(depth):
        value = wrap(value)
    return {"completion_id": "c", "deep": value}


WRAPPED = pytest.mark.parametrize("wrap", [lambda value: {"a": value}, lambda value: [value]])


@WRAPPED
def test_nested_values_are_kept(wrap: Callable[[Any], Any]) -> None:
    raw = nested(wrap, 100)
    fitted = shape("content_completion").fit(raw)
    assert serialize_json(fitted.record[ADDITIONAL_FIELDS]["deep"]) == serialize_json(raw["deep"])


@WRAPPED
def test_a_value_that_is_nested_too_deep_is_told(wrap: Callable[[Any], Any]) -> None:
    with pytest.raises(TooDeepError, match=r"^a value is nested too deep to be stored$"):
        shape("content_completion").fit(nested(wrap, 100_000))


@pytest.mark.parametrize(
    "value",
    [
        "2024-05-01T10:00.5Z",
        "20240501",
        Decimal("-1e-30"),
        Decimal("1714521600.12345678901234567890123456789012345"),
        Decimal("-0.5e-29"),
    ],
)
def test_an_instant_that_a_column_cannot_hold_as_it_is_stays_as_it_came(value: Any) -> None:
    """Neither a fraction of a minute, nor a date in basic form, nor digits beyond a column's."""
    assert fit_value("seen_at", value) == (None, {"seen_at": value})


@pytest.mark.parametrize("value", [None, ["x"]])
def test_a_former_key_column_may_be_null(value: Any) -> None:
    schema = load("continu", "content_completion", primary_keys=["email"])
    fitted = schema.shape().fit({"email": "a@example.com", "completion_id": value})
    assert_valid(schema, fitted.record)


def test_a_missing_key_is_told_in_one_line() -> None:
    with pytest.raises(MissingKeyError) as caught:
        shape("content_completion").fit({"a\nb": 1})
    assert len(str(caught.value).splitlines()) == 1


def test_the_oracle_notices_a_loss() -> None:
    schema = declared("content_completion")
    raw = {"completion_id": "c", "views": 1, "created_at": "2024-05-01"}
    record = {"completion_id": "c", "created_at": "2024-05-01T00:00:00Z"}
    with pytest.raises(AssertionError, match="views"):
        assert_nothing_lost(raw, Fitted(record), schema)
    for wrong in ("2024-05-01T00:00:01Z", "2024-05-01T00:00:00", None):
        changed = {**record, "created_at": wrong, ADDITIONAL_FIELDS: {"views": 1}}
        with pytest.raises(AssertionError, match="created_at"):
            assert_nothing_lost(raw, Fitted(changed), schema)
    assert_nothing_lost(raw, Fitted({**record, ADDITIONAL_FIELDS: {"views": 1}}), schema)
    assert same_instant(1, "1970-01-01T00:00:01Z")
    assert timedelta(seconds=1).total_seconds() == seconds_in("1970-01-01T01:00:01+01:00")


@pytest.mark.parametrize("value", [20240501, -20240501, 0, "20240501", "20240501120000"])
def test_a_date_in_basic_form_is_no_epoch_in_any_type(value: object) -> None:
    raw = {"completion_id": "1", "hired_on": value}
    fitted = shape("content_completion").fit(raw)
    assert fitted.record["hired_on"] is None
    assert fitted.record["additional_fields"] == {"hired_on": value}


def test_a_fraction_longer_than_databases_hold_is_kept_as_it_came() -> None:
    text = f"2024-05-01T12:00:00.{'1' * 30}Z"
    fitted = shape("content_completion").fit({"completion_id": "1", "hired_on": text})
    assert fitted.record["additional_fields"] == {"hired_on": text}


def test_an_empty_key_is_no_key() -> None:
    with pytest.raises(MissingKeyError, match="'completion_id'"):
        shape("content_completion").fit({"completion_id": ""})


def test_a_key_that_does_not_fit_is_not_taken_for_an_absent_one() -> None:
    raw = {"track_id": "t", "email": "e", "containing_journey_id": {"a": 1}}
    with pytest.raises(MissingKeyError, match="'containing_journey_id'"):
        shape("track_status").fit(raw)


def test_a_name_may_be_cut_into_words_otherwise() -> None:
    fitted = shape("content_completion").fit({"completion_id": "1", "userId": "E1"})
    assert fitted.record == {"completion_id": "1", "userid": "E1"}


# Values that are odd


@pytest.mark.parametrize(
    "zero",
    [
        "0001-01-01T00:00:00Z",
        "0001-01-01",
        "0001-01-01T00:00:00+09:00",
        "0000-00-00 00:00:00",
        "1970-01-01",
        "1970-01-01T00:00:00.000Z",
        "1970-01-01T00:00:00-05:00",
        "1969-12-31T19:00:00-05:00",
        0,
        Decimal("0.0"),
        "0",
        -62135596800,
    ],
)
def test_a_date_that_stands_for_none_is_null_and_kept(zero: Any) -> None:
    schema = load("continu", "content_completion", columns=COLUMNS)
    fitted = schema.shape().fit({"completion_id": "c", "seen_at": zero})
    assert fitted.record == {
        "completion_id": "c",
        "seen_at": None,
        ADDITIONAL_FIELDS: {"seen_at": zero},
    }
    assert fitted.oddities == [("seen_at", "zero date")]
    assert not fitted.misfits


def test_a_zero_date_in_a_key_stays_a_date() -> None:
    schema = load("continu", "content_completion", columns=COLUMNS, primary_keys=["seen_at"])
    fitted = schema.shape().fit({"seen_at": "1970-01-01"})
    assert fitted.record == {"seen_at": "1970-01-01T00:00:00Z"}
    assert not fitted.oddities


@pytest.mark.parametrize(
    ("value", "expected", "is_odd"),
    [
        ("a, b", ["a, b"], True),
        ("a,b", ["a,b"], True),
        ("a", ["a"], False),
        (["a, b"], ["a, b"], False),
        (None, None, False),
    ],
)
def test_a_text_with_commas_for_an_array_is_kept_whole_and_noticed(
    value: Any, expected: Any, is_odd: bool
) -> None:
    schema = load("continu", "content_completion", columns=COLUMNS)
    fitted = schema.shape().fit({"completion_id": "c", "tags": value})
    assert fitted.record["tags"] == expected
    assert fitted.oddities == [("tags", "text with commas")] * is_odd
