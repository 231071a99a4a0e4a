"""Compare the rows that came with the columns that are declared."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from tap_continu_coursebase.check.kinds import agreed, described
from tap_continu_coursebase.check.names import ELEMENT, Names
from tap_continu_coursebase.decode import hints
from tap_continu_coursebase.decode.fastpath import shape_of
from tap_continu_coursebase.decode.record import ADDITIONAL_FIELDS, MissingKeyError, Shape
from tap_continu_coursebase.decode.schema import RowSchema

Status = Literal["ok", "empty", "forbidden", "feature off", "failing", "slow", "not tried"]
LOADS: frozenset[Status] = frozenset({"ok", "empty", "feature off", "slow"})
"""A run does not fail of these."""
MOST_ROWS = 1000
_COUNTS = re.compile(r"request|rate|limit|quota|remaining|retry", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,12}", re.ASCII)
_DEEPEST_KEY = 3


@dataclass(frozen=True)
class KeyField:
    """How a column of the key is filled.

    Attributes:
        found: Rows that hold a value for it, or may lack one.
        of: Rows looked at.
        elsewhere: Where a field of its name stands deeper in the rows, dotted; empty if nowhere.
    """

    found: int
    of: int
    elsewhere: str = ""


@dataclass(frozen=True)
class FieldSeen:
    """A field of the rows.

    Attributes:
        kind: Type of a column for it, a name in ``TYPES``; None if its values have none in common.
        rows: Rows that have it.
    """

    kind: str | None
    rows: int


@dataclass
class Rows:
    """What some rows show.

    Attributes:
        key: The columns of the key that a response fills.
        never_sent: Columns that were asked for, or are always sent, and that no row has.
        undeclared: Fields that no column takes, by their name as it came.
        unshown: How many further ones have names that may be data.
        misfits: Values that do not fit their column, by it.
        different: Rows that differ from another one of the same key.
        identical: Rows that do not.
        rejected: Rows without their key.
    """

    key: dict[str, KeyField] = field(default_factory=dict)
    never_sent: list[str] = field(default_factory=list)
    undeclared: dict[str, FieldSeen] = field(default_factory=dict)
    unshown: int = 0
    misfits: dict[str, FieldSeen] = field(default_factory=dict)
    different: int = 0
    identical: int = 0
    rejected: int = 0


@dataclass
class Seen:
    """What is known of a stream once it was looked at.

    Attributes:
        stream: Its name.
        status: Whether it would load.
        reason: Why not.
        requests: How many were sent.
        count: Rows of the answer; None if it is not known.
        is_part: Whether there are more than were looked at.
        shape: What the answer was.
        window: What was asked for, if it has dates.
        range_target: The date that was asked for and taken.
        refused: The dates that the API does not take.
        ignored: Whether the date seems to be ignored.
        rows: What the rows show.
        remarks: What else is to be known of the answer.
        headers: Counts and limits that the headers of the answer told.
    """

    stream: str
    status: Status = "not tried"
    reason: str = ""
    requests: int = 0
    count: int | None = None
    is_part: bool = False
    shape: str = ""
    window: tuple[str, str] | None = None
    range_target: str | None = None
    refused: tuple[str, ...] = ()
    ignored: bool = False
    rows: Rows = field(default_factory=Rows)
    remarks: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def loads(self) -> bool:
        """Whether a run would not fail of it."""
        return self.status in LOADS


def examine(rows: Sequence[Any], declared: RowSchema, asked: Iterable[str]) -> Rows:
    """Compare rows with their declaration.

    Args:
        rows: As they came.
        declared: Columns and key.
        asked: The columns that are selected.
    """
    records = [row for row in rows[:MOST_ROWS] if isinstance(row, Mapping)]
    keyless = Shape(declared.columns, keys=(), keep_additional=True)
    loose = shape_of(records, keyless, {*asked, *declared.primary_keys})
    fitted = [loose.fit(row) for row in records]
    filled = Counter(
        name for one in fitted for name, value in one.record.items() if value not in (None, "")
    )
    sent = {column.name for row in records for key in row if (column := keyless.column_of(key))}
    found = Rows(never_sent=sorted({*asked} & loose.columns.keys() - sent - filled.keys()))
    if not records:
        found.never_sent = []
    for name in declared.primary_keys:
        if name in loose.columns:
            has_default = loose.columns[name].default is not None
            count = len(records) if has_default else filled[name]
            place = deeper(records, name) if count < len(records) else ""
            found.key[name] = KeyField(count, len(records), place)
    misfits: dict[str, list[Any]] = {}
    others: dict[str, list[Any]] = {}
    for one in fitted:
        for key, value in one.record.get(ADDITIONAL_FIELDS, {}).items():
            column = keyless.column_of(key)
            if column is None:
                others.setdefault(key, []).append(value)
            elif column.name in one.misfits:
                misfits.setdefault(column.name, []).append(value)
    found.misfits = {name: _field(values) for name, values in sorted(misfits.items())}
    names = Names(list(records))
    for key, values in others.items():
        if names.shows(key, (ELEMENT,)):
            found.undeclared[key] = _field(values)
        else:
            found.unshown += 1
    strict = shape_of(records, declared.shape(), {*asked, *declared.primary_keys})
    _count_repeats(found, rows[:MOST_ROWS], strict)
    return found


def counts(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that count requests or limit them; other values by their type."""
    return {
        name: value if _NUMBER.fullmatch(value) else described(value)
        for name, value in headers.items()
        if _COUNTS.search(name) and not name.lower().startswith("access-control")
    }


def deeper(records: Sequence[Mapping[str, Any]], name: str) -> str:
    """Return where most rows have a text or number of a name deeper inside, dotted; else nothing.

    A name is also found in one part and the rest of it: ``user.email`` and ``user.id`` are
    ``email`` and ``user_id``.
    """
    places = Counter(path for row in records for path in _places(row, (), name))
    path, count = max(places.items(), key=lambda item: item[1], default=((), 0))
    found = ".".join(path)
    return found if 2 * count > len(records) and hints.shown(found) == found else ""


def _places(
    value: Mapping[str, Any], path: tuple[str, ...], name: str
) -> Iterator[tuple[str, ...]]:
    for key, item in value.items():
        place = (*path, key)
        if isinstance(item, Mapping):
            if len(place) < _DEEPEST_KEY:
                yield from _places(item, place, name)
        elif path and isinstance(item, str | int) and item != "" and not isinstance(item, bool):
            ends = {"_".join(place[start:]).lower() for start in range(len(place))}
            if name in ends or (key in {"$oid", "value"} and path[-1].lower() == name):
                yield place


def _field(values: Sequence[Any]) -> FieldSeen:
    return FieldSeen(agreed(values), len(values))


def _count_repeats(found: Rows, rows: Sequence[Any], shape: Shape) -> None:
    first: dict[str, str] = {}
    for row in rows:
        try:
            record = shape.fit(row).record
        except MissingKeyError:
            found.rejected += 1
            continue
        if not shape.keys:
            continue
        key = json.dumps([record[name] for name in shape.keys], default=str)
        text = json.dumps(row, sort_keys=True, default=str)
        if first.setdefault(key, text) is not text:
            if first[key] == text:
                found.identical += 1
            else:
                found.different += 1
