"""Start the tap and the target as processes: their executables, or forks of a warm process.

An executable takes a second or two only to import its modules. A fork of a process that has
imported them runs the same entry point, is killed in the same way, and starts at once, so
that many more trials fit into the same time.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol

from harness.pipeline import ROOT, TAP, TARGET

BIN = Path(sys.executable).parent
LONGEST = 1 << 16


class Process(Protocol):
    """A running program, as ``subprocess.Popen`` gives it."""

    @property
    def returncode(self) -> int | None:
        """Its exit code, negative for a signal; None before it is known."""

    def poll(self) -> int | None:
        """Look whether it has ended."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal unless it has ended."""


class Launcher(Protocol):
    """Something that starts programs."""

    def start(self, program: str, arguments: Sequence[str], streams: Sequence[int]) -> Process:
        """Start a program with three file descriptors as its standard streams."""


class Executables:
    """Starts the executables that were installed."""

    def start(self, program: str, arguments: Sequence[str], streams: Sequence[int]) -> Process:
        """Start a program."""
        stdin, stdout, stderr = streams
        return subprocess.Popen(
            [BIN / program, *arguments], stdin=stdin, stdout=stdout, stderr=stderr
        )


class _Fork:
    """A fork of the warm process; its keeper tells of it through a socket."""

    def __init__(self, news: socket.socket) -> None:
        self._news = news
        self.returncode: int | None = None
        self._pid = int(self._next(None))

    def poll(self) -> int | None:
        """Look whether it has ended."""
        with suppress(BlockingIOError):
            return self.wait(0)
        return None

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end."""
        if self.returncode is None:
            try:
                self.returncode = int(self._next(timeout))
            except TimeoutError as error:
                raise subprocess.TimeoutExpired("fork", timeout or 0) from error
            self._news.close()
        return self.returncode

    def send_signal(self, sig: int) -> None:
        """Send it a signal unless it has ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self._pid, sig)

    def _next(self, timeout: float | None) -> bytes:
        self._news.settimeout(timeout)
        return self._news.recv(LONGEST)


class Forks:
    """Starts forks of one warm process, which ends with this object's owner."""

    def __init__(self) -> None:
        self._control, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._warm = subprocess.Popen(
            [sys.executable, "-m", "harness.soak.programs", str(other.fileno())],
            pass_fds=[other.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        other.close()

    def start(self, program: str, arguments: Sequence[str], streams: Sequence[int]) -> Process:
        """Start a program."""
        news, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            request = json.dumps([program, *arguments]).encode()
            socket.send_fds(self._control, [request], [*streams, theirs.fileno()])
        return _Fork(news)

    def close(self) -> None:
        """End the warm process."""
        self._control.close()
        self._warm.wait()


def _serve(control: socket.socket) -> int:
    """Fork at each request until nobody can send one; a fork returns its program's code."""
    programs: Mapping[str, object] = {
        name: entry_points(group="console_scripts")[name].load() for name in (TAP, TARGET)
    }
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, LONGEST, 4)
        if not request:
            return 0
        *streams, news = descriptors
        if os.fork() == 0:
            control.close()
            return _keep(socket.socket(fileno=news), streams, json.loads(request), programs)
        for descriptor in descriptors:
            os.close(descriptor)


def _keep(
    news: socket.socket,
    streams: Sequence[int],
    arguments: list[str],
    programs: Mapping[str, object],
) -> int:
    """Fork once more; tell the process id, and in the end the exit code, of that fork."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        news.close()
        for wanted, descriptor in enumerate(streams):
            os.dup2(descriptor, wanted)
            os.close(descriptor)
        sys.argv = arguments
        program = programs[arguments[0]]
        assert callable(program)  # noqa: S101 - entry points are
        return int(program() or 0)
    for descriptor in (*streams, 0, 1, 2):
        os.close(descriptor)
    with suppress(BrokenPipeError):
        news.send(str(pid).encode())
        _, status = os.waitpid(pid, 0)
        news.send(str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


if __name__ == "__main__":
    sys.exit(_serve(socket.socket(fileno=int(sys.argv[1]))))
