"""What streams record of their loads: the windows that were fetched, the rows without a key."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any

from singer_sdk.singerlib.catalog import REPLICATION_INCREMENTAL

from tap_continu_coursebase.decode.schema import RowSchema
from tap_continu_coursebase.singer.sdk import SdkTap
from tap_continu_coursebase.singer.steps import Step
from tap_continu_coursebase.singer.stream import SourceStream


class LedgerStream(SourceStream):
    """Records that other streams add, each between its window's last record and its STATE."""

    sends_requests = False

    def __init__(self, tap: SdkTap, name: str, declared: RowSchema) -> None:
        super().__init__(tap, name, declared)
        self.forced_replication_method = REPLICATION_INCREMENTAL

    def steps(self) -> Generator[Step, None, None]:
        """Yield nothing: other streams add the records as they are loaded."""
        yield from ()

    def add(self, row: Mapping[str, Any]) -> bool:
        """Write one record, unless the stream is deselected; tell whether it is written."""
        if self.selected:
            self.write_schema()
            self.write_record(dict(row), version=None)
        return self.selected
