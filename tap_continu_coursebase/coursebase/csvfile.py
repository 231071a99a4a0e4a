"""Read an export's CSV, checked whole before the first row is given.

Columns, encoding, delimiter and lines around the table are not documented, so all are read from the
file or from settings (inferred throughout):

- The delimiter is the one of ``,`` ``;`` tab and ``|`` that splits the header into the most cells,
  if it splits each row into as many; else the next of them that splits the header at all. Two that
  fit equally well are no answer. A header that none of them splits is one column, or that only
  others than the comma split, and no row.
- Lines before the header and after the last row are there only if a setting says how many.
- ``row_count`` counts the rows. It may count every line instead, the header included, or the lines
  after the last row as well: that is accepted with a warning. Any other difference is not.
- A file without even a header is an empty report if the job said that there are no rows.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import dropwhile, islice
from typing import IO, NamedTuple

from tap_continu_coursebase.coursebase.container import (
    BadExportError,
    Part,
    open_file,
    readable,
)
from tap_continu_coursebase.decode.record import snake_case

DELIMITERS: Mapping[str, str] = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
"""What is looked for, in this order."""
_LONGEST_FIELD = 64 << 20
_LONGEST_NAME = 60
_WIDE = re.compile(r"(?:[^\0]\0){2,}|(?:\0[^\0]){2,}\0?")
_SAMPLE = 100
_AROUND = (
    "; coursebase_csv_delimiter, coursebase_csv_skip_lines and coursebase_csv_skip_footer_lines "
    "say how it is written"
)
_IN_A_TITLE = re.compile(r"[:^~#\u00a6]")
"""What may as well separate cells."""


class CsvFormat(NamedTuple):
    """How the CSVs of an export are written, as far as settings say.

    Attributes:
        encoding: Their encoding; a byte order mark is understood.
        delimiter: What stands between cells; None to find it.
        skip_lines: Lines before the header, blank ones included.
        skip_footer_lines: Lines after the last row, without blank ones at the very end.
    """

    encoding: str = "utf-8"
    delimiter: str | None = None
    skip_lines: int = 0
    skip_footer_lines: int = 0


class ExportFile:
    """The rows of one export.

    Args:
        file: The file; stays open as long as rows are read.
        form: What is known of its CSVs.
        row_count: How many rows the job said there are; None if it didn't.

    Attributes:
        header: The titles of the columns; none if the report is empty and has no header.
        warnings: What is odd about it, one sentence each.

    Raises:
        BadExportError: If anything is wrong with it; all of it has been read by then.
    """

    def __init__(self, file: IO[bytes], form: CsvFormat, *, row_count: int | None) -> None:
        self.warnings: list[str] = []
        self.header: list[str] = []
        with _is_csv():
            is_utf_8 = codecs.lookup(form.encoding).name == "utf-8"
        self._form = form._replace(encoding="utf-8-sig" if is_utf_8 else form.encoding)
        self._row_count = row_count
        self._contents = open_file(file)
        self._delimiter = ""
        headers = self._headers()
        if any(headers.values()):
            self._check_count(self._choose(headers))
            self._warn()
        else:
            self._accept_nothing()

    def rows(self) -> Iterator[list[str]]:
        """Yield the rows of all CSVs, in order, without their headers."""
        if self.header:
            yield from self._rows(self._delimiter, self.header)

    def _headers(self) -> dict[str, list[str]]:
        """Read the header by each delimiter that may be right."""
        headers: dict[str, list[str]] = {}
        failures: list[BadExportError] = []
        for delimiter in [self._form.delimiter] if self._form.delimiter else DELIMITERS.values():
            for part in self._contents.parts[:1]:
                try:
                    headers[delimiter] = next(self._records(part, delimiter), [])
                except BadExportError as error:
                    failures.append(error)
        if failures and not headers:
            raise failures[0]
        if any(_WIDE.fullmatch(title) for header in headers.values() for title in header[:1]):
            raise BadExportError(
                "the header of the export has a NUL beside each character; check "
                "coursebase_csv_encoding"
            )
        return headers

    def _choose(self, headers: dict[str, list[str]]) -> int:
        """Take the delimiter that splits each row like the header.

        Returns:
            How many rows there are.
        """
        widths = {delimiter: len(header) for delimiter, header in headers.items()}
        split = sorted((one for one in widths if widths[one] > 1), key=lambda one: -widths[one])
        failures: list[BadExportError] = []
        fitting = self._fitting(split, headers, failures)
        if not fitting and "," not in split and not self._split_rows(split):
            whole = [one for one in widths if widths[one] == 1]
            fitting = self._fitting(whole, headers, failures)[:1]
        if not fitting:
            raise failures[0]
        (self._delimiter, rows), *others = fitting
        self.header = headers[self._delimiter]
        for delimiter, _ in others if rows else ():
            raise BadExportError(
                f"the cells of the export may be separated by {self._delimiter!r} or by "
                f"{delimiter!r}: set coursebase_csv_delimiter"
            )
        if len(self.header) == 1 and self._form.delimiter is None:
            self._check_column()
        return rows

    def _fitting(
        self,
        delimiters: list[str],
        headers: dict[str, list[str]],
        failures: list[BadExportError],
    ) -> list[tuple[str, int]]:
        """List the delimiters that split the most and fit, each with the number of rows."""
        fitting: list[tuple[str, int]] = []
        for delimiter in delimiters:
            header = headers[delimiter]
            if fitting and len(header) < len(headers[fitting[0][0]]):
                break
            try:
                fitting.append((delimiter, self._count(delimiter, header)))
            except BadExportError as error:
                failures.append(error)
        return fitting

    def _split_rows(self, delimiters: list[str]) -> bool:
        """Tell whether any row is split by any of some delimiters."""
        try:
            return any(
                len(row) > 1
                for delimiter in delimiters
                for part in self._contents.parts
                for row in islice(self._records(part, delimiter), 1, None)
            )
        except BadExportError:
            return True

    def _count(self, delimiter: str, header: list[str]) -> int:
        count = 0
        for count, _ in enumerate(self._rows(delimiter, header), start=1):
            if self._row_count is not None and count > self._row_count:
                raise BadExportError(
                    f"the export has {count} rows or more, and the job said {self._row_count}"
                    f"{_AROUND}"
                )
        return count

    def _check_column(self) -> None:
        """Refuse a title for a header: rows under one column that all have the same cells."""
        for delimiter in DELIMITERS.values():
            records = self._records(self._contents.parts[0], delimiter)
            try:
                widths = {len(row) for row in islice(records, 1, _SAMPLE) if row}
            except BadExportError:
                continue
            if len(widths) == 1 and (width := widths.pop()) > 1:
                raise BadExportError(
                    f"the first line of the export has one cell, and each row has {width} "
                    f"separated by {delimiter!r}{_AROUND}"
                )

    def _check_count(self, count: int) -> None:
        if self._row_count is None or self._row_count == count:
            return
        form, more = self._form, self._row_count - count
        parts = len(self._contents.parts)
        said = f"the export has {count} rows, and the job said {self._row_count}"
        if form.skip_footer_lines and more == parts * form.skip_footer_lines:
            self.warnings.append(
                f"{said}: it counts the lines at the end, too; if they are no totals, set "
                "coursebase_csv_skip_footer_lines to 0"
            )
        elif more == parts * (1 + form.skip_lines + form.skip_footer_lines) or (
            more == 1 and not form.skip_lines
        ):
            self.warnings.append(f"{said}: it counts the header, too")
        else:
            raise BadExportError(said + (_AROUND if form.skip_lines else ""))

    def _warn(self) -> None:
        form = self._form
        if form.skip_lines or form.skip_footer_lines:
            self.warnings.append(
                f"{form.skip_lines} lines before the header and {form.skip_footer_lines} after the "
                "last row are passed over (coursebase_csv_skip_lines, "
                "coursebase_csv_skip_footer_lines)"
            )
        if len(self.header) == 1 and form.delimiter is None and _IN_A_TITLE.search(self.header[0]):
            self.warnings.append(
                "the export has one column only; if its cells are separated by another character, "
                "set coursebase_csv_delimiter"
            )

    def _accept_nothing(self) -> None:
        """Take a file without a header for an empty report, if the job said so."""
        parts = self._contents.parts
        is_empty = not any(next(self._records(part, ","), []) for part in parts[1:])
        if self._row_count == 0 and is_empty:
            self.warnings.append("it has neither rows nor a header: taken for an empty report")
        elif parts or self._contents.needs == "readable":
            raise BadExportError("the export's file is empty: it has not even a header")
        else:
            raise BadExportError("the export's file has no CSV member")

    def _rows(self, delimiter: str, header: list[str]) -> Iterator[list[str]]:
        footer = self._form.skip_footer_lines
        for part in self._contents.parts:
            records = self._records(part, delimiter)
            if next(records, []) != header:
                raise BadExportError("the members of the export have different headers")
            rows = _without_last(records, footer) if footer else records
            for number, row in enumerate(rows, start=2 + self._form.skip_lines):
                if not row and len(header) == 1:
                    row = [""]  # noqa: PLW2901 - one empty cell is written as a blank line
                if not row:
                    continue
                if len(row) != len(header):
                    raise BadExportError(
                        f"row {number} of the export has {len(row)} cells, and its header "
                        f"has {len(header)}{_AROUND}"
                    )
                yield row

    def _records(self, part: Part, delimiter: str) -> Iterator[list[str]]:
        """Yield what stands between line ends, from the header on."""
        csv.field_size_limit(_LONGEST_FIELD)
        with readable(self._contents.needs), _is_csv():
            text = io.TextIOWrapper(part(), encoding=self._form.encoding, newline="")
            lines = islice(text, self._form.skip_lines, None)
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
            yield from dropwhile(lambda record: not record, reader)


def _without_last(records: Iterator[list[str]], lines: int) -> Iterator[list[str]]:
    """Yield records without the last ones; blank lines at the very end are none."""
    held: deque[list[str]] = deque()
    blank = 0
    for record in records:
        if not record:
            blank += 1
            continue
        held.extend([[]] * blank)
        held.append(record)
        blank = 0
        while len(held) > lines:
            yield held.popleft()


@contextmanager
def _is_csv() -> Iterator[None]:
    """Turn what another encoding or format raises into one sentence."""
    try:
        yield
    except (UnicodeError, LookupError) as error:
        raise BadExportError(
            f"the export cannot be decoded ({error}); check coursebase_csv_encoding"
        ) from error
    except csv.Error as error:
        raise BadExportError(f"the export is not CSV ({error})") from error


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
