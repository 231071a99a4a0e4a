"""Calls that run at once and give their results in order."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def in_background(function: Callable[[A], B], argument: A) -> Future[B]:
    """Run a function in a daemon thread, which unlike an executor's cannot delay the exit."""
    result: Future[B] = Future()

    def run() -> None:
        try:
            result.set_result(function(argument))
        except BaseException as error:  # noqa: BLE001 - handed to whoever asks for the result
            result.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return result


def map_in_order(
    function: Callable[[A], B], arguments: Iterable[A], *, in_flight: int
) -> Iterator[tuple[A, B]]:
    """Call a function with each argument, several at once.

    Args:
        function: Called in a thread of its own.
        arguments: Taken only as places become free, so that memory stays bounded.
        in_flight: How many calls run at once.

    Yields:
        Each argument with its result, in the order of the arguments.
    """
    upcoming = iter(arguments)
    running: deque[tuple[A, Future[B]]] = deque()
    while True:
        while len(running) < in_flight:
            try:
                argument = next(upcoming)
            except StopIteration:
                break
            running.append((argument, in_background(function, argument)))
        if not running:
            return
        argument, result = running.popleft()
        yield argument, result.result()
