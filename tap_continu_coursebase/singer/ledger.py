"""The ledger of what was fetched."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_continu_coursebase.decode.schema import RowSchema
from tap_continu_coursebase.singer.sdk import SdkTap
from tap_continu_coursebase.singer.steps import Step
from tap_continu_coursebase.singer.stream import SourceStream


class LedgerStream(SourceStream):
    """One record for every window fetched, written between its last record and its STATE."""

    def __init__(self, tap: SdkTap, name: str, declared: RowSchema) -> None:
        super().__init__(tap, name, declared)
        self.forced_replication_method = REPLICATION_INCREMENTAL

    def steps(self) -> Generator[Step, None, None]:
        """Yield nothing: windows are recorded as they are loaded."""
        yield from ()

    def add(self, row: Mapping[str, Any]) -> None:
        """Write the record of one window."""
        if self.selected:
            self.write_schema()
            self.write_record(dict(row), version=None)
