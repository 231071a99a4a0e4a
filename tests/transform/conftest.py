"""A warehouse that holds all that the sandbox has, and dbt to transform it.

Each worker loads once, by the tap piped into the loader without Meltano, and builds once. A test
that changes anything takes `changing`: a copy of the database and a sandbox of its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import psycopg
import pytest
from psycopg.rows import dict_row

from harness import coursebase
from harness.compare import Sandbox
from harness.instants import iso
from harness.loaders.loading import Address
from harness.pipeline import ROOT, TAP
from harness.warehouse import SCHEMA, Warehouse
from sandbox.options import Options
from sandbox.server import Sandbox as Server
from sandbox.server import running

BIN = Path(sys.executable).parent
DBT = ROOT / ".tools" / "dbt" / "bin" / "dbt"
PROJECT = ROOT / "transform"

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
START = datetime(2026, 1, 14, tzinfo=UTC)
OPTIONS = Options(
    users=120,
    shared_share=0.4,
    seed=11,
    now=int(NOW.timestamp()),
    start=int((START - timedelta(days=60)).timestamp()),
    requests_per_minute=100_000,
    requests_per_day=1_000_000,
    features=frozenset({"approvers", "udemy"}),
)
SEARCH = "example.org"

Row = dict[str, Any]


@dataclass(frozen=True)
class Learning:
    """A sandbox, the warehouse that it is loaded into, and what does it.

    Attributes:
        sandbox: As an administrator sees it.
        warehouse: A database with the raw tables, and in the end dbt's.
        settings: Of the tap.
        folder: For the state, and for what dbt writes.
    """

    sandbox: Sandbox
    warehouse: Warehouse
    settings: dict[str, Any]
    folder: Path

    def load(self, until: datetime = NOW) -> None:
        """Load what there is until an instant, from where the last load has ended."""
        catalog, state = self.folder / "catalog.json", self.folder / "state.json"
        config = self.folder / "tap.json"
        config.write_text(json.dumps({**self.settings, "end_date": iso(until)}))
        tap: list[str | Path] = [BIN / TAP, "--config", config]
        if not catalog.exists():
            streams = json.loads(_output([*tap, "--discover"]))
            for entry in streams["streams"]:
                for item in entry["metadata"]:
                    if not item["breadcrumb"]:
                        item["metadata"]["selected"] = True
            catalog.write_text(json.dumps(streams))
            state.write_text("{}")
        self.messages.write_text(_output([*tap, "--catalog", catalog, "--state", state]))
        state.write_text(self.put(self.messages).splitlines()[-1])

    @property
    def messages(self) -> Path:
        """What the tap wrote at the last load."""
        return self.folder / "messages.jsonl"

    def put(self, messages: Path, loader: str = "target-postgres-fast") -> str:
        """Load what a tap wrote, and return what the loader printed."""
        config = self.folder / "target.json"
        config.write_text(
            json.dumps(
                {
                    "sqlalchemy_url": self.warehouse.sqlalchemy_url,
                    "default_target_schema": SCHEMA,
                    "use_copy": True,
                    "validate_records": False,
                }
            )
        )
        with messages.open("rb") as given:
            return _output([BIN / loader, "--config", config], given)

    def dbt(self, *arguments: str, check: bool = True, **variables: Any) -> str:
        """Run dbt, for which now is the instant that was loaded until.

        Args:
            *arguments: Of dbt.
            check: Whether to fail, with what dbt printed, if it ends with an error.
            **variables: Of the project, without the prefix that they share.

        Returns:
            What dbt printed.
        """
        said = {"as_of": f"{NOW:%Y-%m-%d %H:%M:%S}", "schema": SCHEMA, **variables}
        address = Address.of(self.warehouse.dsn, SCHEMA)
        variables = {f"continu_coursebase_{name}": value for name, value in said.items()}
        ended = subprocess.run(
            [DBT, *arguments, "--profiles-dir", PROJECT, "--vars", json.dumps(variables)],
            cwd=PROJECT,
            env={
                **os.environ,
                "DBT_POSTGRES_HOST": address.host,
                "DBT_POSTGRES_USER": address.user,
                "DBT_POSTGRES_DBNAME": address.database,
                "DBT_TARGET_PATH": str(self.folder / "target"),
                "DBT_LOG_PATH": str(self.folder / "logs"),
                "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
                "DBT_USE_COLORS": "false",
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        if check and ended.returncode:
            pytest.fail(f"dbt {' '.join(arguments)} failed:\n{ended.stdout[-6000:]}")
        return ended.stdout

    def rows(self, query: str) -> list[Row]:
        """Return the rows of a query."""
        with psycopg.connect(self.warehouse.dsn, row_factory=dict_row) as connection:
            return connection.execute(query.encode()).fetchall()

    @contextmanager
    def copy(self, name: str, server: Server, folder: Path) -> Iterator[Learning]:
        """Copy the database, to be loaded further from another sandbox.

        Args:
            name: Of the copy, unique on this server of databases.
            server: Whose data were loaded, or equal ones.
            folder: An empty one.
        """
        with self.warehouse.database(name, template=self.warehouse) as warehouse:
            for file in ("catalog.json", "state.json"):
                (folder / file).write_bytes((self.folder / file).read_bytes())
            yield Learning(Sandbox(server.url), warehouse, settings_of(server), folder)


@pytest.fixture(scope="session")
def learning(postgresql: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Learning]:
    """All streams loaded once, and nothing transformed; not to be changed."""
    with running(OPTIONS) as server, postgresql.database("learning") as warehouse:
        folder = tmp_path_factory.mktemp("learning")
        one = Learning(Sandbox(server.url), warehouse, settings_of(server), folder)
        one.load()
        yield one


@pytest.fixture(scope="session")
def built(learning: Learning) -> Learning:
    """The same after `dbt build`; not to be changed."""
    learning.dbt("build")
    return learning


@pytest.fixture
def changing(built: Learning, tmp_path: Path) -> Iterator[Learning]:
    """The same for one test alone, which may change it."""
    with running(OPTIONS) as server, built.copy("changing", server, tmp_path) as one:
        yield one


def settings_of(server: Server) -> dict[str, Any]:
    """The tap's settings for a sandbox, both halves and two saved reports."""
    saved = [row["report_id"] for row in coursebase.truth(Sandbox(server.url), "reports")][:2]
    return {
        "continu_api_url": server.continu_api_url,
        "continu_api_token": server.token,
        "continu_requests_per_minute": OPTIONS.requests_per_minute,
        "start_date": iso(START),
        "coursebase_url": server.coursebase_url,
        "coursebase_access_token": OPTIONS.coursebase_token,
        "coursebase_report_ids": saved,
        "coursebase_user_search": [SEARCH],
    }


def _output(command: Sequence[str | Path], given: int | IO[bytes] = subprocess.DEVNULL) -> str:
    ended = subprocess.run(command, stdin=given, capture_output=True, text=True, check=False)
    if ended.returncode:
        pytest.fail(f"{command[0]} failed:\n{ended.stderr[-6000:]}")
    return ended.stdout
