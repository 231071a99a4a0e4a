"""What is declared of other loaders is pinned so, and what is observed of them tells losses."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import yaml

from harness.loaders.environments import pinned
from harness.loaders.matrix import KINDS, loaders, refusals
from harness.loaders.observe import Stream, observe
from harness.pipeline import ROOT

STREAM = Stream(("id",), {"id": "text", "at": "instant", "kind": "mixed", "name": "text"})
DAY = datetime(2026, 1, 2)  # noqa: DTZ001 - as PostgreSQL's driver reads a column without a zone
ROW = {"id": "a", "at": DAY, "kind": {"x": 1.5}, "name": "A\tB", "_sdc_deleted_at": None}
GONE = {**ROW, "id": "b", "_sdc_deleted_at": DAY}


def observed(*rows: dict[str, Any]) -> Any:
    return observe({"things": STREAM}, [({"things": [ROW, GONE]}, {"THINGS": list(rows)})])


@pytest.mark.parametrize(
    "one", [*loaders().values(), *refusals().values()], ids=lambda one: one.name
)
def test_each_is_pinned_as_it_is_declared(one: Any) -> None:
    lines = pinned(one.name).read_text("utf-8").splitlines()
    version, *others = re.findall(r"\d[\w.]*", one.version)
    assert f"{one.package}=={version}" in lines
    assert all(any(line.endswith(f"=={other}") for line in lines) for other in others)


def test_meltano_installs_the_snowflake_loader_that_was_tried() -> None:
    project = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))
    (pip_url,) = [
        one["pip_url"] for one in project["plugins"]["loaders"] if one["name"] == "target-snowflake"
    ]
    tried = loaders()["target-snowflake"]
    assert pip_url == f"{tried.package}=={tried.version}"


def test_each_kind_of_value_is_declared() -> None:
    assert all(one.values.keys() == set(KINDS) for one in loaders().values())


def test_the_same_rows() -> None:
    found = observed(ROW, GONE)
    assert (found.rows, found.updates, found.deletes) == ("all", "replaced", "marked")
    assert {kind: form for kind, form in found.values.items() if form} == {
        "text": "text",
        "instant": "timestamp",
        "mixed": "JSON",
    }


def test_lost_doubled_and_foreign_rows() -> None:
    assert observed(GONE).rows == "things: 1 of 1 lost"
    assert observed(ROW, {**ROW, "id": "c"}).rows == "things: 1 are not in the source"
    assert observed(ROW, ROW).updates == "appended"


def test_what_becomes_of_vanished_rows() -> None:
    assert observed(ROW).deletes == "removed"
    assert observed(ROW, {**GONE, "_sdc_deleted_at": None}).deletes == "kept"


@pytest.mark.parametrize(
    ("column", "value", "form"),
    [
        ("at", "2026-01-02T01:00:00+01:00", "text"),
        ("at", DAY.replace(tzinfo=UTC), "timestamp"),
        ("at", DAY.replace(day=3), "instead of"),
        ("kind", '{"x": 1.5}', "text of JSON"),
        ("kind", "{'x': Decimal('1.5')}", "text of Python"),
        ("kind", {"x": Decimal("1.50")}, "JSON"),
        ("kind", {"x": "1.5"}, "instead of"),
        ("kind", None, "lost"),
        ("name", "A\\tB", "tabs and line breaks"),
        ("name", "AB", "instead of"),
    ],
)
def test_what_becomes_of_a_value(column: str, value: Any, form: str) -> None:
    found = observed({**ROW, column: value}, GONE)
    assert form in found.values[STREAM.kinds[column]]
