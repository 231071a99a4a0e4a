"""Environments of the loaders, pinned, made when first needed."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from filelock import FileLock

from harness.pipeline import ROOT

UV = ROOT / ".tools" / "uv" / "bin" / "uv"
FOLDER = ROOT / ".tools" / "loaders"


class LoaderError(RuntimeError):
    """A loader cannot be installed, or does not load; the message ends with what it printed."""


def pinned(name: str) -> Path:
    """Return the file that pins a loader and all that it needs.

    One of that name with ``-overrides`` holds what is installed instead of what the loader pins.
    """
    return Path(__file__).with_name("constraints") / f"{name}.txt"


def environment(name: str) -> Path:
    """Return the folder of a loader's programs, installed as its constraints say.

    Raises:
        LoaderError: If it cannot be installed.
    """
    folder = FOLDER / name
    done = folder / ".done"
    digest = sha256(pinned(name).read_bytes()).hexdigest()
    FOLDER.mkdir(parents=True, exist_ok=True)
    with FileLock(FOLDER / f"{name}.lock"):
        if not (done.exists() and done.read_text("utf-8") == digest):
            _uv("venv", "-q", "--clear", "--python", sys.executable, folder)
            overrides = pinned(f"{name}-overrides")
            options: list[str | Path] = ["--overrides", overrides] if overrides.exists() else []
            _uv("pip", "install", "-q", "--python", folder, "-r", pinned(name), *options)
            done.write_text(digest, "utf-8")
    return folder / "bin"


def _uv(*words: str | Path) -> None:
    ended = subprocess.run([UV, *words], cwd=ROOT, check=False, capture_output=True, text=True)
    if ended.returncode:
        said = ended.stderr.strip()
        raise LoaderError(f"uv {words[0]} failed: {said[:500]} ... {said[-500:]}")
