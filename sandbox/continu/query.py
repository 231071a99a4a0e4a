"""A report request, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sandbox.continu.errors import BadRequestError, RefusedError
from sandbox.continu.filters import Predicate, predicate
from sandbox.continu.report import Report

LAST_SECOND = 253_402_300_799
"""9999-12-31T23:59:59Z; later bounds are no dates."""


class Window(NamedTuple):
    """The half-open span [since, until) in epoch seconds; documented: R-date."""

    since: int
    until: int

    def holds(self, instant: int | None) -> bool:
        """Tell whether `instant` lies in the span; None lies in none."""
        return instant is not None and self.since <= instant < self.until


@dataclass(frozen=True, slots=True)
class Query:
    """What a request asks of a report.

    Attributes:
        window: From the path; for reports without dates all of time.
        target: The date that the window filters; empty where there is no choice.
        flags: The requested fields.
        predicates: By filter control, a test of the things it looks at.
        sort_by: Name of the field to sort by, or None.
        unsuspended: Bounds on when a user's suspension ended, or None.
    """

    window: Window
    target: str = ""
    flags: frozenset[str] = frozenset()
    predicates: Mapping[str, Predicate] = field(default_factory=dict)
    sort_by: str | None = None
    unsuspended: Window | None = None

    def admits(self, control: str, thing: Any) -> bool:
        """Tell whether the filter sent as `control`, if any, lets `thing` through."""
        test = self.predicates.get(control)
        return test is None or test(thing)


def _epoch(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text) <= LAST_SECOND):
        raise RefusedError(404, "not found")
    return int(text)


def read_window(parts: tuple[str, ...]) -> Window:
    """Read `{from}/{until}` of a path.

    Raises:
        RefusedError: 404 for parts that are no epoch seconds (inferred from S-er), 400 for a
            span that ends before it begins (inferred).
    """
    since, until = map(_epoch, parts)
    if since > until:
        raise BadRequestError("invalid range, from is after until")
    return Window(since, until)


ALL_TIME = Window(0, LAST_SECOND)


def _name(body: Mapping[str, Any], control: str, allowed: Mapping[str, Any]) -> str | None:
    """Read a control that names a field; an empty string counts as not sent (inferred)."""
    value = body.get(control, "")
    if value == "":
        return None
    if not isinstance(value, str) or value not in allowed:
        raise BadRequestError(f"invalid value '{value}' for {control}")
    return value


def _bound(body: Mapping[str, Any], control: str, missing: int) -> int:
    value = body.get(control, "")
    if value == "":
        return missing
    if not isinstance(value, str) or not (value.isascii() and value.isdigit()):
        raise BadRequestError(f"invalid value for {control}")
    return int(value)


def _flags(report: Report, body: Mapping[str, Any]) -> frozenset[str]:
    wanted = set()
    for name, value in body.items():
        if name in report.controls:
            continue
        if name not in report.flags:
            raise BadRequestError(f"invalid field '{name}' on {report.path}")
        if not isinstance(value, bool):
            raise BadRequestError(f"invalid value for field '{name}' on {report.path}")
        if value:
            wanted.add(name)
    return frozenset(wanted)


def read_query(report: Report, window: Window, body: Any) -> Query:
    """Check the body of a request against what its report documents.

    Raises:
        BadRequestError: Anything in it that the report does not have; documented: S-er, R-err.
    """
    if not isinstance(body, dict):
        raise BadRequestError("invalid request body, object expected")
    flags = _flags(report, body)
    filters = {
        name: predicate(name, keys, body[name])
        for name, keys in report.filters.items()
        if name in body
    }
    unsuspended = None
    if any(body.get(name) for name in report.bounds):
        lower, upper = report.bounds
        unsuspended = Window(_bound(body, lower, 0), _bound(body, upper, LAST_SECOND))
    target = _name(body, "range_target", report.dates) or report.default_target
    return Query(window, target, flags, filters, _name(body, "sort_by", report.sorts), unsuspended)


def whole(report: Report, window: Window, target: str | None) -> Query:
    """Return the query that asks for all fields of all rows of a window."""
    return Query(window, target or report.default_target, report.flags)
