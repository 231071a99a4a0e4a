"""Where things are."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(__file__).resolve().parent / "programs"
BENCH = ROOT / ".bench"
OWN_PYTHON = ROOT / ".venv" / "bin" / "python"
OWN_TAP = ROOT / ".venv" / "bin" / "tap-continu-coursebase"
TARGET = ROOT / ".venv" / "bin" / "target-postgres"
