"""Environments of the programs that are compared with, pinned, made when first needed."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from pathlib import Path

from benchmarks.measure import BenchmarkError
from benchmarks.paths import BENCH, OWN_PYTHON, ROOT

UV = ROOT / ".tools" / "uv" / "bin" / "uv"
NAMES = ("stock", "dlt", "airbyte")


def python(name: str) -> Path:
    """Return the interpreter of an environment, installed as its constraints say.

    Raises:
        BenchmarkError: If it cannot be installed.
    """
    pinned = Path(__file__).with_name(f"constraints-{name}.txt")
    folder = BENCH / f"env-{name}"
    interpreter = folder / "bin" / "python"
    done = folder / ".done"
    digest = sha256(pinned.read_bytes()).hexdigest()
    if done.exists() and done.read_text("utf-8") == digest:
        return interpreter
    _uv("venv", "-q", "--clear", "--python", OWN_PYTHON, folder)
    _uv("pip", "install", "-q", "--python", interpreter, "-r", pinned)
    done.write_text(digest, "utf-8")
    return interpreter


def _uv(*words: str | Path) -> None:
    ended = subprocess.run([UV, *words], cwd=ROOT, check=False, capture_output=True, text=True)
    if ended.returncode:
        raise BenchmarkError(f"uv {words[0]} failed: {ended.stderr.strip()[-1000:]}")
