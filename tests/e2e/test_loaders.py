"""Every loader of docs/loaders.md does what is declared of it, with every stream, over two runs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness import coursebase
from harness.compare import Sandbox, compare
from harness.documented import CONTINU_KEYS, RANGE_TARGETS
from harness.loaders.environments import LoaderError
from harness.loaders.loading import Address, load
from harness.loaders.matrix import Loader, loaders, refusals
from harness.loaders.observe import Observed, observe, streams
from harness.loaders.readers import READERS, Tables, postgres
from harness.pipeline import TAP
from harness.warehouse import SCHEMA, Warehouse
from sandbox.server import running
from tests.e2e.conftest import FIRST, OPTIONS, SECOND, START

pytestmark = [pytest.mark.loaders, pytest.mark.long]

BIN = Path(sys.executable).parent
SELECTED = frozenset({"all_assignments", "content", "user_metadata"})
SEARCH = "example.org"
LOADERS = loaders()
REFUSALS = refusals()


@dataclass(frozen=True)
class Source:
    """What the tap wrote in two runs, and what PostgreSQL then held of it.

    Attributes:
        messages: The lines of each run.
        expected: After each run, PostgreSQL's rows by table.
    """

    messages: tuple[Path, ...]
    expected: tuple[Tables, ...]


def text(instant: object) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


class Extraction:
    """One tap configuration, over both runs."""

    def __init__(
        self, folder: Path, warehouse: Warehouse, schema: str, settings: Mapping[str, Any]
    ) -> None:
        self.folder = folder
        self.schema = schema
        self.messages: list[Path] = []
        self.expected: list[Tables] = []
        self._warehouse = warehouse
        self._settings = settings
        self._state = "{}"
        self._catalog = self._tap("--discover", until=FIRST)
        streams = json.loads(self._catalog)
        for entry in streams["streams"]:
            for item in entry["metadata"]:
                breadcrumb = item["breadcrumb"]
                if not breadcrumb or breadcrumb[-1] in SELECTED:
                    item["metadata"]["selected"] = True
        self._catalog = json.dumps(streams)
        self._target = folder / "target.json"
        self._target.write_text(
            json.dumps(
                {"sqlalchemy_url": warehouse.sqlalchemy_url, "default_target_schema": schema}
            )
        )

    def run(self, until: object) -> None:
        lines = self.folder / f"run-{len(self.messages)}.jsonl"
        (self.folder / "catalog.json").write_text(self._catalog)
        (self.folder / "state.json").write_text(self._state)
        lines.write_text(
            self._tap("--catalog", "catalog.json", "--state", "state.json", until=until)
        )
        with lines.open("rb") as given:
            loaded = subprocess.run(
                [BIN / "target-postgres-fast", "--config", self._target],
                stdin=given,
                stdout=subprocess.PIPE,
                check=True,
            )
        self._state = loaded.stdout.decode().splitlines()[-1]
        self.messages.append(lines)
        self.expected.append(postgres(self._warehouse.dsn, self.schema))

    def _tap(self, *arguments: str, until: object) -> str:
        config = self.folder / "tap.json"
        config.write_text(json.dumps({**self._settings, "end_date": text(until)}))
        return subprocess.run(
            [BIN / TAP, "--config", config, *arguments],
            cwd=self.folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout


def kind_of_tap(loader: Loader) -> str:
    return json.dumps(loader.tap, sort_keys=True)


@pytest.fixture(scope="module")
def sources(
    postgresql: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> Mapping[str, Source]:
    """What each configuration of the tap that a loader needs wrote; PostgreSQL has the truth."""
    configured = sorted({"{}", *map(kind_of_tap, LOADERS.values())})
    with running(OPTIONS) as server:
        sandbox = Sandbox(server.url)
        saved = [row["report_id"] for row in coursebase.truth(sandbox, "reports")][:2]
        settings = {
            "continu_api_url": server.continu_api_url,
            "continu_api_token": server.token,
            "continu_requests_per_minute": 100_000,
            "start_date": f"{START:%Y-%m-%d}",
            "coursebase_url": server.coursebase_url,
            "coursebase_access_token": OPTIONS.coursebase_token,
            "coursebase_report_ids": saved,
            "coursebase_user_search": [SEARCH],
        }
        extractions = {}
        for number, chosen in enumerate(configured):
            schema = SCHEMA if chosen == "{}" else f"expected_{number}"
            postgresql.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")
            folder = tmp_path_factory.mktemp("extracted")
            extractions[chosen] = Extraction(
                folder, postgresql, schema, {**settings, **json.loads(chosen)}
            )
        sandbox.admin("clock", now=text(FIRST))
        for extraction in extractions.values():
            extraction.run(FIRST)
        assert_true(sandbox, postgresql, FIRST, saved)
        change(sandbox)
        for extraction in extractions.values():
            extraction.run(SECOND)
        assert_true(sandbox, postgresql, SECOND, saved)
        assert postgresql.count_deleted("continu_assessment_status") == 5
        assert postgresql.count_deleted("coursebase_users") == 3
    return {
        chosen: Source(tuple(one.messages), tuple(one.expected))
        for chosen, one in extractions.items()
    }


def change(sandbox: Sandbox) -> None:
    sandbox.admin("clock", now=text(SECOND.replace(minute=0, hour=11)))
    sandbox.admin("touch", report="content_completion", count=7)
    sandbox.admin("touch", report="scorm_status", count=5)
    sandbox.admin("delete", report="assessment_status", count=5)
    for user in coursebase.truth(sandbox, "users")[5:8]:
        coursebase.call(sandbox, OPTIONS.coursebase_token, "user.delete", user_id=user["user_id"])


def assert_true(sandbox: Sandbox, warehouse: Warehouse, until: Any, saved: list[str]) -> None:
    """Assert that PostgreSQL, which the loaders are compared with, holds the sandbox's rows."""
    compared = list(coursebase.comparisons(sandbox, warehouse, saved, SEARCH))
    for report, key in CONTINU_KEYS.items():
        expected = sandbox.expected(
            report, START, until, range_target=RANGE_TARGETS.get(report), selected=SELECTED
        )
        compared.append(compare(warehouse, f"continu_{report}", key, expected))
    assert [one.table for one in compared if not one.expected] == []
    assert [one.differences for one in compared if one.differences] == []


def observed(loader: Loader, source: Source, folder: Path, warehouse: Warehouse) -> Observed:
    address = Address.of(warehouse.dsn, f"loaded_{loader.name.replace('-', '_')}")
    warehouse.execute(f"DROP SCHEMA IF EXISTS {address.schema} CASCADE")
    warehouse.execute(f"CREATE SCHEMA {address.schema}")
    loads = []
    for messages, expected in zip(source.messages, source.expected, strict=True):
        load(loader, messages, folder, address)
        loads.append((expected, READERS[loader.reader](loader.name, folder, address)))
    return observe(streams(*source.messages), loads)


@pytest.mark.parametrize("name", LOADERS)
def test_a_loader_does_what_is_declared(
    name: str, sources: Mapping[str, Source], postgresql: Warehouse, tmp_path: Path
) -> None:
    loader = LOADERS[name]
    found = observed(loader, sources[kind_of_tap(loader)], tmp_path, postgresql)
    declared = Observed(loader.rows, loader.updates, loader.deletes, dict(loader.values))
    assert found == declared


@pytest.mark.parametrize("name", REFUSALS)
def test_a_loader_that_loses_rows_or_does_not_run_still_does(
    name: str, sources: Mapping[str, Source], postgresql: Warehouse, tmp_path: Path
) -> None:
    refusal = REFUSALS[name]
    try:
        seen = observed(refusal.loader(), sources["{}"], tmp_path, postgresql).rows
    except LoaderError as error:
        seen = str(error)
    assert re.search(refusal.error, seen)


def test_a_snowflake_database_is_spelt_as_it_is_listed(
    sources: Mapping[str, Source], postgresql: Warehouse, tmp_path: Path
) -> None:
    tried = LOADERS["target-snowflake"]
    lower = replace(tried, settings={**tried.settings, "database": "dwh"})
    with pytest.raises(LoaderError, match="Database 'dwh' does not exist or the user/role"):
        load(lower, sources["{}"].messages[0], tmp_path, Address.of(postgresql.dsn, "unused"))
