"""Decide when something was lost quietly: pure functions and counts, no I/O, no clock.

What is decided here is told by ``findings.py``, or fails the stream in ``sync.py``. None of it is
documented by the vendors: all of it is inferred from how such losses look in the rows.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

FEWEST_TO_SHRINK = 10
"""A full table with fewer rows may lose any of them."""
FEWEST_EMPTY = 3
"""So many windows without a row are no chance."""
_SEVERAL = 3
_MANY = 1000
"""Two windows of exactly so many rows, or of a larger round number, are no chance either."""
_FEWEST_ROUND = 50
_FEWEST_ODD = 20
_OFTEN = 4
_NEARLY_ALL = 80


def shrinks_too_far(before: int, now: int, most: int) -> bool:
    """Tell whether a full table has lost more of its rows than may be deleted at once.

    Args:
        before: Rows of the last complete one.
        now: Rows of this one.
        most: Percent of the rows that may vanish.
    """
    return before >= FEWEST_TO_SHRINK and (before - now) * 100 > most * before


class Cap(NamedTuple):
    """A number of rows that windows seem to be cut at.

    Attributes:
        rows: The number.
        times: How many windows hold exactly so many.
        windows: How many windows hold any row.
    """

    rows: int
    times: int
    windows: int


class WindowCounts:
    """Counts the rows of each window of a stream in one run.

    Args:
        aggregate: Whether a row sums up what one person or item did in the window. Then as many
            rows as there are persons are natural in every window, and windows that hold the very
            same ones count once.
    """

    def __init__(self, *, aggregate: bool) -> None:
        self._aggregate = aggregate
        self._keys: dict[int, list[int]] = defaultdict(list)

    def add(self, rows: int, keys: int) -> None:
        """Count a window.

        Args:
            rows: How many came, those without a key included.
            keys: A number that is equal for windows whose rows have the same keys.
        """
        self._keys[rows].append(keys)

    @property
    def windows(self) -> int:
        """How many windows there were."""
        return sum(map(len, self._keys.values()))

    def are_empty(self) -> bool:
        """Tell whether no window holds a row, and there are too many of them for a chance."""
        return set(self._keys) == {0} and self.windows >= FEWEST_EMPTY

    def cap(self) -> Cap | None:
        """Find the number of rows that windows seem to be cut at.

        It is the largest of the run, since a cap lets none be larger, and several windows have it:
        a round number, or nearly all windows. Few rows are left aside, as equal numbers of them
        are no surprise.
        """
        counted = {rows: keys for rows, keys in self._keys.items() if rows}
        most = max(counted, default=0)
        if not most:
            return None
        windows = sum(map(len, counted.values()))
        times = len(counted[most])
        told = len(set(counted[most])) if self._aggregate else times
        several = told >= (_SEVERAL if most < _MANY else _SEVERAL - 1)
        nearly_all = told >= _OFTEN and times * 100 >= _NEARLY_ALL * windows
        if (several and _is_round(most)) or (nearly_all and most >= _FEWEST_ODD):
            return Cap(most, times, windows)
        return None


def _is_round(rows: int) -> bool:
    """Tell whether a number of rows looks chosen: of hundreds, of fifties, or a power of two."""
    step = 50 if rows < _MANY else 100
    return rows >= _FEWEST_ROUND and (rows % step == 0 or rows & (rows - 1) == 0)
