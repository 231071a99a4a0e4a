"""What must be true of a warehouse, and of a run, whatever happened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from harness import coursebase
from harness.compare import Comparison, Sandbox, begin, calendar, compare
from harness.documented import AGGREGATES, CONTINU_KEYS, RANGE_TARGETS
from harness.soak.pipe import Run, State
from harness.soak.plan import DATE_BEHIND, LATEST, SEARCH, Act, Plan
from harness.warehouse import SCHEMA, Warehouse
from tap_continu_coursebase.operate.ledger import gaps as gaps_between
from tap_continu_coursebase.operate.warehouse import reading

SHOWN = 5
SECOND = timedelta(seconds=1)
"""What a `Date` header does not tell."""
AHEAD = LATEST + DATE_BEHIND + 2 * SECOND


@dataclass(frozen=True)
class Source:
    """The sandbox of a trial, and how its tap reads it.

    Attributes:
        sandbox: As an administrator sees it.
        plan: The trial.
    """

    sandbox: Sandbox
    plan: Plan

    def first(self, report: str) -> datetime:
        """Return the first instant that is loaded of a report."""
        return self._aligned(report, self.plan.start)

    def read_from(self, report: str, state: State) -> datetime:
        """Return the first instant that a run may read, beginning with a state."""
        reached = self.reached(report, state)
        if reached is None:
            return self.first(report)
        return self._aligned(report, max(self.plan.start, reached - self.plan.lookback))

    def reached(self, report: str, state: State) -> datetime | None:
        """Return the bookmark of a report."""
        bookmark = state.get("bookmarks", {}).get(f"continu_{report}", {})
        value = bookmark.get("replication_key_value")
        return None if value is None else datetime.fromisoformat(value)

    def behind(self, act: Act, state: State) -> Iterator[str]:
        """Tell the bookmarks that are not where an act's runs have read to."""
        first = act.clock - DATE_BEHIND - SECOND if self.plan.dated else act.until
        for report in self.plan.windowed:
            reached = self.reached(report, state)
            if reached is None or not first <= reached <= act.until:
                yield f"{report}: the bookmark is {reached}, not from {first} until {act.until}"

    def rows_between(self, report: str, start: datetime, until: datetime) -> int:
        """Count the rows that the API has for a window."""
        return len(self.sandbox.truth(report, start, until, RANGE_TARGETS.get(report)))

    def comparisons(
        self, warehouse: Warehouse, until: datetime, reports: tuple[str, ...]
    ) -> Iterator[Comparison]:
        """Compare some reports, and all tables of Coursebase, row by row and value by value."""
        for report in reports:
            expected = self.sandbox.expected(
                report,
                self.plan.start,
                until,
                range_target=RANGE_TARGETS.get(report),
                grain=self.plan.grain,
            )
            yield compare(warehouse, f"continu_{report}", CONTINU_KEYS[report], expected)
        if self.plan.tables:
            yield from coursebase.comparisons(
                self.sandbox, warehouse, (), SEARCH, only=self.plan.tables
            )

    def _aligned(self, report: str, instant: datetime) -> datetime:
        return begin(instant, self.plan.grain) if report in AGGREGATES else instant


@dataclass(frozen=True)
class LedgerCheck:
    """What the ledger says.

    Attributes:
        windows: How many of its windows were compared with the source.
        gaps: How many spans it leaves open.
        problems: One sentence for each gap or wrong count.
    """

    windows: int
    gaps: int
    problems: list[str]


def check_ledger(
    source: Source, warehouse: Warehouse, until: datetime, since: datetime
) -> LedgerCheck:
    """Check that the ledger tiles the loaded range, and that its counts are the source's.

    Args:
        source: Where the rows are from.
        warehouse: Where the ledger is.
        until: The end of what was loaded.
        since: The source has not changed since: later records can be compared with it.
    """
    with reading(warehouse.dsn, SCHEMA) as read_only:
        found = read_only.windows()
    count = cache(source.rows_between)
    problems: list[str] = []
    windows = gaps = 0
    for report in source.plan.windowed:
        mine = [window for window in found if window.stream == f"continu_{report}"]
        first = source.first(report)
        spans = [(window.start, window.until) for window in mine]
        for start, end in gaps_between([*spans, (first, first), (until, until)]):
            gaps += 1
            problems.append(f"{report}: the ledger has no window from {start} until {end}")
        for window in mine:
            if window.loaded_at < since:
                continue
            windows += 1
            rows = count(report, window.start, window.until)
            if rows != window.rows:
                problems.append(
                    f"{report}: the ledger counts {window.rows} rows instead of {rows} from "
                    f"{window.start} until {window.until}"
                )
    return LedgerCheck(windows, gaps, problems)


def too_early(source: Source, run: Run) -> Iterator[str]:
    """Tell the windows that a run read although its state says they are loaded."""
    for window in run.windows:
        report = window["stream"].removeprefix("continu_")
        first = source.read_from(report, run.before)
        if datetime.fromisoformat(window["window_from"]) < first:
            yield f"{report}: read again from {window['window_from']}, loaded until {first}"


def resent(source: Source, before: Run, after: Run) -> tuple[int, int]:
    """Count the rows of windows that were sent again, and how many of them may be.

    Those that stand after the state that was kept may, those of the lookback, and those that
    were read ahead of the source's present.
    """
    streams = {f"continu_{report}": report for report in source.plan.windowed}
    sent = set(before.rows)
    again = sum(row in sent for row in after.rows if row[0] in streams)
    allowed = sum(row[0] in streams for row in before.unconfirmed())
    for report in streams.values():
        reached = source.reached(report, after.before)
        if reached is not None:
            until = reached + AHEAD if source.plan.dated else reached
            allowed += _reread(source, report, source.read_from(report, after.before), until)
    return again, allowed


def _reread(source: Source, report: str, start: datetime, until: datetime) -> int:
    if report not in AGGREGATES:
        return source.rows_between(report, start, until) if start < until else 0
    return sum(
        source.rows_between(report, *window) for window in calendar(start, until, source.plan.grain)
    )
