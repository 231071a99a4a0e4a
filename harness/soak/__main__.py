"""``make soak``: trials from a seed, side by side, until the time is over.

Exits with 1 if a trial showed a problem; its files stay in the folder ``.soak``.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from itertools import count
from multiprocessing import get_context

from harness.pipeline import ROOT
from harness.soak.plan import Way
from harness.soak.session import Outcome, play, prepare
from harness.soak.tally import Tally, table
from harness.warehouse import running

FOLDER = ROOT / ".soak"


def main(arguments: Sequence[str]) -> int:
    """Play trials, print each problem and in the end the table; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m harness.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="decides every trial (%(default)s)")
    parser.add_argument("--minutes", type=float, default=10, help="how long (%(default)s)")
    parser.add_argument("--trials", type=int, default=None, help="how many at most")
    parser.add_argument("--workers", type=int, default=4, help="side by side (%(default)s)")
    parser.add_argument("--only", type=int, default=None, help="the number of one trial, alone")
    parser.add_argument("--way", choices=("forks", "executables", "meltano"), default=None)
    given = parser.parse_args(arguments)
    numbers: Iterator[int] = iter(range(given.trials)) if given.trials else count()
    if given.only is not None:
        numbers = iter([given.only])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began, tally = time.monotonic(), Tally()
    for outcome in _outcomes(given.seed, numbers, given.way, given.workers, given.minutes * 60):
        tally.add(outcome.tally)
        _tell(outcome, given.seed)
    for line in table(tally, given.seed, time.monotonic() - began):
        sys.stdout.write(f"{line}\n")
    return 1 if tally.failed or not tally.trials else 0


def _outcomes(
    seed: int, numbers: Iterator[int], way: Way | None, workers: int, seconds: float
) -> Iterator[Outcome]:
    """Play trials side by side until the numbers or the time are over."""
    deadline = time.monotonic() + seconds
    with (
        running() as postgresql,
        ProcessPoolExecutor(
            workers, get_context("spawn"), initializer=prepare, initargs=(postgresql.dsn, FOLDER)
        ) as pool,
    ):
        postgresql.hurry()
        at_work: set[Future[Outcome]] = set()
        while True:
            while len(at_work) < workers and time.monotonic() < deadline:
                number = next(numbers, None)
                if number is None:
                    break
                at_work.add(pool.submit(play, seed, number, way))
            if not at_work:
                return
            done, at_work = wait(at_work, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)


def _tell(outcome: Outcome, seed: int) -> None:
    number = outcome.number
    if not outcome.problems:
        sys.stdout.write(f"trial {seed}/{number} ({outcome.way}): {outcome.tally.seconds:.0f} s\n")
        sys.stdout.flush()
        return
    way = f" --way {outcome.way}"
    sys.stdout.write(
        f"trial {seed}/{number} failed; its files are in {outcome.folder.relative_to(ROOT)}; "
        f"alone: .venv/bin/python -m harness.soak --seed {seed} --only {number}{way}\n"
    )
    for problem in outcome.problems:
        sys.stdout.write(f"  {problem}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
