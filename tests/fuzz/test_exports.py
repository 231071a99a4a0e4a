"""Coursebase exports: every row of the file is written as it is, or the stream fails."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from tests.decode.json_values import values
from tests.fuzz import bodies
from tests.fuzz.answering import AnsweringServer
from tests.fuzz.running import Run, catalog_of, coursebase_config, fuzzed, run
from tests.transport.scripted_server import Asked, Reply

STREAM = "coursebase_report_people"
LINK = "/storage/export.zip?signature=marked-signature"
TOLD = {
    "status": "finished",
    "started_at": "2024-01-01T00:00:01Z",
    "finished_at": "2024-01-01T00:00:02Z",
    "data_updated_at": "2024-01-01T00:00:00Z",
    "language": "en",
    "time_zone": "UTC",
}
NEVER_STARTED = {"status": "error", "error": "not_found"}
FIXED = {"report_type", "row_number", "language", "time_zone", "data_updated_at", "exported_at"}

# Not the characters that end a line for Python alone, and no lone surrogate: no encoding has them.
cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    [
        "",
        '"',
        '""',
        ",",
        "a,b",
        "line\nbreak",
        "line\r\nbreak",
        "\r",
        " x ",
        "\ufeff",
        "x" * 200_000,
    ]
)
titles = st.sampled_from(
    ["Name", "name", "NAME ", "", " ", "row_number", "Row Number", "日本", "n-1"]
)


@st.composite
def tables(draw: st.DrawFn) -> list[list[str]]:
    """A header and rows; a lone empty cell is left out, which some writers write as nothing."""
    header = draw(st.lists(titles | cells, min_size=1, max_size=5))
    header[0] = header[0].removeprefix("\ufeff")
    if header == [""]:
        header = ["a"]
    row = st.lists(cells, min_size=len(header), max_size=len(header))
    return [header, *draw(st.lists(row, max_size=6))]


@st.composite
def texts(draw: st.DrawFn, table: list[list[str]]) -> bytes:
    """A table as a CSV file in one of the styles that programs write."""
    held = io.StringIO(newline="")
    ending = draw(st.sampled_from(["\r\n", "\n"]))
    # Not all versions of the writer quote a carriage return of their own accord.
    quoted = draw(st.booleans()) or any("\r" in cell for row in table for cell in row)
    csv.writer(
        held, lineterminator=ending, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    ).writerows(table)
    text = held.getvalue()
    if draw(st.booleans()):
        text = text.removesuffix(ending)
    return (draw(st.sampled_from(["", "\ufeff"])) + text).encode()


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return held.getvalue()


@st.composite
def archives(draw: st.DrawFn, content: bytes) -> bytes:
    """A ZIP file with one CSV file in it, and perhaps other things."""
    name = draw(st.sampled_from(["export.csv", "a/b.CSV", "../../x.csv", "C:\\x.csv", "日本.csv"]))
    others = draw(st.sampled_from([{}, {"readme.txt": b"x"}, {"folder/": b""}]))
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", draw(st.sampled_from([0, 8, 12, 14]))) as archive:
        for other, bytes_of_it in others.items():
            archive.writestr(zipfile.ZipInfo(other), bytes_of_it)
        with archive.open(zipfile.ZipInfo(name), "w", force_zip64=draw(st.booleans())) as member:
            member.write(content)
    return draw(st.sampled_from([b"", b"#!/bin/sh\n"])) + held.getvalue()


def load(server: AnsweringServer, job: Any, file: Reply, begun: Any = TOLD) -> Run:
    """Export a report whose finished job and file are these."""
    exported = []

    def answer(asked: Asked) -> Reply:
        if asked.path == LINK:
            return file
        if asked.path == "/api/report.export":
            exported.append(asked)
            return Reply(body=envelope(begun))
        if not exported:
            return Reply(body=json.dumps(NEVER_STARTED).encode())
        return Reply(body=envelope(job).replace(b"LINK", (server.url + LINK).encode()))

    server.answer(answer)
    config = coursebase_config(server.url) | {
        "coursebase_report_types": ["people"],
        "coursebase_export_timeout_minutes": 1,
    }
    output = run(config, catalog=catalog_of(config, STREAM))
    assert "marked-signature" not in output.stderr
    assert b"marked-signature" not in output.stdout
    return output


def envelope(data: Any) -> bytes:
    told = {"status": "success", "data": data}
    return simplejson.dumps(told, use_decimal=True, allow_nan=True).encode()


def told(rows: int | None) -> dict[str, Any]:
    return {**TOLD, "url": "LINK", "row_count": rows}


def table_of(output: Run) -> list[list[str | None]]:
    (schema,) = (message for message in output.messages if message["type"] == "SCHEMA")
    names = [name for name in schema["schema"]["properties"] if name not in FIXED]
    assert [row["row_number"] for row in output.records(STREAM)] == list(
        range(1, len(output.records(STREAM)) + 1)
    )
    return [[row[name] for name in names] for row in output.records(STREAM)]


def stored(table: list[list[str]]) -> list[list[str | None]]:
    return [[cell.replace("\0", "\ufffd") or None for cell in row] for row in table[1:]]


def is_loaded(output: Run) -> bool:
    """Whether an export is loaded; if it is not, nothing may say so."""
    if output.failed(STREAM):
        assert output.code == 1
        assert not output.activated(STREAM)
        assert output.bookmark(STREAM) is None
        return False
    assert output.code == 0
    return True


@st.composite
def exported(draw: st.DrawFn) -> tuple[list[list[str]], bytes, bytes]:
    """A table, its CSV file, and its ZIP file."""
    table = draw(tables())
    text = draw(texts(table))
    return table, text, draw(archives(text))


Exported = tuple[list[list[str]], bytes, bytes]


@fuzzed(20)
@given(export=exported())
def test_every_cell_is_written(server: AnsweringServer, export: Exported) -> None:
    table, _, file = export
    output = load(server, told(len(table) - 1), Reply(body=file))
    assert output.code == 0, output.last_line
    assert table_of(output) == stored(table)
    assert output.bookmark(STREAM) == TOLD["data_updated_at"]


@st.composite
def damaged_archives(draw: st.DrawFn) -> tuple[list[list[str]], bytes]:
    table, _, file = draw(exported())
    return table, draw(bodies.damaged(file))


@fuzzed(20)
@given(export=damaged_archives())
def test_a_damaged_archive_is_written_as_it_was_or_its_stream_fails(
    server: AnsweringServer, export: tuple[list[list[str]], bytes]
) -> None:
    table, file = export
    output = load(server, told(None), Reply(body=file))
    if is_loaded(output):
        assert table_of(output) == stored(table)


@st.composite
def damaged_tables(draw: st.DrawFn) -> tuple[list[list[str]], bytes]:
    table, text, _ = draw(exported())
    return table, draw(bodies.damaged(text) | st.binary(max_size=60))


@fuzzed(15)
@given(export=damaged_tables())
def test_a_damaged_table_has_its_rows_or_its_stream_fails(
    server: AnsweringServer, export: tuple[list[list[str]], bytes]
) -> None:
    table, text = export
    output = load(server, told(len(table) - 1), Reply(body=zipped({"a.csv": text})))
    if is_loaded(output):
        assert len(table_of(output)) == len(table) - 1


@fuzzed(15)
@given(
    job=st.dictionaries(st.sampled_from([*TOLD, "url", "row_count"]), values(), max_size=3),
    begun=st.just(TOLD) | values(),
)
def test_an_odd_job_is_loaded_or_its_stream_fails(
    server: AnsweringServer, job: dict[str, Any], begun: Any
) -> None:
    file = Reply(body=zipped({"a.csv": b"a,b\n1,2\n"}))
    output = load(server, {**told(1), **job}, file, begun)
    if is_loaded_or_unchanged(output) and output.records(STREAM):
        assert table_of(output) == [["1", "2"]]


def is_loaded_or_unchanged(output: Run) -> bool:
    if output.failed(STREAM):
        assert output.code == 1
        assert not output.activated(STREAM)
        return False
    return True


@pytest.mark.parametrize(
    "url", ["", "//", "http://[::1", "ftp://127.0.0.1/x", 5, ["LINK"], "\ud800"]
)
def test_a_link_that_is_no_url_fails_at_once(server: AnsweringServer, url: Any) -> None:
    output = load(server, {**told(1), "url": url}, Reply())
    assert output.failed(STREAM)
    assert "link" in output.last_line
    assert "retrying" not in output.stderr


@pytest.mark.parametrize("field", ["language", "time_zone", "started_at", "data_updated_at"])
def test_what_a_job_says_in_another_type_counts_as_not_said(
    server: AnsweringServer, field: str
) -> None:
    file = Reply(body=zipped({"a.csv": b"a,b\n1,2\n"}))
    output = load(server, {**told(1), field: [{"a": 1}]}, file)
    assert output.code == 0, output.last_line
    assert table_of(output) == [["1", "2"]]
    assert output.bookmark(STREAM) == (
        None if field == "data_updated_at" else told(1)["data_updated_at"]
    )


@pytest.mark.parametrize("count", ["3", 3.0, "0", 0])
def test_a_count_of_rows_is_checked_in_whatever_way_it_is_written(
    server: AnsweringServer, count: Any
) -> None:
    file = Reply(body=zipped({"a.csv": b"a,b\n1,2\n"}))
    output = load(server, told(None) | {"row_count": count}, file)
    assert output.failed(STREAM)
    assert "the job said" in output.last_line


@pytest.mark.parametrize("job", [None, [{"url": "LINK"}], "LINK", {"status": {"url": "LINK"}}])
def test_a_link_is_never_shown(server: AnsweringServer, job: Any) -> None:
    output = load(server, job, Reply())
    assert output.failed(STREAM)
    assert "the export of report_type people has no status" in output.last_line
