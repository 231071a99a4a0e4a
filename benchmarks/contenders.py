"""The programs that read one report, how each is run, and the rows that each has written."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.environments import python
from benchmarks.measure import Case, Command
from benchmarks.paths import BENCH, OWN_PYTHON, OWN_TAP, PROGRAMS, ROOT
from benchmarks.rows import COLUMNS, DATES, FLAGS, FROM, KEY, LISTS, OBJECTS, UNTIL
from sandbox.instants import parse_instant

Row = dict[str, Any]
WINDOW = f"{parse_instant(FROM)}/{parse_instant(UNTIL)}"
STREAM = "continu_content_completion"
MONTHS = (*(f"2025-{month:02}-01T00:00:00Z" for month in range(1, 13)), FROM)
"""Where windows begin, up to the one that everything reads."""
QUIET = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "DO_NOT_TRACK": "1",
}


@dataclass(frozen=True)
class Contender:
    """One program.

    Attributes:
        name: As the table shows it.
        case: Gives how it is run, told the URL of the body that it shall read.
        rows: Gives the rows of its last run, told the file that holds its output.
        left_out: Fields that it writes elsewhere.
    """

    name: str
    case: Callable[[str], Case]
    rows: Callable[[Path], Iterator[Row]]
    left_out: frozenset[str] = frozenset()


def extractors() -> list[Contender]:
    """Return all that are compared; the first is what the others' ratios refer to."""
    return [
        Contender("stock singer-sdk", stock, singer_rows),
        Contender("stock + msgspec writer", stock_msgspec, singer_rows),
        Contender("airbyte-cdk read", airbyte, airbyte_rows),
        Contender("dlt extract step", dlt_extract, dlt_extracted_rows),
        Contender("dlt to files", dlt_files, dlt_file_rows, LISTS | {"linkedCategories"}),
        OWN,
    ]


def stock(url: str, program: str = "stock_tap.py", name: str = "stock singer-sdk") -> Case:
    """Run the stock tap."""
    start, until = map(int, WINDOW.split("/"))
    config = _written("stock", {"config.json": {"api_url": url, "from": start, "until": until}})
    command: Command = [python("stock"), PROGRAMS / program, "--config", config / "config.json"]
    return Case(name, [command], {}, ROOT)


def stock_msgspec(url: str) -> Case:
    """Run the stock tap with the SDK's own faster writer."""
    return stock(url, "stock_tap_msgspec.py", "stock + msgspec writer")


def airbyte(url: str) -> Case:
    """Run airbyte-cdk's declarative source."""
    stream = {"name": STREAM, "json_schema": json_schema(), "supported_sync_modes": _FULL}
    manifest = {
        "version": "7.0.0",
        "type": "DeclarativeSource",
        "spec": {"type": "Spec", "connection_specification": {"type": "object"}},
        "check": {"type": "CheckStream", "stream_names": [STREAM]},
        "streams": [
            {
                "type": "DeclarativeStream",
                "name": STREAM,
                "primary_key": KEY,
                "schema_loader": {"type": "InlineSchemaLoader", "schema": json_schema()},
                "retriever": {
                    "type": "SimpleRetriever",
                    "requester": {
                        "type": "HttpRequester",
                        "url_base": url,
                        "path": f"reports/content-completion/{WINDOW}",
                        "http_method": "POST",
                        "request_body_json": dict.fromkeys(COLUMNS, True),
                    },
                    "record_selector": {
                        "type": "RecordSelector",
                        "extractor": {"type": "DpathExtractor", "field_path": []},
                    },
                    "paginator": {"type": "NoPagination"},
                },
            }
        ],
    }
    synced = {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
    folder = _written(
        "airbyte",
        {"config.json": {}, "manifest.json": manifest, "catalog.json": {"streams": [synced]}},
    )
    command: Command = [python("airbyte"), PROGRAMS / "airbyte_source.py", folder]
    return Case("airbyte-cdk read", [command], QUIET, ROOT)


def dlt_extract(url: str, mode: str = "extract", name: str = "dlt extract step") -> Case:
    """Run dlt's extract step."""
    folder = BENCH / "work" / f"dlt-{mode}"

    def prepare() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        _written(f"dlt-{mode}", {"flags.json": dict.fromkeys(COLUMNS, True)})

    report = f"{url}/reports/content-completion/{WINDOW}"
    command: Command = [python("dlt"), PROGRAMS / "dlt_report.py", mode, report, folder]
    return Case(name, [command], QUIET, ROOT, prepare)


def dlt_files(url: str) -> Case:
    """Run dlt's whole pipeline into JSON lines."""
    return dlt_extract(url, "files", "dlt to files")


def own(url: str, name: str = "this tap", *, windows: int = 1, tap: Command | None = None) -> Case:
    """Run the real command, with the columns that all others read selected."""
    settings = own_config(url) | {"start_date": MONTHS[-windows]}
    folder = _written(name.replace(" ", "-"), {"config.json": settings})
    catalog = folder / "catalog.json"
    catalog.write_text(json.dumps(own_catalog(folder / "config.json")), "utf-8")
    command: Command = [
        *(tap or [OWN_TAP]),
        "--config",
        folder / "config.json",
        "--catalog",
        catalog,
    ]
    return Case(name, [command], {}, ROOT)


def own_carefully(url: str, name: str) -> Case:
    """Run this tap without its fast path."""
    return own(url, name, tap=[OWN_PYTHON, PROGRAMS / "careful_tap.py"])


def own_config(url: str) -> dict[str, Any]:
    """Return settings that make one window of the report."""
    return {
        "continu_api_url": url,
        "continu_api_token": "bench-token",
        "start_date": FROM,
        "end_date": UNTIL,
    }


def own_catalog(config: Path) -> dict[str, Any]:
    """Discover, and select only this report's columns."""
    discovered = subprocess.run(
        [OWN_TAP, "--config", config, "--discover"], check=True, capture_output=True
    )
    catalog: dict[str, Any] = json.loads(discovered.stdout)
    for entry in catalog["streams"]:
        chosen = entry["tap_stream_id"] == STREAM
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = chosen
            elif chosen:
                column = item["breadcrumb"][1]
                item["metadata"]["selected"] = column in {*COLUMNS, "additional_fields"}
    return catalog


def singer_rows(output: Path) -> Iterator[Row]:
    """Read RECORD messages."""
    for message in _lines(output):
        if message["type"] == "RECORD" and message["stream"].endswith("content_completion"):
            yield message["record"]


def airbyte_rows(output: Path) -> Iterator[Row]:
    """Read RECORD messages as that protocol has them."""
    for message in _lines(output):
        if message["type"] == "RECORD":
            yield message["record"]["data"]


def dlt_extracted_rows(_output: Path) -> Iterator[Row]:
    """Read what the extract step has left for the next one."""
    packages = BENCH / "work" / "dlt-extract" / "bench" / "normalize"
    for path in packages.rglob("content_completion*"):
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                found = json.loads(line)
                yield from found if isinstance(found, list) else [found]


def dlt_file_rows(_output: Path) -> Iterator[Row]:
    """Read the tables, the sub-object put together again and the lists left out."""
    for path in (BENCH / "work" / "dlt-files" / "files" / "bench" / "content_completion").iterdir():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                yield _unflattened(json.loads(line))


def json_schema() -> dict[str, Any]:
    """Return the row's schema for those who want one."""

    def kind(name: str) -> dict[str, Any]:
        if name in LISTS:
            return {"type": ["array", "null"], "items": {"type": ["string", "null"]}}
        if name in OBJECTS:
            return {"type": ["object", "null"]}
        if name in FLAGS:
            return {"type": ["boolean", "null"]}
        if name in DATES:
            return {"type": ["string", "null"], "format": "date-time"}
        return {"type": ["string", "null"]}

    return {"type": "object", "properties": {name: kind(name) for name in COLUMNS}}


def _unflattened(row: Row) -> Row:
    """Put ``content`` together again; its list is in a table of its own."""
    flat = {name: value for name, value in row.items() if "__" not in name}
    content = {
        name.removeprefix("content__"): value
        for name, value in row.items()
        if name.startswith("content__")
    }
    return {**flat, "content": content}


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _written(name: str, files: Mapping[str, Any]) -> Path:
    folder = BENCH / "work" / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, content in files.items():
        (folder / file).write_text(json.dumps(content), "utf-8")
    return folder


_FULL = ["full_refresh"]
OWN = Contender("this tap", own, singer_rows)
