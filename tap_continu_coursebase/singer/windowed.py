"""Windows with a bookmark."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections.abc import Generator, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE, REPLICATION_INCREMENTAL

from tap_continu_coursebase.core.answer import Answer
from tap_continu_coursebase.core.errors import StateError
from tap_continu_coursebase.core.estimate import Call
from tap_continu_coursebase.core.prefetch import fetch_in_order
from tap_continu_coursebase.core.windows import (
    UNITS,
    CalendarUnit,
    Window,
    align,
    format_instant,
    parse_instant,
    plan,
)
from tap_continu_coursebase.decode.schema import RowSchema
from tap_continu_coursebase.decode.spool import Spool
from tap_continu_coursebase.singer.guards import Arrivals, Dates, Late, WindowCounts
from tap_continu_coursebase.singer.sdk import SdkTap
from tap_continu_coursebase.singer.state import UNTIL
from tap_continu_coursebase.singer.steps import (
    Checkpoint,
    Planned,
    Response,
    Step,
    TableComplete,
    WindowLoaded,
)
from tap_continu_coursebase.singer.stream import SpooledStream

TOLERATED_SKEW = timedelta(seconds=5)

_TOO_SHORT = (
    "rows are known to be loaded as far as {}, and the full table would not reach there, so they "
    "would be marked as deleted: set {} back, or remove the stream's state if that is what you want"
)
_UNKNOWN_START = "%s: rows loaded from before %s (start_date) will be marked as deleted"
_UNKNOWN_END = (
    "%s: end_date is set and no state tells how far rows are loaded: nothing is marked as deleted"
)


class WindowedStream(SpooledStream):
    """Calendar-aligned windows in order; the bookmark is the end of the last one sent.

    State ``{"replication_key": "until", "replication_key_value": U}`` means that every
    record of ``[start_date, U)`` is on stdout. It is written after the last record of a
    window; a kill at any record re-sends at most the open window.

    Args:
        tap: The tap.
        name: The stream's name, source included.
        declared: Its schema, key and columns.
        unit: Where windows are cut.
        lookback: How far before its bookmark a run reads again.
        aggregate: Whether a record is an aggregate of its window. Then windows always begin
            on a boundary, are never split, and the open one is read again until it closes.
        in_flight: Windows fetched at once.
    """

    def __init__(
        self,
        tap: SdkTap,
        name: str,
        declared: RowSchema,
        *,
        unit: CalendarUnit,
        lookback: timedelta,
        aggregate: bool,
        in_flight: int,
    ) -> None:
        super().__init__(tap, name, declared)
        self.forced_replication_method = REPLICATION_INCREMENTAL
        self._unit = unit
        self._lookback = lookback
        self._aggregate = aggregate
        self._in_flight = in_flight
        self._begun: str | None = None

    @abstractmethod
    def fetch(self, window: Window) -> Answer[Spool]:
        """Fetch one window, complete and checked; called in threads."""

    def to_remember(self) -> dict[str, Any]:
        """Return what the bookmark says beside how far rows are loaded."""
        return {}

    def asked(self) -> str:
        """Return what stands for which rows are asked for; it changes when other ones are."""
        return ""

    def dates(self, rows: Spool) -> Dates | None:  # noqa: ARG002
        """Return the dates that the windows go by; None if the rows do not have them."""
        return None

    def windows(self) -> Iterator[Window]:
        """Plan this run's windows from the bookmark, or from ``start_date``."""
        start = self._first()
        if (bookmark := self._bookmark()) is not None:
            self._warn_of_rows_not_loaded(start)
            start = max(start, parse_instant(bookmark) - self._lookback)
            start = align(start, self._unit) if self._aggregate else start
        else:
            self._begun = format_instant(start)
        return plan(start, self.run.until, self._unit)

    def planned(self) -> Iterator[Call]:
        """Plan a request for each window of this run.

        Raises:
            StateError: As the run would.
        """
        if self._is_full_table():
            self._covers_all()
        return (Call(window, 1) for window in self.windows())

    def _first(self) -> datetime:
        start = self.run.start
        return align(start, self._unit) if self._aggregate else start

    def responses(self) -> Generator[Step, None, None]:
        """Yield the records of each window; after its last: ledger row, then bookmark."""
        counts = WindowCounts(aggregate=self._aggregate)
        before = self.get_context_state(None).get("recent")
        arrivals = Arrivals(before, self.run.until, self._lookback)
        try:
            yield from self._responses(counts, arrivals)
        finally:
            self.findings.suspicions += self._suspicions(counts)
            self._tell_late(arrivals.late(self.asked()))

    def _responses(self, counts: WindowCounts, arrivals: Arrivals) -> Generator[Step, None, None]:
        deletes = self._is_full_table() and self._covers_all()
        planned = [*self.windows()]
        ends = [window.until for window in planned]
        yield Planned(len(planned))
        answers = fetch_in_order(
            planned,
            self.fetch,
            in_flight=self._in_flight,
            divisible=not self._aggregate,
            discard=lambda answer: answer.value.close(),
        )
        for window, answer in answers:
            edges = _edges(window)
            if not (self._is_full_table() or self._aggregate):
                arrivals.see(window, answer.value.rows, partial(self.dates, answer.value))
            yield Response(answer, edges if self._aggregate else {}, edges)
            counts.add(answer.value.rows + answer.value.rejected, answer.value.key_sum)
            reached = bisect_right(ends, window.until)
            yield WindowLoaded(_ledger_row(self.name, window, answer), reached)
            if not self._is_full_table():
                yield Checkpoint(self._advance(window, answer, arrivals))
            if window.until < self.run.until and self.run.is_out_of_time():
                self.logger.info(
                    "%s: stopped at %s: max_run_minutes is over",
                    self.name,
                    format_instant(window.until),
                )
                if self._is_full_table():
                    self.logger.warning("%s: a full table begins anew with each run", self.name)
                return
        if deletes:
            yield TableComplete(
                {
                    "full_table_from": format_instant(self._first()),
                    "full_table_until": format_instant(self.run.until),
                    **self.to_remember(),
                }
            )

    def shorter_windows(self) -> str:
        """Say what to set so that one request asks for less."""
        shorter = UNITS[UNITS.index(self._unit) + 1 :]
        if not shorter:
            return f"a day is the shortest window: set stream_options.{self.name}.filters"
        return f"set stream_options.{self.name}.window to {' or '.join(shorter)}"

    def _suspicions(self, counts: WindowCounts) -> Iterator[str]:
        """Say what the numbers of rows of this run's windows tell of rows that are missing."""
        state = self.get_context_state(None)
        if counts.are_empty() and not state.get("has_rows") and not state.get("rows"):
            yield (
                f"none of the {counts.windows} windows that were loaded holds a row, nor did any "
                "before: if this report has data, check start_date, what the token may see, and "
                f"range_target and filters in stream_options.{self.name}"
            )
        if (cap := counts.cap()) is not None:
            yield (
                f"{cap.times} of {cap.windows} windows hold exactly {cap.rows} rows, and none "
                "more: the API seems to cut off what is beyond, so rows are missing "
                f"(continu_windows tells where); {self.shorter_windows()}, and remove the "
                "stream's state to load all again"
            )

    def _tell_late(self, late: Late | None) -> None:
        """Say how far a run must look back for the rows that came late, if it hardly does."""
        if late is None:
            return
        now = self._lookback // timedelta(minutes=1)
        seen = (
            f"rows that came late: {late.rows}, dated up to {late.minutes} minutes before "
            f"{format_instant(late.until)}, where the run before ended without them"
        )
        if late.is_covered(self._lookback):
            self.logger.info("%s: %s; lookback_minutes is %d", self.name, seen, now)
            return
        older = ", and none as old had come in time, so older ones may be missing"
        self.findings.suspicions.append(
            f"{seen}{older if late.is_open else ''}: set stream_options.{self.name}."
            f"lookback_minutes (now {now}) to {late.enough} or more; a reconcile finds older ones"
        )

    def _is_full_table(self) -> bool:
        return self.replication_method == REPLICATION_FULL_TABLE

    def _covers_all(self) -> bool:
        """Tell whether rows that this full table lacks are deleted ones.

        Raises:
            StateError: If rows outside of it are known to be loaded.
        """
        if not self.config["emit_activate_version_messages"]:
            return False
        state = self.get_context_state(None)
        first, until = self._first(), self.run.until
        loaded_from = min(_instants(state, "start_date", "full_table_from"), default=None)
        ends = _instants(state, "replication_key_value", "full_table_until")
        loaded_until = max(ends, default=None)
        if loaded_from is not None and loaded_from < first:
            raise StateError(_TOO_SHORT.format(format_instant(loaded_from), "start_date"))
        if "end_date" in self.config:
            if loaded_until is None:
                self.logger.warning(_UNKNOWN_END, self.name)
                return False
            if until < loaded_until:
                raise StateError(_TOO_SHORT.format(format_instant(loaded_until), "end_date"))
        if loaded_from is None:
            self.logger.info(_UNKNOWN_START, self.name, format_instant(first))
        return True

    def _warn_of_rows_not_loaded(self, start: datetime) -> None:
        """Warn if start_date was moved back: a bookmark only goes forward."""
        loaded = self.get_context_state(None).get("start_date")
        if loaded is not None and start < parse_instant(loaded):
            self.logger.warning(
                "%s: start_date is earlier than what was loaded: rows before %s are missing; load "
                "them with a run that has end_date %s and a state of its own",
                self.name,
                loaded,
                loaded,
            )

    def _bookmark(self) -> str | None:
        """Return the bookmark to continue from; None in a full table or a first run.

        Raises:
            StateError: If the state is not of this stream as it is configured now.
        """
        if self._is_full_table():
            return None
        state = self.get_context_state(None)
        value = state.get("replication_key_value")
        if value is None:
            return None
        if state.get("replication_key") != UNTIL:
            raise StateError(
                f"the state's replication key is {state.get('replication_key')!r}, not "
                f"'{UNTIL}': it belongs to another tap"
            )
        if self._aggregate and state.get("window", self._unit) != self._unit:
            raise StateError(
                f"its rows were loaded by the {state['window']} and the window is now the "
                f"{self._unit}, so they would count twice: set the window back, or remove the "
                "stream's state and rows"
            )
        return str(value)

    def _advance(self, window: Window, answer: Answer[Spool], arrivals: Arrivals) -> dict[str, Any]:
        """Return what the bookmark says once a window is loaded; it never goes back."""
        changes: dict[str, Any] = {"replication_key": UNTIL, **self.to_remember()}
        before = self.get_context_state(None).get("replication_key_value")
        reached = _reach(window, answer)
        if reached > (self._first() if before is None else parse_instant(before)):
            changes["replication_key_value"] = format_instant(reached)
        if self._begun is not None:
            changes["start_date"] = self._begun
        if self._aggregate:
            changes["window"] = self._unit
        if answer.value.rows:
            changes["has_rows"] = True
        recent = arrivals.to_remember(self.asked()) if reached >= self.run.until else {}
        if recent:
            changes["recent"] = recent
        return changes


def _instants(state: Mapping[str, Any], *names: str) -> Iterator[datetime]:
    return (parse_instant(state[name]) for name in names if name in state)


def _reach(window: Window, answer: Answer[Spool]) -> datetime:
    """Return the instant up to which an answer can know its window's rows.

    A machine whose clock is ahead asks for a time that is still to come for the server. However
    wrong either clock is, nothing is taken for loaded that the server may still add to.
    """
    if answer.clock_ahead <= TOLERATED_SKEW:
        return window.until
    return min(window.until, answer.requested_at - answer.clock_ahead)


def _edges(window: Window) -> dict[str, str]:
    return {
        "window_from": format_instant(window.start),
        "window_until": format_instant(window.until),
    }


def _ledger_row(stream: str, window: Window, answer: Answer[Spool]) -> dict[str, Any]:
    return {
        "stream": stream,
        **_edges(window),
        "rows": answer.value.rows + answer.value.rejected,
        "bytes": answer.size,
        "seconds": round(answer.seconds, 3),
        "tries": answer.tries,
        "requested_at": format_instant(answer.requested_at),
    }
