"""Find rows of one response that have the same key, in memory that does not grow with it.

Of each row only a hash of its key is kept, eight bytes. Where two are equal, and only then, the
rows themselves are looked at once more.
"""

from __future__ import annotations

import json
import tempfile
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b
from operator import attrgetter
from typing import IO, Any

import msgspec

_HASHES_IN_MEMORY = 1 << 14
_PARTS = 64
_SUSPECTS_AT_ONCE = 1 << 16


@dataclass(frozen=True)
class Repeats:
    """The rows of a response whose key another row before them has.

    Attributes:
        different: How many of them differ from that row.
        identical: How many do not.
        example: The key of the first that differs; None if none does.
    """

    different: int = 0
    identical: int = 0
    example: tuple[Any, ...] | None = None


class KeyHashes:
    """Hashes of keys; those beyond some are kept in a file without a name."""

    def __init__(self) -> None:
        self._recent = array("q")
        self._file: IO[bytes] | None = None
        self._places: list[list[tuple[int, int]]] = [[] for _ in range(_PARTS)]

    def add(self, hashes: array[int]) -> None:
        """Keep the hashes of some rows."""
        self._recent.extend(hashes)
        if len(self._recent) >= _HASHES_IN_MEMORY:
            self._spill()

    def repeated(self) -> Iterator[set[int]]:
        """Yield the hashes that occur more than once, in sets of those that lie together."""
        if self._file is None:
            yield _repeated(self._recent)
            return
        self._spill()
        for places in self._places:
            part = array("q")
            for offset, size in places:
                self._file.seek(offset)
                part.frombytes(self._file.read(size))
            yield _repeated(part)

    def close(self) -> None:
        """Free the memory and the file."""
        self._recent = array("q")
        if self._file is not None:
            self._file.close()

    def _spill(self) -> None:
        """Write the recent hashes to the file, equal ones to the same part."""
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - see close
        parts: list[list[int]] = [[] for _ in range(_PARTS)]
        for one in self._recent:
            parts[one % _PARTS].append(one)
        offset = self._file.seek(0, 2)
        for places, part in zip(self._places, parts, strict=True):
            size = self._file.write(array("q", part).tobytes())
            places.append((offset, size))
            offset += size
        self._recent = array("q")


def key_hash(key: Sequence[Any]) -> int:
    """Return the hash of a key; of one column alone, that of its value, which is faster."""
    return hash(key[0]) if len(key) == 1 else hash(tuple(key))


def find(hashes: KeyHashes, read: Callable[[], Iterable[bytes]], keys: Sequence[str]) -> Repeats:
    """Find the rows that have the key of another one.

    Args:
        hashes: Of the keys of all rows.
        read: Reads the rows as lines of JSON from the first on, several at once; called only if
            keys repeat.
        keys: The columns that the key is made of.
    """
    different = identical = 0
    example: tuple[Any, ...] | None = None
    for suspects in _grouped(hashes.repeated()):
        first: dict[int, bytes] = {}
        for key, line in _rows(read(), keys, suspects):
            digest = blake2b(_canonical(line), digest_size=16).digest()
            if first.setdefault(key_hash(key), digest) == digest:
                identical += 1
            else:
                different += 1
                example = example or key
        identical -= len(first)
    return Repeats(different, identical, example)


def _repeated(hashes: array[int]) -> set[int]:
    if len(set(hashes)) == len(hashes):
        return set()
    return {one for one, count in Counter(hashes).items() if count > 1}


def _grouped(sets: Iterable[set[int]]) -> Iterator[set[int]]:
    """Join small sets, so that few of them remain."""
    group: set[int] = set()
    for one in sets:
        group |= one
        if len(group) >= _SUSPECTS_AT_ONCE:
            yield group
            group = set()
    if group:
        yield group


def _rows(
    blocks: Iterable[bytes], keys: Sequence[str], suspects: set[int]
) -> Iterator[tuple[tuple[Any, ...], bytes]]:
    names = {f"field_{number}": name for number, name in enumerate(keys)}
    struct = msgspec.defstruct("Key", [(field, Any, None) for field in names], rename=names)
    decode = msgspec.json.Decoder(struct, float_hook=Decimal).decode_lines
    getters = [attrgetter(field) for field in names]
    for block in blocks:
        lines = block.split(b"\n")
        for row, line in zip(decode(block), lines, strict=False):
            key = tuple(get(row) for get in getters)
            if key_hash(key) in suspects:
                yield key, line


def _canonical(line: bytes) -> bytes:
    """Write a row so that the order of its fields does not matter."""
    return json.dumps(json.loads(line), sort_keys=True).encode()
