"""The plan of Coursebase's lists: what is known of their pages and parents, and no request."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.coursebase.support import Coursebase
from tests.singer.support import run, tap

LISTS = (
    "course_approvers",
    "course_details",
    "courses",
    "groups",
    "profile_fields",
    "reports",
    "user_details",
    "users",
)
"""Each of their details is one page."""


@pytest.fixture(autouse=True)
def _pages_of_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tap_continu_coursebase.coursebase.resources.ROWS_OF_A_PAGE", 20)


def catalog(source: Coursebase, *streams: str) -> dict[str, Any]:
    found: dict[str, Any] = tap(source.config()).catalog_dict
    for entry in found["streams"]:
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = entry["tap_stream_id"] in {
                    f"coursebase_{name}" for name in streams
                }
    return found


def test_nothing_is_fetched_and_each_list_is_one_object(source: Coursebase) -> None:
    plan = tap(source.config(), catalog(source, *LISTS, "report_learners")).plan()
    lines = [json.loads(line) for line in plan.as_json()]
    assert [line["stream"] for line in lines] == sorted(
        f"coursebase_{name}" for name in (*LISTS, "report_learners")
    )
    assert {name for line in lines for name in line} == {"stream", "requests"}
    assert "Coursebase: at least" in "\n".join(plan.as_text())
    assert source.requests() == []


def test_once_the_lists_are_known_the_plan_counts_what_a_run_asks(source: Coursebase) -> None:
    chosen = catalog(source, *LISTS)
    state = run(source.config(), chosen).state
    source.sandbox.coursebase.journal.clear()
    plan = tap(source.config(), chosen, state).plan()
    text = "\n".join(plan.as_text())
    assert source.requests() == []
    assert run(source.config(), chosen, state).error is None
    asked = len(source.requests())
    assert asked > 60
    assert f"Coursebase: at least {asked} requests" in text


@pytest.mark.parametrize("name", LISTS)
def test_each_list_loads_alone(source: Coursebase, name: str) -> None:
    state = run(source.config(), catalog(source, *LISTS)).state
    assert planned(source, name, state) == asked(source, name, state)


@pytest.mark.parametrize("name", ["group_users", "report_learners"])
def test_pages_of_details_and_waiting_for_exports_are_not_known(
    source: Coursebase, name: str
) -> None:
    state = run(source.config(), catalog(source, name, "groups")).state
    assert 3 <= planned(source, name, state) < asked(source, name, state)
    text = "\n".join(tap(source.config(), catalog(source, name), state).plan().as_text())
    assert f"{planned(source, name, state)}+" in text


def planned(source: Coursebase, name: str, state: dict[str, Any]) -> int:
    (line,) = map(json.loads, tap(source.config(), catalog(source, name), state).plan().as_json())
    requests: int = line["requests"]
    return requests


def asked(source: Coursebase, name: str, state: dict[str, Any]) -> int:
    source.sandbox.coursebase.journal.clear()
    assert run(source.config(), catalog(source, name), state).error is None
    return len(source.requests())
