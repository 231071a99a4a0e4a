"""Cut the bytes of one JSON array into batches of whole elements, as they arrive.

Pure functions: no I/O, no clock. A batch ends where the separator of the first two
elements, for instance ``},{"id":``, occurs last in what has arrived. Such bytes may also
lie in a nested array, so the cut is proven by decoding the batch: only after an element of
the outer array does ``[`` + batch + ``]`` parse. Where that fails, a scanner that knows
strings and brackets finds the exact cut, and after three failures it finds all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, TypeVar

T = TypeVar("T")

BATCH_BYTES = 1 << 18
_MOST_FAILURES = 3
_LONGEST_SEPARATOR = 100
_COMMA, _CLOSING = b",]"
BROKEN = "not complete JSON"
BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"
STRING = rb'"(?:[^"\\]++|\\.)*+"'
_TO_COMMA = re.compile(rb'(?:[^"\[\]{},]++|' + STRING + rb")*+([\[\]{},])", re.DOTALL)
TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|' + STRING + rb")*+([\[\]{}])", re.DOTALL)
_NEXT_OBJECT = re.compile(rb",[ \t\r\n]*\{[ \t\r\n]*" + STRING + rb"[ \t\r\n]*:", re.DOTALL)


class NotAnArrayError(ValueError):
    """The body is not one complete JSON array; the message completes "the response is".

    Attributes:
        is_other: Whether it is something else from its beginning on, rather than cut or broken.
        said: What the server says in it, to be shown without secrets.
    """

    def __init__(self, message: str, *, is_other: bool = False, said: str = "") -> None:
        super().__init__(message)
        self.is_other = is_other
        self.said = said


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
    arriving = pieces(chunks, size)
    buffer = begin(arriving)
    if not buffer.startswith(b"["):
        raise _no_array(buffer)
    del buffer[:1]
    yield from _elements(buffer, arriving, decode, size, is_inner=False)


def elements(
    buffer: bytearray,
    arriving: Iterator[bytes],
    decode: Callable[[bytes], T],
    size: int = BATCH_BYTES,
) -> Generator[T, None, bytearray]:
    """Decode an array that is part of something else.

    Args:
        buffer: What has arrived after its opening bracket.
        arriving: The bytes after these, in ``pieces``.
        decode: As for ``batches``.
        size: Likewise.

    Yields:
        As ``batches``.

    Returns:
        What has arrived after its closing bracket.

    Raises:
        NotAnArrayError: If it is broken or has no end.
    """
    return _elements(buffer, arriving, decode, size, is_inner=True)


def _elements(
    buffer: bytearray,
    arriving: Iterator[bytes],
    decode: Callable[[bytes], T],
    size: int,
    *,
    is_inner: bool,
) -> Generator[T, None, bytearray]:
    cutter = _Cutter(decode, is_inner=is_inner)
    goal = size
    begun = False
    while not cutter.has_end and fill(buffer, arriving, goal):
        found = cutter.cut(buffer)
        if found is None:
            goal = 2 * len(buffer)
            continue
        comma, decoded = found
        yield decoded
        del buffer[: comma + 1]
        goal = len(buffer) + size
        begun = True
    end = _inner_end(buffer) if is_inner else _outer_end(buffer)
    if buffer[:end].strip(BLANK):
        yield _decode_between(buffer, end, decode)
    elif begun:
        raise NotAnArrayError(BROKEN)
    return buffer[end + 1 :]


class _Cutter:
    """Finds where to cut what has arrived.

    Args:
        decode: Proves a cut that is likely.
        is_inner: Whether something may follow the array.

    Attributes:
        has_end: Whether the end of an inner array is known to have arrived.
    """

    def __init__(self, decode: Callable[[bytes], T], *, is_inner: bool) -> None:
        self._decode = decode
        self._is_inner = is_inner
        self.has_end = False
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
        exact = None
        for mark in _marks(buffer):
            if buffer[mark] == _COMMA:
                exact = mark
            else:
                self._end(buffer, mark)
        return None if exact is None else (exact, _decode_between(buffer, exact, self._decode))

    def _end(self, buffer: bytearray, end: int) -> None:
        if self._is_inner:
            self.has_end = True
        elif buffer[end + 1 :].strip(BLANK):
            raise NotAnArrayError(BROKEN)

    def _likely(self, buffer: bytearray) -> int | None:
        if self._separator is None:
            self._separator = _separator(buffer)
            if self._separator is None:
                return None
        at = buffer.rfind(self._separator)
        return None if at < 0 else at + self._separator.index(b",")


def pieces(chunks: Iterable[bytes], size: int = BATCH_BYTES) -> Iterator[bytes]:
    """Yield the bytes of a body in pieces of limited size."""
    for chunk in chunks:
        for start in range(0, len(chunk), size):
            yield chunk[start : start + size]


def begin(arriving: Iterator[bytes]) -> bytearray:
    """Return what has arrived from its first byte on that is neither blank nor part of a mark.

    Returns:
        Nothing if the body has nothing else; the mark if it is not whole.
    """
    buffer = bytearray()
    for piece in arriving:
        buffer += piece
        if len(buffer) < len(_BOM) and _BOM.startswith(buffer):
            continue
        if start := buffer.removeprefix(_BOM).lstrip(BLANK):
            return start
        del buffer[len(_BOM) :]
    return buffer.removeprefix(_BOM).lstrip(BLANK)


def fill(buffer: bytearray, arriving: Iterator[bytes], goal: int) -> bool:
    """Add what arrives until there is as much as wanted; tell whether there is."""
    while len(buffer) < goal:
        piece = next(arriving, None)
        if piece is None:
            return False
        buffer += piece
    return True


def _no_array(start: bytearray) -> NotAnArrayError:
    if _BOM.startswith(start):
        return NotAnArrayError(BROKEN)
    if start.startswith(b"<"):
        return NotAnArrayError("an HTML page", is_other=True)
    return NotAnArrayError("not a JSON array", is_other=True)


def _outer_end(buffer: bytearray) -> int:
    """Find the bracket that ends a body."""
    last = buffer.rstrip(BLANK)
    if not last.endswith(b"]"):
        raise NotAnArrayError(BROKEN)
    return len(last) - 1


def _inner_end(buffer: bytearray) -> int:
    """Find the bracket that ends the array, whatever follows it."""
    end = next((mark for mark in _marks(buffer) if buffer[mark] != _COMMA), None)
    if end is None or buffer[end] != _CLOSING:
        raise NotAnArrayError(BROKEN)
    return end


def _array(buffer: bytearray, end: int) -> bytes:
    return b"".join([b"[", memoryview(buffer)[:end], b"]"])


def _decode_between(buffer: bytearray, end: int, decode: Callable[[bytes], T]) -> T:
    """Decode what lies between exact cuts."""
    if not buffer[:end].strip(BLANK):
        raise NotAnArrayError(BROKEN)
    try:
        return decode(_array(buffer, end))
    except ValueError as error:
        raise NotAnArrayError(BROKEN) from error


def _separator(buffer: bytearray) -> bytes | None:
    """Return what stands between the first two elements, if they are objects."""
    comma = next(_marks(buffer), None)
    if comma is None or buffer[comma] != _COMMA:
        return None
    following = _NEXT_OBJECT.match(buffer, comma)
    first = buffer[:comma].rstrip(BLANK)
    if following is None or not first.endswith(b"}"):
        return None
    separator = bytes(buffer[len(first) - 1 : following.end()])
    return separator if len(separator) <= _LONGEST_SEPARATOR else None


def _marks(buffer: bytearray) -> Iterator[int]:
    """Find the commas of the outer array, from its first element on, and what closes it."""
    depth = 1
    position = 0
    while found := (TO_BRACKET if depth > 1 else _TO_COMMA).match(buffer, position):
        position = found.end()
        match found[1]:
            case b",":
                yield position - 1
            case b"[" | b"{":
                depth += 1
            case _:
                depth -= 1
        if depth == 0:
            yield position - 1
            return
