"""The one loop that reads a stream and writes what its steps say."""

from __future__ import annotations

import traceback
from abc import abstractmethod
from collections.abc import Generator, Iterator, Mapping
from contextlib import closing
from typing import Any

from singer_sdk.metrics import Counter as RecordCounter
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_continu_coursebase.core.errors import (
    EmptySnapshotError,
    NoKeyError,
    RejectedRowsError,
    ShrunkSnapshotError,
    TapError,
    UnexpectedError,
)
from tap_continu_coursebase.decode.record import ADDITIONAL_FIELDS
from tap_continu_coursebase.decode.spool import Spool
from tap_continu_coursebase.singer.findings import Findings
from tap_continu_coursebase.singer.guards import shrinks_too_far
from tap_continu_coursebase.singer.output import record_lines
from tap_continu_coursebase.singer.sdk import SdkStream, SdkTap
from tap_continu_coursebase.singer.steps import (
    Checkpoint,
    Columns,
    Record,
    Response,
    Step,
    TableComplete,
    WindowLoaded,
)

_FEW = 10
"""So many rows may all lack their key by chance."""


class SteppedStream(SdkStream):
    """A stream that is read by steps.

    Args:
        tap: The tap.
        name: The stream's name, source included.
        schema: JSON Schema of its records.
    """

    HAS_OPTIONS = False
    """Whether ``stream_options`` takes it."""

    def __init__(self, tap: SdkTap, *, name: str, schema: dict[str, Any]) -> None:
        super().__init__(tap, name=name, schema=schema)
        self.run = tap.run
        self.findings = Findings(name, has_options=self.HAS_OPTIONS)

    @abstractmethod
    def steps(self) -> Generator[Step, None, None]:
        """Read the stream: yield its records, and between them what is to be written with them."""

    def sync_records(self, *, writes: bool) -> Iterator[Record]:
        """Read the stream, and write messages or yield records."""
        return _Sync(self, writes=writes).records()

    def tell_findings(self) -> None:
        """Warn once of each kind of thing that was unusual about the rows."""
        self.findings.tell(
            self.logger,
            self.primary_keys,
            keeps_misfits=ADDITIONAL_FIELDS in self.schema["properties"],
        )


class _Sync:
    """Reads one stream once.

    Records of a full table carry a version; ACTIVATE_VERSION follows the last one.

    Args:
        stream: Which stream.
        writes: Whether messages are written; otherwise records are yielded.
    """

    def __init__(self, stream: SteppedStream, *, writes: bool) -> None:
        self._stream = stream
        self._run = stream.run
        self._writes = writes
        versioned = (
            stream.replication_method == REPLICATION_FULL_TABLE
            and stream.config["emit_activate_version_messages"]
        )
        self._version = self._run.version if versioned else None
        self._sent = 0

    def records(self) -> Iterator[Record]:
        """Read the stream; a failure is noted, and the other streams go on.

        Yields:
            Each record, if no messages are written.

        Raises:
            TapError: If only a few records were wanted, as a test of the source.
        """
        stream = self._stream
        if self._run.is_out_of_time():
            stream.logger.info("Not started: max_run_minutes is over")
            return
        try:
            with (
                stream.get_record_counter() as counter,
                stream.get_sync_timer(),
                closing(stream.steps()) as steps,
            ):
                for step in steps:
                    yield from self._perform(step, counter)
                    if self._is_enough():
                        return
            if stream.findings.rejected and stream.config["fail_on_rejected_rows"]:
                self._fail(RejectedRowsError(stream.findings.rejections()))
        except TapError as error:
            self._fail(error)
        except Exception as error:  # noqa: BLE001 - the other streams go on
            stream.logger.debug("".join(traceback.format_tb(error.__traceback__)))
            self._fail(UnexpectedError(error))
        finally:
            stream.tell_findings()

    def _perform(self, step: Step, counter: RecordCounter) -> Iterator[Record]:
        match step:
            case dict():
                self._sent += 1
                if self._writes:
                    self._stream.write_record(step, self._version)
                else:
                    yield step
                counter.increment()
            case Response():
                yield from self._respond(step, counter)
            case Columns():
                self._declare(step)
            case WindowLoaded():
                if self._writes and self._run.ledger is not None:
                    self._run.ledger.add(step.row)
            case Checkpoint():
                self._save(step.changes)
            case TableComplete():
                if self._version is not None:
                    self._activate(self._version, step)

    def _declare(self, columns: Columns) -> None:
        self._stream.declare(columns.schema)
        if self._writes:
            self._stream.write_schema()

    def _respond(self, response: Response, counter: RecordCounter) -> Iterator[Record]:
        with closing(response.answer.value) as spooled:
            self._check_keys(spooled)
            if self._writes and self._stream.passes_unchanged():
                for lines in spooled.lines():
                    self._stream.write_lines(
                        record_lines(
                            lines,
                            stream=self._stream.name,
                            added=response.added,
                            version=self._version,
                            extracted=response.answer.requested_at,
                        )
                    )
                self._sent += spooled.rows
                counter.increment(spooled.rows)
            else:
                for record in response.records():
                    yield from self._perform(record, counter)
                    if self._is_enough():
                        return
            self._stream.findings.look(spooled)
            self._record_rejections(response)

    def _check_keys(self, spooled: Spool) -> None:
        """Refuse a response that shows the key to be wrong.

        A few rows alone do not, where others are known to have had their key.

        Raises:
            NoKeyError: If none of its rows has its key.
        """
        stream = self._stream
        if spooled.rows or not spooled.rejected:
            return
        known = self._sent or stream.get_context_state(None).get("has_rows")
        if not known or spooled.rejected > _FEW:
            reason = next(spooled.rejections())["reason"]
            raise NoKeyError(
                f"none of {spooled.rejected} rows has its key: {reason}; set stream_options."
                f"{stream.name}.primary_keys to columns that identify a row, or its columns "
                "to where they are, such as {'email': {'from': 'user.email', 'type': 'string'}}"
            )

    def _record_rejections(self, response: Response) -> None:
        """Record the rows without their key."""
        stream, log = self._stream, self._run.rejected
        for row in response.rejections(stream.name):
            kept = self._writes and log is not None and log.add(row)
            stream.findings.reject(row["reason"], kept=kept)

    def _activate(self, version: int, table: TableComplete) -> None:
        """Tell the target which rows are current, and remember how many they are.

        Raises:
            EmptySnapshotError: If there are none, there were some, and that is not allowed.
            ShrunkSnapshotError: If there are far fewer than there were, and that is not allowed.
        """
        stream = self._stream
        rows = stream.get_context_state(None).get("rows", 0)
        most = stream.config["max_snapshot_shrink_percent"]
        if self._sent and shrinks_too_far(rows, self._sent, most):
            raise ShrunkSnapshotError(
                f"it came back with {self._sent} rows and had {rows} before, more than {most}% "
                "fewer: nothing is marked as deleted; if it is right, set "
                "max_snapshot_shrink_percent to 100 for one run"
            )
        if not self._sent and not stream.config["allow_empty_snapshot"]:
            if rows:
                raise EmptySnapshotError(
                    f"it came back empty and had {rows} rows before: nothing is marked as "
                    "deleted; if it is right, set allow_empty_snapshot to true for one run"
                )
            stream.logger.info(
                "%s is empty: rows that were loaded before, if any, are not marked as deleted "
                "unless allow_empty_snapshot is true",
                stream.name,
            )
            return
        if self._writes:
            stream.write_version(version)
        self._save({"rows": self._sent, **table.covers})

    def _save(self, changes: Mapping[str, object]) -> None:
        self._stream.get_context_state(None).update(changes)
        if self._writes:
            self._stream.write_state()

    def _is_enough(self) -> bool:
        """Tell whether as many records were read as a test of the source wants."""
        most = self._stream.ABORT_AT_RECORD_COUNT
        return most is not None and self._sent >= most

    def _fail(self, error: TapError) -> None:
        if self._stream.ABORT_AT_RECORD_COUNT is not None:
            raise error
        self._run.failures[self._stream.name] = error
        self._stream.logger.error("%s failed: %s", self._stream.name, error)
