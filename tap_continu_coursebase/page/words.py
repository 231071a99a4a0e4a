"""Words and fields that several figures share."""

from __future__ import annotations

from collections.abc import Sequence

from tap_continu_coursebase.page import charts
from tap_continu_coursebase.page.answers import Compliance
from tap_continu_coursebase.page.formats import ALL, NONE, count, isolated, share

MOST_ROWS = 12
"""So many rows a picture has at most; the table under it has them all."""
NO_ASSIGNMENTS = "No assignments are loaded: Continu's report assignment_summary has them."
SHARES = (
    ("seq-1", "0\N{EN DASH}19%"),
    ("seq-2", "20\N{EN DASH}39%"),
    ("seq-3", "40\N{EN DASH}59%"),
    ("seq-4", "60\N{EN DASH}79%"),
    ("seq-5", "80\N{EN DASH}100%"),
)


def share_cell(row: int, column: int, value: float | None) -> charts.Cell:
    """Return a field of a grid of shares."""
    value = value or 0
    step = min(round(value * 100) // 20, 4)
    return charts.Cell(row, column, share(value).removesuffix("%"), SHARES[step][0])


def left_out(number: int, noun: str, which: str = "") -> str:
    """Say what a picture has no room for, if anything."""
    if number <= 0:
        return ""
    which = f" {which}" if which else ""
    return f" {count(number, noun)}{which} {'is' if number == 1 else 'are'} in the table alone."


def department(name: str) -> str:
    """Return what the page calls a department."""
    return {ALL: "All departments", NONE: "No department"}.get(name, name)


def named(name: str) -> str:
    """Return what a sentence calls a department."""
    return isolated(department(name))


def of_all(running: Sequence[Compliance]) -> list[Compliance]:
    """Return the days of the whole organisation."""
    return [one for one in running if one.department == ALL]
