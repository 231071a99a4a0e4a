"""Turn one API record into one that fits its stream's schema, losing nothing.

Pure functions: no I/O, no clock. Whatever is not declared, and whatever does not fit its
column, is kept as it came in the column ``additional_fields``.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from msgspec import UNSET

from tap_continu_coursebase.core.errors import TapError, one_line
from tap_continu_coursebase.decode.inside import Path, is_barred, within
from tap_continu_coursebase.decode.value import Misfit, ZeroDate, clean, coerce

ADDITIONAL_FIELDS = "additional_fields"
ZERO_DATE, COMMAS = "zero date", "text with commas"
BARE, NO_OBJECT, ELSEWHERE = "bare id", "no object", "elsewhere"
"""What is odd about a value; see ``Fitted``. A place follows the last three, after ``IN``."""
IN = " in "

_WORD_STARTS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DEEPEST_HINT = 3
_KEYS_REMEMBERED = 4096
_ARRAY = ("array",)
_NOT_WORD = re.compile(r"\W+")


Rank = tuple[int, bool, str]
"""How much a response key is preferred for its column, the lowest most; the key stands last."""


class MissingKeyError(TapError):
    """A record came without one of the fields that identify it."""


@dataclass(frozen=True)
class Column:
    """One declared property of a stream.

    Attributes:
        name: The column's name, snake_case.
        types: JSON types it may hold, without ``null``; ``date-time`` stands for a
            string of that format.
        default: What stands for null or an absent field in a key column that has it.
        aliases: Response keys (snake_case) that mean the same, the preferred first.
        fallbacks: What stands for null or an absent field in a key column: prefixes, each with
            the response keys (snake_case) whose value it is written before, the preferred first.
        unlike: Response keys that look like the name and mean something else.
        lowered: Response keys (snake_case) whose value a key column holds in lower case, and as it
            came in a column beside it.
        paths: Dotted paths to values inside of a row's objects that mean the same, the preferred
            first; which of them fills the column is decided for a response, and another one only
            where that holds nothing. One without a dot is a bare value in place of the object.
        source: The one name, or the dotted path, that fills the column; empty if it is not given.
    """

    name: str
    types: tuple[str, ...]
    default: Any = None
    aliases: tuple[str, ...] = ()
    fallbacks: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unlike: tuple[str, ...] = ()
    lowered: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    source: str = ""

    @property
    def as_sent(self) -> str:
        """The column beside it that holds what came, where it holds that in lower case."""
        return f"{self.name}_as_sent"

    @property
    def heads(self) -> list[str]:
        """The response keys of objects inside of which its value may stand."""
        paths = [self.source] if self.source else self.paths
        return [path.partition(".")[0] for path in paths if "." in path]

    @property
    def inner(self) -> list[str]:
        """Those of its paths that lead into an object."""
        return [path for path in self.paths if "." in path]

    @classmethod
    def from_schema(cls, name: str, schema: Mapping[str, Any], aliases: Iterable[str]) -> Column:
        """Read a column from a JSON Schema property."""
        declared = schema["type"]
        types = [declared] if isinstance(declared, str) else list(declared)
        return cls(
            name=name,
            types=tuple(
                "date-time" if kind == "string" and schema.get("format") == "date-time" else kind
                for kind in types
                if kind != "null"
            ),
            default=schema.get("default"),
            aliases=tuple(aliases),
            fallbacks=tuple(
                (prefix, tuple(names)) for prefix, names in schema.get("x-fallbacks", {}).items()
            ),
            unlike=tuple(schema.get("x-unlike", ())),
            lowered=tuple(schema.get("x-lower-case", ())),
            paths=tuple(schema.get("x-paths", ())),
            source=schema.get("x-from", ""),
        )


@dataclass(frozen=True)
class Fitted:
    """The outcome of fitting one record.

    Attributes:
        record: What goes to the warehouse: declared columns and ``additional_fields``.
        misfits: Names of columns whose value could not be coerced.
        fallbacks: Key columns that another identifier stands in for, with its prefix.
        oddities: Names of columns with what is odd about their value: ``ZERO_DATE``, which is null
            in its column and kept like a misfit, though in a key column it stays; ``COMMAS`` in a
            text that became an array of one; ``ELSEWHERE`` for one that another place holds than
            in the rest of the response; ``BARE`` for one in place of its object; ``NO_OBJECT``
            for one that stands in something else than an object, which is kept if no column is.
    """

    record: dict[str, Any]
    misfits: list[str] = field(default_factory=list)
    fallbacks: list[tuple[str, str]] = field(default_factory=list)
    oddities: list[tuple[str, str]] = field(default_factory=list)


class Shape:
    """The declared columns of a stream, ready to fit records into.

    Args:
        columns: Columns filled from the response.
        keys: Columns without which a record cannot be stored.
        keep_additional: Whether ``additional_fields`` is a column of the stream.

    Attributes:
        columns: The columns by name.
        keys: Those of the key columns that are filled from the response.
        keep_additional: As given.
        names: By column, the response key that is expected to fill it.
        paths: By column that is filled from inside of an object, the keys that lead to its value.
        unsettled: Columns that may yet turn out to be filled from inside of an object.
        elsewhere: By column, the other places that fill it where its own one holds nothing.
    """

    def __init__(
        self, columns: Iterable[Column], *, keys: Iterable[str], keep_additional: bool
    ) -> None:
        self.columns = {column.name: column for column in columns}
        self.keys = [name for name in keys if name in self.columns]
        self.keep_additional = keep_additional
        self.unsettled: frozenset[str] = frozenset()
        self.elsewhere: dict[str, list[str]] = {}
        self._unwritten: frozenset[str] = frozenset()
        self._ranked(
            {
                column.name: [column.source] if column.source else [column.name, *column.aliases]
                for column in self.columns.values()
            }
        )
        self._run_together = {
            name.replace("_", ""): (column, len(column.aliases) + 1)
            for name, column in self.columns.items()
            if not column.source
        }

    def _ranked(self, names: Mapping[str, Sequence[str]]) -> None:
        """Set which names, snake_case or dotted paths, fill each column, the preferred first."""
        self.names = {name: found[0] for name, found in names.items()}
        self.paths: dict[str, Path] = {
            column: tuple(name.split(".")) for column, name in self.names.items() if "." in name
        }
        self._candidates: dict[str, tuple[Column, int]] = {}
        flat = [column for column in self.columns.values() if column.name not in self.paths]
        for column in flat:
            for rank, alias in enumerate(names[column.name][1:], start=1):
                self._candidates.setdefault(snake_case(alias), (column, rank))
        for column in flat:
            self._candidates[snake_case(self.names[column.name])] = (column, 0)
        self._bid = lru_cache(maxsize=_KEYS_REMEMBERED)(self._first_bid)

    @property
    def heads(self) -> frozenset[str]:
        """The response keys of objects inside of which something may be read."""
        unsettled = [head for name in self.unsettled for head in self.columns[name].heads]
        others = [head for name in self.elsewhere for head in self.columns[name].heads]
        return frozenset([path[0] for path in self.paths.values()] + unsettled + others)

    def fit(self, raw: Any) -> Fitted:
        """Fit one record of a response.

        Args:
            raw: A decoded JSON value; numbers with a fraction as Decimal.

        Returns:
            The record with snake_cased, coerced, cleaned values.

        Raises:
            MissingKeyError: If it is not an object or lacks a key field.
        """
        if not isinstance(raw, Mapping):
            raise MissingKeyError(f"a record is not an object but {_kind(raw)}")
        record: dict[str, Any] = {}
        misfits: list[str] = []
        chosen = self.choose(raw)
        additional = {key: value for key, value in raw.items() if key not in chosen}
        sources = [(key, raw[key], column) for key, column in chosen.items()]
        for name, path in self.paths.items():
            if (value := within(raw, path)) is not UNSET:
                sources.append((".".join(path), value, self.columns[name]))
        held = {column.name for _, value, column in sources if value is not None}
        empty = [name for name in {**self.paths, **self.elsewhere} if name not in held]
        found, oddities = self._look_elsewhere(raw, empty)
        heads = {odd.partition(IN)[2] for _, odd in oddities if odd.startswith(NO_OBJECT)}
        taken = {key for key, _, _ in found}
        additional |= {head: raw[head] for head in heads & self._unwritten}
        additional = {key: value for key, value in additional.items() if key not in taken}
        passed = self._unwritten & (heads | taken)
        sources = [one for one in sources if one[0] not in passed] + found
        for source, value, column in sources:
            try:
                self._put(record, column, source, value)
                if column.types == _ARRAY and isinstance(value, str) and "," in value:
                    oddities.append((column.name, COMMAS))
            except ZeroDate as zero:
                record[column.name] = zero.instant if column.name in self.keys else None
                if record[column.name] is None:
                    additional[_free(source, additional)] = value
                    oddities.append((column.name, ZERO_DATE))
            except Misfit:
                record[column.name] = None
                additional[_free(source, additional)] = value
                misfits.append(column.name)
        fallbacks = self._require_keys(record, raw, misfits)
        if self.keep_additional and additional:
            record[ADDITIONAL_FIELDS] = clean(additional)
        return Fitted(record, misfits, fallbacks, oddities)

    def _look_elsewhere(
        self, raw: Mapping[str, Any], empty: Iterable[str]
    ) -> tuple[list[tuple[str, Any, Column]], list[tuple[str, str]]]:
        """Find the values of columns in places where they are not expected.

        Args:
            raw: The record.
            empty: Columns for which nothing stands where it is expected.

        Returns:
            The key or path, the value and the column of each, and what is odd.
        """
        found = []
        oddities = []
        for name in empty:
            column = self.columns[name]
            for place in self.elsewhere.get(name, ()):
                if (one := _held(raw, name, place)) is not None:
                    is_bare = place != name and "." not in place
                    oddities.append((name, f"{BARE if is_bare else ELSEWHERE}{IN}{place}"))
                    found.append((*one, column))
                    break
            else:
                paths = [column.source] if column.source else column.inner
                barred = [path for path in paths if is_barred(raw, path.split("."))]
                oddities += [(name, f"{NO_OBJECT}{IN}{path.split('.')[0]}") for path in barred[:1]]
        return found, oddities

    def _put(self, record: dict[str, Any], column: Column, source: str, value: Any) -> None:
        record[column.name] = fitted = coerce(value, column.types)
        if fitted and self.lowers(column, source):
            record[column.name], record[column.as_sent] = fitted.lower(), fitted

    def object_ids(self, raw: Mapping[str, Any], chosen: Mapping[str, Column]) -> set[str]:
        """Return the columns of a record that come as ids in MongoDB's extended JSON.

        Args:
            raw: The record.
            chosen: The keys that fill columns, as ``choose`` does.
        """
        found = [(column.name, raw[key]) for key, column in chosen.items()]
        found += [(name, within(raw, path)) for name, path in self.paths.items()]
        return {name for name, value in found if isinstance(value, Mapping) and "$oid" in value}

    def lowers(self, column: Column, key: str) -> bool:
        """Tell whether what comes under a key or path is put into a column in lower case."""
        if column.name not in self.keys:
            return False
        names = {snake_case(key.rpartition(".")[2]), *([column.name] if column.source else ())}
        return not names.isdisjoint(column.lowered)

    def contenders(self, keys: Iterable[str]) -> dict[str, dict[str, list[str]]]:
        """List by column the names under which keys of a response may fill it, the best first.

        Args:
            keys: Of all records that are to be treated alike.

        Returns:
            By column and name (snake_case), the keys of that name.
        """
        ranked: dict[str, list[tuple[int, str, str]]] = {}
        for key in keys:
            if (candidate := self._candidate(key)) is not None:
                column, rank = candidate
                ranked.setdefault(column.name, []).append((rank, snake_case(key), key))
        found: dict[str, dict[str, list[str]]] = {}
        for column_name, bids in ranked.items():
            for _, name, key in sorted(bids):
                found.setdefault(column_name, {}).setdefault(name, []).append(key)
        return found

    def narrowed(
        self,
        names: Mapping[str, str],
        unsettled: Iterable[str] = (),
        *,
        written: Collection[str] | None = None,
    ) -> Shape:
        """Build the shape that fills each column under one name.

        A column that may be filled from inside of an object is filled from its other places where
        that name holds nothing, if it is written.

        Args:
            names: By column, the name (snake_case, or a dotted path) that is not the one expected.
            unsettled: Columns that may yet turn out to be filled from inside of an object.
            written: The columns that are written; all of them if it is not given.
        """
        narrowed = copy(self)
        narrowed._ranked({name: [names.get(name, self.names[name])] for name in self.columns})  # noqa: SLF001 - its own
        narrowed._run_together = {}  # noqa: SLF001 - its own
        narrowed.unsettled = frozenset(unsettled)
        if written is not None:
            narrowed._unwritten = frozenset(self.columns).difference(written)  # noqa: SLF001 - its own
            narrowed.elsewhere = {
                column.name: [
                    place
                    for place in (column.name, *column.paths)
                    if place != narrowed.names[column.name]
                ]
                for column in self.columns.values()
                if column.paths and not column.source and column.name in written
            }
        return narrowed

    def choose(self, raw: Mapping[str, Any]) -> dict[str, Column]:
        """Decide which response key fills which column: its own name, else the first alias."""
        best: dict[str, tuple[bool, Rank]] = {}
        for key, value in raw.items():
            if (found := self._bid(key)) is not None:
                name, rank = found
                bid = (value is None, rank)
                if name not in best or bid < best[name]:
                    best[name] = bid
        return {rank[-1]: self.columns[name] for name, (_, rank) in best.items()}

    def _first_bid(self, key: str) -> tuple[str, Rank] | None:
        """Return the column that a response key may fill, and how much it is preferred."""
        candidate = self._candidate(key)
        if candidate is None:
            return None
        column, rank = candidate
        return column.name, (rank, key != snake_case(key), key)

    def column_of(self, key: str) -> Column | None:
        """Return the column that a response key may fill."""
        bid = self._bid(key)
        return None if bid is None else self.columns[bid[0]]

    def _candidate(self, key: str) -> tuple[Column, int] | None:
        name = snake_case(key)
        if (found := self._candidates.get(name)) is not None:
            return found
        found = self._run_together.get(name.replace("_", ""))
        return None if found is None or key in found[0].unlike else found

    def _require_keys(
        self, record: dict[str, Any], raw: Mapping[str, Any], misfits: list[str]
    ) -> list[tuple[str, str]]:
        """Fill key columns that hold nothing; tell those that another identifier stands in for."""
        fallbacks = []
        for name in self.keys:
            if record.get(name) not in (None, ""):
                continue
            column = self.columns[name]
            if column.default is not None and name not in misfits:
                record[name] = column.default
            elif (found := self._fallback(column, record, raw)) is not None:
                prefix, value = found
                value = value.lower() if prefix in column.lowered else value
                record[name] = f"{prefix}:{value}"
                fallbacks.append((name, prefix))
            else:
                raise MissingKeyError(f"a record came {self._lack(name, raw)}")
        return fallbacks

    def _fallback(
        self, column: Column, record: Mapping[str, Any], raw: Mapping[str, Any]
    ) -> tuple[str, str] | None:
        """Find another identifier of a record, with its prefix."""
        for prefix, names in column.fallbacks:
            for name in names:
                keys = [key for key in raw if snake_case(key) == name]
                values = [record.get(name)] if name in self.columns else [raw[key] for key in keys]
                for value in values:
                    if text := _identifier(value):
                        return prefix, text
        return None

    def _lack(self, name: str, raw: Mapping[str, Any]) -> str:
        """Say what stands where the value of a key column should."""
        found = [(key, raw[key]) for key, one in self.choose(raw).items() if one.name == name]
        if name in self.paths:
            found = [(".".join(self.paths[name]), within(raw, self.paths[name]))]
        for key, value in found:
            if value is not UNSET:
                kind = "an empty string" if value == "" else _kind(value)
                spelt = "" if key == name else f" ({one_line(clean(key))!r})"
                return f"with {kind} in its key field '{name}'{spelt}"
        fields = ", ".join(sorted(one_line(clean(key)) for key in raw)) or "none"
        inside = next(_inside(name, raw), None)
        hint = f" (it may be {one_line(clean(inside))!r})" if inside else ""
        return f"without its key field '{name}'{hint}; it has: {fields}"


@lru_cache(maxsize=4096)
def snake_case(key: str) -> str:
    """Write a response key in snake_case: ``createdAt`` -> ``created_at``, ``_id`` stays."""
    return _NOT_WORD.sub("_", _WORD_STARTS.sub("_", key)).lower()


def _free(key: str, taken: Mapping[str, Any]) -> str:
    """Return a key that is not taken, most often the key itself."""
    while key in taken:
        key += "_"
    return key


def _inside(name: str, value: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Find a field of some name inside of objects; yield the dotted paths to it."""
    for key, item in value.items():
        if path and snake_case(key) == name:
            yield f"{path}{key}"
        elif isinstance(item, Mapping) and path.count(".") < _DEEPEST_HINT:
            yield from _inside(name, item, f"{path}{key}.")


def _held(raw: Mapping[str, Any], name: str, place: str) -> tuple[str, Any] | None:
    """Return the key or path and the value that a record holds for a column in some place.

    Args:
        raw: The record.
        name: The column's name.
        place: This name, a dotted path, or the key of an object in whose place a value may stand.
    """
    if place == name:
        found = [(key, raw[key]) for key in raw if snake_case(key) == name]
    elif "." in place:
        found = [(place, within(raw, place.split(".")))]
    else:
        found = [(place, raw[place])] if _is_bare(raw.get(place)) else []
    return next((one for one in found if one[1] is not None and one[1] is not UNSET), None)


def _is_bare(value: Any) -> bool:
    return isinstance(value, str | int | Decimal) and not isinstance(value, bool) and value != ""


def _identifier(value: Any) -> str | None:
    try:
        text: str | None = coerce(value, ("string",))
    except Misfit:
        return None
    return text


def _kind(value: Any) -> str:
    kinds = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "a boolean",
        type(None): "null",
    }
    return kinds.get(type(value), "a number")
