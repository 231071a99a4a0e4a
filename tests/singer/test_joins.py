"""What a schema says that its table joins to is found there, with what is selected by default."""

from __future__ import annotations

from typing import Any

import pytest

from harness.documented import JOINS
from sandbox.server import running
from tests.singer.conftest import OPTIONS
from tests.singer.support import Output, Source

TABLES = {
    "people": ("user_engagement", ("userid", "email")),
    "content": ("content_engagement", ("id",)),
}
"""The report that has a row for each, and its columns, the more special name first."""
JOINED = [
    (report, what, column)
    for report, found in JOINS["continu"].items()
    for what, columns in found.items()
    for column in columns
    if what in TABLES
]


@pytest.fixture(scope="module")
def loaded() -> Output:
    with running(OPTIONS) as sandbox:
        output = Source(sandbox).sync(*(f"continu_{report}" for report in JOINS["continu"]))
    assert output.error is None
    return output


def values(output: Output, report: str, column: str) -> set[Any]:
    return {row.get(column) for row in output.records(f"continu_{report}")} - {None}


@pytest.mark.parametrize(("report", "what", "column"), JOINED)
def test_each_value_is_found_in_the_other_table(
    report: str, what: str, column: str, loaded: Output
) -> None:
    table, columns = TABLES[what]
    other = next((one for one in columns if column.endswith(one)), columns[-1])
    found = values(loaded, report, column)
    assert found, "nothing to join by"
    assert found - values(loaded, table, other) == set()
