"""What a trial does, drawn from its seed and nothing else."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Literal

from harness.documented import AGGREGATES, LISTS, REPORT_TYPES
from harness.documented import CONTINU_KEYS as REPORTS
from harness.soak.faults import LOSING, SPOILING, FaultPlan, draw_continu, draw_coursebase

Way = Literal["forks", "executables", "meltano"]

COMPANY_START = datetime(2025, 9, 1, tzinfo=UTC)
PRESENT = datetime(2026, 3, 15, 12, tzinfo=UTC)
SNAPSHOTS = frozenset({"simplified_assignments", "assessment_status", "workshop_status"})
WINDOWED = tuple(name for name in REPORTS if name not in SNAPSHOTS)
FACTS = tuple(name for name in WINDOWED if name not in AGGREGATES)
TABLES = (
    *(f"coursebase_{name}" for name in LISTS),
    "coursebase_user_search",
    *(f"coursebase_report_{kind}" for kind in REPORT_TYPES),
)
SEARCH = "example"
DAYS = {"month": (70, 160), "week": (50, 120), "day": (35, 50)}
"""Days that a load spans at least and at most, by window."""
BUDGETED = 100
"""One trial of so many has a run budget, which takes minutes."""

DATE_BEHIND = timedelta(minutes=1)
"""How far the `Date` of a trial's source is behind the present of its data, so that it stays
behind for as long as a run takes."""
LATEST = timedelta(minutes=55)
"""How far a run reads ahead of the present at most."""


@dataclass(frozen=True)
class Kill:
    """One kill.

    Attributes:
        victim: ``tap``, ``target`` or ``both``; with Meltano also ``meltano`` and ``group``.
        signal: Which signal.
        rows: How many rows have passed by then; requests with Meltano.
        delay: Seconds to wait after that.
    """

    victim: str
    signal: int
    rows: int
    delay: float


@dataclass(frozen=True)
class Edit:
    """One change of the source by hand.

    Attributes:
        operation: ``touch``, ``undo``, ``delete``, or a change of Coursebase.
        report: Whose rows; empty for Coursebase.
        count: How many rows.
    """

    operation: str
    report: str = ""
    count: int = 1

    @property
    def spoils(self) -> bool:
        """Whether only reading everything again can follow it."""
        return bool(self.report) and (
            self.operation in {"undo", "delete"} or self.report == "workshop_engagement"
        )


@dataclass(frozen=True)
class Act:
    """A stretch of a trial in which the source does not change.

    Attributes:
        edits: What changes before it, in steps: each step at an instant of its own.
        clock: The source's present.
        late: Seconds by which the run reads ahead of the present, whose rows land later.
        faults: Fault plans of Continu.
        rpc_faults: Fault plans of Coursebase.
        kills: One for each run that is killed.
        reconcile: Whether the windowed streams are run as a full table.
    """

    edits: tuple[tuple[Edit, ...], ...]
    clock: datetime
    late: int = 0
    faults: tuple[FaultPlan, ...] = ()
    rpc_faults: tuple[FaultPlan, ...] = ()
    kills: tuple[Kill, ...] = ()
    reconcile: bool = False

    @property
    def spoils(self) -> bool:
        """Whether only reading everything again can follow it."""
        edits = (edit for step in self.edits for edit in step)
        return any(edit.spoils for edit in edits) or any(
            fault["kind"] in SPOILING for fault in self.faults
        )

    @property
    def loses(self) -> bool:
        """Whether rows may lack until everything is read again."""
        return any(fault["kind"] in LOSING for fault in self.faults)

    @property
    def until(self) -> datetime:
        """The end of what its runs read."""
        return self.clock + timedelta(seconds=1 + self.late)


@dataclass(frozen=True)
class Plan:
    """One trial.

    Attributes:
        name: Seed and number, from which it can be drawn again.
        way: How the programs are run.
        company: Seed of the company.
        users: Its size.
        start: The tap's start date.
        grain: The tap's window.
        reports: Continu's reports that are loaded.
        tables: Coursebase's streams that are loaded.
        settings: Further settings of the tap.
        batch_rows: Rows that the target collects before it writes.
        acts: What happens, in order.
        dated: Whether the source's `Date` tells the present of its data, which the tap's clock
            is ahead of, and the tap reads nothing twice.
        latency_ms: How long each answer is held back.
        stray_share: Part of the report rows that carry undeclared fields which the others lack.
    """

    name: str
    way: Way
    company: int
    users: int
    start: datetime
    grain: str
    reports: tuple[str, ...]
    tables: tuple[str, ...]
    settings: dict[str, Any]
    batch_rows: int
    acts: tuple[Act, ...]
    dated: bool = False
    latency_ms: int = 0
    stray_share: float = 0.0

    @property
    def streams(self) -> tuple[str, ...]:
        """The names of the streams that are selected."""
        return (*_loaded(self.reports), *self.tables)

    @property
    def reconciled(self) -> tuple[str, ...]:
        """The names of those that the reconcile plugin reads again."""
        return _loaded(self.windowed)

    @property
    def windowed(self) -> tuple[str, ...]:
        """Those of the reports that have windows."""
        return tuple(report for report in self.reports if report in WINDOWED)

    @property
    def lookback(self) -> timedelta:
        """How far the tap reads back."""
        return timedelta(minutes=self.settings["lookback_minutes"])


def _loaded(reports: tuple[str, ...]) -> tuple[str, ...]:
    ledger = ("continu_windows",) if reports else ()
    return (*(f"continu_{report}" for report in reports), *ledger)


def draw(seed: int, number: int, way: Way | None = None) -> Plan:
    """Draw one trial.

    Args:
        seed: Of the soak.
        number: Of the trial.
        way: How to run the programs; drawn too by default.
    """
    chance = Random(f"{seed}/{number}")  # noqa: S311 - trials, no secrets
    drawn: Way = "meltano" if chance.random() < 0.12 else "forks"  # noqa: PLR2004
    drawn = "executables" if drawn == "forks" and chance.random() < 0.05 else drawn  # noqa: PLR2004
    chosen = way or drawn
    source = chance.choice(("continu", "continu", "continu", "coursebase", "both"))
    reports = _some(chance, tuple(REPORTS), 1, 5) if source != "coursebase" else ()
    tables = _some(chance, TABLES, 1, 5) if source != "continu" else ()
    dated = chance.random() < 0.25  # noqa: PLR2004
    lookback = 0 if dated else chance.choice((60, 60, 120, 1440))
    grain = chance.choice(("month", "month", "week", "day"))
    plan = Plan(
        name=f"{seed}/{number}",
        way=chosen,
        company=chance.randrange(10**6),
        users=chance.randint(12, 26),
        start=PRESENT.replace(hour=0) - timedelta(days=chance.randint(*DAYS[grain])),
        grain=grain,
        reports=reports,
        tables=tables,
        settings={
            "lookback_minutes": lookback,
            "continu_max_in_flight": chance.choice((1, 2, 4)),
            "coursebase_max_in_flight": chance.choice((1, 4)),
        },
        batch_rows=chance.choice((20, 100, 10_000)),
        acts=(),
        dated=dated,
    )
    if number % BUDGETED == BUDGETED // 10 and way is None:
        return _budgeted(plan)
    acts = tuple(_acts(chance, plan))
    if any(act.reconcile for act in acts) and plan.grain == "day":
        plan = replace(plan, grain="week")
    return replace(plan, acts=acts, stray_share=chance.choice((0.0, 0.05, 0.3)))


def _budgeted(plan: Plan) -> Plan:
    """Let a load take longer than its runs may: two minutes or so in runs of one."""
    return replace(
        plan,
        way="forks",
        start=PRESENT.replace(hour=0) - timedelta(days=190),
        grain="week",
        reports=FACTS[:5],
        tables=(),
        settings={"lookback_minutes": 60, "continu_max_in_flight": 1, "max_run_minutes": 1},
        acts=(Act((), PRESENT),),
        dated=False,
        latency_ms=700,
    )


def _acts(chance: Random, plan: Plan) -> Iterator[Act]:
    """Draw the acts; the last one reads everything again if that is the only way."""
    meltano = plan.way == "meltano"
    count = chance.choice((1, 1, 2)) if meltano else chance.choice((1, 2, 2, 3))
    clock = PRESENT - timedelta(days=chance.randint(1, 15)) * (count - 1)
    late, spoilt = 0, False
    for number in range(count):
        edits: tuple[tuple[Edit, ...], ...] = ()
        if number:
            share = chance.uniform(0.2, 0.8) if number < count - 1 else 1.0
            clock += (PRESENT - clock) * share
            clock = clock.replace(microsecond=0)
            steps = max(chance.choice((0, 1, 1, 2)), int(late > 0))
            edits = tuple(_edits(chance, plan) for _ in range(steps))
        faulty = chance.random() < 0.4  # noqa: PLR2004
        faults: tuple[FaultPlan, ...] = ()
        if faulty and plan.reports:
            faults = tuple(draw_continu(chance, plan.reports))
        late = chance.choice((0, 0, 600, LATEST.seconds)) if number < count - 1 else 0
        act = Act(
            edits,
            clock,
            late,
            faults=faults,
            rpc_faults=tuple(draw_coursebase(chance)) if faulty and plan.tables else (),
            kills=tuple(_kills(chance, plan, meltano=meltano)),
        )
        spoilt = spoilt or act.spoils
        yield act
    if plan.windowed and (spoilt or chance.random() < 0.2):  # noqa: PLR2004
        yield Act((), clock, kills=tuple(_kills(chance, plan, meltano=meltano))[:1], reconcile=True)


def _edits(chance: Random, plan: Plan) -> tuple[Edit, ...]:
    edits = []
    for _ in range(chance.randint(1, 3)):
        if plan.reports and (not plan.tables or chance.random() < 0.5):  # noqa: PLR2004
            edits.append(_report_edit(chance, plan.reports))
        else:
            operation = chance.choice(("user.delete", "user.update", "remove", "touch"))
            edits.append(Edit(operation))
    return tuple(edits)


TOUCHED = (
    "content_completion",
    "user_content",
    "assignment_summary",
    "simplified_assignments",
    "track_status",
    "scorm_status",
    "assessment_status",
    "workshop_engagement",
)
DELETED = (
    "content_completion",
    "assignment_summary",
    "simplified_assignments",
    "track_status",
    "scorm_status",
    "assessment_status",
    "workshop_engagement",
    "workshop_status",
    "user_engagement",
)


def _report_edit(chance: Random, reports: tuple[str, ...]) -> Edit:
    operation = chance.choice(("touch", "touch", "touch", "undo", "delete"))
    count = chance.randint(1, 8)
    if operation == "delete":
        return Edit("delete", chance.choice(DELETED), count)
    if operation == "undo":
        return Edit("undo", "assignment_summary", count)
    loaded = [report for report in TOUCHED if report in reports]
    return Edit("touch", chance.choice(loaded or TOUCHED), count)


def _kills(chance: Random, plan: Plan, *, meltano: bool) -> Iterator[Kill]:
    """Draw kills: at a row of the load, or soon after the last one, or before the first."""
    victims = ("meltano", "tap", "target", "group") if meltano else ("tap", "tap", "target", "both")
    most = 60 if meltano else 5 * plan.users * len(plan.streams)
    for _ in range(chance.choice((0, 1, 1, 2)) if meltano else chance.choice((0, 1, 1, 2, 3))):
        rows = chance.choice((0, most // 8, most // 4, most // 4, most // 2, most))
        yield Kill(
            chance.choice(victims),
            chance.choice((signal.SIGKILL, signal.SIGTERM)),
            chance.randint(1, rows) if rows else 0,
            chance.choice((0.0, 0.0, 0.02, 0.2)),
        )


def _some(chance: Random, names: Sequence[str], least: int, most: int) -> tuple[str, ...]:
    return tuple(sorted(chance.sample(names, chance.randint(least, most))))
