"""What a loader has made of the rows: told by comparing each value with PostgreSQL's."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from harness.loaders.matrix import KINDS
from harness.loaders.programs.typed import Row
from harness.loaders.readers import Tables

Key = tuple[str, ...]

NATIVE = {
    "text": "text",
    "instant": "timestamp",
    "integer": "number",
    "number": "number",
    "boolean": "boolean",
    "object": "JSON",
    "list": "JSON",
    "mixed": "JSON",
}
"""What an equal value is called."""
DELETED = "_sdc_deleted_at"
ESCAPED = str.maketrans({"\n": "\\n", "\r": "\\r", "\t": "\\t"})
_ABSENT = object()


@dataclass(frozen=True)
class Stream:
    """What a SCHEMA message says of a stream.

    Attributes:
        key: Columns that identify a row.
        kinds: By column, the kind of its values.
    """

    key: tuple[str, ...]
    kinds: Mapping[str, str]


@dataclass
class Observed:
    """What was found of one loader; the attributes are those of ``matrix.Loader``.

    Attributes:
        rows: ``all``, or which are missing or too many.
        updates: ``replaced`` or ``appended``.
        deletes: ``marked``, ``removed`` or ``kept``, or several of them.
        values: By kind of value, what it becomes, or an example of what is neither.
    """

    rows: str = "all"
    updates: str = "replaced"
    deletes: str = ""
    values: dict[str, str] = field(default_factory=dict)


def streams(*messages: Path) -> dict[str, Stream]:
    """Read what the SCHEMA messages of some files say; the last one of a stream counts."""
    found = {}
    for path in messages:
        with path.open(encoding="utf-8") as lines:
            for message in (json.loads(text) for text in lines if "SCHEMA" in text[:20]):
                kinds = {
                    name: _kind(schema) for name, schema in message["schema"]["properties"].items()
                }
                found[message["stream"]] = Stream(tuple(message["key_properties"]), kinds)
    return found


def observe(told: Mapping[str, Stream], loads: Iterable[tuple[Tables, Tables]]) -> Observed:
    """Say what a loader has made of the rows.

    Args:
        told: What is known of each stream.
        loads: After each run, what PostgreSQL and what the loader then hold.
    """
    observed = Observed()
    forms: dict[str, set[str]] = {}
    missing: list[str] = []
    fates: set[str] = set()
    for both in loads:
        expected, found = ({name.lower(): rows for name, rows in one.items()} for one in both)
        for name, stream in told.items():
            wanted = _by_key(stream, expected.get(name.lower(), []))
            held = _by_key(stream, found.get(name.lower(), []))
            living = {key for key, (*_, row) in wanted.items() if row.get(DELETED) is None}
            if lost := living - held.keys():
                missing.append(f"{name}: {len(lost)} of {len(living)} lost")
            if extra := held.keys() - wanted.keys():
                missing.append(f"{name}: {len(extra)} are not in the source")
            if any(len(rows) > 1 for rows in held.values()):
                observed.updates = "appended"
            for key in wanted.keys() - living:
                fates.add(_fate(held.get(key)))
            for key in sorted(living & held.keys()):
                for kind, form in _forms(stream, wanted[key][-1], held[key][-1]):
                    forms.setdefault(kind, set()).add(form)
    observed.rows = "; ".join(missing) or "all"
    observed.deletes = " or ".join(sorted(fates))
    observed.values = {kind: " or ".join(sorted(forms.get(kind, ()))[:5]) for kind in KINDS}
    return observed


def _kind(schema: Mapping[str, Any]) -> str:
    types = set(schema.get("type", ())) - {"null"} if schema.get("type") != "string" else {"string"}
    if len(types) != 1:
        return "mixed"
    (only,) = types
    if only == "string":
        return "instant" if schema.get("format") == "date-time" else "text"
    return "list" if only == "array" else str(only)


def _by_key(stream: Stream, rows: Iterable[Row]) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = {}
    for row in rows:
        key = tuple(
            str(_instant(row.get(name)) if stream.kinds[name] == "instant" else row.get(name))
            for name in stream.key
        )
        found.setdefault(key, []).append(row)
    return found


def _fate(rows: list[Row] | None) -> str:
    if not rows:
        return "removed"
    return "marked" if rows[-1].get(DELETED) is not None else "kept"


def _forms(stream: Stream, want: Row, have: Row) -> Iterator[tuple[str, str]]:
    for name, kind in stream.kinds.items():
        value, found = want.get(name), have.get(name, _ABSENT)
        if value is None:
            yield "null", _form_of_null(found)
        else:
            yield kind, _form(kind, value, found)


def _form_of_null(found: object) -> str:
    if found is _ABSENT:
        return "left out"
    if found is None:
        return "null"
    return "empty text" if found == "" else f"`{found!r}`"


def _form(kind: str, want: Any, found: Any) -> str:
    if found is _ABSENT or found is None:
        return "lost"
    if kind == "instant":
        same = _instant(want) == _instant(found)
        form = "text" if isinstance(found, str) else "timestamp"
    elif isinstance(found, str) and not isinstance(want, str):
        return _form_in_text(want, found)
    elif kind == "boolean" and type(found) is int:
        same, form = int(want) == found, "0 or 1"
    elif kind == "text" and found == want.translate(ESCAPED) != want:
        same, form = True, "text (tabs and line breaks as `\\t`, `\\r`, `\\n`)"
    else:
        same = _canonical(want) == _canonical(found)
        form = "text" if isinstance(found, str) else NATIVE[kind]
    if not same and isinstance(want, str) and isinstance(found, str) and kind == "mixed":
        return _form_in_text(want, found)
    return form if same else f"{found!r} instead of {want!r}"


def _form_in_text(want: Any, found: str) -> str:
    if isinstance(want, (int, Decimal, float)) and not isinstance(want, bool):
        try:
            if Decimal(found) == Decimal(str(want)):
                return "text"
        except InvalidOperation:
            pass
    if isinstance(want, bool) and found in {str(want), str(want).lower()}:
        return f"text ({found})"
    for form, read in (("text of JSON", json.loads), ("text of Python", _python)):
        try:
            if _canonical(read(found)) == _canonical(want):
                return form
        except (ValueError, SyntaxError):
            continue
    return f"{found!r} instead of {want!r}"


def _python(text: str) -> Any:
    """Read what Python prints of a value; numbers may stand there as Decimal('1.5')."""
    return ast.literal_eval(re.sub(r"Decimal\('([^']+)'\)", r"\1", text))


def _canonical(value: Any) -> Any:
    """Return a value such that equal ones are equal JSON; numbers by value, true is not 1."""
    if isinstance(value, Mapping):
        return {name: _canonical(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float, Decimal)):
        return Decimal(str(value)).normalize()
    return value if value is None else f"text:{value}"


def _instant(value: Any) -> Any:
    """Return an instant in UTC without an offset; what is none stays as it is."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value
