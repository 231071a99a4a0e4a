"""What streams do, whatever their behaviour: records, deletes, failures, selection.

Streams know Singer and nothing of HTTP: a subclass says how to fetch, and these classes turn
what comes into RECORD and ACTIVATE_VERSION. ``windowed.py`` adds windows and bookmarks.
"""

from __future__ import annotations

import traceback
from abc import abstractmethod
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Any, cast

from singer_sdk import Stream, Tap
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import SameRecordTransform
from singer_sdk.singerlib.catalog import (
    REPLICATION_FULL_TABLE,
    Catalog,
    Metadata,
    MetadataMapping,
)
from singer_sdk.singerlib.json import deserialize_json
from singer_sdk.singerlib.schema import Schema

from tap_continu_coursebase.errors import (
    CatalogError,
    EmptySnapshotError,
    TapError,
    UnexpectedError,
)
from tap_continu_coursebase.fastpath import FastPath
from tap_continu_coursebase.output import record_lines
from tap_continu_coursebase.records import ADDITIONAL_FIELDS
from tap_continu_coursebase.spool import Spool, spool

if TYPE_CHECKING:
    from singer_sdk.helpers.types import Context
    from singer_sdk.metrics import Counter as RecordCounter

    from tap_continu_coursebase.http import Answer
    from tap_continu_coursebase.output import WholeLines
    from tap_continu_coursebase.run import Run
    from tap_continu_coursebase.schemas import StreamSchema

Record = dict[str, Any]
Completed = bool


class SourceStream(Stream):
    """What every stream of this tap does, whatever its behaviour.

    Records are already conformed by ``records.py``; bookmarks are set by windows, never by
    records; ACTIVATE_VERSION follows the last record of a complete full table, because a
    tap that died after an early one would have deleted live rows.

    Args:
        tap: The tap.
        run: What its streams share.
        name: The stream's name, source included.
        declared: Its schema, key and columns.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    DECLARES_LATE = False
    """Whether its columns are known only while it is read."""

    def __init__(self, tap: Tap, run: Run, name: str, declared: StreamSchema) -> None:
        super().__init__(tap, schema=declared.singer, name=name)
        self.run = run
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
        if self.run.is_out_of_time():
            self.logger.info("Not started: max_run_minutes is over")
            return
        versioned = (
            self.replication_method == REPLICATION_FULL_TABLE
            and self.config["emit_activate_version_messages"]
        )
        self._stream_version = self.run.version if versioned else None
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
        self.run.failures[self.name] = error
        self.logger.error("%s failed: %s", self.name, error)

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
            self.logger.info(
                "%s is empty: rows that were loaded before, if any, are not marked as deleted "
                "unless allow_empty_snapshot is true",
                self.name,
            )
            return
        self._write_activate_version_message(version)
        state.update({"rows": self._sent, **self._covered()})
        self._tap.state_writer.write_state(self.tap_state)

    def _covered(self) -> dict[str, str]:
        """Give what the state is to say of the time that a full table covers."""
        return {}

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
        for name in {*self.primary_keys, *self._declared.added} - {ADDITIONAL_FIELDS}:
            column = entry.metadata.setdefault(("properties", name), Metadata())
            column.inclusion = Metadata.InclusionType.AUTOMATIC

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


class SpooledStream(SourceStream):
    """A stream of responses that are one array of records each, kept as lines until complete.

    Lines are written as they are, unless somebody wants the records themselves: stream maps,
    flattening, or whoever calls ``get_records``.
    """

    def __init__(self, tap: Tap, run: Run, name: str, declared: StreamSchema) -> None:
        super().__init__(tap, run, name, declared)
        self._writes_lines = False
        self._counter: RecordCounter | None = None

    def get_records(self, context: Mapping[str, Any] | None) -> Iterator[Record]:
        """Yield the records that are not written as lines."""
        columns = {*self.schema["properties"]}
        chosen = {name for name in columns if self.mask["properties", name]}
        self._fast_path = FastPath(self._shape, {*chosen, *self.primary_keys})
        yield from super().get_records(context)

    def read(self, chunks: Iterable[bytes]) -> Spool:
        """Read a response; called in threads.

        Raises:
            NotAnArrayError: If it is anything but one complete JSON array.
            MissingKeyError: If a record lacks a field that identifies it.
        """
        return spool(chunks, self._fast_path.encode)

    def emit(self, answer: Answer[Spool], added: Mapping[str, str]) -> Iterator[Record]:
        """Write the records of an answer, or yield them, and give back what holds them.

        Args:
            answer: What was fetched.
            added: Columns that every record gets.
        """
        with closing(answer.value) as spooled:
            for lines in spooled.lines():
                if self._writes_lines:
                    self._write_lines(lines, answer, added)
                else:
                    for line in lines.splitlines():
                        yield {**deserialize_json(line), **added}
            if self._writes_lines:
                self._sent += spooled.rows
                if self._counter is not None:
                    self._counter.increment(spooled.rows)
            self._misfits.update(spooled.misfits)
            if spooled.unreadable:
                self.logger.warning(
                    "%s: a response is not valid UTF-8: unreadable characters became U+FFFD",
                    self.name,
                )

    def _write_lines(self, lines: bytes, answer: Answer[Spool], added: Mapping[str, str]) -> None:
        writer = cast("WholeLines", self._tap.message_writer)
        writer.write_lines(
            record_lines(
                lines,
                stream=self.name,
                added=added,
                version=self._stream_version,
                extracted=answer.requested_at,
            )
        )
        self.state_manager.is_flushed = False

    def get_record_counter(self, **options: Any) -> RecordCounter:
        """Give the counter of records, which lines are counted by too."""
        self._counter = super().get_record_counter(**options)
        return self._counter

    def _sync_records(
        self, context: Context | None = None, *, write_messages: bool = True
    ) -> Generator[dict[str, Any], Any, Any]:
        self._writes_lines = write_messages and self._passes_unchanged()
        try:
            yield from super()._sync_records(context, write_messages=write_messages)
        finally:
            self._writes_lines = False

    def _passes_unchanged(self) -> bool:
        """Tell whether the SDK would write each record as it is, with no limit to their number."""
        [stream_map, *others] = self.stream_maps
        return (
            not others
            and isinstance(stream_map, SameRecordTransform)
            and not stream_map.flattening_enabled
            and self.ABORT_AT_RECORD_COUNT is None
            and all(len(breadcrumb) <= len(("properties", "name")) for breadcrumb in self.metadata)
        )
