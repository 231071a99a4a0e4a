"""How old what is loaded may be: cadences, and a verdict on each table. Pure, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from tap_continu_coursebase.continu.reports import REPORTS
from tap_continu_coursebase.coursebase.resources import RESOURCES, USER_SEARCH
from tap_continu_coursebase.operate.ledger import Coverage

DAY = timedelta(days=1)
TOLERANCE = 2.0
"""So many times its cadence a table may be old: one run may be late or fail."""
CADENCES: Mapping[str, timedelta] = {
    **{f"continu_{report.name}": report.cadence for report in REPORTS},
    **{f"coursebase_{resource.name}": DAY for resource in (*RESOURCES, USER_SEARCH)},
}
"""How often each stream is to be loaded. Continu documents it; Coursebase does not, so a day.
Exports have none: one whose data have not changed is not loaded again, so its age tells nothing."""
EXPORTS = ("coursebase_report_", "coursebase_saved_report_")


@dataclass(frozen=True)
class Table:
    """What is known of one stream in a warehouse.

    Attributes:
        stream: Its name, which is the table's.
        rows: Rows of the table that are not marked as deleted; None if there is no table.
        loaded_at: When it was last loaded, UTC; None if nothing tells.
        cadence: How often it is to be loaded; None if its age is not judged.
        coverage: What the ledger says of it; None if nothing.
    """

    stream: str
    rows: int | None
    loaded_at: datetime | None
    cadence: timedelta | None
    coverage: Coverage | None = None

    @property
    def current_at(self) -> datetime | None:
        """The instant that its rows are current of: where its last window ends, if it has any."""
        return self.loaded_at if self.coverage is None else self.coverage.until

    def age(self, at: datetime) -> timedelta | None:
        """Return how long before an instant its rows were current; None if nothing tells."""
        return None if self.current_at is None else max(at - self.current_at, timedelta(0))

    def is_stale(self, at: datetime, tolerance: float = TOLERANCE) -> bool:
        """Tell whether it is older than its cadence allows.

        Args:
            at: The instant to judge it at, UTC.
            tolerance: How many times its cadence it may be old.
        """
        age = self.age(at)
        return age is not None and self.cadence is not None and age > self.cadence * tolerance


def is_loaded_here(table: str) -> bool:
    """Tell whether a table is one that this tap loads, records of its loads aside."""
    return table in CADENCES or table.startswith(EXPORTS)


def judged(
    found: Mapping[str, tuple[int, datetime | None]],
    covered: Iterable[Coverage],
    cadences: Mapping[str, timedelta] = CADENCES,
) -> list[Table]:
    """Put together what tables and ledger say.

    Args:
        found: Rows of each table, and when the newest one was extracted.
        covered: What the ledger says, stream by stream.
        cadences: How often each stream is to be loaded.

    Returns:
        One entry a stream, by name.
    """
    ledger = {one.stream: one for one in covered}
    tables = []
    for stream in sorted({*found, *ledger}):
        rows, extracted_at = found.get(stream, (None, None))
        coverage = ledger.get(stream)
        loaded_at = extracted_at if coverage is None else coverage.loaded_at
        tables.append(Table(stream, rows, loaded_at, cadences.get(stream), coverage))
    return tables
