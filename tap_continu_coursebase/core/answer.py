"""What came of one request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

T = TypeVar("T")

Read = Callable[[Iterable[bytes]], T]
"""Turns the chunks of a body, as they arrive, into a value."""


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
