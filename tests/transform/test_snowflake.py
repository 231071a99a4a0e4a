"""The models as Snowflake's: compiled by its adapter, parsed, every column and its type resolved.

None of it is run. dbt is told to assume every table and column, so that it needs no connection.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlglot.errors import SqlglotError

from tests.transform.conftest import DBT, PROJECT
from tests.transform.snowflake import Columns, objections

Node = dict[str, Any]

CREATED = {"model", "snapshot"}
GOING_ON = (
    "model.continu_coursebase.fct_completions",
    "model.continu_coursebase.int_people",
    "snapshot.continu_coursebase.snapshot_assignments",
    "snapshot.continu_coursebase.snapshot_users",
)
TYPES = {
    "text": "VARCHAR",
    "boolean": "BOOLEAN",
    "integer": "BIGINT",
    "number": "DOUBLE",
    "date": "DATE",
    "timestamp": "TIMESTAMPNTZ",
    "json": "VARIANT",
}
LOADED = {**TYPES, "date": "VARCHAR"}
OF_LOADER = {
    "_SDC_EXTRACTED_AT": "TIMESTAMPNTZ",
    "_SDC_DELETED_AT": "TIMESTAMPNTZ",
    "_SDC_SEQUENCE": "BIGINT",
}
OF_SNAPSHOT = {
    "DBT_SCD_ID": "VARCHAR",
    "DBT_UPDATED_AT": "TIMESTAMPNTZ",
    "DBT_VALID_FROM": "TIMESTAMPNTZ",
    "DBT_VALID_TO": "TIMESTAMPNTZ",
}

EXPRESSIONS = {
    f"{data_type} of {kind}": f"typed({{'name': 'x', 'type': {kind!r}}}, {data_type!r})"
    for data_type, kind in [
        *(("timestamp", kind) for kind in ("varchar", "timestamp_tz(9)", "timestamp_ltz(9)")),
        *((data_type, "varchar") for data_type in ("boolean", "integer", "number", "json")),
    ]
} | {"an instant with a zone": "instant_of_milliseconds(0, 'timestamp_tz(9)')"}
"""What stands in no statement where every column is assumed to be of its own type; macros."""


class Compiled:
    """The project as dbt-snowflake compiles it, without a connection.

    Attributes:
        manifest: Of all, filled anew.
        going_on: Likewise where incremental models and snapshots add to what they hold.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.manifest = self._compile("--full-refresh")
        self.going_on = self._compile()

    @property
    def nodes(self) -> dict[str, Node]:
        """What dbt runs or tests, each after what it depends on."""
        wanted = {
            name: node
            for name, node in self.manifest["nodes"].items()
            if node["resource_type"] in {*CREATED, "test"}
        }
        ordered: dict[str, Node] = {}
        while len(ordered) < len(wanted):
            ordered |= {
                name: node
                for name, node in wanted.items()
                if all(one in ordered or one not in wanted for one in node["depends_on"]["nodes"])
            }
        return ordered

    def inline(self, statements: dict[str, str], **variables: Any) -> dict[str, str]:
        """Compile statements that are not of the project, as if they were an incremental model's.

        Args:
            statements: By name.
            **variables: Of the project, without the prefix that they share.
        """
        models = [node["name"] for node in self.nodes.values() if node["resource_type"] == "model"]
        text = (
            "{{ config(materialized='incremental') }}"
            + "".join(f"\n-- depends_on: {{{{ ref('{name}') }}}}" for name in models)
            + "".join(f"\n-- named {name}\n{sql}\n" for name, sql in statements.items())
        )
        printed = self._dbt("-q", "compile", "--inline", text, **variables)
        _, *found = re.split(r"^-- named (.*)\n", printed, flags=re.MULTILINE)
        compiled = dict(zip(found[::2], map(str.strip, found[1::2]), strict=True))
        assert compiled.keys() == statements.keys()
        return compiled

    def _compile(self, *arguments: str) -> dict[str, Any]:
        self._dbt("compile", *arguments)
        manifest: dict[str, Any] = json.loads((self._folder / "manifest.json").read_text())
        return manifest

    def _dbt(self, *arguments: str, **variables: Any) -> str:
        said = {f"continu_coursebase_{name}": value for name, value in variables.items()}
        ended = subprocess.run(
            [
                *(str(DBT), *arguments, "--target", "snowflake"),
                *("--no-introspect", "--no-populate-cache"),
                *("--vars", json.dumps({"continu_coursebase_assume_all": True, **said})),
            ],
            cwd=PROJECT,
            env={
                **os.environ,
                **dict.fromkeys(("DBT_SNOWFLAKE_ACCOUNT", "DBT_SNOWFLAKE_USER"), "none"),
                "DBT_SNOWFLAKE_DATABASE": "dwh",
                "DBT_TARGET_PATH": str(self._folder),
                "DBT_LOG_PATH": str(self._folder),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "DBT_USE_COLORS": "false",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        if ended.returncode:
            pytest.fail(f"dbt {' '.join(arguments)} failed:\n{ended.stdout[-6000:]}")
        return ended.stdout


def test_what_dbt_compiles_is_snowflakes(tmp_path: Path) -> None:
    compiled = Compiled(tmp_path)
    nodes, columns = compiled.nodes, _raw(compiled.manifest)
    assert {node["resource_type"] for node in nodes.values()} == {"model", "snapshot", "test"}

    for name in GOING_ON:
        assert compiled.going_on["nodes"][name]["compiled_code"] != nodes[name]["compiled_code"]
    refused = dict(_refused(columns, compiled))
    hooks = _hooks(compiled.manifest)
    asked = {
        table["name"]: table["loaded_at_query"].replace(
            "this", f"source{table['source_name'], table['name']}"
        )
        for table in compiled.manifest["sources"].values()
        if table["loaded_at_query"]
    }
    expressions = {
        name: f"select {{{{ continu_coursebase.{macro} }}}} as y from dwh.learning.anything"
        for name, macro in EXPRESSIONS.items()
    }
    further = {
        **compiled.inline({**hooks, **asked, **expressions}),
        **{
            f"{name}, removed": sql
            for name, sql in compiled.inline(hooks, hard_delete=True).items()
        },
    }
    columns.add("dwh.learning.anything", {"X": "VARIANT"})
    assert further["model.continu_coursebase.fct_completions, pre-hook 0"]
    for name, sql in further.items():
        if not sql:
            continue
        node = nodes.get(name.split(",")[0])
        relation = node["relation_name"] if node else ""
        refused |= dict(_judged(name, re.sub(r"\S+\.inline_query\b", relation, sql), columns))
    assert refused == {}


def _raw(manifest: dict[str, Any]) -> Columns:
    """Return the columns of the raw tables, those that staging views declare, and of the seeds."""
    columns = Columns()
    for node in manifest["nodes"].values():
        declared = {
            name: column["data_type"]
            for name, column in node["columns"].items()
            if column["data_type"]
        }
        if node["resource_type"] == "seed":
            columns.add(
                node["relation_name"],
                {name.upper(): TYPES[kind] for name, kind in declared.items()},
            )
        for source in (
            one for one in node.get("depends_on", {}).get("nodes", []) if one.startswith("source.")
        ):
            found = {
                column["meta"].get("raw", name).upper(): LOADED[column["data_type"]]
                for name, column in node["columns"].items()
                if "parsed_from" not in column["meta"]
            }
            if node["name"].startswith("stg_"):
                columns.add(manifest["sources"][source]["relation_name"], {**found, **OF_LOADER})
    return columns


def _refused(columns: Columns, compiled: Compiled) -> Iterator[tuple[str, list[str]]]:
    """Yield what is not Snowflake's in each statement, or not what is declared."""
    for name, node in compiled.nodes.items():
        said = objections(node["compiled_code"])
        try:
            found = columns.of(node["compiled_code"])
        except (SqlglotError, TypeError) as error:
            said.append(str(error))
        else:
            if node["resource_type"] in CREATED:
                found |= OF_SNAPSHOT if node["resource_type"] == "snapshot" else {}
                columns.add(node["relation_name"], found)
            said += [
                f"{column} is {found.get(column.upper())}, not {declared['data_type']}"
                for column, declared in node["columns"].items()
                if not _is(found.get(column.upper()), declared["data_type"])
            ]
        if said:
            yield name, said
        if node["config"]["materialized"] in ("incremental", "snapshot"):
            going_on = compiled.going_on["nodes"][name]["compiled_code"]
            yield from _judged(f"{name}, going on", going_on, columns)


def _is(kind: str | None, declared: str | None) -> bool:
    """Whether a column is there and of the declared type, as far as that is known."""
    if declared == "integer" and kind == "INT":
        return True
    return kind in ({TYPES[declared], "UNKNOWN"} if declared else {*TYPES.values(), "UNKNOWN"})


def _judged(name: str, sql: str, columns: Columns) -> Iterator[tuple[str, list[str]]]:
    said = objections(sql)
    try:
        columns.of(sql)
    except (SqlglotError, TypeError) as error:
        said.append(str(error))
    if said:
        yield name, said


def _hooks(manifest: dict[str, Any]) -> dict[str, str]:
    return {
        f"{name}, {kind} {number}": hook["sql"]
        for name, node in manifest["nodes"].items()
        for kind in ("pre-hook", "post-hook")
        for number, hook in enumerate(node["config"].get(kind) or [])
    }


@pytest.mark.parametrize(
    "expression",
    [
        "x::jsonb",
        "cast(x as jsonb)",
        "cast(x as numeric)",
        "cast(x as timestamp)",
        "cast(x as timestamp with time zone)",
        "x ->> 'y'",
        "x -> 'y'",
        "x #>> '{}'",
        "x @> y",
        "x ~ 'y'",
        "x ~* 'y'",
        "x[1]",
        "array[x]",
        "jsonb_build_object('x', x)",
        "jsonb_typeof(x)",
        "to_jsonb(x)",
        "generate_series(1, 2)",
        "string_agg(x, ',')",
        "bool_or(x)",
        "make_date(x, 1, 1)",
        "to_timestamp(x)",
        "greatest(x, y)",
        "concat(x, y)",
        "now()",
        "current_date",
        "substring(x from 'y')",
        "regexp_matches(x, 'y')",
        "regexp_substr(x, '\\d')",
        "x at time zone 'UTC'",
        "x + interval '1 day'",
        "extract(epoch from x)",
        "count(*) filter (where x)",
        "x is true",
        "x as rows",
        "x as start",
        'x as "y"',
        "x similar to 'y'",
    ],
)
def test_an_expression_of_postgresql_is_refused(expression: str) -> None:
    assert objections("select x from t") == []
    assert objections(f"select {expression} from t")


@pytest.mark.parametrize(
    "sql",
    [
        "select distinct on (x) x, y from t",
        "select y from t cross join lateral (select t.x as y) as u",
        "select y from t cross join lateral unnest(t.x) as u (y)",
        "with recursive u as (select 1 as x union all select x + 1 from u) select x from u",
        "with u as materialized (select x from t) select x from u",
        "select x from t where exists (select 1 from u where y = x union all select 1 from v)",
        "select x from t; select y from t",
        "select x from",
    ],
)
def test_a_query_of_postgresql_is_refused(sql: str) -> None:
    assert objections(sql)


@pytest.mark.parametrize(
    ("sql", "error"),
    [
        ("select y from t", SqlglotError),
        ('select "x" from t', SqlglotError),
        ("select at + 1 as y from t", TypeError),
        ("select at - at as y from t", TypeError),
    ],
)
def test_an_absent_column_and_arithmetic_of_instants_are_refused(
    sql: str, error: type[Exception]
) -> None:
    columns = Columns()
    columns.add("t", {"X": "BIGINT", "AT": "TIMESTAMPNTZ"})
    assert columns.of("select x + 1 as y, at from t") == {"Y": "BIGINT", "AT": "TIMESTAMPNTZ"}
    with pytest.raises(error):
        columns.of(sql)
