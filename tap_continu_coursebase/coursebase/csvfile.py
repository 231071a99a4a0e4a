"""Read an export's file: CSV in a ZIP, checked whole before the first row is given.

Nothing is ever extracted to a path. The standard library reads no more of a member than the size
it declares, and compares its checksum with what was read. Columns, encoding and the number of
members are not documented, so all are read from the file or from settings.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from tap_continu_coursebase.core.errors import RejectedError
from tap_continu_coursebase.decode.record import snake_case

LARGEST_EXPANDED = 16 << 30
LARGEST_RATIO = 1000
_SMALL = 64 << 20
_LONGEST_FIELD = 64 << 20
_LONGEST_NAME = 60


class BadExportError(RejectedError):
    """The file cannot be read, or is not what the job said."""


class ExportFile:
    """The rows of one export.

    Args:
        file: The ZIP file; stays open as long as rows are read.
        encoding: Of the CSV members; a byte order mark is understood.
        row_count: How many rows the job said there are; None if it didn't.

    Raises:
        BadExportError: If anything is wrong with it; all of it has been read by then.
    """

    def __init__(self, file: IO[bytes], *, encoding: str, row_count: int | None) -> None:
        with _readable():
            is_utf_8 = codecs.lookup(encoding).name == "utf-8"
            self._encoding = "utf-8-sig" if is_utf_8 else encoding
            self._archive = zipfile.ZipFile(file)
            self._members = [
                member
                for member in self._archive.infolist()
                if not member.is_dir() and member.filename.lower().endswith(".csv")
            ]
        if not self._members:
            raise BadExportError("the export's file has no CSV member")
        self._check_size()
        self.header = self._read_header()
        if not self.header:
            raise BadExportError("the export's file is empty: it has not even a header")
        count = 0
        for count, _ in enumerate(self.rows(), start=1):
            if row_count is not None and count > row_count:
                raise BadExportError(
                    f"the export has {count} rows or more, and the job said {row_count}"
                )
        if row_count is not None and count < row_count:
            raise BadExportError(f"the export has {count} rows, and the job said {row_count}")

    def rows(self) -> Iterator[list[str]]:
        """Yield the rows of all members, in order, without their headers."""
        with _readable():
            for member in self._members:
                reader = self._reader(member)
                if next(reader, []) != self.header:
                    raise BadExportError("the members of the export have different headers")
                for number, row in enumerate(reader, start=2):
                    if not row and len(self.header) == 1:
                        row = [""]  # noqa: PLW2901 - one empty cell is written as a blank line
                    if not row:
                        continue
                    if len(row) != len(self.header):
                        raise BadExportError(
                            f"row {number} of the export has {len(row)} cells, and its header "
                            f"has {len(self.header)}"
                        )
                    yield row

    def _read_header(self) -> list[str]:
        with _readable():
            return next(self._reader(self._members[0]), [])

    def _reader(self, member: zipfile.ZipInfo) -> Iterator[list[str]]:
        csv.field_size_limit(_LONGEST_FIELD)
        text = io.TextIOWrapper(self._archive.open(member), encoding=self._encoding, newline="")
        return csv.reader(text, strict=True)

    def _check_size(self) -> None:
        expanded = sum(member.file_size for member in self._members)
        compressed = sum(member.compress_size for member in self._members)
        if expanded > LARGEST_EXPANDED or expanded > max(LARGEST_RATIO * compressed, _SMALL):
            raise BadExportError(
                f"the export's file would expand to {expanded >> 20} MiB from "
                f"{compressed >> 10} KiB: refused"
            )


def column_names(header: list[str], taken: set[str]) -> list[str]:
    """Name the columns: snake_case, unique, never empty, short enough for any warehouse.

    Args:
        header: The original headers, perhaps empty or twice the same.
        taken: Names that are used already.

    Returns:
        One name for each header.
    """
    used = set(taken)
    names = []
    for position, title in enumerate(header, start=1):
        base = _shorten(snake_case(title.strip()).strip("_"), _LONGEST_NAME)
        name = base = base or f"column_{position}"
        suffix = 2
        while name in used:
            name = f"{_shorten(base, _LONGEST_NAME - 5)}_{suffix}"
            suffix += 1
        used.add(name)
        names.append(name)
    return names


def _shorten(name: str, most: int) -> str:
    return name.encode()[:most].decode("utf-8", "ignore")


@contextmanager
def _readable() -> Iterator[None]:
    """Turn what a damaged file raises into one sentence."""
    try:
        yield
    except BadExportError:
        raise
    except (UnicodeError, LookupError) as error:
        raise BadExportError(
            f"the export cannot be decoded ({error}); check coursebase_csv_encoding"
        ) from error
    except csv.Error as error:
        raise BadExportError(f"the export is not CSV ({error})") from error
    except Exception as error:  # damaged archives raise whatever their bytes lead to
        reason = re.split("['\"]", str(error))[0].strip()  # without the names of members
        raise BadExportError(f"the export's file is not a readable ZIP ({reason})") from error
