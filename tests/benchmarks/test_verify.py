from __future__ import annotations

from typing import Any

import pytest

from benchmarks import rows
from benchmarks.measure import BenchmarkError
from benchmarks.verify import verify

COUNT = 50
NOTHING: frozenset[str] = frozenset()


@pytest.fixture
def written() -> list[dict[str, Any]]:
    return [rows.row(n) for n in range(COUNT)]


def test_the_rows_themselves_pass(written: list[dict[str, Any]]) -> None:
    verify("it", written, COUNT, "declared", NOTHING)


def test_nulls_left_out_and_offsets_in_digits_pass(written: list[dict[str, Any]]) -> None:
    for row in written:
        row["completed_on"] = row["completed_on"].replace("Z", "+00:00")
    less = [{name: value for name, value in row.items() if value is not None} for row in written]
    verify("it", less, COUNT, "declared", NOTHING)


def test_fields_written_elsewhere_pass_only_if_it_is_said(written: list[dict[str, Any]]) -> None:
    for row in written:
        row["groups"] = None
    verify("it", written, COUNT, "declared", frozenset({"groups"}))
    with pytest.raises(BenchmarkError, match="groups"):
        verify("it", written, COUNT, "declared", NOTHING)


def test_a_missing_row_is_found(written: list[dict[str, Any]]) -> None:
    with pytest.raises(BenchmarkError, match="49 rows"):
        verify("it", written[1:], COUNT, "declared", NOTHING)


def test_a_doubled_row_is_found(written: list[dict[str, Any]]) -> None:
    with pytest.raises(BenchmarkError, match="49 different"):
        verify("it", [*written[1:], written[1]], COUNT, "declared", NOTHING)


def test_another_value_in_a_nested_object_is_found(written: list[dict[str, Any]]) -> None:
    written[3]["content"]["title"] = "something else"
    with pytest.raises(BenchmarkError, match="content"):
        verify("it", written, COUNT, "declared", NOTHING)


def test_undeclared_fields_are_looked_for_in_the_column_that_keeps_them() -> None:
    drifted = []
    for n in range(COUNT):
        row = rows.row(n, "drifted")
        undeclared = {name: row.pop(name) for name in ("revision", "lastActivityAt")}
        drifted.append({**row, "additional_fields": undeclared})
    verify("it", drifted, COUNT, "drifted", NOTHING)
    drifted[0]["additional_fields"] = None
    with pytest.raises(BenchmarkError, match="revision"):
        verify("it", drifted, COUNT, "drifted", NOTHING)
