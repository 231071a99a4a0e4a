"""Read the JSON Schema files: what a stream's columns are and how each is asked for.

Beside JSON Schema's own keywords a property may have

- ``x-flag``: a documented flag of the endpoint, sent as true when the column is selected;
- ``x-aliases``: response keys that mean the same;
- ``x-paths``: dotted paths to values inside of a row's objects that mean the same; a selected
  column asks for the flags that its paths begin with; the bare name of such an object stands for
  a text or number in its place;
- ``x-unlike``: response keys that look like its name and mean something else;
- ``x-fallbacks``: what stands for null in a key: response keys, by the prefix of their value;
- ``x-lower-case``: response keys whose value a key holds in lower case, as it came beside it;
- ``x-selected-by-default``: false for sub-objects.

``required`` lists the key.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

from tap_continu_coursebase.decode.record import ADDITIONAL_FIELDS, Column, Shape

ADDED_BY_TAP = frozenset({"window_from", "window_until", ADDITIONAL_FIELDS})
TYPES: Mapping[str, Mapping[str, Any]] = {
    "string": {"type": ["string", "null"]},
    "date-time": {"type": ["string", "null"], "format": "date-time"},
    "boolean": {"type": ["boolean", "null"]},
    "integer": {"type": ["integer", "null"]},
    "number": {"type": ["number", "null"]},
    "array": {"type": ["array", "null"]},
    "object": {"type": ["object", "null"]},
}
FOUND = "A field that no schema declares, found by discover_live; its type is what was seen."
"""Description of a column that a catalog has and the schemas have not."""


@dataclass(frozen=True)
class RowSchema:
    """The declaration of a stream's rows.

    Attributes:
        singer: JSON Schema for SCHEMA messages and the catalog, extension keywords removed.
        primary_keys: Columns that identify a row.
        columns: Columns filled from the response.
        flags: Columns that are flags of the request body.
        deselected: Columns deselected by default.
        as_sent: Columns that hold what came, where a key column holds it in lower case.
        asked_through: By column that is filled from inside of an object, the flags of that object.
        always: Columns that the settings add, which nobody needs to select once more.
    """

    singer: dict[str, Any]
    primary_keys: tuple[str, ...]
    columns: tuple[Column, ...]
    flags: frozenset[str]
    deselected: frozenset[str]
    as_sent: frozenset[str] = frozenset()
    asked_through: Mapping[str, frozenset[str]] = field(default_factory=dict)
    always: frozenset[str] = frozenset()

    @property
    def added(self) -> frozenset[str]:
        """Columns that the tap adds to what the response holds."""
        return ADDED_BY_TAP.intersection(self.singer["properties"])

    def with_columns(self, columns: Mapping[str, str]) -> RowSchema:
        """Return the declaration with further columns, those that it has already left as they are.

        Args:
            columns: Their types, each a name in ``TYPES``.
        """
        known = self.singer["properties"]
        new = {
            name: {**TYPES[kind], "description": FOUND}
            for name, kind in columns.items()
            if name not in known
        }
        if not new:
            return self
        singer = copy.deepcopy(self.singer)
        singer["properties"] = {**singer["properties"], **new}
        filled = (Column.from_schema(name, schema, ()) for name, schema in new.items())
        return replace(
            self,
            singer=singer,
            columns=(*self.columns, *filled),
            always=self.always.union(new),
        )

    def shape(self) -> Shape:
        """Build what fits a response's records into this schema."""
        return Shape(
            self.columns,
            keys=self.primary_keys,
            keep_additional=ADDITIONAL_FIELDS in self.singer["properties"],
        )


def load(
    source: str,
    name: str,
    *,
    primary_keys: Iterable[str] = (),
    columns: Mapping[str, str | Mapping[str, str]] | None = None,
    additional_fields: bool = True,
) -> RowSchema:
    """Read ``schemas/<source>/<name>.json``.

    Args:
        source: ``continu`` or ``coursebase``.
        name: The stream's name without its source.
        primary_keys: Columns to use as the key instead of the declared one.
        columns: Types of columns to add or to change, each a name in ``TYPES``; or objects of
            such a ``type`` and the key or dotted path that the column is filled ``from``.
        additional_fields: Whether to keep the column of that name.
    """
    declared = json.loads((_folder() / source / f"{name}.json").read_text("utf-8"))
    keys = tuple(primary_keys) or tuple(declared["required"])
    properties: dict[str, dict[str, Any]] = declared["properties"]
    always = frozenset(columns or {}) - properties.keys()
    for column, given in (columns or {}).items():
        chosen = {"type": given} if isinstance(given, str) else given
        kept = {"description": "Declared by the setting stream_options.", "x-flag": False}
        properties[column] = {**kept, **properties.get(column, {}), **TYPES[chosen["type"]]}
        if chosen["type"] != "date-time":
            properties[column].pop("format", None)
        if "from" in chosen:
            properties[column]["x-from"] = chosen["from"]
    if not additional_fields:
        properties.pop(ADDITIONAL_FIELDS, None)
    for column in {*declared["required"], *keys}:
        kinds = properties[column]["type"]
        properties[column]["type"] = _nullable(kinds, null=column not in keys)
    filled = tuple(
        Column.from_schema(column, schema, schema.get("x-aliases", ()))
        for column, schema in properties.items()
        if column not in ADDED_BY_TAP
    )
    flags = frozenset(column for column, schema in properties.items() if schema.get("x-flag"))
    as_sent = {one.name: one.as_sent for one in filled if one.lowered and one.name in keys}
    properties = _with_as_sent(properties, as_sent)
    return RowSchema(
        singer={
            "type": "object",
            "description": declared["description"],
            "required": list(keys),
            "properties": {
                column: {key: value for key, value in schema.items() if not key.startswith("x-")}
                for column, schema in properties.items()
            },
        },
        primary_keys=keys,
        columns=filled,
        flags=flags,
        deselected=frozenset(
            column
            for column, schema in properties.items()
            if not schema.get("x-selected-by-default", True)
        ),
        as_sent=frozenset(as_sent.values()),
        asked_through={one.name: frozenset(one.heads) & flags for one in filled if one.heads},
        always=always,
    )


def kind_of_column(schema: Mapping[str, Any]) -> str:
    """Return the name in ``TYPES`` of a column's type; text if it has none of these."""
    wanted = {*schema.get("type", ())}, schema.get("format")
    for kind, declared in TYPES.items():
        if wanted == ({*declared["type"]}, declared.get("format")):
            return kind
    return "string"


def _with_as_sent(
    properties: Mapping[str, dict[str, Any]], as_sent: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Add the columns for what came, each behind the key column that holds it in lower case."""
    added: dict[str, dict[str, Any]] = {}
    for column, schema in properties.items():
        added[column] = schema
        if column in as_sent:
            added[as_sent[column]] = {
                **TYPES["string"],
                "description": f"What {column} holds in lower case, as it came; null where another "
                "identifier stands there. Added by the tap.",
            }
    return added


def _folder() -> Path:
    """Find the schemas: inside the installed package, or beside it in a checkout."""
    package = Path(str(resources.files("tap_continu_coursebase")))
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"


def _nullable(kinds: str | list[str], *, null: bool) -> str | list[str]:
    """Return the types with or without null; key columns are never null."""
    others = [kind for kind in ([kinds] if isinstance(kinds, str) else kinds) if kind != "null"]
    if null:
        return [*others, "null"]
    return others[0] if len(others) == 1 else others
