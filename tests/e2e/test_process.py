"""The tap as a process among others: a reader that leaves, a second run at the same time."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

from harness.pipeline import TAP
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
