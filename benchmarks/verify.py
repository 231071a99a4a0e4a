"""Whether a program wrote every row, with the values that were sent: nobody wins by skipping."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from benchmarks import rows as sent
from benchmarks.measure import BenchmarkError
from benchmarks.rows import KEY

Row = Mapping[str, Any]
_SAMPLES = 97


def verify(
    name: str, written: Iterable[Row], count: int, form: str, left_out: frozenset[str]
) -> None:
    """Compare what was written with what was sent.

    Args:
        name: Of the program.
        written: Its rows.
        count: How many were sent.
        form: The form in which they were sent.
        left_out: Fields that the program writes elsewhere.

    Raises:
        BenchmarkError: If a row is missing or doubled, or a sample differs.
    """
    samples = {
        row[KEY]: row for row in (sent.row(n, form) for n in range(0, count, count // _SAMPLES + 1))
    }
    ids: set[str] = set()
    total = 0
    for row in written:
        total += 1
        ids.add(row[KEY])
        expected = samples.get(row[KEY])
        if expected is None:
            continue
        wanted = _plain(expected, left_out)
        found = _plain({**row, **(row.get("additional_fields") or {})}, left_out)
        differing = sorted(key for key in wanted if found.get(key) != wanted[key])
        if differing:
            raise BenchmarkError(f"{name} wrote other values in {differing} of {row[KEY]}")
    if total != count or len(ids) != count:
        raise BenchmarkError(f"{name} wrote {total} rows, {len(ids)} different ones, not {count}")


def _plain(value: Any, left_out: frozenset[str]) -> Any:
    """Return a value without what programs may differ in: what is empty, names' case, offsets."""
    if isinstance(value, Mapping):
        return {
            _snake(name): _plain(item, left_out)
            for name, item in value.items()
            if name not in left_out and item not in (None, [], {})
        }
    return value.replace("+00:00", "Z") if isinstance(value, str) else value


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
