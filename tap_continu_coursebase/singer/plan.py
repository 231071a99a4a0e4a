"""What each selected stream will ask for in a run, by the very code that the run asks by."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from singer_sdk import Stream
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.core.estimate import Call
from tap_continu_coursebase.singer.ledger import LedgerStream
from tap_continu_coursebase.singer.stream import SourceStream
from tap_continu_coursebase.singer.windowed import WindowedStream


@dataclass(frozen=True)
class StreamPlan:
    """What one stream will ask for.

    Attributes:
        stream: Its name.
        cursor: The bookmark that it continues from; None if it begins anew, as a full table
            always does.
        rows: How many it had when it was last loaded as a full table; None if not known.
        calls: What it asks for, in order.
        problem: Why the run would fail at once, if it would.
    """

    stream: str
    cursor: str | None
    rows: int | None
    calls: tuple[Call, ...] = ()
    problem: TapError | None = None


def plan(streams: Iterable[Stream]) -> Iterator[StreamPlan]:
    """Plan the selected streams that ask for something, in the order in which they run."""
    for stream in streams:
        if isinstance(stream, LedgerStream) or not stream.selected:
            continue
        if isinstance(stream, SourceStream):
            yield _plan(stream)


def _plan(stream: SourceStream) -> StreamPlan:
    state = stream.get_context_state(None)
    begins_anew = (
        isinstance(stream, WindowedStream) and stream.replication_method == REPLICATION_FULL_TABLE
    )
    cursor = None if begins_anew else state.get("replication_key_value")
    try:
        calls = tuple(stream.planned())
    except TapError as error:
        return StreamPlan(stream.name, cursor, state.get("rows"), problem=error)
    return StreamPlan(stream.name, cursor, state.get("rows"), calls)
