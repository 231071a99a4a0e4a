"""Rows that have the key of another one are found, in memory that does not grow with them."""

from __future__ import annotations

import json
import os
from array import array
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_continu_coursebase.decode import repeats
from tap_continu_coursebase.decode.repeats import KeyHashes, Repeats, find

EFFORT = 20 if os.environ.get("FUZZ") else 1
Row = dict[str, Any]


def found(rows: list[Row], keys: list[str], batch: int = 7) -> Repeats:
    hashes = KeyHashes()
    blocks = []
    for start in range(0, len(rows), batch):
        some = rows[start : start + batch]
        hashes.add(array("q", (repeats.key_hash([row.get(key) for key in keys]) for row in some)))
        blocks.append(b"".join(json.dumps(row).encode() + b"\n" for row in some))
    try:
        return find(hashes, lambda: blocks, keys)
    finally:
        hashes.close()


def expected(rows: list[Row], keys: list[str]) -> tuple[int, int]:
    first: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        first[json.dumps([row.get(key) for key in keys])].append(row)
    later = [(row, same[0]) for same in first.values() for row in same[1:]]
    different = sum(row != before for row, before in later)
    return different, len(later) - different


@settings(max_examples=50 * EFFORT, deadline=None, database=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"a": st.sampled_from("xyz"), "b": st.sampled_from(["1", None])},
            optional={"c": st.integers(0, 1)},
        ),
        max_size=60,
    ),
    st.sampled_from([["a"], ["a", "b"], []]),
    st.sampled_from([1, 4, 1 << 16]),
)
def test_every_row_with_the_key_of_another_is_counted(
    rows: list[Row], keys: list[str], in_memory: int
) -> None:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(repeats, "_HASHES_IN_MEMORY", in_memory)
        patched.setattr(repeats, "_SUSPECTS_AT_ONCE", 2)
        result = found(rows, keys)
    assert (result.different, result.identical) == expected(rows, keys)
    assert (result.example is None) == (result.different == 0)


def test_rows_are_not_read_again_where_no_key_repeats() -> None:
    hashes = KeyHashes()
    hashes.add(array("q", range(200_000)))
    assert find(hashes, lambda: pytest.fail("read again"), ["a"]) == Repeats()
    hashes.close()
