"""What one part of the benchmark gives: a table for people, figures for machines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

Say = Callable[[str], None]


@dataclass(frozen=True)
class Sizes:
    """How much is measured.

    Attributes:
        rows: In the response that all extractors read.
        rounds: Of which the median is taken.
        growth: Rows of a response, and in how many windows they come, over which cost is
            watched as it grows.
        loaded: Rows that are loaded into PostgreSQL.
        users: One call each, against the sandbox with its latency.
        parents: One call each, against a stand-in without latency.
        in_flight: How many calls at once.
        years: Of the backfill.
        speed: How much faster than real the backfill's clock runs.
        starts: How often each command is started.
        completions: Over which the models are built, and over a tenth of them.
        learners: Who completed them.
        changed: How many of them have changed before each build that follows.
    """

    rows: int = 200_000
    rounds: int = 5
    growth: Sequence[tuple[int, int]] = (
        (10_000, 1),
        (100_000, 1),
        (1_000_000, 1),
        (1_000_000, 10),
    )
    loaded: int = 200_000
    users: int = 1000
    parents: int = 100_000
    in_flight: Sequence[int] = (1, 4, 16)
    years: int = 5
    speed: float = 20.0
    starts: int = 15
    completions: int = 1_000_000
    learners: int = 10_000
    changed: tuple[int, ...] = (1_000, 10_000, 100_000)


SMALL = Sizes(
    rows=3000,
    rounds=1,
    growth=((300, 1), (3000, 1), (3000, 2)),
    loaded=300,
    users=30,
    parents=300,
    in_flight=(1, 4),
    years=1,
    speed=60.0,
    starts=2,
    completions=3000,
    learners=100,
    changed=(100,),
)


@dataclass(frozen=True)
class Part:
    """What was measured.

    Attributes:
        title: Above the table.
        header: The columns' names.
        lines: The table; numbers are shown with three significant digits.
        figures: The same and more, for the file of results.
        notes: Below the table.
    """

    title: str
    header: Sequence[str]
    lines: Sequence[Sequence[str | float | None]]
    figures: dict[str, Any]
    notes: Sequence[str] = field(default_factory=tuple)

    def cells(self) -> list[list[str]]:
        """Return the table's cells as text, its header first."""
        return [list(self.header), *([_shown(cell) for cell in line] for line in self.lines)]

    def text(self) -> str:
        """Return the table as text."""
        cells = self.cells()
        widths = [max(len(line[place]) for line in cells) for place in range(len(self.header))]
        shown = [
            "  ".join(
                cell.ljust(width) if place == 0 else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in cells
        ]
        rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
        return "\n".join([self.title, rule, shown[0], rule, *shown[1:], *self.notes, ""])


def _shown(cell: str | float | None) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) or abs(cell) >= 100:  # noqa: PLR2004 - three significant digits
        return f"{cell:,.0f}"
    return f"{cell:.1f}" if abs(cell) >= 10 else f"{cell:.2f}"  # noqa: PLR2004 - likewise
