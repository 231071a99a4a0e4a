"""What failed alike is said once."""

from __future__ import annotations

import logging

import pytest

from tap_continu_coursebase.core.errors import RejectedError, TapError
from tap_continu_coursebase.singer.failures import summed_up
from tests.singer.support import Source


def failing(*streams: str, reason: str = "HTTP 500") -> dict[str, TapError]:
    return {stream: RejectedError(reason.format(stream)) for stream in streams}


def test_one_failure_names_its_stream() -> None:
    assert summed_up(failing("continu_a"), ["continu_a", "continu_b"]) == (
        "1 stream failed: continu_a: HTTP 500"
    )


def test_all_streams_of_a_source_are_not_named() -> None:
    selected = ["continu_a", "continu_b", "coursebase_c"]
    assert summed_up(failing("continu_a", "continu_b"), selected) == (
        "2 streams failed: all 2 Continu streams: HTTP 500"
    )


def test_some_streams_of_a_source_are_named() -> None:
    selected = ["continu_a", "continu_b", "continu_c", "coursebase_c"]
    failures = {**failing("continu_a", "continu_c"), **failing("coursebase_c", reason="HTTP 401")}
    assert summed_up(failures, selected) == (
        "3 streams failed: 2 Continu streams (continu_a, continu_c): HTTP 500; "
        "coursebase_c: HTTP 401"
    )


def test_reasons_that_differ_by_their_streams_name_alone_are_one() -> None:
    failures = failing("continu_a", "continu_b", reason="set stream_options.{}.window to day")
    assert summed_up(failures, ["continu_a", "continu_b"]) == (
        "2 streams failed: all 2 Continu streams: set stream_options.<stream>.window to day"
    )


def test_reasons_that_differ_by_their_request_alone_show_the_first() -> None:
    failures = failing("continu_a", "continu_b", reason="HTTP 404 (https://x.example/{})")
    for stream, error in failures.items():
        error.request = f"https://x.example/{stream}"
    assert "all 2 Continu streams: HTTP 404 (https://x.example/" in summed_up(
        failures, ["continu_a", "continu_b"]
    )


def test_a_wrong_token_is_told_when_it_is_met_and_last(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        output = source.sync(
            "continu_track_status",
            "continu_user_content",
            "continu_assessment_status",
            continu_api_token="wrong-token",
        )
    errors = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert len(errors) == 1
    assert str(output.error).startswith("3 streams failed: all 3 Continu streams: HTTP 401: ")
