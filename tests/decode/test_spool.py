"""Responses are kept in memory while small, else in a file that no one can find or forget."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from tap_continu_coursebase.decode.array import NotAnArrayError
from tap_continu_coursebase.decode.fastpath import Encoded
from tap_continu_coursebase.decode.spool import IN_MEMORY, Spool, SpoolError, spool

LINE = b'{"a":"' + b"x" * 1000 + b'"}\n'
FILLS_THE_DISK = """
import resource
from tap_continu_coursebase.decode.fastpath import Encoded
from tap_continu_coursebase.decode.spool import Spool, SpoolError
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
spooled = Spool()
try:
    for _ in range(10):
        spooled.add(Encoded(b"x" * (1 << 20), 1))
except SpoolError as error:
    print(error)
"""


def encode(batch: bytes) -> Encoded:
    rows = json.loads(batch)
    lines = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    return Encoded(lines, len(rows), Counter({"a": 1}))


@pytest.mark.parametrize("count", [0, 1, 3 * IN_MEMORY // len(LINE)])
def test_lines_come_back_as_they_were_and_leave_no_file(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spooled = Spool()
    for _ in range(count):
        spooled.add(Encoded(LINE, 1, Counter({"a": 2})))
    assert list(tmp_path.iterdir()) == []
    assert b"".join(spooled.lines()) == LINE * count
    assert (spooled.rows, spooled.misfits["a"]) == (count, 2 * count)
    spooled.close()


def test_a_response_is_read_whole() -> None:
    rows = [{"a": "x" * 1000, "n": n} for n in range(5000)]
    body = json.dumps(rows).encode()
    spooled = spool((body[at : at + 7000] for at in range(0, len(body), 7000)), encode)
    assert spooled.rows == 5000
    assert [json.loads(line) for part in spooled.lines() for line in part.splitlines()] == rows
    assert spooled.misfits["a"] > 1
    spooled.close()


def test_of_a_cut_response_nothing_is_given() -> None:
    body = json.dumps([{"a": "x" * 1000}] * 2000).encode()
    with pytest.raises(NotAnArrayError):
        spool([body[:-5]], encode)


@pytest.mark.skipif(sys.platform == "win32", reason="no such limit")
def test_a_full_disk_is_told_in_one_line() -> None:
    run = subprocess.run(
        [sys.executable, "-c", FILLS_THE_DISK], capture_output=True, text=True, check=True
    )
    assert "set TMPDIR to a folder with room for the largest responses" in run.stdout
    assert run.stderr == ""


def test_a_folder_that_is_not_there_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    body = json.dumps([{"a": "x" * IN_MEMORY}]).encode()
    with pytest.raises(SpoolError, match=r"cannot write to .*nowhere \(No such file"):
        spool([body], encode)
