"""Bodies of responses: valid rows written in any style, and what may become of their bytes."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import simplejson
from hypothesis import strategies as st

from tests.decode.json_values import values
from tests.transport.scripted_server import Reply

Row = dict[str, Any]

titles = st.sampled_from(
    [
        "},{",
        "}, {",
        '"},\n{"',
        "[[{",
        "]}]",
        "\\",
        '\\"',
        "\x00",
        "\ud800",
        "\U0001f600",
        "é" * 40,
        "\u2028",
        "x" * 70_000,
    ]
)


def names(known: Iterable[str]) -> st.SearchStrategy[str]:
    """Keys of a row: declared ones, in other spellings too, and any text."""
    declared = st.sampled_from(sorted(known))
    camel = declared.map(lambda name: name.title().replace("_", ""))
    return declared | camel | st.sampled_from(["_id", "id", "},{", ""]) | st.text(max_size=8)


@st.composite
def rows(draw: st.DrawFn, key: Sequence[str], known: Iterable[str], most: int = 6) -> list[Row]:
    """Rows that have their keys, each another one; all else is whatever JSON there is."""
    field = names(set(known) - set(key))
    found: list[Row] = []
    for number in range(draw(st.integers(0, most))):
        extra = draw(st.dictionaries(field, values() | titles, max_size=5))
        identity = {name: f"{name}-{number}-é" for name in key}
        row = extra | identity if draw(st.booleans()) else identity | extra | identity
        if draw(st.booleans()):
            row["content"] = [identity, {"rows": [row | {"content": None}]}]
        found.append(row)
    return found


@st.composite
def written(draw: st.DrawFn, value: Any) -> bytes:
    """A value as JSON in one of the styles that servers write."""
    text = simplejson.dumps(
        value,
        use_decimal=True,
        allow_nan=True,
        ensure_ascii=draw(st.booleans()),
        indent=draw(st.sampled_from([None, None, 0, 1, "\t"])),
        separators=draw(st.sampled_from([None, (",", ":"), (" ,", " : "), (",\r\n", ":\n")])),
    )
    start = draw(st.sampled_from(["", "", "\ufeff", " ", "\n\r\t "]))
    end = draw(st.sampled_from(["", "", "\n", "  \r\n"]))
    # A lone surrogate as it is has no UTF-8: its bytes are invalid there.
    return (start + text + end).encode("utf-8", "surrogatepass")


garbage = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            b"",
            b"null",
            b"[null]",
            b"[[]]",
            b"[{}]",
            b"{}",
            b"[{}, 1]",
            b'[{"a": 1} {"a": 2}]',
            b"[1, 2",
            b"[]]",
            b"[] []",
            b"[,]",
            b"[{},]",
            b"<html><body>Sign in</body></html>",
            b"[" * 100_000,
            b"[" * 100_000 + b"]" * 100_000,
            b'[{"a":' * 50_000,
            b'{"message": "no"}',
            b'{"status": "success"}',
            b'{"status": "error", "error": null}',
            b'{"status": "success", "data": 3}',
            b"\xff\xfe[\x00]\x00",
            b"[" + b"9" * 10_000 + b"]",
            b'["\\ud800", NaN, -Infinity]',
        ]
    ),
    st.builds(lambda value: simplejson.dumps(value, allow_nan=True).encode(), values()),
)


@st.composite
def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """A body cut, flipped, or with something in it that was not there."""
    found = bytearray(body)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(found)))
        match draw(st.sampled_from(["cut", "flip", "put", "drop", "repeat"])):
            case "cut":
                del found[at:]
            case "flip" if at < len(found):
                found[at] ^= draw(st.integers(1, 255))
            case "put":
                found[at:at] = draw(st.sampled_from(INSERTED))
            case "drop":
                del found[at : at + draw(st.integers(1, 20))]
            case "repeat":
                found[at:at] = found[at : at + draw(st.integers(1, 40))]
    return bytes(found)


INSERTED = (
    b"\x00",
    b"\xff",
    b"\xed\xa0\x80",
    b'"',
    b"{",
    b"}",
    b"]",
    b",",
    b"},{",
    b"NaN",
    b"\\",
    b"\xef\xbb\xbf",
    b"[[[[[[[[[[",
    b"1e999999999",
    b"\\u0000",
    b"\\ud83d",
)


@dataclass(frozen=True)
class Served:
    """A reply, and what a client is to make of it.

    Attributes:
        reply: What is sent.
        body: What is to be read from it; None if nothing can be.
    """

    reply: Reply
    body: bytes | None


@st.composite
def sent_well(draw: st.DrawFn, body: bytes) -> Served:
    """A body as servers send one."""
    chunks = draw(st.sampled_from([0, 0, 1, 7, 4096])) if len(body) < 2000 else 0
    match draw(st.sampled_from(["plain", "gzip", "deflate"])):
        case "gzip":
            return Served(_encoded(gzip.compress(body), "gzip", chunks), body)
        case "deflate":
            return Served(_encoded(zlib.compress(body), "deflate", chunks), body)
        case _:
            return Served(Reply(body=body, chunks=chunks), body)


@st.composite
def served(draw: st.DrawFn, body: bytes) -> Served:
    """A body sent well or badly."""
    chunks = draw(st.sampled_from([0, 0, 1, 7, 4096])) if len(body) < 2000 else 0
    match draw(st.sampled_from([*["well"] * 5, *DAMAGES])):
        case "cut gzip":
            whole = gzip.compress(body)
            at = draw(st.integers(1, len(whole) - 1))
            return Served(_encoded(whole[:at], "gzip", chunks), body)
        case "garbage gzip":
            found = b"\x1f\x8b\x08\x00" + draw(st.binary(min_size=1, max_size=60))
            return Served(_encoded(found, "gzip", chunks), None)
        case "not gzip":
            # Nothing at all is nothing, compressed or not.
            return Served(_encoded(body + b" " * (not body), "gzip", chunks), None)
        case "unknown encoding":
            return Served(_encoded(body, "rot13", chunks), body)
        case "longer":
            more = draw(st.integers(1, 10_000))
            return Served(Reply(body=body, promised=len(body) + more), None)
        case "shorter" if body:
            length = draw(st.integers(0, len(body) - 1))
            return Served(Reply(body=body, promised=length), body[:length])
        case "cut chunks" if chunks:
            return Served(Reply(body=body, chunks=chunks, ending="cut"), None)
        case _:
            return draw(sent_well(body))


DAMAGES = (
    "cut gzip",
    "garbage gzip",
    "not gzip",
    "unknown encoding",
    "longer",
    "shorter",
    "cut chunks",
)


def _encoded(body: bytes, encoding: str, chunks: int) -> Reply:
    return Reply(body=body, chunks=chunks, headers={"Content-Encoding": encoding})


class Unknown(Exception):  # noqa: N818 - no error, but a question that is not answered here
    """Whether a body can be read is for the tap to decide."""


def read(body: bytes | None) -> Any:
    """Read a body as plainly as possible.

    Raises:
        ValueError: If it is not JSON.
        Unknown: If it is nested deeper than is read here.
    """
    if body is None:
        raise ValueError
    try:
        return json.loads(body.decode("utf-8-sig", "replace"), parse_int=str, parse_float=str)
    except RecursionError as error:
        raise Unknown from error
