"""What each table and column of this tap means, as its schemas and a catalog say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tap_continu_coursebase.continu.reports import REPORTS
from tap_continu_coursebase.coursebase.resources import RESOURCES, USER_SEARCH
from tap_continu_coursebase.decode.schema import load

RECORDS = ("windows", "rejected_rows")
"""What the tap itself records of Continu's reports."""
EXPORTS: Mapping[str, str] = {
    "coursebase_report_": "report",
    "coursebase_saved_report_": "saved_report",
}
"""The schemas of exports, by what the names of their streams begin with."""
CELLS = "A column of the export, as text."
"""Description of a column that only the file itself has named."""
METADATA: Mapping[str, str] = {
    "_sdc_extracted_at": "When the tap read the row. Added by the loader.",
    "_sdc_received_at": "When the loader received the row. Added by the loader.",
    "_sdc_batched_at": "When the batch that loaded the row was begun. Added by the loader.",
    "_sdc_deleted_at": "When a complete full table was loaded that no longer had the row; null as "
    "long as the source has it. Added by the loader.",
    "_sdc_sequence": "When the loader received the row, in milliseconds since 1970-01-01 UTC. "
    "Added by the loader.",
    "_sdc_table_version": "Version of the full table that last had the row: when its run started, "
    "in milliseconds since 1970-01-01 UTC; null if it was last loaded incrementally. Added by the "
    "loader.",
    "_sdc_sync_started_at": "When the loader started, in milliseconds since 1970-01-01 UTC. Added "
    "by the loader.",
}
"""What the columns mean that targets built with the Singer SDK add to each table."""


@dataclass(frozen=True)
class Described:
    """What one stream's table means.

    Attributes:
        table: The description of the stream.
        columns: That of each column.
        key: Columns that identify a row.
        has_cells: Whether further columns are those of an export.
    """

    table: str
    columns: Mapping[str, str] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    has_cells: bool = False

    def is_of(self, columns: Collection[str]) -> bool:
        """Tell whether a table of that name is likely to be this stream's.

        Args:
            columns: The table's.
        """
        if self.has_cells:
            return {*self.key} <= {*columns}
        return not self.columns.keys().isdisjoint(columns)

    def of_column(self, column: str) -> str | None:
        """Return what a column means; None if nothing tells."""
        known = self.columns.get(column) or METADATA.get(column)
        return known or (CELLS if self.has_cells and not column.startswith("_sdc_") else None)


def described(stream: str, catalog: Mapping[str, Described]) -> Described | None:
    """Return what the table of a stream means; None if it is no stream of this tap.

    Args:
        stream: Its name, which is the table's.
        catalog: What a catalog says, which knows columns that settings declare.
    """
    declared = _declared().get(stream) or next(
        (_declared()[begin] for begin in EXPORTS if stream.startswith(begin)), None
    )
    told = catalog.get(stream)
    if declared is None or told is None:
        return declared
    return Described(
        told.table or declared.table,
        {**declared.columns, **told.columns},
        told.key or declared.key,
        declared.has_cells,
    )


def of_catalog(catalog: Mapping[str, Any]) -> dict[str, Described]:
    """Read the descriptions of a Singer catalog, by stream.

    Raises:
        ValueError: If it is none.
    """
    try:
        return dict(_entries(catalog))
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("it is no catalog: right is what --discover writes") from error


def _entries(catalog: Mapping[str, Any]) -> Iterator[tuple[str, Described]]:
    for entry in catalog["streams"]:
        schema = entry["schema"]
        columns = {
            name: column["description"]
            for name, column in schema.get("properties", {}).items()
            if column.get("description")
        }
        key = tuple(entry.get("key_properties") or ())
        yield entry["tap_stream_id"], Described(schema.get("description", ""), columns, key)


@cache
def _declared() -> Mapping[str, Described]:
    continu = [report.name for report in REPORTS]
    coursebase = [resource.name for resource in (*RESOURCES, USER_SEARCH)]
    return {
        **{f"continu_{name}": _of("continu", name) for name in (*continu, *RECORDS)},
        **{f"coursebase_{name}": _of("coursebase", name) for name in coursebase},
        **{begin: _of("coursebase", name, has_cells=True) for begin, name in EXPORTS.items()},
    }


def _of(source: str, name: str, *, has_cells: bool = False) -> Described:
    schema = load(source, name)
    properties = schema.singer["properties"]
    columns = {column: said["description"] for column, said in properties.items()}
    return Described(schema.singer["description"], columns, schema.primary_keys, has_cells)
