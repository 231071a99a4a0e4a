"""Measure whole processes: wall seconds, processor seconds, peak memory."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.paths import BENCH, OWN_PYTHON

Command = list[str | Path]

LAUNCHER = Path(__file__).with_name("launcher.py")
DROPPED = frozenset({"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"})
"""Not passed on: the one makes each start compile everything anew, the other slows writing."""


class BenchmarkError(RuntimeError):
    """A program failed or gave wrong rows; the message says which."""


@dataclass(frozen=True)
class Case:
    """Something to measure.

    Attributes:
        name: As the table shows it.
        commands: One command, or several joined by pipes.
        environment: What differs from this process' environment.
        folder: Where it runs.
        prepare: Called before each run; its time does not count.
    """

    name: str
    commands: Sequence[Command]
    environment: Mapping[str, str]
    folder: Path
    prepare: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class Figures:
    """What one run, or the median of several, used.

    Attributes:
        seconds: Wall time.
        cpu: Processor seconds of all its processes.
        mib: Peak memory of the largest of them.
    """

    seconds: float
    cpu: float
    mib: float

    def as_json(self) -> dict[str, float]:
        """Return them with as many digits as mean something."""
        return {name: round(value, 3) for name, value in asdict(self).items()}


def clean_environment() -> dict[str, str]:
    """Return this process' environment without what would distort a measurement."""
    return {name: value for name, value in os.environ.items() if name not in DROPPED}


def run(case: Case, output: Path = Path(os.devnull)) -> Figures:
    """Run a case once.

    Args:
        case: What to run.
        output: Where its output goes.

    Returns:
        What it used.

    Raises:
        BenchmarkError: If one of its processes failed.
    """
    case.prepare()
    errors = BENCH / "errors.log"
    commands = json.dumps([[str(word) for word in command] for command in case.commands])
    launched = subprocess.run(
        [OWN_PYTHON, "-I", "-S", LAUNCHER, commands, output, errors],
        cwd=case.folder,
        env={**clean_environment(), **case.environment},
        check=True,
        capture_output=True,
    )
    result: dict[str, Any] = json.loads(launched.stdout)
    if any(used["exit"] for used in result["used"]):
        end = errors.read_text("utf-8", "replace")[-3000:]
        raise BenchmarkError(f"{case.name} failed: {result['used']}\n{end}")
    return Figures(
        seconds=result["seconds"],
        cpu=sum(used["cpu"] for used in result["used"]),
        mib=max(used["mib"] for used in result["used"]),
    )


def rounds(cases: Iterable[Case], count: int, say: Callable[[str], None]) -> dict[str, Figures]:
    """Run all cases in turn, several times over.

    Args:
        cases: What to run.
        count: How many rounds.
        say: Told of each run.

    Returns:
        The medians by name.
    """
    cases = list(cases)
    measured: dict[str, list[Figures]] = {case.name: [] for case in cases}
    for _ in range(count):
        for case in cases:
            figures = run(case)
            say(f"{case.name}: {figures.seconds:.2f} s, {figures.mib:.0f} MiB")
            measured[case.name].append(figures)
    return {name: medians(found) for name, found in measured.items()}


def medians(found: Sequence[Figures]) -> Figures:
    """Return the median of each figure."""
    return Figures(
        median(figures.seconds for figures in found),
        median(figures.cpu for figures in found),
        median(figures.mib for figures in found),
    )
