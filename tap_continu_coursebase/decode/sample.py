"""The beginning of a response, where not all of it is wanted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from tap_continu_coursebase.core import answer
from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.core.watch import MOST_BYTES
from tap_continu_coursebase.decode.array import NotAnArrayError
from tap_continu_coursebase.decode.body import Body, Wrapping
from tap_continu_coursebase.decode.value import loads

_encode = msgspec.json.Encoder(decimal_format="number").encode


@dataclass(frozen=True)
class Sample:
    """The first bytes of a response.

    Attributes:
        data: These bytes.
        is_framed: Whether the response tells where it ends.
        is_whole: Whether they are all of it.
    """

    data: bytes = b""
    is_framed: bool = True
    is_whole: bool = True

    @classmethod
    def of(cls, body: answer.Body, most: int = MOST_BYTES) -> Sample:
        """Read no more of a response than is kept.

        Args:
            body: The response.
            most: How many bytes to keep.
        """
        kept = bytearray()
        for chunk in body:
            kept += chunk
            if len(kept) >= most:
                return cls(bytes(kept[:most]), body.is_framed, is_whole=False)
        return cls(bytes(kept), body.is_framed)

    def __iter__(self) -> Iterator[bytes]:
        yield self.data

    def readable(self, wrapping: Wrapping) -> Sample:
        """Return the sample; if it is cut, its complete rows as an array."""
        if self.is_whole:
            return self
        rows, _ = rows_of(self.data, wrapping)
        return Sample(_encode(rows)) if rows else self


def rows_of(data: bytes, wrapping: Wrapping) -> tuple[list[Any], str]:
    """Decode the rows in the beginning of a response, as they came.

    Args:
        data: These bytes.
        wrapping: What is known of the response.

    Returns:
        As many rows as are complete, and what the response is.
    """
    found: list[Any] = []
    body = Body((data,), _array, wrapping, size=1 << 16)
    try:
        for rows in body.batches():
            found += rows
    except (NotAnArrayError, TapError):
        pass
    return found, body.shape


def _array(batch: bytes) -> list[Any]:
    try:
        decoded = loads(batch.decode("utf-8", "replace"))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(decoded, list):
        raise ValueError("not a JSON array")  # noqa: TRY004 - what batches expect
    return decoded
