"""RECORD messages made of lines are those that the SDK would have written."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tap_continu_coursebase.singer.output import record_lines

EXTRACTED = datetime(2026, 3, 1, 12, 30, 15, 250_000, tzinfo=UTC)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.text(), values, min_size=1), max_size=5),
    st.dictionaries(st.sampled_from(["window_from", "window_until"]), st.text()),
    st.none() | st.integers(0, 2**53),
    st.text(min_size=1),
)
def test_a_message_for_each_record(
    records: list[dict[str, Any]], added: dict[str, str], version: int | None, stream: str
) -> None:
    lines = "".join(json.dumps(record) + "\n" for record in records).encode()
    written = record_lines(
        lines, stream=stream, added=added, version=version, extracted=EXTRACTED
    ).splitlines()
    expected = {
        "type": "RECORD",
        "stream": stream,
        "time_extracted": "2026-03-01T12:30:15.250000+00:00",
        **({} if version is None else {"version": version}),
    }
    assert [json.loads(line) for line in written] == [
        {**expected, "record": {**record, **added}} for record in records
    ]


@pytest.mark.parametrize("added", [{}, {"window_from": "2026-03-01T00:00:00Z"}])
def test_what_looks_like_an_end_of_a_record_does_not_end_it(added: dict[str, str]) -> None:
    record = {"title": '}\n{"a":1}', "nested": {"b": {}}}
    line = json.dumps(record).encode() + b"\n"
    written = record_lines(line * 2, stream="s", added=added, version=None, extracted=EXTRACTED)
    assert [json.loads(found)["record"] for found in written.splitlines()] == [record | added] * 2


SIGNALLED_IN_A_FINALIZER = """
import os, signal
from tap_continu_coursebase.singer.output import WholeLines

writer = WholeLines()
signal.signal(signal.SIGTERM, lambda number, frame: writer.leave(128 + number))

class Finalized:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGTERM)

writer.write_lines(b"before\\n")
Finalized()
writer.write_lines(b"after\\n")
"""


def test_a_signal_ends_the_process_wherever_it_comes() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", SIGNALLED_IN_A_FINALIZER], capture_output=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (143, b"before\n", b"")
