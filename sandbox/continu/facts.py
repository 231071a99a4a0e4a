"""What happens in the organisation: immutable facts, each born on one day.

A fact holds its whole life, later changes included; a report shows of it what lies at or
before the data clock's now. All instants are epoch seconds, all people and items numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, NamedTuple, Protocol, TypeVar

if TYPE_CHECKING:
    from sandbox.continu.organisation import Organisation


class Fact(Protocol):
    """Anything that is born at an instant of a day, as number `n` of that day."""

    @property
    def day(self) -> int:
        """Days since the organisation's first day."""

    @property
    def n(self) -> int:
        """Number among the facts of its kind on its day."""

    @property
    def at(self) -> int:
        """Instant of its birth; before it nobody knows of it."""


F = TypeVar("F", bound=Fact)


@dataclass(frozen=True, slots=True)
class Kind(Generic[F]):
    """One kind of facts.

    Attributes:
        generate: Makes all facts of one day of an organisation.
        key: The key of a fact, as reports show it; parts joined by `|`.
        reach: Days over which the life of a fact extends after its birth.
    """

    name: str
    generate: Callable[[Organisation, int], Sequence[F]]
    key: Callable[[Organisation, F], str]
    reach: int


class Completion(NamedTuple):
    """A user completed a content item; `changed_at` is the one later edit, if any."""

    day: int
    n: int
    at: int
    user: int
    content: int
    changed_at: int | None
    changes: int
    place: int | None
    assigned: bool


class AssignmentItem(NamedTuple):
    """One content item of an assignment; items of one assignment share `number`.

    `started`, `completed` and `expired` are instants of its life, `touched` the one of an
    edit by an administrator, `manual_by` who marked it as completed.
    """

    day: int
    n: int
    at: int
    number: int
    assigner: int
    assignee: int
    content: int
    due: int | None
    started: int | None
    completed: int | None
    expired: int | None
    manual_by: int | None
    touched: int | None

    def status(self, moment: int) -> str:
        """Return the state at `moment`; names documented by H-rep."""
        if self.completed is not None and self.completed <= moment:
            return "Completed"
        if self.expired is not None and self.expired <= moment:
            return "Expired"
        if self.started is not None and self.started <= moment:
            return "In Progress"
        return "Not Started"

    def completed_by(self, moment: int) -> int | None:
        """Return when it was completed, if that is at or before `moment`."""
        return self.completed if self.completed is not None and self.completed <= moment else None

    def updated(self, moment: int) -> int:
        """Return the last instant at or before `moment` at which anything changed."""
        changes = (self.at, self.started, self.completed, self.expired, self.touched)
        return max(t for t in changes if t is not None and t <= moment)


class Step(NamedTuple):
    """From this instant on the progress (0 to 100) or score has this value."""

    at: int
    value: int


class Progress(NamedTuple):
    """How one user fares with one item met in one place (track, SCORM package, assessment)."""

    day: int
    n: int
    at: int
    user: int
    item: int
    track: int | None
    journey: int | None
    steps: tuple[Step, ...]
    manual_by: int | None

    def reached(self, moment: int) -> Step | None:
        """Return the last step at or before `moment`."""
        past = [step for step in self.steps if step.at <= moment]
        return past[-1] if past else None

    def first(self, value: int, moment: int) -> int | None:
        """Return when `value` was first reached, if that is at or before `moment`."""
        return next((at for at, got in self.steps if got >= value and at <= moment), None)


class Registration(NamedTuple):
    """A user's seat in a workshop instance; `outcome` holds from the instance's start."""

    user: int
    at: int
    outcome: str


class Instance(NamedTuple):
    """One workshop instance, born when it is announced."""

    day: int
    n: int
    at: int
    workshop: int
    host: int
    start: int
    end: int
    offered: int
    waitlist: int
    canceled: bool
    registrations: tuple[Registration, ...]
    version: int


class Interaction(NamedTuple):
    """A view, like, share, comment, rating or session; `value` is seconds or 1 to 5 stars."""

    day: int
    n: int
    at: int
    what: str
    user: int
    content: int
    value: int
