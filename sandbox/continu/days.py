"""Days of history, generated when somebody asks for them and forgotten when room is needed."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

MOST_FACTS_KEPT = 300_000


class DayCache:
    """Keeps the most recently used days up to a total number of facts.

    Attributes:
        generated: How many days of each kind have been generated so far.
    """

    def __init__(self, capacity: int = MOST_FACTS_KEPT) -> None:
        self.generated: Counter[str] = Counter()
        self._capacity = capacity
        self._days: OrderedDict[tuple[str, int], Sequence[Any]] = OrderedDict()
        self._weight = 0
        self._lock = Lock()

    def get(self, kind: str, day: int, generate: Callable[[], Sequence[Any]]) -> Sequence[Any]:
        """Return the facts of one kind and day, generating them when they are not kept."""
        with self._lock:
            if (kind, day) in self._days:
                self._days.move_to_end((kind, day))
                return self._days[kind, day]
        facts = generate()
        with self._lock:
            self.generated[kind] += 1
            if (kind, day) not in self._days:
                self._days[kind, day] = facts
                self._weight += len(facts) + 1
            while self._weight > self._capacity and len(self._days) > 1:
                _, dropped = self._days.popitem(last=False)
                self._weight -= len(dropped) + 1
        return facts
