"""What administrators changed by hand: replaced facts, deleted records, edited attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Replaced = Mapping[str, Mapping[int, Mapping[int, Any]]]


@dataclass(frozen=True, slots=True)
class Changes:
    """An immutable set of changes; every edit returns a new one.

    Attributes:
        facts: Kind -> day -> number -> the fact that took the generated one's place.
        deleted: Kind -> keys of records that are gone.
        users: User number -> canonical columns that differ.
        contents: Content number -> canonical columns that differ.
    """

    facts: Replaced = field(default_factory=dict)
    deleted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    users: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    contents: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    def with_fact(self, kind: str, fact: Any) -> Changes:
        """Let `fact` take the place of the one of the same kind, day and number."""
        days = dict(self.facts.get(kind, {}))
        days[fact.day] = {**days.get(fact.day, {}), fact.n: fact}
        return replace(self, facts={**self.facts, kind: days})

    def without(self, kind: str, keys: frozenset[str]) -> Changes:
        """Delete the records with these keys."""
        gone = self.deleted.get(kind, frozenset()) | keys
        return replace(self, deleted={**self.deleted, kind: gone})

    def with_user(self, index: int, columns: Mapping[str, Any]) -> Changes:
        """Edit attributes of a user."""
        merged = {**self.users.get(index, {}), **columns}
        return replace(self, users={**self.users, index: merged})

    def with_content(self, index: int, columns: Mapping[str, Any]) -> Changes:
        """Edit attributes of a content item."""
        merged = {**self.contents.get(index, {}), **columns}
        return replace(self, contents={**self.contents, index: merged})
