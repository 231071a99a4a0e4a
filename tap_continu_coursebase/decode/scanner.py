"""Read JSON as it arrives, token by token, keeping nothing of what is passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from tap_continu_coursebase.decode.array import BROKEN, STRING, NotAnArrayError
from tap_continu_coursebase.decode.value import loads

LONGEST_KEPT = 1 << 12
_LONG = "a long text"
_DEEPEST = 10_000
_BLANKS = re.compile(rb"[ \t\r\n]*+")
_PLAIN = re.compile(rb'(?:[^"\[\]{}]++|' + STRING + rb")*+", re.DOTALL)
_IN_STRING = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
_LITERAL = re.compile(rb'[^ \t\r\n"\[\]{},:]*+')
_OPENING = {b"]": b"[", b"}": b"{"}


class Scanner:
    """What has arrived of a body, from where it is read on.

    Args:
        buffer: The bytes that have arrived; shortened while they are read.
        arriving: Those after them, in pieces.
    """

    def __init__(self, buffer: bytearray, arriving: Iterator[bytes]) -> None:
        self.buffer = buffer
        self.arriving = arriving

    def peek(self) -> bytes:
        """Return the next byte that is not blank; nothing at the end."""
        while True:
            self._drop(_BLANKS)
            if self.buffer:
                return bytes(self.buffer[:1])
            if not self._more():
                return b""

    def take(self, expected: bytes) -> None:
        """Pass over one character.

        Raises:
            NotAnArrayError: If another one follows.
        """
        if self.peek() != expected:
            raise NotAnArrayError(BROKEN)
        del self.buffer[:1]

    def scalar(self) -> Any:
        """Read a string, a number, true, false or null.

        Returns:
            Its value; of a long string only that it is one.

        Raises:
            NotAnArrayError: If it is none of these, or has no end.
        """
        if self.peek() == b'"':
            text = self._string()
            return _LONG if len(text) > LONGEST_KEPT else self._decode(text + b'"')
        text = bytearray()
        while True:
            text += self._drop(_LITERAL)
            if self.buffer or len(text) > LONGEST_KEPT or not self._more():
                return self._decode(text)

    def skip(self) -> None:
        """Pass over an object or an array, however large it is.

        Raises:
            NotAnArrayError: If it has no end.
        """
        self.skip_rest(bytearray())

    def skip_rest(self, opened: bytearray) -> None:
        """Pass over what is left of an object or an array.

        Args:
            opened: The brackets that have been passed and are open.

        Raises:
            NotAnArrayError: If it has no end.
        """
        while True:
            self._drop(_PLAIN)
            character = bytes(self.buffer[:1])
            match character:
                case b"":
                    self._need_more()
                    continue
                case b'"':
                    self._string()
                    continue
                case b"[" | b"{":
                    opened += character
                case _ if not opened.endswith(_OPENING[character]):
                    raise NotAnArrayError(BROKEN)
                case _:
                    del opened[-1:]
            del self.buffer[:1]
            if not opened:
                return
            if len(opened) > _DEEPEST:
                raise NotAnArrayError("nested too deep", is_other=True)

    def _string(self) -> bytearray:
        """Pass over a string, and return its beginning: the opening quote and some of its text."""
        del self.buffer[:1]
        kept = bytearray(b'"')
        while True:
            part = self._drop(_IN_STRING)
            if len(kept) <= LONGEST_KEPT:
                kept += part
            if self.buffer.startswith(b'"'):
                del self.buffer[:1]
                return kept
            self._need_more()

    @staticmethod
    def _decode(text: bytearray) -> Any:
        try:
            return loads(text.decode("utf-8", "replace"))
        except (ValueError, RecursionError) as error:
            raise NotAnArrayError(BROKEN) from error

    def _drop(self, pattern: re.Pattern[bytes]) -> bytes:
        """Pass over what a pattern finds, perhaps nothing."""
        found = pattern.match(self.buffer)
        text = found[0] if found else b""
        del self.buffer[: len(text)]
        return bytes(text)

    def _need_more(self) -> None:
        if not self._more():
            raise NotAnArrayError(BROKEN)

    def _more(self) -> bool:
        piece = next(self.arriving, None)
        self.buffer += piece or b""
        return piece is not None
