"""The two Singer behaviours: windows with a bookmark, and snapshots.

Streams know Singer and nothing of HTTP: a subclass says how to fetch a window or a
snapshot, and these classes turn what comes into RECORD, STATE and ACTIVATE_VERSION.
"""

from __future__ import annotations

import traceback
from abc import abstractmethod
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from singer_sdk import Stream
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib.catalog import (
    REPLICATION_FULL_TABLE,
    REPLICATION_INCREMENTAL,
    Catalog,
    Metadata,
    MetadataMapping,
)
from singer_sdk.singerlib.schema import Schema

from tap_continu_coursebase.errors import (
    CatalogError,
    EmptySnapshotError,
    StateError,
    TapError,
    UnexpectedError,
)
from tap_continu_coursebase.prefetch import fetch_in_order
from tap_continu_coursebase.records import ADDITIONAL_FIELDS
from tap_continu_coursebase.state import UNTIL
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

TOLERATED_SKEW = timedelta(seconds=5)

_TOO_SHORT = (
    "rows are known to be loaded as far as {}, and the full table would not reach there, so they "
    "would be marked as deleted: set {} back, or remove the stream's state if that is what you want"
)
_UNKNOWN_START = "%s: rows loaded from before %s (start_date) will be marked as deleted"
_UNKNOWN_END = (
    "%s: end_date is set and no state tells how far rows are loaded: nothing is marked as deleted"
)

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
        self._sent = 0

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
        self._sent = 0
        try:
            completed = yield from self.rows()
            if completed and self._stream_version is not None:
                self._activate(self._stream_version)
            self.after_activation()
        except TapError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - the other streams go on
            self.logger.debug("".join(traceback.format_tb(error.__traceback__)))
            self._fail(UnexpectedError(error))
        finally:
            self._tell_misfits()

    def _fail(self, error: TapError) -> None:
        if self.ABORT_AT_RECORD_COUNT is not None:
            raise error
        self._tap.note_failure(self.name, error)

    def _activate(self, version: int) -> None:
        """Tell the target which rows are current, and remember how many they are.

        Raises:
            EmptySnapshotError: If there are none, there were some, and that is not allowed.
        """
        state = self.get_context_state(None)
        if not self._sent and not self.config["allow_empty_snapshot"]:
            if rows := state.get("rows"):
                raise EmptySnapshotError(
                    f"it came back empty and had {rows} rows before: nothing is marked as "
                    "deleted; if it is right, set allow_empty_snapshot to true for one run"
                )
            return
        self._write_activate_version_message(version)
        state["rows"] = self._sent
        self._tap.state_writer.write_state(self.tap_state)

    def _write_record_message(self, record: Record) -> None:
        super()._write_record_message(record)
        self._sent += 1

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

    def apply_catalog(self, catalog: Catalog) -> None:
        """Take selection, replication method and key from a catalog, and the schema from here.

        Raises:
            CatalogError: If its key is not made of this version's columns.
        """
        super().apply_catalog(catalog)
        self._input_schema = None
        if (entry := catalog.get_stream(self.tap_stream_id)) is None:
            self.selected = False
            return
        entry.schema = Schema.from_dict(self.schema)
        self.primary_keys = self.primary_keys or self._declared.primary_keys
        entry.key_properties = list(self.primary_keys)
        self._check_key()

    def _check_key(self) -> None:
        unknown = sorted(set(self.primary_keys) - self.schema["properties"].keys())
        if unknown:
            raise CatalogError(
                f"{self.name}: the catalog's key has the unknown column {unknown[0]!r}: make a "
                "new catalog with --discover"
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
        self._begun: str | None = None

    @abstractmethod
    def fetch(self, window: Window) -> Answer[list[Any]]:
        """Fetch one window, complete and checked; called in threads."""

    def windows(self) -> Iterator[Window]:
        """Plan this run's windows from the bookmark, or from ``start_date``."""
        start = self._first()
        if (bookmark := self._bookmark()) is not None:
            self._warn_of_unloaded(start)
            start = max(start, parse_instant(bookmark) - self._lookback)
            start = align(start, self._grain) if self._aggregate else start
        else:
            self._begun = format_instant(start)
        return plan(start, self._tap.until, self._grain)

    def _first(self) -> datetime:
        start = self._tap.start
        return align(start, self._grain) if self._aggregate else start

    def rows(self) -> Generator[Record, None, Completed]:
        """Yield every record of each window; after its last: ledger row, then STATE."""
        deletes = self._is_full_table() and self._covers_all()
        answers = fetch_in_order(
            self.windows(), self.fetch, in_flight=self._in_flight, divisible=not self._aggregate
        )
        for window, answer in answers:
            added = self._added(window)
            for raw in answer.value:
                yield self.fit(raw) | added
            self._tap.ledger.add(self.name, window, answer)
            self._advance(window, answer)
            self.logger.info("%s: %d rows", window, len(answer.value))
            if window.until < self._tap.until and self._tap.is_out_of_time():
                self.logger.info("Stopped at %s: max_run_minutes is over", window.until)
                return False
        return deletes

    def _activate(self, version: int) -> None:
        state = self.get_context_state(None)
        state["full_table_from"] = format_instant(self._first())
        state["full_table_until"] = format_instant(self._tap.until)
        super()._activate(version)

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
        first, until = self._first(), self._tap.until
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
            self.logger.warning(_UNKNOWN_START, self.name, format_instant(first))
        return True

    def _warn_of_unloaded(self, start: datetime) -> None:
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
        if self._aggregate and state.get("window", self._grain) != self._grain:
            raise StateError(
                f"its rows were loaded by the {state['window']} and the window is now the "
                f"{self._grain}, so they would count twice: set the window back, or remove the "
                "stream's state and rows"
            )
        return str(value)

    def _advance(self, window: Window, answer: Answer[list[Any]]) -> None:
        if self._is_full_table():
            return
        state = self.get_context_state(None)
        before = state.get("replication_key_value")
        reached = _reached(window, answer)
        if before is None or parse_instant(before) < reached:
            state["replication_key_value"] = format_instant(reached)
        state["replication_key"] = UNTIL
        if self._begun is not None:
            state["start_date"] = self._begun
        if self._aggregate:
            state["window"] = self._grain
        self._tap.state_writer.write_state(self.tap_state)


def _instants(state: Mapping[str, Any], *names: str) -> Iterator[datetime]:
    return (parse_instant(state[name]) for name in names if name in state)


def _reached(window: Window, answer: Answer[list[Any]]) -> datetime:
    """Give the instant up to which an answer can know its window's rows.

    A machine whose clock is ahead asks for a time that is still to come for the server.
    """
    if answer.clock_ahead <= TOLERATED_SKEW:
        return window.until
    return max(window.start, min(window.until, answer.requested_at - answer.clock_ahead))


class LedgerStream(SourceStream):
    """One record for every window fetched, written between its last record and its STATE."""

    def __init__(self, tap: TapContinuCoursebase, name: str, declared: StreamSchema) -> None:
        super().__init__(tap, name, declared)
        self.forced_replication_method = REPLICATION_INCREMENTAL
        self._has_schema = False

    def rows(self) -> Generator[Record, None, Completed]:
        """Yield nothing: windows add their records themselves."""
        yield from ()
        return False

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
