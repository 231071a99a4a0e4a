"""The organisation: users, catalogue and facts, made on demand; and how it looks now."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from random import Random
from threading import Lock
from typing import TypeVar

from sandbox.chance import dice, fingerprint, object_id
from sandbox.continu.catalogue import Catalogue, Item
from sandbox.continu.changes import Changes
from sandbox.continu.days import DayCache
from sandbox.continu.facts import AssignmentItem, Fact, Kind
from sandbox.continu.people import People, User
from sandbox.instants import DAY

F = TypeVar("F", bound=Fact)

USERS_KEPT = 100_000
"""About 3 KB each; without them most of the time goes into making users again."""


class Organisation:
    """A company that is nothing but a function of seed, size and first day.

    Args:
        seed: Decides every draw.
        users: Users in the end; they join over five years.
        start: Epoch second of the first midnight (UTC).

    Attributes:
        changes: What administrators changed; replaced as a whole on every edit.
        edits: Held while `changes` is being replaced.
    """

    def __init__(self, seed: int, users: int, start: int) -> None:
        self.seed = seed
        self.start = start
        self.people = People(seed, start, users)
        self.catalogue = Catalogue(seed, self.people)
        self.days = DayCache()
        self.changes = Changes()
        self.edits = Lock()
        self.user = lru_cache(USERS_KEPT)(self.people.user)
        self.item = lru_cache(USERS_KEPT)(self.catalogue.item)
        self.users_at = lru_cache(None)(self._users_at)
        self.content_at = lru_cache(None)(self._content_at)
        self._mark = lru_cache(None)(lambda kind: fingerprint(seed, kind))

    def dice(self, kind: str, day: int) -> Random:
        """Return the chance that rules one kind of facts on one day."""
        return dice(self.seed, kind, day)

    def midnight(self, day: int) -> int:
        """Return the first instant of a day."""
        return self.start + day * DAY

    def day(self, instant: int) -> int:
        """Return the number of the day that holds `instant`; negative before the start."""
        return (instant - self.start) // DAY

    def users_before(self, instant: int) -> int:
        """Return how many users were created before `instant`."""
        return bisect_left(range(self.people.size), instant, key=self.people.created_at)

    def content_before(self, instant: int) -> int:
        """Return how many content items were created before `instant`."""
        return bisect_left(
            range(self.catalogue.size), instant, key=self.catalogue.content_created_at
        )

    def _users_at(self, day: int) -> int:
        return self.users_before(self.midnight(day))

    def _content_at(self, day: int) -> int:
        return self.content_before(self.midnight(day))

    def item_id(self, kind: str, index: int | None) -> str | None:
        """Return the id of an item, or None for None."""
        return None if index is None else self.item(kind, index).id

    def fact_id(self, kind: str, fact: Fact) -> str:
        """Return the 24-hex id of a fact."""
        return object_id(fact.at, self._mark(kind), fact.n)

    def assignment_id(self, item: AssignmentItem) -> str:
        """Return the id that all items of one assignment share."""
        return object_id(item.at, self._mark("assignment"), item.number)

    def generate(self, kind: Kind[F], day: int) -> Sequence[F]:
        """Return the facts of one day as they came about, without later edits by hand."""
        facts: Sequence[F] = self.days.get(kind.name, day, lambda: kind.generate(self, day))
        return facts

    def seen_at(self, now: int) -> View:
        """Return the organisation as it stands at `now`."""
        return View(self, now, self.changes)


@dataclass(frozen=True, slots=True)
class View:
    """The organisation at one instant; nothing later than `now` can be seen.

    Attributes:
        now: Epoch second; facts born after it do not exist yet.
    """

    organisation: Organisation
    now: int
    changes: Changes

    def facts(self, kind: Kind[F], since: int, until: int, *, born: bool = False) -> Iterator[F]:
        """Yield, day by day, all facts whose life may touch [since, until).

        Facts edited by hand are always among them: an edit may have come long after the end
        of their natural life. With `born`, only those days are looked at on which facts were
        born in the span.
        """
        organisation = self.organisation
        edited = self.changes.facts.get(kind.name, {})
        last = min(organisation.day(until - 1), organisation.day(self.now))
        first = max(0, organisation.day(since) - (0 if born else kind.reach))
        natural = range(first, last + 1)
        for day in sorted(day for day in edited if day not in natural):
            yield from (fact for fact in self.on_day(kind, day) if fact.n in edited[day])
        for day in natural:
            yield from self.on_day(kind, day)

    def on_day(self, kind: Kind[F], day: int) -> Iterator[F]:
        """Yield the facts born on a day that exist now, edits by hand included."""
        edited = self.changes.facts.get(kind.name, {}).get(day, {})
        deleted = self.changes.deleted.get(kind.name)
        for natural in self.organisation.generate(kind, day):
            fact: F = edited.get(natural.n, natural)
            if fact.at > self.now:
                continue
            if deleted and kind.key(self.organisation, fact) in deleted:
                continue
            yield fact

    def every(self, kind: Kind[F]) -> Iterator[F]:
        """Yield all facts that exist now."""
        return self.facts(kind, self.organisation.start, self.now + 1)

    def user(self, index: int) -> User:
        """Return a user with the attributes of now."""
        user = self.organisation.user(index)
        edited = self.changes.users.get(index)
        return user if edited is None else replace(user, columns={**user.columns, **edited})

    def item(self, kind: str, index: int) -> Item:
        """Return an item with the attributes of now."""
        item = self.organisation.item(kind, index)
        edited = self.changes.contents.get(index) if kind == "content" else None
        if edited is None:
            return item
        columns = {**item.columns, **edited}
        return replace(item, columns=columns, title=columns["title"])

    def users(self, until: int) -> Iterator[User]:
        """Yield the users created before `until` that exist now."""
        gone = self.changes.deleted.get("user", frozenset())
        for index in range(self.organisation.users_before(min(until, self.now + 1))):
            user = self.user(index)
            if user.email not in gone:
                yield user

    def contents(self, until: int) -> Iterator[Item]:
        """Yield the content items created before `until` that exist now."""
        gone = self.changes.deleted.get("content", frozenset())
        for index in range(self.organisation.content_before(min(until, self.now + 1))):
            item = self.item("content", index)
            if item.id not in gone:
                yield item
