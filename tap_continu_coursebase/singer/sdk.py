"""The Singer SDK as this tap uses it: every private name of it stands here, with its reason.

The rest of the package uses only what the SDK documents or names without an underscore.
``tests/singer/test_sdk_contract.py`` fails with a sentence where an upgrade changes one of these
names, and ``docs/upstream.md`` says what would make each unnecessary.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Generator, Iterator
from types import FrameType
from typing import Any, cast

from singer_sdk import Stream, Tap
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.helpers.types import Context
from singer_sdk.mapper import SameRecordTransform

from tap_continu_coursebase.core.run import Run
from tap_continu_coursebase.singer.output import WholeLines
from tap_continu_coursebase.singer.steps import Record


class SdkStream(Stream):
    """A stream with a loop of its own, and the SDK's messages, catalog, selection and maps.

    Args:
        tap: The tap.
        name: The stream's name.
        schema: JSON Schema of its records.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE
    """Records are conformed when they are decoded."""
    DECLARES_LATE = False
    """Whether its columns are known only while it is read."""

    def __init__(self, tap: Tap, *, name: str, schema: dict[str, Any]) -> None:
        super().__init__(tap, schema=schema, name=name)
        self._is_schema_due = not self.DECLARES_LATE

    @abstractmethod
    def sync_records(self, *, writes: bool) -> Iterator[Record]:
        """Sync the stream.

        Args:
            writes: Whether messages are written; otherwise records are yielded.
        """

    def get_records(self, context: Context | None) -> Iterator[Record]:  # noqa: ARG002
        """Yield the records, writing no message."""
        yield from self.sync_records(writes=False)

    def _sync_records(
        self,
        context: Context | None = None,  # noqa: ARG002
        *,
        write_messages: bool = True,
    ) -> Generator[Record, None, None]:
        """Sync by this tap's loop: the SDK's takes bookmarks from records, ours from windows."""
        yield from self.sync_records(writes=write_messages)

    def _write_schema_message(self) -> None:
        """Write SCHEMA once: the SDK calls this before columns that are declared late are known."""
        if self._is_schema_due:
            self._is_schema_due = False
            super()._write_schema_message()

    def passes_unchanged(self) -> bool:
        """Tell whether the SDK would write each record as it is, with no limit to their number."""
        [stream_map, *others] = self.stream_maps
        return (
            not others
            and isinstance(stream_map, SameRecordTransform)
            and not stream_map.flattening_enabled
            and self.ABORT_AT_RECORD_COUNT is None
            and all(len(breadcrumb) <= len(("properties", "name")) for breadcrumb in self.metadata)
        )

    @property
    def emit_activate_version_messages(self) -> bool:
        """Whether the SDK sends ACTIVATE_VERSION before the first record: never.

        A tap that died after it would have deleted live rows.
        """
        return False

    def get_replication_key_signpost(self, context: Context | None = None) -> None:
        """Set no signpost: the bookmark is a window's end."""

    def replace_schema(self, schema: dict[str, Any]) -> None:
        """Replace the schema, which the SDK keeps apart from the catalog's in private names."""
        self._schema = schema
        self._input_schema = None

    def declare(self, schema: dict[str, Any]) -> None:
        """Replace the schema while the stream is read: SCHEMA is due again.

        The SDK keeps stream maps for the schema before in a private name.
        """
        self.replace_schema(schema)
        self._tap.mapper.register_raw_stream_schema(self.name, schema, self.primary_keys)
        self._stream_maps = None
        self._is_schema_due = True

    def write_schema(self) -> None:
        """Write SCHEMA, unless it is written already."""
        self._write_schema_message()

    def write_record(self, record: Record, version: int | None) -> None:
        """Write RECORD, without deselected properties and by the stream maps."""
        self._stream_version = version
        self._write_record_message(record)

    def write_lines(self, lines: bytes) -> None:
        """Write RECORD messages that are lines already, which no SDK method can."""
        cast("WholeLines", self._tap.message_writer).write_lines(lines)
        self.state_manager.is_flushed = False

    def write_version(self, version: int) -> None:
        """Write ACTIVATE_VERSION."""
        self._write_activate_version_message(version)

    def write_state(self) -> None:
        """Write STATE now; the SDK's own methods wait for the stream's end."""
        self._tap.state_writer.write_state(self.tap_state)


class SdkTap(Tap):
    """A tap whose configuration and end are its own business.

    Attributes:
        run: What its streams share.
    """

    run: Run

    message_writer_class = WholeLines
    message_writer: WholeLines

    @abstractmethod
    def check_config(self, config: dict[str, Any], *, discovers: bool) -> None:
        """Check the configuration and fill in defaults.

        Args:
            config: Changed in place.
            discovers: Whether only a catalog is wanted.
        """

    @abstractmethod
    def leave(self, signum: int) -> None:
        """End the process on a signal."""

    def _validate_config(self, *, raise_errors: bool = True) -> list[str]:
        """Check the configuration: the SDK's messages name neither setting nor a right value."""
        self.append_builtin_config(self.config_jsonschema)
        self.check_config(self._config, discovers=not raise_errors)
        return []

    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """End by this tap's rule: the SDK writes STATE amid a window, and exits with 0."""
        self.leave(signum)
