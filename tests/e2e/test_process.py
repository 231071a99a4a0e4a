"""The tap as a process among others: a reader that leaves, a second run at the same time."""

from __future__ import annotations

import json
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.documented import CONTINU_KEYS
from harness.pipeline import MELTANO, TAP
from tests.e2e.conftest import World

EXECUTABLE = Path(sys.executable).parent / TAP


def command(world: World, **settings: object) -> list[str | Path]:
    config = world.folder / "tap.json"
    config.write_text(json.dumps({**world.settings, **settings}))
    return [EXECUTABLE, "--config", config]


def test_a_target_that_leaves_is_told_in_one_line(world: World) -> None:
    with subprocess.Popen(
        command(world), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as tap:
        assert tap.stdout is not None
        assert tap.stderr is not None
        tap.stdout.readline()
        tap.stdout.close()
        errors = tap.stderr.read()
    assert tap.returncode == 1
    assert "The target has closed the pipe: run again to continue" in errors
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors


def test_the_second_of_two_runs_says_so_and_stops(world: World) -> None:
    with subprocess.Popen(
        command(world), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as first:
        assert first.stdout is not None
        first.stdout.readline()
        impatient = command(world, parallel_run_wait_minutes=0)
        second = subprocess.run(impatient, capture_output=True, text=True, check=False)
        first.stdout.read()
    assert first.returncode == 0
    assert second.returncode == 1
    assert second.stdout == ""
    assert f"another run on this machine (process {first.pid}) is loading" in second.stderr
    assert "Traceback" not in second.stderr


def try_out(world: World, **settings: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*command(world, **settings), "--test"], capture_output=True, text=True, check=False
    )


def test_the_connection_test_asks_both_sources_for_a_little(world: World) -> None:
    tried = try_out(world, **world.coursebase)
    assert (tried.returncode, "Traceback" in tried.stderr) == (0, False), tried.stderr
    asked = [request["path"] for request in world.asked()]
    assert len(asked) == len(set(asked)) == len(CONTINU_KEYS)
    written = {json.loads(line).get("stream") for line in tried.stdout.splitlines()}
    assert {"continu_assessment_status", "coursebase_users"} <= written


def test_the_connection_test_tells_all_that_fails(world: World) -> None:
    coursebase = {**world.coursebase, "coursebase_access_token": "wrong"}
    tried = try_out(world, **coursebase, continu_api_token="wrong")
    assert tried.returncode == 1
    last = tried.stderr.splitlines()[-1]
    assert "all 14 Continu streams: HTTP 401" in last
    assert re.search(r"all \d+ Coursebase streams: HTTP 401", last)


@pytest.mark.meltano
def test_meltano_tests_the_configuration_of_both_sources(world: World, project: Path) -> None:
    tried = subprocess.run(
        [MELTANO, "config", "test", TAP],
        cwd=project,
        env=world.pipeline(**world.coursebase).environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert tried.returncode == 0, tried.stderr
    assert "Plugin configuration is valid" in tried.stdout + tried.stderr


def test_the_connection_test_fails_where_a_source_refuses_or_is_not_there(world: World) -> None:
    assert try_out(world).returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as ear:
        nowhere = f"http://127.0.0.1:{ear.getsockname()[1]}"
    refused = try_out(world, continu_api_token="wrong")
    dead = try_out(world, continu_api_url=nowhere)
    assert (refused.returncode, dead.returncode) == (1, 1)
    assert "HTTP 401" in refused.stderr
    assert "gave up after 3 tries" in dead.stderr
    assert "Traceback" not in refused.stderr + dead.stderr
