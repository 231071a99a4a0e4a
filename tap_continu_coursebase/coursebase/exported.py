"""Exported reports as streams: their columns are known when the file is read."""

from __future__ import annotations

import copy
from collections.abc import Generator, Mapping
from contextlib import closing
from itertools import islice
from typing import Any

from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.coursebase.client import RpcError
from tap_continu_coursebase.coursebase.csvfile import (
    DELIMITERS,
    CsvFormat,
    ExportFile,
    column_names,
)
from tap_continu_coursebase.coursebase.jobs import ExportJob, Exports, Selector
from tap_continu_coursebase.decode.schema import RowSchema
from tap_continu_coursebase.decode.value import Misfit, ZeroDate, clean, coerce
from tap_continu_coursebase.singer.glance import Glance
from tap_continu_coursebase.singer.sdk import SdkTap
from tap_continu_coursebase.singer.steps import Checkpoint, Columns, Step, TableComplete
from tap_continu_coursebase.singer.stream import SourceStream

BOOKMARK = "data_updated_at"
_FEW_ROWS = 20_000
"""An export of more rows is not read by those who only look."""
_SHOWN_ROWS = 500


class ExportStream(SourceStream):
    """The rows of one export, a snapshot that is loaded only when its data have changed.

    State ``{"replication_key": "data_updated_at", "replication_key_value": T, "language": L,
    "time_zone": Z, "row_count": N, "columns": [...]}`` means that the data of T are loaded, in that
    language and time zone, that they were said to be N rows, and that they had these columns.

    That equal ``data_updated_at`` mean equal rows is inferred. What the job itself tells is noticed
    without a download: another language, time zone or number of rows. A column that was added,
    renamed or removed under the same ``data_updated_at`` is told by the file alone: it is noticed,
    and a warning names it, when the export is next downloaded, and not before. To load an export
    anew, remove its bookmark.

    Args:
        tap: The tap.
        name: The stream's name, source included.
        declared: The schema without the file's columns.
        selector: What is exported.
        exports: Runs the jobs.
    """

    DECLARES_LATE = True

    def __init__(
        self,
        tap: SdkTap,
        name: str,
        declared: RowSchema,
        selector: Selector,
        exports: Exports,
    ) -> None:
        super().__init__(tap, name, declared)
        self.selector = selector
        self._exports = exports

    def steps(self) -> Generator[Step, None, None]:
        """Yield every row of the export; nothing if its data are the ones loaded already."""
        try:
            export = self._exports.wait_for(self.selector)
            if self._is_loaded(export):
                self.logger.info("The data have not changed since %s", export.data_updated_at)
                return
            export, file = self._exports.fetch(self.selector)
        except RpcError as error:
            if not self.is_off(error):
                raise
            self.logger.warning("%s; the stream stays empty", error)
            return
        with closing(file):
            report = ExportFile(file, _format(self.config), row_count=export.row_count)
            if export.data_updated_at is not None and _is_zero(export.data_updated_at):
                self.logger.warning(
                    "%s: its data_updated_at is %s, which stands for no date: null in its column, "
                    "and the export is loaded again by each run",
                    self.name,
                    export.data_updated_at,
                )
            for warning in report.warnings:
                self.logger.warning("%s: %s", self.name, warning)
            schema, names = self._columns(report.header)
            yield Columns(schema)
            vanished = self._lost_columns(names)
            self._tell_change(names, vanished)
            yield Checkpoint({"columns": [*names, *vanished]})
            fixed = {**dict.fromkeys(vanished), **self._constants(export)}
            for number, cells in enumerate(report.rows(), start=1):
                values = (clean(cell) or None for cell in cells)
                yield {**fixed, "row_number": number, **dict(zip(names, values, strict=True))}
        yield TableComplete()
        yield Checkpoint({**self._bookmark_of(export), "columns": names or vanished})

    def glance(self) -> Glance:
        """Read some rows of the export, if it is ready soon and not large."""
        export = self._exports.wait_for(self.selector)
        if export.row_count is not None and export.row_count > _FEW_ROWS:
            return Glance(count=export.row_count, shape="export, too large to be read here")
        export, file = self._exports.fetch(self.selector)
        with closing(file):
            report = ExportFile(file, _format(self.config), row_count=export.row_count)
            names = column_names(report.header, set(self.schema["properties"]))
            rows = (dict(zip(names, cells, strict=True)) for cells in report.rows())
            shown = list(islice(rows, _SHOWN_ROWS))
            return Glance(
                shown,
                shape="export",
                count=len(shown) + sum(1 for _ in rows),
                remarks=[f"({warning})" for warning in report.warnings],
            )

    def is_off(self, error: TapError) -> bool:
        """Tell whether the organisation lacks the report."""
        return isinstance(error, RpcError) and error.code == "invalid_report_type"

    def _tell_change(self, names: list[str], vanished: list[str]) -> None:
        """Warn of columns that have come or gone since the last load."""
        known = self.get_context_state(None).get("columns")
        new = [name for name in names if name not in (known or names)]
        if names and (new or vanished):
            self.logger.warning(
                "%s: its header has changed since the last load: new are %s; gone, and null from "
                "now on, are %s",
                self.name,
                ", ".join(new) or "none",
                ", ".join(vanished) or "none",
            )

    def _lost_columns(self, names: list[str]) -> list[str]:
        """List the columns that an earlier load had and this export lacks: they become null."""
        columns = self.get_context_state(None).get("columns", [])
        return [name for name in columns if name not in names]

    def _constants(self, export: ExportJob) -> dict[str, Any]:
        return {
            self.selector.argument: self.selector.value,
            "language": self.config["coursebase_language"],
            "time_zone": self.config["coursebase_time_zone"],
            "data_updated_at": _instant(export.data_updated_at),
            "exported_at": _instant(export.finished_at),
        }

    def _bookmark_of(self, export: ExportJob) -> dict[str, Any]:
        if export.data_updated_at is None or _is_zero(export.data_updated_at):
            return {}
        counted = {} if export.row_count is None else {"row_count": export.row_count}
        return {
            "replication_key": BOOKMARK,
            "replication_key_value": export.data_updated_at,
            "language": self.config["coursebase_language"],
            "time_zone": self.config["coursebase_time_zone"],
            **counted,
        }

    def _is_loaded(self, export: ExportJob) -> bool:
        wanted = self._bookmark_of(export)
        state = self.get_context_state(None)
        return bool(wanted) and all(
            state.get(name) == value or (name == "row_count" and name not in state)
            for name, value in wanted.items()
        )

    def _columns(self, header: list[str]) -> tuple[dict[str, Any], list[str]]:
        """Build the schema with the file's columns, and name them."""
        schema = copy.deepcopy(self._declared.singer)
        names = column_names(header, set(schema["properties"]))
        for name, title in zip(names, header, strict=True):
            schema["properties"][name] = {
                "type": ["string", "null"],
                "title": clean(title),
                "description": "A column of the export, as text.",
            }
        for name in self._lost_columns(names):
            schema["properties"].setdefault(
                name,
                {
                    "type": ["string", "null"],
                    "description": "A column of the export before this one: null from now on.",
                },
            )
        return schema, names


def _format(config: Mapping[str, Any]) -> CsvFormat:
    delimiter = config.get("coursebase_csv_delimiter", "")
    return CsvFormat(
        encoding=config["coursebase_csv_encoding"],
        delimiter=DELIMITERS.get(delimiter, delimiter) or None,
        skip_lines=config["coursebase_csv_skip_lines"],
        skip_footer_lines=config["coursebase_csv_skip_footer_lines"],
    )


def _is_zero(text: str) -> bool:
    """Tell whether an instant of the API stands for none: equal ones tell nothing of the data."""
    try:
        coerce(text, ("date-time",))
    except ZeroDate:
        return True
    except Misfit:
        return False
    return False


def _instant(text: str | None) -> str | None:
    """Return an instant of the API as RFC 3339, or None if it is none."""
    try:
        instant: str | None = coerce(text, ("date-time",))
    except Misfit:
        return None
    return instant
