"""What docs/command-line.md tells: version, completion, colour, exit codes."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from harness.pipeline import ROOT
from tests.e2e.conftest import World
from tests.e2e.test_process import command
from tests.e2e.test_progress import hourly

PAGE = (ROOT / "docs" / "command-line.md").read_text("utf-8")
COMMANDS: list[str] = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
BIN = Path(sys.executable).parent
COLOURED = re.compile(rb"\x1b\[[\d;]*\b(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])\b[\d;]*m")


def block(containing: str) -> str:
    """Return the one block of commands that contains a text."""
    (found,) = [text for text in COMMANDS if containing in text]
    return found


def typed(commands: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run commands in Bash as somebody types them."""
    return subprocess.run(
        ["bash", "-uo", "pipefail", "-c", commands],
        env={"HOME": "/nowhere", "PATH": f"{BIN}:{os.environ['PATH']}", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("start", ["\ntap-continu", "python -m"])
def test_the_version_is_that_of_the_package(start: str) -> None:
    told = typed(block(start) if start == "python -m" else block("--help"))
    assert told.returncode == 0, told.stderr
    assert f" v{version('tap-continu-coursebase')}, " in told.stdout.splitlines()[0]


def test_the_module_takes_the_commands_options() -> None:
    told = typed("python -m tap_continu_coursebase --help")
    assert "Usage: python -m tap_continu_coursebase" in told.stdout
    assert "--plan" in told.stdout
    assert typed("python -m tap_continu_coursebase --no-such-option").returncode == 2


def test_bash_completes_options() -> None:
    """As readline does: the function that is registered is called with the words typed so far."""
    script = block("bash_source") + (
        "complete -p tap-continu-coursebase\n"
        "COMP_WORDS=(tap-continu-coursebase --c) COMP_CWORD=1\n"
        "_tap_continu_coursebase_completion tap-continu-coursebase\n"
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    told = typed(script)
    assert told.returncode == 0, told.stderr
    assert "--catalog" in told.stdout
    assert "--check" in told.stdout
    assert "--plan" not in told.stdout


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_get_their_script(shell: str) -> None:
    assert f"_TAP_CONTINU_COURSEBASE_COMPLETE={shell}_source tap-continu-coursebase" in PAGE
    told = typed(f"_TAP_CONTINU_COURSEBASE_COMPLETE={shell}_source tap-continu-coursebase")
    assert told.returncode == 0
    assert f"{shell}_complete" in told.stdout


@pytest.mark.parametrize("no_color", ["", "1"])
def test_no_color_is_honoured(world: World, no_color: str) -> None:
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "NO_COLOR": no_color}
    with subprocess.Popen(
        hourly(world), stdout=subprocess.DEVNULL, stderr=theirs, env=environment
    ) as tap:
        os.close(theirs)
        shown = read(ours)
    assert tap.returncode == 0
    assert b"calls left: " in shown
    assert bool(COLOURED.search(shown)) == (not no_color)


def read(terminal: int) -> bytes:
    shown = b""
    try:
        while piece := os.read(terminal, 1 << 16):
            shown += piece
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    return shown


def test_no_color_leaves_the_log_as_it_is(world: World) -> None:
    _ = hourly(world)
    environment = {
        f"TAP_CONTINU_COURSEBASE_{name.upper()}": str(value)
        for name, value in world.settings.items()
    }
    told = typed(f"cd {world.folder}\n{block('NO_COLOR')}", **environment)
    assert told.returncode == 0, told.stderr
    assert "\x1b" not in told.stderr
    assert (world.folder / "records.jsonl").stat().st_size


def test_coverage_of_a_warehouse_without_a_ledger_cannot_be_told(world: World) -> None:
    for line in block("-coverage").splitlines():
        told = typed(line, WAREHOUSE_URL=world.warehouse.sqlalchemy_url)
        assert (told.returncode, told.stdout) == (2, "")
        assert "no ledger learning.continu_windows" in told.stderr


def test_exit_codes(world: World) -> None:
    tap = [str(part) for part in command(world)]
    assert subprocess.run([*tap], stdout=subprocess.DEVNULL, check=False).returncode == 0
    assert ended([*command(world, start_date="nonsense")]) == 1
    assert ended([*command(world), "--no-such-option"]) == 2
    assert ended([*command(world), "--catalog", world.folder / "absent.json"]) == 2
    assert (
        ended([BIN / "tap-continu-coursebase-coverage", "--dsn", "postgresql://127.0.0.1:1/x"]) == 2
    )


@pytest.mark.parametrize("by", [signal.SIGINT, signal.SIGTERM])
def test_exit_codes_of_signals(world: World, by: signal.Signals) -> None:
    with subprocess.Popen(command(world), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as tap:
        assert tap.stdout is not None
        tap.stdout.readline()
        tap.send_signal(by)
        tap.stdout.read()
    assert tap.returncode == 128 + by
    assert f"| {128 + by} |" in PAGE


def ended(line: list[Any]) -> int:
    return subprocess.run(line, capture_output=True, check=False).returncode
