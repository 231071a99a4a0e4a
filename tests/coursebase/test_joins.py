"""What a schema says that its table joins to is found there."""

from __future__ import annotations

from typing import Any

import pytest

from harness.documented import JOINS
from tests.coursebase.support import Coursebase

TABLES = {
    "people": ("users", "user_id"),
    "groups": ("groups", "group_id"),
    "courses": ("courses", "course_id"),
}
"""The list that has a row for each, and its column."""
SEARCH: dict[str, Any] = {"coursebase_user_search": ["example.com"]}


@pytest.mark.parametrize("name", [name for name, found in JOINS["coursebase"].items() if found])
def test_each_value_is_found_in_the_other_table(name: str, source: Coursebase) -> None:
    joins = {what: found for what, found in JOINS["coursebase"][name].items() if what in TABLES}
    others = {TABLES[what][0] for what in joins}
    output = source.sync(name, *(others - {name}), **SEARCH)
    assert output.error is None
    for what, columns in joins.items():
        table, other = TABLES[what]
        known = {row[other] for row in output.records(f"coursebase_{table}")}
        for column in columns:
            found = {row.get(column) for row in output.records(f"coursebase_{name}")} - {None}
            assert found, "nothing to join by"
            assert found - known == set()
