"""A schema or catalog change is always a reviewed diff."""

from __future__ import annotations

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tap_continu_coursebase.continu.reports import REPORTS
from tests.singer.support import tap

STREAMS = sorted([*(f"continu_{report.name}" for report in REPORTS), "continu_windows"])
CONFIG = {"continu_api_token": "token", "start_date": "2026-01-01"}


@pytest.fixture(scope="module")
def entries() -> dict[str, Any]:
    return {entry["tap_stream_id"]: entry for entry in tap(CONFIG).catalog_dict["streams"]}


def test_streams(entries: dict[str, Any]) -> None:
    assert sorted(entries) == STREAMS
    assert len(STREAMS) == 15


@pytest.mark.parametrize("stream", STREAMS)
def test_catalog_entry(stream: str, entries: dict[str, Any], snapshot: SnapshotAssertion) -> None:
    assert entries[stream] == snapshot(extension_class=JSONSnapshotExtension)


def test_additional_fields_can_be_left_out() -> None:
    for entry in tap({**CONFIG, "additional_fields": False}).catalog_dict["streams"]:
        assert "additional_fields" not in entry["schema"]["properties"]


def test_options_change_the_schema_and_the_key() -> None:
    options = {
        "continu_simplified_assignments": {
            "columns": {"assignment_status": "string", "due_date": "date-time"},
            "primary_keys": ["assignment_id", "assignment_status"],
        }
    }
    catalog = tap({**CONFIG, "stream_options": options}).catalog_dict
    entry = next(
        entry
        for entry in catalog["streams"]
        if entry["tap_stream_id"] == "continu_simplified_assignments"
    )
    assert list(entry["key_properties"]) == ["assignment_id", "assignment_status"]
    assert entry["schema"]["properties"]["assignment_status"]["type"] == "string"
    assert entry["schema"]["properties"]["due_date"]["format"] == "date-time"
