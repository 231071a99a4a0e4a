"""What ``continu_windows`` tells of a warehouse: which spans of time are loaded, and the gaps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from psycopg.sql import SQL, Identifier

TABLE = "continu_windows"
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Window:
    """One fetched window.

    Attributes:
        stream: Name of the stream.
        start: First instant inside, UTC.
        until: First instant after, UTC.
        rows: How many rows it had when it was last fetched.
        written_at: When its record was extracted, UTC.
    """

    stream: str
    start: datetime
    until: datetime
    rows: int
    written_at: datetime


@dataclass(frozen=True)
class Coverage:
    """What is loaded of one stream.

    Attributes:
        stream: Its name.
        start: Where its first window begins.
        until: Where its last window ends.
        windows: How many windows were fetched, those read again in other pieces included.
        rows: Sum of the rows that its windows had when each was last fetched; rows of
            overlapping windows count in each of them.
        gaps: Spans between the first window and the last one that no window covers.
    """

    stream: str
    start: datetime
    until: datetime
    windows: int
    rows: int
    gaps: list[Span]


def read(dsn: str, schema: str) -> list[Window]:
    """Read the ledger from a warehouse, in a transaction that cannot write.

    Args:
        dsn: Of the PostgreSQL database.
        schema: Where the tap's tables are.

    Raises:
        psycopg.Error: If it cannot be read.
    """
    query = SQL(
        "SELECT stream, window_from, window_until, rows, _sdc_extracted_at FROM {}"
        " WHERE _sdc_deleted_at IS NULL ORDER BY stream, window_from, window_until"
    )
    with psycopg.connect(dsn) as connection:
        connection.read_only = True
        found = connection.execute(query.format(Identifier(schema, TABLE))).fetchall()
    return [
        Window(stream, _utc(start), _utc(until), rows or 0, _utc(written_at))
        for stream, start, until, rows, written_at in found
    ]


def coverages(windows: Iterable[Window]) -> list[Coverage]:
    """Sum the ledger up, stream by stream."""
    by_stream: dict[str, list[Window]] = {}
    for window in windows:
        by_stream.setdefault(window.stream, []).append(window)
    return [_coverage(stream, found) for stream, found in sorted(by_stream.items())]


def gaps(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield what a number of spans, in any order and overlapping or not, leave open inside."""
    reached: datetime | None = None
    for start, until in sorted(spans):
        if reached is not None and start > reached:
            yield reached, start
        reached = until if reached is None else max(reached, until)


def _coverage(stream: str, windows: list[Window]) -> Coverage:
    return Coverage(
        stream,
        min(window.start for window in windows),
        max(window.until for window in windows),
        len(windows),
        sum(window.rows for window in windows),
        list(gaps((window.start, window.until) for window in windows)),
    )


def _utc(instant: datetime) -> datetime:
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
