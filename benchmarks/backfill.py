"""A backfill of all 14 reports within 50 calls a minute, each call answered after 2 s."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from typing import Any

from benchmarks.calls import sandbox
from benchmarks.measure import BenchmarkError, clean_environment
from benchmarks.parts import Part, Say, Sizes
from benchmarks.paths import BENCH, OWN_PYTHON, OWN_TAP, PROGRAMS, ROOT

PER_MINUTE = 50
LATENCY_MS = 2000
LAST_YEAR, LAST_DAY = 2026, "03-15"


def compare(sizes: Sizes, say: Say, *, real: bool) -> Part:
    """Measure the backfill on a faster clock, and in real time too if wanted."""
    runs = {f"clock {sizes.speed:.0f} x as fast": _scaled(sizes)}
    if real:
        say("a backfill in real time: about a quarter of an hour for five years")
        runs["real time"] = _real(sizes)
    for found in runs.values():
        found["dictated"] = dictated(found["requests"])
        found["to_dictated"] = round(found["seconds"] / found["dictated"], 3)
    return Part(
        f"Backfill: {sizes.years} years of 14 reports, 2 s latency, {PER_MINUTE} calls a minute",
        ["", "requests", "seconds", "dictated s", "ratio", "429s"],
        [
            [name, f["requests"], f["seconds"], f["dictated"], f["to_dictated"], str(f["refused"])]
            for name, f in runs.items()
        ],
        runs,
    )


def dictated(requests: int) -> float:
    """Return the seconds that so many calls must take: each full minute's worth waits one out."""
    return (requests - 1) // PER_MINUTE * 60 + LATENCY_MS / 1000


def _span(sizes: Sizes) -> tuple[str, str]:
    """Return the first instant and the last."""
    return f"{LAST_YEAR - sizes.years}-{LAST_DAY}", f"{LAST_YEAR}-{LAST_DAY}T12:00:00Z"


def _scaled(sizes: Sizes) -> dict[str, Any]:
    ended = subprocess.run(
        [OWN_PYTHON, PROGRAMS / "backfill.py", *_span(sizes), str(LATENCY_MS), str(sizes.speed)],
        cwd=ROOT,
        env={**clean_environment(), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode:
        raise BenchmarkError(f"the backfill failed: {ended.stderr[-2000:]}")
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def _real(sizes: Sizes) -> dict[str, Any]:
    start, until = _span(sizes)
    with sandbox("--users", "10", "--now", until, "--latency-ms", str(LATENCY_MS)) as ready:
        config = BENCH / "work" / "backfill.json"
        settings = {
            "continu_api_url": ready["continu_api_url"],
            "continu_api_token": ready["token"],
            "start_date": start,
            "end_date": until,
        }
        config.parent.mkdir(parents=True, exist_ok=True)
        config.write_text(json.dumps(settings), "utf-8")
        started = time.monotonic()
        subprocess.run(
            [OWN_TAP, "--config", config],
            env=clean_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=True,
        )
        seconds = time.monotonic() - started
        with urllib.request.urlopen(f"{ready['url']}/_admin/requests") as answer:  # noqa: S310 - loopback
            statuses = [request["status"] for request in json.loads(answer.read())]
    return {"seconds": seconds, "requests": len(statuses), "refused": statuses.count(429)}
