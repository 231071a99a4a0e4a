"""Write into README.md, meltano.yml and plugins/ what the tap already says of itself.

The settings' JSON Schema and the catalog that the tap discovers are the truth; what a project of
one's own takes from ``plugins/``, ``meltano.yml`` tells. ``make generate`` copies what they say to
between the markers of the files that repeat it.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from tap_continu_coursebase.config.settings import SCHEMA
from tap_continu_coursebase.continu.streams import RECORDS
from tap_continu_coursebase.tap import TapContinuCoursebase

ROOT = Path(__file__).resolve().parent.parent

Catalog = list[dict[str, Any]]

_PART = re.compile(
    r"""
    ^(?P<begin> (?P<indent>[ ]*) (?:\#|<!--) [ ] generated:[ ] (?P<name>[\w-]+) (?:[ ]-->)? \n )
    .*?
    ^(?P<end> (?P=indent) (?:\#|<!--) [ ] end (?:[ ]-->)? ) $
    """,
    re.DOTALL | re.MULTILINE | re.VERBOSE,
)


def main() -> None:
    """Rewrite the files that are out of date."""
    for name, contents in FILES.items():
        path = ROOT / name
        text = path.read_text("utf-8")
        if (current := filled(text, contents())) != text:
            path.write_text(current, "utf-8")


def readme() -> dict[str, str]:
    """Return what stands between the markers of README.md, by the markers' name."""
    return {"settings": settings_table(SCHEMA)}


def meltano() -> dict[str, str]:
    """Return what stands between the markers of meltano.yml, by the markers' name."""
    catalog = discovered()
    windowed = windowed_streams(catalog)
    return {
        "settings": _yaml(meltano_settings(SCHEMA)),
        "deselected-columns": _yaml([f"!*.{name}" for name in deselected_columns(catalog)]),
        "deselected-streams": _yaml([f"!{name}.*" for name in deselected_streams(catalog)]),
        "windowed-streams": _yaml([f"{name}.*" for name in windowed]),
        "windowed-streams-in-full": _yaml(
            {name: {"replication-method": "FULL_TABLE"} for name in windowed}
        ),
    }


def tap_definition() -> dict[str, str]:
    """Return what stands between the markers of the tap's definition, by the markers' name."""
    [tap, *_] = _project()["plugins"]["extractors"]
    return {
        "capabilities": _yaml(_part(tap, "capabilities", "settings_group_validation")),
        "settings": _yaml({"settings": meltano_settings(SCHEMA)}),
    }


def target_definition() -> dict[str, str]:
    """Return what stands between the markers of the loader's definition, by the markers' name."""
    [target, *_] = _project()["plugins"]["loaders"]
    return {"loader": _yaml(_part(target, "capabilities", "settings"))}


def jobs() -> dict[str, str]:
    """Return what stands between the markers of the jobs' file, by the markers' name."""
    project = _project()
    [_, *inheriting] = project["plugins"]["extractors"]
    return {"inheriting": _yaml(inheriting), "jobs": _yaml(_part(project, "jobs", "schedules"))}


FILES: Mapping[str, Callable[[], dict[str, str]]] = {
    "README.md": readme,
    "meltano.yml": meltano,
    "plugins/tap-continu-coursebase.yml": tap_definition,
    "plugins/target-postgres.yml": target_definition,
    "plugins/jobs.meltano.yml": jobs,
}


def filled(text: str, contents: Mapping[str, str]) -> str:
    """Replace what stands between ``generated: <name>`` and ``end``, in comments.

    Args:
        text: The file.
        contents: By name, the lines to put there, indented as their markers are. Each name
            may have several places.

    Raises:
        ValueError: If a name has no place, or a place no content.
    """
    places = [match["name"] for match in _PART.finditer(text)]
    if lonely := contents.keys() ^ set(places):
        raise ValueError(f"Either without a place or without content: {sorted(lonely)}")
    return _PART.sub(
        lambda match: (
            match["begin"] + indent(contents[match["name"]], match["indent"]) + match["end"]
        ),
        text,
    )


def settings_table(schema: Mapping[str, Any]) -> str:
    """Return the settings as a table in Markdown."""
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for name, setting in schema["properties"].items():
        secret = "(secret) " if setting.get("secret") else ""
        rows.append(f"| `{name}` | {_default(setting)} | {secret}{setting['description']} |")
    return "".join(f"{row}\n" for row in rows)


def meltano_settings(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the settings as Meltano defines them."""
    return [_meltano_setting(*item) for item in schema["properties"].items()]


def discovered() -> Catalog:
    """Return the catalog's streams, of both sources and of every kind."""
    tap = TapContinuCoursebase(
        config={
            "continu_api_token": "token",
            "start_date": "2024-01-01",
            "coursebase_url": "https://learn.example.com",
            "coursebase_access_token": "token",
            "coursebase_report_ids": ["report"],
            "coursebase_user_search": ["@example.com"],
        }
    )
    streams: Catalog = tap.catalog_dict["streams"]
    return streams


def deselected_columns(catalog: Catalog) -> list[str]:
    """Return the columns that are not selected by default."""
    return sorted({breadcrumb[-1] for _, breadcrumb in _deselected(catalog) if breadcrumb})


def deselected_streams(catalog: Catalog) -> list[str]:
    """Return the streams that are not selected by default."""
    return sorted(stream for stream, breadcrumb in _deselected(catalog) if not breadcrumb)


def windowed_streams(catalog: Catalog) -> list[str]:
    """Return the streams that are loaded window by window, without what they record of it."""
    return sorted(
        entry["tap_stream_id"]
        for entry in catalog
        if entry["replication_method"] == "INCREMENTAL" and entry["tap_stream_id"] not in RECORDS
    )


def _project() -> dict[str, Any]:
    project: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))
    return project


def _part(mapping: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: mapping[name] for name in names}


def _deselected(catalog: Catalog) -> Iterator[tuple[str, tuple[str, ...]]]:
    for entry in catalog:
        for item in entry["metadata"]:
            if not item["metadata"].get("selected-by-default", True):
                yield entry["tap_stream_id"], item["breadcrumb"]


def _default(setting: Mapping[str, Any]) -> str:
    default = setting.get("default")
    if default is None:
        return "\N{EN DASH}"
    if default and default == setting.get("items", {}).get("enum"):
        return f"all {len(default)}"
    return f"`{default if isinstance(default, str) else json.dumps(default)}`"


def _meltano_setting(name: str, setting: Mapping[str, Any]) -> dict[str, Any]:
    options = [value for value in setting.get("enum", []) if value is not None]
    defined = {
        "name": name,
        "label": setting["title"],
        "kind": "options" if options else _kind(name, setting),
        "description": setting["description"],
        "sensitive": setting.get("secret", False),
        "options": [{"label": option, "value": option} for option in options],
    }
    return {key: value for key, value in defined.items() if value}


def _kind(name: str, setting: Mapping[str, Any]) -> str:
    """Return Meltano's name of a type; in JSON Schema a date is a string."""
    (kind,) = (kind for kind in setting["type"] if kind != "null")
    return "date_iso8601" if name.endswith("_date") else str(kind)


def _yaml(value: Any) -> str:
    """Write YAML as Meltano writes it back when it changes the file."""
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=sys.maxsize)
    return text


if __name__ == "__main__":
    main()
