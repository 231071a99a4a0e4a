"""Write into meltano.yml, plugins/ and docs/ what the tap already says of itself.

The settings' JSON Schema and the catalog that the tap discovers are the truth; what a project of
one's own takes from ``plugins/``, ``meltano.yml`` tells, and what the pages of ``docs/`` repeat,
``pages.py`` builds. ``make generate`` copies what they say to
between the markers of the files that repeat it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from functools import partial
from itertools import groupby
from pathlib import Path
from textwrap import indent
from typing import Any

import yaml

from harness.loaders import matrix
from tap_continu_coursebase.config.settings import SCHEMA
from tap_continu_coursebase.continu.streams import RECORDS
from tools import diagram, models, pages, staging
from tools.catalog import EXPORTS, Catalog, discovered

ROOT = Path(__file__).resolve().parent.parent

ONLY_BY_SETTING = ("coursebase_user_search",)

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
    for name, whole in WHOLE.items():
        (ROOT / name).write_text(whole(), "utf-8")
    for name, contents in FILES.items():
        path = ROOT / name
        text = path.read_text("utf-8")
        if (current := filled(text, contents())) != text:
            path.write_text(current, "utf-8")


def meltano() -> dict[str, str]:
    """Return what stands between the markers of meltano.yml, by the markers' name."""
    catalog = discovered()
    windowed = windowed_streams(catalog)
    return {
        "settings": _yaml(meltano_settings(SCHEMA)),
        "selected": _yaml(selected(catalog)),
        "windowed-streams": _yaml(windowed),
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


def dbt_definition() -> dict[str, str]:
    """Return what stands between the markers of dbt's definition, by the markers' name."""
    [dbt] = _project()["plugins"]["utilities"]
    return {"dbt": _yaml(_part(dbt, "env", "commands", "settings"))}


def profiles() -> str:
    """Return dbt's profiles for a project of one's own, which are those of ``transform/``."""
    return (ROOT / "transform" / "profiles.yml").read_text("utf-8")


def jobs() -> dict[str, str]:
    """Return what stands between the markers of the jobs' file, by the markers' name.

    ``meltano add --from-ref`` takes no selection from a definition, so each has it here.
    """
    project = _project()
    [tap, *inheriting] = project["plugins"]["extractors"]
    for extractor in inheriting:
        extractor["select"] = [*tap["select"]]
    return {"inheriting": _yaml(inheriting), "jobs": _yaml(_part(project, "jobs", "schedules"))}


FILES: Mapping[str, Callable[[], dict[str, str]]] = {
    "meltano.yml": meltano,
    "docs/loaders.md": matrix.document,
    "plugins/tap-continu-coursebase.yml": tap_definition,
    "plugins/target-postgres.yml": target_definition,
    "plugins/dbt-postgres.yml": dbt_definition,
    "plugins/jobs.meltano.yml": jobs,
    "docs/getting-started.md": pages.getting_started,
    "docs/settings.md": pages.settings,
    "docs/streams-continu.md": pages.continu,
    "docs/streams-coursebase.md": pages.coursebase,
    "docs/command-line.md": pages.command_line,
    "docs/models.md": models.page,
    "transform/README.md": models.readme,
}

TRANSFORM = "transform/models"
WHOLE: Mapping[str, Callable[[], str]] = {
    f"{TRANSFORM}/sources.yml": staging.sources,
    f"{TRANSFORM}/staging/continu/_continu.yml": partial(staging.views, "continu"),
    f"{TRANSFORM}/staging/coursebase/_coursebase.yml": partial(staging.views, "coursebase"),
    "transform/seeds/stream_cadences.csv": staging.cadences,
    "plugins/transform/profiles.yml": profiles,
    "transform/macros/streams.sql": staging.streams,
    "docs/models.svg": diagram.drawing,
}
"""Files that are written as a whole."""


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


def meltano_settings(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the settings as Meltano defines them."""
    return [_meltano_setting(*item) for item in schema["properties"].items()]


def selected(catalog: Catalog) -> list[str]:
    """Return the patterns that select what is selected by default.

    A pattern that excludes would win over whatever a user selects, so none does. Where a column
    of one stream or another is not selected by default, the columns of its source are listed.
    """
    patterns: list[str] = []
    for source, entries in groupby(catalog, lambda entry: entry["tap_stream_id"].partition("_")[0]):
        streams = [entry for entry in entries if () not in _deselected(entry)]
        recorded = [one["tap_stream_id"] for one in streams if one["tap_stream_id"] in RECORDS]
        others = [one for one in streams if one["tap_stream_id"] not in recorded]
        off = {name for entry in others for (_, name) in _deselected(entry)}
        if not off:
            patterns += sorted(f"{_pattern(one['tap_stream_id'])}.*" for one in streams)
            continue
        columns = {name for entry in others for name in entry["schema"]["properties"]}
        patterns += [f"{name}.*" for name in sorted(recorded)]
        patterns += [f"{source}_*.{name}" for name in sorted(columns - off)]
    return list(dict.fromkeys(patterns))


def _pattern(stream: str) -> str:
    """Return the pattern of a stream; of the exports, one for all of a kind.

    Meltano warns of the name of a stream that is none without its setting, not of a pattern.
    """
    kinds = (*EXPORTS, *ONLY_BY_SETTING)
    return next((f"{kind}*" for kind in kinds if stream.startswith(kind)), stream)


def windowed_streams(catalog: Catalog) -> list[str]:
    """Return the streams that are loaded window by window, without what they record of it."""
    return sorted(
        entry["tap_stream_id"]
        for entry in catalog
        if entry["replication_method"] == "INCREMENTAL" and entry["tap_stream_id"] not in RECORDS
    )


def _deselected(entry: dict[str, Any]) -> set[tuple[str, ...]]:
    """Return the breadcrumbs of what is not selected by default."""
    return {
        tuple(item["breadcrumb"])
        for item in entry["metadata"]
        if not item["metadata"].get("selected-by-default", True)
    }


def _project() -> dict[str, Any]:
    project: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))
    return project


def _part(mapping: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: mapping[name] for name in names}


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
