"""``make coverage``: which months of which Continu report a warehouse holds.

Reads the ledger ``continu_windows``, which the tap writes with every load, and nothing else.
Exits with 1 if there is a gap, and with 2 if the ledger cannot be read.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence

import psycopg

from harness.instants import iso
from harness.ledger import TABLE, Coverage, coverages, read
from harness.warehouse import SCHEMA

VARIABLE = "TARGET_POSTGRES_SQLALCHEMY_URL"
LINE = "{:<40} {:<20}  {:<20} {:>8} {:>10} {:>5}"


def main(arguments: Sequence[str]) -> int:
    """Print the coverage of each stream and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m harness.coverage", description=__doc__)
    parser.add_argument(
        "--dsn",
        default=os.environ.get(VARIABLE, ""),
        help=f"postgresql://... of the warehouse, by default ${VARIABLE}",
    )
    parser.add_argument("--schema", default=SCHEMA, help="where the tables are (%(default)s)")
    given = parser.parse_args(arguments)
    if not given.dsn:
        parser.error(f"say which warehouse: --dsn postgresql://..., or set {VARIABLE}")
    try:
        windows = read(given.dsn.replace("postgresql+psycopg://", "postgresql://"), given.schema)
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        return _refuse(f"the warehouse has no ledger {given.schema}.{TABLE}; is it --schema?")
    except psycopg.OperationalError:
        return _refuse("the warehouse cannot be reached: check --dsn")
    except psycopg.Error as error:
        return _refuse(f"the ledger cannot be read ({type(error).__name__}): check --dsn")
    found = coverages(windows)
    for line in _table(found):
        sys.stdout.write(f"{line}\n")
    return 1 if any(one.gaps for one in found) else 0


def _table(found: list[Coverage]) -> Iterator[str]:
    yield LINE.format("stream", "loaded from", "until", "windows", "rows", "gaps")
    for one in found:
        yield LINE.format(
            one.stream, iso(one.start), iso(one.until), one.windows, one.rows, len(one.gaps)
        )
        for start, until in one.gaps:
            yield f"  not loaded: from {iso(start)} until {iso(until)}"
    gaps = sum(len(one.gaps) for one in found)
    if not found:
        yield "The ledger is empty: no Continu report with dates has been loaded"
    elif gaps:
        yield f"{gaps} {'gap' if gaps == 1 else 'gaps'} in {len(found)} streams"
    else:
        yield f"No gap in {len(found)} {'stream' if len(found) == 1 else 'streams'}"


def _refuse(reason: str) -> int:
    sys.stderr.write(f"{reason}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
