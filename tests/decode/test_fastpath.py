"""The fast path writes exactly what the careful path would, whatever the response holds."""

from __future__ import annotations

import json
import sys
import threading
from collections import Counter
from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
import simplejson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from singer_sdk.singerlib.json import serialize_json

from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.decode.fastpath import Encoded, FastPath, ResponsePaths
from tap_continu_coursebase.decode.layout import Layout
from tap_continu_coursebase.decode.record import (
    ADDITIONAL_FIELDS,
    MissingKeyError,
    Shape,
    snake_case,
)
from tap_continu_coursebase.decode.schema import RowSchema, load
from tap_continu_coursebase.decode.value import coerce, loads

from .json_values import scalars, values
from .test_record import COLUMNS, EFFORT, NAMES, declared, raw_records

modest = settings(
    max_examples=20 * EFFORT,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
Outcome = tuple[list[Any], Counter[str], list[str], Counter[tuple[str, str]]] | str


def parsed(lines: bytes) -> list[Any]:
    assert not lines or lines.endswith(b"}\n")
    assert lines.count(b"\n") == lines.count(b"}\n")
    return [json.loads(line, parse_float=Decimal) for line in lines.decode().split("\n")[:-1]]


def carefully(shape: Shape, selected: Collection[str], body: bytes) -> Outcome:
    """Return what the careful path alone would write, or what it says."""
    misfits: Counter[str] = Counter()
    oddities: Counter[tuple[str, str]] = Counter()
    written = []
    rejected = []
    try:
        raws = loads(body.decode("utf-8", "replace"))
        if not isinstance(raws, list):
            return "not an array"
        for raw in raws:
            try:
                fitted = shape.fit(raw)
            except MissingKeyError as error:
                rejected.append(str(error))
                continue
            misfits.update(fitted.misfits)
            oddities.update(fitted.oddities)
            record = {name: item for name, item in fitted.record.items() if name in selected}
            written.append(json.loads(serialize_json(record), parse_float=Decimal))
    except (ValueError, RecursionError):
        return "not an array"
    except TapError as error:
        return str(error)
    return written, misfits, rejected, oddities


def fast(path: FastPath, body: bytes) -> Outcome:
    try:
        encoded = path.encode(body)
    except ValueError:
        return "not an array"
    except TapError as error:
        return str(error)
    written = parsed(encoded.lines)
    assert len(written) == encoded.rows
    assert encoded.unreadable == (body.decode("utf-8", "replace").encode() != body)
    reasons = [json.loads(line)["reason"] for line in encoded.rejected]
    return written, encoded.misfits, reasons, encoded.oddities


def parsed_types(value: Any) -> Any:
    """Tell 1 from true and from 1.0, which are equal in Python."""
    match value:
        case dict():
            return {key: parsed_types(item) for key, item in value.items()}
        case list():
            return [parsed_types(item) for item in value]
        case Decimal():
            return value.as_tuple()
        case _:
            return type(value), value


def assert_same(schema: RowSchema, selected: Collection[str], bodies: list[bytes]) -> None:
    path = FastPath(schema.shape(), selected)
    for body in bodies:
        expected = carefully(schema.shape(), selected, body)
        found = fast(path, body)
        assert found == expected
        assert parsed_types(found[0]) == parsed_types(expected[0])


def all_columns(schema: RowSchema) -> set[str]:
    return {column.name for column in schema.columns} | {ADDITIONAL_FIELDS}


# Records that are nearly well-formed: what a fast path may be wrong about.

well_formed: dict[tuple[str, ...], st.SearchStrategy[Any]] = {
    ("string",): st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=5),
    ("date-time",): st.sampled_from(
        [
            "2024-05-15T14:32:00.000Z",
            "2024-02-29T23:59:59Z",
            "2024-05-15T14:32:00.123456789Z",
            "9999-12-31T23:59:59.999999999Z",
            "1970-01-01T00:00:01Z",
            "0001-01-02T00:00:00Z",
        ]
    ),
    ("boolean",): st.booleans(),
    ("integer",): st.integers(-(2**63), 2**63 - 1),
    ("number",): st.decimals(allow_nan=False, allow_infinity=False, places=2) | st.integers(0, 9),
}
well_formed_nested = {
    "array": st.lists(st.text(max_size=3), max_size=3),
    "object": st.dictionaries(st.text(max_size=3), st.integers() | st.text(max_size=3), max_size=3),
    "string": st.text(max_size=3),
}
ZERO_DATES = [
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00.000Z",
    "0001-01-01T08:00:00.000Z",
    "0001-01-01T00:00:00+09:00",
    "0001-01-01T00:00:00-08:00",
    "0001-01-01",
    "0000-00-00",
    "0000-00-00 00:00:00",
    "1970-01-01",
    "1970-01-01T00:00:00Z",
    "1970-01-01T00:00:00.000000000Z",
    "1970-01-01T00:00:00.000+0000",
    "1970-01-01T00:00:00+09:00",
    "1969-12-31T16:00:00-08:00",
    "1970-01-01 00:00",
    "0",
]
NEARLY_DATES = [
    *ZERO_DATES,
    "1970-01-01T00:00:00.001Z",
    "1970-01-01T00:00:01Z",
    "0001-01-02T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "",
    "2023-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2000-02-29T00:00:00Z",
    "2024-02-30T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-00-01T00:00:00Z",
    "2024-01-00T00:00:00Z",
    "2024-01-32T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "0000-02-29T00:00:00Z",
    "2024-05-01T24:00:00Z",
    "2024-05-01T23:59:60Z",
    "2024-05-01T23:60:00Z",
    "2024-05-01t10:00:00z",
    "2024-05-01T10:00:00z",
    "2024-05-01 10:00:00Z",
    "2024-05-01T10:00:00",
    "2024-05-01T10:00:00+00:00",
    "2024-05-01T10:00:00.Z",
    "2024-05-01T10:00:00,5Z",
    "2024-05-01T10:00:00.1234567890Z",
    "2024-05-01T10:00:00.12345678901Z",
    "2024-05-01T10:00:00Z\n",
    "\n2024-05-01T10:00:00Z",
    "2024-05-01T10:00:00Z\n2024-05-01T10:00:00Z",
    '2024-05-01T10:00:00Z","2024-05-01T10:00:00Z',
    "2024-05-01",
    "\u0662024-05-01T10:00:00Z",
    "202\u0664-05-01T10:00:00Z",
    "2024-05-01T10:00:00.\u0664Z",
    "2024-05-01T10:00:00Z ",
    "2024-05-01T10:00:00Z" + "0" * 40,
]
nearly_dates = st.sampled_from(NEARLY_DATES)


@st.composite
def nearly_well_formed(draw: st.DrawFn, name: str) -> dict[str, Any]:
    schema = declared(name)
    record: dict[str, Any] = {}
    for column in schema.columns:
        if column.name not in schema.primary_keys and draw(st.integers(0, 2)) == 0:
            continue
        usual = well_formed.get(column.types)
        if usual is None:
            usual = st.one_of([well_formed_nested[kind] for kind in column.types])
        record[column.name] = draw(usual)
    if draw(st.booleans()):
        key = draw(st.sampled_from([*all_columns(schema), "brandNew", "_id", "id", "createdAt"]))
        record[key] = draw(scalars | nearly_dates | values())
    return record


@st.composite
def bodies(draw: st.DrawFn, records: st.SearchStrategy[Any]) -> list[bytes]:
    """JSON in any notation, whose bytes may be unreadable or wrong."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        text = simplejson.dumps(
            draw(st.lists(records, max_size=5)),
            use_decimal=True,
            allow_nan=True,
            ensure_ascii=draw(st.booleans()),
            indent=draw(st.sampled_from([None, None, 1])),
        )
        body = bytearray(text, "utf-8", "surrogatepass")
        if draw(st.integers(0, 5)) == 0 and body:
            at = draw(st.integers(0, len(body) - 1))
            body[at : at + draw(st.integers(0, 1))] = draw(st.binary(max_size=2))
        found.append(bytes(body))
    return found


@pytest.mark.parametrize("name", NAMES)
def test_both_paths_write_the_same(name: str) -> None:
    schemas = [declared(name), load("continu", name, additional_fields=False)]
    columns = sorted(all_columns(schemas[0]))

    @modest
    @given(
        bodies(nearly_well_formed(name) | raw_records(name)),
        st.just(set(columns)) | st.sets(st.sampled_from(columns)),
        st.sampled_from(schemas),
    )
    def check(found: list[bytes], selected: set[str], schema: RowSchema) -> None:
        assert_same(schema, selected, found)

    check()


TYPED = load("continu", "content_completion", columns=COLUMNS)
TEXTS = [
    "1", "1.0", "1e2", "1E-7", "1E+2", "-0", "-0.0", "0.10", "12.50", "9007199254740993.0", "1e400",
    "-1e-400", "0.12345678901234567890", "9223372036854775807", "9223372036854775808",
    "-9223372036854775808", "-9223372036854775809", "1" * 299, "1" * 301, "1" * 5000,
    "0." + "0" * 299 + "1", "0." + "0" * 400 + "1", "NaN", "-Infinity", "01", "1.", ".5", "+1",
    "true", "null", '""', '"a"', '"2024-05-01"', '"\\u0000"', '"\\ud800"', '"\\uDC00\\ud83d"',
    '"\\ud83d\\ude00"', '"a\\nb"', '"\x01"', '"\x7f"', '"}\\n"', "[", "{}", "[]",
    '["a", 1.50, null]', "[\n1,\r\n2]", '["\\u0000"]', '{"a": 1, "a": 2}',
    '{"a\\u0000": 1, "a\\ud800": 2}', "[1e5]", "[1e400]", "[1E-400]", "[-1e-400\n]",
    '{"x": 1E+2 }', '{"x":1E400}', '"3e5"', '["3e5,"]', "[" + "1" * 400 + "]",
    '["' + "1" * 400 + '"]',
    "[" * 99 + "]" * 99, "[" * 149 + "]" * 149, "[" * 150 + "]" * 150, "[" * 151 + "]" * 151,
    '{"a":' * 152 + "1" + "}" * 152, "[" * 20000 + "]" * 20000, '["' + "[" * 200 + '"]',
]  # fmt: skip
KEYS = [*COLUMNS, "completion_id", "Seen At", "undeclared", "content", "content_metadata"]


@pytest.mark.parametrize("key", KEYS)
def test_both_paths_write_the_same_of_any_text(key: str) -> None:
    usual = '{"completion_id": "usual", "undeclared": 1}'
    found = [f'[{{"completion_id": "c", "{key}": {text}}}, {usual}]'.encode() for text in TEXTS]
    for selected in (all_columns(TYPED), {"completion_id"}):
        assert_same(TYPED, selected, [*found, *found])


@modest
@given(
    st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(TEXTS)), min_size=2, max_size=6),
    st.sets(st.sampled_from(sorted(all_columns(TYPED)))),
)
def test_both_paths_write_the_same_of_any_texts(
    pairs: list[tuple[str, str]], selected: set[str]
) -> None:
    together = ", ".join(f'"{key}": {text}' for key, text in pairs)
    found = f'[{{"completion_id": "usual"}}, {{"completion_id": "c", {together}}}]'.encode()
    assert_same(TYPED, selected, [found, found])


@pytest.mark.parametrize("usual", ["2024-05-01T10:00:00Z", "2024-05-01T10:00:00.000Z"])
def test_dates_are_the_same_in_both_paths(usual: str) -> None:
    for text in NEARLY_DATES:
        for texts in (
            [text],
            [usual, text],
            [text, usual],
            [usual, "2024-05-01T10:00:00.5Z", text],
        ):
            records = [{"completion_id": "c", "seen_at": item} for item in texts]
            assert_same(TYPED, all_columns(TYPED), [json.dumps(records).encode()])


@pytest.mark.parametrize("number", [0, 0.0, -62135596800, -62135596800000])
def test_numbers_that_stand_for_no_date_are_the_same_in_both_paths(number: float) -> None:
    records = [{"completion_id": "c", "seen_at": number, "first_login": "2024-05-01T10:00:00Z"}]
    assert_same(TYPED, all_columns(TYPED), [json.dumps(records).encode()])


@pytest.mark.parametrize("text", ZERO_DATES)
def test_a_zero_date_in_a_key_is_the_same_in_both_paths(text: str) -> None:
    keyed = load("continu", "content_completion", columns=COLUMNS, primary_keys=["seen_at"])
    records = [{"seen_at": item} for item in ("2024-05-01T10:00:00Z", text)]
    assert_same(keyed, all_columns(keyed), [json.dumps(records).encode()])


@pytest.mark.parametrize("text", ["2024-05-01T10:00:00Z", "0001-01-02T00:00:00Z"])
def test_a_zero_date_is_looked_for_in_date_columns_only(text: str) -> None:
    zero = "0001-01-01T00:00:00Z"
    others = {"text": zero, "tags": [zero], "thing": {"at": zero}}
    assert is_fast(TYPED, {"completion_id": zero, "seen_at": text, **others})
    assert not is_fast(TYPED, {"completion_id": "c", "seen_at": text, "first_login": zero})


INSTANTS = st.datetimes().filter(
    lambda at: at.date() != date.min and at != datetime(1970, 1, 1)  # noqa: DTZ001 - UTC
)


@given(INSTANTS.map(lambda at: f"{at.isoformat().rjust(19, '0')}Z"))
def test_every_instant_in_utc_stays_as_it_came(text: str) -> None:
    assert coerce(text, ["date-time"]) == text
    assert is_fast(TYPED, {"completion_id": "c", "seen_at": text})


def is_fast(schema: RowSchema, *records: dict[str, Any]) -> bool:
    """Tell whether the structs take records without any help."""
    layout = Layout(schema.shape(), all_columns(schema), {name: name for name in names(schema)})
    return layout.decode(json.dumps(records, ensure_ascii=False).encode()) is not None


def names(schema: RowSchema) -> list[str]:
    return [column.name for column in schema.columns]


@pytest.mark.parametrize("name", NAMES)
def test_well_formed_records_are_fast(name: str) -> None:
    schema = declared(name)
    examples: dict[tuple[str, ...], Any] = {
        ("string",): 'Zo\u00eb "\\\n',
        ("date-time",): "2024-05-15T14:32:00.000Z",
        ("boolean",): True,
        ("integer",): 12,
        ("number",): 12.5,
        ("array",): ["a", {"b": [1.5]}],
    }
    record = {
        column.name: examples.get(column.types, {"a": ["65f1e3", -1]}) for column in schema.columns
    }
    assert is_fast(schema, record)
    optional = {key: None for key in record if key not in schema.primary_keys}
    required = {key: value for key, value in record.items() if key in schema.primary_keys}
    defaults = {column.name: None for column in schema.columns if column.default is not None}
    assert is_fast(schema, required, {**required, **optional, **defaults})
    absent = {key: value for key, value in required.items() if key not in defaults}
    assert is_fast(schema, absent)


@pytest.mark.parametrize(
    ("extra", "selected"),
    [
        ({"createdAt": "2024-05-01T10:00:00Z"}, all_columns(TYPED)),
        ({"brandNew": {"a": 1}}, all_columns(TYPED)),
        ({"brandNew": {"a": 1}}, set(names(TYPED))),
        ({"thing": {"a": 1}}, {"completion_id"}),
        ({"hired_on": "2024-05-01", "createdAt": None, "new": [1]}, {"hired_on"}),
    ],
)
def test_unusual_keys_are_slow_once(
    extra: dict[str, Any], selected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps([{"completion_id": "c", **extra}] * 2).encode()
    path = FastPath(TYPED.shape(), selected)
    first = path.encode(body)
    monkeypatch.setattr(Shape, "fit", None)
    assert parsed(path.encode(body).lines) == parsed(first.lines)


def test_one_odd_record_does_not_change_how_columns_are_read() -> None:
    usual = {"completion_id": "c", "created_at": "2024-05-01T10:00:00Z"}
    odd = {"completion_id": "d", "createdAt": "2024-05-01T10:00:00Z"}
    path = FastPath(TYPED.shape(), all_columns(TYPED))
    path.encode(json.dumps([usual, odd, usual]).encode())
    assert path._layout.sources["created_at"] == "created_at"


def test_records_with_ever_new_keys_do_not_fill_the_memory() -> None:
    path = FastPath(TYPED.shape(), all_columns(TYPED))
    for number in range(100):
        record = {"completion_id": "c", **{f"k{number}x{i}": i for i in range(30)}}
        body = json.dumps([record]).encode()
        assert fast(path, body) == carefully(TYPED.shape(), all_columns(TYPED), body)
    assert len(path._layout.undeclared) <= 600


def test_odd_records_keep_their_place() -> None:
    records = [{"completion_id": str(n), "whole": n if n % 7 else str(n)} for n in range(100)]
    path = FastPath(TYPED.shape(), all_columns(TYPED))
    encoded = path.encode(json.dumps(records).encode())
    assert parsed(encoded.lines) == [{"completion_id": str(n), "whole": n} for n in range(100)]
    assert encoded.rows == 100


def test_misfits_are_counted() -> None:
    records = [{"completion_id": "c", "seen_at": "?", "whole": n} for n in (1, "x", "y")]
    path = FastPath(TYPED.shape(), {"completion_id"})
    encoded = path.encode(json.dumps(records).encode())
    assert encoded.misfits == {"seen_at": 3, "whole": 2}
    assert encoded.lines == b'{"completion_id":"c"}\n' * 3


@pytest.mark.parametrize("record", ["1", "null", "[]", "{}", '{"completion_id": null}'])
def test_a_record_without_its_key_is_rejected_alone(record: str) -> None:
    path = FastPath(TYPED.shape(), all_columns(TYPED))
    body = f'[{{"completion_id": "c"}}, {record}]'.encode()
    outcome = fast(path, body)
    assert outcome == carefully(TYPED.shape(), all_columns(TYPED), body)
    assert outcome[0] == [{"completion_id": "c"}]
    [rejected] = path.encode(body).rejected
    assert json.loads(json.loads(rejected)["row"]) == json.loads(record)


@pytest.mark.parametrize("batch", [b"", b"{}", b"1", b"[1", b"[]]", b"[}", b"[{]", b"[1,]"])
def test_what_is_no_array_is_refused(batch: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        FastPath(TYPED.shape(), all_columns(TYPED)).encode(batch)


def test_unreadable_bytes_become_replacement_characters() -> None:
    path = FastPath(TYPED.shape(), all_columns(TYPED))
    body = b'[{"completion_id": "c", "thing": {"a": "\xff"}}, {"completion_id": "d"}]'
    encoded = path.encode(body)
    assert encoded.unreadable
    assert parsed(encoded.lines)[0]["thing"] == {"a": "\ufffd"}
    assert path.encode(b"[]") == Encoded(b"", 0)


def test_unreadable_bytes_are_told_even_where_they_are_dropped() -> None:
    path = FastPath(TYPED.shape(), {"completion_id"})
    for text in (b'"a"', b'"\xff"'):
        encoded = path.encode(b'[{"completion_id": "c", "dropped": %b}]' % text)
        assert encoded.lines == b'{"completion_id":"c"}\n'
        assert encoded.unreadable == (text != b'"a"')


@pytest.mark.parametrize("name", ["track_status", "scorm_status", "assessment_status"])
def test_absent_containers_are_visible_on_the_fast_path_too(name: str) -> None:
    schema = declared(name)
    key = dict.fromkeys(schema.primary_keys, "x")
    containers = [column.name for column in schema.columns if column.default is not None]
    records = [{**key, **dict.fromkeys(containers, value)} for value in (None, "", "y")]
    records.append({column: "x" for column in key if column not in containers})
    assert containers
    assert is_fast(schema, *records)
    assert_same(schema, all_columns(schema), [json.dumps(records).encode()])


def test_keys_of_any_type() -> None:
    for key, kind in COLUMNS.items():
        if kind in {"array", "object"}:
            continue
        schema = load("continu", "content_completion", primary_keys=[key], columns={key: kind})
        found = ["1", "null", '""', '"a"', '"2024-05-01T10:00:00Z"', "true", "0", "1.5"]
        body = [f'[{{"{key}": {text}}}]'.encode() for text in found]
        assert_same(schema, all_columns(schema), [*body, b"[{}]"])


@pytest.fixture
def _frequent_switches() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("_frequent_switches")
def test_windows_in_flight_learn_keys_from_each_other() -> None:
    schema = load("continu", "content_completion")
    rows = 50
    usual = [{"completion_id": str(number)} for number in range(rows)]
    unexpected = [
        json.dumps([*usual[1:], {"completion_id": "0", f"extra_{number}": number}]).encode()
        for number in range(8)
    ]
    expected = json.dumps(usual).encode()
    failures: list[BaseException] = []

    def encode(path: FastPath, barrier: threading.Barrier, bodies: list[bytes]) -> None:
        barrier.wait()
        try:
            for body in bodies:
                assert path.encode(body).rows == rows
                assert len(parsed(path.encode(body).lines)) == rows
        except BaseException as error:  # noqa: BLE001 - a thread's failure is the test's
            failures.append(error)

    for _ in range(60):
        path = FastPath(schema.shape(), all_columns(schema))
        barrier = threading.Barrier(3)
        threads = [
            threading.Thread(target=encode, args=(path, barrier, bodies))
            for bodies in ([expected] * 8, unexpected[:4], unexpected[4:])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert {*path._layout.undeclared} == {f"extra_{number}" for number in range(8)}


def fields_of(column: str, lines: bytes) -> set[str]:
    """Return the names of the fields that filled a column: each value tells its own."""
    values = [record.get(column) for record in parsed(lines)]
    return {snake_case(value.partition("-")[0]) for value in values if value is not None}


ALIKE = ["completion_id", "completionId", "_id", "id", "userid", "userId", "user_id", "Userid"]


@modest
@given(st.lists(st.lists(st.dictionaries(st.sampled_from(ALIKE), st.booleans()), max_size=4)))
def test_a_response_fills_a_column_from_one_field(found: list[list[dict[str, bool]]]) -> None:
    schema = declared("content_completion")
    paths = ResponsePaths(schema.shape(), all_columns(schema))
    for number, response in enumerate(found):
        rows = [
            {key: f"{key}-{number}" if holds else None for key, holds in row.items()}
            for row in response
        ]
        encoded = paths.encoder()(json.dumps(rows).encode())
        for column, usual in (("completion_id", ["completion_id", "_id", "id"]), ("userid", [])):
            names = fields_of(column, encoded.lines)
            assert len(names) <= 1
            if not usual:
                continue
            held = [name for name in usual if any(name == snake_case(k) for r in rows for k in r)]
            full = [
                name
                for name in held
                if any(value and name == snake_case(key) for r in rows for key, value in r.items())
            ]
            assert names <= {*full[:1]}
        for record in parsed(encoded.lines):
            kept = [*record.values(), *record.get(ADDITIONAL_FIELDS, {}).values()]
            assert any(
                {value for value in row.values() if value}
                <= {v for v in kept if isinstance(v, str)}
                for row in rows
            )


def test_a_field_that_is_named_otherwise_later_stays_undeclared() -> None:
    schema = declared("content_completion")
    paths = ResponsePaths(schema.shape(), all_columns(schema))
    encode = paths.encoder()
    for row in ({"id": "a", "userId": "1"}, {"id": "b", "userid": "2", "userId": "3"}):
        encode(json.dumps([row] * 3).encode())
    last = parsed(encode(b'[{"id": "c", "userid": "4", "_id": "d"}]').lines)
    assert last == [{"completion_id": "c", ADDITIONAL_FIELDS: {"userid": "4", "_id": "d"}}]
    assert parsed(paths.encoder()(b'[{"id": "c", "userid": "4", "_id": "d"}]').lines) == [
        {"completion_id": "d", "userid": "4", ADDITIONAL_FIELDS: {"id": "c"}}
    ]
    assert paths.mixed() == {"completion_id": ["_id", "id"], "userid": ["user_id", "userid"]}


@pytest.mark.parametrize("batch", [b"", b"{}", b"1", b"[1", b"[]]", b"[}", b"[{]", b"[1,]"])
def test_what_is_no_array_is_refused_before_names_are_decided(batch: bytes) -> None:
    encode = ResponsePaths(TYPED.shape(), all_columns(TYPED)).encoder()
    with pytest.raises(ValueError, match=r"."):
        encode(batch)
    assert encode(b'[{"completion_id": "c"}]').rows == 1


def test_names_are_decided_among_whatever_records_there_are() -> None:
    encode = ResponsePaths(TYPED.shape(), all_columns(TYPED)).encoder()
    encoded = encode(b'[1, {"completion_id": null, "_id": "a", "whole": NaN}, "x"]')
    assert parsed(encoded.lines)[0]["completion_id"] == "a"
    assert len(encoded.rejected) == 2


@pytest.mark.parametrize("name", ["track_status", "pivoted_user_assignments"])
def test_addresses_are_lowered_alike(name: str) -> None:
    schema = declared(name)
    emails = ["a@example.com", "A@Example.COM", "\u0130@x", "\u03a3\u03a3", "", None, 7, {"a": 1}]
    rows: list[dict[str, Any]] = [
        {"track_id": str(n), "email": email, **extra}
        for n, email in enumerate(emails)
        for extra in ({}, {"userid": "U"}, {"email_as_sent": "x"}, {"record_key_as_sent": "X"})
    ]
    shape = schema.shape().narrowed({"record_key": "email"} if "pivoted" in name else {})
    for selected in ({*schema.singer["properties"]}, {*schema.primary_keys}):
        path = FastPath(shape, selected)
        for chunk in (rows, rows[:4], rows[4:8], rows[:1]):
            body = json.dumps(chunk).encode()
            assert fast(path, body) == carefully(shape, selected, body)
            assert fast(path, body) == carefully(shape, selected, body)
