"""Streams of one call a parent: wall time with several calls in flight, and memory."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.measure import BenchmarkError, Case, Figures, medians, run
from benchmarks.parts import Part, Say, Sizes
from benchmarks.paths import BENCH, OWN_PYTHON, OWN_TAP, ROOT
from benchmarks.server import running

STREAM = "coursebase_user_details"
LATENCY_MS = 50
FOLDER = BENCH / "work" / "calls"
OUTPUT = FOLDER / "output.jsonl"


def compare(sizes: Sizes, say: Say) -> Part:
    """Measure so many calls with 1, 4, 16 of them in flight; then memory at many parents."""
    with _sandbox(sizes.users) as (url, token):
        start = run(_discovery(url, token)).seconds
        walls: dict[int, Figures] = {}
        for in_flight in sizes.in_flight:
            tries = 1 if in_flight == min(sizes.in_flight) else sizes.rounds
            case = _case(url, token, in_flight)
            walls[in_flight] = medians([_counted(case, sizes.users) for _ in range(tries)])
            say(f"{in_flight} in flight: {walls[in_flight].seconds:.2f} s")
    serial = walls[min(sizes.in_flight)].seconds - start
    with running(sizes.parents) as url:
        many = _counted(_case(url, "bench-token", max(sizes.in_flight)), sizes.parents)
    say(f"{sizes.parents:,} parents: {many.seconds:.2f} s, {many.mib:.0f} MiB")
    lines: list[list[str | float | None]] = []
    figures: dict[str, Any] = {"users": sizes.users, "start": round(start, 3)}
    for in_flight, used in walls.items():
        ideal = serial / in_flight
        ratio = (used.seconds - start) / ideal
        lines.append([str(in_flight), used.seconds, used.seconds - start, ideal, ratio, used.mib])
        figures[str(in_flight)] = used.as_json() | {"to_ideal": round(ratio, 3)}
    lines.append([f"{sizes.parents:,} parents", many.seconds, None, None, None, many.mib])
    figures["parents"] = {"count": sizes.parents, **many.as_json()}
    return Part(
        f"One call a user: {sizes.users:,} users, {LATENCY_MS} ms latency",
        ["in flight", "seconds", "without start", "serial / k", "ratio", "peak MiB"],
        lines,
        figures,
        [
            f"start: {start:.2f} s, as --discover takes; the lists of users are in the time",
            f"the last line: a stand-in without latency, {max(sizes.in_flight)} in flight",
        ],
    )


def _counted(case: Case, users: int) -> Figures:
    figures = run(case, OUTPUT)
    with OUTPUT.open("rb") as file:
        found = sum(line.startswith(b'{"type":"RECORD"') for line in file)
    OUTPUT.unlink()
    if found != users:
        raise BenchmarkError(f"{case.name} wrote {found} rows, not {users}")
    return figures


def _case(url: str, token: str, in_flight: int) -> Case:
    discovery = _discovery(url, token, in_flight)
    found = subprocess.run(discovery.commands[0], check=True, capture_output=True).stdout
    catalog = json.loads(found)
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = entry["tap_stream_id"] == STREAM
    path = FOLDER / "catalog.json"
    path.write_text(json.dumps(catalog), "utf-8")
    command = [word for word in discovery.commands[0] if word != "--discover"]
    return Case(f"{in_flight} in flight", [[*command, "--catalog", path]], {}, ROOT)


def _discovery(url: str, token: str, in_flight: int = 1) -> Case:
    FOLDER.mkdir(parents=True, exist_ok=True)
    config = {
        "coursebase_url": url,
        "coursebase_access_token": token,
        "coursebase_max_in_flight": in_flight,
    }
    path = FOLDER / "config.json"
    path.write_text(json.dumps(config), "utf-8")
    return Case("discovery", [[OWN_TAP, "--config", path, "--discover"]], {}, ROOT)


@contextmanager
def _sandbox(users: int) -> Iterator[tuple[str, str]]:
    options = ["--users", "10", "--coursebase-users", str(users)]
    options += ["--coursebase-latency-ms", str(LATENCY_MS)]
    with sandbox(*options) as ready:
        yield ready["coursebase_url"], ready["coursebase_token"]


@contextmanager
def sandbox(*options: str) -> Iterator[dict[str, str]]:
    """Run the sandbox in a process of its own.

    Args:
        *options: Of its command line.

    Yields:
        What it says when it is ready.
    """
    with subprocess.Popen(
        [OWN_PYTHON, "-m", "sandbox", *options],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe, for the type checker
            ready: dict[str, str] = json.loads(process.stdout.readline())
            yield ready
        finally:
            process.terminate()
