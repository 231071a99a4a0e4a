"""Rows of a report as JSON objects: as the API sends them, and as the plain truth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.continu.organisation import View
from sandbox.continu.query import Query
from sandbox.continu.report import Report
from sandbox.continu.strays import strays

JsonObject = dict[str, Any]


def selected(report: Report, view: View, query: Query) -> Iterator[Any]:
    """Yield the rows a query asks for, sorted when it says so (ascending, nulls last)."""
    rows = report.read(view, query)
    if query.sort_by is None:
        return rows
    look = report.sorts[query.sort_by]

    def rank(row: Any) -> tuple[bool, Any]:
        value = look(row)
        return value is None, "" if value is None else value

    return iter(sorted(rows, key=rank))


def wire_rows(
    report: Report, view: View, query: Query, stray_share: float = 0.0
) -> Iterator[JsonObject]:
    """Yield rows under the keys of the wire: ids, requested fields, undeclared ones."""
    names = [name for name in report.columns if name in query.flags or name in report.always]
    plan = [(report.aliases.get(name, name), report.columns[name]) for name in names]
    plan += report.undeclared.items()
    for row in selected(report, view, query):
        answer = {key: column(row) for key, column in plan}
        yield answer | strays(report, row, stray_share) if stray_share else answer


def canonical(
    report: Report, view: View, query: Query, stray_share: float = 0.0
) -> Iterator[JsonObject]:
    """Yield whole rows under documented names, the rest under `undeclared`."""
    for row in selected(report, view, query):
        truth = {name: column(row) for name, column in report.columns.items()}
        extras = {key: column(row) for key, column in report.undeclared.items()}
        if stray_share:
            extras |= strays(report, row, stray_share)
        yield {**truth, "undeclared": extras}
