"""An array is cut into the same elements wherever its bytes were cut on the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tap_continu_coursebase.decode import array as jsonarray
from tap_continu_coursebase.decode.array import NotAnArrayError, batches

modest = settings(
    max_examples=150,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
telling_text = st.text(max_size=5) | st.sampled_from(
    ["},{", '},{"a":', '"', "\\", '\\"', "]", "[1,2]", ",", "\u00eb\U0001f600", '"},{"a":1,"']
)
scalars = st.none() | st.booleans() | st.integers() | telling_text
nested = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(telling_text, inner, max_size=3),
    max_leaves=6,
)
records = st.fixed_dictionaries(
    {"a": scalars}, optional={"b": st.lists(st.fixed_dictionaries({"a": scalars})), "c": nested}
)
arrays = st.lists(records, max_size=12) | st.lists(nested | records, max_size=8)
notations = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([None, None, 0, 2, "\t"]),
        "separators": st.sampled_from([(",", ":"), (", ", ": "), (" , ", " : ")]),
        "ensure_ascii": st.booleans(),
    }
)


def cut(body: bytes, places: list[int]) -> Iterator[bytes]:
    bounds = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    for start, end in pairwise(bounds):
        yield body[start:end]


def elements(body: bytes, places: list[int], size: int) -> list[Any]:
    return [item for batch in batches(cut(body, places), json.loads, size) for item in batch]


@modest
@given(arrays, notations, st.lists(st.integers(0), max_size=20), st.integers(1, 80))
def test_the_elements_are_those_of_the_array(
    array: list[Any], notation: dict[str, Any], places: list[int], size: int
) -> None:
    body = json.dumps(array, **notation).encode()
    assert elements(body, places, size) == array
    assert elements(b"\xef\xbb\xbf \r\n" + body + b"\n ", places, size) == array
    assert elements(body, list(range(len(body))), size) == array


@modest
@given(arrays, notations, st.integers(0), st.lists(st.integers(0), max_size=9), st.integers(1, 80))
def test_a_body_that_ends_anywhere_else_is_refused(
    array: list[Any], notation: dict[str, Any], end: int, places: list[int], size: int
) -> None:
    body = json.dumps(array, **notation).encode()
    with pytest.raises(NotAnArrayError):
        elements(body[: end % len(body)], places, size)


@modest
@given(
    arrays,
    st.sampled_from([b"]", b",", b"x", b"[]", b',{"a":1}]', b'},{"a":1}]', b"\x00", b"\x0b"]),
    st.lists(st.integers(0), max_size=9),
    st.integers(1, 80),
)
def test_a_body_that_goes_on_is_refused(
    array: list[Any], rest: bytes, places: list[int], size: int
) -> None:
    with pytest.raises(NotAnArrayError):
        elements(json.dumps(array).encode() + b" " + rest, places, size)


@pytest.mark.parametrize("size", [1, 1000])
@pytest.mark.parametrize(
    ("body", "looks"),
    [
        (b"", "not complete JSON"),
        (b" \n", "not complete JSON"),
        (b"\xef\xbb\xbf", "not complete JSON"),
        (b"\xef\xbb", "not complete JSON"),
        (b"[", "not complete JSON"),
        (b"[,]", "not complete JSON"),
        (b"[1,]", "not complete JSON"),
        (b"[ ,1]", "not complete JSON"),
        (b"[1,,2]", "not complete JSON"),
        (b'[{"a":1},]', "not complete JSON"),
        (b'[{"a":1},{"a":2},]', "not complete JSON"),
        (b'[{"a":1} {"a":2}]', "not complete JSON"),
        (b'[{"a":1},{"a":2}}]', "not complete JSON"),
        (b'[{"a":1],{"a":2}]', "not complete JSON"),
        (b"[1]]", "not complete JSON"),
        (b"[1][2]", "not complete JSON"),
        (b"{}", "not a JSON array"),
        (b'"a"', "not a JSON array"),
        (b" <html>", "an HTML page"),
    ],
)
def test_what_is_no_whole_array_is_refused(body: bytes, looks: str, size: int) -> None:
    for places in ([], list(range(len(body)))):
        with pytest.raises(NotAnArrayError, match=f"^{looks}$"):
            elements(body, places, size)


def test_other_errors_of_the_decoder_are_its_own() -> None:
    def refuse(batch: bytes) -> None:
        raise KeyError

    with pytest.raises(KeyError):
        list(batches([b'[{"a":1},{"a":2}]'], refuse, 5))


# How much work it is, counted.


class Work:
    """Counts what is decoded and what is scanned."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.decoded = self.scanned = self.calls = self.largest = 0
        for name in ("_TO_COMMA", "TO_BRACKET"):
            monkeypatch.setattr(jsonarray, name, Counted(getattr(jsonarray, name), self))

    def decode(self, batch: bytes) -> list[Any]:
        self.calls += 1
        self.decoded += len(batch)
        self.largest = max(self.largest, len(batch))
        found: list[Any] = json.loads(batch)
        return found


class Counted:
    def __init__(self, pattern: re.Pattern[bytes], work: Work) -> None:
        self._pattern = pattern
        self._work = work

    def match(self, text: bytearray, position: int) -> re.Match[bytes] | None:
        found = self._pattern.match(text, position)
        self._work.scanned += (found.end() if found else len(text)) - position
        return found


SIZE = 1000
ROWS = range(2000)
easy = [{"id": n, "title": "t" * 30} for n in ROWS]
hostile = {
    "titles": [{"id": n, "title": '},{"id":'} for n in ROWS],
    "nested arrays": [{"id": n, "parts": [{"id": m} for m in range(3)]} for n in ROWS],
    "nested once": [{"id": 0}, {"id": 1}, {"x": [{"id": m} for m in range(20_000)]}],
    "all in one": [{"x": [{"id": m} for m in range(20_000)]}],
    "a long text": ["},{" * 30_000],
    "other keys": [{"id": 1}, {"id": 2}, *({"other": n} for n in range(5000))],
    "numbers": list(range(20_000)),
    "arrays": [[[n]] for n in range(10_000)],
    "empty objects": [{} for _ in range(10_000)],
    "a long key": [{"k" * 5000: n} for n in range(50)],
}


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("name", hostile)
def test_the_work_grows_with_the_body_only(
    name: str, indent: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps(hostile[name], indent=indent).encode()
    work = Work(monkeypatch)
    found = [
        item for batch in batches(cut(body, [*range(0, len(body), 99)]), work.decode, SIZE)
        for item in batch
    ]  # fmt: skip
    assert found == hostile[name]
    assert work.calls <= len(body) / SIZE + 5
    assert work.decoded <= 2 * len(body) + 4 * work.largest
    assert work.scanned <= 6 * len(body)


def test_an_unclosed_body_is_little_work(monkeypatch: pytest.MonkeyPatch) -> None:
    for opening in (b"[", b'{"a":', b'["', b'[{"a":1},{"a":"'):
        work = Work(monkeypatch)
        body = b"[" + opening + opening * 10_000
        with pytest.raises(NotAnArrayError):
            list(batches(cut(body, [*range(0, len(body), 99)]), work.decode, SIZE))
        assert work.scanned <= 8 * len(body)


def test_usual_records_are_not_scanned(monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps(easy).encode()
    work = Work(monkeypatch)
    found = list(batches([body], work.decode, SIZE))
    assert sum(map(len, found)) == len(easy)
    assert work.scanned <= 100
    assert work.largest <= 2 * SIZE
    assert work.decoded <= len(body) + 2 * work.calls


def test_wrong_cuts_are_few() -> None:
    array = [{"id": n, "parts": [{"id": m, "x": "y" * 50} for m in range(50)]} for n in range(100)]
    wrong = 0

    def decode(batch: bytes) -> list[Any]:
        nonlocal wrong
        try:
            found: list[Any] = json.loads(batch)
        except ValueError:
            wrong += 1
            raise
        return found

    body = json.dumps(array).encode()
    assert [item for batch in batches([body], decode, SIZE) for item in batch] == array
    assert 0 < wrong <= 3
