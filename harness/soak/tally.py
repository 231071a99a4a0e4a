"""What trials count, and the table in which the soak ends."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields

Struck = tuple[str, int]


@dataclass
class Tally:
    """Counts of one trial, or of several added up.

    Attributes:
        trials: Trials that came to their end, good or bad.
        meltano: Those under Meltano.
        failed: Those with a problem.
        runs: Runs of the pipeline.
        kills: Kills that hit a living process, by victim and signal.
        missed: Kills that came when the victim had ended.
        faults: Faults that struck, by kind.
        rows: Rows that were compared.
        lost: Rows of the source that the warehouse lacked.
        stale: Rows or values that are not the source's.
        resent: Rows of windows that a run sent although the run before had sent them.
        bound: How many of those the open windows and the lookback allow.
        windows: Windows of the ledger that were compared with the source.
        gaps: Spans of a loaded range that no window of the ledger covers.
        seconds: Time that was spent, trials side by side added up.
    """

    trials: int = 0
    meltano: int = 0
    failed: int = 0
    runs: int = 0
    kills: Counter[Struck] = field(default_factory=Counter)
    missed: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    rows: int = 0
    lost: int = 0
    stale: int = 0
    resent: int = 0
    bound: int = 0
    windows: int = 0
    gaps: int = 0
    seconds: float = 0.0

    def add(self, other: Tally) -> None:
        """Add the counts of another one."""
        for one in fields(self):
            setattr(self, one.name, getattr(self, one.name) + getattr(other, one.name))


def table(tally: Tally, seed: int, elapsed: float) -> Iterator[str]:
    """Yield the lines of the table."""
    kills = Counter(
        {f"{victim} {signal.Signals(sent).name}": n for (victim, sent), n in tally.kills.items()}
    )
    rows = {
        "trials": f"{tally.trials}, of them under Meltano {tally.meltano}",
        "trials failed": tally.failed,
        "runs": tally.runs,
        "kills": f"{tally.kills.total()} hit ({_list(kills)}), {tally.missed} came too late",
        "faults struck": f"{tally.faults.total()} ({_list(tally.faults)})",
        "rows compared": tally.rows,
        "rows lost": tally.lost,
        "rows stale": tally.stale,
        "rows re-sent": f"{tally.resent}, allowed {tally.bound}",
        "ledger": f"{tally.windows} windows compared, {tally.gaps} gaps",
        "seconds": f"{elapsed:.0f} (of trials, side by side: {tally.seconds:.0f})",
        "seed": seed,
    }
    for name, value in rows.items():
        yield f"{name:<14} {value}"


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"
