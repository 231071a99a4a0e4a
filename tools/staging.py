"""What dbt is told of the raw tables: the sources, and the columns of each staging view.

The schemas say which columns there are, what they mean and which identify a row; the tap, how
often each stream is to be loaded. Exports name their own columns, so their views are written by
hand.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import yaml

from tap_continu_coursebase.operate.descriptions import METADATA, RECORDS
from tap_continu_coursebase.operate.freshness import CADENCES, TOLERANCE, is_loaded_here
from tools.catalog import EXPORTS, Catalog, discovered

HEAD = "# Written by `make generate` from the tap's schemas.\n"
DATES: Mapping[str, frozenset[str]] = {
    "coursebase_course_details": frozenset({"start_date", "end_date", "registration_end_date"}),
}
"""Columns of text that are documented to hold a day."""
TYPES: Mapping[frozenset[str], str] = {
    frozenset({"string"}): "text",
    frozenset({"boolean"}): "boolean",
    frozenset({"integer"}): "integer",
    frozenset({"number"}): "number",
    frozenset({"integer", "number"}): "number",
}
"""The types of staging views, which ``macros/types.sql`` knows; all others are JSON."""
OF_LOADERS: Mapping[str, str] = {
    "_sdc_extracted_at": "timestamp",
    "_sdc_received_at": "timestamp",
    "_sdc_batched_at": "timestamp",
    "_sdc_deleted_at": "timestamp",
    "_sdc_sequence": "integer",
    "_sdc_table_version": "integer",
    "_sdc_sync_started_at": "integer",
}
"""The types of the columns that loaders add."""
ADDED = (
    {
        "name": "extracted_at",
        "description": "When the tap read the row, UTC.",
        "data_type": "timestamp",
        "config": {"meta": {"raw": "_sdc_extracted_at"}},
    },
    {
        "name": "loaded_sequence",
        "description": "When the loader received the row, in milliseconds since 1970-01-01 UTC; it "
        "grows with each load, so that what is newer can be found.",
        "data_type": "integer",
        "config": {"meta": {"raw": "_sdc_sequence"}},
    },
)
"""The columns that a staging view has beside the stream's."""


def sources() -> str:
    """Return ``sources.yml``: the raw tables by source, with their cadence."""
    tables: dict[str, list[dict[str, Any]]] = {"continu": [], "coursebase": []}
    for entry in _tables(discovered()):
        name = entry["tap_stream_id"]
        tables[name.partition("_")[0]].append(
            {
                "name": name,
                "description": entry["schema"]["description"],
                **_freshness(entry),
                "columns": [
                    *_typed(entry),
                    *(
                        {"name": name, "description": said, "data_type": OF_LOADERS[name]}
                        for name, said in METADATA.items()
                    ),
                ],
            }
        )
    return _written(
        {
            "sources": [
                {
                    "name": name,
                    "description": f"What the tap loads of {name.capitalize()}.",
                    "database": "{{ var('continu_coursebase_database') or target.database }}",
                    "schema": "{{ var('continu_coursebase_schema') }}",
                    "tables": found,
                }
                for name, found in tables.items()
            ]
        }
    )


def views(source: str) -> str:
    """Return the declaration of a source's staging views.

    Args:
        source: ``continu`` or ``coursebase``.
    """
    return _written(
        {
            "models": [
                _view(entry)
                for entry in _tables(discovered())
                if entry["tap_stream_id"].startswith(f"{source}_")
                and not entry["tap_stream_id"].startswith(EXPORTS)
            ]
        }
    )


def statement(stream: str) -> str:
    """Return the SQL of a stream's staging view."""
    source = stream.partition("_")[0]
    return f"{{{{ continu_coursebase.staged('{source}', '{stream}') }}}}\n"


def cadences() -> str:
    """Return the seed ``stream_cadences.csv``: how often each stream is to be loaded, in hours."""
    lines = [f"{name},{cadence // timedelta(hours=1)}\n" for name, cadence in CADENCES.items()]
    return "stream,cadence_hours\n" + "".join(sorted(lines))


def streams() -> str:
    """Return the macro ``streams``: the raw tables by source, records of loads left out."""
    named = [one["tap_stream_id"] for one in _tables(discovered())]
    pairs = [(name.partition("_")[0], name) for name in named if is_loaded_here(name)]
    lines = "".join(f"        {pair!r},\n" for pair in pairs)
    return (
        "{#- Written by `make generate` from the tap: the streams' tables, with their source. -#}\n"
        "{% macro streams() %}\n    {{ return([\n" + lines + "    ]) }}\n{% endmacro %}\n"
    )


def _tables(catalog: Catalog) -> Iterator[dict[str, Any]]:
    """Yield the streams whose tables have one name in every warehouse."""
    return (one for one in catalog if not one["tap_stream_id"].startswith("coursebase_saved_"))


def _view(entry: Mapping[str, Any]) -> dict[str, Any]:
    stream, key = entry["tap_stream_id"], entry["key_properties"]
    source, _, name = stream.partition("_")
    columns = _typed(entry, DATES.get(stream, ()))
    for column in columns:
        if column["name"] in key:
            column["data_tests"] = ["not_null", "unique"] if len(key) == 1 else ["not_null"]
    together = {"unique_together": {"arguments": {"columns": key}}}
    return {
        "name": f"stg_{source}__{name}",
        "description": entry["schema"]["description"],
        **({"data_tests": [together]} if len(key) > 1 else {}),
        "columns": [*columns, *ADDED],
    }


def _typed(entry: Mapping[str, Any], dates: Collection[str] = ()) -> list[dict[str, Any]]:
    """Return the columns of a stream, each with what it means and its type.

    Args:
        entry: Of the catalog.
        dates: Columns of text that are read as dates.
    """
    properties = entry["schema"]["properties"]
    return [
        {**column, "data_type": "date" if name in dates else _type(properties[name])}
        for column in _described(properties.items())
        for name in [column["name"]]
    ]


def _described(properties: Iterable[tuple[str, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    return [{"name": name, "description": said["description"]} for name, said in properties]


def _type(said: Mapping[str, Any]) -> str:
    if said.get("format") == "date-time":
        return "timestamp"
    types = said["type"] if isinstance(said["type"], list) else [said["type"]]
    return TYPES.get(frozenset(types) - {"null"}, "json")


def _freshness(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Return how old a table may be: of windows as the ledger says, else as its rows say.

    A stream that is off by default is judged by nothing, nor is an export: one whose data have
    not changed is not loaded again.
    """
    name = entry["tap_stream_id"]
    cadence = CADENCES.get(name)
    off = any(
        item["breadcrumb"] == [] and not item["metadata"].get("selected-by-default", True)
        for item in entry["metadata"]
    )
    if cadence is None or off:
        return {}
    by_window = entry["replication_method"] == "INCREMENTAL" and name not in RECORDS
    told_by = "covered_until" if by_window else "newest_row"
    hours = cadence // timedelta(hours=1)
    return {
        "config": {
            "loaded_at_query": f"{{{{ continu_coursebase.{told_by}(this) }}}}",
            "freshness": {
                "warn_after": {"count": int(hours * TOLERANCE), "period": "hour"},
                "error_after": {"count": int(hours * TOLERANCE * 2), "period": "hour"},
            },
        }
    }


def _written(value: Mapping[str, Any]) -> str:
    text = yaml.safe_dump(
        {"version": 2, **value}, sort_keys=False, allow_unicode=True, width=sys.maxsize
    )
    return HEAD + str(text)
