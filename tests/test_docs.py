"""The site: built strictly, whole, and readable without a network."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import chain
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml

from tap_continu_coursebase.config.settings import SCHEMA
from tools.catalog import EXPORTS, discovered
from tools.generate import ROOT

SOURCES = ("mkdocs.yml", "docs", "CHANGELOG.md", "SECURITY.md")
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
PAGES = sorted(path.name for path in (ROOT / "docs").glob("*.md"))
LOADED = {"img": "src", "link": "href", "script": "src", "source": "src", "iframe": "src"}
FENCE = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)


@dataclass
class Page(HTMLParser):
    """What a page of the built site links to, loads and can be linked at."""

    path: Path
    links: list[str] = field(default_factory=list)
    loaded: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.anchors.update(filter(None, [given.get("id"), given.get("name")]))
        if tag == "a" and (href := given.get("href")):
            self.links.append(href)
        if (address := given.get(LOADED.get(tag, ""))) and given.get("rel") != "canonical":
            self.loaded.append(address)


def copied(folder: Path) -> Path:
    for name in SOURCES:
        source = ROOT / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    return folder


def build(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=folder,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> dict[Path, Page]:
    folder = copied(tmp_path_factory.mktemp("site"))
    built = build(folder)
    assert built.returncode == 0, built.stdout + built.stderr
    return {path: Page(path) for path in sorted((folder / "site").rglob("*.html"))}


def test_a_broken_link_fails_the_build(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    with (folder / "docs" / "index.md").open("a") as file:
        file.write("\n[nowhere](nowhere.md)\n")
    assert build(folder).returncode != 0


def test_every_page_is_in_the_navigation(site: dict[Path, Page]) -> None:
    listed = [
        page
        for section in SITE["nav"]
        for entry in section.values()
        for page in ([entry] if isinstance(entry, str) else chain(*map(dict.values, entry)))
    ]
    assert sorted(listed) == PAGES
    assert {path.stem for path in site} >= {page.removesuffix(".md") for page in PAGES}


def test_no_link_is_broken(site: dict[Path, Page]) -> None:
    broken = [
        (path.name, link)
        for path, page in site.items()
        if path.name != "404.html"
        for link in page.links + page.loaded
        if not is_external(link) and not leads_somewhere(link, page, site)
    ]
    assert broken == []


def leads_somewhere(link: str, page: Page, site: dict[Path, Page]) -> bool:
    parts = urlsplit(link)
    target = (page.path.parent / unquote(parts.path)).resolve() if parts.path else page.path
    if not target.exists():
        return False
    return not parts.fragment or unquote(parts.fragment) in site[target].anchors


def is_external(link: str) -> bool:
    return link.startswith(("http:", "https:", "//", "data:", "mailto:", "javascript:"))


def test_nothing_is_asked_of_the_network_to_show_a_page(site: dict[Path, Page]) -> None:
    assert not [
        (path.name, one) for path, page in site.items() for one in page.loaded if is_external(one)
    ]
    (folder,) = {path.parent for path in site if path.name == "index.html"}
    for sheet in folder.rglob("*.css"):
        assert not re.findall(r"url\(\s*['\"]?(?:https?:)?//", sheet.read_text("utf-8")), sheet.name


def test_the_root_files_are_pages(site: dict[Path, Page]) -> None:
    for path, page in site.items():
        if path.stem in {"changelog", "security"}:
            assert {"unreleased", "what-the-tap-trusts"} & page.anchors
            assert "--8<--" not in path.read_text("utf-8")


def test_every_setting_has_an_anchor(site: dict[Path, Page]) -> None:
    (settings,) = [page for path, page in site.items() if path.name == "settings.html"]
    assert SCHEMA["properties"].keys() <= settings.anchors


def test_every_stream_has_an_anchor(site: dict[Path, Page]) -> None:
    anchors = {one for path, page in site.items() if "streams" in path.name for one in page.anchors}
    streams = {stream["tap_stream_id"] for stream in discovered()}
    exports = {name for name in streams if name.startswith(EXPORTS)}
    assert streams - exports <= anchors
    assert {"coursebase_report_type", "coursebase_saved_report_id"} <= anchors


def commands(page: str) -> Iterator[str]:
    yield from FENCE.findall((ROOT / "docs" / page).read_text("utf-8"))


@pytest.mark.parametrize("page", [page for page in PAGES if any(commands(page))])
def test_every_command_is_one_of_the_readme_or_has_a_test(page: str) -> None:
    """A page with commands of its own is named by the module that runs them."""
    own = set(commands(page)) - set(FENCE.findall((ROOT / "README.md").read_text("utf-8")))
    modules = [path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__)]
    assert not own or any(page in path.read_text("utf-8") for path in modules)
