"""Turn a batch of a response into lines of JSON as ``record.py`` would, at C speed.

No I/O, no clock. Well-formed records are decoded into the structs of a layout and encoded
once. Any other record takes the careful path of ``record.py``. The keys that a layout
expects are learned from such records, so that another spelling of a column, an undeclared
field or a deselected column does not stay an exception.
"""

from __future__ import annotations

import json
import threading
from array import array
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import UNSET, Raw

from tap_continu_coursebase.decode.inside import within
from tap_continu_coursebase.decode.layout import Layout
from tap_continu_coursebase.decode.record import MissingKeyError, Shape
from tap_continu_coursebase.decode.repeats import key_hash
from tap_continu_coursebase.decode.value import clean, loads

_MOST_KEYS = 500
_NULL = Raw(b"null")
_MOST_LAYOUTS = 20

_encoder = msgspec.json.Encoder(decimal_format="number")
_split = msgspec.json.Decoder(list[Raw]).decode
_fields = msgspec.json.Decoder(dict[str, Raw]).decode


@dataclass(frozen=True)
class Encoded:
    """A batch as it goes to stdout.

    Attributes:
        lines: One record each, as a JSON object; a line break only at the end of each.
        rows: How many.
        misfits: How many values did not fit their column, by column.
        unreadable: Whether there was invalid UTF-8, which became U+FFFD.
        rejected: The records without their key, each as a line of ``row_digest``, ``reason``
            and ``row``.
        fallbacks: How often another identifier stands in for a key column, by it and its prefix.
        hashes: Of the records' keys; equal keys have equal ones.
        oddities: How often something is odd about a value that is kept, by column and what.
    """

    lines: bytes
    rows: int
    misfits: Counter[str] = field(default_factory=Counter)
    unreadable: bool = False
    rejected: list[bytes] = field(default_factory=list)
    fallbacks: Counter[tuple[str, str]] = field(default_factory=Counter)
    hashes: array[int] = field(default_factory=lambda: array("q"))
    oddities: Counter[tuple[str, str]] = field(default_factory=Counter)


class FastPath:
    """Encodes the records of one stream.

    Windows in flight share it: each may be encoded in a thread of its own, and what one of them
    learns the others use from their next batch on. A layout never changes once it is made, so a
    batch is decoded and encoded by one and the same.

    Args:
        shape: Says which records are well-formed, and fits the others.
        selected: The columns to write.
    """

    def __init__(self, shape: Shape, selected: Collection[str]) -> None:
        self._shape = shape
        self._selected = frozenset(selected)
        needed = self._selected.union(shape.keys)
        self._layout = Layout(
            shape,
            self._selected,
            {
                name: key
                for name, key in shape.names.items()
                if name not in shape.paths and (name in needed or key in shape.heads)
            },
            sorted(head for head in shape.heads if shape.column_of(head) is None),
        )
        self._layouts_left = _MOST_LAYOUTS
        self._learning = threading.Lock()

    def encode(self, batch: bytes) -> Encoded:
        """Encode the records of one JSON array.

        Raises:
            ValueError: If it is no JSON array.
        """
        layout = self._layout
        if (encoded := self.encode_well_formed(batch)) is not None:
            return encoded
        text, unreadable = _text(batch)
        careful = _CarefulPath(self._shape, self._selected)
        try:
            records = _split(batch)
        except (ValueError, RecursionError):
            decoded = _loads(text)
            if not isinstance(decoded, list):
                raise ValueError("not a JSON array") from None  # noqa: TRY004
            lines = [careful.encode(raw) for raw in decoded]
        else:
            lines = _encode_mixed(records, layout, careful)
            decoded = records
        fitting = len(decoded) - len(careful.rejected)
        with self._learning:
            self._learn(careful.odd, all_odd=len(careful.odd) == fitting)
        return Encoded(
            b"".join(lines),
            fitting,
            careful.misfits,
            unreadable,
            careful.rejected,
            careful.fallbacks,
            careful.hashes,
            careful.oddities,
        )

    def encode_well_formed(self, batch: bytes) -> Encoded | None:
        """Encode the records of one JSON array, unless one of them is odd."""
        layout = self._layout
        if (rows := layout.decode(batch)) is None:
            return None
        return Encoded(layout.encode(rows), len(rows), hashes=array("q", layout.hashes(rows)))

    def _learn(self, odd: Iterable[Mapping[str, Any]], *, all_odd: bool) -> None:
        """Expect the keys of odd records from now on.

        Another spelling of a column takes the place of the one before only where no record
        of the batch had that one.
        """
        sources = dict(self._layout.sources)
        undeclared = dict.fromkeys(self._layout.undeclared)
        object_ids = set(self._layout.object_ids)
        added = {column.as_sent for column in self._shape.columns.values() if column.lowered}
        for raw in odd:
            chosen = self._shape.choose(raw)
            object_ids |= self._shape.object_ids(raw, chosen)
            for key in raw:
                column = self._shape.column_of(key)
                if column is None:
                    if key not in added:
                        undeclared[key] = None
                elif key in chosen and (all_odd or column.name not in sources):
                    sources[column.name] = key
        known = (
            sources == self._layout.sources
            and len(undeclared) == len(self._layout.undeclared)
            and object_ids == self._layout.object_ids
        )
        if known or not self._layouts_left or len(sources) + len(undeclared) > _MOST_KEYS:
            return
        self._layouts_left -= 1
        self._layout = Layout(self._shape, self._selected, sources, undeclared, object_ids)


@dataclass(frozen=True)
class _Names:
    """What fills the columns of a response.

    Attributes:
        chosen: Each column with its name, or with the dotted path that it is filled from.
        unsettled: Columns that may yet turn out to be filled from inside of an object.
    """

    chosen: frozenset[tuple[str, str]]
    unsettled: frozenset[str]

    def settled(self) -> dict[str, str]:
        return dict(self.chosen)


class ResponsePaths:
    """Encodes the responses of one stream, each with one name of its fields for a column.

    A field may be known under its column's own name or an alias, or stand inside of an object.
    Which of them fills the column is decided by the first batch of a response, for all of it: the
    column's own name if it holds anything there, else the first alias or path that does. Fields
    under the other names are undeclared. A column that may be filled from inside of an object and
    holds nothing in that batch is settled by the first one in which it does; its other places are
    counted oddities that fill it where that one holds nothing.

    Args:
        shape: Says which names there are, and fits records.
        selected: The columns to write.
    """

    def __init__(self, shape: Shape, selected: Collection[str]) -> None:
        self._shape = shape
        self._selected = selected
        self._needed = {*selected, *shape.keys} - {*shape.paths}
        self._paths: dict[_Names, FastPath] = {}
        self._names: dict[str, set[str]] = {}
        self._deciding = threading.Lock()

    def encoder(self) -> Callable[[bytes], Encoded]:
        """Return what encodes the batches of one response, in order."""
        names: _Names | None = None

        def encode(batch: bytes) -> Encoded:
            nonlocal names
            if names is not None and names.unsettled:
                encoded = self._paths[names].encode_well_formed(batch)
                if encoded is not None:
                    return encoded
            chosen = names
            if chosen is None or chosen.unsettled:
                chosen = self._decide(batch, chosen)
            encoded = self._paths[chosen].encode(batch)
            names = chosen
            return encoded

        return encode

    def mixed(self) -> dict[str, list[str]]:
        """List by column the names that filled it, where responses differ."""
        return {column: sorted(names) for column, names in self._names.items() if len(names) > 1}

    def _decide(self, batch: bytes, before: _Names | None) -> _Names:
        """Decide by a batch what fills each column that is not settled before."""
        settled, unsettled = _settle(
            self._shape, self._needed, _mappings(batch), {} if before is None else before.settled()
        )
        chosen = _Names(frozenset(settled.items()), frozenset(unsettled))
        others = {name: found for name, found in settled.items() if name != found}
        with self._deciding:
            for name, filled_by in settled.items():
                self._names.setdefault(name, set()).add(filled_by)
            if chosen not in self._paths:
                shape = self._shape.narrowed(others, unsettled, written=self._needed)
                self._paths[chosen] = FastPath(shape, self._selected)
        return chosen


def shape_of(records: Sequence[Mapping[str, Any]], shape: Shape, written: Collection[str]) -> Shape:
    """Return the shape that fits the records of one response, as they came."""
    settled, unsettled = _settle(shape, {*written} - {*shape.paths}, records, {})
    others = {name: found for name, found in settled.items() if name != found}
    return shape.narrowed(others, unsettled, written=written)


def _settle(
    shape: Shape,
    needed: Collection[str],
    records: Iterable[Mapping[str, Any]],
    before: Mapping[str, str],
) -> tuple[dict[str, str], list[str]]:
    """Decide what fills each column of a response that is not settled before.

    Returns:
        The name or path that fills each column, and the columns that are not settled yet.
    """
    paths_of = {one.name: one.inner for one in shape.columns.values() if one.name in needed}
    heads = {path.split(".")[0] for paths in paths_of.values() for path in paths}
    held, objects = _look(records, heads)
    found = shape.contenders(held)
    settled = dict(before)
    unsettled = []
    for column in shape.columns.values():
        if column.name in settled:
            continue
        names = found.get(column.name, {})
        name = next((name for name in names if any(held[key] for key in names[name])), None)
        paths = paths_of.get(column.name, ())
        if name is None:
            name = next((path for path in paths if _is_held(path, objects)), None)
        if name is not None:
            settled[column.name] = name
        elif paths:
            unsettled.append(column.name)
        elif names:
            settled[column.name] = next(iter(names))
    return settled, unsettled


def _mappings(batch: bytes) -> Iterator[Mapping[str, Any]]:
    """Decode the records of an array that are objects, one at a time."""
    try:
        records = _split(batch)
    except (ValueError, RecursionError):
        records = _loads(_text(batch)[0])
    if not isinstance(records, list):
        raise ValueError("not a JSON array")  # noqa: TRY004
    for record in records:
        fields: Any = record
        if isinstance(record, Raw):
            try:
                fields = _fields(record)
            except (ValueError, RecursionError):
                fields = _loads(_text(record)[0])
        if isinstance(fields, Mapping):
            yield fields


def _look(
    records: Iterable[Mapping[str, Any]], heads: Collection[str]
) -> tuple[dict[str, bool], dict[str, list[Any]]]:
    """Look at records once.

    Returns:
        Whether anything stands under each key, and what stands under some of them.
    """
    held: dict[str, bool] = {}
    objects: dict[str, list[Any]] = {head: [] for head in heads}
    for record in records:
        for key, value in record.items():
            if not held.get(key):
                held[key] = value is not None and value != _NULL
        for head, values in objects.items():
            if (value := record.get(head)) is not None and value != _NULL:
                values.append(value)
    return held, objects


def _is_held(path: str, objects: Mapping[str, Iterable[Any]]) -> bool:
    """Tell whether anything stands at a dotted path of what stands under its first key."""
    head, *rest = path.split(".")
    for one in objects[head]:
        value = _loads(_text(one)[0]) if isinstance(one, Raw) else one
        if within(value, rest) not in (None, UNSET):
            return True
    return False


class _CarefulPath:
    """Encodes records one by one, whatever they hold.

    Attributes:
        odd: The records so far, as they came.
        misfits: Values that did not fit their column, by column.
        rejected: The records without their key.
        fallbacks: Other identifiers in key columns, by column and prefix.
        hashes: Of the records' keys.
        oddities: What is odd about values that are kept, by column.
    """

    def __init__(self, shape: Shape, selected: Collection[str]) -> None:
        self._shape = shape
        self._selected = selected
        self.odd: list[Mapping[str, Any]] = []
        self.misfits: Counter[str] = Counter()
        self.rejected: list[bytes] = []
        self.fallbacks: Counter[tuple[str, str]] = Counter()
        self.hashes = array("q")
        self.oddities: Counter[tuple[str, str]] = Counter()

    def encode(self, raw: Any, text: str | None = None) -> bytes:
        try:
            fitted = self._shape.fit(raw)
        except MissingKeyError as error:
            self.rejected.append(_rejected(raw, text, str(error)))
            return b""
        self.odd.append(raw)
        self.misfits.update(fitted.misfits)
        self.fallbacks.update(fitted.fallbacks)
        self.oddities.update(fitted.oddities)
        self.hashes.append(key_hash([fitted.record[name] for name in self._shape.keys]))
        written = {name: value for name, value in fitted.record.items() if name in self._selected}
        return _encoder.encode(written) + b"\n"


def _encode_mixed(records: list[Raw], layout: Layout, careful: _CarefulPath) -> list[bytes]:
    """Encode halves of a batch, and halves of these, until the odd records are alone."""
    if (rows := layout.decode(b"[%b]" % b",".join(records))) is not None:
        careful.hashes.extend(layout.hashes(rows))
        return [layout.encode(rows)]
    if len(records) == 1:
        text = _text(records[0])[0]
        return [careful.encode(_loads(text), text)]
    middle = len(records) // 2
    return [
        *_encode_mixed(records[:middle], layout, careful),
        *_encode_mixed(records[middle:], layout, careful),
    ]


def _rejected(raw: Any, text: str | None, reason: str) -> bytes:
    """Write a record without its key as a line; the order of its fields does not change it.

    Args:
        raw: The record.
        text: As it came, if that is known.
        reason: Why it is rejected.
    """
    row = text if text is not None else _encoder.encode(clean(raw)).decode()
    try:
        canonical = json.dumps(raw, sort_keys=True, default=str)
    except RecursionError:
        canonical = row
    digest = blake2b(canonical.encode(), digest_size=16).hexdigest()
    return _encoder.encode({"row_digest": digest, "reason": reason, "row": row}) + b"\n"


def _text(data: bytes | Raw) -> tuple[str, bool]:
    """Decode UTF-8; tell whether something was unreadable."""
    try:
        return str(data, "utf-8"), False
    except UnicodeDecodeError:
        return str(data, "utf-8", "replace"), True


def _loads(text: str) -> Any:
    try:
        return loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
