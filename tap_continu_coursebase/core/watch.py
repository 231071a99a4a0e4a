"""What is kept of requests while a source is only looked at."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

MOST_BYTES = 1 << 22
"""So much of a response is read at most."""


@dataclass
class Exchange:
    """One request and what was read of its answer.

    Attributes:
        path: Of the request, below the host.
        payload: What was sent.
        status: Of the answer.
        headers: Of the answer.
        body: The beginning of the answer, decompressed.
        is_whole: Whether that is all of it.
    """

    path: str
    payload: Any
    status: int
    headers: Mapping[str, str]
    body: bytearray = field(default_factory=bytearray)
    is_whole: bool = False


class Watch:
    """Keeps the exchanges with one API; threads may ask at once.

    Attributes:
        exchanges: In the order in which answers began.
    """

    def __init__(self) -> None:
        self.exchanges: list[Exchange] = []
        self._of_thread = threading.local()

    def begin(self, exchange: Exchange) -> None:
        """Keep an exchange whose answer has begun in this thread."""
        self._of_thread.exchange = exchange
        self.exchanges.append(exchange)

    def keep(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """Return the chunks of the answer that has begun in this thread, and keep the first."""
        return _kept(self._of_thread.exchange, chunks)


def _kept(exchange: Exchange, chunks: Iterable[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        exchange.body += chunk[: MOST_BYTES - len(exchange.body)]
        yield chunk
    exchange.is_whole = len(exchange.body) < MOST_BYTES
