"""Print each row of a folder of Parquet files, one folder or file name a table.

Usage: read_parquet FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow.parquet as pq  # type: ignore[import-not-found]

from harness.loaders.programs.typed import line


def main() -> None:
    """Print each file's rows, the oldest file first."""
    folder = Path(sys.argv[1])
    for path in sorted(folder.rglob("*.parquet"), key=lambda one: one.name):
        table = path.parent.name if path.parent != folder else path.name.partition("-")[0]
        for row in pq.ParquetFile(path).read().to_pylist():
            sys.stdout.write(line(table, row) + "\n")


if __name__ == "__main__":
    main()
