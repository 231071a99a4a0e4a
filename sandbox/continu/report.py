"""What a report is: a declaration that requests are checked and answered by."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox.continu.filters import Filter
from sandbox.continu.flags import Column

if TYPE_CHECKING:
    from sandbox.continu.organisation import View
    from sandbox.continu.query import Query

Date = Callable[[Any, int], int | None]
"""Takes a fact and the instant of now, returns one of the fact's dates as seen then."""


@dataclass(frozen=True)
class Report:
    """One of the 14 reports.

    Attributes:
        name: Snake-case name, as the admin paths use it.
        path: What follows `/reports/`, without dates; documented: R-oas.
        read: Yields the rows that a query asks for.
        columns: By documented name, how a row's canonical value comes about.
        always: Columns that come whether requested or not: the ids (inferred).
        unflagged: Those of `columns` that no flag asks for.
        ranged: Whether `{from}/{until}` end the path.
        dates: By name accepted as range_target, the date meant; empty: no range_target.
        default_target: What the window filters when range_target is not sent.
        sorts: By name accepted as sort_by, what is compared; empty: no sort_by.
        filters: By filter control, its keys.
        bounds: The two controls that bound when a suspension ended.
        aliases: By documented name, the key used in answers where that differs.
        undeclared: Fields of answers that the documentation does not mention.
    """

    name: str
    path: str
    read: Callable[[View, Query], Iterator[Any]]
    columns: Mapping[str, Column]
    always: tuple[str, ...]
    unflagged: frozenset[str] = frozenset()
    ranged: bool = True
    dates: Mapping[str, Date] = field(default_factory=dict)
    default_target: str = ""
    sorts: Mapping[str, Column] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    bounds: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    undeclared: Mapping[str, Column] = field(default_factory=dict)

    @cached_property
    def flags(self) -> frozenset[str]:
        """The documented boolean flags."""
        return frozenset(self.columns) - self.unflagged

    @cached_property
    def controls(self) -> frozenset[str]:
        """The documented properties of a body that are no flags."""
        named = ["range_target"] if self.dates else []
        if self.sorts:
            named.append("sort_by")
        return frozenset((*named, *self.filters, *self.bounds))
