"""The loader of meltano.yml is target-postgres itself, with another threshold and nothing else."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent


def test_meltano_starts_what_the_package_installs() -> None:
    plugins = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))["plugins"]
    package = tomllib.loads((ROOT / "loader" / "pyproject.toml").read_text("utf-8"))
    loaders = {loader["name"]: loader for loader in plugins["loaders"]}
    assert [loaders["target-postgres"]["executable"]] == list(package["project"]["scripts"])


def test_it_describes_itself_as_target_postgres_does() -> None:
    about = [
        subprocess.run(
            [BIN / name, "--about", "--format=json"], capture_output=True, check=True, text=True
        )
        for name in ("target-postgres", "target-postgres-rare-gc")
    ]
    assert about[0].stdout == about[1].stdout


def test_the_collector_is_on_and_waits_longer() -> None:
    program = """
import gc, sys, target_postgres_rare_gc as loader
print(loader.THRESHOLD, *gc.get_threshold()[1:])
sys.argv = ["target-postgres-rare-gc", "--version"]
try:
    loader.main()
except SystemExit:
    print(*gc.get_threshold())
    print(gc.isenabled())
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    wanted, version, found, enabled = run.stdout.splitlines()
    assert version.startswith("target-postgres ")
    assert (found, enabled) == (wanted, "True")
