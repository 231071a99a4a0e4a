"""What is shown while a run goes on: live on a terminal, elsewhere a line a minute of waiting.

Nothing is told to it: it looks at what the streams count, so that it costs them nothing.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import TYPE_CHECKING

from singer_sdk.metrics import METRICS_LOGGER_NAME

from tap_continu_coursebase.core.activity import Activity, Wait
from tap_continu_coursebase.core.run import Run

if TYPE_CHECKING:
    from rich.console import RenderableType

MINUTE = 60.0
_LOOK_EVERY = 1.0
_REFRESHES_PER_SECOND = 4
_BAR_WIDTH = 24
_STDERR = 2
_SHOW_CURSOR = "\x1b[?25h"

logger = logging.getLogger(__name__)


def shown(run: Run, streams: int) -> AbstractContextManager[None]:
    """Show the progress of a run until it ends.

    Args:
        run: Which run.
        streams: How many streams it is to read.
    """
    if is_watched():
        return _live(run, streams)
    return _reminding(run)


def is_watched() -> bool:
    """Tell whether stderr is a terminal that can be drawn on, and stdout is not the same one.

    Where records are printed on the terminal, they are what somebody looks at.
    """
    return sys.stderr.isatty() and not sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def leave(last: str) -> None:
    """Leave the terminal as it was found, at once and without a lock: a signal may have come."""
    os.write(_STDERR, f"{_SHOW_CURSOR}\n{last}\n".encode())


def position(activity: Activity, number: int, streams: int) -> str:
    """Tell where the reading of a stream is.

    Args:
        activity: Of the stream.
        number: Which of the streams it is, from 1.
        streams: How many there are.

    Returns:
        Stream, windows done of those planned, rows, rows a second and the time left, which the
        windows so far let expect.
    """
    seconds = activity.seconds()
    parts = [f"{activity.stream} ({number} of {max(number, streams)})"]
    if activity.planned:
        parts.append(f"{activity.reached} of {activity.planned} windows")
    parts.append(f"{activity.rows:,} rows")
    if seconds > 0:
        parts.append(f"{activity.rows / seconds:,.0f} rows/s")
    if 0 < activity.reached <= activity.planned:
        left = seconds / activity.reached * (activity.planned - activity.reached)
        parts.append(f"{_duration(left)} left")
    return ", ".join(parts)


def budget(run: Run) -> str:
    """Tell how many calls are left; empty if no source has a budget."""
    if run.calls_left is None:
        return ""
    minute, day = run.calls_left()
    return f"calls left: {minute:,} this minute, {day:,} today"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}"


@contextmanager
def _live(run: Run, streams: int) -> Iterator[None]:
    """Draw the progress on stderr; the log goes on above it."""
    from rich.console import Console  # noqa: PLC0415 - takes time that only a terminal is worth
    from rich.live import Live  # noqa: PLC0415

    raw = sys.stderr
    live = Live(
        console=Console(stderr=True, highlight=False, markup=False),
        get_renderable=lambda: _drawn(run, streams),
        refresh_per_second=_REFRESHES_PER_SECOND,
        transient=True,
        redirect_stdout=False,
    )
    with ExitStack() as undo:
        run.is_live = True
        undo.callback(setattr, run, "is_live", False)  # noqa: FBT003 - the attribute's value
        undo.enter_context(live)
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler) and handler.stream is raw:
                undo.callback(handler.setStream, raw)
                handler.setStream(sys.stderr)
                undo.callback(handler.removeFilter, _is_no_metric)
                handler.addFilter(_is_no_metric)
        yield


def _is_no_metric(record: logging.LogRecord) -> bool:
    """Keep metrics off a terminal on which the progress is drawn: they are for programs."""
    return record.name != METRICS_LOGGER_NAME


def _drawn(run: Run, streams: int) -> RenderableType:
    from rich.console import Group  # noqa: PLC0415
    from rich.progress_bar import ProgressBar  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    if not run.activities:
        return Text("starting")
    activity = run.activities[-1]
    drawn: list[RenderableType] = [Text(position(activity, len(run.activities), streams))]
    if activity.planned:
        drawn.append(
            ProgressBar(total=activity.planned, completed=activity.reached, width=_BAR_WIDTH)
        )
    drawn += [Text(line) for line in (budget(run), *_waiting(activity)) if line]
    return Group(*drawn)


def _waiting(activity: Activity) -> list[str]:
    """List what a stream waits for, each thing once."""
    return [f"waiting for {what}" for what in dict.fromkeys(map(str, activity.waits()))]


@contextmanager
def _reminding(run: Run) -> Iterator[None]:
    """Say once a minute what is waited for."""
    is_over = threading.Event()
    reminder = Reminder()

    def remind() -> None:
        while not is_over.wait(_LOOK_EVERY):
            for line in reminder.due(run, time.monotonic()):
                logger.info("%s", line)

    threading.Thread(target=remind, daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


class Reminder:
    """Knows what to say of the waits that last."""

    def __init__(self) -> None:
        self._said_at = -MINUTE

    def due(self, run: Run, now: float) -> list[str]:
        """Return what is to be said now: a line a minute, of what is waited for longest.

        Args:
            run: Which run.
            now: Monotonic seconds.
        """
        waits: list[Wait] = run.activities[-1].waits() if run.activities else []
        if not waits or now - max(waits[0].since, self._said_at) < MINUTE:
            return []
        self._said_at = now
        calls = budget(run)
        told = f"{run.activities[-1].stream}: waiting for {waits[0]}"
        return [f"{told}; {calls}" if calls else told]
