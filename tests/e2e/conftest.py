from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.compare import Sandbox, compare
from harness.documented import CONTINU_KEYS, RANGE_TARGETS
from harness.pipeline import MELTANO, Pipeline, copy_project
from harness.warehouse import SCHEMA, Warehouse
from sandbox.options import Options
from sandbox.server import running

START = datetime(2025, 12, 20, tzinfo=UTC)
FIRST = datetime(2026, 3, 13, 9, tzinfo=UTC)
SECOND = datetime(2026, 3, 15, 12, tzinfo=UTC)
OPTIONS = Options(
    users=80,
    now=int(SECOND.timestamp()),
    start=int(datetime(2025, 11, 1, tzinfo=UTC).timestamp()),
    requests_per_minute=100_000,
    requests_per_day=1_000_000,
    features=frozenset({"approvers", "udemy"}),
)


@dataclass(frozen=True)
class World:
    """A sandbox, a warehouse, and what reads the one into the other.

    Attributes:
        sandbox: As an administrator sees it.
        warehouse: Empty at first.
        settings: Of the tap, for this sandbox.
        folder: For whatever a test writes.
        coursebase: Settings of the tap for the sandbox's other half.
    """

    sandbox: Sandbox
    warehouse: Warehouse
    settings: dict[str, Any]
    folder: Path
    coursebase: dict[str, Any]

    def pipeline(self, **settings: Any) -> Pipeline:
        """Build a pipeline whose state is empty at first, in a Meltano project of its own."""
        return Pipeline(
            self.folder,
            {**self.settings, **settings},
            self.warehouse.sqlalchemy_url,
            project=copy_project(self.folder),
        )

    def environment(self, **settings: Any) -> dict[str, str]:
        """Return the environment of a shell in which the pipeline can be run."""
        tools = [MELTANO.parent, Path(sys.executable).parent]
        path = os.pathsep.join([*map(str, tools), os.environ["PATH"]])
        return {**self.pipeline().environment(**settings), "PATH": path}

    def asked(self) -> list[dict[str, Any]]:
        """Return the requests that the sandbox has received."""
        requested: list[dict[str, Any]] = requests.get(
            f"{self.sandbox.url}/_admin/requests", timeout=30
        ).json()
        return requested

    def assert_equal(
        self,
        until: datetime,
        *,
        selected: frozenset[str] = frozenset(),
        reports: Iterator[str] | None = None,
    ) -> None:
        """Assert that every row and value is in the warehouse as it is in the sandbox."""
        for report in reports or CONTINU_KEYS:
            target = RANGE_TARGETS.get(report)
            expected = self.sandbox.expected(
                report, START, until, range_target=target, selected=selected
            )
            assert expected, f"the sandbox has no rows of {report}"
            compared = compare(self.warehouse, f"continu_{report}", CONTINU_KEYS[report], expected)
            assert compared.differences == []


@pytest.fixture
def world(postgresql: Warehouse, tmp_path: Path) -> Iterator[World]:
    postgresql.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    with running(OPTIONS) as server:
        settings = {
            "continu_api_url": server.continu_api_url,
            "continu_api_token": server.token,
            "continu_requests_per_minute": 100_000,
            "start_date": f"{START:%Y-%m-%d}",
            "end_date": f"{SECOND:%Y-%m-%dT%H:%M:%SZ}",
        }
        coursebase = {
            "coursebase_url": server.coursebase_url,
            "coursebase_access_token": OPTIONS.coursebase_token,
        }
        yield World(Sandbox(server.url), postgresql, settings, tmp_path, coursebase)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the Meltano project, so that it can be changed."""
    return copy_project(tmp_path)
