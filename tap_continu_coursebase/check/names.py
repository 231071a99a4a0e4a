"""Tell the names of fields from data that serve as keys, such as people's in a map.

A key is shown if it is documented or common, or else if it looks like a name, stands in most
objects of its place, and occurs in no value. Where in doubt it is data.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import chain
from typing import Any

from tap_continu_coursebase.check.kinds import type_of
from tap_continu_coursebase.continu.reports import REPORTS
from tap_continu_coursebase.coursebase.jobs import ExportJob
from tap_continu_coursebase.coursebase.resources import RESOURCES
from tap_continu_coursebase.decode import hints
from tap_continu_coursebase.decode.record import snake_case
from tap_continu_coursebase.decode.schema import load

Path = tuple[str, ...]
ELEMENT = "[]"
_NAME = re.compile(r"[A-Za-z_$@][A-Za-z0-9_$@-]{0,39}", re.ASCII)
_ID = re.compile(r"\d{3}|(?=.*\d)(?<![A-Za-z])[0-9a-f]{8,}|^sk_|^tok", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]{3,}")
_ENVELOPE = frozenset({"data", "error", "next", "status", "result", "items"})
_MOST_DEPTH = 60


class Names:
    """The keys of a document that may be shown.

    Args:
        document: Decoded JSON.
    """

    def __init__(self, document: Any) -> None:
        self._objects: Counter[Path] = Counter()
        self._keys: dict[Path, Counter[str]] = {}
        self._kinds: dict[Path, set[str | None]] = {}
        self._words: set[str] = set()
        self._read(document, ())

    def shows(self, key: str, path: Path) -> bool:
        """Tell whether a key may be shown.

        Args:
            key: Of an object.
            path: Where such objects stand: keys, and ``[]`` for an element of an array.
        """
        if is_known(key):
            return True
        if not _NAME.fullmatch(key) or _ID.search(key) or self._is_a_value(key):
            return False
        count, objects = self._keys.get(path, Counter())[key], self._objects[path]
        if objects > 1:
            return count > 1 and 2 * count >= objects and not self._is_map(path)
        return path[-1:] in {(), (ELEMENT,)} and not self._is_map(path)

    def _is_map(self, path: Path) -> bool:
        """Tell whether an object may be a map rather than a record."""
        keys = self._keys[path]
        is_row = path[-1:] == (ELEMENT,)
        if any(map(is_known, keys)) or len(self._kinds[path]) > 1:
            return False
        return not is_row or (len(keys) > 1 and self._objects[path] == 1)

    def _is_a_value(self, key: str) -> bool:
        words = [word.lower() for word in _WORD.findall(snake_case(key))]
        return key.lower() in self._words or (bool(words) and self._words.issuperset(words))

    def _read(self, value: Any, path: Path) -> None:
        match value:
            case str():
                self._words.update(word.lower() for word in _WORD.findall(value))
            case list() if len(path) < _MOST_DEPTH:
                for item in value:
                    self._read(item, (*path, ELEMENT))
            case Mapping() if len(path) < _MOST_DEPTH:
                self._objects[path] += 1
                self._keys.setdefault(path, Counter()).update(value.keys())
                kinds = self._kinds.setdefault(path, set())
                for key, item in value.items():
                    if item is not None:
                        kinds.add(type_of(item))
                    self._read(item, (*path, key))
            case _:
                pass


def is_known(key: str) -> bool:
    """Tell whether a key is documented, or common around rows."""
    return snake_case(key) in _documented() or key in _ENVELOPE or hints.is_common(key)


@lru_cache(maxsize=1)
def _documented() -> frozenset[str]:
    return frozenset(_names())


def _names() -> Iterator[str]:
    yield from ("range_target", "report_type", "report_id", *ExportJob._fields)
    for report in REPORTS:
        yield from (*report.filters, *chain.from_iterable(report.filters.values()))
    yield from (resource.items for resource in RESOURCES if resource.items)
    declared = [("continu", report.name) for report in REPORTS]
    declared += [("coursebase", resource.name) for resource in RESOURCES]
    for source, name in declared:
        for column in load(source, name).columns:
            yield column.name
            yield from column.aliases
            yield from column.lowered
            yield from (name for _, names in column.fallbacks for name in names)
