"""What docs/operations.md tells: one first load, a state in the warehouse, what a stop costs."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from harness.documented import CONTINU_KEYS
from harness.pipeline import MELTANO, ROOT, copy_project
from tests.e2e.conftest import SECOND, World
from tests.e2e.test_readme import shell

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
COMMANDS: list[str] = re.findall(r"^```sh\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
HOURLY = ("content_completion", "user_content", "user_engagement")


def block(containing: str) -> str:
    """Return the one block of commands that contains a text."""
    (found,) = [text for text in COMMANDS if containing in text]
    return found


@pytest.mark.meltano
def test_jobs_go_on_with_the_copied_state_of_a_plain_run(world: World, project: Path) -> None:
    world.pipeline().run()
    first = len(world.asked())
    environment = {**world.environment(), "MELTANO_ENVIRONMENT": "prod"}
    copied = block("state copy").replace("dev:", "prod:")
    shell(copied, project, environment)
    for job in ("hourly", "daily"):
        subprocess.run([MELTANO, "run", job], cwd=project, env=environment, check=True)
    assert len(world.asked()) - first == len(CONTINU_KEYS), "one request for each report"
    world.assert_equal(SECOND)


@pytest.mark.meltano
def test_a_state_in_the_warehouse_outlives_the_machine(world: World, tmp_path: Path) -> None:
    """Each run is in a project that was never used, as in a container without a disk."""
    with world.warehouse.database("meltano") as database:
        environment = world.environment()
        commands = block("MELTANO_DATABASE_URI").replace("$STATE_URL", database.sqlalchemy_url)
        asked = []
        for name in ("first", "second"):
            project = copy_project(tmp_path / name)
            before = len(world.asked())
            shell(f"cd {project}\n{commands}", project, environment)
            asked.append(len(world.asked()) - before)
    world.assert_equal(SECOND, reports=iter(HOURLY))
    assert asked == [4 * len(HOURLY), len(HOURLY)]
