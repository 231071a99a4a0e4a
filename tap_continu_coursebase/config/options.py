"""Check the setting ``stream_options``: every problem is one sentence that names the option."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tap_continu_coursebase.continu.options import SOURCE
from tap_continu_coursebase.continu.reports import REPORTS, Report
from tap_continu_coursebase.core.errors import one_line
from tap_continu_coursebase.core.windows import LONGEST_LOOKBACK, UNITS
from tap_continu_coursebase.decode.record import ADDITIONAL_FIELDS, snake_case
from tap_continu_coursebase.decode.schema import ADDED_BY_TAP, TYPES, load

_COLUMN_EXAMPLE = "{'from': 'user.email', 'type': 'string'}"
_MOST_NAMES = 10


def problems(stream_options: Mapping[str, Any]) -> Iterator[str]:
    """Check the setting ``stream_options``; each problem is one sentence."""
    known = {f"{SOURCE}_{report.name}": report for report in REPORTS}
    for name, given in stream_options.items():
        if name in known:
            yield from map(one_line, _report_problems(given, known[name]))
        else:
            problem = f"no such stream; known are: {', '.join(sorted(known))}"
            yield one_line(f"stream_options.{name}: {problem}")


def _report_problems(given: Any, report: Report) -> Iterator[str]:
    """Check the options of one report.

    Args:
        given: The value of ``stream_options.continu_<report>``.
        report: Which report it is for.

    Yields:
        One sentence for each problem, naming the option and showing a right value.
    """
    where = f"stream_options.{SOURCE}_{report.name}"
    if not isinstance(given, dict):
        yield f"{where}: is not an object; right would be {{'lookback_minutes': 120}}"
        return
    checks = {
        "range_target": _range_target,
        "window": _window,
        "lookback_minutes": _lookback_minutes,
        "filters": _filters,
        "primary_keys": _primary_keys,
        "columns": _columns,
        "rows_path": _rows_path,
    }
    for option, value in given.items():
        if option in checks:
            for problem in checks[option](value, report, given):
                yield f"{where}.{option}: {problem}"
        else:
            yield f"{where}.{option}: unknown option; known are: {', '.join(checks)}"


def _range_target(value: Any, report: Report, _: Mapping[str, Any]) -> Iterator[str]:
    if not report.range_target:
        yield "this report takes none; leave it out"
    elif value is not None and not isinstance(value, str):
        yield (
            f"{value!r} is not the name of a date field; right would be updated_date, or an empty "
            "text or null to leave it out"
        )


def _window(value: Any, report: Report, _: Mapping[str, Any]) -> Iterator[str]:
    if report.behaviour == "snapshot":
        yield "this report has no dates; leave it out"
    elif value not in UNITS:
        yield f"{value!r} is not known; right would be {' or '.join(UNITS)}"


def _lookback_minutes(value: Any, report: Report, _: Mapping[str, Any]) -> Iterator[str]:
    if report.behaviour == "snapshot":
        yield "this report has no dates; leave it out"
    elif type(value) is not int or value < 0:
        yield f"{value!r} is not a number of minutes; right would be 0 or more"
    elif value > LONGEST_LOOKBACK:
        yield f"{value} is too large; right would be {LONGEST_LOOKBACK} or less"


def _filters(value: Any, report: Report, _: Mapping[str, Any]) -> Iterator[str]:
    known = sorted({*report.filters, *report.bounds})
    if not isinstance(value, dict):
        yield f"{value!r} is not an object; right would be {{'user_filter': {{'role': 'learner'}}}}"
        return
    for name, conditions in value.items():
        if name not in known:
            yield f"{name!r} is not taken by this report; it takes: {', '.join(known) or 'none'}"
        elif name in report.bounds:
            if not isinstance(conditions, str) or not conditions.isdecimal():
                yield f"{name}: right would be epoch seconds as a string, such as '1714521600'"
        elif not isinstance(conditions, dict):
            yield f"{name}: is not an object; right would be {{'id': '...'}}"
        else:
            for key in sorted(conditions.keys() - report.filters[name]):
                allowed = ", ".join(sorted(report.filters[name]))
                yield f"{name}: unknown key {key!r}; known are: {allowed}"
            for key, condition in conditions.items():
                if not isinstance(condition, str):
                    yield f"{name}.{key}: right would be a string, values separated by commas"


def _primary_keys(value: Any, report: Report, given: Mapping[str, Any]) -> Iterator[str]:
    declared = load(SOURCE, report.name)
    extra = given.get("columns")
    known = {*declared.singer["properties"], *(extra if isinstance(extra, dict) else ())}
    if not isinstance(value, list) or not value:
        yield f"{value!r} is not a list of columns; right would be {list(declared.primary_keys)}"
        return
    for name in value:
        if not isinstance(name, str) or name not in known - {ADDITIONAL_FIELDS, *declared.as_sent}:
            yield f"{name!r} is not a column of this stream"
    if len({str(name) for name in value}) < len(value):
        yield "a column is listed twice"
    if report.behaviour == "aggregates" and "window_from" not in value:
        yield "window_from must be in it: without it windows would overwrite each other"


def _columns(value: Any, report: Report, _: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{value!r} is not an object; right would be {{'cost_center': 'string'}}"
        return
    declared = load(SOURCE, report.name)
    added = {*ADDED_BY_TAP, *declared.as_sent}
    for name, kind in value.items():
        if name in added:
            yield f"{name!r} is added by the tap and cannot be declared"
        elif not name or snake_case(name) != name:
            yield f"{name!r} is not in snake_case; right would be {snake_case(name) or 'a_name'!r}"
        elif isinstance(kind, dict):
            others = {*declared.singer["properties"], *value} - {name}
            yield from (f"{name}: {problem}" for problem in _column_problems(kind, others))
        elif not isinstance(kind, str) or kind not in TYPES:
            yield (
                f"{name}: {kind!r} is not a type; right would be one of {', '.join(TYPES)}, or "
                f"{_COLUMN_EXAMPLE}"
            )


def _column_problems(given: Mapping[str, Any], others: Collection[str]) -> Iterator[str]:
    """Check a column with what it is filled from.

    Args:
        given: Its declaration.
        others: The stream's other columns.
    """
    for option in sorted(given.keys() - {"from", "type"}):
        yield f"{option!r} is not known; right would be {_COLUMN_EXAMPLE}"
    kind, path = given.get("type"), given.get("from")
    if not isinstance(kind, str) or kind not in TYPES:
        yield f"type: {kind!r} is not a type; right would be one of {', '.join(TYPES)}"
    if not isinstance(path, str) or not all(
        part and part == part.strip() for part in path.split(".")
    ):
        yield f"from: {path!r} is not a path of names; right would be 'user.email'"
    elif path.count(".") >= _MOST_NAMES:
        yield f"from: {path!r} is too long; right would be {_MOST_NAMES} names or fewer"
    elif snake_case(path) in others and "." not in path:
        yield f"from: {path!r} is a column of its own; right would be a path such as 'user.email'"


def _rows_path(value: Any, _report: Report, _: Mapping[str, Any]) -> Iterator[str]:
    if not isinstance(value, str) or not all(value.split(".")):
        yield f"{value!r} is not a path of names; right would be data or result.items"
