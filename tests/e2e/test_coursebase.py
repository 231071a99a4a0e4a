"""Coursebase through Meltano and target-postgres, compared with the sandbox value by value."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from harness import coursebase
from harness.documented import SUB_OBJECTS
from harness.pipeline import Pipeline, copy_project
from tests.e2e.conftest import OPTIONS, World

pytestmark = pytest.mark.meltano

SEARCH = "example.org"
SELECTION = ["coursebase_*.*", *(f"!*.{column}" for column in SUB_OBJECTS)]


def saved_reports(world: World) -> list[str]:
    return [row["report_id"] for row in coursebase.truth(world.sandbox, "reports")][:2]


def pipeline(world: World) -> Pipeline:
    return Pipeline(
        world.folder,
        {
            **world.coursebase,
            "coursebase_report_ids": saved_reports(world),
            "coursebase_user_search": [SEARCH],
        },
        world.warehouse.sqlalchemy_url,
        {"TAP_CONTINU_COURSEBASE__SELECT": json.dumps(SELECTION)},
        project=copy_project(world.folder),
    )


def differences(world: World) -> Iterator[tuple[str, list[str]]]:
    saved = saved_reports(world)
    compared = list(coursebase.comparisons(world.sandbox, world.warehouse, saved, SEARCH))
    assert len(compared) == 10 + 1 + 12 + 2
    for one in compared:
        assert one.expected, f"the sandbox has no rows of {one.table}"
        if one.differences:
            yield one.table, one.differences


def test_deletions_and_changes_between_two_runs(world: World) -> None:
    runs = pipeline(world)
    runs.run()
    assert list(differences(world)) == []
    members = coursebase.truth(world.sandbox, "group_users")
    learner = next(row for row in members[20:] if row["role"] == "learner")
    token = OPTIONS.coursebase_token
    for user in coursebase.truth(world.sandbox, "users")[5:8]:
        coursebase.call(world.sandbox, token, "user.delete", user_id=user["user_id"])
    coursebase.call(
        world.sandbox,
        token,
        "group.user.remove",
        group_id=learner["group_id"],
        user_id=learner["user_id"],
        role="learner",
    )
    runs.run()
    assert list(differences(world)) == []
    assert world.warehouse.count_deleted("coursebase_users") == 3
    assert world.warehouse.count_deleted("coursebase_group_users") > 3


@pytest.mark.long
def test_unchanged_exports_are_not_downloaded_again(world: World) -> None:
    runs = pipeline(world)
    runs.run()
    before = downloads(world)
    assert before == 14
    runs.run()
    assert downloads(world) == before
    assert list(differences(world)) == []


def requested(world: World) -> list[dict[str, Any]]:
    """Read which requests the Coursebase half of the sandbox has received."""
    url = f"{world.sandbox.url}/_admin/coursebase/requests"
    found: list[dict[str, Any]] = requests.get(url, timeout=30).json()
    return found


def downloads(world: World) -> int:
    return sum(one["host"] == "storage" for one in requested(world))


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_killed_at_any_moment_is_made_good_by_the_next(world: World, seed: int) -> None:
    runs = pipeline(world)
    asked = random.Random(seed).randrange(3, 120)
    process = runs.start()
    while process.poll() is None and len(requested(world)) < asked:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    runs.run("--force")
    assert list(differences(world)) == []
