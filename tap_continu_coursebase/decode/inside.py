"""Read values inside of objects that stand under one key of each row, at C speed.

Pure: no I/O, no clock. A path is the keys that lead to a value, one inside of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

Path = tuple[str, ...]

_NULL = b"null"


class Inside:
    """Decodes objects, only as far as is wanted of them.

    Args:
        wanted: The type of each value by its path inside of the object; no path begins another.
    """

    def __init__(self, wanted: Mapping[Path, Any]) -> None:
        self.paths = tuple(wanted)
        struct, empty, self._getters = _struct(wanted)
        self._empty = empty
        self._decode = msgspec.json.Decoder(list[struct | None]).decode  # type: ignore[valid-type]

    def read(self, objects: Iterable[Raw | UnsetType]) -> list[Sequence[Any]]:
        """Return the values of each path; UNSET stands for those that are absent.

        Raises:
            ValueError: If something is neither null nor an object, or a value not of its type.
        """
        found = self._decode(b"[%b]" % b",".join([one or _NULL for one in objects]))
        objects = [self._empty if one is None else one for one in found]
        return [list(self._getters[path](objects)) for path in self.paths]


def clashes(path: Path, others: Iterable[Path]) -> bool:
    """Tell whether a path begins another or the other way round, so that one struct has not both.

    Equal paths begin each other.
    """
    return any(path[: len(other)] == other[: len(path)] for other in others)


def within(value: Any, path: Iterable[str]) -> Any:
    """Return what stands at a path of a decoded value; UNSET if nothing does."""
    for key in path:
        if not isinstance(value, Mapping) or key not in value:
            return UNSET
        value = value[key]
    return value


def is_barred(value: Any, path: Iterable[str]) -> bool:
    """Tell whether something stands in the way of a path that is no object, nor nothing."""
    for key in path:
        if not isinstance(value, Mapping):
            return value is not None and value != ""
        if key not in value:
            return False
        value = value[key]
    return False


Getter = Callable[[Iterable[Any]], Iterator[Any]]


def _struct(wanted: Mapping[Path, Any]) -> tuple[type[Any], Any, dict[Path, Getter]]:
    """Build the struct of an object, an empty one, and what reads each path of many."""
    leaves: dict[str, Any] = {}
    deeper: dict[str, dict[Path, Any]] = {}
    for (key, *rest), kind in wanted.items():
        if rest:
            deeper.setdefault(key, {})[tuple(rest)] = kind
        else:
            leaves[key] = kind
    names: dict[str, str] = {}
    fields = []
    getters: dict[Path, Getter] = {}
    for key in (*leaves, *deeper):
        attribute = f"field_{len(names)}"
        names[attribute] = key
        if key in leaves:
            fields.append((attribute, leaves[key], UNSET))
            getters[key,] = _each(attribute)
        else:
            inner, empty, below = _struct(deeper[key])
            fields.append((attribute, inner | None | UnsetType, UNSET))
            for path, getter in below.items():
                getters[key, *path] = _chained(attribute, empty, getter)
    struct = msgspec.defstruct("Inside", fields, rename=names, gc=False)
    return struct, struct(), getters


def _each(attribute: str) -> Getter:
    get = attrgetter(attribute)
    return lambda objects: map(get, objects)


def _chained(attribute: str, empty: Any, below: Getter) -> Getter:
    get = attrgetter(attribute)
    return lambda objects: below([get(one) or empty for one in objects])
