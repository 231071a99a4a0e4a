"""Columns that are filled from inside of objects: both paths write the same, by response."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET, Raw

from tap_continu_coursebase.decode.fastpath import FastPath, ResponsePaths
from tap_continu_coursebase.decode.inside import Inside, clashes, within
from tap_continu_coursebase.decode.record import ADDITIONAL_FIELDS, MissingKeyError, Shape
from tap_continu_coursebase.decode.schema import load
from tap_continu_coursebase.singer.findings import Findings

from .json_values import values
from .test_fastpath import all_columns, carefully, fast, modest, nearly_dates, parsed, parsed_types

USER = {
    "email": {"from": "user.email", "type": "string"},
    "userid": {"from": "user.ids.employee", "type": "string"},
    "seen_at": {"from": "user.seen", "type": "date-time"},
    "logins": {"from": "user.logins", "type": "integer"},
    "score": {"from": "user.score", "type": "number"},
    "tags_of_user": {"from": "user.tags", "type": "array"},
    "ids_of_user": {"from": "user.ids", "type": "object"},
    "content_name": {"from": "content.title", "type": "string"},
}
BY_USER = load(
    "continu", "content_completion", columns=USER, primary_keys=["completion_id", "email"]
)
COMPLETIONS = load("continu", "content_completion")
PLACES = load(
    "continu",
    "track_status",
    columns={
        "containing_journey_id": {"from": "journey._id", "type": "string"},
        "email": {"from": "login", "type": "string"},
    },
)


SHAPES = {
    "user": (BY_USER, BY_USER.shape()),
    "user, settled": (BY_USER, BY_USER.shape().narrowed({"content_id": "content._id"})),
    "content": (
        COMPLETIONS,
        COMPLETIONS.shape().narrowed(
            {
                "content_id": "content._id",
                "content_title": "content.name",
                "content_type": "content.type",
            }
        ),
    ),
    "places": (PLACES, PLACES.shape()),
}
leaves: st.SearchStrategy[Any] = (
    st.sampled_from(
        ["", "x", "Ann@Example.com", None, 3, True, 1.5, {"$oid": "5f8a"}, {"a": 1}, []]
    )
    | nearly_dates
    | values()
)
users = st.dictionaries(
    st.sampled_from(["email", "ids", "seen", "logins", "score", "tags", "other", "_id"]),
    leaves | st.dictionaries(st.sampled_from(["employee", "x"]), leaves),
)
contents = st.dictionaries(st.sampled_from(["_id", "id", "title", "name", "type", "other"]), leaves)
rows = st.fixed_dictionaries(
    {},
    optional={
        "completion_id": leaves,
        "track_id": leaves,
        "login": leaves,
        "email": leaves,
        "userid": leaves,
        "user": users | leaves,
        "content": contents | leaves,
        "journey": contents | leaves,
        "content_id": leaves,
        "user.email": leaves,
        "email_as_sent": leaves,
    },
)


def dumped(found: Sequence[Any]) -> bytes:
    return simplejson.dumps(found, use_decimal=True, allow_nan=True).encode(
        "utf-8", "surrogatepass"
    )


@pytest.mark.parametrize("name", SHAPES)
def test_both_paths_write_the_same(name: str) -> None:
    schema, shape = SHAPES[name]
    columns = sorted({*all_columns(schema), *schema.as_sent})

    @modest
    @given(
        st.lists(st.lists(rows, max_size=4), min_size=1, max_size=3),
        st.just(set(columns)) | st.sets(st.sampled_from(columns)),
    )
    def check(bodies: list[list[Any]], selected: set[str]) -> None:
        path = FastPath(shape, selected)
        for body in map(dumped, bodies):
            expected = carefully(shape, selected, body)
            found = fast(path, body)
            assert found == expected
            assert parsed_types(found[0]) == parsed_types(expected[0])

    check()


PERSON = {
    "email": "Ann@Example.com",
    "ids": {"employee": "7"},
    "seen": "2024-05-01T10:00:00Z",
    "logins": 3,
    "score": 1.5,
    "tags": ["a"],
    "other": {"deep": [1]},
}
WELL_FORMED = {
    "user": [
        {"completion_id": "a", "user": PERSON, "content": {"title": "T", "x": 1}},
        {"completion_id": "b", "user": {"email": "b", "ids": None}, "content": None},
        {"completion_id": "c", "user": {"email": "c", "seen": "2024-05-01"}},
    ],
    "content": [
        {"completion_id": "a", "content": {"_id": "1", "name": "N", "type": "t", "other": [{}]}},
        {"completion_id": "b", "content": None},
        {"completion_id": "c", "content": {}},
        {"completion_id": "d"},
    ],
    "places": [
        {"track_id": "a", "login": "A", "journey": {"_id": "j", "title": "J"}},
        {"track_id": "b", "login": "B", "journey": None},
        {"track_id": "c", "login": "C", "journey": {"_id": ""}},
    ],
}


@pytest.mark.parametrize("name", WELL_FORMED)
@pytest.mark.parametrize("is_whole", [True, False])
def test_well_formed_objects_are_fast(name: str, is_whole: bool) -> None:
    schema, shape = SHAPES[name]
    selected = {*all_columns(schema), *schema.as_sent}
    if not is_whole:
        selected -= {"content", "user", ADDITIONAL_FIELDS}
    path = FastPath(shape, selected)
    body = dumped(WELL_FORMED[name])
    encoded = path.encode_well_formed(body)
    assert encoded is not None
    expected = carefully(shape, selected, body)
    assert parsed(encoded.lines) == expected[0]
    assert encoded.rows == len(WELL_FORMED[name])


def test_what_was_read_inside_of_an_object_stays_there() -> None:
    record = BY_USER.shape().fit(WELL_FORMED["user"][0]).record
    assert record["email"] == "ann@example.com"
    assert record["email_as_sent"] == "Ann@Example.com"
    assert record["userid"] == "7"
    assert record["ids_of_user"] == {"employee": "7"}
    assert record["content"] == {"title": "T", "x": 1}
    assert record[ADDITIONAL_FIELDS] == {"user": PERSON}


def test_a_value_that_does_not_fit_is_kept_by_its_path() -> None:
    row = {"completion_id": "a", "user": {"email": "e", "logins": "many"}, "user.logins": 1}
    fitted = BY_USER.shape().fit(row)
    assert fitted.misfits == ["logins"]
    assert fitted.record["logins"] is None
    kept = fitted.record[ADDITIONAL_FIELDS]
    assert kept == {"user": row["user"], "user.logins": 1, "user.logins_": "many"}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({"user": {"email": ""}}, "with an empty string in its key field 'email' ('user.email')"),
        ({"user": {"email": None}}, "with null in its key field 'email' ('user.email')"),
        ({"user": None}, "without its key field 'email'; it has: completion_id, user"),
        ({"email": "a"}, "without its key field 'email'; it has: completion_id, email"),
    ],
)
def test_a_row_without_its_key_inside_says_where_it_should_be(row: Any, says: str) -> None:
    whole = {"completion_id": "a", **row}
    with pytest.raises(MissingKeyError) as caught:
        BY_USER.shape().fit(whole)
    assert says in str(caught.value)
    [rejected] = FastPath(BY_USER.shape(), all_columns(BY_USER)).encode(dumped([whole])).rejected
    assert says in json.loads(rejected)["reason"]


def test_another_identifier_inside_stands_in_for_an_address() -> None:
    row = {"completion_id": "a", "user": {"email": None, "ids": {"employee": 7}}}
    assert BY_USER.shape().fit(row).record["email"] == "userid:7"


def settled(batches: Sequence[Sequence[Any]], column: str = "content_id") -> list[Any]:
    """Return what a column holds in each row of a response."""
    encode = ResponsePaths(COMPLETIONS.shape(), all_columns(COMPLETIONS)).encoder()
    lines = [parsed(encode(dumped(batch)).lines) for batch in batches]
    return [row.get(column) for found in lines for row in found]


ROWS: dict[str, dict[str, Any]] = {
    "flat": {"content_id": "f"},
    "camel": {"contentId": "k"},
    "id": {"content": {"id": "i"}},
    "_id": {"content": {"_id": "u"}},
    "oid": {"content": {"_id": {"$oid": "o"}}},
    "camel inside": {"content": {"contentId": "c"}},
    "null": {"content": None},
    "null inside": {"content": {"_id": None, "title": "T"}},
    "none": {},
    "both": {"content": {"_id": "u", "id": "i"}},
    "all": {"content_id": "f", "content": {"id": "i"}},
    "bare": {"content": "b"},
    "number": {"content": 7},
    "list": {"content": [{"id": "l"}]},
    "truth": {"content": True},
    "blank": {"content": ""},
}


def row(name: str) -> dict[str, Any]:
    return {"completion_id": name, **ROWS[name]}


@pytest.mark.parametrize(
    ("batches", "expected"),
    [
        ([["flat"]], ["f"]),
        ([["camel"]], ["k"]),
        ([["id"]], ["i"]),
        ([["_id"]], ["u"]),
        ([["oid"]], ["o"]),
        ([["camel inside"]], ["c"]),
        ([["id", "flat"]], ["i", "f"]),
        ([["_id", "id"]], ["u", "i"]),
        ([["both"], ["_id", "flat", "camel"], ["both"]], ["i", "u", "f", "k", "i"]),
        ([["_id"], ["both"]], ["u", "u"]),
        ([["flat"], ["all"], ["id"]], ["f", "f", "i"]),
        ([["none", "null"], ["null inside"], ["none", "_id"], ["id"]], [*[None] * 4, "u", "i"]),
        ([["bare"], ["id", "number"]], ["b", "i", "7"]),
        ([["list", "truth", "blank"], ["id"]], [None, None, None, "i"]),
        ([["null"], ["null inside"], ["flat"]], [None, None, "f"]),
    ],
)
def test_a_response_settles_what_fills_a_column_first(
    batches: list[list[str]], expected: list[Any]
) -> None:
    assert settled([[row(name) for name in batch] for batch in batches]) == expected


HELD = {
    "flat": "f",
    "camel": "k",
    "id": "i",
    "_id": "u",
    "oid": "o",
    "camel inside": "c",
    "both": "iu",
    "all": "fi",
    "bare": "b",
    "number": "7",
}


@modest
@given(st.lists(st.lists(st.sampled_from(sorted(ROWS)), max_size=4), max_size=4))
def test_no_value_is_lost_wherever_it_stands(batches: list[list[str]]) -> None:
    """What is null in its column is kept as it came, and counted."""
    names = [name for batch in batches for name in batch]
    selected = all_columns(COMPLETIONS) - {"content"}
    encode = ResponsePaths(COMPLETIONS.shape(), selected).encoder()
    encoded = [encode(dumped([row(name) for name in batch])) for batch in batches]
    written = [one for part in encoded for one in parsed(part.lines)]
    oddities = sum((part.oddities for part in encoded), Counter())
    assert [one["completion_id"] for one in written] == names
    for name, one in zip(names, written, strict=True):
        if name in HELD:
            assert one["content_id"] in [*HELD[name]]
        else:
            assert one.get("content_id") is None
        kept = (one.get(ADDITIONAL_FIELDS) or {}).get("content")
        assert kept == (ROWS[name]["content"] if name in {"list", "truth", "blank"} else None)
    counts = Counter(names)
    lost = oddities["content_id", "no object in content"]
    assert lost == counts["list"] + counts["truth"]
    assert oddities["content_id", "bare id in content"] == counts["bare"] + counts["number"]
    assert oddities["content_title", "no object in content"] == lost + (
        counts["bare"] + counts["number"]
    )


NARROWED = {
    "flat": {},
    "id": {"content_id": "content.id", "assignment_id": "assignment._id"},
    "_id": {"content_id": "content._id", "content_title": "content.name"},
}


@pytest.mark.parametrize("name", NARROWED)
def test_both_paths_find_the_same_elsewhere(name: str) -> None:
    columns = sorted(all_columns(COMPLETIONS))
    odd = [st.just(row(one)) for one in ROWS]

    @modest
    @given(
        st.lists(st.lists(rows | st.one_of(odd), max_size=4), min_size=1, max_size=3),
        st.just({*columns}) | st.sets(st.sampled_from(columns)),
        st.sets(st.sampled_from(["content_id", "content_title", "assignment_id"])),
    )
    def check(bodies: list[list[Any]], selected: set[str], unsettled: set[str]) -> None:
        shape = COMPLETIONS.shape().narrowed(
            NARROWED[name], unsettled - NARROWED[name].keys(), written={*selected, "completion_id"}
        )
        path = FastPath(shape, selected)
        for body in map(dumped, bodies):
            if unsettled and path.encode_well_formed(body) is None:
                continue
            expected = carefully(shape, selected, body)
            found = fast(path, body)
            assert found == expected
            assert parsed_types(found[0]) == parsed_types(expected[0])

    check()


def test_values_elsewhere_are_told_once_with_what_to_set(caplog: pytest.LogCaptureFixture) -> None:
    paths = ResponsePaths(COMPLETIONS.shape(), all_columns(COMPLETIONS) - {"content"})
    encoded = paths.encoder()(dumped([row(name) for name in ("id", "_id", "_id", "bare", "list")]))
    findings = Findings("s", has_options=True, oddities=encoded.oddities)
    findings.tell(logging.getLogger("told"), ["completion_id"], keeps_misfits=True)
    messages = [record.message for record in caplog.records]
    (elsewhere,) = [one for one in messages if "'content._id'" in one]
    assert elsewhere.startswith("s: 2 values of column 'content_id' stand in 'content._id'")
    assert "stream_options.s.columns {'content_id': {'from': 'content._id', 'type'" in elsewhere
    (bare,) = [one for one in messages if "taken as its id" in one]
    assert bare.startswith("s: 1 rows have a text or number in place of the object 'content'")
    (lost,) = [one for one in messages if "something else than an object" in one and "_id'" in one]
    assert lost.startswith("s: 1 rows")
    assert "else kept in additional_fields" in lost


def test_what_bars_a_path_of_a_setting_is_told() -> None:
    whole = {"completion_id": "a", "user": {"email": "e", "ids": "7"}}
    fitted = BY_USER.shape().fit(whole)
    assert fitted.oddities == [("userid", "no object in user")]
    assert fitted.record[ADDITIONAL_FIELDS] == {"user": whole["user"], "user.ids": "7"}


def test_a_column_that_stays_empty_is_no_reason_to_be_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    encode = ResponsePaths(COMPLETIONS.shape(), all_columns(COMPLETIONS)).encoder()
    batch = [
        {"completion_id": "a", "content": {"_id": "u", "title": "T"}, "assignment": None},
        {"completion_id": "b", "content": {"_id": "u", "title": "T"}, "assignment": {"due": 1}},
    ]
    encode(dumped(batch))
    monkeypatch.setattr(Shape, "fit", None)
    monkeypatch.setattr(ResponsePaths, "_decide", None)
    assert [one["content_id"] for one in parsed(encode(dumped(batch)).lines)] == ["u", "u"]


def test_responses_that_differ_are_told() -> None:
    paths = ResponsePaths(COMPLETIONS.shape(), all_columns(COMPLETIONS))
    for name in ("id", "none", "_id", "id"):
        paths.encoder()(dumped([row(name)]))
    assert paths.mixed() == {"content_id": ["content._id", "content.id"]}


def test_paths_within_a_value() -> None:
    assert within({"a": {"b": None}}, ("a", "b")) is None
    assert within({"a": {"b": 1}}, ("a", "c")) is UNSET
    assert within({"a": [1]}, ("a", "b")) is UNSET
    assert within(1, ()) == 1
    assert clashes(("a",), [("a", "b")])
    assert clashes(("a", "b"), [("a",)])
    assert not clashes(("a", "b"), [("a", "c"), ("b",)])


def test_values_are_read_at_any_depth() -> None:
    inside = Inside({("a",): str | None, ("b", "c"): int, ("b", "d", "e"): str})
    found = [b'{"a": "x", "b": {"c": 1, "d": {"e": "y"}}}', b"null", b'{"b": null}', b"{}"]
    read = inside.read([*map(Raw, found), UNSET])
    assert read == [
        ["x", *[UNSET] * 4],
        [1, *[UNSET] * 4],
        ["y", *[UNSET] * 4],
    ]
    for other in (b"[]", b'"x"', b'{"b": {"c": "1"}}', b'{"b": []}'):
        with pytest.raises(ValueError, match=r"."):
            inside.read([Raw(other)])


def test_ids_as_objects_are_slow_once(monkeypatch: pytest.MonkeyPatch) -> None:
    schema, shape = SHAPES["content"]
    selected = all_columns(schema)
    rows = [
        {
            "completion_id": {"$oid": "a"},
            "partner": {"$oid": "p"},
            "content": {"_id": {"$oid": "c"}},
        },
        {"completion_id": "b", "partner": None, "content": {"_id": "d"}},
    ]
    path = FastPath(shape, selected)
    first = path.encode(dumped(rows))
    assert parsed(first.lines) == carefully(shape, selected, dumped(rows))[0]
    [one, _] = parsed(first.lines)
    assert (one["completion_id"], one["partner"], one["content_id"]) == ("a", "p", "c")
    monkeypatch.setattr(Shape, "fit", None)
    assert parsed(path.encode(dumped(rows)).lines) == parsed(first.lines)


@pytest.mark.parametrize(
    "value",
    [
        {"$oid": ""},
        {"$oid": None},
        {"$oid": 1},
        {"$oid": "a", "x": 1},
        {},
        {"$oid": "\ud800"},
        {"x": 1},
    ],
)
@pytest.mark.parametrize("name", ["completion_id", "partner", "content_id", "whole"])
def test_what_is_nearly_an_id_as_an_object(name: str, value: Any) -> None:
    schema = load("continu", "content_completion", columns={"whole": "object"})
    shape = schema.shape().narrowed({"content_id": "content._id"})
    inside = {"content": {"_id": value}} if name == "content_id" else {name: value}
    rows = [
        {
            "completion_id": {"$oid": "a"},
            "partner": {"$oid": "p"},
            "content": {"_id": {"$oid": "c"}},
        }
    ]
    path = FastPath(shape, all_columns(schema))
    for body in (dumped(rows), dumped([{**rows[0], **inside}]), dumped([*rows, inside])):
        assert fast(path, body) == carefully(shape, all_columns(schema), body)
