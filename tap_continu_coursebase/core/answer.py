"""What came of one request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Body(Protocol):
    """The chunks of a body, as they arrive."""

    @property
    def is_framed(self) -> bool:
        """Whether the response tells where it ends, so that a cut one cannot pass for whole."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield the chunks; raise TransientError where they are cut."""


Read = Callable[[Body], T]
"""Turns a body into a value."""


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A complete, decoded response.

    Attributes:
        value: The decoded body.
        size: Bytes of the body after decompression.
        seconds: From the first try's start to the last byte, waits included.
        tries: How many requests it took.
        requested_at: When the request that was answered was sent, UTC.
        clock_ahead: How far this machine's clock is ahead of the server's, as its ``Date``
            header tells; negative if behind, zero if the header is missing.
    """

    value: T
    size: int
    seconds: float
    tries: int
    requested_at: datetime
    clock_ahead: timedelta = timedelta(0)
