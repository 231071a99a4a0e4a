"""Play one trial: a source, a warehouse, runs that are killed, and the comparison."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Protocol

import requests

from harness import coursebase
from harness.compare import Comparison, Sandbox
from harness.documented import REPORT_TYPES
from harness.instants import iso
from harness.soak.checks import SHOWN, Source, check_ledger
from harness.soak.faults import TIMEOUT
from harness.soak.plan import COMPANY_START, DATE_BEHIND, FACTS, SEARCH, SNAPSHOTS, Act, Edit, Plan
from harness.soak.tally import Tally
from harness.warehouse import SCHEMA, Warehouse
from sandbox.options import Options
from sandbox.server import Sandbox as Server
from sandbox.server import running
from tap_continu_coursebase.operate.warehouse import reading

BUDGET = 1_000_000
UNHURRIED = 60


class Runner(Protocol):
    """Runs a pipeline as an act wants it, and tells what was wrong with its runs."""

    def play(self, act: Act, settings: dict[str, Any]) -> list[str]:
        """Run it with the act's kills and faults; a last run without either is still due."""

    def finish(self, act: Act, settings: dict[str, Any]) -> list[str]:
        """Run it to its end, and check what it left."""


@dataclass
class Trial:
    """One trial that is being played.

    Attributes:
        plan: What happens in it.
        server: Its source.
        sandbox: The same as an administrator sees it.
        warehouse: A database of its own.
        folder: For its files.
        tally: What is counted.
        lacking: Whether rows may lack, since answers were believed that held fewer.
    """

    plan: Plan
    server: Server
    sandbox: Sandbox
    warehouse: Warehouse
    folder: Path
    tally: Tally
    lacking: bool = False

    @property
    def source(self) -> Source:
        """What the warehouse is compared with."""
        return Source(self.sandbox, self.plan)

    def settings(self, act: Act) -> dict[str, Any]:
        """Return the tap's settings of an act."""
        plan = self.plan
        settings: dict[str, Any] = {
            **plan.settings,
            "allow_empty_snapshot": True,
            "max_snapshot_shrink_percent": 100,
            "request_timeout_seconds": TIMEOUT if act.faults or act.rpc_faults else UNHURRIED,
        }
        if plan.reports:
            settings |= {
                "start_date": iso(plan.start),
                **({} if act.reconcile else {"end_date": iso(act.until)}),
                "continu_api_url": self.server.continu_api_url,
                "continu_api_token": self.server.token,
                "continu_requests_per_minute": BUDGET,
                "continu_requests_per_day": BUDGET,
                "continu_window": plan.grain,
            }
        if plan.tables:
            exported = [f"coursebase_report_{kind}" for kind in REPORT_TYPES]
            settings |= {
                "coursebase_url": self.server.coursebase_url,
                "coursebase_access_token": self.server.coursebase.tokens.static,
                "coursebase_user_search": [SEARCH],
                "coursebase_report_types": [
                    kind
                    for kind, table in zip(REPORT_TYPES, exported, strict=True)
                    if table in plan.tables
                ],
            }
        return settings

    def play(self, runner: Runner) -> list[str]:
        """Play the acts until one of them shows a problem."""
        before = self.plan.acts[0]
        dirty = False
        for act in self.plan.acts:
            self._change(act, before)
            before = act
            dirty = (dirty or act.spoils) and not act.reconcile
            self.lacking |= act.loses
            began = datetime.now(UTC)
            settings = self.settings(act)
            problems = self._with_faults(runner, act, settings)
            problems += runner.finish(act, settings)
            self.lacking &= not act.reconcile
            reports = self.plan.reports
            until = self._until(act, began)
            if dirty:
                problems += self.missing(until)
                reports = tuple(report for report in reports if report in SNAPSHOTS)
            problems += list(self._compare(until, reports))
            if self.plan.windowed and not self.lacking:
                problems += self._ledger(until, began)
            if problems:
                return problems
        return []

    def _change(self, act: Act, before: Act) -> None:
        """Let time pass and the source change: first in what was read ahead, then step by step."""
        chance = Random(f"{self.plan.name}/{act.clock}")  # noqa: S311 - no secrets
        for number, step in enumerate(act.edits, start=1):
            moment = before.clock + (act.clock - before.clock) * number / (len(act.edits) + 1)
            if number == 1 and before.late:
                moment = before.clock + timedelta(seconds=before.late // 2)
            self.sandbox.admin("clock", now=iso(moment))
            for edit in step:
                _apply(self.sandbox, edit, chance, self.server.coursebase.tokens.static)
        self.sandbox.admin("clock", now=iso(act.clock))

    def tell_date(self, act: Act) -> None:
        """Set what the source tells as `Date` in the run that follows."""
        if self.plan.dated:
            told = None if act.reconcile else act.clock - DATE_BEHIND
            skew = 0 if told is None else int(told.timestamp() - time.time())
            self.sandbox.admin("clock", date_skew_seconds=skew)

    def _with_faults(self, runner: Runner, act: Act, settings: dict[str, Any]) -> list[str]:
        url = f"{self.sandbox.url}/_admin"
        planned = Counter[str]()
        for path, plans in (("faults", act.faults), ("coursebase/faults", act.rpc_faults)):
            requests.post(f"{url}/{path}", json=list(plans), timeout=30).raise_for_status()
            for plan in plans:
                planned[plan["kind"]] += plan["times"]
        problems = runner.play(act, settings)
        for path in ("faults", "coursebase/faults"):
            for left in requests.get(f"{url}/{path}", timeout=30).json():
                planned[left["kind"]] -= left["times"]
            requests.delete(f"{url}/{path}", timeout=30).raise_for_status()
        self.tally.faults += planned
        if act.rpc_faults:
            requests.delete(f"{url}/coursebase/exports", timeout=30).raise_for_status()
            self.sandbox.admin("coursebase/change", change="touch")
        return problems

    def _until(self, act: Act, began: datetime) -> datetime:
        """Return the end of what was read: that of the clock, in a run that names none."""
        if not act.reconcile:
            return act.until
        with reading(self.warehouse.dsn, SCHEMA) as warehouse:
            found = warehouse.windows()
        return max(window.until for window in found if window.loaded_at >= began)

    def _compare(self, until: datetime, reports: tuple[str, ...]) -> Iterator[str]:
        for compared in self.source.comparisons(self.warehouse, until, reports):
            yield from self.count(compared)

    def count(self, compared: Comparison) -> Iterator[str]:
        """Count a comparison, and tell its first differences."""
        self.tally.rows += compared.expected
        lost = sum(difference.startswith("missing") for difference in compared.differences)
        self.tally.lost += lost
        self.tally.stale += len(compared.differences) - lost
        for difference in compared.differences[:SHOWN]:
            yield f"{compared.table}: {difference}"

    def missing(self, until: datetime) -> list[str]:
        """Tell the rows of facts that the warehouse lacks, whatever their values are.

        None where rows may lack.
        """
        if self.lacking:
            return []
        reports = tuple(report for report in self.plan.windowed if report in FACTS)
        return [
            f"{compared.table}: {difference}"
            for compared in self.source.comparisons(self.warehouse, until, reports)
            for difference in compared.differences
            if difference.startswith("missing") and "continu_" in compared.table
        ][:SHOWN]

    def _ledger(self, until: datetime, began: datetime) -> list[str]:
        found = check_ledger(self.source, self.warehouse, until, began)
        self.tally.windows += found.windows
        self.tally.gaps += found.gaps
        return found.problems[:SHOWN]


@contextmanager
def world(plan: Plan, postgresql: Warehouse, folder: Path) -> Iterator[Trial]:
    """Start the source of a trial, and make its database and folder.

    Args:
        plan: The trial.
        postgresql: A server.
        folder: In which the trial's own folder is made.

    Yields:
        The trial, ready to be played; its folder stays.
    """
    name = plan.name.replace("/", "-")
    own = folder / name
    shutil.rmtree(own, ignore_errors=True)
    own.mkdir(parents=True)
    options = Options(
        users=plan.users,
        seed=plan.company,
        now=int(plan.acts[0].clock.timestamp()),
        start=int(COMPANY_START.timestamp()),
        requests_per_minute=BUDGET,
        requests_per_day=BUDGET,
        features=frozenset({"approvers", "udemy"}),
        page_size=10,
        courses=12,
        export_seconds=0,
        latency_ms=plan.latency_ms,
        stray_share=plan.stray_share,
    )
    database = f"trial_{name.replace('-', '_')}_{time.time_ns()}"
    with running(options) as server, postgresql.database(database) as warehouse:
        yield Trial(plan, server, Sandbox(server.url), warehouse, own, Tally(trials=1))


def _apply(sandbox: Sandbox, edit: Edit, chance: Random, token: str) -> None:
    if edit.report:
        undo = {"undo": True} if edit.operation == "undo" else {}
        path = "delete" if edit.operation == "delete" else "touch"
        sandbox.admin(path, report=edit.report, count=edit.count, **undo)
        return
    users = coursebase.truth(sandbox, "users")
    user = chance.choice(users[3:])["user_id"]
    match edit.operation:
        case "touch":
            sandbox.admin("coursebase/change", change="touch")
        case "user.delete":
            coursebase.call(sandbox, token, "user.delete", user_id=user)
        case "user.update":
            name = f"Renée {chance.randrange(1000)}"
            coursebase.call(sandbox, token, "user.update", user_id=user, first_name=name)
        case "remove":
            members = coursebase.truth(sandbox, "group_users")
            learners = [row for row in members if row["role"] == "learner"]
            if learners:
                row = chance.choice(learners)
                wanted = {name: row[name] for name in ("group_id", "user_id", "role")}
                coursebase.call(sandbox, token, "group.user.remove", **wanted)
