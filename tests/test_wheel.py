"""The wheel works on its own: schemas inside, nothing of the checkout needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".tools" / "uv" / "bin" / "uv"


def test_the_wheel_discovers_in_a_clean_environment(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}

    def uv(*arguments: object) -> None:
        subprocess.run([UV, "-q", *map(str, arguments)], cwd=tmp_path, check=True)

    uv("build", "--out-dir", tmp_path / "dist", ROOT)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "tap_continu_coursebase/schemas/continu/content_completion.json" in names
    assert "tap_continu_coursebase/schemas/coursebase/users.json" in names
    assert not [name for name in names if name.startswith(("sandbox", "harness", "tests"))]
    uv("venv", "--python", sys.executable, tmp_path / "clean")
    uv("pip", "install", "--python", tmp_path / "clean", "-c", ROOT / "constraints.txt", wheel)
    discovered = subprocess.run(
        [tmp_path / "clean" / "bin" / "tap-continu-coursebase", "--discover"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        check=True,
    )
    assert len(json.loads(discovered.stdout)["streams"]) == 16 + 10 + 12
