"""Tap, Meltano, target-postgres and PostgreSQL, compared with the sandbox value by value."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.documented import INSIDE, SUB_OBJECTS
from harness.pipeline import TAP, TARGET
from tests.e2e.conftest import FIRST, SECOND, World

BIN = Path(sys.executable).parent


def text(instant: object) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.meltano
def test_two_runs_with_changes_between_them(world: World) -> None:
    pipeline = world.pipeline()
    world.sandbox.admin("clock", now=text(FIRST))
    pipeline.run(end_date=text(FIRST))
    world.assert_equal(FIRST)
    world.sandbox.admin("clock", now=text(SECOND.replace(minute=0, hour=11)))
    world.sandbox.admin("touch", report="content_completion", count=7)
    world.sandbox.admin("touch", report="scorm_status", count=5)
    world.sandbox.admin("delete", report="assessment_status", count=5)
    pipeline.run()
    world.assert_equal(SECOND)
    assert world.warehouse.count_deleted("continu_assessment_status") == 5
    for one in world.asked():
        report = (
            one["path"].split("/reports/")[1].split("/1")[0].replace("-", "_").replace("/", "_")
        )
        assert SUB_OBJECTS & one["body"].keys() == {*INSIDE.get(report, {}).values()}
    bookmarks = pipeline.bookmarks()
    assert bookmarks["continu_track_status"]["replication_key_value"] == text(SECOND)


@pytest.mark.meltano
def test_sub_objects_come_as_object_columns(world: World, project: Path) -> None:
    """Deselect a column and select a sub-object with Meltano: the request and the rows follow."""
    environment = world.environment()

    def meltano(*arguments: str) -> None:
        subprocess.run(["meltano", *arguments], cwd=project, env=environment, check=True)

    meltano("select", TAP, "--exclude", "continu_content_completion", "job_title")
    meltano("select", TAP, "continu_content_completion", "content")
    meltano("run", TAP, TARGET)
    rows = world.warehouse.living("continu_content_completion")
    assert rows
    assert "job_title" not in rows[0]
    bodies = [one["body"] for one in world.asked() if "/content-completion/" in one["path"]]
    assert bodies
    for body in bodies:
        assert "job_title" not in body
        assert body["last_name"] is True
        assert body["content"] is True
    assert {type(row["content"]) for row in rows} == {dict}
    assert {row["content"]["_id"] for row in rows} == {row["content_id"] for row in rows}
    world.assert_equal(SECOND, reports=iter(["user_content", "track_status"]))


@pytest.mark.meltano
@pytest.mark.parametrize("plugin", [TAP, f"{TAP}-hourly", f"{TAP}-reconcile"])
def test_what_is_selected_once_is_selected_in_each_plugin(
    plugin: str, world: World, project: Path
) -> None:
    """One command adds a sub-object, and a column that the settings declare needs none."""
    options = {"continu_content_completion": {"columns": {"cost_center": "string"}}}
    prefix = plugin.upper().replace("-", "_")
    settings = {f"{prefix}_{name.upper()}": value for name, value in world.settings.items()}
    environment = world.environment() | {
        **{name: str(value) for name, value in settings.items()},
        f"{prefix}_STREAM_OPTIONS": json.dumps(options),
    }

    def catalog() -> dict[tuple[str, str], bool]:
        dumped = subprocess.run(
            ["meltano", "invoke", "--dump=catalog", plugin],
            cwd=project,
            env=environment,
            check=True,
            capture_output=True,
        ).stdout
        found = {}
        for entry in json.loads(dumped)["streams"]:
            for item in entry["metadata"]:
                automatic = item["metadata"].get("inclusion") == "automatic"
                column = (item["breadcrumb"] or ["", ""])[1]
                is_selected = bool(automatic or item["metadata"]["selected"])
                found[entry["tap_stream_id"], column] = is_selected
        return found

    before = catalog()
    completion = "continu_content_completion"
    assert not before[completion, "content"]
    assert before[completion, "content_id"]
    assert before[completion, "cost_center"]
    assert before[completion, ""]
    assert before["continu_assessment_status", ""] == (plugin == TAP)
    subprocess.run(
        ["meltano", "select", TAP, completion, "content"], cwd=project, env=environment, check=True
    )
    after = catalog()
    assert {key for key in after if after[key] != before[key]} == {(completion, "content")}


@pytest.mark.meltano
@pytest.mark.parametrize(
    "seed", [1, *(pytest.param(seed, marks=pytest.mark.long) for seed in (2, 3))]
)
def test_a_run_killed_at_any_moment_is_made_good_by_the_next(world: World, seed: int) -> None:
    """SIGKILL for Meltano, tap and target at once, while rows are on their way."""
    chance = random.Random(seed)
    pipeline = world.pipeline()
    asked = chance.randrange(3, 40)
    process = pipeline.start()
    while process.poll() is None and len(world.asked()) < asked:
        time.sleep(0.01)
    time.sleep(chance.random())
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    pipeline.run("--force")
    world.assert_equal(SECOND)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
def test_a_tap_killed_at_any_row_is_made_good_by_the_next(world: World, seed: int) -> None:
    """A plain pipe that passes a random number of lines on; then SIGKILL for the tap."""
    chance = random.Random(seed)
    config = world.folder / "tap.json"
    config.write_text(json.dumps(world.settings))
    target_config = world.folder / "target.json"
    target_config.write_text(
        json.dumps(
            {"sqlalchemy_url": world.warehouse.sqlalchemy_url, "default_target_schema": "learning"}
        )
    )
    catalog = world.folder / "catalog.json"
    discovered = subprocess.run(
        [BIN / TAP, "--config", config, "--discover"], capture_output=True, check=True
    )
    catalog.write_bytes(discovered.stdout)
    lines = chance.randrange(100, 2500)
    state = run_pipe(config, catalog, target_config, {}, lines)
    whole = run_pipe(config, catalog, target_config, state, None)
    assert whole["bookmarks"]["continu_track_status"]["replication_key_value"] == text(SECOND)
    world.assert_equal(SECOND)


def run_pipe(
    config: Path, catalog: Path, target_config: Path, state: Mapping[str, object], lines: int | None
) -> dict[str, dict[str, dict[str, str]]]:
    """Pipe the tap into the target; after some lines kill the tap; give the target's state."""
    state_file = config.parent / "state.json"
    state_file.write_text(json.dumps(state))
    with (
        subprocess.Popen(
            [BIN / TAP, "--config", config, "--catalog", catalog, "--state", state_file],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as tap,
        subprocess.Popen(
            [BIN / TARGET, "--config", target_config],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as target,
    ):
        assert tap.stdout is not None
        assert target.stdin is not None
        for number, line in enumerate(tap.stdout):
            if number == lines:
                tap.kill()
                break
            target.stdin.write(line)
        written, _ = target.communicate()
    assert target.returncode == 0
    assert (tap.returncode == -signal.SIGKILL) == (lines is not None)
    states = written.decode().splitlines()
    result: dict[str, dict[str, dict[str, str]]] = json.loads(states[-1]) if states else {}
    return result


def test_sigterm_ends_with_143_and_whole_lines(world: World) -> None:
    config = world.folder / "tap.json"
    config.write_text(json.dumps(world.settings))
    errors = world.folder / "errors.txt"
    with (
        errors.open("wb") as log,
        subprocess.Popen(
            [BIN / TAP, "--config", config], stdout=subprocess.PIPE, stderr=log
        ) as tap,
    ):
        assert tap.stdout is not None
        lines = [tap.stdout.readline() for _ in range(300)]
        tap.send_signal(signal.SIGTERM)
        lines += tap.stdout.readlines()
    assert tap.returncode == 143
    assert "Traceback" not in errors.read_text()
    for line in lines:
        json.loads(line)
