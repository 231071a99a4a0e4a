"""Deletions of windowed rows: found by the reconcile plugin, and only by a complete one."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from harness.compare import Sandbox, compare
from harness.documented import CONTINU_KEYS, RANGE_TARGETS, SUB_OBJECTS
from harness.pipeline import TAP, Pipeline, PipelineError, copy_project
from harness.warehouse import SCHEMA, Warehouse
from sandbox.options import Options
from sandbox.server import running

REPORTS = ("assignment_summary", "content_completion")
SELECT = json.dumps(
    [
        *(f"continu_{report}.*" for report in REPORTS),
        *(f"!*.{column}" for column in sorted(SUB_OBJECTS)),
    ]
)


class Estate:
    """A sandbox whose present is now, a warehouse, and two pipelines between them."""

    def __init__(self, url: str, token: str, warehouse: Warehouse, folder: Path) -> None:
        self.sandbox = Sandbox(url)
        self.warehouse = warehouse
        self.start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=70)
        self._folder = folder
        self._settings = {
            "continu_api_url": f"{url}/api/v1",
            "continu_api_token": token,
            "continu_requests_per_minute": 100_000,
            "start_date": f"{self.start:%Y-%m-%dT%H:%M:%SZ}",
        }

    def run(self, name: str = TAP, target: dict[str, str] | None = None, **settings: Any) -> str:
        select = {f"{name.upper().replace('-', '_')}__SELECT": SELECT}
        pipeline = Pipeline(
            self._folder,
            self._settings,
            self.warehouse.sqlalchemy_url,
            {**select, **(target or {})},
            name,
            copy_project(self._folder),
        )
        return pipeline.run(**settings)

    def reconcile(self, target: dict[str, str] | None = None, **settings: Any) -> str:
        return self.run(f"{TAP}-reconcile", target, **settings)

    def differences(self) -> dict[str, list[str]]:
        until = datetime.now(UTC) + timedelta(days=1)
        return {
            report: compare(
                self.warehouse,
                f"continu_{report}",
                CONTINU_KEYS[report],
                self.sandbox.expected(
                    report, self.start, until, range_target=RANGE_TARGETS[report]
                ),
            ).differences
            for report in REPORTS
        }

    def deleted(self) -> dict[str, int]:
        return {r: self.warehouse.count_deleted(f"continu_{r}") for r in REPORTS}


@pytest.fixture
def estate(postgresql: Warehouse, tmp_path: Path) -> Iterator[Estate]:
    postgresql.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    now = int(time.time())
    options = Options(
        users=60,
        now=now,
        start=(now - 120 * 86_400) // 86_400 * 86_400,
        requests_per_minute=100_000,
        requests_per_day=1_000_000,
    )
    with running(options) as server:
        yield Estate(server.url, server.token, postgresql, tmp_path)


@pytest.mark.meltano
def test_deletions_are_found_by_a_complete_reconcile(estate: Estate) -> None:
    estate.run()
    assert estate.differences() == {report: [] for report in REPORTS}
    for report in REPORTS:
        estate.sandbox.admin("delete", report=report, count=10)
    estate.run()
    gone = {report: len(vanished) for report, vanished in estate.differences().items()}
    assert all(gone.values()), "an incremental run cannot see a deletion"

    faults = f"{estate.sandbox.url}/_admin/faults"
    fault = {"match": REPORTS[0], "kind": "status", "status": 403, "after": 1, "times": 99}
    requests.post(faults, json=[fault], timeout=30).raise_for_status()
    with pytest.raises(PipelineError, match="continu_assignment_summary"):
        estate.reconcile()
    assert estate.deleted() == {REPORTS[0]: 0, REPORTS[1]: gone[REPORTS[1]]}
    requests.delete(faults, timeout=30).raise_for_status()

    estate.reconcile({"TARGET_POSTGRES_HARD_DELETE": "true"})
    assert estate.deleted() == dict.fromkeys(REPORTS, 0)
    assert estate.differences() == {report: [] for report in REPORTS}


@pytest.mark.long
@pytest.mark.meltano
def test_a_reconcile_over_less_than_is_loaded_is_refused(estate: Estate) -> None:
    estate.run()
    for report in REPORTS:
        estate.sandbox.admin("delete", report=report, count=10)
    gone = {report: len(vanished) for report, vanished in estate.differences().items()}
    estate.reconcile()
    assert estate.deleted() == gone
    assert estate.differences() == {report: [] for report in REPORTS}

    with pytest.raises(PipelineError, match="set start_date back"):
        estate.reconcile(start_date=f"{estate.start + timedelta(days=40):%Y-%m-%d}")
    assert estate.deleted() == gone
    assert estate.differences() == {report: [] for report in REPORTS}
