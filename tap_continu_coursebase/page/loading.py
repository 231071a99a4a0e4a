"""What the models tell of the data themselves: how old, how whole, and how much they agree."""

from __future__ import annotations

from collections.abc import Sequence

from tap_continu_coursebase.page import charts
from tap_continu_coursebase.page.answers import Answers, Covered, Freshness
from tap_continu_coursebase.page.formats import compact, count, isolated, month
from tap_continu_coursebase.page.parts import Column, Figure, Kind, Section, Table

_MOST_NAMED = 5


def section(answers: Answers) -> Section:
    """Return what is told of the data."""
    return Section(
        "data",
        "Can it be trusted?",
        [_coverage(answers), _reconciled(answers), _freshness(answers.freshness)],
    )


def _freshness(found: Sequence[Freshness]) -> Figure:
    name, heading = "freshness", "How fresh each table is"
    if not found:
        return Figure(name, heading, nothing="No table is loaded.")
    stale = [one.stream for one in found if one.is_stale]
    judged = sum(one.cadence_hours is not None and one.current_at is not None for one in found)
    if stale:
        verb = "is" if len(stale) == 1 else "are"
        message = f"{len(stale)} of {count(judged, 'table')} {verb} stale: {_listed(stale)}."
    else:
        message = f"None of {count(judged, 'table')} is stale."
    return Figure(
        name,
        heading,
        message,
        "A table is stale if it is older than allowed by how often it is to be loaded. An export "
        "whose data have not changed is not loaded again, so its age is not judged.",
        shown=[
            Table(
                "table_freshness",
                "Age of each table",
                [
                    Column("stream", "Table", Kind.TEXT, is_header=True),
                    Column("row_count", "Rows"),
                    Column("current_at", "Current at", Kind.INSTANT, is_secondary=True),
                    Column("age_hours", "Age", Kind.HOURS),
                    Column("cadence_hours", "Due every", Kind.HOURS, is_secondary=True),
                    Column("verdict", "Verdict", Kind.TEXT),
                ],
                [
                    (
                        one.stream,
                        one.row_count,
                        one.current_at,
                        one.age_hours,
                        one.cadence_hours,
                        _verdict(one),
                    )
                    for one in found
                ],
                marked=frozenset(row for row, one in enumerate(found) if one.is_stale),
            )
        ],
    )


def _verdict(one: Freshness) -> str:
    if one.is_stale:
        return "stale"
    if one.current_at is None:
        return "no rows"
    return "not judged" if one.cadence_hours is None else "fresh"


def _coverage(answers: Answers) -> Figure:
    name, heading = "coverage", "What is loaded, month by month"
    found, gaps = answers.covered, answers.gaps
    if not found:
        return Figure(name, heading, nothing="No report of Continu that has dates is loaded.")
    streams = sorted({one.stream for one in found})
    months = sorted({one.month for one in found})
    if gaps:
        missing = sorted({one.stream for one in gaps})
        message = (
            f"{count(len(gaps), 'gap')} in {len(missing)} of {count(len(streams), 'report')}: "
            f"{_listed(missing)}."
        )
    else:
        message = (
            f"No gap in {count(len(streams), 'report')}, from {month(months[0])} to "
            f"{month(months[-1])}."
        )
    place = {each: row for row, each in enumerate(streams)}
    column = {each: index for index, each in enumerate(months)}
    return Figure(
        name,
        heading,
        message,
        "Rows of each of Continu's reports with dates, by the month of the windows that they were "
        "loaded with; earlier months than these are in the table alone. A gap is a time between "
        "two loaded windows that none of them covers.",
        charts.grid(
            streams,
            [(f"{each:%b}", f"{each:%Y}") for each in months],
            [_cell(one, place[one.stream], column[one.month]) for one in found],
            newest=(7, 13),
            key=(
                ("seq-2", "all of the month"),
                ("seq-1", "the part from the first to the last window"),
                ("warn", "with a gap"),
            ),
        ),
        [
            Table(
                "coverage_by_month",
                "What is loaded of each report, by month",
                [
                    Column("stream", "Report", Kind.TEXT, is_header=True),
                    Column("month", "Month", Kind.MONTH, is_header=True),
                    Column("windows", "Windows"),
                    Column("row_count", "Rows"),
                    Column("gaps", "Gaps"),
                    Column("fully_covered", "Whole month", Kind.TEXT),
                ],
                [
                    (
                        one.stream,
                        one.month,
                        one.windows,
                        one.row_count,
                        one.gaps,
                        "yes" if one.fully_covered else "no",
                    )
                    for one in found
                ],
                marked=frozenset(row for row, one in enumerate(found) if one.gaps),
            )
        ],
        [
            Table(
                "coverage_gaps",
                "Not loaded",
                [
                    Column("stream", "Report", Kind.TEXT, is_header=True),
                    Column("gap_from_at", "From", Kind.INSTANT),
                    Column("gap_until_at", "Until", Kind.INSTANT),
                ],
                gaps,
            )
        ]
        if gaps
        else [],
    )


def _cell(one: Covered, row: int, column: int) -> charts.Cell:
    if one.gaps:
        return charts.Cell(row, column, "gap", "warn")
    return charts.Cell(
        row, column, compact(one.row_count), "seq-2" if one.fully_covered else "seq-1"
    )


def _reconciled(answers: Answers) -> Figure:
    name, heading = "reconciliation", "Do reports and their facts agree?"
    found = answers.reconciled
    if not any(one.compared for one in found):
        return Figure(name, heading, nothing="No report is loaded that could be compared.")
    compared = sum(one.compared for one in found)
    differing = sum(one.disagreeing for one in found)
    if differing:
        verb = "differs" if differing == 1 else "differ"
        message = f"{differing:,} of {count(compared, 'number')} that were compared {verb}."
    else:
        message = f"All {count(compared, 'number')} that were compared agree."
    return Figure(
        name,
        heading,
        message,
        "Numbers that Continu itself reports by person, manager or content item, beside those that "
        "are counted from single completions and assignments. Each one that differs is in the "
        "model reconciliation.",
        shown=[
            Table(
                "reconciliation_summary",
                "Numbers that were compared",
                [
                    Column("check_name", "Check", Kind.TEXT, is_header=True),
                    Column("compared", "Compared"),
                    Column("agreeing", "Agree"),
                    Column("disagreeing", "Differ"),
                ],
                found,
                marked=frozenset(row for row, one in enumerate(found) if one.disagreeing),
            )
        ],
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(isolated, names[:_MOST_NAMED]))
    more = len(names) - _MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown
