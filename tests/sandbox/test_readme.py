"""The sandbox's README lists every citation, admin path and module."""

from __future__ import annotations

import re
from itertools import chain
from pathlib import Path

import sandbox
from sandbox.admin import Admin
from sandbox.coursebase.admin import CoursebaseAdmin
from sandbox.server import Sandbox

FOLDER = Path(sandbox.__file__).parent
README = (FOLDER / "README.md").read_text()
SOURCES = sorted(FOLDER.rglob("*.py"))

KEY = re.compile(r"\b[A-Z]-[a-z]{2,4}\b|\bH:[a-z-]+\b|\bRFC \d+\b")
PAGE = re.compile(r"[Dd]ocumented(?:: | by example: |[ (]+)([A-Z])\b(?![-:])")


def section(title: str) -> str:
    """Return what stands below a heading."""
    return README.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def cells(title: str) -> set[str]:
    """Return what stands in backticks in the first column of a section's tables."""
    rows = re.findall(r"^\| (`.*?) \|", section(title), re.MULTILINE)
    return set(chain.from_iterable(re.findall(r"`([^`]+)`", row) for row in rows))


def test_the_legend_is_that_of_the_citations() -> None:
    cited: set[str] = set()
    for path in SOURCES:
        text = re.sub(r"\s+", " ", path.read_text())
        cited |= {*KEY.findall(text), *PAGE.findall(text)}
    assert {"M", "B", "R-oas", "H:add-report-column"} < cited
    assert cells("What the citations mean") == cited


def test_every_admin_path_is_listed(server: Sandbox) -> None:
    halves = Admin(server.api, server.server_clock), CoursebaseAdmin(server.coursebase)
    routes = chain.from_iterable(half.routes() for half in halves)
    served = {
        f"{method} {route.path}"
        for route in routes
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert cells("Admin paths") == served


def test_every_module_is_in_the_map() -> None:
    listed = cells("Where things are")
    folders = {entry for entry in listed if entry.endswith("/")}
    modules = {str(path.relative_to(FOLDER).with_suffix("")) for path in SOURCES}
    apart = {module for module in modules if not module.startswith(tuple(folders))}
    assert listed - folders == {name for name in apart if not name.endswith("__init__")}
    assert all((FOLDER / folder).is_dir() for folder in folders)
