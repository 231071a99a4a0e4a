"""Look at the selected streams of a tap, each source's one after another."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from tap_continu_coursebase.check.examine import Seen, counts, examine
from tap_continu_coursebase.check.mends import Case, Mend, best_rows_path, propose, rows_at
from tap_continu_coursebase.core.concurrency import in_background
from tap_continu_coursebase.core.errors import TapError, UnexpectedError
from tap_continu_coursebase.core.watch import Exchange
from tap_continu_coursebase.coursebase.client import RpcError
from tap_continu_coursebase.coursebase.exported import ExportStream
from tap_continu_coursebase.coursebase.jobs import ExportTimeoutError
from tap_continu_coursebase.decode import hints
from tap_continu_coursebase.singer.glance import Glance
from tap_continu_coursebase.singer.sdk import SdkTap
from tap_continu_coursebase.singer.stream import SourceStream, SpooledStream

TRIES = 2
"""How often a request is tried: somebody waits for the answer."""
MOST_SECONDS = 240.0
"""After so long no further stream of a source is looked at."""
_NOT_ALLOWED = frozenset({"forbidden", "permission_denied", "access_denied", "not_authorized"})


@dataclass
class Look:
    """What came of looking at one stream.

    Attributes:
        seen: What was found.
        mends: What would mend it.
        exchanges: What was asked and answered.
        rows: Some rows, as they came.
        rows_path: Where they are, if they are not where they are looked for.
    """

    seen: Seen
    mends: list[Mend] = field(default_factory=list)
    exchanges: Sequence[Exchange] = ()
    rows: Sequence[Any] = ()
    rows_path: str | None = None


def look(tap: SdkTap) -> list[Look]:
    """Look at every selected stream that sends requests of its own.

    Args:
        tap: Whose run only looks.

    Returns:
        One for each stream, in the order of their names.
    """
    streams = [
        stream
        for stream in tap.streams.values()
        if isinstance(stream, SourceStream) and stream.selected and stream.sends_requests
    ]
    sources = {source: [s for s in streams if s.name.startswith(source)] for source in _names(tap)}
    jobs = [in_background(_Source(tap, source).look, own) for source, own in sources.items()]
    try:
        found = [one for job in jobs for one in job.result()]
    finally:
        for stream in streams:
            stream.close()
    return sorted(found, key=lambda one: one.seen.stream)


def _names(tap: SdkTap) -> Iterable[str]:
    return tap.run.watches


class _Source:
    """The streams of one source.

    Args:
        tap: The tap.
        name: The source's name.
    """

    def __init__(self, tap: SdkTap, name: str) -> None:
        self._watch = tap.run.watches[name]
        self._settings: Mapping[str, Any] = tap.config
        self._end = time.monotonic() + MOST_SECONDS
        self._stopped = ""

    def look(self, streams: Sequence[SourceStream]) -> list[Look]:
        """Look at some streams, whatever comes of each."""
        looks = [self._look(stream) for stream in streams]
        usual = Counter(one.rows_path for one in looks if one.rows_path).most_common(1)
        for stream, one in zip(streams, looks, strict=True):
            if usual and one.rows_path != usual[0][0]:
                self._look_there(stream, one, usual[0][0])
            self._propose(stream, one)
        return looks

    def _look_there(self, stream: SourceStream, one: Look, path: str) -> None:
        """Look for the rows of an answer that was refused where other streams have theirs."""
        if one.seen.status == "failing" and isinstance(stream, SpooledStream):
            rows = rows_at(stream.sample.data, path)
            if rows is not None:
                one.rows, one.rows_path = rows, path

    def _look(self, stream: SourceStream) -> Look:
        seen = Seen(stream.name)
        if time.monotonic() > self._end:
            self._stopped = self._stopped or f"the check has taken {MOST_SECONDS:.0f} s by then"
        if self._stopped:
            seen.reason = self._stopped
            return Look(seen)
        before = len(self._watch.exchanges)
        glance = Glance()
        try:
            glance = stream.glance() or glance
            seen.status = "ok" if glance.rows or glance.count else "empty"
            if glance.reason:
                seen.status, seen.reason = "failing", f"no row has its key: {glance.reason}"
        except TapError as error:
            self._fail(stream, seen, error)
        except Exception as error:  # noqa: BLE001 - the other streams go on
            stream.logger.debug("".join(traceback.format_tb(error.__traceback__)))
            self._fail(stream, seen, UnexpectedError(error))
        exchanges = list(self._own(stream, before))
        seen.requests = len(exchanges)
        last = exchanges[-1] if exchanges else None
        if last is not None:
            seen.headers = counts(last.headers)
            self._judge(seen, last)
        seen.shape, seen.window = glance.shape, glance.window
        seen.range_target, seen.refused = glance.range_target, glance.refused
        seen.ignored, seen.remarks = glance.ignored, glance.remarks
        seen.count, seen.is_part = glance.count, glance.is_part
        one = Look(seen, exchanges=exchanges, rows=glance.rows)
        if isinstance(stream, SpooledStream) and seen.status == "failing" and not one.rows:
            one.rows, one.rows_path = _rows_of_failure(stream)
        return one

    def _fail(self, stream: SourceStream, seen: Seen, error: TapError) -> None:
        seen.status, seen.reason = "failing", hints.without_addresses(str(error))
        if isinstance(error, ExportTimeoutError):
            seen.status, seen.reason = "slow", "the export is being made; a run waits for it"
        elif stream.is_off(error):
            seen.status = "feature off"
        elif isinstance(error, RpcError) and error.code in _NOT_ALLOWED:
            seen.status = "forbidden"

    def _judge(self, seen: Seen, last: Exchange) -> None:
        """Read the status of the last answer of a stream that failed."""
        if seen.status != "failing":
            return
        if last.status == HTTPStatus.FORBIDDEN:
            seen.status = "forbidden"
        elif last.status == HTTPStatus.TOO_MANY_REQUESTS:
            self._stopped = f"{seen.stream} met a limit of requests: check again later"

    def _own(self, stream: SourceStream, before: int) -> Iterator[Exchange]:
        """Yield the exchanges of a stream; those of exports run side by side."""
        if not isinstance(stream, ExportStream):
            yield from self._watch.exchanges[before:]
            return
        for exchange in self._watch.exchanges:
            payload = exchange.payload if isinstance(exchange.payload, Mapping) else {}
            if stream.selector.arguments.items() <= payload.items():
                yield exchange

    def _propose(self, stream: SourceStream, one: Look) -> None:
        """Compare what came with what is declared, and propose what would mend it."""
        seen, last = one.seen, one.exchanges[-1] if one.exchanges else None
        if one.rows_path is not None:
            seen.shape = f"object with the rows at {hints.shown(one.rows_path)}"
        if not isinstance(stream, ExportStream):
            asked = [n for n in stream.schema["properties"] if stream.mask["properties", n]]
            seen.rows = examine(one.rows, stream.declared, asked)
        if seen.count is None and (one.rows or seen.status != "failing"):
            seen.count = len(one.rows)
        if seen.rows.rejected and seen.status == "ok":
            if stream.name.startswith("coursebase_"):
                seen.status, seen.reason = "failing", "rows come without their key"
            elif self._settings["fail_on_rejected_rows"]:
                seen.status = "failing"
                seen.reason = "rows come without their key, and fail_on_rejected_rows is true"
        case = Case(seen, stream.declared, one.rows, self._settings, last, one.rows_path)
        one.mends = propose(case)


def _rows_of_failure(stream: SpooledStream) -> tuple[Sequence[Any], str | None]:
    """Return the rows of an answer that was refused, and where they are if that was the reason."""
    wrapping, sample = stream.wrapping(is_framed=stream.sample.is_framed), stream.sample
    if sample.data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and sample.is_whole:
        found = best_rows_path(sample.data, wrapping, stream.declared.shape())
        if found is not None:
            path, rows = found
            return rows, path
    return stream.rows_of_sample(), None
