"""One run at a time for each stream, on one machine."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.singer.runlock import ParallelRunError, exclusive
from tests.singer.support import Source

FACTS = "continu_assignment_summary"
OTHER = "continu_content_completion"
SNAPSHOT = "continu_assessment_status"


def test_a_second_run_of_a_stream_says_so_and_stops(source: Source) -> None:
    with exclusive([(source.sandbox.continu_api_url, FACTS)]):
        output = source.sync(FACTS, SNAPSHOT)
    assert "another run on this machine is loading continu_assignment_summary" in str(output.error)
    assert output.messages == []
    assert source.asked() == []
    assert source.sync(FACTS, SNAPSHOT).error is None


def test_other_streams_and_sources_are_loaded_at_once(source: Source) -> None:
    with exclusive([(source.sandbox.continu_api_url, OTHER), ("http://elsewhere", FACTS)]):
        assert source.sync(FACTS).error is None


def test_parallel_runs_can_be_allowed(source: Source) -> None:
    with exclusive([(source.sandbox.continu_api_url, FACTS)]):
        assert source.sync(FACTS, forbid_parallel_runs=False).error is None


def test_a_failed_run_holds_nothing(source: Source) -> None:
    source.sandbox.api.gate.expire()
    assert isinstance(source.sync(FACTS).error, TapError)
    with exclusive([(source.sandbox.continu_api_url, FACTS)]):
        pass


def test_a_folder_that_cannot_be_written_to_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setattr(tempfile, "tempdir", str(file))
    with pytest.raises(ParallelRunError, match="set TMPDIR to a folder"), exclusive([("a", "b")]):
        pass
