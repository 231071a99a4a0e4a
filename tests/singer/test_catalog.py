"""A schema or catalog change is always a reviewed diff."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from tap_continu_coursebase.continu.reports import REPORTS
from tap_continu_coursebase.continu.streams import RECORDS
from tests.singer.support import Source, tap

STREAMS = sorted([*(f"continu_{report.name}" for report in REPORTS), *RECORDS])
FACTS = "continu_content_completion"
SNAPSHOT = "continu_assessment_status"
CONFIG = {"continu_api_token": "token", "start_date": "2026-01-01"}


@pytest.fixture(scope="module")
def entries() -> dict[str, Any]:
    return {entry["tap_stream_id"]: entry for entry in tap(CONFIG).catalog_dict["streams"]}


def test_streams(entries: dict[str, Any]) -> None:
    assert sorted(entries) == STREAMS
    assert len(STREAMS) == 16


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


def test_a_stream_that_the_catalog_lacks_is_not_loaded(source: Source) -> None:
    catalog = source.catalog(FACTS, SNAPSHOT)
    catalog["streams"] = [e for e in catalog["streams"] if e["tap_stream_id"] != SNAPSHOT]
    output = source.sync(catalog=catalog)
    assert output.records(FACTS)
    assert not output.of("SCHEMA", SNAPSHOT)


def test_a_selected_stream_that_does_not_exist_is_warned_of(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    catalog = source.catalog(FACTS, SNAPSHOT)
    for entry in catalog["streams"]:
        if entry["tap_stream_id"] == SNAPSHOT:
            entry["tap_stream_id"] = entry["stream"] = "continu_bygone"
    assert source.sync(catalog=catalog).error is None
    assert "The catalog selects continu_bygone, which is no stream" in caplog.text


def test_the_schema_is_this_versions_whatever_the_catalog_says(source: Source) -> None:
    catalog = source.catalog(FACTS)
    before = source.sync(catalog=copy.deepcopy(catalog))
    for entry in catalog["streams"]:
        entry["schema"]["properties"] = {"email": {"type": "integer"}}
    output = source.sync(catalog=catalog)
    assert output.of("SCHEMA", FACTS) == before.of("SCHEMA", FACTS)
    assert output.records(FACTS) == before.records(FACTS)


def test_a_catalog_without_keys_keeps_the_declared_ones(source: Source) -> None:
    catalog = source.catalog(FACTS)
    for entry in catalog["streams"]:
        entry["key_properties"] = []
        entry["metadata"][-1]["metadata"].pop("table-key-properties", None)
    [schema] = source.sync(catalog=catalog).of("SCHEMA", FACTS)
    assert schema["key_properties"] == ["completion_id"]


def test_a_catalog_with_the_key_of_another_version_is_refused(source: Source) -> None:
    catalog = source.catalog(FACTS)
    for entry in catalog["streams"]:
        if entry["tap_stream_id"] == FACTS:
            entry["key_properties"] = ["bygone_id"]
    output = source.sync(catalog=catalog)
    assert "the catalog's key has the unknown column 'bygone_id'" in str(output.error)
    assert output.messages == []
