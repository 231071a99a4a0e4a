"""The generated parts of the site's pages: settings, streams and options, as they are declared."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from tap_continu_coursebase.config.settings import SCHEMA
from tap_continu_coursebase.continu.reports import REPORTS, Behaviour, Report
from tap_continu_coursebase.continu.streams import RECORDS
from tap_continu_coursebase.core.windows import SMALLEST
from tap_continu_coursebase.coursebase.resources import (
    REPORT_TYPES,
    RESOURCES,
    USER_SEARCH,
    Resource,
)
from tap_continu_coursebase.tap import TapContinuCoursebase

ROOT = Path(__file__).resolve().parent.parent
EN_DASH = "\N{EN DASH}"
BEHAVIOURS: Mapping[Behaviour, str] = {
    "facts": "A row is something that happened, or that somebody is assigned or is in. Loaded by "
    "windows, from the cursor on.",
    "aggregates": "A row sums up its window: numbers count what happened from `window_from` until "
    "`window_until`. Windows begin on the calendar's boundaries and are never split; the open one "
    "is read again until it has closed. Sums over windows never count twice.",
    "snapshot": "A snapshot: no dates, one request, all of it in each run; what no longer comes is "
    "marked as deleted.",
}


def getting_started() -> dict[str, str]:
    """Return the README's commands that lead to a schedule."""
    return commands(
        {
            "install": "meltano~=",
            "project": "meltano init",
            "check": "--check",
            "first-load": "meltano run hourly daily",
            "cron": "5 * * * *",
            "plain": "--discover",
        }
    )


def settings() -> dict[str, str]:
    """Return the page of the settings: the tap's own, and those of the SDK."""
    of_sdk = copy.deepcopy(SCHEMA)
    TapContinuCoursebase.append_builtin_config(of_sdk)
    others = {k: v for k, v in of_sdk["properties"].items() if k not in SCHEMA["properties"]}
    return {
        "settings": _lines(_settings(SCHEMA["properties"])),
        "settings-of-the-sdk": _lines(_settings(others)),
    }


def continu() -> dict[str, str]:
    """Return the page of Continu's streams."""
    return {
        "streams": _lines(line for report in REPORTS for line in _report(report)),
        "records": _lines(
            line
            for name in sorted(RECORDS, reverse=True)
            for line in _stream(name, _schema(*name.split("_", 1)), [])
        ),
    }


def coursebase() -> dict[str, str]:
    """Return the page of Coursebase's streams."""
    return {
        "streams": _lines(
            line for resource in (*RESOURCES, USER_SEARCH) for line in _resource(resource)
        ),
        "exports": _lines(line for line in _exports()),
    }


def command_line() -> dict[str, str]:
    """Return the options of the command."""
    rows = []
    for parameter in TapContinuCoursebase.get_singer_command().params:
        if not isinstance(parameter, click.Option):
            continue
        value = "" if parameter.is_flag else _value(parameter)
        names = ", ".join(f"`{name}{value}`" for name in parameter.opts)
        rows.append(f"| {names} | {_cell(parameter.help or EN_DASH)} |")
    options = _lines(["| option | meaning |", "|---|---|", *rows])
    return {"options": options, **commands({"plan": "--plan"})}


def commands(named: Mapping[str, str]) -> dict[str, str]:
    """Return blocks of commands of the README, each by a text that it alone contains."""
    text = (ROOT / "README.md").read_text("utf-8")
    blocks = re.findall(r"^```\w+\n.*?^```$", text, re.DOTALL | re.MULTILINE)
    return {
        name: _lines([_only(block for block in blocks if containing in block)])
        for name, containing in named.items()
    }


def _value(option: click.Option) -> str:
    """Return how the value of an option is written after its name."""
    if isinstance(option.flag_value, str):
        return f"[={option.type.name.upper()}]"
    if isinstance(option.type, click.Choice):
        return f" {option.opts[0].lstrip('-').upper()}"
    return f" {option.metavar or option.type.name.upper()}"


def _settings(properties: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, setting in properties.items():
        yield f"### `{name}`"
        yield ""
        yield " ".join(setting.get("description", "").split())
        yield ""
        yield from (f"- {fact}: {told}" for fact, told in _facts(name, setting))
        yield ""


def _facts(name: str, setting: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Type", _kind(setting)
    if (default := setting.get("default")) is not None:
        yield "Default", f"`{json.dumps(default) if not isinstance(default, str) else default}`"
    items = setting.get("items", {}).get("enum") or setting.get("enum") or []
    if allowed := [f"`{value}`" for value in items if value is not None]:
        yield "Allowed", ", ".join(allowed)
    for word, keyword in (("At least", "minimum"), ("At most", "maximum")):
        if keyword in setting:
            yield word, f"{setting[keyword]:,}"
    for example in setting.get("examples", []):
        yield "Example", f"`{example if isinstance(example, str) else json.dumps(example)}`"
    if setting.get("secret"):
        yield "Secret", "never written to a log, a message or the state"
    yield "Environment", f"`TAP_CONTINU_COURSEBASE_{name.upper()}`"


def _report(report: Report) -> list[str]:
    name = f"continu_{report.name}"
    schema = _schema("continu", report.name)
    told = [BEHAVIOURS[report.behaviour]]
    if report.updates:
        first, *others = report.updates
        told.append(
            f"Windows go by the date of the last update, so that a changed row is loaded again: "
            f"`range_target` is `{first}`, where the API refuses that {_list(others, 'then')}, "
            "at last none."
        )
    elif report.range_target:
        told.append(
            "Takes a `range_target`, which is left to the API: by the date of the last update an "
            "item would count again in the window of each change."
        )
    elif report.behaviour != "snapshot":
        told.append(
            "Takes no `range_target`: which date its windows go by is the API's own choice."
        )
    if report.behaviour == "facts":
        told.append(
            "A window that is too much for the API is asked for in halves, down to "
            f"{SMALLEST.total_seconds() / 3600:.0f} hour. What vanished is marked by a `reconcile`."
        )
    filters = [
        f"`{name}` ({', '.join(f'`{key}`' for key in sorted(keys))})"
        for name, keys in report.filters.items()
    ]
    filters += [f"`{name}` (epoch seconds)" for name in sorted(report.bounds)]
    told.append(f"Filters: {'; '.join(filters)}." if filters else "Takes no filters.")
    hours = report.cadence.total_seconds() / 3600
    told.append(f"To be loaded every {'hour' if hours == 1 else 'day'}.")
    told += _of_columns(schema)
    return _stream(name, schema, told)


def _resource(resource: Resource) -> list[str]:
    schema = _schema("coursebase", resource.name)
    told = [f"From the method `{resource.method}`, as a snapshot: all of it in each run."]
    if resource.parent:
        told.append(
            f"One call or more for each row of `coursebase_{resource.parent.name}`; one that has "
            f"vanished meanwhile (`{resource.parent.vanished}`) is passed over."
        )
    if resource.feature_code:
        told.append(
            f"Has no rows where the organisation lacks the feature (`{resource.feature_code}`)."
        )
    if not resource.selected:
        told.append("Not selected by default, since it costs a call for each user.")
    if resource is USER_SEARCH:
        told.append(
            "A stream only if "
            "[`coursebase_user_search`](settings.md#coursebase_user_search) is set."
        )
    return _stream(f"coursebase_{resource.name}", schema, told)


def _exports() -> Iterator[str]:
    kinds = ", ".join(f"`{kind}`" for kind in REPORT_TYPES)
    shared = [
        "An export is started, waited for and downloaded; unchanged data are not downloaded again.",
        "One column for each column of the CSV file, as text. Which there are is not published.",
    ]
    yield from _stream(
        "coursebase_report_<type>",
        _schema("coursebase", "report"),
        [*shared, f"The types are {kinds}."],
    )
    yield from _stream(
        "coursebase_saved_report_<id>",
        _schema("coursebase", "saved_report"),
        [*shared, "One for each of [`coursebase_report_ids`](settings.md#coursebase_report_ids)."],
    )


def _of_columns(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is particular of a report's columns."""
    properties = schema["properties"]
    key = [*schema["required"]]
    if lowered := [name for name in key if properties[name].get("x-lower-case")]:
        kept = [f"`{name}_as_sent`" for name in lowered]
        told = _list(lowered, "and")
        yield f"In the key {told} stands in lower case, and as it came in {', '.join(kept)}."
    for name in key:
        if fallbacks := properties[name].get("x-fallbacks"):
            shown = _list((f"{prefix}:" for prefix in fallbacks), "or")
            yield f"Where `{name}` is null, {shown} and another id of the row stand in its place."
    if absent := [name for name in key if "default" in properties[name]]:
        shown = properties[absent[0]]["default"]
        yield f"Where {_list(absent, 'or')} is absent, `{shown}` stands in its place."
    off = [name for name, one in properties.items() if one.get("x-selected-by-default") is False]
    if off:
        yield f"Not selected by default, since they make answers large: {_list(off, 'and')}."


def _stream(name: str, schema: Mapping[str, Any], told: Iterable[str]) -> list[str]:
    key = schema["required"]
    properties = schema["properties"]
    rows = [
        f"| {_column(column, key)} | {_kind(one)} | {_asked(one)} | {_cell(one['description'])} |"
        for column, one in properties.items()
    ]
    return [
        f"## `{name}`",
        "",
        _cell(schema["description"]),
        "",
        f"- **Key:** {', '.join(f'`{column}`' for column in key)}",
        *(f"- {one}" for one in told),
        "",
        '<details markdown="1">',
        f"<summary>{len(rows)} columns</summary>",
        "",
        "| column | type | asked for | meaning |",
        "|---|---|---|---|",
        *rows,
        "",
        "</details>",
        "",
    ]


def _column(name: str, key: list[str]) -> str:
    return f"**`{name}`** (key)" if name in key else f"`{name}`"


def _asked(column: Mapping[str, Any]) -> str:
    """Tell how a column is asked for: as a flag, or through that of an object."""
    if column.get("x-flag"):
        return "by its flag, if selected" if "x-selected-by-default" in column else "by its flag"
    if paths := column.get("x-paths"):
        objects = dict.fromkeys(path.partition(".")[0] for path in paths)
        return f"through {_list(objects, 'or')}"
    return EN_DASH


def _kind(schema: Mapping[str, Any]) -> str:
    given = schema.get("type", "any")
    kinds = [given] if isinstance(given, str) else [kind for kind in given if kind != "null"]
    if schema.get("format") == "date-time":
        return "date-time"
    return " or ".join("text" if kind == "string" else kind for kind in kinds)


def _schema(source: str, name: str) -> dict[str, Any]:
    declared: dict[str, Any] = json.loads(
        (ROOT / "schemas" / source / f"{name}.json").read_text("utf-8")
    )
    return declared


def _list(names: Iterable[str], word: str) -> str:
    """Write names as code, the last after a word such as *and*."""
    shown = [f"`{name}`" for name in names]
    return f" {word} ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))


def _cell(text: str) -> str:
    """Write a text so that Markdown takes it as it is, in one cell."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _only(found: Iterable[str]) -> str:
    (one,) = found
    return one


def _lines(lines: Iterable[str]) -> str:
    """Join lines, with a blank one before, so that Markdown ends the comment there."""
    return "\n" + "".join(f"{line}\n" for line in lines).rstrip("\n") + "\n\n"
