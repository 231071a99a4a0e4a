"""Undeclared fields that some rows of a report carry and the others lack."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from sandbox.chance import below, dice, happens, pick
from sandbox.continu.report import Report

STRAYS: Mapping[str, Callable[[Random], Any]] = {
    "reviewState": lambda chance: pick(chance, ("open", "clôturé", "")),
    "attempt": lambda chance: below(chance, 9),
    "Seen By": lambda chance: [below(chance, 50) for _ in range(below(chance, 3))],
    "isLegacy": lambda chance: happens(chance, 0.5),
    "badge": lambda chance: {"level": below(chance, 4), "labels": ["é", None]},
    "weight": lambda chance: below(chance, 1000) / 8,
    "mergedInto": lambda _chance: None,
    **{f"customField{n}": lambda chance: f"choice {below(chance, 3)}" for n in range(1, 21)},
}
"""By key of the wire, how a value comes about; every n-th of the rows has the n-th key."""


def strays(report: Report, row: Any, share: float) -> dict[str, Any]:
    """Return the stray fields of a row, which depend on nothing but its ids.

    They lie scattered over an answer, and the rare keys appear late in it or not at all:
    batches and windows differ in the keys that they hold.

    Args:
        report: The report.
        row: One of its rows.
        share: The part of the rows that have some.
    """
    chance = dice("stray", report.name, *(report.columns[name](row) for name in report.always))
    if not happens(chance, share):
        return {}
    return {
        key: make(chance)
        for rank, (key, make) in enumerate(STRAYS.items(), start=1)
        if happens(chance, 1 / rank)
    }
