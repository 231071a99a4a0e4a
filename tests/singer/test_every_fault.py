"""Every fault of the API against every kind of stream, and one fault against every other stream.

Once the fault has ended, one more run makes it good.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import cycle
from random import Random
from typing import Any

import pytest

from harness.documented import CONTINU_KEYS
from harness.soak.faults import CONTINU, SPOILING
from sandbox.server import running
from tests.singer.conftest import OPTIONS
from tests.singer.support import Source
from tests.singer.tables import Tables

REPRESENTATIVES = {
    "content_completion": "facts",
    "user_engagement": "aggregates",
    "pivoted_user_assignments": "aggregates whose id the vendor does not name",
    "assessment_status": "a snapshot",
}
ALL_TRIES = 30
SLOW = {"slow", "stall"}
TOO_LATE = {"seconds": 2}
"""Longer than the shortest time limit that the tap can be set to."""
Catalogs = Callable[[str, str | None], dict[str, Any]]


def cases() -> Iterator[tuple[str, str]]:
    """Deal all faults to each representative, and one that takes no time to each other report."""
    for report in REPRESENTATIVES:
        for kind in sorted(CONTINU):
            yield report, kind
    others = sorted(CONTINU_KEYS.keys() - REPRESENTATIVES.keys())
    yield from zip(others, cycle(sorted(CONTINU.keys() - SLOW)), strict=False)


def details(kind: str, chance: Random) -> dict[str, Any]:
    """Choose a fault's details: every slow answer comes too late, nothing fits one request."""
    if kind in SLOW:
        return TOO_LATE
    return {"rows": 0} if kind == "oversized" else CONTINU[kind](chance)


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


@pytest.mark.parametrize(("report", "kind"), list(cases()))
@pytest.mark.usefixtures("waits")
def test_one_more_run_makes_it_good(
    report: str, kind: str, source: Source, catalogs: Catalogs, truth: dict[str, Any]
) -> None:
    stream = f"continu_{report}"
    faults = source.sandbox.api.faults
    faults.clear()
    chance = Random(f"{report} {kind}")
    times = 1 if kind in SLOW else chance.choice((1, ALL_TRIES))
    plan = {"match": "*", "kind": kind, "times": times, **details(kind, chance)}
    faults.add([plan])
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
