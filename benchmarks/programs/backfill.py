"""A backfill of all reports against a sandbox, on a clock that runs faster than real time.

Usage: backfill.py FROM UNTIL LATENCY_MS SPEED; prints JSON. Both the tap's budget and the
sandbox's caps go by that clock, all waiting is as much shorter, and so is the latency.
"""

from __future__ import annotations

import contextlib
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import requests

from sandbox.instants import parse_instant
from sandbox.options import Options
from sandbox.server import running
from tap_continu_coursebase.continu import streams
from tap_continu_coursebase.tap import TapContinuCoursebase
from tap_continu_coursebase.transport.budget import RequestBudget


def main() -> None:
    """Run and print."""
    start, until = sys.argv[1:3]
    latency_ms, speed = map(float, sys.argv[3:])
    real_sleep, real_clock = time.sleep, time.monotonic

    def sleep(seconds: float) -> None:
        real_sleep(seconds / speed)

    def clock() -> float:
        return real_clock() * speed

    options = Options(
        users=10,
        now=parse_instant(until),
        latency_ms=round(latency_ms / speed),
        limit_clock=clock,
    )
    with _sandbox(options) as (url, api_url):
        vars(time)["sleep"] = sleep
        vars(streams)["RequestBudget"] = partial(RequestBudget, clock=clock, sleep=sleep)
        config = {
            "continu_api_url": api_url,
            "continu_api_token": options.token,
            "start_date": start,
            "end_date": until,
        }
        with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stdout(nowhere):
            tap = TapContinuCoursebase(config=config)
            started = clock()
            tap.sync_all()
            seconds = clock() - started
        received = requests.get(f"{url}/_admin/requests", timeout=60).json()
    statuses = [request["status"] for request in received]
    found = {"seconds": seconds, "requests": len(statuses), "refused": statuses.count(429)}
    sys.stdout.write(json.dumps(found))


@contextmanager
def _sandbox(options: Options) -> Iterator[tuple[str, str]]:
    """Run a sandbox in a process of its own, which shares this one's clock."""
    here, there = multiprocessing.Pipe()
    fork = multiprocessing.get_context("fork")
    process = fork.Process(target=_serve, args=(options, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        here.send("stop")
        process.join()


def _serve(options: Options, there: Connection) -> None:
    with running(options) as sandbox:
        there.send((sandbox.url, sandbox.continu_api_url))
        there.recv()


if __name__ == "__main__":
    main()
