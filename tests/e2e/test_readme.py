"""Every command of the README is run as it stands there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.coursebase import truth
from harness.documented import REPORT_TYPES
from harness.pipeline import ROOT
from tests.e2e.conftest import SECOND, World

README = (ROOT / "README.md").read_text("utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(
    r"^```(\w+)\n(.*?)^```", README, re.DOTALL | re.MULTILINE
)
COMMANDS = [text for language, text in BLOCKS if language == "sh"]
CRONTAB = [text for language, text in BLOCKS if language == "crontab"]


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
def test_meltano_run(world: World, project: Path) -> None:
    environment = world.environment()
    del environment["TARGET_POSTGRES_SQLALCHEMY_URL"]
    del environment["TAP_CONTINU_COURSEBASE_CONTINU_API_TOKEN"]
    environment["CONTINU_TOKEN"] = world.settings["continu_api_token"]
    environment["COURSEBASE_URL"] = world.coursebase["coursebase_url"]
    environment["COURSEBASE_TOKEN"] = world.coursebase["coursebase_access_token"]
    environment["WAREHOUSE_URL"] = world.warehouse.sqlalchemy_url
    commands = block("meltano run").replace("2024-01-01", world.settings["start_date"])
    shell(commands, project, environment)
    world.assert_equal(SECOND)
    found = {row["user_id"] for row in world.warehouse.living("coursebase_users")}
    assert found == {row["user_id"] for row in truth(world.sandbox, "users")}
    tables = world.warehouse.tables()
    assert {f"coursebase_report_{kind}" for kind in REPORT_TYPES} <= tables
    assert not {"coursebase_user_details", "coursebase_user_groups"} & tables
    shell(block("make coverage"), ROOT, environment)


@pytest.mark.meltano
def test_crontab(world: World, project: Path) -> None:
    """The jobs of the lines load, together, everything."""
    (lines,) = CRONTAB
    for line in lines.strip().splitlines():
        _, _, _, _, _, command = line.split(None, 5)
        shell(command.replace("/srv/learning", str(project)), project, world.environment())
    world.assert_equal(SECOND)
    assert "continu_windows" in world.warehouse.tables()


def test_plain_pipe(world: World) -> None:
    target = {"sqlalchemy_url": world.warehouse.sqlalchemy_url, "default_target_schema": "learning"}
    (world.folder / "target.json").write_text(json.dumps(target))
    shell(block("--discover"), world.folder, world.environment())
    world.assert_equal(SECOND)
    states = (world.folder / "state.jsonl").read_text().splitlines()
    assert json.loads(states[-1])["bookmarks"]["continu_track_status"] == {
        "replication_key": "until",
        "replication_key_value": f"{SECOND:%Y-%m-%dT%H:%M:%SZ}",
        "start_date": "2025-12-20T00:00:00Z",
        "has_rows": True,
    }


@pytest.mark.meltano
def test_check(world: World, project: Path) -> None:
    environment = world.environment()
    path = f"{Path(sys.executable).parent}:{environment['PATH']}"
    shell(block("--check"), project, {**environment, "PATH": path})
    assert not world.warehouse.tables()


def test_no_command_is_left_out() -> None:
    commands = ("meltano run", "--discover", "make coverage", "--check")
    tested = ["make demo", "make test", *map(block, commands)]
    assert sorted(text.strip() for text in COMMANDS) == sorted(text.strip() for text in tested)
