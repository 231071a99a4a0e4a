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
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain
from typing import Any

import msgspec
from msgspec import Raw

from tap_continu_coursebase.decode.layout import Layout
from tap_continu_coursebase.decode.record import MissingKeyError, Shape
from tap_continu_coursebase.decode.value import clean, loads

_MOST_KEYS = 500
_NULL = Raw(b"null")
_MOST_LAYOUTS = 20

_encoder = msgspec.json.Encoder(decimal_format="number")
_split = msgspec.json.Decoder(list[Raw]).decode
_objects = msgspec.json.Decoder(list[dict[str, Raw]]).decode


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
            {name: key for name, key in shape.names.items() if name in needed},
        )
        self._layouts_left = _MOST_LAYOUTS
        self._learning = threading.Lock()

    def encode(self, batch: bytes) -> Encoded:
        """Encode the records of one JSON array.

        Raises:
            ValueError: If it is no JSON array.
        """
        layout = self._layout
        if (rows := layout.decode(batch)) is not None:
            hashes = array("q", layout.hashes(rows))
            return Encoded(layout.encode(rows), len(rows), hashes=hashes)
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

    def _learn(self, odd: Iterable[Mapping[str, Any]], *, all_odd: bool) -> None:
        """Expect the keys of odd records from now on.

        Another spelling of a column takes the place of the one before only where no record
        of the batch had that one.
        """
        sources = dict(self._layout.sources)
        undeclared = dict.fromkeys(self._layout.undeclared)
        added = {column.as_sent for column in self._shape.columns.values() if column.lowered}
        for raw in odd:
            chosen = self._shape.choose(raw)
            for key in raw:
                column = self._shape.column_of(key)
                if column is None:
                    if key not in added:
                        undeclared[key] = None
                elif key in chosen and (all_odd or column.name not in sources):
                    sources[column.name] = key
        known = sources == self._layout.sources and len(undeclared) == len(self._layout.undeclared)
        if known or not self._layouts_left or len(sources) + len(undeclared) > _MOST_KEYS:
            return
        self._layouts_left -= 1
        self._layout = Layout(self._shape, self._selected, sources, undeclared)


class ResponsePaths:
    """Encodes the responses of one stream, each with one name of its fields for a column.

    A field may be known under its column's own name or an alias. Which of them fills the column is
    decided by the first batch of a response, for all of it: the column's own name if it holds
    anything there, else the first alias that does. Fields under the other names are undeclared.

    Args:
        shape: Says which names there are, and fits records.
        selected: The columns to write.
    """

    def __init__(self, shape: Shape, selected: Collection[str]) -> None:
        self._shape = shape
        self._selected = selected
        self._paths: dict[frozenset[tuple[str, str]], FastPath] = {}
        self._names: dict[str, set[str]] = {}
        self._deciding = threading.Lock()

    def encoder(self) -> Callable[[bytes], Encoded]:
        """Return what encodes the batches of one response, in order."""
        path: FastPath | None = None

        def encode(batch: bytes) -> Encoded:
            nonlocal path
            chosen = path or self._decide(batch)
            encoded = chosen.encode(batch)
            path = chosen
            return encoded

        return encode

    def mixed(self) -> dict[str, list[str]]:
        """List by column the names that filled it, where responses differ."""
        return {column: sorted(names) for column, names in self._names.items() if len(names) > 1}

    def _decide(self, batch: bytes) -> FastPath:
        records = _mappings(batch)
        found = self._shape.contenders(dict.fromkeys(chain.from_iterable(records)))
        names = {column: _fullest(found[column], records) for column in found}
        others = {column: name for column, name in names.items() if name != column}
        chosen = frozenset(others.items())
        with self._deciding:
            for column, name in names.items():
                self._names.setdefault(column, set()).add(name)
            if chosen not in self._paths:
                self._paths[chosen] = FastPath(self._shape.narrowed(others), self._selected)
            return self._paths[chosen]


def _mappings(batch: bytes) -> Sequence[Mapping[str, Any]]:
    """Decode the records of an array that are objects."""
    try:
        return _objects(batch)
    except (ValueError, RecursionError):
        decoded = _loads(_text(batch)[0])
    if not isinstance(decoded, list):
        raise ValueError("not a JSON array")  # noqa: TRY004
    return [record for record in decoded if isinstance(record, Mapping)]


def _fullest(names: Mapping[str, Collection[str]], records: Iterable[Mapping[str, Any]]) -> str:
    """Return the first name under which anything stands, else the first."""
    first, *others = names
    if others:
        for name, keys in names.items():
            values = (record.get(key) for record in records for key in keys)
            if any(value is not None and value != _NULL for value in values):
                return name
    return first


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
        self.hashes.append(hash(tuple(fitted.record[name] for name in self._shape.keys)))
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
