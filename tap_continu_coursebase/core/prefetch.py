"""Fetch windows ahead of their use, in order, and in smaller pieces where whole ones fail."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from itertools import islice
from typing import Generic, TypeVar

from tap_continu_coursebase.core.activity import current
from tap_continu_coursebase.core.concurrency import in_background
from tap_continu_coursebase.core.errors import TooMuchError
from tap_continu_coursebase.core.windows import PieceSize, Window, halve

T = TypeVar("T")

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Slot(Generic[T]):
    window: Window
    answer: Future[T] | None = None


def fetch_in_order(
    planned: Iterable[Window],
    fetch: Callable[[Window], T],
    *,
    in_flight: int,
    divisible: bool,
    discard: Callable[[T], None] = lambda _: None,
) -> Generator[tuple[Window, T], None, None]:
    """Fetch windows, several at once, and yield them in order.

    Args:
        planned: The windows, in order.
        fetch: Fetches one window; called in a thread of its own.
        in_flight: How many windows are fetched at once.
        divisible: Whether a window that is too much may be fetched in halves instead.
        discard: Gives back an answer that nobody will take any more.

    Yields:
        Each window, or the pieces that tile it, with what was fetched.

    Raises:
        TooMuchError: If a window is too much and cannot be halved.
    """
    size = PieceSize()
    queue: deque[_Slot[T]] = deque()
    try:
        yield from _fetch_all(iter(planned), fetch, queue, size, in_flight, divisible=divisible)
    finally:
        for slot in queue:
            if slot.answer is not None:
                slot.answer.add_done_callback(lambda answer: _discard(answer, discard))


def _fetch_all(
    upcoming: Iterator[Window],
    fetch: Callable[[Window], T],
    queue: deque[_Slot[T]],
    size: PieceSize,
    in_flight: int,
    *,
    divisible: bool,
) -> Generator[tuple[Window, T], None, None]:
    while True:
        while len(queue) < in_flight and (window := next(upcoming, None)) is not None:
            queue.extend(_Slot(piece) for piece in size.fit(window))
        running = {slot.answer for slot in queue if slot.answer and not slot.answer.done()}
        for slot in islice(queue, in_flight):
            if slot.answer is None and len(running) < in_flight:
                slot.answer = in_background(fetch, slot.window)
                running.add(slot.answer)
        if not queue:
            return
        slot = queue.popleft()
        if slot.answer is None:
            queue.appendleft(slot)
            wait(running, return_when=FIRST_COMPLETED)
            continue
        try:
            answer = slot.answer.result()
        except TooMuchError as error:
            halves = halve(slot.window) if divisible else None
            if halves is None:
                raise
            logger.warning(
                "%s%s: %s; fetching its halves instead", current().prefix, slot.window, error
            )
            size.failed(slot.window, error.longest)
            pieces = size.fit(slot.window) if error.longest else halves
            queue.extendleft(_Slot(piece) for piece in reversed(pieces))
            continue
        size.worked(slot.window)
        yield slot.window, answer


def _discard(answer: Future[T], discard: Callable[[T], None]) -> None:
    if answer.exception() is None:
        discard(answer.result())
