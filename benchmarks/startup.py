"""Start-up: the commands that need no network against an empty tap's."""

from __future__ import annotations

import json

from benchmarks.measure import Case, rounds
from benchmarks.parts import Part, Say, Sizes
from benchmarks.paths import BENCH, OWN_PYTHON, OWN_TAP, PROGRAMS, ROOT

COMMANDS = ("--discover", "--about")


def compare(sizes: Sizes, say: Say) -> Part:
    """Measure ``--discover`` of all streams and ``--about``."""
    folder = BENCH / "work" / "startup"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "config.json"
    sources = {
        "continu_api_token": "bench-token",
        "start_date": "2026-01-01",
        "coursebase_url": "http://127.0.0.1:9",
        "coursebase_access_token": "bench-token",
    }
    config.write_text(json.dumps(sources), "utf-8")
    empty = [OWN_PYTHON, PROGRAMS / "empty_tap.py"]
    cases = [
        case
        for command in COMMANDS
        for case in (
            Case(f"empty tap {command}", [[*empty, command]], {}, ROOT),
            Case(f"this tap {command}", [[OWN_TAP, "--config", config, command]], {}, ROOT),
        )
    ]
    rounds(cases, 1, lambda _: None)
    found = rounds(cases, sizes.starts, lambda _: None)
    ratios = {
        command: found[f"this tap {command}"].seconds / found[f"empty tap {command}"].seconds
        for command in COMMANDS
    }
    say(", ".join(f"{command}: {ratio:.2f}" for command, ratio in ratios.items()))
    return Part(
        f"Start-up, median of {sizes.starts}",
        ["", "seconds", "cpu s", "peak MiB", "x empty"],
        [
            [name, used.seconds, used.cpu, used.mib, ratios.get(name.removeprefix("this tap "))]
            for name, used in found.items()
        ],
        {
            "medians": {name: used.as_json() for name, used in found.items()},
            "ratios": {command: round(ratio, 3) for command, ratio in ratios.items()},
        },
    )
