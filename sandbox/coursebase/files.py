"""Files of exports: a ZIP with CSV inside, or what faults make of it.

Documented: M shows a `.zip` below a folder `csv`, and nothing else. Inferred: one member,
UTF-8 without a byte order mark, commas, CRLF, cells quoted where they must be.
"""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sandbox.coursebase.bomb import zip_bomb
from sandbox.coursebase.reports.types import Table
from sandbox.faults import Fault

LIKE_1980 = (1980, 1, 1, 0, 0, 0)
"""The earliest date a ZIP member can have; equal data makes equal files."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a file differs from a plain one.

    Attributes:
        members: CSV members; the rows are split among them, each has the header.
        unequal: Whether the second member's header differs.
        beside: Whether a member that is no CSV lies beside.
        paths: Whether member names climb out of the folder.
        bom: Whether each member begins with a byte order mark.
        encoding: Codec of the members; what it lacks becomes `?`.
        newline: End of line.
        duplicate: Whether the second title repeats the first.
        empty: Whether the last title is empty.
        miscounted: How much `row_count` is off.
        bomb: Megabytes a small file expands to; 0 for no bomb.
        declared: Bytes the bomb claims to expand to; None tells the truth.
        no_rows: Whether there is nothing but the header.
        not_zip: Whether the file is a bare CSV.
        bad_crc: Whether the checksums are wrong.
        delimiter: What stands between cells.
        quoted: Whether each cell is quoted.
        titles: Lines before the header of each member.
        totals: Lines after the rows of each member.
        ending: How the names of the members end.
        gzip: Whether the file is a CSV in gzip.
    """

    members: int = 1
    unequal: bool = False
    beside: bool = False
    paths: bool = False
    bom: bool = False
    encoding: str = "utf-8"
    newline: str = "\r\n"
    duplicate: bool = False
    empty: bool = False
    miscounted: int = 0
    bomb: int = 0
    declared: int | None = None
    no_rows: bool = False
    not_zip: bool = False
    bad_crc: bool = False
    delimiter: str = ","
    quoted: bool = False
    titles: tuple[str, ...] = ()
    totals: tuple[str, ...] = ()
    ending: str = ".csv"
    gzip: bool = False


Details = Mapping[str, Any]
SHAPERS: Mapping[str, Callable[[Details], dict[str, Any]]] = {
    "members": lambda d: {
        "members": max(2, int(d.get("count", 2))),
        "unequal": bool(d.get("unequal", False)),
    },
    "beside": lambda _: {"beside": True},
    "paths": lambda _: {"paths": True},
    "bom": lambda _: {"bom": True},
    "encoding": lambda d: {"encoding": codecs.lookup(str(d.get("encoding", "cp932"))).name},
    "newline": lambda d: {"newline": str(d.get("newline", "\n"))},
    "headers": lambda d: {
        "duplicate": bool(d.get("duplicate", True)),
        "empty": bool(d.get("empty", True)),
    },
    "row_count": lambda d: {"miscounted": int(d.get("by", 1))},
    "bomb": lambda d: {"bomb": int(d.get("megabytes", 1024)), "declared": d.get("declared")},
    "no_rows": lambda _: {"no_rows": True},
    "not_zip": lambda _: {"not_zip": True},
    "bad_crc": lambda _: {"bad_crc": True},
    "delimiter": lambda d: {"delimiter": str(d.get("delimiter", ";"))},
    "quoted": lambda _: {"quoted": True},
    "titles": lambda d: {"titles": tuple(map(str, d.get("lines", ["Report"])))},
    "totals": lambda d: {"totals": tuple(map(str, d.get("lines", ["Total"])))},
    "ending": lambda d: {"ending": str(d.get("ending", ".txt"))},
    "gzip": lambda _: {"gzip": True},
}
"""What each kind of fault asks of the shape."""


def shape_of(faults: list[Fault]) -> Shape:
    """Return the shape that faults ask for together."""
    shape = Shape()
    for fault in faults:
        shape = replace(shape, **SHAPERS[fault.kind](fault.details))
    return shape


def _header(table: Table, shape: Shape) -> list[str]:
    header = list(table.header)
    if shape.duplicate and len(header) > 1:
        header[1] = header[0]
    if shape.empty:
        header[-1] = ""
    return header


def csv_bytes(header: list[str], rows: list[list[str]], shape: Shape) -> bytes:
    """Write one CSV."""
    text = io.StringIO(newline="")
    writer = csv.writer(
        text,
        delimiter=shape.delimiter,
        lineterminator=shape.newline,
        quoting=csv.QUOTE_ALL if shape.quoted else csv.QUOTE_MINIMAL,
    )
    text.writelines(f"{line}{shape.newline}" for line in shape.titles)
    writer.writerow(header)
    writer.writerows(rows)
    text.writelines(f"{line}{shape.newline}" for line in shape.totals)
    written = text.getvalue().encode(shape.encoding, errors="replace")
    return "\ufeff".encode(shape.encoding) + written if shape.bom else written


def _members(name: str, table: Table, shape: Shape) -> dict[str, bytes]:
    header = _header(table, shape)
    size = -(-len(table.rows) // shape.members) or 1
    folder = "../../" if shape.paths else ""
    made = {}
    for part in range(shape.members):
        titles = [*header[:-1], f"{header[-1]} 2"] if shape.unequal and part == 1 else header
        suffix = f"-{part + 1}" if shape.members > 1 else ""
        rows = table.rows[part * size : (part + 1) * size]
        made[f"{folder}{name}{suffix}{shape.ending}"] = csv_bytes(titles, rows, shape)
    if shape.beside:
        made["README.txt"] = b"Not a table, with,commas\n"
    return made


def _spoil_checksums(packed: bytes, members: Mapping[str, bytes]) -> bytes:
    for content in members.values():
        right = zlib.crc32(content)
        packed = packed.replace(struct.pack("<L", right), struct.pack("<L", right ^ 0xFFFF))
    return packed


def make_file(name: str, table: Table, shape: Shape) -> bytes:
    """Make the file of an export.

    Args:
        name: Name of the member, without its ending.
        table: What the export holds.
        shape: How it shall differ from a plain file.
    """
    if shape.not_zip or shape.gzip:
        bare = csv_bytes(_header(table, shape), table.rows, shape)
        return gzip.compress(bare, compresslevel=1, mtime=0) if shape.gzip else bare
    if shape.bomb:
        start = csv_bytes(_header(table, shape), table.rows, shape)
        line = csv_bytes(["0" * 40] * len(table.header), [], shape)
        return zip_bomb(f"{name}.csv", start, line, shape.bomb, shape.declared)
    members = _members(name, table, shape)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for path, content in members.items():
            member = zipfile.ZipInfo(path, LIKE_1980)
            archive.writestr(member, content, zipfile.ZIP_DEFLATED, compresslevel=1)
    packed = held.getvalue()
    return _spoil_checksums(packed, members) if shape.bad_crc else packed
