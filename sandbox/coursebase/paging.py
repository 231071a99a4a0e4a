"""Pages and cursors.

Documented: B says 100 rows a page, `next` in the request's body, `data.next` beside the
rows, null on the last page, the same parameters with every cursor. Inferred: a cursor stands
behind the last row shown, so that rows that come or go in between move nothing else; a
cursor that is unknown, expired or sent with other parameters is `invalid_cursor`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from sandbox.coursebase.errors import MethodError
from sandbox.coursebase.opaque import CURSOR_LENGTH, opaque
from sandbox.faults import Fault

CURSORS_KEPT = 100_000
CURSOR_SECONDS = 3600
"""Lifetime of a cursor; not documented."""
BEFORE_ALL = -1


class Numbered(Protocol):
    """Anything that has a place in a list for good."""

    @property
    def number(self) -> int:
        """The place; the higher the later."""


T = TypeVar("T", bound=Numbered)
Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """All rows of a list, shown page by page.

    Attributes:
        key: Name of the array in `data`.
        numbers: Places of the rows, ascending.
        show: Makes the rows from one position up to, without, another.
    """

    key: str
    numbers: Sequence[int]
    show: Callable[[int, int], Rows]


def listing(key: str, items: Sequence[T], show: Callable[[T], dict[str, Any]]) -> Listing:
    """Return a list of items in their order."""
    return Listing(
        key,
        [item.number for item in items],
        lambda start, stop: [show(item) for item in items[start:stop]],
    )


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page begins, and for which call."""

    method: str
    arguments: Mapping[str, Any]
    after: int
    issued: float


class Pager:
    """Issues cursors and finds them again.

    Args:
        seed: Decides what cursors look like.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._count = 0
        self._cursors: OrderedDict[str, Cursor] = OrderedDict()

    def page(
        self,
        found: Listing,
        call: Cursor,
        wanted: str | None,
        size: int,
        fault: Fault | None,
    ) -> dict[str, Any]:
        """Return `data` of one page.

        Args:
            found: The whole list.
            call: What is requested, as a cursor that stands before the first row.
            wanted: The cursor that came with the call, if any.
            size: Rows a page.
            fault: What shall go wrong.

        Raises:
            MethodError: `invalid_cursor`.
        """
        kind = "" if fault is None else fault.kind
        after = BEFORE_ALL
        if wanted is not None:
            known = self._cursors.get(wanted)
            if known is None or (known.method, known.arguments) != (call.method, call.arguments):
                raise MethodError("invalid_cursor")
            if kind == "expired_cursor" or call.issued > known.issued + CURSOR_SECONDS:
                raise MethodError("invalid_cursor")
            after = known.after
        start = bisect_right(found.numbers, after)
        stop = start if kind == "empty_page" else min(start + size, len(found.numbers))
        again = max(0, start - 1) if kind == "duplicate_row" else start
        data: dict[str, Any] = {found.key: found.show(again, stop), "next": None}
        if kind == "repeated_cursor":
            data["next"] = wanted
        elif stop < len(found.numbers) or kind == "empty_page":
            last = found.numbers[stop - 1] if stop else BEFORE_ALL
            data["next"] = self._issue(Cursor(call.method, call.arguments, last, call.issued))
        return data

    def _issue(self, cursor: Cursor) -> str:
        self._count += 1
        text = opaque(self._seed, "cursor", self._count, length=CURSOR_LENGTH)
        self._cursors[text] = cursor
        if len(self._cursors) > CURSORS_KEPT:
            self._cursors.popitem(last=False)
        return text
