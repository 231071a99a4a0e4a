"""One run at a time for each stream, on one machine."""

from __future__ import annotations

import logging
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.core.windows import parse_instant
from tap_continu_coursebase.singer import runlock
from tap_continu_coursebase.singer.runlock import ParallelRunError, exclusive
from tests.singer.support import Source

FACTS = "continu_assignment_summary"
OTHER = "continu_content_completion"
SNAPSHOT = "continu_assessment_status"

During = Callable[[Callable[[], object]], None]


@pytest.fixture
def own_locks() -> None:
    """Locks stand where those of any run do."""


@pytest.fixture
def while_waiting(monkeypatch: pytest.MonkeyPatch) -> During:
    """Let something happen instead of each wait between two tries."""

    def replace(action: Callable[[], object]) -> None:
        monkeypatch.setattr("time.sleep", lambda _seconds: action())

    return replace


def told(caplog: pytest.LogCaptureFixture, text: str) -> list[str]:
    return [record.getMessage() for record in caplog.records if text in record.getMessage()]


def test_a_run_that_waits_in_vain_says_so_and_stops(source: Source) -> None:
    with exclusive([(source.sandbox.continu_api_url, FACTS)]):
        output = source.sync(FACTS, SNAPSHOT, parallel_run_wait_minutes=0)
    assert "is loading continu_assignment_summary, and has not ended" in str(output.error)
    assert "parallel_run_wait_minutes" in str(output.error)
    assert output.messages == []
    assert source.asked() == []
    assert source.sync(FACTS, SNAPSHOT).error is None


def test_a_run_waits_for_another_and_says_so(
    source: Source, while_waiting: During, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    ended = []

    def end() -> None:
        ended.append(time.time())
        other.close()

    with ExitStack() as other:
        other.enter_context(exclusive([(source.sandbox.continu_api_url, FACTS)]))
        while_waiting(end)
        output = source.sync(FACTS, SNAPSHOT, end_date=None)
    assert output.error is None
    [waiting] = told(caplog, "waiting for it to end")
    assert f"is loading {FACTS}" in waiting
    assert "50 minutes" in waiting
    assert told(caplog, "The other run has ended")
    [before] = ended
    until = output.bookmark(FACTS)
    assert until is not None
    assert parse_instant(until).timestamp() >= int(before), "what the other loaded is older"
    versions = {message["version"] for message in output.of("ACTIVATE_VERSION", SNAPSHOT)}
    assert min(versions) >= int(before * 1000)


def test_a_run_that_waits_holds_nothing(source: Source, while_waiting: During) -> None:
    url = source.sandbox.continu_api_url

    def load_another() -> None:
        with exclusive([(url, OTHER)]):
            other.close()

    with ExitStack() as other:
        other.enter_context(exclusive([(url, FACTS)]))
        while_waiting(load_another)
        assert source.sync(FACTS, OTHER).error is None


def test_other_streams_and_sources_are_loaded_at_once(source: Source) -> None:
    with exclusive([(source.sandbox.continu_api_url, OTHER), ("http://elsewhere", FACTS)]):
        assert source.sync(FACTS, parallel_run_wait_minutes=0).error is None


def test_parallel_runs_can_be_allowed(source: Source) -> None:
    with exclusive([(source.sandbox.continu_api_url, FACTS)]):
        output = source.sync(FACTS, forbid_parallel_runs=False, parallel_run_wait_minutes=0)
    assert output.error is None


def test_a_failed_run_holds_nothing(source: Source) -> None:
    source.sandbox.api.gate.expire()
    assert isinstance(source.sync(FACTS).error, TapError)
    with exclusive([(source.sandbox.continu_api_url, FACTS)]):
        pass


PIPELINE = (
    "exec 3<&0; {python} -c 'from tap_continu_coursebase.singer.runlock import exclusive\n"
    'with exclusive([("{source}", "{stream}")]): print("RECORD")\' '
    "| (cat; echo the tap has ended; read done <&3)"
)


@pytest.fixture
def pipeline(tmp_path: Path) -> Any:
    """A pipeline whose tap has ended, and whose loader ends when it is told to."""
    command = PIPELINE.format(python=sys.executable, source=tmp_path, stream=FACTS)
    with subprocess.Popen(
        ["bash", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as shell:
        assert shell.stdout is not None
        assert shell.stdout.readline() == "RECORD\n"
        assert shell.stdout.readline() == "the tap has ended\n"
        yield shell
        shell.communicate()


def test_a_run_waits_for_the_loader_of_the_last_one(
    pipeline: subprocess.Popen[str],
    tmp_path: Path,
    while_waiting: During,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    while_waiting(pipeline.communicate)
    with exclusive([(str(tmp_path), FACTS)], patience=60):
        assert pipeline.returncode is not None
    assert told(caplog, "waiting for it to end")
    assert not told(caplog, "may still be writing")


def test_a_loader_that_stays_is_waited_for_only_so_long(
    pipeline: subprocess.Popen[str], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with exclusive([(str(tmp_path), FACTS)]):
        assert pipeline.poll() is None
    assert told(caplog, "may still be writing continu_assignment_summary")


def test_what_else_a_parent_does_is_not_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Such as an orchestrator that starts a tap, reads what it writes, and goes on."""
    run = f"""from tap_continu_coursebase.singer.runlock import exclusive
with exclusive([({str(tmp_path)!r}, {FACTS!r})]):
    print("RECORD")"""
    with subprocess.Popen(["sleep", "600"]) as other:
        tap = subprocess.run([sys.executable, "-c", run], capture_output=True, check=True)
        assert tap.stdout == b"RECORD\n"
        with exclusive([(str(tmp_path), FACTS)]):
            assert other.poll() is None
        other.kill()
    assert not told(caplog, "may still be writing")


@pytest.mark.parametrize("name", ["HOME", "TMPDIR", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"])
def test_the_environment_does_not_tell_runs_apart(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with exclusive([(str(tmp_path), FACTS)]):
        monkeypatch.setenv(name, str(tmp_path))
        with pytest.raises(ParallelRunError), exclusive([(str(tmp_path), FACTS)]):
            pass
    assert list(tmp_path.iterdir()) == []


def test_where_the_home_cannot_be_written_to_another_folder_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.touch()
    monkeypatch.setattr(runlock, "_places", lambda: iter([file / "locks", folder]))
    with exclusive([("a", "b")]):
        assert list(folder.glob("*.lock"))
        with pytest.raises(ParallelRunError), exclusive([("a", "b")]):
            pass
    assert not caplog.records


def test_without_any_folder_a_run_goes_on_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "file"
    file.touch()
    monkeypatch.setattr(runlock, "_places", lambda: iter([file / "locks"]))
    with exclusive([("a", "b")]), exclusive([("a", "b")]):
        pass
    [first, _] = told(caplog, "set lock_folder")
    assert f"{file / 'locks'}: Not a directory" in first


def test_a_folder_that_was_asked_for_must_do(source: Source, tmp_path: Path) -> None:
    folder, file = tmp_path / "locks", tmp_path / "file"
    file.touch()
    assert source.sync(FACTS, lock_folder=str(folder)).error is None
    assert list(folder.glob("*.lock"))
    output = source.sync(FACTS, lock_folder=str(file))
    assert "set lock_folder to a folder that can be written to" in str(output.error)
    assert output.messages == []
