"""Structs that decode well-formed records and write them as they are.

Pure: no I/O, no clock. A layout accepts a batch only if ``Shape.fit`` would leave every
value of it unchanged, apart from dates in another notation, which it rewrites, and absent
key fields that have a default. Strings, booleans and integers are told by the struct's
types. Dates are checked by their text, one search for a batch; numbers, arrays and objects
stay undecoded and are checked and written as they came.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, compress, repeat, starmap
from operator import attrgetter, not_
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from tap_continu_coursebase.decode.inside import Inside, Path, clashes
from tap_continu_coursebase.decode.record import ADDITIONAL_FIELDS, Column, Shape, snake_case
from tap_continu_coursebase.decode.value import coerce

Rows = Sequence[Any]

_INSTANT = ("date-time",)
_NUMBER = ("number",)
_STRING = ("string",)
_TYPES: Mapping[tuple[str, ...], Any] = {
    _STRING: str,
    _INSTANT: Annotated[str, Meta(min_length=1, max_length=40)],
    ("boolean",): bool,
    ("integer",): Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)],
}
_KEY_TYPES = {**_TYPES, _STRING: Annotated[str, Meta(min_length=1)]}


class _ObjectId(msgspec.Struct, forbid_unknown_fields=True, rename={"text": "$oid"}):
    """An id in MongoDB's extended JSON."""

    text: str


class _KeyId(_ObjectId, forbid_unknown_fields=True, rename={"text": "$oid"}):
    """One that is part of a key."""

    text: Annotated[str, Meta(min_length=1)]


_NULL = Raw(b"null")
_UNSETTLED = None | UnsetType
_NO_KEY = "\ufdd0"
"""No response has it, and none that had would be accepted."""
_OPENINGS = {"object": b"{", "array": b"[", "string": b'"'}
_ANY_OPENING = b""
_DEEPEST = 100
_PLAIN_KEY = re.compile(r'[^"\\\x00-\x1f\ud800-\udfff]*')
_NUL = re.compile(rb"\\u0000")
_LINE_BREAKS = bytes.maketrans(b"\r\n", b"  ")
_NUMBERS = re.compile(rb"(?:(?:null|-?(?:0|[1-9][0-9]{0,99}+)(?:\.[0-9]{1,99}+)?)\n)*+")
_INSTANTS = re.compile(
    rb"(?:"
    rb"(?:(?!0000)[0-9]{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    rb"|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    rb"|(?:[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29)"
    rb'T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9}+)?Z",")*+'
)
_ZERO_DATES = (b"0001-01-01", b"1970-01-01T00:00:00")
_LATER_ZERO_DATES = tuple(b'"' + zero for zero in _ZERO_DATES)
_FORM = re.compile(rb'0{4}-00-00T00:00:00(?:\.0{1,9})?Z","')
# In outline every digit is 0 and every closing bracket }, so that plain searches suffice.
_OUTLINE = bytes.maketrans(b"123456789E]", b"000000000e}")
_LONG_NUMBER = b"0" * 200
_EXPONENT = re.compile(rb"0e[-+]?0+[ \t\n,}]")

_decode_instants = msgspec.json.Decoder(list[datetime]).decode
_NO_CLOSINGS = bytes({*range(256)} - {*b"\n]}"})
_TOO_DEEP = b"}" * (_DEEPEST + 1)

_encode_lines = msgspec.json.Encoder().encode_lines


class _LineBreakError(Exception):
    """A value that is written as it came would break the line."""


class Layout:
    """Structs for records with certain keys.

    Args:
        shape: What the records are to fit.
        selected: The columns to write.
        sources: The response key that fills each column.
        undeclared: Other response keys to expect.
        object_ids: Columns in which ids come as objects, in MongoDB's extended JSON.
    """

    def __init__(
        self,
        shape: Shape,
        selected: Collection[str],
        sources: Mapping[str, str],
        undeclared: Iterable[str] = (),
        object_ids: Collection[str] = (),
    ) -> None:
        self.sources = sources
        self.undeclared = tuple(undeclared)
        self._usable = True
        self._fields: list[tuple[str, Any] | tuple[str, Any, Any]] = []
        self._keys: dict[str, str] = {}
        self._defaults: dict[str, Any] = {}
        self._instants: list[str] = []
        self._numbers: list[str] = []
        self._nested: dict[bytes, list[str]] = {}
        self._raws: dict[str, str] = {}
        self._unsettled = shape.unsettled
        self.object_ids = frozenset(object_ids)
        self._object_ids: list[str] = []
        self._drops = False
        self._key_attributes = dict.fromkeys(shape.keys, "")
        self._lowered: dict[str, str | None] = {}
        written = self._add_columns(shape, selected)
        additional = {}
        for key in self.undeclared:
            if _PLAIN_KEY.fullmatch(key):
                attribute = self._attribute(key)
                self._fields.append((attribute, Raw, UNSET))
                self._raws[key] = attribute
                additional[attribute] = key
        if shape.keep_additional and ADDITIONAL_FIELDS in selected and additional:
            self._nested[_ANY_OPENING] = list(additional)
        else:
            self._drops |= bool(additional)
            additional = {}
        self._insides = list(self._read_inside(shape))
        self._elsewhere = list(self._read_elsewhere(shape))
        struct = _struct(self._fields, self._keys)
        self._decode = msgspec.json.Decoder(list[struct]).decode  # type: ignore[valid-type]
        self._rewrite = None
        if self._keys != written:
            self._rewrite = _rewriter(written, additional)

    def decode(self, batch: bytes) -> Rows | None:
        """Decode a JSON array of well-formed records; return None if they are not.

        Every value of the rows is as ``Shape.fit`` would return it.
        """
        if not self._usable or _NUL.search(batch):
            return None
        try:
            rows = self._rows(batch)
            try:
                texts = self._texts(rows)
            except _LineBreakError:
                rows = self._rows(batch.translate(_LINE_BREAKS))
                texts = self._texts(rows)
            if self._drops:
                batch.decode()
            self._default(rows)
            self._lower(rows)
            self._settle_instants(rows)
        except (ValueError, RecursionError):
            return None
        numbers, *nested = texts
        if _are_numbers(numbers) and all(map(_are_storable, nested, self._nested)):
            return rows
        return None

    def hashes(self, rows: Rows) -> Iterator[int]:
        """Return a hash of the key of each decoded row, as ``repeats.key_hash`` does."""
        match [*self._key_attributes.values()]:
            case [one]:
                return map(hash, map(attrgetter(one), rows))
            case several:
                return map(hash, _tuples(several, rows))

    def encode(self, rows: Rows) -> bytes:
        """Write decoded rows, one JSON object a line."""
        return _encode_lines(list(self._rewrite(rows)) if self._rewrite else rows)

    def _add_columns(self, shape: Shape, selected: Collection[str]) -> dict[str, str]:
        """Add fields for the columns; return the column of each that is written."""
        written = {}
        for name in (*self.sources, *shape.paths):
            column, is_key = shape.columns[name], name in shape.keys
            key = ".".join(shape.paths[name]) if name in shape.paths else self.sources[name]
            if name in shape.paths:
                attribute = self._add_slot(column, is_key=is_key)
            elif shape.column_of(key) is column:
                is_read = name in selected or key not in shape.heads
                attribute = self._add(column, key, is_key=is_key, is_read=is_read)
            else:
                attribute = None
            self._usable &= attribute is not None or not is_key
            if attribute and is_key:
                self._key_attributes[name] = attribute
            if attribute and name in selected:
                written[attribute] = name
            if attribute and shape.lowers(column, key):
                self._lowered[attribute] = None
                if column.as_sent in selected:
                    beside = self._attribute(column.as_sent)
                    self._fields.append((beside, str | UnsetType, UNSET))
                    self._lowered[attribute] = beside
                    written[beside] = column.as_sent
        self._required = [
            attribute
            for name, attribute in self._key_attributes.items()
            if name in shape.paths and attribute not in self._defaults
        ]
        return written

    def _add(self, column: Column, key: str, *, is_key: bool, is_read: bool) -> str | None:
        """Add a field for a column; one that has none leaves its records to others.

        Args:
            column: The column.
            key: The response key that fills it.
            is_key: Whether it is part of the key.
            is_read: Whether it is written, or misfits are to be found in it.
        """
        typed = self._type(column, is_key=is_key)
        if typed is None or not _PLAIN_KEY.fullmatch(key):
            return None
        attribute = self._attribute(key)
        if is_key and column.default is None:
            self._fields.append((attribute, typed))
        elif is_key:
            self._fields.append((attribute, typed, column.default))
        else:
            self._fields.append((attribute, typed, UNSET))
        if typed is Raw:
            self._raws[key] = attribute
        if is_read:
            self._check(column, attribute, is_key=is_key)
        else:
            self._drops = True
        return attribute

    def _add_slot(self, column: Column, *, is_key: bool) -> str | None:
        """Add a field that no response fills, for what stands inside of an object."""
        if self._type(column, is_key=is_key) is None:
            return None
        attribute = self._attribute(f"{_NO_KEY}{column.name}")
        self._fields.append((attribute, UnsetType, UNSET))
        self._check(column, attribute, is_key=is_key)
        return attribute

    def _type(self, column: Column, *, is_key: bool) -> Any:
        """Return what a column's values are decoded as; None if only others can fit them."""
        kind = _TYPES.get(column.types, Raw)
        if column.name in self._unsettled:
            return None if is_key else _UNSETTLED
        if kind is Raw and (is_key or (column.types != _NUMBER and b"-" in _openings(column))):
            return None
        typed: Any
        if is_key and column.default is not None:
            typed = str | None if kind is str else None
        elif is_key:
            typed = _KEY_TYPES[column.types]
        else:
            typed = Raw if kind is Raw else kind | None | UnsetType
        if column.name in self.object_ids and column.types == _STRING:
            return typed | (_KeyId if is_key and column.default is None else _ObjectId)
        return typed

    def _check(self, column: Column, attribute: str, *, is_key: bool) -> None:
        """Note how the values of a column are to be checked."""
        if is_key and column.default is not None:
            self._defaults[attribute] = column.default
        if column.name in self.object_ids:
            self._object_ids.append(attribute)
        if column.types == _INSTANT:
            self._instants.append(attribute)
        elif column.types == _NUMBER:
            self._numbers.append(attribute)
        elif column.types not in _TYPES and column.name not in self._unsettled:
            self._nested.setdefault(_openings(column) + b"n", []).append(attribute)

    def _read_inside(self, shape: Shape) -> Iterator[tuple[str, Inside, list[str]]]:
        """Yield what is read inside of objects: their field, how, and the fields to fill.

        What may settle a column must be null, so that no record has it unnoticed.
        """
        slots = {name: attribute for attribute, name in self._keys.items()}
        wanted = []
        for name, path in shape.paths.items():
            attribute = slots.get(f"{_NO_KEY}{name}")
            if attribute:
                typed = self._type(shape.columns[name], is_key=name in shape.keys)
                wanted.append((path, typed if typed is Raw else typed | UnsetType, attribute))
        for name in shape.unsettled:
            wanted += [(tuple(p.split(".")), _UNSETTLED, "") for p in shape.columns[name].inner]
        yield from self._grouped(wanted)

    def _read_elsewhere(
        self, shape: Shape
    ) -> Iterator[tuple[str, list[str], list[tuple[str, Inside]]]]:
        """Yield what must hold nothing where a column does, so that no record has it unnoticed.

        Yields:
            The column's field, other fields, and what is read inside of objects with their field.
        """
        slots = {name: attribute for attribute, name in self._keys.items()}
        for name, places in shape.elsewhere.items():
            key = f"{_NO_KEY}{name}" if name in shape.paths else self.sources.get(name, "")
            if name not in shape.unsettled and (attribute := slots.get(key)):
                wanted = [(tuple(p.split(".")), _UNSETTLED, "") for p in places if "." in p]
                inside = [(head, read) for head, read, _ in self._grouped(wanted)]
                others = [one for one in self.undeclared if snake_case(one) == name]
                yield attribute, [self._raws[one] for one in others if one in self._raws], inside

    def _grouped(
        self, wanted: Iterable[tuple[Path, Any, str]]
    ) -> Iterator[tuple[str, Inside, list[str]]]:
        """Group what is read inside of objects: each path with its type and the field to fill."""
        groups: list[tuple[str, dict[Path, Any], list[str]]] = []
        for (head, *rest), typed, attribute in wanted:
            path = tuple(rest)
            for key, types, attributes in groups:  # noqa: B007 - used after it
                if key == head and not clashes(path, types):
                    break
            else:
                groups.append((head, types := {}, attributes := []))
            types[path] = typed
            attributes.append(attribute)
        for head, types, attributes in groups:
            if head in self._raws:
                yield self._raws[head], Inside(types), attributes

    def _attribute(self, key: str) -> str:
        attribute = f"field_{len(self._keys)}"
        self._keys[attribute] = key
        return attribute

    def _rows(self, batch: bytes) -> Rows:
        """Decode records and what is read inside of their objects.

        Raises:
            ValueError: If they are not well-formed.
        """
        rows: Rows = self._decode(batch)
        full = set()
        for head, inside, attributes in self._insides:
            objects = list(map(attrgetter(head), rows))
            values = inside.read(objects) if any(objects) else []
            for attribute, found in zip(attributes, values, strict=False):
                if attribute:
                    deque(map(setattr, rows, repeat(attribute), found), maxlen=0)
                    if all(found):
                        full.add(attribute)
        for attribute in self._object_ids:
            for row in rows:
                if isinstance(value := getattr(row, attribute), _ObjectId):
                    setattr(row, attribute, value.text)
        self._check_elsewhere(rows, full)
        for attribute in self._required:
            if UNSET in map(attrgetter(attribute), rows):
                raise ValueError("a record without its key")
        return rows

    def _check_elsewhere(self, rows: Rows, full: Collection[str]) -> None:
        """Look for values in other places, where a column's own one holds nothing.

        Args:
            rows: The records.
            full: Fields that hold something in all of them.

        Raises:
            ValueError: If there is one, or something else than an object.
        """
        for attribute, others, insides in self._elsewhere:
            get = attrgetter(attribute)
            if attribute in full or all(map(get, rows)):
                continue
            for other in others:
                found = compress(map(attrgetter(other), rows), map(not_, map(get, rows)))
                if any(value is not UNSET and value != _NULL for value in found):
                    raise ValueError("a value in another place")
            for head, inside in insides:
                lacking = compress(map(attrgetter(head), rows), map(not_, map(get, rows)))
                if objects := [one for one in lacking if one and one != _NULL]:
                    inside.read(objects)

    def _texts(self, rows: Rows) -> list[bytes]:
        """List what is written as it came: the numbers, then each group of nested values.

        Raises:
            _LineBreakError: If there is a line break in one.
        """
        return [_lines(attributes, rows) for attributes in (self._numbers, *self._nested.values())]

    def _default(self, rows: Rows) -> None:
        for attribute, default in self._defaults.items():
            if not all(map(attrgetter(attribute), rows)):
                for row in rows:
                    if not getattr(row, attribute):
                        setattr(row, attribute, default)

    def _lower(self, rows: Rows) -> None:
        """Write key columns in lower case, and what came beside them.

        Raises:
            ValueError: If the response has a field named like the column beside one.
        """
        for attribute, beside in self._lowered.items():
            texts = list(map(attrgetter(attribute), rows))
            if beside is not None:
                if {*map(attrgetter(beside), rows)} - {UNSET}:
                    raise ValueError("a field that only the tap adds")
                for row, text in zip(rows, texts, strict=True):
                    setattr(row, beside, text)
            together = "\n".join(texts)
            if together.lower() != together:
                for row, text in zip(rows, texts, strict=True):
                    setattr(row, attribute, text.lower())

    def _settle_instants(self, rows: Rows) -> None:
        """Rewrite dates in another notation than RFC 3339 in UTC.

        Raises:
            Misfit: If one is no date.
        """
        if _are_instants(_values(self._instants, rows)):
            return
        for attribute in self._instants:
            if not _are_instants(_values([attribute], rows)):
                for row in rows:
                    if text := getattr(row, attribute):
                        setattr(row, attribute, _instant(text))


def _openings(column: Column) -> bytes:
    """Return the bytes that values of a column may begin with; ``-`` for one that is not nested."""
    return b"".join(_OPENINGS.get(kind, b"-") for kind in column.types)


def _struct(fields: Iterable[Any], names: Mapping[str, str]) -> type[Any]:
    return msgspec.defstruct(
        "Record", fields, rename=names, gc=False, kw_only=True, forbid_unknown_fields=True
    )


def _rewriter(
    written: Mapping[str, str], additional: Mapping[str, str]
) -> Callable[[Rows], Iterator[Any]]:
    """Make what copies rows to structs with other names, or fewer.

    Args:
        written: The column of each attribute that is written.
        additional: The key in ``additional_fields`` of each attribute that goes there.
    """
    record = _positional([*written.values(), *([ADDITIONAL_FIELDS] if additional else [])])
    if not additional:
        return lambda rows: starmap(record, _tuples(written, rows))
    extra = _positional(additional.values())
    return lambda rows: (
        record(*values, extra(*rest) if any(rest) else UNSET)
        for values, rest in zip(_tuples(written, rows), _tuples(additional, rows), strict=True)
    )


def _positional(names: Iterable[str]) -> type[Any]:
    renamed = {f"field_{number}": name for number, name in enumerate(names)}
    fields = [(attribute, Any, UNSET) for attribute in renamed]
    return msgspec.defstruct("Written", fields, rename=renamed, gc=False)


def _tuples(attributes: Collection[str], rows: Rows) -> Iterator[tuple[Any, ...]]:
    match list(attributes):
        case []:
            return repeat((), len(rows))
        case [one]:
            return zip(map(attrgetter(one), rows), strict=True)
        case several:
            return map(attrgetter(*several), rows)


def _values(attributes: Collection[str], rows: Rows) -> list[Any]:
    """Gather what is neither null nor absent."""
    if not attributes:
        return []
    return list(filter(None, chain.from_iterable(_tuples(attributes, rows))))


@lru_cache(maxsize=4096)
def _instant(text: str) -> str:
    return str(coerce(text, _INSTANT))


def _are_instants(texts: list[str]) -> bool:
    """Tell whether texts are RFC 3339 in UTC with Z, real, and none that stands for no date.

    None is long enough to hold two, so that none can hold a separator. Texts of one form,
    as most are, are told faster by decoding them than by the search.
    """
    if not texts:
        return True
    joined = '","'.join([*texts, ""]).encode()
    outline = joined.translate(_OUTLINE)
    form = outline[: len(texts[0]) + 3]
    if _FORM.fullmatch(form) and outline == form * len(texts):
        try:
            _decode_instants(b'["%b"]' % joined[:-3])
        except ValueError:
            return False
        of_this_millennium = not joined[:: len(form)].strip(b"2")
        return of_this_millennium or not _hold_zero_date(joined)
    return _INSTANTS.fullmatch(joined) is not None and not _hold_zero_date(joined)


def _hold_zero_date(joined: bytes) -> bool:
    """Tell whether one of some texts in quotes stands for no date."""
    return joined.startswith(_ZERO_DATES) or any(zero in joined for zero in _LATER_ZERO_DATES)


def _lines(attributes: Collection[str], rows: Rows) -> bytes:
    """Join raw values, one a line."""
    values = _values(attributes, rows)
    lines = b"\n".join([*values, b""]) if values else b""
    if lines.count(b"\n") > len(values) or b"\r" in lines:
        raise _LineBreakError
    return lines


def _are_numbers(lines: bytes) -> bool:
    """Tell whether JSON values are null or numbers that every warehouse holds exactly."""
    return _NUMBERS.fullmatch(lines) is not None


@lru_cache
def _beginning_with(openings: bytes) -> re.Pattern[bytes]:
    """Return what matches lines that begin with one of some bytes each."""
    first = b"[%b]" % re.escape(openings) if openings else b""
    return re.compile(rb"(?:%b[^\n]*+\n)*+" % first)


def _are_storable(lines: bytes, openings: bytes) -> bool:
    """Tell whether JSON values need no cleaning; some that need none may be refused.

    Args:
        lines: One value each, without NUL.
        openings: Bytes that one may begin with; none if that may be any.
    """
    try:
        lines.isascii() or lines.decode()
    except UnicodeDecodeError:
        return False
    outline = lines.translate(_OUTLINE)
    return (
        _beginning_with(openings).fullmatch(lines) is not None
        and _TOO_DEEP not in lines.translate(_OUTLINE, _NO_CLOSINGS)
        and _LONG_NUMBER not in outline
        and not _EXPONENT.search(outline)
    )
