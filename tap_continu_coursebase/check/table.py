"""What a check found, as text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_TITLES = ("stream", "status", "rows", "key", "range_target", "shape")
_MOST_LISTED = 12


def text(found: Mapping[str, Any]) -> str:
    """Write a document of a check as an aligned table, and under it what would mend what was found.

    Args:
        found: As ``document.py`` makes it.
    """
    rows = [_TITLES, *(_cells(one) for one in found["streams"])]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_TITLES))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    for one in found["streams"]:
        if facts := list(_facts(one)):
            lines += ["", one["stream"], *(f"  {fact}" for fact in facts)]
    return "\n".join([*lines, *_headers(found), *_mends(found)])


def _cells(one: Mapping[str, Any]) -> tuple[str, ...]:
    key = one["key"]
    missing = [name for name, field in key.items() if field["found"] < field["of"]]
    has_rows = any(field["of"] for field in key.values())
    count = "-" if one["rows"] is None else f"{one['rows']}{'+' if one['is_part'] else ''}"
    target = one["range_target"]
    return (
        one["stream"],
        one["status"],
        count,
        f"missing {', '.join(missing)}" if missing else "found" if has_rows else "-",
        target["status"] if target["status"] != "not asked for" else "-",
        one["shape"] or "-",
    )


def _facts(one: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is too wide for the table."""
    if one["reason"]:
        yield f"{one['status']}: {one['reason']}"
    if one["window"]:
        yield f"asked for: {one['window'][0]} to {one['window'][1]}"
    yield from _of_target(one["range_target"])
    yield from _of_key(one)
    if one["never_sent"]:
        yield f"declared, never sent: {_listed(one['never_sent'])}"
    hidden = [f"{one['unshown']} more (their names may be data)"] * bool(one["unshown"])
    if fields := [*map(_typed, one["undeclared"].items()), *hidden]:
        yield f"sent, undeclared: {_listed(fields)}"
    if wrong := [f"{name}: {field['rows']} as {_kind(field)}" for name, field in _items(one)]:
        yield f"values that do not fit: {_listed(wrong)}"
    for remark in one["remarks"]:
        yield f"the response {remark}"


def _of_target(target: Mapping[str, Any]) -> Iterator[str]:
    if target["refused"]:
        taken = target["asked_for"] or "none"
        yield f"range_target refused: {', '.join(target['refused'])}; taken: {taken}"
    if target["status"] == "ignored":
        yield f"range_target {target['asked_for']} seems to be ignored"


def _of_key(one: Mapping[str, Any]) -> Iterator[str]:
    for name, field in one["key"].items():
        if field["found"] < field["of"]:
            where = f"; perhaps at {field['elsewhere']}" if field["elsewhere"] else ""
            yield f"key field {name}: in {field['found']} of {field['of']} rows{where}"
    if one["rejected"]:
        yield f"rows without their key: {one['rejected']}"
    if one["different"] or one["identical"]:
        yield f"duplicates by key: {one['different']} that differ, {one['identical']} that do not"


def _headers(found: Mapping[str, Any]) -> Iterator[str]:
    """Yield what the headers of each source told at last."""
    told: dict[str, dict[str, str]] = {}
    for one in found["streams"]:
        told.setdefault(one["stream"].partition("_")[0], {}).update(one["headers"])
    for source, headers in told.items():
        if headers:
            shown = ", ".join(f"{name}: {value}" for name, value in headers.items())
            yield from ("", f"Headers of {source}, last seen: {shown}")


def _items(one: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return list(one["misfits"].items())


def _typed(item: tuple[str, Mapping[str, Any]]) -> str:
    name, field = item
    return f"{name} ({_kind(field)})"


def _kind(field: Mapping[str, Any]) -> str:
    return field["kind"] or "no one type"


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_LISTED
    return ", ".join(names[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _mends(found: Mapping[str, Any]) -> Iterator[str]:
    failing = [one["stream"] for one in found["streams"] if not one["loads"]]
    yield ""
    if failing:
        yield f"Would not load: {', '.join(failing)}"
    else:
        yield "Every stream would load."
    if not found["settings"] and not found["deselect"]:
        return
    yield ""
    yield "What would mend what was found:"
    for one in found["streams"]:
        for mend in one["mends"]:
            yield f"- {one['stream']}: {mend['why']}"
    if found["settings"]:
        yield from ("", "Settings, as JSON:", "", json.dumps(found["settings"], indent=2))
    if found["deselect"]:
        yield from ("", f"Streams to deselect in the catalog: {', '.join(found['deselect'])}")
    yield from ("", "With Meltano:", "", *found["commands"])
