"""Run the pipeline as a user does: ``meltano run`` in the project's folder."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).resolve().parent.parent
MELTANO = ROOT / ".tools" / "meltano" / "bin" / "meltano"
TAP = "tap-continu-coursebase"
TARGET = "target-postgres"
MODELS = "dbt-postgres:build"
WRITTEN_BY_DBT = shutil.ignore_patterns("target", "logs", "dbt_packages")


def copy_project(folder: Path) -> Path:
    """Copy the Meltano project, which uses the plugins that are installed here.

    Two runs in one project can disturb each other, since Meltano keeps logs in it; and what
    is changed in a copy changes nothing here.

    Args:
        folder: In which the copy is made, unless it is there.

    Returns:
        The copy's folder.
    """
    project = folder / "project"
    if not project.exists():
        (project / ".meltano").mkdir(parents=True)
        for name in ("meltano.yml", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, project)
        shutil.copytree(ROOT / "transform", project / "transform", ignore=WRITTEN_BY_DBT)
        for plugins in ("extractors", "loaders", "utilities"):
            (project / ".meltano" / plugins).symlink_to(ROOT / ".meltano" / plugins)
    return project


class PipelineError(RuntimeError):
    """A run failed; the message ends with what it printed."""


@dataclass(frozen=True)
class Pipeline:
    """One pipeline with a state of its own.

    Attributes:
        folder: Where Meltano keeps the state.
        settings: The tap's settings by name.
        sqlalchemy_url: Where the target loads to.
        extra: Further environment variables.
        tap: Name of the extractor in ``meltano.yml``.
        project: Where ``meltano.yml`` is.
        then: What Meltano runs after the load.
    """

    folder: Path
    settings: dict[str, Any]
    sqlalchemy_url: str
    extra: dict[str, str] = field(default_factory=dict)
    tap: str = TAP
    project: Path = ROOT
    then: tuple[str, ...] = ()

    def environment(self, **settings: Any) -> dict[str, str]:
        """Return the environment of a run.

        Args:
            **settings: The tap's settings that differ in this run.
        """
        prefix = self.tap.upper().replace("-", "_")
        return {
            **os.environ,
            **self.extra,
            "MELTANO_DATABASE_URI": f"sqlite:///{self.folder / 'meltano.db'}",
            "MELTANO_CLI_LOG_LEVEL": "warning",
            "TARGET_POSTGRES_SQLALCHEMY_URL": self.sqlalchemy_url,
            **{
                f"{prefix}_{name.upper()}": value if isinstance(value, str) else json.dumps(value)
                for name, value in {**self.settings, **settings}.items()
            },
        }

    def start(
        self, *options: str, output: int | IO[str] = subprocess.PIPE, **settings: Any
    ) -> subprocess.Popen[str]:
        """Start ``meltano run`` and return at once.

        Args:
            *options: For ``meltano run``, before what it runs.
            output: Where all that is printed goes; by default into one pipe.
            **settings: The tap's settings that differ in this run.
        """
        return subprocess.Popen(
            [MELTANO, "run", *options, self.tap, TARGET, *self.then],
            cwd=self.project,
            env=self.environment(**settings),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def run(self, *options: str, **settings: Any) -> str:
        """Run to the end.

        Returns:
            What was printed.

        Raises:
            PipelineError: If it failed, with the end of what was printed.
        """
        process = self.start(*options, **settings)
        output, _ = process.communicate()
        if process.returncode != 0:
            raise PipelineError(f"meltano run ended with {process.returncode}:\n{output[-6000:]}")
        return output

    def bookmarks(self) -> dict[str, Any]:
        """Read the bookmarks that Meltano holds, by stream."""
        printed = subprocess.run(
            [MELTANO, "state", "get", f"prod:{self.tap}-to-{TARGET}"],
            cwd=self.project,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        state = json.loads(printed[printed.index("{") :])
        bookmarks: dict[str, Any] = state["singer_state"]["bookmarks"]
        return bookmarks
