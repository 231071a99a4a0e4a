"""What pictures leave out, and how fields of a grid are coloured."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tap_continu_coursebase.page.answers import Compliance, DepartmentMonth
from tap_continu_coursebase.page.assignments import MOST_POINTS, completion, compliance
from tap_continu_coursebase.page.charts import Bar, bars, line
from tap_continu_coursebase.page.layout import NARROW, WIDE
from tap_continu_coursebase.page.parts import Spec
from tap_continu_coursebase.page.words import MOST_ROWS, share_cell


def width(spec: Spec) -> float:
    """Return how wide a picture is, with what is around its marks."""
    total: float = spec["width"] + spec["padding"]["left"] + spec["padding"]["right"]
    return total


@pytest.mark.parametrize(
    ("value", "label", "colour"),
    [
        (0, "0", "seq-1"),
        (0.194, "19", "seq-1"),
        (0.196, "20", "seq-2"),
        (0.396, "40", "seq-3"),
        (0.8, "80", "seq-5"),
        (1, "100", "seq-5"),
    ],
)
def test_a_field_has_the_colour_of_the_number_in_it(value: float, label: str, colour: str) -> None:
    cell = share_cell(0, 0, value)
    assert (cell.label, cell.colour) == (label, colour)


def test_of_many_departments_the_largest_are_drawn_and_all_are_in_the_table() -> None:
    found = [
        DepartmentMonth(f"Department {number}", date(2026, 1, 1), number, 1, 1, 1 / number)
        for number in range(1, 41)
    ]
    figure = completion(found)
    assert f"{40 - MOST_ROWS} departments with fewer assignments are in the table" in figure.reading
    assert len(figure.tables[0].rows) == 40
    assert figure.chart is not None
    drawn = figure.chart.wide["layer"][2]["data"]["values"]
    assert {one["name"] for one in drawn} == {
        f"Department {number}" for number in range(41 - MOST_ROWS, 41)
    }


@pytest.mark.parametrize("days", [1, 2, MOST_POINTS, MOST_POINTS + 1, 1000])
def test_of_many_days_some_are_drawn_and_the_last_one_always(days: int) -> None:
    first = date(2026, 1, 1)
    found = [
        Compliance("(all)", first + timedelta(number), 10, 5, 5, 0.5) for number in range(days)
    ]
    (table,) = compliance(found).tables
    assert min(days, MOST_POINTS // 2) <= len(table.rows) <= MOST_POINTS
    assert table.rows[-1][0] == found[-1].day
    assert bool(table.note) == (days > MOST_POINTS)


@pytest.mark.parametrize("days", [0, 5, 99, 400, 4000])
def test_a_few_days_are_named_under_a_line(days: int) -> None:
    first = date(2026, 1, 1)
    chart = line([(first, 0.5), (first + timedelta(days), 0.7)], "70%")
    for spec, most in ((chart.narrow, 4), (chart.wide, 8)):
        axis = spec["layer"][0]["encoding"]["x"]["axis"]
        assert 1 <= len(axis["values"]) <= most


def test_pictures_are_as_wide_as_they_are_meant_for() -> None:
    chart = bars([Bar("x" * 500, [(1, "accent"), (2, "warm")], "3"), Bar("", [(0, "accent")], "0")])
    assert (width(chart.narrow), width(chart.wide)) == (NARROW, WIDE)
