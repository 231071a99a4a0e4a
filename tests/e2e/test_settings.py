"""Settings reach the tap through Meltano as they are written and printed."""

from __future__ import annotations

import json
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.pipeline import TAP, TARGET
from sandbox.options import Options
from sandbox.server import running
from tests.e2e.conftest import OPTIONS, World

COMPLETION, ASSIGNMENTS = "continu_content_completion", "continu_assignment_summary"


def meltano(
    *arguments: str, project: Path, environment: dict[str, str], code: int = 0
) -> subprocess.CompletedProcess[str]:
    found = subprocess.run(
        ["meltano", *arguments],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == code, found.stderr[-3000:]
    return found


def write_options(project: Path, options: Any) -> None:
    """Write `stream_options` into meltano.yml by hand."""
    file = project / "meltano.yml"
    document = yaml.safe_load(file.read_text("utf-8"))
    extractors = document["plugins"]["extractors"]
    (tap,) = [one for one in extractors if one["name"] == TAP]
    tap.setdefault("config", {})["stream_options"] = options
    file.write_text(yaml.safe_dump(document, sort_keys=False), "utf-8")


@pytest.mark.meltano
@pytest.mark.parametrize("way", ["config set", "meltano.yml"])
@pytest.mark.parametrize(("target", "is_asked"), [("", False), ("updated_date", True)])
def test_range_target_arrives(
    way: str, target: str, is_asked: bool, world: World, project: Path
) -> None:
    """An empty text leaves it out; null does not reach the tap, as Meltano drops it."""
    environment = world.environment()
    options = {COMPLETION: {"range_target": target}}
    if way == "meltano.yml":
        write_options(project, options)
    else:
        arguments = ("config", "set", TAP, "stream_options", json.dumps(options))
        meltano(*arguments, project=project, environment=environment)
    meltano("invoke", TAP, "--check", project=project, environment=environment)
    bodies = [one["body"] for one in world.asked() if "/content-completion/" in one["path"]]
    assert bodies
    expected = {target} if is_asked else set()
    assert {body["range_target"] for body in bodies if "range_target" in body} == expected


def nested() -> Options:
    return replace(OPTIONS, realities=("nested-keys",))


@pytest.mark.meltano
def test_a_printed_command_works_as_printed(world: World, project: Path) -> None:
    with running(nested()) as server:
        environment = world.environment() | {
            f"{TAP.upper().replace('-', '_')}_CONTINU_API_URL": server.continu_api_url,
            f"{TAP.upper().replace('-', '_')}_CONTINU_API_TOKEN": server.token,
        }
        checked = meltano(
            "invoke", TAP, "--check", project=project, environment=environment, code=1
        )
        lines = [one for one in checked.stdout.splitlines() if one.startswith("meltano ")]
        assert lines
        assert "user.email" in " ".join(lines)
        for line in lines:
            assert shlex.split(line)[:4] == ["meltano", "config", "set", TAP]
            subprocess.run(["sh", "-c", line], cwd=project, env=environment, check=True)
        meltano("invoke", TAP, "--check", project=project, environment=environment)
        meltano("run", TAP, TARGET, project=project, environment=environment)
    rows = world.warehouse.living(ASSIGNMENTS)
    assert rows
    assert all("@" in row["email"] for row in rows)


@pytest.mark.meltano
def test_columns_that_are_found_live_are_loaded(world: World, project: Path) -> None:
    """Meltano's catalog selects them, though no pattern of meltano.yml names them."""
    environment = world.environment() | {f"{TAP.upper().replace('-', '_')}_DISCOVER_LIVE": "true"}
    meltano("run", TAP, TARGET, project=project, environment=environment)
    rows = world.warehouse.living(COMPLETION)
    assert rows
    assert {type(row["revision"]) for row in rows} == {int}
    assert any(row["last_activity_at"] for row in rows)
    kept = {name for row in rows for name in row["additional_fields"] or {}}
    assert not kept & {"revision", "lastActivityAt", "sourceSystem"}
