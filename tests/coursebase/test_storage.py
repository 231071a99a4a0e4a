"""An export's file is on disk whole, or it is told in one line why not."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tap_continu_coursebase.coursebase.storage import download
from tap_continu_coursebase.decode.spool import SpoolError
from tests.transport.scripted_server import Reply, ScriptedServer


def test_a_download_without_a_folder_is_told_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    with (
        ScriptedServer([Reply(body=b"a file")]) as server,
        pytest.raises(SpoolError, match=r"cannot write to .*nowhere \(No such file"),
    ):
        download(f"{server.url}/file.zip", timeout=5)
