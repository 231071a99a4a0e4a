"""Every fault of the API against every stream: once it has ended, one more run makes it good."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import Any

import pytest

from harness.documented import CONTINU_KEYS
from harness.soak.faults import CONTINU, SPOILING
from sandbox.faults import read_fault
from sandbox.server import running
from tests.singer.conftest import OPTIONS
from tests.singer.support import Source
from tests.singer.tables import Tables

ALL_TRIES = 30
SLOW = {"slow", "stall"}
Catalogs = Callable[[str, str | None], dict[str, Any]]


@pytest.fixture(scope="module")
def source() -> Iterator[Source]:
    with running(OPTIONS) as sandbox:
        yield Source(sandbox, {"start_date": "2026-01-01T00:00:00Z", "request_timeout_seconds": 1})


@pytest.fixture(scope="module")
def catalogs(source: Source) -> Catalogs:
    @cache
    def catalog(stream: str, method: str | None) -> dict[str, Any]:
        return source.catalog(stream, replication_method=method)

    return catalog


@pytest.fixture(scope="module")
def truth(source: Source) -> dict[str, Any]:
    """What a run that meets no fault loads."""
    tables = Tables()
    tables.load(source.sync(*(f"continu_{report}" for report in CONTINU_KEYS)).messages)
    return tables.rows


@pytest.mark.parametrize("kind", sorted(CONTINU))
@pytest.mark.parametrize("report", sorted(CONTINU_KEYS))
@pytest.mark.usefixtures("waits")
def test_one_more_run_makes_it_good(
    report: str, kind: str, source: Source, catalogs: Catalogs, truth: dict[str, Any]
) -> None:
    stream = f"continu_{report}"
    faults = source.sandbox.api.faults
    faults.clear()
    chance = Random(f"{report} {kind}")
    times = 1 if kind in SLOW else chance.choice((1, ALL_TRIES))
    details = {"rows": 0} if kind == "oversized" else CONTINU[kind](chance)
    faults.add([read_fault({"match": "*", "kind": kind, "times": times, **details})])
    tables = Tables()
    broken = source.sync(catalog=catalogs(stream, None))
    tables.load(broken.messages)
    assert [left for left in faults.remaining() if left["times"] == times] == []
    faults.clear()
    method = "FULL_TABLE" if kind in SPOILING else None
    states = broken.of("STATE")
    state = states[-1]["value"] if states else None
    mended = source.sync(catalog=catalogs(stream, method), state=state)
    assert mended.error is None
    tables.load(mended.messages)
    assert tables.rows[stream] == truth[stream]
