"""Which months of which report a warehouse holds, and how old each table is.

Reads the ledger continu_windows and the tables beside it, and writes nothing. Exits with 1 if there
is a gap or a table is older than its cadence allows, and with 2 if that cannot be told.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from tap_continu_coursebase.core.windows import format_instant, parse_instant
from tap_continu_coursebase.operate.freshness import (
    CADENCES,
    TOLERANCE,
    Table,
    is_loaded_here,
    judged,
)
from tap_continu_coursebase.operate.ledger import TABLE, Month, Span, coverages
from tap_continu_coursebase.operate.warehouse import WarehouseError, chosen, offer, reading

PROGRAM = "tap-continu-coursebase-coverage"
LINE = "{:<40} {:<20}  {:<20} {:>8} {:>10} {:>5}  {:<20} {:>9} {:>8}  {}"
MONTH = "  {:<38} {:<20}  {:<20} {:>8} {:>10} {:>5}  {}"
NOTHING = "-"
_NO_LEDGER = (
    f"There is no ledger {TABLE}, or it is empty: gaps in Continu reports with dates cannot be told"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what a warehouse holds, and return the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    dsn, schema = chosen(parser, given)
    try:
        tables = _read(dsn, schema, {**CADENCES, **dict(given.cadence)})
    except WarehouseError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    at = given.at or datetime.now(UTC)
    lines = _as_json if given.format == "json" else _as_text
    for line in lines(tables, at, given.tolerance):
        sys.stdout.write(f"{line}\n")
    return int(not _is_right(tables, at, given.tolerance))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    offer(parser)
    parser.add_argument("--format", choices=["text", "json"], default="text")
    parser.add_argument(
        "--tolerance",
        type=_positive,
        default=TOLERANCE,
        metavar="TIMES",
        help="how many times its cadence a table may be old (%(default)s)",
    )
    parser.add_argument(
        "--cadence",
        type=_cadence,
        action="append",
        default=[],
        metavar="STREAM=HOURS",
        help="how often a stream is to be loaded, if not as Continu recommends, or daily for "
        "Coursebase's lists; 0 leaves it unjudged",
    )
    parser.add_argument(
        "--at", type=_instant, metavar="INSTANT", help="judge ages at this instant, by default now"
    )
    return parser


def _read(dsn: str, schema: str, cadences: Mapping[str, timedelta | None]) -> list[Table]:
    with reading(dsn, schema) as warehouse:
        here = warehouse.tables
        found = warehouse.look(sorted(filter(is_loaded_here, here)))
        covered = coverages(warehouse.windows())
    if not found and TABLE not in here:
        raise WarehouseError(
            f"the warehouse has no ledger {schema}.{TABLE} nor a table of this tap; is it --schema?"
        )
    return judged(found, covered, {name: each for name, each in cadences.items() if each})


def _is_right(tables: list[Table], at: datetime, tolerance: float) -> bool:
    return not any(_gaps(table) or table.is_stale(at, tolerance) for table in tables)


def _gaps(table: Table) -> list[Span]:
    return table.coverage.gaps if table.coverage else []


def _as_text(tables: list[Table], at: datetime, tolerance: float) -> Iterator[str]:
    yield LINE.format(
        "stream",
        "loaded from",
        "until",
        "windows",
        "rows",
        "gaps",
        "last loaded",
        "age",
        "cadence",
        "verdict",
    )
    for table in tables:
        yield _line(table, at, tolerance)
    covered = [table.coverage for table in tables if table.coverage]
    for coverage in covered:
        yield ""
        yield f"{coverage.stream} by month"
        for month in coverage.months:
            yield _month_line(month)
        for start, until in coverage.gaps:
            yield f"  not loaded: from {format_instant(start)} until {format_instant(until)}"
    yield ""
    if stale := [table.stream for table in tables if table.is_stale(at, tolerance)]:
        yield f"{_count(len(stale), 'stale table')}: {', '.join(stale)}"
    gaps = sum(len(coverage.gaps) for coverage in covered)
    streams = _count(len(covered), "stream")
    if covered:
        yield f"{_count(gaps, 'gap')} in {streams}" if gaps else f"No gap in {streams}"
    elif not tables:
        yield "The ledger is empty: no Continu report with dates has been loaded"
    elif any(table.stream.startswith("continu_") for table in tables):
        yield _NO_LEDGER


def _line(table: Table, at: datetime, tolerance: float) -> str:
    coverage, age = table.coverage, table.age(at)
    rows = table.rows if coverage is None else coverage.rows
    return LINE.format(
        table.stream,
        _shown(coverage.start if coverage else None),
        _shown(coverage.until if coverage else None),
        coverage.windows if coverage else NOTHING,
        NOTHING if rows is None else rows,
        len(coverage.gaps) if coverage else NOTHING,
        _shown(table.loaded_at),
        NOTHING if age is None else _span(age),
        _span(table.cadence) if table.cadence else NOTHING,
        _verdict(table, at, tolerance),
    )


def _month_line(month: Month) -> str:
    return MONTH.format(
        f"{month.start:%Y-%m}",
        "",
        "",
        month.windows,
        month.rows,
        len(month.gaps),
        _shown(month.loaded_at),
    )


def _verdict(table: Table, at: datetime, tolerance: float) -> str:
    if table.is_stale(at, tolerance):
        return "stale"
    if table.cadence is None:
        return "loaded when its data change"
    return "no rows" if table.current_at is None else "fresh"


def _as_json(tables: list[Table], at: datetime, tolerance: float) -> Iterator[str]:
    yield json.dumps(
        {
            "at": format_instant(at),
            "ok": _is_right(tables, at, tolerance),
            "gaps": sum(len(_gaps(table)) for table in tables),
            "stale": [table.stream for table in tables if table.is_stale(at, tolerance)],
            "tables": [_object(table, at, tolerance) for table in tables],
        }
    )


def _object(table: Table, at: datetime, tolerance: float) -> dict[str, Any]:
    age = table.age(at)
    told = {
        "stream": table.stream,
        "rows_in_table": table.rows,
        "last_loaded": _or_none(table.loaded_at),
        "age_seconds": None if age is None else int(age.total_seconds()),
        "cadence_seconds": int(table.cadence.total_seconds()) if table.cadence else None,
        "is_stale": table.is_stale(at, tolerance),
    }
    if (coverage := table.coverage) is None:
        return told
    return {
        **told,
        "from": format_instant(coverage.start),
        "until": format_instant(coverage.until),
        "windows": coverage.windows,
        "rows": coverage.rows,
        "gaps": _spans(coverage.gaps),
        "months": [
            {
                "month": f"{month.start:%Y-%m}",
                "windows": month.windows,
                "rows": month.rows,
                "last_loaded": _or_none(month.loaded_at),
                "gaps": _spans(month.gaps),
            }
            for month in coverage.months
        ],
    }


def _spans(spans: list[Span]) -> list[dict[str, str]]:
    return [{"from": format_instant(one), "until": format_instant(two)} for one, two in spans]


def _or_none(instant: datetime | None) -> str | None:
    return None if instant is None else format_instant(instant)


def _shown(instant: datetime | None) -> str:
    return _or_none(instant) or NOTHING


def _span(length: timedelta) -> str:
    hours, minutes = divmod(int(length.total_seconds()) // 60, 60)
    return f"{hours}h{minutes:02}" if hours < 48 else f"{hours // 24}d{hours % 24:02}h"  # noqa: PLR2004


def _count(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else f'{noun}s'}"


def _instant(text: str) -> datetime:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not an ISO 8601 date; right would be 2024-01-01T00:00:00Z"
        ) from error


def _positive(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0; right would be 2")
    return number


def _cadence(text: str) -> tuple[str, timedelta | None]:
    stream, _, hours = text.partition("=")
    if is_loaded_here(stream) and hours.isascii() and hours.isdigit() and len(hours) < 6:  # noqa: PLR2004
        return stream, timedelta(hours=int(hours)) or None
    raise argparse.ArgumentTypeError(
        f"{text!r} is not a stream and its hours; right would be coursebase_users=24"
    )


if __name__ == "__main__":
    sys.exit(main())
