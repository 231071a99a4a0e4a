"""Deterministic chance: equal arguments give equal draws on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")


def dice(*parts: object) -> Random:
    """Return a generator that depends on nothing but `parts`."""
    return Random(":".join(map(str, parts)))


def fingerprint(*parts: object, digits: int = 10) -> str:
    """Return `digits` lower-case hex digits that depend on nothing but `parts`."""
    return hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:digits]


def object_id(instant: int, mark: str, number: int) -> str:
    """Return a 24-hex id in the style of MongoDB: second, 10 digits of origin, counter.

    Documented: R-oas shows ids such as `5f8a1c2d4e6b7a9c0d1e2f3a`.
    """
    return f"{instant:08x}{mark}{number:06x}"


def below(chance: Random, bound: int) -> int:
    """Draw an integer from 0 up to, without, `bound`."""
    return int(chance.random() * bound)


def happens(chance: Random, share: float) -> bool:
    """Draw whether something happens that does so in `share` of all cases."""
    return chance.random() < share


def pick(chance: Random, options: Sequence[T]) -> T:
    """Draw one of `options`."""
    return options[int(chance.random() * len(options))]


def some(chance: Random, options: Sequence[T], most: int) -> list[T]:
    """Draw between none and `most` different ones of `options`, in their order."""
    wanted = below(chance, most + 1)
    chosen = sorted({below(chance, len(options)) for _ in range(wanted)})
    return [options[position] for position in chosen]
