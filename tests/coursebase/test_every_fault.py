"""Every fault against every kind of stream, and one fault against every other stream.

Once the fault has ended, one more run makes it good.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from random import Random
from typing import Any

import pytest

from harness.documented import LISTS
from harness.soak.faults import COURSEBASE, METHODS, PAGED
from tests.coursebase.support import Coursebase
from tests.singer.tables import Tables

OWN_METHODS = {"group_users": "group.users.list", "user_details": "user.info"}
"""What is called for each parent, whose own list is struck as that of another stream."""
ALL_TRIES = 30
ONCE = {"slow", "stall"}
SETTINGS: dict[str, Any] = {"coursebase_user_search": ["example"], "request_timeout_seconds": 1}
TOO_LATE = {"seconds": 2}
"""Longer than the shortest time limit that the tap can be set to."""
STREAMS = (*LISTS, "user_search", "report_people", "report_learners")
"""The report types differ in their columns only."""
REPRESENTATIVES = {
    "users": "a list of many pages",
    "groups": "a list in one answer",
    "group_users": "pages of each parent",
    "user_details": "one row of each parent",
    "report_people": "an export",
}
UNPAGED = {"groups", "profile_fields"}
LISTED = {"org.users.list", "org.groups.list", "org.courses.list"}

INSTANTS = {"data_updated_at", "exported_at"}

_clean: dict[str, Mapping[str, Any]] = {}


def cases() -> Iterator[tuple[str, str, str]]:
    """Deal all faults to each representative, and one that takes no time to each other stream."""
    for number, stream in enumerate(STREAMS):
        struck = list(places_of(stream))
        if stream not in REPRESENTATIVES:
            quick = [case for case in struck if case[0] not in ONCE]
            struck = [quick[number % len(quick)]]
        for kind, place in struck:
            yield stream, kind, place


def places_of(stream: str) -> Iterator[tuple[str, str]]:
    """List the faults that can strike a stream, each with the method that is struck."""
    for kind, (places, _) in COURSEBASE.items():
        if stream in UNPAGED and places is PAGED:
            continue
        exports = not LISTED & set(places)
        if stream in OWN_METHODS and (places is METHODS or kind == "missing_field"):
            yield kind, OWN_METHODS[stream]
        elif places is METHODS or not (exports or stream.startswith("report_")):
            yield kind, "*"
        elif exports and stream.startswith("report_"):
            yield kind, places[0]


def clean(source: Coursebase, stream: str) -> Mapping[str, Any]:
    """Return what a run that meets no fault loads."""
    if stream not in _clean:
        tables = Tables()
        tables.load(source.sync(stream, **SETTINGS).messages)
        _clean[stream] = told(tables, stream)
        source.sandbox.coursebase.reset()
    return _clean[stream]


def told(tables: Tables, stream: str) -> Mapping[str, Any]:
    """Return the rows of a table, without the instants of an export."""
    rows = tables.rows[f"coursebase_{stream}"]
    return {
        key: {column: value for column, value in row.items() if column not in INSTANTS}
        for key, row in rows.items()
    }


@pytest.mark.parametrize(("stream", "kind", "place"), list(cases()))
def test_one_more_run_makes_it_good(stream: str, kind: str, place: str, source: Coursebase) -> None:
    expected = clean(source, stream)
    source.sandbox.coursebase.settings.change({"page_size": 4})
    chance = Random(f"{stream} {kind}")
    times = 1 if kind in ONCE else chance.choice((1, ALL_TRIES))
    details = TOO_LATE if kind in ONCE else COURSEBASE[kind][1](chance)
    source.plan(kind, place, times=times, **details)
    broken = source.sync(stream, **SETTINGS)
    left = source.sandbox.coursebase.faults.remaining()
    assert [plan for plan in left if plan["times"] == times] == []
    source.sandbox.coursebase.reset()
    source.admin("change", {"change": "touch"})
    states = broken.of("STATE")
    mended = source.sync(stream, state=states[-1]["value"] if states else None, **SETTINGS)
    assert mended.error is None
    tables = Tables()
    tables.load(broken.messages)
    tables.load(mended.messages)
    assert told(tables, stream) == expected
