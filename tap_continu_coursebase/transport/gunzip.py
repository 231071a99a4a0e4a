"""Decompress gzip, whether a header says so or not, and notice where it was cut."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from tap_continu_coursebase.core.errors import TransientError

_MAGIC = b"\x1f\x8b"
_WITH_HEADER = 16 + zlib.MAX_WBITS
_MOST = 1 << 19
"""Some pieces wait to be used: larger ones take memory and save no time."""


def gunzipped(chunks: Iterable[bytes], *, is_said: bool = False) -> Iterator[bytes]:
    """Decompress what begins as gzip does.

    Args:
        chunks: The bytes of a body.
        is_said: Whether it must be gzip, unless it is empty.

    Yields:
        The decompressed bytes in pieces of limited size; others as they are.

    Raises:
        TransientError: If it is broken or cut.
    """
    rest = iter(chunks)
    start = b""
    while len(start) < len(_MAGIC) and (chunk := next(rest, b"")):
        start += chunk
    if start.startswith(_MAGIC) or (is_said and start):
        yield from _decompressed(chain((start,), rest))
    elif start:
        yield start
        yield from rest


def _decompressed(chunks: Iterable[bytes]) -> Iterator[bytes]:
    member = zlib.decompressobj(wbits=_WITH_HEADER)
    try:
        for chunk in chunks:
            left = chunk
            while left:
                if member.eof and not (left := left.lstrip(b"\0")):
                    break
                if member.eof:
                    member = zlib.decompressobj(wbits=_WITH_HEADER)
                if piece := member.decompress(left, _MOST):
                    yield piece
                left = member.unused_data if member.eof else member.unconsumed_tail
        if piece := member.flush():
            yield piece
    except zlib.error as error:
        raise TransientError("the response is no sound gzip", oversized=True) from error
    if not member.eof:
        raise TransientError("the response was cut short within its gzip", oversized=True)
