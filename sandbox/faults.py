"""Fault plans: what shall go wrong, for which report, how often."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

KINDS = frozenset(
    {
        "rate_limit_minute",
        "rate_limit_day",
        "status",
        "slow",
        "stall",
        "cut",
        "cut_chunked",
        "reset",
        "html",
        "wrong_types",
        "missing_id",
        "oversized",
        "garbage",
        "empty",
        "object",
    }
)
ENDLESS_BY_DEFAULT = frozenset({"oversized"})


@dataclass(slots=True)
class Fault:
    """One plan.

    Attributes:
        match: Report name, or `*` for all.
        kind: One of `KINDS`.
        times: Requests it still strikes; None never ends.
        after: Matching requests it still lets pass before.
        details: Whatever else the kind understands: `status`, `retry_after`, `seconds`,
            `rows`, `hard`, `only`.
    """

    match: str
    kind: str
    times: int | None = 1
    after: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, report: str) -> bool:
        """Tell whether the plan is meant for this report."""
        return self.match in ("*", report)

    def as_json(self) -> dict[str, Any]:
        """Return the plan as it could be sent again."""
        plan = {"match": self.match, "kind": self.kind, "times": self.times, "after": self.after}
        return {**plan, **self.details}


def read_fault(plan: Any, kinds: Collection[str] = KINDS) -> Fault:
    """Read a plan from JSON.

    Raises:
        ValueError: It is no plan.
    """
    if not isinstance(plan, dict) or plan.get("kind") not in kinds:
        raise ValueError(f"a fault is an object whose kind is one of {sorted(kinds)}")
    details = dict(plan)
    kind = str(details.pop("kind"))
    match = str(details.pop("match", "*")).replace("-", "_").replace("/", "_")
    times = details.pop("times", None if kind in ENDLESS_BY_DEFAULT else 1)
    return Fault(match, kind, times, int(details.pop("after", 0)), details)


class Faults:
    """The plans that are still to strike, in their order."""

    def __init__(self) -> None:
        self._plans: list[Fault] = []
        self._lock = Lock()

    def add(self, plans: list[Fault]) -> None:
        """Append plans."""
        with self._lock:
            self._plans += plans

    def clear(self) -> None:
        """Drop all plans."""
        with self._lock:
            self._plans.clear()

    def remaining(self) -> list[dict[str, Any]]:
        """Return what is still to strike."""
        with self._lock:
            return [plan.as_json() for plan in self._plans]

    def take(self, report: str) -> Fault | None:
        """Return the plan that strikes this request, if any, and count it as struck."""
        return self.take_where(lambda plan: plan.kind != "oversized" and plan.matches(report))

    def take_where(self, wanted: Callable[[Fault], bool]) -> Fault | None:
        """Return the first plan that is wanted and strikes now, and count it as struck."""
        with self._lock:
            for plan in self._plans:
                if not wanted(plan):
                    continue
                if plan.after:
                    plan.after -= 1
                    continue
                self._strike(plan)
                return plan
        return None

    def ceiling(self, report: str) -> Fault | None:
        """Return the plan that forbids large answers to this report, if any."""
        with self._lock:
            found = (p for p in self._plans if p.kind == "oversized" and p.matches(report))
            return next(found, None)

    def struck(self, plan: Fault) -> None:
        """Count a plan that was looked up by `ceiling` as having struck once."""
        with self._lock:
            if plan in self._plans:
                self._strike(plan)

    def _strike(self, plan: Fault) -> None:
        if plan.times is not None:
            plan.times -= 1
            if plan.times <= 0:
                self._plans = [other for other in self._plans if other is not plan]
