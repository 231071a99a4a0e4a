"""Rows are found in whatever they are wrapped in, or nothing passes for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.decode.array import NotAnArrayError
from tap_continu_coursebase.decode.body import Body, Wrapping
from tests.decode.test_array import modest, nested, notations, telling_text

ROWS = [{"id": n, "title": '},{"id":', "tags": [{"id": n}, []]} for n in range(40)]
telling_rows = st.lists(
    st.fixed_dictionaries(
        {"id": telling_text}, optional={"tags": st.lists(st.fixed_dictionaries({"id": nested}))}
    ),
    min_size=1,
    max_size=8,
)


def cut(body: bytes, places: list[int]) -> Iterator[bytes]:
    bounds = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    for start, end in pairwise(bounds):
        yield body[start:end]


def read(
    body: bytes, places: list[int] | None = None, size: int = 100, **known: Any
) -> tuple[list[Any], Body[list[Any]]]:
    found = Body(cut(body, places or []), json.loads, Wrapping(**known), size)
    return [row for batch in found.batches() for row in batch], found


def written(value: Any) -> bytes:
    return json.dumps(value).encode()


@modest
@given(
    telling_rows,
    st.dictionaries(telling_text, st.none() | st.integers() | telling_text, max_size=3),
    st.dictionaries(telling_text, nested, max_size=3),
    notations,
    st.lists(st.integers(0), max_size=20),
    st.integers(1, 80),
)
def test_rows_inside_of_objects(
    rows: list[Any],
    before: dict[str, Any],
    after: dict[str, Any],
    notation: dict[str, Any],
    places: list[int],
    size: int,
) -> None:
    envelope = {**before, "my rows": rows, **after, "my rows": rows}  # noqa: F601 - in its place
    body = json.dumps(envelope, **notation).encode()
    assert read(body, places, size, path="my rows")[0] == rows
    assert read(body, list(range(len(body))), size, path="my rows")[0] == rows
    deep = json.dumps({"a": after, "b": {"c": envelope}}, **notation).encode()
    assert read(deep, places, size, path="b.c.my rows")[0] == rows


@modest
@given(telling_rows, nested, st.integers(0), st.lists(st.integers(0), max_size=9))
def test_a_cut_object_is_refused(rows: list[Any], after: Any, end: int, places: list[int]) -> None:
    body = written({"data": rows, "after": after})
    with pytest.raises(NotAnArrayError, match="complete"):
        read(body[: end % len(body)], places, path="data", is_framed=False)


@modest
@given(telling_rows, st.lists(st.integers(0), max_size=20), st.integers(1, 80))
def test_one_object_a_line(rows: list[Any], places: list[int], size: int) -> None:
    rows = [*rows, *rows]
    for end in (b"\n", b"\r\n", b"\n\n"):
        body = end.join(map(written, rows))
        for whole in (body, body + end, b"\n" + body):
            found, lines = read(whole, places, size)
            assert found == rows
            assert lines.shape == "lines"
    with pytest.raises(NotAnArrayError):
        read(body[:-1], places, size)
    with pytest.raises(NotAnArrayError, match="nothing tells"):
        read(body, places, size, is_framed=False)


def test_one_line() -> None:
    row = {"id": 1, "tags": [{"a": 1}]}
    for body in (written(row), written(row) + b"\r\n \n"):
        assert read(body, is_row=lambda keys: "id" in keys)[0] == [row]
        with pytest.raises(NotAnArrayError):
            read(body, is_row=lambda keys: "email" in keys, path="data")


@pytest.mark.parametrize("name", ["data", "results", "records", "items", "rows", "whatever"])
def test_the_only_array_of_objects_at_the_top(name: str) -> None:
    around = {"ok": True, "tags": ["a"], "warnings": [], "meta": {"columns": [{"name": "id"}]}}
    for envelope in ({**around, name: ROWS}, {name: ROWS, **around}):
        found, body = read(written(envelope))
        assert found == ROWS
        assert body.shape == f"object with the rows at {name}"
        assert body.remarks(len(ROWS)) == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": []}',
        b'{"data": [], "errors": [], "message": "ok"}',
        b'{"success": true, "results": [], "total": 0}',
        b'{"message": "No records found", "rows": []}',
    ],
)
def test_an_empty_array_in_an_object(body: bytes) -> None:
    found, read_body = read(body)
    assert found == []
    assert read_body.remarks(0) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \r\n",
        b"\xef\xbb\xbf",
        b"null",
        b" null\n",
        b"{}",
        b"{ }\n",
        b'{"data": null}',
        b'{"items": null, "message": "no data"}',
    ],
)
def test_nothing_is_told(body: bytes) -> None:
    found, read_body = read(body)
    assert found == []
    [remark] = read_body.remarks(0)
    assert "taken for no rows" in remark


@pytest.mark.parametrize("body", [b"", b"  ", b"\xef\xbb\xbf"])
def test_nothing_that_may_be_cut_is_refused(body: bytes) -> None:
    with pytest.raises(NotAnArrayError, match="empty, and nothing tells") as caught:
        read(body, is_framed=False)
    assert not caught.value.is_other


@pytest.mark.parametrize(
    ("body", "says", "said"),
    [
        (b'{"message": "report disabled"}', "an object without rows", "report disabled"),
        (b'{"data": null, "message": "No access"}', "an object without rows", "No access"),
        (b'{"data": [], "message": "try later"}', "an object without rows", "try later"),
        (b'{"data": [], "success": false}', "an object without rows", "data, success"),
        (b'{"data": [], "errors": ["x"]}', "an object without rows", "data, errors"),
        (b'{"error": {"message": "why"}}', "an object without rows", "why"),
        (b'{"a": 1, "bob@example.com": 2}', "an object without rows", "its keys are a"),
        (b'{"a": [1], "b": [[]]}', "an object without rows", "its keys are a, b"),
        (b'{"a": [{}], "b": [{}]}', "several arrays", "a, b"),
        (b'{"data": [], "errors": [{"code": 1}]}', "several arrays", "errors, data"),
        (b'{"a": {"b": [{}]}}', "deeper inside", "a.b"),
        (b'"disabled"', "a JSON string", '"disabled"'),
        (b'"[{\\"email\\": \\"x\\"}]"', "a JSON string with JSON in it", ""),
        (b"[[1]]", "an array of arrays", ""),
        (b"[1]", "an array of numbers", ""),
        (b' [ "a"]', "an array of strings", ""),
        (b"<html><style>x</style><b>Sign</b> in", "an HTML page", "Sign"),
        (b"email,id\nx,1", "not JSON", "email,id"),
        ("[]".encode("utf-16"), "not JSON", ""),
        (b"true", "not JSON", "true"),
    ],
)
def test_what_has_no_rows_shows_what_it_has(body: bytes, says: str, said: str) -> None:
    for places in ([], list(range(len(body)))):
        with pytest.raises(NotAnArrayError, match=says) as caught:
            read(body, places)
        assert caught.value.is_other
        assert said in caught.value.said
        assert "bob" not in caught.value.said


@pytest.mark.parametrize(
    "body",
    [
        b'{"data": [{}]',
        b'{"data": [{}]}}',
        b'{"data": [{}]} x',
        b'{"data": [{}], }',
        b'{"data": [{}] "a": 1}',
        b'{"data": [{}}, "a": 1}',
        b'{"data": [{},]}',
        b'{"data": [{}], "a": tru}',
        b'{"data": [{}], "a": {"b": [}]}}',
        b'{"data": [{}], "a": [1}}',
        b"{data: [{}]}",
        b'{"a":1}\n{"a":2',
        b'{"a":1}\n{"a":2}x',
        b'{"a":1}\n{"a":2}\n1',
        b"nul",
    ],
)
def test_what_is_broken_is_refused(body: bytes) -> None:
    for places in ([], list(range(len(body)))):
        with pytest.raises(NotAnArrayError):
            read(body, places, 5)


def test_a_path_that_is_not_there() -> None:
    body = written({"data": ROWS, "result": {"items": None}})
    assert read(body, path="result.items")[0] == []
    for path in ("result", "result.rows", "dat"):
        with pytest.raises(NotAnArrayError, match=f"objects at {path}: set opt to one") as caught:
            read(body, path=path, option="opt")
        assert caught.value.said == "data"


def test_rows_that_are_refused_are_no_rows_where_there_are_others() -> None:
    def refuse(batch: bytes) -> list[Any]:
        found: list[Any] = json.loads(batch)
        if any("id" not in row for row in found):
            raise TapError("no id")
        return found

    other = [{"code": 1}]
    with pytest.raises(NotAnArrayError, match="several arrays"):
        list(Body([written({"notes": other, "data": ROWS})], refuse, Wrapping()).batches())
    with pytest.raises(TapError, match="no id"):
        list(Body([written({"notes": other})], refuse, Wrapping()).batches())


@pytest.mark.parametrize(
    "member",
    [
        {"next": "abc"},
        {"next": 2},
        {"has_more": True},
        {"hasMore": "true"},
        {"total": 41},
        {"totalCount": "41"},
        {"pages": 2},
        {"last": False},
        {"meta": {"next_page": 2}},
        {"links": {"next": {"href": "x"}}},
        {"errors": ["shard 3 failed"]},
        {"success": False},
    ],
)
def test_more_than_it_holds_is_told(member: dict[str, Any]) -> None:
    for envelope in ({"data": ROWS, **member}, {**member, "data": ROWS}):
        found, body = read(written(envelope))
        assert found == ROWS
        [remark] = {text.partition(" that ")[0] for text in body.remarks(len(found))}
        assert remark.startswith("says by '")


@pytest.mark.parametrize(
    "member",
    [
        {"next": None},
        {"next": ""},
        {"next": False},
        {"has_more": "false"},
        {"total": 40},
        {"count": 7},
        {"pages": 1},
        {"errors": []},
        {"status": "ok"},
        {"code": 200},
    ],
)
def test_all_that_there_is_needs_no_remark(member: dict[str, Any]) -> None:
    _, body = read(written({"data": ROWS, **member}))
    assert body.remarks(len(ROWS)) == []


def test_what_is_passed_over_is_not_kept() -> None:
    """A large member, before or after the rows, is never in memory as a whole."""
    held = 0

    def chunks() -> Iterator[bytes]:
        nonlocal held
        yield b'{"skipped": {"text": "'
        for _ in range(200):
            held = max(held, len(scanned()))
            yield b'a\\"[{' * 2000
        yield b'", "objects": ['
        for _ in range(200):
            held = max(held, len(scanned()))
            yield b'{"a": [1, "]"]}, ' * 600
        yield b'{}]}, "data": ' + written(ROWS) + b', "rest": ['
        for _ in range(200):
            held = max(held, len(scanned()))
            yield b'["}", 2], ' * 1000
        yield b"[]]}"

    def scanned() -> bytes:
        envelope = body._envelope
        return bytes(envelope._scanner.buffer) if envelope else b""

    body: Body[list[Any]] = Body(chunks(), json.loads, Wrapping(path="data"), 1000)
    assert [row for batch in body.batches() for row in batch] == ROWS
    assert held < 1 << 21


@pytest.mark.parametrize("said", ['"status": "processing"', '"job": "x"', '"next": "x"'])
def test_a_count_of_none_beside_anything_else_is_no_empty_answer(said: str) -> None:
    body = Body([f'{{"count": 0, {said}}}'.encode()], json.loads, Wrapping())
    with pytest.raises(NotAnArrayError, match="an object without rows"):
        list(body.batches())
