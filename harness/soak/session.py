"""A worker of the soak: it plays one trial after the other, with one warm process."""

from __future__ import annotations

import atexit
import shutil
import time
import traceback
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from harness.soak.plan import Way, draw
from harness.soak.programs import Executables, Forks, Launcher
from harness.soak.runners import MeltanoRunner, PipeRunner
from harness.soak.tally import Tally
from harness.soak.trial import Trial, world
from harness.warehouse import Warehouse


@dataclass
class Outcome:
    """How a trial ended.

    Attributes:
        number: Of the trial.
        way: How its programs were run.
        folder: Its files; removed if all was well.
        problems: What was wrong.
        tally: What was counted.
    """

    number: int
    way: Way
    folder: Path
    problems: list[str] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


@dataclass
class Session:
    """What a worker has at hand.

    Attributes:
        warehouse: A server that all workers share.
        folder: For the trials' files.
        forks: A warm process.
    """

    warehouse: Warehouse
    folder: Path
    forks: Forks

    def play(self, seed: int, number: int, way: Way | None = None) -> Outcome:
        """Play one trial; whatever goes wrong is a problem of it."""
        plan = draw(seed, number, way)
        began = time.monotonic()
        outcome = Outcome(number, plan.way, self.folder / plan.name.replace("/", "-"))
        try:
            with world(plan, self.warehouse, self.folder) as trial:
                outcome.tally = trial.tally
                trial.tally.meltano = int(plan.way == "meltano")
                outcome.problems = self._play(trial)
        except Exception:  # noqa: BLE001 - one trial must not end the others
            outcome.problems.append(traceback.format_exc())
        outcome.tally.failed = int(bool(outcome.problems))
        outcome.tally.seconds = time.monotonic() - began
        if not outcome.problems:
            shutil.rmtree(outcome.folder, ignore_errors=True)
        return outcome

    def _play(self, trial: Trial) -> list[str]:
        if trial.plan.way == "meltano":
            with closing(MeltanoRunner(trial)) as meltano:
                return trial.play(meltano)
        launcher: Launcher = self.forks if trial.plan.way == "forks" else Executables()
        return trial.play(PipeRunner(trial, launcher))


_sessions: list[Session] = []


def prepare(dsn: str, folder: Path) -> None:
    """Make the session of this worker."""
    session = Session(Warehouse(dsn), folder, Forks())
    atexit.register(session.forks.close)
    _sessions.append(session)


def play(seed: int, number: int, way: Way | None) -> Outcome:
    """Play one trial in this worker's session."""
    (session,) = _sessions
    return session.play(seed, number, way)
