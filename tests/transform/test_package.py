"""Installed into somebody else's dbt project as transform/README.md says, and docs/models.md."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from harness.loaders.loading import Address
from harness.pipeline import ROOT
from harness.warehouse import SCHEMA
from tests.transform.conftest import DBT, PROJECT, Learning
from tools.diagram import PLACES
from tools.models import TRANSFORM, declared, shown

README = (PROJECT / "README.md").read_text("utf-8")
PAGE = (ROOT / "docs" / "models.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ELSEWHERE = "somewhere"


def blocks(text: str, kind: str) -> list[str]:
    return [block for found, block in BLOCK.findall(text) if found == kind]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x@example.com", *arguments],
        cwd=folder,
        check=True,
        capture_output=True,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that installs this one from a repository, and says where things are."""
    repository, project = tmp_path / "repository", tmp_path / "project"
    ignored = shutil.ignore_patterns("target", "logs", "dbt_packages", ".user.yml")
    shutil.copytree(PROJECT, repository / "transform", ignore=ignored)
    git(repository, "init", "-q", "-b", "main")
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "transform")
    project.mkdir()
    packages, variables, schemas = blocks(README, "yaml")
    [package] = yaml.safe_load(packages)["packages"]
    package["git"] = f"file://{repository}"
    (project / "packages.yml").write_text(yaml.safe_dump({"packages": [package]}))
    said = {
        "name": "their_own",
        "profile": "their_own",
        **yaml.safe_load(variables),
        **yaml.safe_load(schemas),
    }
    said["vars"]["continu_coursebase_schema"] = ELSEWHERE
    (project / "dbt_project.yml").write_text(yaml.safe_dump(said))
    return project


def run(folder: Path, commands: str, **variables: str | Path) -> str:
    ended = subprocess.run(
        ["sh", "-ec", commands],
        cwd=folder,
        env={
            **os.environ,
            "PATH": f"{DBT.parent}:{os.environ['PATH']}",
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
            "DBT_USE_COLORS": "false",
            **{name: str(value) for name, value in variables.items()},
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-6000:]
    return ended.stdout


def profiles(learning: Learning) -> str:
    address = Address.of(learning.warehouse.dsn, SCHEMA)
    own = {
        "type": "postgres",
        "host": address.host,
        "port": 5432,
        "user": address.user,
        "password": "",
        "dbname": address.database,
        "schema": "own",
        "threads": 2,
    }
    return yaml.safe_dump({"their_own": {"target": "dev", "outputs": {"dev": own}}})


def make_current(connection: psycopg.Connection[tuple[Any, ...]], schema: str) -> None:
    """Let the reports with dates be as fresh as the rows that were just loaded."""
    connection.execute(f"SET search_path TO {schema}".encode())
    connection.execute(
        "UPDATE continu_windows SET window_until = now()"
        " WHERE window_until = (SELECT max(window_until) FROM continu_windows)"
    )


@pytest.mark.long
def test_it_is_installed_where_one_source_is_absent_and_the_other_is_elsewhere(
    changing: Learning, project: Path
) -> None:
    with psycopg.connect(changing.warehouse.dsn, autocommit=True) as connection:
        connection.execute("DROP SCHEMA analytics, analytics_staging, analytics_snapshots CASCADE")
        for table in changing.warehouse.tables():
            if table.startswith("coursebase_"):
                connection.execute(f'DROP TABLE {SCHEMA}."{table}"'.encode())
        connection.execute(f"ALTER SCHEMA {SCHEMA} RENAME TO {ELSEWHERE}".encode())
        make_current(connection, ELSEWHERE)
    (project / "profiles.yml").write_text(profiles(changing))
    [commands] = blocks(README, "sh")
    printed = run(project, commands)
    assert "Not loaded, so without rows in every model: coursebase_" in printed
    schemas = changing.rows(
        "SELECT table_schema, count(*) AS relations FROM information_schema.tables"
        " WHERE table_schema LIKE 'own%' GROUP BY table_schema"
    )
    assert {row["table_schema"] for row in schemas} == {
        "own_learning_models",
        "own_learning_staging",
        "own_learning_snapshots",
    }
    assert changing.rows("SELECT FROM own_learning_models.fct_assignments LIMIT 1")


@pytest.mark.long
def test_the_page_s_commands_run_in_a_checkout(changing: Learning) -> None:
    [commands] = [block for block in blocks(PAGE, "sh") if block.startswith("cd transform")]
    address = Address.of(changing.warehouse.dsn, SCHEMA)
    for said, meant in (
        ("warehouse.example.com", address.host),
        ("=learning", f"={address.user}"),
        ("=warehouse", f"={address.database}"),
    ):
        commands = commands.replace(said, meant)
    with psycopg.connect(changing.warehouse.dsn, autocommit=True) as connection:
        make_current(connection, SCHEMA)
    target, logs = changing.folder / "target", changing.folder / "logs"
    printed = run(ROOT, commands, DBT_TARGET_PATH=target, DBT_LOG_PATH=logs)
    assert "Completed successfully" in printed


def test_every_core_model_and_every_join_is_in_the_diagram() -> None:
    drawn = (ROOT / "docs" / "models.svg").read_text("utf-8")
    models = shown("models/core")
    assert {one.name for one in models} == {name for column in PLACES for name in column}
    for model in models:
        assert f">{model.name}</text>" in drawn
        for relation in model.relations:
            if not relation.to.startswith("int_") and relation.to != model.name:
                told = f"{model.name}.{relation.column} to {relation.to}.{relation.field}"
                assert told in drawn


def test_every_model_is_on_the_page() -> None:
    for folder in ("models/core", "models/answers", "models/trust"):
        for model in shown(folder):
            assert f"### `{model.name}`" in PAGE


def test_every_variable_has_a_meaning() -> None:
    rows = re.findall(r"^\| `continu_coursebase_\w+` \| .*? \| (.*) \|$", README, re.MULTILINE)
    said = yaml.safe_load((TRANSFORM / "dbt_project.yml").read_text("utf-8"))["vars"]
    assert len(rows) == len(said)
    assert all(len(row) > 20 for row in rows)


def test_all_that_is_declared_exists() -> None:
    files = {path.stem for path in TRANSFORM.rglob("*.sql")}
    for folder in ("models/core", "models/answers", "models/trust"):
        assert {one.name for one in declared(folder)} <= files
