"""The loader of meltano.yml is target-postgres itself, with another threshold and nothing else."""

from __future__ import annotations

import gc
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import target_postgres_rare_gc
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


def test_the_collector_is_on_and_waits_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    before = gc.get_threshold()
    monkeypatch.setattr(sys, "argv", ["target-postgres-rare-gc", "--version"])
    try:
        with pytest.raises(SystemExit, match="0"):
            target_postgres_rare_gc.main()
        assert gc.isenabled()
        assert gc.get_threshold() == (target_postgres_rare_gc.THRESHOLD, *before[1:])
    finally:
        gc.set_threshold(*before)
