"""What settings would mend what was found, each declared as one rule.

A mend is proposed only if this version takes it: ``config/options.py`` checks each.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from tap_continu_coursebase.check.examine import Seen, deeper
from tap_continu_coursebase.check.kinds import agreed, type_of
from tap_continu_coursebase.config import options
from tap_continu_coursebase.core.watch import Exchange
from tap_continu_coursebase.core.windows import UNITS
from tap_continu_coursebase.decode import hints
from tap_continu_coursebase.decode.body import Wrapping
from tap_continu_coursebase.decode.fastpath import shape_of
from tap_continu_coursebase.decode.record import ADDITIONAL_FIELDS, Shape, snake_case
from tap_continu_coursebase.decode.sample import rows_of
from tap_continu_coursebase.decode.schema import RowSchema
from tap_continu_coursebase.decode.value import loads

TAP = "tap-continu-coursebase"
OPTIONS = "stream_options"
_DEEPEST_ROWS = 4
_MOST_CANDIDATES = 12
_OF_A_KEY = ("id", "uuid", "guid", "key", "code", "number", "email", "date", "at")
_OF_PEOPLE = ("email", "userid")
_SCALARS = frozenset({"string", "integer", "date-time"})


@dataclass(frozen=True)
class Case:
    """What is known of a stream that was looked at.

    Attributes:
        seen: What was found.
        declared: Its schema, key and columns.
        rows: Some rows, as they came.
        config: The settings.
        last: Its last exchange, if there was one.
        rows_path: Where the rows would be found, if they were not.
    """

    seen: Seen
    declared: RowSchema
    rows: Sequence[Any]
    config: Mapping[str, Any]
    last: Exchange | None = None
    rows_path: str | None = None


@dataclass(frozen=True)
class Mend:
    """What would mend one finding.

    Attributes:
        stream: Of which stream.
        why: What was found.
        settings: What to set; ``stream_options`` with the one stream.
        deselects: Whether the stream is to be deselected.
        is_needed: Whether the stream does not load without it.
    """

    stream: str
    why: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    deselects: bool = False
    is_needed: bool = True


Rule = Callable[[Case], Iterator[Mend]]


def propose(case: Case) -> list[Mend]:
    """Return what would mend what was found of one stream; nothing twice."""
    found = [mend for rule in RULES for mend in rule(case) if _is_taken(mend, case.config)]
    if not case.seen.loads and not any(mend.is_needed for mend in found):
        found += _deselect(case)
    return found


def settings_of(mends: Iterable[Mend], config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings to change, each whole: what is set already is kept.

    Args:
        mends: What to do.
        config: The settings as they are.
    """
    changed: dict[str, Any] = {}
    for mend in mends:
        for name, value in mend.settings.items():
            before = changed.get(name, config.get(name))
            changed[name] = _merged(before, value)
    return changed


def commands(settings: Mapping[str, Any], deselected: Iterable[str]) -> list[str]:
    """Return what does the same with Meltano, as lines for a shell.

    Meltano passes the selection to a check only once it has made a catalog, as its list does.
    """
    lines = []
    for name, value in settings.items():
        text = value if isinstance(value, str) else json.dumps(value)
        lines.append(f"meltano config set {TAP} {name} {shlex.quote(text)}")
    excluded = [f"meltano select {TAP} --exclude {stream} '*'" for stream in deselected]
    return [*lines, *excluded, *([f"meltano select {TAP} --list"] if excluded else [])]


def nested_column(path: str, kind: str) -> Any:
    """Declare a column that is filled from a nested field."""
    return {"from": path, "type": kind}


def best_rows_path(data: bytes, wrapping: Wrapping, shape: Shape) -> tuple[str, list[Any]] | None:
    """Find the array in an object whose elements look most like the rows of a stream.

    Args:
        data: The whole object.
        wrapping: What is known of it.
        shape: The stream's columns.

    Returns:
        Its dotted path and its elements; None if there is none.
    """
    try:
        document = loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    candidates = [path for path in _arrays(document, ()) if hints.shown(path) == path]
    read = {path: rows_of(data, replace(wrapping, path=path))[0] for path in candidates}
    ranked = sorted(candidates, key=lambda path: -_likeness(read[path], shape))
    if not ranked or not _likeness(read[ranked[0]], shape):
        return None
    return ranked[0], read[ranked[0]]


def rows_at(data: bytes, path: str) -> list[Any] | None:
    """Return the array that an object has at a dotted path; None if it has none there."""
    try:
        found = loads(data.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None
    for key in path.split("."):
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, list) else None


def _arrays(value: Any, path: tuple[str, ...]) -> Iterator[str]:
    for key, item in value.items() if isinstance(value, Mapping) else ():
        if isinstance(item, list) and any(isinstance(one, Mapping) for one in item):
            yield ".".join((*path, key))
        elif len(path) + 1 < _DEEPEST_ROWS:
            yield from _arrays(item, (*path, key))


def _likeness(rows: Sequence[Any], shape: Shape) -> int:
    keys = {key for row in rows if isinstance(row, Mapping) for key in row}
    return len({column.name for key in keys if (column := shape.column_of(key))})


# Rules


def _name_rows(case: Case) -> Iterator[Mend]:
    if case.rows_path is not None:
        yield _option(case, "the rows are not where they are looked for", rows_path=case.rows_path)


def _take_not_found_for_empty(case: Case) -> Iterator[Mend]:
    if "set continu_not_found_is_empty to" in case.seen.reason and _takes_options(case.seen):
        yield Mend(
            case.seen.stream,
            "a text says that there are no records",
            {"continu_not_found_is_empty": True},
        )


def _shorten_windows(case: Case) -> Iterator[Mend]:
    """Ask for shorter windows of rows that cannot be split."""
    stream = case.seen.stream
    unit = case.config[OPTIONS].get(stream, {}).get("window", case.config["continu_window"])
    if f"stream_options.{stream}.window to" in case.seen.reason and unit != UNITS[-1]:
        shorter = UNITS[UNITS.index(unit) + 1]
        yield _option(case, f"a {unit} is too much to ask for at once", window=shorter)


def _find_key(case: Case) -> Iterator[Mend]:
    """Name the fields that identify a row, where the declared ones are not all there."""
    key = case.seen.rows.key
    missing = [name for name, one in key.items() if one.of and not one.found]
    if not missing or not case.seen.rows.rejected:
        return
    if nested := {name: key[name].elsewhere for name in missing if key[name].elsewhere}:
        columns = {name: nested_column(path, "string") for name, path in nested.items()}
        why = "the key stands deeper in the rows: " + ", ".join(nested.values())
        mend = _option(case, why, columns=columns)
        if len(nested) == len(missing) and _is_taken(mend, case.config):
            yield mend
            return
    if (found := _other_key(case, ())) is not None:
        yield _with_key(case, f"no row has the key field {', '.join(missing)}", found)


def _tell_rows_apart(case: Case) -> Iterator[Mend]:
    """Add columns to a key that different rows share."""
    if case.seen.rows.different:
        begin = tuple(name for name in case.declared.primary_keys if name in case.seen.rows.key)
        if (found := _other_key(case, begin)) is not None:
            yield _with_key(case, "different rows have the same key", found)


def _find_people(case: Case) -> Iterator[Mend]:
    """Fill what identifies a row's user from where it stands deeper in the rows."""
    rows = [row for row in case.rows if isinstance(row, Mapping)]
    places = {
        name: deeper(rows, name)
        for name in case.seen.rows.never_sent
        if name in _OF_PEOPLE and name not in case.declared.primary_keys
    }
    columns = {name: nested_column(path, "string") for name, path in places.items() if path}
    if columns:
        why = f"what identifies the user stands deeper: {', '.join(filter(None, places.values()))}"
        yield _option(case, why, is_needed=False, columns=columns)


def _declare_columns(case: Case) -> Iterator[Mend]:
    """Declare what is sent and not declared, and take for a text what does not fit its column."""
    rows = case.seen.rows
    wrong = {name: one.kind or "string" for name, one in rows.misfits.items() if one.kind}
    wrong = {name: kind for name, kind in wrong.items() if name not in case.declared.primary_keys}
    if wrong:
        text = dict.fromkeys(wrong, "string")
        why = f"values do not fit their column: {', '.join(sorted(wrong))}"
        columns = {name: wrong[name] if _is_all(case, name) else text[name] for name in wrong}
        yield _option(case, why, is_needed=False, columns=columns)
    known = case.declared.singer["properties"]
    new = {
        snake_case(name): one.kind
        for name, one in rows.undeclared.items()
        if one.kind is not None and snake_case(name) not in known
    }
    if not new:
        return
    why = f"fields are sent that are not declared: {', '.join(sorted(new))}"
    if _takes_options(case.seen):
        yield _option(case, why, is_needed=False, columns=new)
    else:
        yield Mend(case.seen.stream, why, {"discover_live": True}, is_needed=False)


def _name_date(case: Case) -> Iterator[Mend]:
    """Stop asking for a date that is ignored or refused; Meltano would drop null."""
    seen = case.seen
    if seen.ignored:
        why = f"range_target {seen.range_target} seems to be ignored"
        yield _option(case, why, is_needed=False, range_target="")
    elif seen.refused:
        why = f"range_target {' and '.join(seen.refused)} is refused"
        yield _option(case, why, is_needed=False, range_target=seen.range_target or "")


def _deselect(case: Case) -> Iterator[Mend]:
    """Leave out a stream that nothing else would mend."""
    seen = case.seen
    if seen.status not in {"forbidden", "failing"}:
        return
    kind = seen.stream.removeprefix("coursebase_report_")
    types = case.config["coursebase_report_types"]
    why = f"it is {seen.status}: {seen.reason}"
    if seen.stream.startswith("coursebase_report_") and kind in types:
        others = [one for one in types if one != kind]
        yield Mend(seen.stream, why, {"coursebase_report_types": others})
    elif seen.status == "forbidden":
        yield Mend(seen.stream, why, deselects=True)


RULES: tuple[Rule, ...] = (
    _name_rows,
    _take_not_found_for_empty,
    _shorten_windows,
    _find_key,
    _tell_rows_apart,
    _find_people,
    _declare_columns,
    _name_date,
)


def _takes_options(seen: Seen) -> bool:
    return seen.stream.startswith("continu_")


def _option(case: Case, why: str, *, is_needed: bool = True, **given: Any) -> Mend:
    stream = case.seen.stream
    return Mend(stream, why, {OPTIONS: {stream: given}}, is_needed=is_needed)


def _is_taken(mend: Mend, config: Mapping[str, Any]) -> bool:
    """Tell whether this version takes the options of a mend."""
    given = mend.settings.get(OPTIONS, {})
    merged = _merged(config[OPTIONS], given)
    return not given or not list(options.problems({mend.stream: merged[mend.stream]}))


def _is_all(case: Case, name: str) -> bool:
    """Tell whether all values of a column are among those that do not fit it."""
    return case.seen.rows.misfits[name].rows == len(case.rows)


def _with_key(case: Case, why: str, names: Sequence[str]) -> Mend:
    declared = case.declared.singer["properties"]
    others = {
        name: agreed(_values(case, name)) or "string" for name in names if name not in declared
    }
    added = [name for name in case.declared.primary_keys if name in case.declared.added]
    given: dict[str, Any] = {"columns": others} if others else {}
    return _option(case, why, **given, primary_keys=[*added, *names])


def _other_key(case: Case, begin: tuple[str, ...]) -> list[str] | None:
    """Find the fewest columns that all rows have and that tell rows apart, if there are any.

    Args:
        case: Its rows.
        begin: Columns that are in the key already.
    """
    records = _records(case)
    distinct = len({json.dumps(row, sort_keys=True, default=str) for row in case.rows})
    if distinct < 2:  # noqa: PLR2004 - one row shows nothing
        return None
    candidates = sorted(_candidates(records, begin), key=_rank)[:_MOST_CANDIDATES]
    for size in (1, 2):
        for added in combinations(candidates, size):
            names = [*begin, *added]
            if len({tuple(str(row.get(name)) for name in names) for row in records}) == distinct:
                return names
    return None


def _records(case: Case) -> list[Mapping[str, Any]]:
    """Return the rows by the names of columns, those that would be declared included."""
    keyless = Shape(case.declared.columns, keys=(), keep_additional=True)
    rows = [row for row in case.rows if isinstance(row, Mapping)]
    loose = shape_of(rows, keyless, keyless.columns)
    records: list[Mapping[str, Any]] = []
    for row in rows:
        record = dict(loose.fit(row).record)
        for key, value in record.pop(ADDITIONAL_FIELDS, {}).items():
            if key in case.seen.rows.undeclared:
                record.setdefault(snake_case(key), value)
        records.append(record)
    return records


def _values(case: Case, name: str) -> list[Any]:
    return [row.get(name) for row in _records(case)]


def _candidates(records: Sequence[Mapping[str, Any]], begin: tuple[str, ...]) -> list[str]:
    names = set.intersection(*({*record} for record in records)) - {*begin} if records else set()
    return [
        name
        for name in names
        if name.rpartition("_")[2] in _OF_A_KEY
        and all(record[name] != "" and type_of(record[name]) in _SCALARS for record in records)
    ]


def _rank(name: str) -> tuple[int, int, str]:
    return _OF_A_KEY.index(name.rpartition("_")[2]), len(name), name


def _merged(before: Any, change: Any) -> Any:
    """Return a setting with a change; the members of objects are changed one by one."""
    if not isinstance(before, Mapping) or not isinstance(change, Mapping) or "from" in change:
        return change
    return {
        **before,
        **{name: _merged(before.get(name), value) for name, value in change.items()},
    }
