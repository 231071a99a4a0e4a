"""A dozen trials of the soak, and that its checks see what is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.soak.checks import check_ledger
from harness.soak.faults import CONTINU, COURSEBASE
from harness.soak.plan import PRESENT, Plan, Way, draw
from harness.soak.programs import Forks
from harness.soak.session import Session
from harness.soak.tally import Tally, table
from harness.soak.trial import world
from harness.warehouse import Warehouse
from sandbox.continu.faults import WAYS as CONTINU_WAYS
from sandbox.coursebase.faults import WAYS as COURSEBASE_WAYS
from tap_continu_coursebase.operate.ledger import gaps as gaps_between

SEED = 20
FAULTY = {16, 17}
"""Trials in which a run meets faults and is not killed, so that faults are sure to strike."""


def trials(way: Way, *numbers: int, long: Collection[int] = ()) -> Iterator[Any]:
    """Name trials by how their programs are run."""
    for number in numbers:
        marks = [pytest.mark.meltano] * (way == "meltano") + [pytest.mark.long] * (number in long)
        yield pytest.param(number, way, marks=marks, id=f"{way}-{number}")


@pytest.fixture(scope="module")
def session(postgresql: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    with closing(Forks()) as forks:
        yield Session(postgresql, tmp_path_factory.mktemp("soak"), forks)


@pytest.mark.parametrize(
    ("number", "way"),
    [
        *trials("meltano", 38, 72, long={72}),
        *trials("forks", 9, 11, 16, 17, 23, 32, 37, 61, 64, long={9, 37, 61, 64}),
        *trials("executables", 52),
    ],
)
def test_the_warehouse_equals_the_source_whatever_happened(
    number: int, way: Way, session: Session
) -> None:
    outcome = session.play(SEED, number, way)
    plan, tally = draw(SEED, number, way), outcome.tally
    assert outcome.problems == []
    assert tally.rows > 0
    assert tally.lost == tally.stale == tally.gaps == 0
    assert tally.resent <= tally.bound
    assert tally.kills.total() + tally.missed == sum(len(act.kills) for act in plan.acts)
    assert tally.kills.total() > 0 or way == "meltano"
    assert tally.faults.total() > 0 or number not in FAULTY
    assert (tally.windows > 0) == bool(plan.windowed)


def test_a_trial_is_drawn_from_its_seed_alone() -> None:
    assert draw(4, 2) == draw(4, 2)
    assert draw(4, 2) != draw(4, 3)
    assert draw(4, 2) != draw(5, 2)


def test_the_draws_reach_everything() -> None:
    plans = [draw(1, number) for number in range(300)]
    kills = {(plan.way, kill.victim) for plan in plans for act in plan.acts for kill in act.kills}
    assert {("forks", victim) for victim in ("tap", "target", "both")} <= kills
    assert {("meltano", victim) for victim in ("meltano", "tap", "target", "group")} <= kills
    edits = {edit.operation for plan in plans for a in plan.acts for s in a.edits for edit in s}
    assert {"touch", "undo", "delete", "user.delete", "user.update", "remove"} <= edits
    assert any(act.late for plan in plans for act in plan.acts)
    for way in ("forks", "meltano"):
        acts = [act for plan in plans if plan.way == way for act in plan.acts]
        assert any(act.reconcile and act.kills for act in acts)
        assert any(act.spoils for act in acts)
    assert any(plan.dated and act.late for plan in plans for act in plan.acts)
    assert {plan.grain for plan in plans} == {"month", "week", "day"}
    assert {plan.stray_share > 0 for plan in plans} == {True, False}


def test_the_draws_know_every_kind_of_fault() -> None:
    assert set(CONTINU) == {kind for kinds in CONTINU_WAYS.values() for kind in kinds}
    assert set(COURSEBASE) == {kind for kinds in COURSEBASE_WAYS.values() for kind in kinds}


def windowed_plan() -> Plan:
    """Draw a trial with a report whose rows can be counted by window."""
    return next(
        plan
        for plan in (draw(1, number, "forks") for number in range(100))
        if "content_completion" in plan.reports
    )


@pytest.fixture
def broken(postgresql: Warehouse, tmp_path: Path) -> Iterator[tuple[Plan, Warehouse, list[str]]]:
    """A warehouse without any row, as the checks of a trial see it."""
    plan = windowed_plan()
    with world(plan, postgresql, tmp_path) as trial:
        found = [
            problem
            for compared in trial.source.comparisons(
                trial.warehouse, PRESENT, ("content_completion",)
            )
            for problem in trial.count(compared)
        ]
        assert trial.tally.lost > 0
        checked = check_ledger(
            trial.source, _with_ledger(trial.warehouse), PRESENT, datetime(2026, 1, 1, tzinfo=UTC)
        )
        assert checked.gaps > 0
        yield plan, trial.warehouse, [*found, *checked.problems]


def _with_ledger(warehouse: Warehouse) -> Warehouse:
    """Write one record of a window that counts wrongly."""
    warehouse.execute("CREATE SCHEMA learning")
    warehouse.execute(
        "CREATE TABLE learning.continu_windows (stream text, window_from timestamp, window_until "
        "timestamp, rows bigint, _sdc_extracted_at timestamp, _sdc_deleted_at timestamp)"
    )
    warehouse.execute(
        "INSERT INTO learning.continu_windows VALUES ('continu_content_completion', "
        "'2026-02-01', '2026-03-01', 1000000, now(), NULL)"
    )
    return warehouse


def test_the_checks_see_lost_rows_gaps_and_wrong_counts(
    broken: tuple[Plan, Warehouse, list[str]],
) -> None:
    plan, _, problems = broken
    assert any("missing" in problem for problem in problems)
    assert any("the ledger has no window from 2026-03-01" in problem for problem in problems)
    assert any("counts 1000000 rows instead of" in problem for problem in problems)
    assert plan.windowed


def test_a_failed_trial_says_what_was_wrong_and_keeps_its_files(
    postgresql: Warehouse, tmp_path: Path
) -> None:
    class Nothing:
        def close(self) -> None: ...

    session = Session(postgresql, tmp_path, Nothing())  # type: ignore[arg-type]
    outcome = session.play(1, 0, "forks")
    assert "has no attribute 'start'" in outcome.problems[0]
    assert outcome.tally.failed == 1
    assert outcome.folder.is_dir()


def test_the_table_names_what_was_counted() -> None:
    tally = Tally(trials=3, meltano=1, kills=Counter({("tap", 9): 4}), faults=Counter(cut=2))
    lines = list(table(tally, 42, 61.4))
    assert lines[0].endswith("3, of them under Meltano 1")
    assert any("4 hit (tap SIGKILL 4)" in line for line in lines)
    assert any("2 (cut 2)" in line for line in lines)
    assert lines[-1].endswith("42")


@pytest.mark.parametrize(
    ("spans", "gaps"),
    [
        ([], []),
        ([(1, 3), (3, 5)], []),
        ([(3, 5), (1, 4)], []),
        ([(1, 9), (2, 3), (9, 10)], []),
        ([(1, 2), (3, 4)], [(2, 3)]),
        ([(1, 6), (2, 3), (7, 8), (9, 9)], [(6, 7), (8, 9)]),
    ],
)
def test_gaps(spans: list[tuple[int, int]], gaps: list[tuple[int, int]]) -> None:
    def instant(day: int) -> datetime:
        return datetime(2026, 1, day, tzinfo=UTC)

    found = gaps_between((instant(start), instant(until)) for start, until in spans)
    assert list(found) == [(instant(start), instant(until)) for start, until in gaps]
