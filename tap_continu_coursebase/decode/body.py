"""Find the rows of a response, whatever they are wrapped in.

The documentation says one JSON array of objects. Also read are an object around such an array,
one object a line, and nothing at all: ``null``, ``{}`` or no bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any, Generic, TypeVar

import msgspec

from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.decode import hints
from tap_continu_coursebase.decode.array import (
    BATCH_BYTES,
    BLANK,
    BROKEN,
    TO_BRACKET,
    NotAnArrayError,
    batches,
    begin,
    elements,
    fill,
    pieces,
)
from tap_continu_coursebase.decode.scanner import Scanner

T = TypeVar("T")

_LOOKED_AT = 1 << 20
"""An object that is larger is no line of a file of lines."""
_DEEPEST_ROWS = 4
_MOST_NOTED = 500
_LONGEST_SHOWN = 1 << 14
_OTHER_ELEMENTS = {
    b"[": "arrays",
    b'"': "strings",
    b"t": "booleans",
    b"f": "booleans",
    **dict.fromkeys((b"%d" % digit for digit in range(10)), "numbers"),
    b"-": "numbers",
}
_split = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_FIRST = re.compile(rb"\[[ \t\r\n]*+(.)", re.DOTALL)
_JSON_IN_STRING = re.compile(rb'"(\\[nrt]|\s)*[\[{]')


@dataclass(frozen=True)
class Wrapping:
    """What is known of a response before it is read.

    Attributes:
        path: Where the rows are in an object, dotted; None for its only array of objects.
        option: The setting that says so.
        is_framed: Whether the response tells where it ends.
        is_row: Tells by its keys whether an object is a row.
    """

    path: str | None = None
    option: str = "rows_path"
    is_framed: bool = True
    is_row: Callable[[Collection[str]], bool] = lambda _keys: False


class Body(Generic[T]):
    """The rows of one response.

    Args:
        chunks: Its bytes as they arrive.
        decode: Turns the bytes of a JSON array into what is yielded, as for ``array.batches``.
        wrapping: What is known of it.
        size: Bytes that a batch has at least, unless it is the last one.

    Attributes:
        shape: What it is, once it is read.
    """

    def __init__(
        self,
        chunks: Iterable[bytes],
        decode: Callable[[bytes], T],
        wrapping: Wrapping,
        size: int = BATCH_BYTES,
    ) -> None:
        self._arriving = pieces(chunks, size)
        self._decode = decode
        self._wrapping = wrapping
        self._size = size
        self._envelope: _Envelope[T] | None = None
        self._remarks: list[str] = []
        self.shape = "array"

    def batches(self) -> Iterator[T]:
        """Decode the rows in batches, in memory bounded by ``size`` and the largest row.

        Raises:
            NotAnArrayError: If no rows are to be found, or the body is not complete.
        """
        start = begin(self._arriving)
        match bytes(start[:1]):
            case b"[":
                yield from self._array(start)
            case b"{":
                yield from self._object(start)
            case b"" if self._wrapping.is_framed:
                self._is_nothing("without a body")
            case b"":
                raise NotAnArrayError("empty, and nothing tells that it is complete")
            case _:
                self._other(start)

    def remarks(self, rows: int) -> list[str]:
        """Return what a user should know of the response, once it is read.

        Args:
            rows: How many rows there were.
        """
        said = self._envelope.said if self._envelope else {}
        return [*self._remarks, *hints.remarks(said, rows)]

    def _is_nothing(self, what: str) -> None:
        self.shape = f"nothing ({what})"
        self._remarks.append(f"was {what}: taken for no rows")

    def _array(self, start: bytearray) -> Iterator[T]:
        while not (first := _FIRST.match(start)) and fill(start, self._arriving, len(start) + 1):
            pass
        if first and (kind := _OTHER_ELEMENTS.get(first[1])) is not None:
            raise NotAnArrayError(f"an array of {kind} instead of objects", is_other=True)
        chunks = chain((bytes(start),), self._arriving)
        start.clear()  # the callers hold it while the rows are read
        yield from batches(chunks, self._decode, self._size)

    def _object(self, start: bytearray) -> Iterator[T]:
        end = _object_end(start, self._arriving)
        if end is not None:
            after = _what_follows(start, end, self._arriving)
            if after.startswith(b"{"):
                yield from self._lines(start)
                return
            if not after and (keys := _keys(start[:end])) is not None:
                if not keys:
                    self._is_nothing("{}")
                    return
                if self._wrapping.is_row(keys):
                    self.shape = "lines"
                    yield self._decode(b"".join([b"[", start[:end], b"]"]))
                    return
        self._envelope = _Envelope(Scanner(start, self._arriving), self._decode, self._wrapping)
        yield from self._envelope.batches(self._size)
        self.shape = self._envelope.shape
        if self._envelope.nothing:
            self._is_nothing(self._envelope.nothing)

    def _lines(self, buffer: bytearray) -> Iterator[T]:
        """Read one object a line: text inside of an object has no line breaks."""
        if not self._wrapping.is_framed:
            raise NotAnArrayError("lines of JSON, and nothing tells that they are complete")
        self.shape = "lines"
        goal = self._size
        while True:
            is_more = fill(buffer, self._arriving, goal)
            end = buffer.rfind(b"\n") + 1 if is_more else len(buffer)
            lines = [line for part in buffer[:end].split(b"\n") if (line := part.strip(BLANK))]
            if lines:
                yield self._decode_lines(lines)
            del buffer[:end]
            if not is_more:
                return
            goal = self._size + len(buffer) * (2 if not end else 1)

    def _decode_lines(self, lines: list[bytearray]) -> T:
        if not all(line.startswith(b"{") and line.endswith(b"}") for line in lines):
            raise NotAnArrayError(BROKEN)
        try:
            return self._decode(b"[%b]" % b",".join(lines))
        except ValueError as error:
            raise NotAnArrayError(BROKEN) from error

    def _other(self, start: bytearray) -> None:
        """Read a body that is neither an array nor an object: nothing, or an error."""
        is_long = fill(start, self._arriving, _LONGEST_SHOWN + 1)
        if start.rstrip(BLANK) == b"null" and not any(p.strip(BLANK) for p in self._arriving):
            self._is_nothing("null")
            return
        said = "a long text" if is_long else start.decode("utf-8", "replace").strip()
        if start.startswith(b"<"):
            raise NotAnArrayError("an HTML page", is_other=True, said=said)
        if _JSON_IN_STRING.match(start):
            raise NotAnArrayError("a JSON string with JSON in it", is_other=True)
        if start.startswith(b'"'):
            raise NotAnArrayError("a JSON string", is_other=True, said=said)
        raise NotAnArrayError("not JSON", is_other=True, said=said.partition("\n")[0])


class _Envelope(Generic[T]):
    """An object with the rows in it.

    Attributes:
        said: What else it says: scalars, and of other values whether they hold something.
        shape: Where the rows are, once it is read.
        nothing: What stands in the place of the rows, if it is not an array.
    """

    def __init__(self, scanner: Scanner, decode: Callable[[bytes], T], wrapping: Wrapping) -> None:
        self._scanner = scanner
        self._decode = decode
        self._path = wrapping.path
        self._option = wrapping.option
        self._deepest = max(_DEEPEST_ROWS, 1 + (wrapping.path or "").count("."))
        self._found: str | None = None
        self._refused: TapError | None = None
        self._arrays: list[str] = []
        self._empty: list[str] = []
        self._keys: list[str] = []
        self.said: dict[str, Any] = {}
        self.shape = "object"
        self.nothing = ""

    def batches(self, size: int) -> Iterator[T]:
        """Decode the rows in batches.

        Raises:
            NotAnArrayError: If it is not plain which rows they are, or the object is not complete.
        """
        for decoded in self._object("", 1, size):
            if decoded is not None:
                yield decoded
        if self._scanner.peek():
            raise NotAnArrayError(BROKEN)
        if self._path is None:
            self._check_only_one()
        elif self._found is None:
            self._check_empty_path(self._path)
        else:
            self.shape = f"object with the rows at {self._path}"
        if self._refused is not None:
            raise self._refused

    def _object(self, prefix: str, depth: int, size: int) -> Generator[T | None, None, None]:
        scanner = self._scanner
        scanner.take(b"{")
        if scanner.peek() == b"}":
            scanner.take(b"}")
            return
        self._note(prefix[:-1], value=True)
        while True:
            if scanner.peek() != b'"':
                raise NotAnArrayError(BROKEN)
            key = str(scanner.scalar())
            if depth == 1 and len(self._keys) < _MOST_NOTED:
                self._keys.append(key)
            scanner.take(b":")
            yield from self._member(prefix + key, depth, size)
            if scanner.peek() == b"}":
                scanner.take(b"}")
                return
            scanner.take(b",")

    def _member(self, path: str, depth: int, size: int) -> Generator[T | None, None, None]:
        match self._scanner.peek():
            case b"[":
                yield from self._array(path, depth, size)
            case b"{" if depth < self._deepest:
                yield from self._object(f"{path}.", depth + 1, size)
            case b"{":
                self._scanner.skip()
            case _:
                self._note(path, self._scanner.scalar())

    def _array(self, path: str, depth: int, size: int) -> Generator[T | None, None, None]:
        scanner = self._scanner
        scanner.take(b"[")
        first = scanner.peek()
        is_named = path == self._path
        if first == b"]":
            scanner.take(b"]")
            self._empty += [path][: len(self._empty) < _MOST_NOTED]
            self._found = path if is_named else self._found
            return
        self._note(path, value=True)
        if first == b"{":
            self._arrays += [path][: len(self._arrays) < _MOST_NOTED]
            if is_named and self._found is not None:
                raise NotAnArrayError(f"an object with two members at {path}", is_other=True)
            if is_named or (self._path is None and depth == 1 and self._found is None):
                self._found = path
                scanner.buffer = yield from elements(
                    scanner.buffer, scanner.arriving, self._decode_or_wait, size
                )
                return
        scanner.skip_rest(bytearray(b"["))

    def _decode_or_wait(self, batch: bytes) -> T | None:
        """Decode rows; whether they may be refused is known once all arrays have been seen."""
        try:
            return self._decode(batch)
        except TapError as error:
            self._refused = self._refused or error
            return None

    def _note(self, path: str, value: Any) -> None:
        if len(self.said) < _MOST_NOTED:
            self.said[path] = value

    def _check_only_one(self) -> None:
        """Take the only array of objects at the top for the rows, or what is plainly none."""
        top = [path for path in self._arrays if "." not in path]
        if len(top) == 1:
            rivals = [path for path in self._empty if hints.is_of_rows(path)]
            if not rivals or hints.is_of_rows(top[0]):
                self.shape = f"object with the rows at {top[0]}"
                return
            top += rivals
        if top:
            raise self._unclear("an object with several arrays that may be the rows", top)
        complains = hints.complains(self.said)
        if not complains and self._is_empty():
            return
        if deeper := [*self._arrays, *(path for path in self._empty if "." in path)]:
            raise self._unclear("an object that may have the rows deeper inside", deeper)
        counted = next(
            (path for path in self.said if hints.counts_nothing(path, self.said[path])), ""
        )
        if counted and not complains and hints.only_counts(self._keys):
            self.nothing = f"an object with 0 at {counted}"
            return
        raise NotAnArrayError("an object without rows", is_other=True, said=self._shown())

    def _is_empty(self) -> bool:
        """Tell whether an empty array or null stands where rows would, and note it."""
        for path in self._empty:
            if hints.is_of_rows(path):
                self.shape = f"object with the rows at {path}"
                return True
        for path, value in self.said.items():
            if value is None and hints.is_of_rows(path):
                self.nothing = f"an object with null at {path}"
                return True
        return False

    def _check_empty_path(self, path: str) -> None:
        if self.said.get(path, True) is None:
            self.nothing = f"an object with null at {path}"
            return
        arrays = [*self._arrays, *self._empty]
        if arrays:
            raise self._unclear(f"an object without an array of objects at {path}", arrays)
        raise NotAnArrayError(
            f"an object without the rows that {self._option} names",
            is_other=True,
            said=self._shown(),
        )

    def _unclear(self, what: str, candidates: list[str]) -> NotAnArrayError:
        found = ", ".join(hints.shown(path) for path in candidates[:10])
        return NotAnArrayError(
            f"{what}: set {self._option} to one of them", is_other=True, said=found
        )

    def _shown(self) -> str:
        """Return the text of a message, else the keys."""
        if message := hints.message(self.said):
            return message
        return "its keys are " + hints.listed(self._keys)


def _object_end(buffer: bytearray, arriving: Iterator[bytes]) -> int | None:
    """Find where the object ends that a body begins with; None if it is large or has no end."""
    depth = position = 0
    while True:
        while found := TO_BRACKET.match(buffer, position):
            position = found.end()
            depth += 1 if found[1] in b"[{" else -1
            if depth == 0:
                return position
        if len(buffer) >= _LOOKED_AT or not fill(buffer, arriving, len(buffer) + 1):
            return None


def _what_follows(buffer: bytearray, end: int, arriving: Iterator[bytes]) -> bytearray:
    """Return what arrives after an object and is not blank, of which a line break is kept."""
    while not (after := buffer[end:].lstrip(BLANK)):
        buffer[end:] = b"\n"
        if not fill(buffer, arriving, len(buffer) + 1):
            break
    return after


def _keys(text: bytearray) -> Collection[str] | None:
    """Return the keys of a complete object; None if it is broken."""
    try:
        return _split(text).keys()
    except (ValueError, RecursionError):
        return None
