"""Measure and print: `python -m benchmarks`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import backfill, calls, extract, load, models, startup
from benchmarks.chart import Bar, Panel, svg
from benchmarks.contenders import OWN
from benchmarks.document import with_tables
from benchmarks.measure import BenchmarkError
from benchmarks.parts import SMALL, Part, Say, Sizes
from benchmarks.paths import BENCH, ROOT

CHART = ROOT / "docs" / "performance.svg"
DOCUMENT = ROOT / "docs" / "performance.md"


def measures(options: argparse.Namespace) -> dict[str, Callable[[Sizes, Say], Part]]:
    """Return the parts that are wanted, by name, in order."""
    every: dict[str, Callable[[Sizes, Say], Part]] = {
        "extract": extract.compare,
        "growth": extract.growth,
        "load": load.compare,
        "calls": calls.compare,
        "backfill": partial(backfill.compare, real=options.real),
        "startup": startup.compare,
        "models": models.compare,
    }
    left_out = {"load", "models"} if options.small and not options.only else set()
    wanted = options.only or every.keys() - left_out
    return {name: measure for name, measure in every.items() if name in wanted}


def sizes(options: argparse.Namespace) -> Sizes:
    """Return how much is measured."""
    chosen = SMALL if options.small else Sizes()
    if options.rows:
        chosen = replace(chosen, rows=options.rows)
    if options.load_rows:
        chosen = replace(chosen, loaded=options.load_rows)
    if options.rounds:
        chosen = replace(chosen, rounds=options.rounds)
    return chosen


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line; ends the process when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", type=_positive, help="in the response that all extractors read")
    parser.add_argument("--load-rows", type=_positive, help="that are loaded into PostgreSQL")
    parser.add_argument("--rounds", type=_positive, help="of which the median is taken")
    parser.add_argument("--small", action="store_true", help="a few thousand rows, one round")
    parser.add_argument("--real", action="store_true", help="the backfill in real time, too")
    parser.add_argument("--only", type=_parts, default=(), help=f"some of {','.join(PARTS)}")
    return parser.parse_args(arguments)


def panels(figures: Mapping[str, Any]) -> list[Panel]:
    """Return what of the results is drawn."""
    drawn = []
    if "extract" in figures:
        found = figures["extract"]
        rows = f"{found['rows']:,} rows, {found['bytes'] / 1e6:.0f} MB"
        drawn += [
            _panel(f"Extraction, seconds ({rows})", found["medians"], "seconds", "s"),
            _panel("Extraction, peak memory", found["medians"], "mib", "MiB"),
        ]
    if "load" in figures:
        found = figures["load"]
        title = f"Into PostgreSQL, seconds ({found['rows']:,} rows)"
        drawn.append(_panel(title, found["medians"], "seconds", "s"))
    return drawn


def main() -> int:
    """Measure, print, and write the results, the chart and the document's tables."""
    options = parse(sys.argv[1:])
    BENCH.mkdir(exist_ok=True)
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    started = datetime.now(UTC)
    parts: dict[str, Part] = {}
    for name, measure in measures(options).items():
        _say(f"== {name}")
        parts[name] = measure(sizes(options), _say)
        sys.stdout.write(f"{parts[name].text()}\n")
        sys.stdout.flush()
    figures = {name: part.figures for name, part in parts.items()}
    measured = {"measured_at": f"{started:%Y-%m-%dT%H:%M:%SZ}", "machine": machine}
    file = BENCH / ("results-small.json" if options.small else "results.json")
    results = merged(_read(file), {name: found | measured for name, found in figures.items()})
    file.write_text(json.dumps(results, indent=2) + "\n", "utf-8")
    if not options.small:
        text = DOCUMENT.read_text("utf-8")
        measured_here = f"{started:%Y-%m-%d}, {machine}"
        DOCUMENT.write_text(with_tables(text, parts, measured_here), "utf-8")
        if drawn := panels(results):
            CHART.write_text(svg(drawn), "utf-8")
    return 0


def merged(before: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return each part's latest results, in order: of those not measured now, the ones before."""
    latest = {**before, **now}
    return {name: latest[name] for name in PARTS if name in latest}


def _read(file: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _panel(title: str, medians: Mapping[str, Any], figure: str, unit: str) -> Panel:
    bars = []
    for name, found in medians.items():
        digits = 0 if figure == "mib" else 1
        shown = f"{found[figure]:,.{digits}f} {unit}"
        bars.append(Bar(name, found[figure], shown, own=OWN.name in name))
    return Panel(title, bars)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return number


def _parts(text: str) -> tuple[str, ...]:
    chosen = tuple(text.split(","))
    if set(chosen) - set(PARTS):
        raise argparse.ArgumentTypeError(f"some of {','.join(PARTS)}")
    return chosen


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


PARTS = ("extract", "growth", "load", "calls", "backfill", "startup", "models")

if __name__ == "__main__":
    try:
        sys.exit(main())
    except BenchmarkError as error:
        sys.exit(f"benchmarks: {error}")
