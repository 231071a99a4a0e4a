"""Find the CSV in an export's file: in a ZIP, in gzip, or bare.

Documented is a ``.zip`` below a folder ``csv``, by one example of a link. Everything else is
inferred, and what a file is, is told by its first bytes (a ZIP also by its last) and not by its
name: of a ZIP the members named ``.csv``, else those named ``.txt`` or ``.tsv``, else its only
member; gzip, also as a member; else the file itself, if it is not something that is known to be no
CSV.

Nothing is ever extracted to a path. The standard library reads no more of a ZIP's member than the
size it declares, and compares its checksum with what was read.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, NamedTuple, cast

from tap_continu_coursebase.core.errors import RejectedError

LARGEST_EXPANDED = 16 << 30
LARGEST_RATIO = 1000
_SMALL = 64 << 20
_CHUNK = 1 << 16
_HEAD = 1 << 10
_ZIP, _GZIP = b"PK", b"\x1f\x8b"
_ZIP_GOES_ON = (b"\3\4", b"\5\6", b"\7\x08")
_A_ZIP = "a readable ZIP"
_WORKBOOK = "[Content_Types].xml"
_ENDINGS = ((".csv",), (".txt", ".tsv", ".tab"))
_OTHERS = (
    (re.compile(rb"<[!?a-zA-Z]"), "an HTML or XML page"),
    (re.compile(rb'\{\s*["}]|\[\s*[\[\]{"]'), "JSON"),
    (re.compile(rb"%PDF"), "a PDF"),
    (re.compile(rb"#!"), "a program"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "an Excel workbook"),
    (re.compile(rb"BZh|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd|\xfd7zXZ"), "an archive that is no ZIP"),
)
_SPACE = b" \t\r\n\xef\xbb\xbf"

Part = Callable[[], IO[bytes]]
"""Opens one CSV at its beginning; only the one that was opened last may be read."""


class Contents(NamedTuple):
    """The CSVs of a file, and what must be readable for them to be read."""

    parts: list[Part]
    needs: str


class BadExportError(RejectedError):
    """The file cannot be read, or is not what the job said."""


def open_file(file: IO[bytes]) -> Contents:
    """List the CSVs of a file, in their order; none if the file has no bytes or no members.

    Raises:
        BadExportError: If it cannot be read, is something else, or expands too far.
    """
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    head = file.read(_HEAD)
    if not head:
        return Contents([], "readable")
    if _is_zip(head) or zipfile.is_zipfile(file):
        return Contents(_members(file), _A_ZIP)
    needs = "readable gzip" if head.startswith(_GZIP) else "readable"
    return Contents([_opener(partial(_whole, file), head, size)], needs)


def _members(file: IO[bytes]) -> list[Part]:
    with readable(_A_ZIP):
        archive = zipfile.ZipFile(file)
        members = [member for member in archive.infolist() if not _is_beside(member)]
        chosen = _csv_members(members)
        _check_size(sum(m.file_size for m in chosen), sum(m.compress_size for m in chosen))
        return [_member(archive, member) for member in chosen]


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Part:
    with archive.open(member) as opened:
        head = opened.read(_HEAD)
    if _is_zip(head):
        raise BadExportError("the export's file is a ZIP in a ZIP")
    return _opener(partial(archive.open, member), head, member.file_size)


def _is_beside(member: zipfile.ZipInfo) -> bool:
    """Tell whether a member is none of the export's: a folder, or what an archiver adds."""
    name = member.filename.rpartition("/")[2]
    return member.is_dir() or member.filename.startswith("__MACOSX/") or name.startswith("._")


def _csv_members(members: list[zipfile.ZipInfo]) -> list[zipfile.ZipInfo]:
    if any(member.filename == _WORKBOOK for member in members):
        raise BadExportError("the export's file is an Excel workbook, not CSV")
    for endings in _ENDINGS:
        found = [member for member in members if _ending(member) in endings]
        if found:
            return found
    if len(members) > 1:
        raise BadExportError(
            f"the export's file has no CSV member: none of its {len(members)} is named .csv or .txt"
        )
    return members


def _ending(member: zipfile.ZipInfo) -> str:
    name = member.filename.lower().removesuffix(".gz")
    return name[name.rfind(".") :] if "." in name else ""


def _opener(open_bytes: Part, head: bytes, size: int) -> Part:
    """Return what opens a part, by its first bytes.

    Raises:
        BadExportError: If it is known to be no CSV.
    """
    if head.startswith(_GZIP):
        return lambda: cast("IO[bytes]", _Bytes(gzip.GzipFile(fileobj=open_bytes()), size))
    text = head.lstrip(_SPACE)
    for beginning, kind in _OTHERS:
        if beginning.match(text):
            raise BadExportError(f"the export's file is not CSV: it is {kind}")
    return open_bytes


def _whole(file: IO[bytes]) -> IO[bytes]:
    file.seek(0)
    return cast("IO[bytes]", _Bytes(file))


class _Bytes(io.BufferedIOBase):
    """Another file's bytes; closing this leaves that open.

    Args:
        source: The other file.
        compressed: The size that its bytes were expanded from; None if they were not.
    """

    def __init__(self, source: IO[bytes] | gzip.GzipFile, compressed: int | None = None) -> None:
        self._source = source
        self._compressed = compressed
        self._taken = 0

    def readable(self) -> bool:
        """Return true."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Read some bytes, all by default.

        Raises:
            BadExportError: If they are too many for what they were expanded from.
        """
        data = self._source.read(-1 if size is None else size)
        self._taken += len(data)
        if self._compressed is not None:
            _check_size(self._taken, self._compressed)
        return data

    def read1(self, size: int = -1, /) -> bytes:
        """Read a few bytes."""
        return self.read(_CHUNK if size < 0 else size)


def _is_zip(head: bytes) -> bool:
    goes_on = head[2:4]
    return head[:2] == _ZIP and (goes_on in _ZIP_GOES_ON or not goes_on)


def _check_size(expanded: int, compressed: int) -> None:
    if expanded > LARGEST_EXPANDED or expanded > max(LARGEST_RATIO * compressed, _SMALL):
        raise BadExportError(
            f"the export's file would expand to {expanded >> 20} MiB from "
            f"{compressed >> 10} KiB: refused"
        )


@contextmanager
def readable(needs: str) -> Iterator[None]:
    """Turn what a damaged file raises into one sentence."""
    try:
        yield
    except BadExportError:
        raise
    except Exception as error:  # damaged archives raise whatever their bytes lead to
        reason = re.split("['\"]", str(error))[0].strip()  # without the names of members
        raise BadExportError(f"the export's file is not {needs} ({reason})") from error
