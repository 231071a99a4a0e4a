"""One run of ``tap | target-postgres``, with what Meltano does about STATE, and a kill in it."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import IO, Any

from harness.pipeline import TAP, TARGET
from harness.soak.plan import Kill
from harness.soak.programs import Launcher, Process

SMALLEST_PIPE = 4096
"""So that neither program runs far ahead of the row at which one of them is killed."""
GRACE = 10.0
"""Seconds in which a target must end after SIGTERM."""
LONGEST_RUN = 240.0

State = dict[str, Any]
Row = tuple[str, str]


@dataclass
class Run:
    """How one run went.

    Attributes:
        before: The state that it began with.
        after: The state that is kept: the last whole one that the target printed.
        began: When it began, epoch seconds.
        tap: Exit code of the tap.
        target: Exit code of the target.
        struck: Whether a kill hit a living process.
        rows: Stream and key of each row that was passed on, in order.
        reached: By state that was passed on, how many rows stood before it.
        windows: Ledger records that were passed on.
        cut: Whether the last line of the tap was not whole.
        hung: Whether it had to be ended because it took too long.
    """

    before: State
    began: float
    after: State = field(default_factory=dict)
    tap: int = 0
    target: int = 0
    struck: bool = False
    rows: list[Row] = field(default_factory=list)
    reached: dict[str, int] = field(default_factory=dict)
    windows: list[dict[str, Any]] = field(default_factory=list)
    cut: bool = False
    hung: bool = False

    def unconfirmed(self) -> list[Row]:
        """Return the rows that were passed on after the state that is kept."""
        return self.rows[self.reached.get(_canonical(self.after), 0) :]


@dataclass(frozen=True)
class Pipe:
    """A tap and a target in one folder, in which ``tap.json`` and ``target.json`` stand.

    Attributes:
        folder: For configurations, catalogs, states and what the programs print.
        launcher: Starts them.
    """

    folder: Path
    launcher: Launcher

    def discover(self) -> dict[str, Any]:
        """Return the tap's catalog."""
        path = self.folder / "discovered.json"
        with path.open("wb") as output, (self.folder / "discover.log").open("wb") as errors:
            process = self.launcher.start(
                TAP,
                ["--config", str(self.folder / "tap.json"), "--discover"],
                [errors.fileno(), output.fileno(), errors.fileno()],
            )
            process.wait(LONGEST_RUN)
        catalog: dict[str, Any] = json.loads(path.read_text())
        return catalog

    def run(
        self, number: int, catalog: Path, state: State, kill: Kill | None, patience: float | None
    ) -> Run:
        """Run once.

        Args:
            number: Of the run, for the names of its files.
            catalog: The tap's catalog.
            state: What the tap continues from.
            kill: Whom to kill, when and how.
            patience: Seconds after which the tap is sent SIGTERM.
        """
        run = Run(state, time.time())
        given = self.folder / f"state-{number}.json"
        given.write_text(json.dumps(state))
        printed = self.folder / f"states-{number}.jsonl"
        with ExitStack() as stack:
            out = stack.enter_context(printed.open("wb"))
            logs = [
                stack.enter_context((self.folder / f"{name}-{number}.log").open("wb"))
                for name in ("tap", "target")
            ]
            nothing = stack.enter_context(Path(os.devnull).open("rb"))
            tap_output, tap_end = _pipe()
            target_end, target_input = _pipe()
            tap_arguments = ["--config", str(self.folder / "tap.json"), "--catalog", str(catalog)]
            tap = self.launcher.start(
                TAP,
                [*tap_arguments, "--state", str(given)],
                [nothing.fileno(), tap_end, logs[0].fileno()],
            )
            os.close(tap_end)
            target = self.launcher.start(
                TARGET,
                ["--config", str(self.folder / "target.json")],
                [target_end, out.fileno(), logs[1].fileno()],
            )
            os.close(target_end)
            _Relay(run, tap, target, kill).pass_on(
                stack.enter_context(os.fdopen(tap_output, "rb")),
                stack.enter_context(os.fdopen(target_input, "wb")),
                patience,
            )
        run.after = _last_whole(printed) or state
        return run


class _Relay:
    """What stands between the two programs: it sees each row, and strikes at one."""

    def __init__(self, run: Run, tap: Process, target: Process, kill: Kill | None) -> None:
        self._run = run
        self._processes = {"tap": tap, "target": target}
        self._kill = kill
        self._keys: dict[str, list[str]] = {}

    def pass_on(self, source: IO[bytes], sink: IO[bytes], patience: float | None) -> None:
        """Pass everything on, then wait for both programs."""
        timers = [Timer(LONGEST_RUN, self._give_up)]
        if patience is not None:
            timers.append(Timer(patience, self._strike, ["tap", signal.SIGTERM]))
        for timer in timers:
            timer.start()
        try:
            self._strike_if_due()
            with suppress(BrokenPipeError):
                for line in source:
                    self._note(line)
                    sink.write(line)
                    sink.flush()
                    self._strike_if_due()
            source.close()
            with suppress(BrokenPipeError):
                sink.close()
            self._strike_at_the_end()
            self._run.tap = self._processes["tap"].wait()
            self._run.target = self._processes["target"].wait()
        finally:
            for timer in timers:
                timer.cancel()

    def _note(self, line: bytes) -> None:
        self._run.cut = not line.endswith(b"\n")
        try:
            message = json.loads(line)
        except ValueError:
            return
        run = self._run
        if message["type"] == "SCHEMA":
            self._keys[message["stream"]] = message["key_properties"]
        elif message["type"] == "RECORD":
            stream, record = message["stream"], message["record"]
            key = json.dumps([record.get(name) for name in self._keys[stream]])
            run.rows.append((stream, key))
            if stream == "continu_windows":
                run.windows.append(record)
        elif message["type"] == "STATE":
            run.reached[_canonical(message["value"])] = len(run.rows)

    def _strike_if_due(self) -> None:
        if self._kill is not None and len(self._run.rows) >= self._kill.rows:
            kill, self._kill = self._kill, None
            time.sleep(kill.delay)
            self._strike_all(kill)

    def _strike_at_the_end(self) -> None:
        """Kill a target that is still writing what it was given before."""
        kill, self._kill = self._kill, None
        if kill is not None and kill.victim != "tap":
            time.sleep(kill.delay)
            self._strike_all(kill)

    def _strike_all(self, kill: Kill) -> None:
        for victim in ("tap", "target") if kill.victim == "both" else (kill.victim,):
            self._strike(victim, kill.signal)

    def _strike(self, victim: str, number: int) -> None:
        process = self._processes[victim]
        if process.poll() is None:
            self._run.struck = True
            process.send_signal(number)
            if victim == "target" and number == signal.SIGTERM:
                self._kill_later(process)

    @staticmethod
    def _kill_later(process: Process) -> None:
        """Kill a target that does not end, as an orchestrator does.

        The SDK's targets drain in their handler of SIGTERM, in threads that log; if the signal
        came while the main thread was logging, its lock is never given back.
        """

        def kill() -> None:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)

        timer = Timer(GRACE, kill)
        timer.daemon = True
        timer.start()

    def _give_up(self) -> None:
        self._run.hung = True
        for process in self._processes.values():
            process.send_signal(signal.SIGKILL)


def _pipe() -> tuple[int, int]:
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, SMALLEST_PIPE)
    return reading, writing


def _last_whole(printed: Path) -> State:
    """Return the last state that was printed whole; an empty one if there is none."""
    for line in reversed(printed.read_bytes().splitlines(keepends=True)):
        if line.endswith(b"\n"):
            state: State = json.loads(line)
            return state
    return {}


def _canonical(state: State) -> str:
    return json.dumps(state, sort_keys=True)
