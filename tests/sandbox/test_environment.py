"""What `make sandbox` prints is all that the tap needs."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.environment import PREFIX, tap_settings
from sandbox.instants import parse_instant
from sandbox.options import Options
from sandbox.server import Sandbox, running

ROOT = Path(__file__).parents[2]
TAP = Path(sys.executable).with_name("tap-continu-coursebase")
TOKEN = "to$HOME;ken"
STREAMS = {"continu_track_status", "coursebase_groups"}


@pytest.fixture
def exports(server: Sandbox) -> Iterator[str]:
    """What a sandbox prints that is started by the recipe of `make sandbox`."""
    recipe = subprocess.run(
        ["make", "--no-print-directory", "-n", "-o", ".venv/.done", "sandbox"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()[-1]
    command = [*shlex.split(recipe), "--users", "20", "--token", TOKEN]
    settings = tap_settings(server, Options())
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield "".join(process.stdout.readline() for _ in ("a comment", *settings))
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0


def tap(exports: str, *arguments: str) -> str:
    """Run the tap in a shell that knows nothing but the exports."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    script = f"{exports}\nexec {shlex.join([str(TAP), '--config=ENV', *arguments])}"
    finished = subprocess.run(
        ["sh", "-c", script], capture_output=True, text=True, check=False, env=clean, timeout=120
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def test_the_tap_reads_both_halves_with_the_exports_alone(exports: str, tmp_path: Path) -> None:
    catalog = json.loads(tap(exports, "--discover"))
    for entry in catalog["streams"]:
        (whole,) = (item for item in entry["metadata"] if not item["breadcrumb"])
        whole["metadata"]["selected"] = entry["tap_stream_id"] in STREAMS
    chosen = tmp_path / "catalog.json"
    chosen.write_text(json.dumps(catalog))
    messages = [json.loads(line) for line in tap(exports, "--catalog", str(chosen)).splitlines()]
    assert {one["stream"] for one in messages if one["type"] == "RECORD"} == STREAMS


def test_the_windows_begin_with_the_month_before() -> None:
    options = Options(users=10, now=parse_instant("2026-01-31T12:00:00Z"), auth_scheme="bearer")
    with running(options) as sandbox:
        settings = tap_settings(sandbox, options)
    assert settings["start_date"] == "2025-12-01"
    assert settings["continu_auth_scheme"] == "bearer"
