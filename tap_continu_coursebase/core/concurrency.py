"""Calls that run at once and yield their results in order.

All threads are daemons: unlike an executor's they cannot delay the exit of a run that is told to
stop.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from contextvars import copy_context
from itertools import islice
from queue import Empty, Queue, SimpleQueue
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")

Task = Callable[[], None]

_QUEUED = 4
"""Arguments taken ahead for each worker, so that none waits for the next or for the slowest."""


def in_background(function: Callable[[A], B], argument: A) -> Future[B]:
    """Run a function in a thread of its own."""
    result, task = _task(function, argument)
    threading.Thread(target=task, daemon=True).start()
    return result


def map_in_order(
    function: Callable[[A], B], arguments: Iterable[A], *, in_flight: int
) -> Iterator[tuple[A, B]]:
    """Call a function with each argument, several at once.

    Args:
        function: Called in one of some threads.
        arguments: Taken only a bounded number ahead, so that memory stays bounded.
        in_flight: How many calls run at once.

    Yields:
        Each argument with its result, in the order of the arguments.
    """
    tasks: SimpleQueue[Task | None] = SimpleQueue()
    for _ in range(in_flight):
        threading.Thread(target=_work, args=(tasks,), daemon=True).start()
    upcoming = iter(arguments)
    queued: deque[tuple[A, Future[B]]] = deque()
    try:
        while True:
            for argument in islice(upcoming, in_flight * _QUEUED - len(queued)):
                result, task = _task(function, argument)
                tasks.put(task)
                queued.append((argument, result))
            if not queued:
                return
            argument, result = queued.popleft()
            yield argument, result.result()
    finally:
        for _, result in queued:
            result.cancel()
        for _ in range(in_flight):
            tasks.put(None)


def read_ahead(items: Iterable[A], *, ahead: int) -> Iterator[A]:
    """Take items in a thread of its own while earlier ones are used.

    Args:
        items: Taken no further than there is room for.
        ahead: How many wait at most.

    Yields:
        The items; then what taking them raised is raised.
    """
    ready: Queue[tuple[A] | BaseException | None] = Queue(ahead)
    abandoned = threading.Event()

    def take() -> None:
        try:
            for item in items:
                ready.put((item,))
                if abandoned.is_set():
                    return
            ready.put(None)
        except BaseException as error:  # noqa: BLE001 - raised where the items are used
            ready.put(error)

    threading.Thread(target=copy_context().run, args=(take,), daemon=True).start()
    try:
        while (got := ready.get()) is not None:
            if isinstance(got, BaseException):
                raise got
            yield got[0]
    finally:
        abandoned.set()
        with suppress(Empty):
            while True:
                ready.get_nowait()


def _work(tasks: SimpleQueue[Task | None]) -> None:
    while (task := tasks.get()) is not None:
        task()


def _task(function: Callable[[A], B], argument: A) -> tuple[Future[B], Task]:
    """Prepare a call that knows which stream it is for, whichever thread makes it."""
    result: Future[B] = Future()
    context = copy_context()

    def run() -> None:
        if not result.set_running_or_notify_cancel():
            return
        try:
            result.set_result(context.run(function, argument))
        except BaseException as error:  # noqa: BLE001 - handed to whoever asks for the result
            result.set_exception(error)

    return result, run
