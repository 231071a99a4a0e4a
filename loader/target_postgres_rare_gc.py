"""target-postgres as it is, but the garbage collector looks less often.

A batch is ten thousand records of dictionaries and lists, all alive until it is written and none of
them in a cycle. At Python's default threshold the collector walks them over and over and finds
nothing, for a tenth of the target's processor time (``docs/performance.md``); no setting saves it.
"""

from __future__ import annotations

import gc

from target_postgres.target import TargetPostgres  # type: ignore[import-untyped]

THRESHOLD = 50_000
"""So many container objects more before the youngest are looked at; 700 in Python 3.11."""


def main() -> None:
    """Run target-postgres' command line."""
    gc.set_threshold(THRESHOLD)
    TargetPostgres.cli()
