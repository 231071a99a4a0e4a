"""Compare a warehouse with the sandbox's own data, row by row and value by value.

Nothing here is shared with the tap: what a table should hold is said once more, from the
documentation, so that a mistake in the tap cannot hide in its own check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import requests

from harness.documented import (
    AGGREGATES,
    CONTINU_KEYS,
    INSIDE,
    NO_ID,
    SUB_OBJECTS,
    UNFLAGGED,
)
from harness.warehouse import Warehouse

Row = dict[str, Any]

ROW_IDS = {"pivoted_content_assignments": "_id", "pivoted_user_assignments": "email"}


@dataclass(frozen=True)
class Comparison:
    """One table against the sandbox.

    Attributes:
        table: Name of the table, which is the stream's.
        expected: Rows in the sandbox.
        found: Living rows in the warehouse.
        differences: One sentence for each row that is missing, too many or different.
    """

    table: str
    expected: int
    found: int
    differences: list[str]


@dataclass(frozen=True)
class Sandbox:
    """The sandbox as an administrator sees it.

    Attributes:
        url: Where it listens.
    """

    url: str

    def admin(self, path: str, **values: Any) -> Any:
        """Post to an admin path and return the answer."""
        response = requests.post(f"{self.url}/_admin/{path}", json=values, timeout=60)
        response.raise_for_status()
        return response.json()

    def truth(
        self, report: str, start: datetime, until: datetime, range_target: str | None = None
    ) -> list[Row]:
        """Read the canonical rows of a report in a window."""
        bounds = {"from": f"{start.timestamp():.0f}", "until": f"{until.timestamp():.0f}"}
        response = requests.get(
            f"{self.url}/_admin/truth/continu/{report}",
            params={**bounds, "range_target": range_target or ""},
            timeout=300,
        )
        response.raise_for_status()
        rows: list[Row] = response.json()
        return rows

    def expected(
        self,
        report: str,
        start: datetime,
        until: datetime,
        *,
        range_target: str | None = None,
        selected: frozenset[str] = frozenset(),
        grain: str = "month",
    ) -> list[Row]:
        """Return the rows that a warehouse loaded over ``[start, until)`` should hold.

        Args:
            report: Name of the report.
            start: The tap's start date, UTC.
            until: The last run's end, UTC.
            range_target: The date that windows filter on.
            selected: Sub-objects that were selected.
            grain: ``month``, ``week`` or ``day``: what aggregates are counted over.
        """
        deselected = SUB_OBJECTS - selected
        if report not in AGGREGATES:
            rows = self.truth(report, start, until, range_target)
            return [_stored(report, row, deselected) for row in rows]
        return [
            {
                **_stored(report, row, deselected),
                "window_from": _text(window_start),
                "window_until": _text(window_until),
            }
            for window_start, window_until in calendar(start, until, grain)
            for row in self.truth(report, window_start, window_until, range_target)
        ]


def compare(
    warehouse: Warehouse,
    table: str,
    key: tuple[str, ...],
    expected: list[Row],
    exempt: frozenset[str] = frozenset(),
) -> Comparison:
    """Compare one table with the rows it should hold.

    Args:
        warehouse: Where the table is.
        table: Its name.
        key: Columns that identify a row.
        expected: The rows that it should hold.
        exempt: Columns that are not compared.
    """
    rows = warehouse.living(table) if table in warehouse.tables() else []
    found = [
        {name: _plain(value) for name, value in row.items() if name not in exempt} for row in rows
    ]
    return Comparison(table, len(expected), len(found), list(_differences(key, expected, found)))


def _differences(key: tuple[str, ...], expected: list[Row], found: list[Row]) -> Iterator[str]:
    wanted = {tuple(row[name] for name in key): row for row in expected}
    stored = {tuple(row[name] for name in key): row for row in found}
    if len(wanted) != len(expected):
        yield f"{len(expected) - len(wanted)} keys stand twice in the sandbox"
    for missing in wanted.keys() - stored.keys():
        yield f"missing: {missing}"
    for extra in stored.keys() - wanted.keys():
        yield f"not in the sandbox: {extra}"
    for identity in wanted.keys() & stored.keys():
        want, have = wanted[identity], stored[identity]
        for name in sorted(want.keys() | have.keys()):
            if not _same(want.get(name), have.get(name)):
                yield f"{identity}.{name}: {have.get(name)!r} instead of {want.get(name)!r}"


def _stored(report: str, truth: Row, deselected: frozenset[str]) -> Row:
    row = {name: value for name, value in truth.items() if name not in deselected}
    additional = dict(row.pop("undeclared", {}))
    for name, key in UNFLAGGED.get(report, {}).items():
        row[name] = additional.pop(key)
    for name, flag in INSIDE.get(report, {}).items():
        field = name.removeprefix(f"{flag}_")
        row[name] = (truth[flag] or {}).get("_id" if field == "id" else field)
    if report in ROW_IDS:
        row["record_key"] = row.pop(ROW_IDS[report])
        additional |= {"_id": row.pop("_id")} if "_id" in row else {}
    for name in {"email", "record_key"}.intersection(CONTINU_KEYS[report]):
        if report != "pivoted_content_assignments":
            row[f"{name}_as_sent"] = row[name]
            row[name] = row[name].lower()
    for name in CONTINU_KEYS[report]:
        if name.startswith("containing_") and row[name] is None:
            row[name] = NO_ID
    return {**row, "additional_fields": additional or None}


def calendar(start: datetime, until: datetime, grain: str) -> Iterator[tuple[datetime, datetime]]:
    """Yield the calendar's months, weeks or days that cover a span; the last one ends with it."""
    first = begin(start, grain)
    while first < until:
        following = begin(first + _MORE_THAN[grain], grain)
        yield first, min(following, until)
        first = following


_MORE_THAN = {"month": timedelta(days=32), "week": timedelta(days=7), "day": timedelta(days=1)}


def begin(instant: datetime, grain: str) -> datetime:
    """Return the beginning of the month, week or day that holds an instant."""
    midnight = datetime(instant.year, instant.month, instant.day, tzinfo=UTC)
    if grain == "month":
        return midnight.replace(day=1)
    return midnight - timedelta(days=midnight.weekday() if grain == "week" else 0)


def _plain(value: Any) -> Any:
    return _text(value) if isinstance(value, datetime) else value


def _text(instant: datetime) -> str:
    fraction = f".{instant.microsecond:06}".rstrip("0").rstrip(".")
    return instant.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def _same(want: Any, have: Any) -> bool:
    """Compare two values: equal JSON, numbers by value, true is not 1."""
    if isinstance(want, bool) or isinstance(have, bool):
        return want is have
    if isinstance(want, (int, float, Decimal)) and isinstance(have, (int, float, Decimal)):
        return Decimal(str(want)) == Decimal(str(have))
    if isinstance(want, dict) and isinstance(have, dict):
        return want.keys() == have.keys() and all(_same(want[k], have[k]) for k in want)
    if isinstance(want, list) and isinstance(have, list):
        return len(want) == len(have) and all(map(_same, want, have))
    return type(want) is type(have) and bool(want == have)
