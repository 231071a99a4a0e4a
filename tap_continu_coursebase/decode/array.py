"""Cut the bytes of one JSON array into batches of whole elements, as they arrive.

Pure functions: no I/O, no clock. A batch ends where the separator of the first two
elements, for instance ``},{"id":``, occurs last in what has arrived. Such bytes may also
lie in a nested array, so the cut is proven by decoding the batch: only after an element of
the outer array does ``[`` + batch + ``]`` parse. Where that fails, a scanner that knows
strings and brackets finds the exact cut, and after three failures it finds all of them.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

BATCH_BYTES = 1 << 18
_MOST_FAILURES = 3
_LONGEST_SEPARATOR = 100
_BROKEN = "not complete JSON"
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
_STRING = rb'"(?:[^"\\]++|\\.)*+"'
_TO_COMMA = re.compile(rb'(?:[^"\[\]{},]++|' + _STRING + rb")*+([\[\]{},])", re.DOTALL)
_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|' + _STRING + rb")*+([\[\]{}])", re.DOTALL)
_NEXT_OBJECT = re.compile(rb",[ \t\r\n]*\{[ \t\r\n]*" + _STRING + rb"[ \t\r\n]*:", re.DOTALL)


class NotAnArrayError(ValueError):
    """The body is not one complete JSON array; the message completes "the response is".

    Attributes:
        is_other: Whether it is something else from its beginning on, rather than cut or broken.
    """

    def __init__(self, message: str, *, is_other: bool = False) -> None:
        super().__init__(message)
        self.is_other = is_other


def batches(
    chunks: Iterable[bytes], decode: Callable[[bytes], T], size: int = BATCH_BYTES
) -> Iterator[T]:
    """Decode one JSON array in batches, in memory bounded by ``size`` and its largest element.

    Args:
        chunks: The bytes of the body, cut anywhere.
        decode: Turns the bytes of a smaller JSON array into what is yielded; raises
            ValueError if they are no JSON array. It is called in the order of the body,
            with a wrong cut at most three times.
        size: Bytes that a batch has at least, unless it is the last one.

    Yields:
        What ``decode`` makes of each batch; nothing if the array is empty.

    Raises:
        NotAnArrayError: If the body is anything but one complete JSON array. What came
            before the fault has been yielded by then.
    """
    arriving = _pieces(chunks, size)
    buffer = _begin(arriving)
    cutter = _Cutter(decode)
    goal = size
    begun = False
    while _fill(buffer, arriving, goal):
        found = cutter.cut(buffer)
        if found is None:
            goal = 2 * len(buffer)
            continue
        comma, decoded = found
        yield decoded
        del buffer[: comma + 1]
        goal = len(buffer) + size
        begun = True
    last = buffer.rstrip(_BLANK)
    if not last.endswith(b"]"):
        raise NotAnArrayError(_BROKEN)
    if last[:-1].strip(_BLANK):
        yield _decode_between(last, len(last) - 1, decode)
    elif begun:
        raise NotAnArrayError(_BROKEN)


class _Cutter:
    """Finds where to cut what has arrived.

    Args:
        decode: Proves a cut that is likely.
    """

    def __init__(self, decode: Callable[[bytes], T]) -> None:
        self._decode = decode
        self._separator: bytes | None = None
        self._failures = 0

    def cut(self, buffer: bytearray) -> tuple[int, Any] | None:
        """Return the comma after the last complete element and what is decoded before it.

        Returns:
            None if no element is known to be complete yet.
        """
        if self._failures < _MOST_FAILURES and (likely := self._likely(buffer)) is not None:
            try:
                return likely, self._decode(_array(buffer, likely))
            except ValueError:
                self._failures += 1
        exact = deque(_commas(buffer), maxlen=1)
        return (exact[0], _decode_between(buffer, exact[0], self._decode)) if exact else None

    def _likely(self, buffer: bytearray) -> int | None:
        if self._separator is None:
            self._separator = _separator(buffer)
            if self._separator is None:
                return None
        at = buffer.rfind(self._separator)
        return None if at < 0 else at + self._separator.index(b",")


def _pieces(chunks: Iterable[bytes], size: int) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            yield chunk[start : start + size]


def _begin(arriving: Iterator[bytes]) -> bytearray:
    """Take the opening bracket, and return what came after it."""
    buffer = bytearray()
    for piece in arriving:
        buffer += piece
        if len(buffer) < len(_BOM) and _BOM.startswith(buffer):
            continue
        start = buffer.removeprefix(_BOM).lstrip(_BLANK)
        if start.startswith(b"["):
            return start[1:]
        if start.startswith(b"<"):
            raise NotAnArrayError("an HTML page")
        if start:
            raise NotAnArrayError("not a JSON array", is_other=True)
        del buffer[len(_BOM) :]
    raise NotAnArrayError(_BROKEN)


def _fill(buffer: bytearray, arriving: Iterator[bytes], goal: int) -> bool:
    """Add what arrives until there is as much as wanted; tell whether there is."""
    while len(buffer) < goal:
        piece = next(arriving, None)
        if piece is None:
            return False
        buffer += piece
    return True


def _array(buffer: bytearray, end: int) -> bytes:
    return b"".join([b"[", memoryview(buffer)[:end], b"]"])


def _decode_between(buffer: bytearray, end: int, decode: Callable[[bytes], T]) -> T:
    """Decode what lies between exact cuts."""
    if not buffer[:end].strip(_BLANK):
        raise NotAnArrayError(_BROKEN)
    try:
        return decode(_array(buffer, end))
    except ValueError as error:
        raise NotAnArrayError(_BROKEN) from error


def _separator(buffer: bytearray) -> bytes | None:
    """Return what stands between the first two elements, if they are objects."""
    comma = next(_commas(buffer), None)
    if comma is None:
        return None
    following = _NEXT_OBJECT.match(buffer, comma)
    first = buffer[:comma].rstrip(_BLANK)
    if following is None or not first.endswith(b"}"):
        return None
    separator = bytes(buffer[len(first) - 1 : following.end()])
    return separator if len(separator) <= _LONGEST_SEPARATOR else None


def _commas(buffer: bytearray) -> Iterator[int]:
    """Find the commas of the outer array, from its first element on."""
    depth = 1
    position = 0
    while found := (_TO_BRACKET if depth > 1 else _TO_COMMA).match(buffer, position):
        position = found.end()
        match found[1]:
            case b",":
                yield position - 1
            case b"[" | b"{":
                depth += 1
            case _:
                depth -= 1
        if depth == 0:
            if buffer[position:].strip(_BLANK):
                raise NotAnArrayError(_BROKEN)
            return
