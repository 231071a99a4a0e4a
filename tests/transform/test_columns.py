"""What the database has, the project's YAML declares and describes; and the other way round."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.transform.conftest import Learning

TYPES: Mapping[str, frozenset[str]] = {
    "text": frozenset({"text", "character varying"}),
    "boolean": frozenset({"boolean"}),
    "integer": frozenset({"bigint", "integer"}),
    "number": frozenset({"numeric", "double precision"}),
    "date": frozenset({"date"}),
    "timestamp": frozenset({"timestamp without time zone"}),
    "json": frozenset({"jsonb"}),
}
"""What PostgreSQL calls the types that the project declares."""
EXPORT = "coursebase_report_"

Resource = dict[str, Any]
Catalog = dict[str, dict[str, dict[str, str]]]


@pytest.fixture(scope="module")
def manifest(built: Learning) -> dict[str, Resource]:
    """The models, snapshots, seeds and sources by id, as `dbt build` read them."""
    said = json.loads((built.folder / "target" / "manifest.json").read_text("utf-8"))
    kinds = {"model", "snapshot", "seed"}
    nodes = {name: one for name, one in said["nodes"].items() if one["resource_type"] in kinds}
    return {**nodes, **said["sources"]}


@pytest.fixture(scope="module")
def catalog(built: Learning) -> Catalog:
    """The columns that the database has, with their types, by id of what they are a column of."""
    built.dbt("docs", "generate", "--no-compile")
    said = json.loads((built.folder / "target" / "catalog.json").read_text("utf-8"))
    assert not said["errors"]
    return {
        kind: {
            name: {column: found["type"] for column, found in one["columns"].items()}
            for name, one in said[kind].items()
        }
        for kind in ("nodes", "sources")
    }


def test_the_catalog_has_every_resource(manifest: dict[str, Resource], catalog: Catalog) -> None:
    found = catalog["nodes"].keys() | catalog["sources"].keys()
    assert {name for name, one in manifest.items() if is_stored(one)} == found
    assert len(found) > 100


def test_every_resource_is_described(manifest: dict[str, Resource]) -> None:
    assert [name for name, one in manifest.items() if not one["description"].strip()] == []


def test_every_column_is_declared_and_every_declared_one_is_there(
    manifest: dict[str, Resource], catalog: Catalog
) -> None:
    differing = {}
    for name, found in catalog["nodes"].items():
        declared = manifest[name]["columns"].keys()
        if declared != found.keys():
            differing[name] = (sorted(found.keys() - declared), sorted(declared - found.keys()))
    assert differing == {}, "by resource: undeclared columns, and declared ones that are not there"


def test_every_raw_column_is_declared(manifest: dict[str, Resource], catalog: Catalog) -> None:
    """Raw tables lack the columns that are not selected, and exports name their own."""
    undeclared = {
        name: sorted(found.keys() - manifest[name]["columns"].keys())
        for name, found in catalog["sources"].items()
        if not manifest[name]["name"].startswith(EXPORT)
    }
    assert {name: columns for name, columns in undeclared.items() if columns} == {}


def test_every_column_is_described_and_typed(manifest: dict[str, Resource]) -> None:
    lacking = [
        f"{name}.{column['name']}"
        for name, column in columns(manifest)
        if not (column["description"] or "").strip() or column["data_type"] not in TYPES
    ]
    assert lacking == []


def test_every_column_has_the_type_that_is_declared(
    manifest: dict[str, Resource], catalog: Catalog
) -> None:
    differing = [
        f"{name}.{column['name']}: {found} instead of {column['data_type']}"
        for name, column in columns(manifest)
        if (found := catalog["nodes"].get(name, {}).get(column["name"]))
        and found not in TYPES[column["data_type"]]
    ]
    assert differing == []


def columns(manifest: dict[str, Resource]) -> Iterator[tuple[str, dict[str, str]]]:
    for name, one in manifest.items():
        for column in one["columns"].values():
            yield name, column


def is_stored(resource: Resource) -> bool:
    return bool(resource["config"].get("materialized") != "ephemeral")
