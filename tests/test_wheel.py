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
    assert "tap_continu_coursebase/py.typed" in names
    assert {"tap_continu_coursebase/page/page.html", "tap_continu_coursebase/page/page.css"} <= {
        *names
    }
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


def test_a_git_url_installs_the_command(tmp_path: Path) -> None:
    """As the README says, with ``uv tool install``."""
    environment = {
        **os.environ,
        "UV_TOOL_DIR": str(tmp_path / "tools"),
        "UV_TOOL_BIN_DIR": str(tmp_path / "bin"),
        "UV_PYTHON": sys.executable,
        "UV_CONSTRAINT": str(ROOT / "constraints.txt"),
    }
    clone = tmp_path / "clone.git"
    subprocess.run(["git", "clone", "-q", "--bare", ROOT, clone], check=True)
    subprocess.run(
        [UV, "-q", "tool", "install", f"git+file://{clone}"], env=environment, check=True
    )
    about = subprocess.run(
        [tmp_path / "bin" / "tap-continu-coursebase", "--about", "--format=json"],
        capture_output=True,
        check=True,
    )
    assert json.loads(about.stdout)["name"] == "tap-continu-coursebase"
