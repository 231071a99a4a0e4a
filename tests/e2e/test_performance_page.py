"""The command of docs/performance.md: Meltano goes on where a plain pipe ended."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from harness.documented import CONTINU_KEYS
from harness.pipeline import MELTANO, ROOT
from tests.e2e.conftest import World
from tests.e2e.test_process import command
from tests.e2e.test_readme import shell

PAGE = (ROOT / "docs" / "performance.md").read_text("utf-8")
COMMANDS: list[str] = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.meltano
def test_meltano_takes_the_state_of_a_plain_pipe(world: World, project: Path) -> None:
    (set_state,) = COMMANDS
    environment = {**world.environment(), "MELTANO_ENVIRONMENT": "prod"}
    run = subprocess.run(command(world), capture_output=True, text=True, check=True)
    states = [line for line in map(json.loads, run.stdout.splitlines()) if line["type"] == "STATE"]
    (project / "state.json").write_text(json.dumps(states[-1]["value"]))
    shell(set_state, project, environment)
    before = len(world.asked())
    subprocess.run(
        [MELTANO, "run", "tap-continu-coursebase", "target-postgres"],
        cwd=project,
        env=environment,
        check=True,
    )
    assert len(world.asked()) - before == len(CONTINU_KEYS), "one request for each report"
