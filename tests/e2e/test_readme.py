"""Every command of the README is run as it stands there; most of them by test_own_project.py."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.pipeline import ROOT
from tests.e2e.conftest import World

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(
    r"^```(\w+)\n(.*?)^```", README, re.DOTALL | re.MULTILINE
)
COMMANDS = [text for language, text in BLOCKS if language == "sh"]
CRONTAB = [text for language, text in BLOCKS if language == "crontab"]


TESTED = (
    "meltano~=",
    "meltano init",
    "meltano run hourly daily",
    "--discover",
    "--check",
    "--plan",
    "make coverage",
    "-comments --dsn",
    "dbt-postgres:deps",
    "-page --dsn",
)


def block(containing: str) -> str:
    """Return the one block of commands that contains a text."""
    (found,) = [text for text in COMMANDS if containing in text]
    return found


def shell(commands: str, folder: Path, environment: dict[str, str]) -> None:
    subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands], cwd=folder, env=environment, check=True
    )


def test_the_readme_opens_with_the_two_commands() -> None:
    assert [text.strip() for text in COMMANDS[:2]] == ["make demo", "make test"]
    assert (ROOT / ".ci" / "run").read_text("utf-8").splitlines()[-1] == "exec make test"


@pytest.mark.meltano
def test_check(world: World, project: Path) -> None:
    environment = world.environment()
    path = f"{Path(sys.executable).parent}:{environment['PATH']}"
    shell(block("--check"), project, {**environment, "PATH": path})
    assert not world.warehouse.tables()


def test_plan(world: World) -> None:
    environment = world.environment()
    shell(
        "tap-continu-coursebase --config=ENV --discover > catalog.json; echo '{}' > state.json",
        world.folder,
        environment,
    )
    shell(block("--plan"), world.folder, environment)
    lines = (world.folder / "plan.jsonl").read_text().splitlines()
    assert len(lines) == 11 * 4 + 3
    assert world.asked() == []


def test_no_command_is_left_out() -> None:
    tested = ["make demo", "make test", *map(block, TESTED)]
    assert sorted(text.strip() for text in COMMANDS) == sorted(text.strip() for text in tested)
