"""The two Singer behaviours: windows with a bookmark, and snapshots.

Streams know Singer and nothing of HTTP: a subclass says how to fetch a window or a
snapshot, and these classes turn what comes into RECORD, STATE and ACTIVATE_VERSION.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import (
    REPLICATION_FULL_TABLE,
    REPLICATION_INCREMENTAL,
    Metadata,
    MetadataMapping,
)

from tap_continu_coursebase.errors import StateError, TapError
from tap_continu_coursebase.prefetch import fetch_in_order
from tap_continu_coursebase.records import ADDITIONAL_FIELDS
from tap_continu_coursebase.windows import (
    Grain,
    Window,
    align,
    format_instant,
    parse_instant,
    plan,
)

if TYPE_CHECKING:
    from tap_continu_coursebase.http import Answer
    from tap_continu_coursebase.schemas import StreamSchema
    from tap_continu_coursebase.tap import TapContinuCoursebase

BOOKMARK = "until"

Record = dict[str, Any]
Completed = bool


class SourceStream(Stream):
    """What every stream of this tap does, whatever its behaviour.

    Records are already conformed by ``records.py``; bookmarks are set by windows, never by
    records; ACTIVATE_VERSION follows the last record of a complete full table, because a
    tap that died after an early one would have deleted live rows.

    Args:
        tap: The tap.
        name: The stream's name, source included.
        declared: Its schema, key and columns.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE

    _tap: TapContinuCoursebase

    def __init__(self, tap: TapContinuCoursebase, name: str, declared: StreamSchema) -> None:
        super().__init__(tap, schema=declared.singer, name=name)
        self.primary_keys = declared.primary_keys
        self._declared = declared
        self._shape = declared.shape()
        self._misfits: Counter[str] = Counter()

    @abstractmethod
    def rows(self) -> Generator[Record, None, Completed]:
        """Yield the records; return whether all of the stream was read."""

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[Record]:  # noqa: ARG002
        """Yield the records and note a failure instead of stopping the other streams."""
        if self._tap.is_out_of_time():
            self.logger.info("Not started: max_run_minutes is over")
            return
        versioned = (
            self.replication_method == REPLICATION_FULL_TABLE
            and self.config["emit_activate_version_messages"]
        )
        self._stream_version = self._initialized_at if versioned else None
        try:
            completed = yield from self.rows()
        except TapError as error:
            if self.ABORT_AT_RECORD_COUNT is not None:
                raise
            self._tap.note_failure(self.name, error)
        else:
            if completed and self._stream_version is not None:
                self._write_activate_version_message(self._stream_version)
            self.after_activation()
        finally:
            self._tell_misfits()

    def close(self) -> None:
        """Give back what the stream holds, once all streams are done."""

    def after_activation(self) -> None:
        """Do what must wait until the target knows which rows have vanished."""

    def fit(self, raw: Any) -> Record:
        """Fit one record of a response to the schema."""
        fitted = self._shape.fit(raw)
        self._misfits.update(fitted.misfits)
        return fitted.record

    def selected_flags(self) -> list[str]:
        """Give the flags whose column is selected, those of the key always, sorted."""
        return sorted(
            flag
            for flag in self._declared.flags
            if flag in self.primary_keys or self.mask[("properties", flag)]
        )

    @property
    def metadata(self) -> MetadataMapping:
        """Catalog metadata: wide columns deselected by default, the tap's own automatic."""
        if self._metadata is not None:
            return self._metadata
        metadata = super().metadata
        entry = self._tap_input_catalog and self._tap_input_catalog.get_stream(self.tap_stream_id)
        if not entry:
            for name in self._declared.wide:
                metadata["properties", name].selected_by_default = False
            for name in self._declared.added - {ADDITIONAL_FIELDS}:
                metadata["properties", name].inclusion = Metadata.InclusionType.AUTOMATIC
        return metadata

    @property
    def emit_activate_version_messages(self) -> bool:
        """Keep the SDK from sending ACTIVATE_VERSION before the first record."""
        return False

    def get_replication_key_signpost(self, context: Mapping[str, Any] | None = None) -> None:
        """Set no signpost: the bookmark is a window's end."""

    def _write_starting_replication_value(self, context: Mapping[str, Any] | None) -> None:
        pass

    def _increment_stream_state(
        self, latest_record: Record, *, context: Mapping[str, Any] | None = None
    ) -> None:
        pass

    def _tell_misfits(self) -> None:
        fate = (
            f"kept in {ADDITIONAL_FIELDS}"
            if ADDITIONAL_FIELDS in self.schema["properties"]
            else "dropped, as additional_fields is off"
        )
        for column, count in sorted(self._misfits.items()):
            self.logger.warning(
                "%s: %d values do not fit the type of column '%s': %s",
                self.name,
                count,
                column,
                fate,
            )
        self._misfits.clear()


class SnapshotStream(SourceStream):
    """A full table: all records, then ACTIVATE_VERSION."""

    forced_replication_method = REPLICATION_FULL_TABLE

    @abstractmethod
    def fetch(self) -> Iterable[Any]:
        """Fetch all records, complete and checked before the first is given."""

    def rows(self) -> Generator[Record, None, Completed]:
        """Yield every record."""
        for raw in self.fetch():
            yield self.fit(raw)
        return True


class WindowedStream(SourceStream):
    """Calendar-aligned windows in order; the bookmark is the end of the last one sent.

    State ``{"replication_key": "until", "replication_key_value": U}`` means that every
    record of ``[start_date, U)`` is on stdout. It is written after the last record of a
    window; a kill at any record re-sends at most the open window.

    Args:
        tap: The tap.
        name: The stream's name, source included.
        declared: Its schema, key and columns.
        grain: Where windows are cut.
        lookback: How far before its bookmark a run reads again.
        aggregate: Whether a record is an aggregate of its window. Then windows always begin
            on a boundary, are never split, and the open one is read again until it closes.
        in_flight: Windows fetched at once.
    """

    def __init__(
        self,
        tap: TapContinuCoursebase,
        name: str,
        declared: StreamSchema,
        *,
        grain: Grain,
        lookback: timedelta,
        aggregate: bool,
        in_flight: int,
    ) -> None:
        super().__init__(tap, name, declared)
        self.forced_replication_method = REPLICATION_INCREMENTAL
        self._grain = grain
        self._lookback = lookback
        self._aggregate = aggregate
        self._in_flight = in_flight

    @abstractmethod
    def fetch(self, window: Window) -> Answer[list[Any]]:
        """Fetch one window, complete and checked; called in threads."""

    def windows(self) -> Iterator[Window]:
        """Plan this run's windows from the bookmark, or from ``start_date``."""
        start = self._tap.start
        if (bookmark := self._bookmark()) is not None:
            start = max(start, parse_instant(bookmark) - self._lookback)
        if self._aggregate:
            start = align(start, self._grain)
        return plan(start, self._tap.until, self._grain)

    def rows(self) -> Generator[Record, None, Completed]:
        """Yield every record of each window; after its last: ledger row, then STATE."""
        answers = fetch_in_order(
            self.windows(), self.fetch, in_flight=self._in_flight, divisible=not self._aggregate
        )
        for window, answer in answers:
            added = self._added(window)
            for raw in answer.value:
                yield self.fit(raw) | added
            self._tap.ledger.add(self.name, window, answer)
            self._advance(window)
            self.logger.info("%s: %d rows", window, len(answer.value))
            if window.until < self._tap.until and self._tap.is_out_of_time():
                self.logger.info("Stopped at %s: max_run_minutes is over", window.until)
                return False
        return True

    def _added(self, window: Window) -> Record:
        if not self._aggregate:
            return {}
        return {
            "window_from": format_instant(window.start),
            "window_until": format_instant(window.until),
        }

    def _bookmark(self) -> str | None:
        """Give the bookmark to continue from; None in a full table or a first run.

        Raises:
            StateError: If the state is not of this stream as it is configured now.
        """
        if self.replication_method == REPLICATION_FULL_TABLE:
            return None
        state = self.get_context_state(None)
        value = state.get("replication_key_value")
        if value is None:
            return None
        try:
            parse_instant(value)
        except (TypeError, ValueError) as error:
            raise StateError(f"the bookmark {value!r} is not an instant") from error
        if state.get("replication_key") != BOOKMARK:
            raise StateError(
                f"the state's replication key is {state.get('replication_key')!r}, not "
                f"'{BOOKMARK}': it belongs to another tap"
            )
        if self._aggregate and state.get("window", self._grain) != self._grain:
            raise StateError(
                f"its rows were loaded by the {state['window']} and the window is now the "
                f"{self._grain}, so they would count twice: set the window back, or remove the "
                "stream's state and rows"
            )
        return str(value)

    def _advance(self, window: Window) -> None:
        if self.replication_method == REPLICATION_FULL_TABLE:
            return
        state = self.get_context_state(None)
        before = state.get("replication_key_value")
        if before is None or parse_instant(before) < window.until:
            state["replication_key_value"] = format_instant(window.until)
        state["replication_key"] = BOOKMARK
        if self._aggregate:
            state["window"] = self._grain
        self._tap.state_writer.write_state(self.tap_state)


class LedgerStream(SourceStream):
    """One record for every window fetched, written between its last record and its STATE."""

    def __init__(self, tap: TapContinuCoursebase, name: str, declared: StreamSchema) -> None:
        super().__init__(tap, name, declared)
        self.forced_replication_method = REPLICATION_INCREMENTAL
        self._has_schema = False

    def rows(self) -> Generator[Record, None, Completed]:
        """Yield nothing: windows add their records themselves."""
        yield from ()
        return True

    def add(self, stream: str, window: Window, answer: Answer[list[Any]]) -> None:
        """Write the record of one window.

        Args:
            stream: The name of the stream that was fetched.
            window: What was fetched.
            answer: How it went.
        """
        if not self.selected:
            return
        self._write_schema_message()
        self._write_record_message(
            {
                "stream": stream,
                "window_from": format_instant(window.start),
                "window_until": format_instant(window.until),
                "rows": len(answer.value),
                "bytes": answer.size,
                "seconds": round(answer.seconds, 3),
                "tries": answer.tries,
                "requested_at": format_instant(answer.requested_at),
            }
        )

    def _write_schema_message(self) -> None:
        if not self._has_schema:
            super()._write_schema_message()
            self._has_schema = True
