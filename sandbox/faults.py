"""The fault engine of both APIs: what shall go wrong, where, how often."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

Ways = Mapping[str, Mapping[str, str]]
"""By the point of a call at which they strike, the kinds of faults of an API and their meaning."""


@dataclass(slots=True)
class Fault:
    """One plan.

    Attributes:
        match: Name of the report, the method or the endpoint; `*` for all.
        kind: One of those that the API knows.
        times: Requests it still strikes; None never ends.
        after: Matching requests it still lets pass before.
        details: Whatever else the kind understands, and `where`: arguments that a request
            must have.
    """

    match: str
    kind: str
    times: int | None = 1
    after: int = 0
    details: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, place: str, kinds: Collection[str], arguments: Mapping[str, Any]) -> bool:
        """Tell whether the plan is of some kinds, and meant for this request."""
        where = self.details.get("where", {})
        return (
            self.kind in kinds
            and self.match in ("*", place)
            and all(arguments.get(name) == value for name, value in where.items())
        )

    def as_json(self) -> dict[str, Any]:
        """Return the plan as it could be sent again."""
        plan = {"match": self.match, "kind": self.kind, "times": self.times, "after": self.after}
        return {**plan, **self.details}


class Faults:
    """The plans for one API that are still to strike, in their order.

    Args:
        ways: The kinds that the API knows.
        endless: Those of them that never end unless a plan says so.
        check: Raises ValueError for a plan whose details make no sense.
    """

    def __init__(
        self,
        ways: Ways,
        endless: Collection[str] = (),
        check: Callable[[Fault], object] = lambda _fault: None,
    ) -> None:
        self._kinds = sorted(kind for kinds in ways.values() for kind in kinds)
        self._endless = endless
        self._check = check
        self._plans: list[Fault] = []
        self._lock = Lock()

    def add(self, plans: Any) -> None:
        """Append plans from JSON.

        Raises:
            ValueError: They are no list of plans; then none is added.
        """
        if not isinstance(plans, list):
            raise ValueError("a list of fault plans is expected")  # noqa: TRY004 - as below
        read = [self._read(plan) for plan in plans]
        with self._lock:
            self._plans += read

    def _read(self, plan: Any) -> Fault:
        if not isinstance(plan, dict) or plan.get("kind") not in self._kinds:
            raise ValueError(f"a fault is an object whose kind is one of {self._kinds}")
        details = dict(plan)
        kind = str(details.pop("kind"))
        match = str(details.pop("match", "*")).replace("-", "_").replace("/", "_")
        times = details.pop("times", None if kind in self._endless else 1)
        fault = Fault(match, kind, times, int(details.pop("after", 0)), details)
        if not isinstance(details.get("where", {}), dict):
            raise ValueError("where is an object of arguments")  # noqa: TRY004 - as the others
        self._check(fault)
        return fault

    def clear(self) -> None:
        """Drop all plans."""
        with self._lock:
            self._plans.clear()

    def remaining(self) -> list[dict[str, Any]]:
        """Return what is still to strike."""
        with self._lock:
            return [plan.as_json() for plan in self._plans]

    def take(
        self, place: str, kinds: Collection[str], arguments: Mapping[str, Any]
    ) -> Fault | None:
        """Return the first plan of some kinds that strikes now, and count it as struck.

        Args:
            place: What is called.
            kinds: The kinds that can strike at this point of the call.
            arguments: What the call is about.
        """
        with self._lock:
            for plan in self._plans:
                if not plan.matches(place, kinds, arguments):
                    continue
                if plan.after:
                    plan.after -= 1
                    continue
                self._strike(plan)
                return plan
        return None

    def take_each(
        self, place: str, kinds: Collection[str], arguments: Mapping[str, Any]
    ) -> list[Fault]:
        """Return one plan of each of some kinds, as far as there are any."""
        found = (self.take(place, {kind}, arguments) for kind in sorted(kinds))
        return [fault for fault in found if fault is not None]

    def standing(
        self, place: str, kinds: Collection[str], arguments: Mapping[str, Any]
    ) -> Fault | None:
        """Return the first plan of some kinds, which may strike or not: see `struck`."""
        with self._lock:
            found = (plan for plan in self._plans if plan.matches(place, kinds, arguments))
            return next(found, None)

    def struck(self, plan: Fault) -> None:
        """Count a plan that was looked up by `standing` as having struck once."""
        with self._lock:
            if plan in self._plans:
                self._strike(plan)

    def _strike(self, plan: Fault) -> None:
        if plan.times is not None:
            plan.times -= 1
            if plan.times <= 0:
                self._plans = [other for other in self._plans if other is not plan]
