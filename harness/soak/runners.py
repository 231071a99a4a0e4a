"""The two ways to run a trial's pipeline: a plain pipe, and Meltano."""

from __future__ import annotations

import copy
import json
import os
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.documented import SUB_OBJECTS
from harness.pipeline import TAP, TARGET, Pipeline, copy_project
from harness.soak.checks import resent, too_early
from harness.soak.faults import ENDLESS
from harness.soak.pipe import Pipe, Run, State
from harness.soak.plan import Act, Kill
from harness.soak.programs import Launcher
from harness.soak.trial import Trial
from harness.warehouse import SCHEMA

PATIENCE = 6.0
"""Seconds after which a run is ended that waits for an export which never finishes."""
ATTEMPTS = 5
SIGTERM_CODE = 128 + signal.SIGTERM


@dataclass
class PipeRunner:
    """Runs ``tap | target-postgres``, and keeps the state as Meltano does.

    Attributes:
        trial: Whose pipeline it is.
        launcher: Starts the programs.
    """

    trial: Trial
    launcher: Launcher
    _state: State = field(default_factory=dict)
    _runs: int = 0
    _last: Run | None = None

    def play(self, act: Act, settings: dict[str, Any]) -> list[str]:
        """Run once for each kill; with faults at least once."""
        self._prepare(settings)
        kills: list[Kill | None] = list(act.kills)
        if (act.faults or act.rpc_faults) and not kills:
            kills = [None]
        return [problem for kill in kills for problem in self._run(act, kill)]

    def finish(self, act: Act, settings: dict[str, Any]) -> list[str]:
        """Run to the end."""
        self._prepare(settings)
        problems = self._run(act, None, faulty=False)
        if "max_run_minutes" in settings:
            problems += self._continue(act)
        self._last = None
        return problems if act.reconcile else [*problems, *self._behind(act)]

    def _continue(self, act: Act) -> list[str]:
        """Run again until a load is complete that its first run must not have completed."""
        problems = [] if list(self._behind(act)) else ["the run budget stopped nothing"]
        for _ in range(ATTEMPTS):
            if not list(self._behind(act)):
                break
            problems += self._run(act, None)
        return problems

    def _behind(self, act: Act) -> Iterator[str]:
        return self.trial.source.behind(act, self._state)

    def _prepare(self, settings: dict[str, Any]) -> None:
        folder, trial = self.trial.folder, self.trial
        (folder / "tap.json").write_text(json.dumps(settings))
        target = {
            "sqlalchemy_url": trial.warehouse.sqlalchemy_url,
            "default_target_schema": SCHEMA,
            "batch_size_rows": trial.plan.batch_rows,
        }
        (folder / "target.json").write_text(json.dumps(target))
        if not (folder / "catalog.json").exists():
            catalog = self._pipe.discover()
            incremental = _selected(catalog, trial.plan.streams)
            (folder / "catalog.json").write_text(json.dumps(incremental))
            full = _full_table(incremental, trial.plan.windowed)
            (folder / "full.json").write_text(json.dumps(full))

    @property
    def _pipe(self) -> Pipe:
        return Pipe(self.trial.folder, self.launcher)

    def _run(self, act: Act, kill: Kill | None, *, faulty: bool = True) -> list[str]:
        trial, self._runs = self.trial, self._runs + 1
        faulty = faulty and bool(act.faults or act.rpc_faults)
        waits = faulty and any(fault["kind"] == ENDLESS for fault in act.rpc_faults)
        catalog = trial.folder / ("full.json" if act.reconcile else "catalog.json")
        trial.tell_date(act)
        run = self._pipe.run(self._runs, catalog, self._state, kill, PATIENCE if waits else None)
        trial.tally.runs += 1
        if kill is not None and run.struck:
            trial.tally.kills[kill.victim, kill.signal] += 1
        elif kill is not None:
            trial.tally.missed += 1
        problems = list(self._told(run, faulty=faulty))
        if not act.reconcile:
            problems += too_early(trial.source, run)
            if self._last is not None and not (act.faults or act.rpc_faults):
                again, allowed = resent(trial.source, self._last, run)
                trial.tally.resent += again
                trial.tally.bound += allowed
                if again > allowed:
                    problems.append(f"{again} rows were sent again, {allowed} may be")
        elif run.struck:
            problems += trial.missing(act.until)
        self._state, self._last = run.after, run
        return [f"run {self._runs}: {problem}" for problem in problems]

    def _told(self, run: Run, *, faulty: bool) -> Iterator[str]:
        log = (self.trial.folder / f"tap-{self._runs}.log").read_text("utf-8", "replace")
        if run.hung:
            yield "it hung"
        if "Traceback" in log:
            yield "the tap printed a traceback"
        if run.cut and run.tap == SIGTERM_CODE:
            yield "SIGTERM cut a line of the tap in two"
        right = {0, 1} if faulty else {0}
        if run.struck:
            right |= {1, -signal.SIGKILL, SIGTERM_CODE, -signal.SIGTERM}
        elif run.target:
            yield f"the target ended with {run.target}"
        if run.tap not in right:
            yield f"the tap ended with {run.tap}"


def _selected(catalog: dict[str, Any], streams: tuple[str, ...]) -> dict[str, Any]:
    """Select some streams, without the sub-objects."""
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = entry["tap_stream_id"] in streams
    return catalog


def _full_table(catalog: dict[str, Any], windowed: tuple[str, ...]) -> dict[str, Any]:
    """Force some reports to be read as full tables."""
    full = copy.deepcopy(catalog)
    for entry in full["streams"]:
        if entry["tap_stream_id"].removeprefix("continu_") in windowed:
            entry["replication_method"] = "FULL_TABLE"
    return full


@dataclass
class MeltanoRunner:
    """Runs ``meltano run`` in a project of its own.

    Attributes:
        trial: Whose pipeline it is.
    """

    trial: Trial
    _runs: int = 0
    _processes: list[subprocess.Popen[str]] = field(default_factory=list)

    def play(self, act: Act, settings: dict[str, Any]) -> list[str]:
        """Run once for each kill; with faults at least once."""
        kills: list[Kill | None] = list(act.kills)
        if (act.faults or act.rpc_faults) and not kills:
            kills = [None]
        problems = []
        for kill in kills:
            self._run(act, settings, kill)
            if act.reconcile:
                problems += self.trial.missing(act.until)
        return problems

    def finish(self, act: Act, settings: dict[str, Any]) -> list[str]:
        """Run to the end, again if what an earlier run left behind is still at work."""
        for _ in range(ATTEMPTS):
            if self._run(act, settings, None) == 0:
                return [] if act.reconcile else self._behind(act)
            time.sleep(1)
        log = (self.trial.folder / f"meltano-{self._runs}.log").read_text("utf-8", "replace")
        return [f"{ATTEMPTS} runs in a row failed; the last one printed: {log[-3000:]}"]

    def close(self) -> None:
        """End what a kill may have left."""
        for process in self._processes:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _pipeline(self, act: Act) -> Pipeline:
        trial = self.trial
        tap = f"{TAP}-reconcile" if act.reconcile else TAP
        streams = trial.plan.reconciled if act.reconcile else trial.plan.streams
        selection = [f"{stream}.*" for stream in streams]
        selection += [f"!*.{column}" for column in sorted(SUB_OBJECTS)]
        return Pipeline(
            trial.folder,
            {},
            trial.warehouse.sqlalchemy_url,
            {f"{tap.upper().replace('-', '_')}__SELECT": json.dumps(selection)},
            tap,
            copy_project(trial.folder),
        )

    def _run(self, act: Act, settings: dict[str, Any], kill: Kill | None) -> int:
        trial, self._runs = self.trial, self._runs + 1
        trial.tally.runs += 1
        asked = self._asked()
        trial.tell_date(act)
        with (trial.folder / f"meltano-{self._runs}.log").open("w") as log:
            process = self._pipeline(act).start("--force", output=log, **settings)
            self._processes.append(process)
            if kill is not None:
                while process.poll() is None and self._asked() - asked < kill.rows:
                    time.sleep(0.01)
                time.sleep(kill.delay)
                hit = _strike(process, kill)
                trial.tally.kills[kill.victim, kill.signal] += hit
                trial.tally.missed += not hit
            elif any(fault["kind"] == ENDLESS for fault in act.rpc_faults):
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(4 * PATIENCE)
                process.send_signal(signal.SIGTERM)
            return process.wait()

    def _asked(self) -> int:
        """Count the requests to both APIs so far."""
        server = self.trial.server
        return len(server.requests) + len(server.coursebase.requests)

    def _behind(self, act: Act) -> list[str]:
        with closing(sqlite3.connect(self.trial.folder / "meltano.db")) as database:
            ((saved,),) = database.execute(
                "SELECT completed_state FROM state WHERE state_id = ?",
                (f"prod:{TAP}-to-{TARGET}",),
            ).fetchall()
        return list(self.trial.source.behind(act, json.loads(saved)["singer_state"]))


def _strike(process: subprocess.Popen[str], kill: Kill) -> bool:
    """Kill one process of a run, or all; tell whether one was alive."""
    if process.poll() is not None:
        return False
    if kill.victim == "group":
        os.killpg(process.pid, kill.signal)
        return True
    pids = [process.pid] if kill.victim == "meltano" else _program(process.pid, kill.victim)
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, kill.signal)
    return bool(pids)


def _program(parent: int, name: str) -> list[int]:
    """Find the process of a program below another one."""
    wanted = f"/{TAP if name == 'tap' else TARGET}".encode()
    return [pid for pid in _below(parent) if wanted in _command(pid)]


def _below(parent: int) -> Iterator[int]:
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{parent}/task").iterdir():
            for pid in map(int, (thread / "children").read_text().split()):
                yield pid
                yield from _below(pid)


def _command(pid: int) -> bytes:
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
