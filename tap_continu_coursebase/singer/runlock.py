"""One run at a time for each stream of a source, on one machine.

Two runs that load the same stream into one warehouse can undo each other: a version that one
of them activates marks as deleted what the other has written meanwhile. So a run waits until no
other is loading one of its streams, which includes the loader that still writes what an ended tap
has sent.

The locks are files, which the operating system frees with the process, however that ends. Where
they are does not depend on the environment: runs that are started in different ways (a shell, cron,
a service) meet there.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.singer.loading import is_still_loading, this_run

if sys.platform != "win32":
    import pwd

logger = logging.getLogger(__name__)

_NAME = "tap-continu-coursebase"
_BETWEEN_TRIES = 1.0
_SHOWN = 2

_WAITING = (
    "Another run on this machine%s is loading %s: waiting for it to end, for %d minutes at most "
    "(parallel_run_wait_minutes)"
)
_REFUSAL = (
    "another run on this machine{} is loading {}, and has not ended in {} s: run again when it has "
    "(parallel_run_wait_minutes tells how long to wait; if the two load different warehouses, set "
    "forbid_parallel_runs to false)"
)
_LOADER_LIVES = (
    "The loader of an earlier run%s may still be writing %s: gone on after waiting %d s for it"
)
_NO_PLACE = (
    "Runs at the same time are not kept apart, since no lock file can be written (%s): set "
    "lock_folder to a folder that can be written to, or forbid_parallel_runs to false"
)


class ParallelRunError(TapError):
    """Another run is loading one of the streams, or locks cannot be had."""


@contextmanager
def exclusive(
    streams: Iterable[tuple[str, str]], *, patience: float = 0, folder: str | None = None
) -> Iterator[None]:
    """Hold streams until the block ends.

    Args:
        streams: The address of each stream's source, and the stream's name.
        patience: Seconds to wait at most for another run.
        folder: Where the lock files are; by default in the user's home as the system knows it,
            or else in the system's folder for temporary files.

    Yields:
        Nothing.

    Raises:
        ParallelRunError: If another run on this machine still holds one of them then, or the
            folder that was asked for cannot be written to.
    """
    wanted = sorted(set(streams))
    place = _place(folder) if wanted else None
    if place is None:
        yield
        return
    locks = [_Lock(place, *one) for one in wanted]
    with _acquire(locks, _door(place), patience):
        run = json.dumps(this_run())
        for lock in locks:
            lock.sign(run)
        yield


@dataclass(frozen=True)
class _Busy:
    """A stream that another run is loading.

    Attributes:
        stream: Its name.
        pid: Of that run's tap, if it is known.
        ended: Whether that tap has ended, and only its loader may be at work.
    """

    stream: str
    pid: int | None
    ended: bool


class _Lock:
    """The lock of one stream, and beside it who had it last."""

    def __init__(self, place: Path, source: str, stream: str) -> None:
        digest = blake2b(f"{source}\n{stream}".encode(), digest_size=16).hexdigest()
        self._file = FileLock(place / f"{digest}.lock", timeout=0)
        self._signature = place / f"{digest}.json"
        self._stream = stream

    def take(self, held: ExitStack, loads: Callable[[str], bool]) -> _Busy | None:
        """Take the lock if no process has it, and tell if another run is loading all the same.

        Args:
            held: Frees it.
            loads: Tells by its signature whether what a run wrote is still being loaded.
        """
        try:
            held.enter_context(self._file)
        except Timeout:
            return _Busy(self._stream, _read(self._last()).get("pid"), ended=False)
        if loads(last := self._last()):
            return _Busy(self._stream, _read(last).get("pid"), ended=True)
        return None

    def sign(self, run: str) -> None:
        """Tell who has the lock; it still tells when the lock is free again."""
        self._signature.write_text(run, "utf-8")

    def _last(self) -> str:
        with suppress(OSError, ValueError):
            return self._signature.read_text("utf-8")
        return ""


def _acquire(locks: Sequence[_Lock], door: FileLock, patience: float) -> ExitStack:
    """Take all locks at once, in the end; meanwhile none, so that nobody waits for a waiting run.

    Raises:
        ParallelRunError: If another run still has one of them when the patience is over.
    """
    began = time.monotonic()
    told = False
    while True:
        with door, ExitStack() as held:
            loads = cache(lambda signature: is_still_loading(_read(signature)))
            busy = [one for lock in locks if (one := lock.take(held, loads)) is not None]
            waited = time.monotonic() - began
            if not busy or (waited >= patience and all(one.ended for one in busy)):
                _tell_end(busy, waited, told=told)
                return held.pop_all()
        if waited >= patience:
            raise ParallelRunError(_REFUSAL.format(_run(busy), _names(busy), round(waited)))
        if not told:
            logger.info(_WAITING, _run(busy), _names(busy), patience / 60)
            told = True
        time.sleep(min(_BETWEEN_TRIES, patience - waited))


def _read(signature: str) -> dict[str, Any]:
    with suppress(ValueError):
        known = json.loads(signature)
        if isinstance(known, dict):
            return known
    return {}


def _tell_end(busy: Sequence[_Busy], waited: float, *, told: bool) -> None:
    if busy:
        logger.warning(_LOADER_LIVES, _run(busy), _names(busy), waited)
    elif told:
        logger.info("The other run has ended after %d s", waited)


def _run(busy: Sequence[_Busy]) -> str:
    return next((f" (process {one.pid})" for one in busy if one.pid), "")


def _names(busy: Sequence[_Busy]) -> str:
    names = [one.stream for one in busy]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


def _door(place: Path) -> FileLock:
    """Return the lock that a run holds while it tries the others, which takes no time."""
    return FileLock(place / "all.lock")


def _place(folder: str | None) -> Path | None:
    """Return the folder of the lock files; None, with a warning, if there is none.

    Raises:
        ParallelRunError: If the folder that was asked for cannot be written to.
    """
    problems = []
    for place in [Path(folder)] if folder else _places():
        try:
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not folder and hasattr(os, "getuid") and place.stat().st_uid != os.getuid():
                problems.append(f"{place} belongs to another user")
                continue
            with _door(place):
                return place
        except (OSError, NotImplementedError) as error:
            problems.append(f"{place}: {getattr(error, 'strerror', None) or 'no file locks'}")
    if folder:
        raise ParallelRunError(
            f"no lock file can be written ({problems[0]}): set lock_folder to a folder that can be "
            "written to"
        )
    logger.warning(_NO_PLACE, "; ".join(problems))
    return None


def _places() -> Iterator[Path]:
    """Yield where lock files can be, best first: the same whatever the environment says."""
    if sys.platform == "win32":
        yield Path.home() / "AppData" / "Local" / _NAME
        return
    user = os.getuid()
    with suppress(KeyError):  # a container may run as a user that has no name
        yield Path(pwd.getpwuid(user).pw_dir) / ".local" / "state" / _NAME
    yield Path("/tmp") / f"{_NAME}-{user}"  # noqa: S108 - its owner is checked
    yield Path("/dev/shm") / f"{_NAME}-{user}"  # noqa: S108 - likewise
