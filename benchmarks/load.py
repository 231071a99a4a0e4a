"""All the way into PostgreSQL: which part of the time is the tap's, the pipe's, the target's."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import yaml

from benchmarks import contenders, rows
from benchmarks.contenders import STREAM, WINDOW
from benchmarks.environments import python
from benchmarks.measure import BenchmarkError, Case, Command, Figures, medians, run
from benchmarks.parts import Part, Say, Sizes
from benchmarks.paths import BENCH, OWN_TAP, PROGRAMS, ROOT, TARGET
from benchmarks.rows import COLUMNS
from benchmarks.server import DATA, running
from harness import warehouse
from harness.pipeline import MELTANO
from harness.warehouse import SCHEMA, Warehouse

DEFAULTS: Mapping[str, Any] = {}
SERVER: Mapping[str, str] = {"shared_buffers": "2GB", "max_wal_size": "8GB"}
"""What a server with memory to spare is given; with the defaults it waits for its own disk."""

_CAPABILITIES = ["catalog", "discover", "state"]


def shipped() -> tuple[Path, dict[str, Any]]:
    """Return the loader's program and settings that ``meltano.yml`` ships."""
    project = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))
    loaders = {loader["name"]: loader for loader in project["plugins"]["loaders"]}
    loader = loaders["target-postgres"]
    settings = loader["settings"]
    values = {setting["name"]: setting["value"] for setting in settings if "value" in setting}
    return TARGET.with_name(loader["executable"]), {**values, **loader.get("config", {})}


def compare(sizes: Sizes, say: Say) -> Part:
    """Measure taps and loader settings, under ``meltano run`` and joined by a plain pipe."""
    count = sizes.loaded
    rows.compressed(DATA, count)
    with running() as url, warehouse.running(SERVER) as postgresql:
        cases = _cases(f"{url}/declared/{count}", postgresql)
        measured: dict[str, list[Figures]] = {case.name: [] for case, _ in cases}
        for _ in range(sizes.rounds):
            for case, table in cases:
                postgresql.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
                figures = run(case)
                _check(case.name, postgresql, table, count)
                say(f"{case.name}: {figures.seconds:.2f} s")
                measured[case.name].append(figures)
    loader, settings = shipped()
    found = {name: medians(figures) for name, figures in measured.items()}
    first = next(iter(found.values()))
    return Part(
        f"Load: {count:,} rows into PostgreSQL, median of {sizes.rounds}",
        ["", "seconds", "cpu s", "rows/s", "peak MiB", "times as fast"],
        [
            [name, f.seconds, f.cpu, count / f.seconds, f.mib, first.seconds / f.seconds]
            for name, f in found.items()
        ],
        {
            "rows": count,
            "shipped": settings,
            "server": dict(SERVER),
            "medians": {name: figures.as_json() for name, figures in found.items()},
        },
        [
            f"shipped settings: {_listed(settings)}; the target is {loader.name}",
            f"PostgreSQL: {_listed(SERVER)}",
            "cpu: of the tap and the target (and Meltano), not of PostgreSQL",
        ],
    )


def _cases(url: str, postgresql: Warehouse) -> list[tuple[Case, str]]:
    stock, own = contenders.stock(url), contenders.own(url)
    plain = (TARGET, DEFAULTS)
    plans = (
        ("stock tap, loader's defaults", stock, plain, "content_completion"),
        ("this tap, loader's defaults", own, plain, STREAM),
        ("this tap, shipped settings", own, shipped(), STREAM),
    )
    cases = []
    for number, (name, tap, (loader, settings), table) in enumerate(plans):
        config = {
            "sqlalchemy_url": postgresql.sqlalchemy_url,
            **settings,
            "default_target_schema": SCHEMA,
        }
        project = _project(BENCH / "meltano" / str(number), url, loader, config)
        extractor = "tap-stock" if tap is stock else "tap-continu-coursebase"
        words: Command = [MELTANO, "--log-level=warning", "run", "--full-refresh", extractor]
        cases.append((Case(f"meltano: {name}", [[*words, "target-postgres"]], {}, project), table))
        if settings:
            target: Command = [loader, "--config", project / "target.json"]
            cases.append((Case(f"pipe: {name}", [*tap.commands, target], {}, ROOT), table))
    return cases


def _project(folder: Path, url: str, loader: Path, target: Mapping[str, Any]) -> Path:
    """Write a Meltano project that runs what is installed already."""
    folder.mkdir(parents=True, exist_ok=True)
    start, until = map(int, WINDOW.split("/"))
    script = folder / "tap-stock"
    words = shlex.join([str(python("stock")), str(PROGRAMS / "stock_tap.py")])
    script.write_text(f'#!/bin/sh\nexec {words} "$@"\n', "utf-8")
    script.chmod(0o755)
    extractors = [
        _plugin("tap-stock", script, {"api_url": url, "from": start, "until": until}),
        _plugin("tap-continu-coursebase", OWN_TAP, contenders.own_config(url))
        | {"select": [f"{STREAM}.{column}" for column in (*COLUMNS, "additional_fields")]},
    ]
    project = {
        "default_environment": "prod",
        "environments": [{"name": "prod"}],
        "project_id": "00000000-0000-4000-8000-000000000000",
        "send_anonymous_usage_stats": False,
        "plugins": {
            "extractors": extractors,
            "loaders": [_plugin("target-postgres", loader, target)],
        },
    }
    (folder / "meltano.yml").write_text(json.dumps(project), "utf-8")
    (folder / "target.json").write_text(json.dumps(target), "utf-8")
    return folder


def _plugin(name: str, executable: Path, config: Mapping[str, Any]) -> dict[str, Any]:
    settings: list[dict[str, str]] = [
        {"name": setting, "kind": _KINDS[type(value)]} for setting, value in config.items()
    ]
    return {
        "name": name,
        "namespace": name.replace("-", "_"),
        "executable": str(executable),
        "capabilities": _CAPABILITIES,
        "settings": settings,
        "config": dict(config),
    }


def _listed(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in settings.items())


def _check(name: str, postgresql: Warehouse, table: str, count: int) -> None:
    with psycopg.connect(postgresql.dsn) as connection:
        query = f'SELECT count(*) FROM {SCHEMA}."{table}"'  # noqa: S608 - the bench's own names
        answer = connection.execute(query.encode()).fetchone()
    if answer != (count,):
        raise BenchmarkError(f"{name} loaded {answer} rows, not {count}")


_KINDS = {bool: "boolean", int: "integer", str: "string"}
