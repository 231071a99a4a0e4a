"""The files that a run is given: state, catalog and configuration."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documented import CONTINU_KEYS, LEDGER_KEY
from tests.fuzz import bodies
from tests.fuzz.answering import AnsweringServer
from tests.fuzz.documents import anything, changed
from tests.fuzz.running import (
    END,
    START,
    Run,
    catalog_of,
    continu_config,
    fuzzed,
    run,
)
from tests.transport.scripted_server import Reply

FACTS, AGGREGATES = "continu_content_completion", "continu_user_engagement"
SNAPSHOT, LEDGER = "continu_simplified_assignments", "continu_windows"
ROW = {"completion_id": "a", "email": "a@example.com", "assignment_id": "a", "title": "x"}
ANSWER = Reply(body=json.dumps([ROW]).encode())
OWN_STATE = {
    "bookmarks": {
        FACTS: {
            "replication_key": "until",
            "replication_key_value": "2024-01-15T00:00:00Z",
            "start_date": START,
        },
        AGGREGATES: {
            "replication_key": "until",
            "replication_key_value": "2024-02-01T00:00:00Z",
            "start_date": START,
            "window": "month",
        },
        SNAPSHOT: {"rows": 3},
        LEDGER: {},
        "coursebase_report_people": {
            "replication_key": "data_updated_at",
            "replication_key_value": "2024-01-15T00:00:00Z",
            "language": "en",
            "time_zone": "UTC",
            "rows": 12,
        },
    }
}
OTHER_STATES = [
    {"bookmarks": {"continu_content_completion": {"updated_at": "2024-01-15"}}},
    {"bookmarks": {"users": {"replication_key": "id", "replication_key_value": 5}}},
    {"bookmarks": {FACTS: {"partitions": [{"context": {"a": 1}}]}}},
    {"bookmarks": {FACTS: {"partitions": None}}},
    {"bookmarks": {FACTS: {"replication_key_signpost": 1, "progress_markers": {}}}},
    {"bookmarks": None},
    {"bookmarks": []},
    {"completed": {"singer_state": OWN_STATE}},
    {"version": 2, **OWN_STATE},
    {"currently_syncing": FACTS, **OWN_STATE},
    [],
    [OWN_STATE],
    None,
    5,
]


def load(server: AnsweringServer, *streams: str, **given: Any) -> Run:
    server.answer(lambda _: ANSWER)
    config = continu_config(server.url)
    return run(config, **({"catalog": catalog_of(config, *streams)} | given))


def reached(value: Any) -> str:
    return max(value, END) if isinstance(value, str) else END


def check_state(output: Run, given: Any) -> None:
    """It is refused in one line, or continued from."""
    if output.code == 0:
        bookmark = given.get("bookmarks", {}).get(FACTS, {})
        assert output.bookmark(FACTS) == reached(bookmark.get("replication_key_value"))
        assert output.bookmark(AGGREGATES) is not None
    else:
        assert "state" in output.last_line or "bookmark" in output.last_line


@fuzzed(20)
@given(state=changed(OWN_STATE) | anything)
def test_any_state_is_continued_from_or_refused(server: AnsweringServer, state: Any) -> None:
    check_state(load(server, FACTS, AGGREGATES, SNAPSHOT, LEDGER, state=encoded(state)), state)


@pytest.mark.parametrize("state", OTHER_STATES)
def test_a_state_of_another_tap_or_version_is_refused(server: AnsweringServer, state: Any) -> None:
    output = load(server, FACTS, state=encoded(state))
    assert output.code == 1
    assert "state" in output.last_line
    assert not output.records(FACTS)


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


FILES = [
    b"",
    b" ",
    b"\x00",
    b"\xff\xfe{\x00}\x00",
    b"\xff",
    b"[" * 100_000,
    b"{",
    b"{}{}",
    b'{"bookmarks": {"\\ud800": {}}}',
    b"9" * 5_000,
]


@pytest.mark.parametrize("option", ["state", "catalog", "config"])
@pytest.mark.parametrize("content", FILES)
def test_a_file_that_cannot_be_read_is_named(
    server: AnsweringServer, option: str, content: bytes
) -> None:
    server.answer(lambda _: ANSWER)
    config = continu_config(server.url)
    given: dict[str, Any] = {"config": config, "catalog": catalog_of(config, FACTS)}
    output = run(**(given | {option: content}))
    assert output.code == 1
    assert option in output.last_line


@fuzzed(15)
@given(content=bodies.damaged(encoded(OWN_STATE)) | st.binary(max_size=20))
def test_a_damaged_state_file(server: AnsweringServer, content: bytes) -> None:
    load(server, FACTS, state=content)


SMALL = 8


def small_catalog(server: AnsweringServer) -> dict[str, Any]:
    """The tap's own catalog of three streams, with few properties."""
    catalog = catalog_of(continu_config(server.url), FACTS, SNAPSHOT, LEDGER)
    for entry in catalog["streams"]:
        kept = [*entry["key_properties"], *list(entry["schema"]["properties"])[:SMALL]]
        properties = entry["schema"]["properties"]
        entry["schema"]["properties"] = {name: properties[name] for name in dict.fromkeys(kept)}
        entry["metadata"] = [
            item
            for item in entry["metadata"]
            if not item["breadcrumb"] or item["breadcrumb"][1] in kept
        ]
    return catalog


@fuzzed(25)
@given(data=st.data())
def test_any_catalog_is_followed_or_refused(server: AnsweringServer, data: st.DataObject) -> None:
    catalog = data.draw(changed(small_catalog(server)))
    output = load(server, catalog=encoded(catalog))
    if output.bookmark(FACTS) == END:
        assert len(output.records(FACTS)) == 2


@fuzzed(15)
@given(catalog=anything | st.fixed_dictionaries({"streams": anything}))
def test_any_json_as_a_catalog(server: AnsweringServer, catalog: Any) -> None:
    load(server, catalog=encoded(catalog))


@pytest.mark.parametrize("selected", [None, False])
@pytest.mark.parametrize("stream", [FACTS, AGGREGATES, LEDGER])
def test_a_key_is_written_whatever_the_catalog_says_of_it(
    server: AnsweringServer, stream: str, selected: bool | None
) -> None:
    """Its metadata are gone, or deselect it."""
    catalog = catalog_of(continu_config(server.url), FACTS, AGGREGATES, LEDGER)
    for entry in catalog["streams"]:
        for item in list(entry["metadata"]):
            if entry["tap_stream_id"] == stream and {*item["breadcrumb"]} & {*KEYS[stream]}:
                if selected is None:
                    entry["metadata"].remove(item)
                else:
                    item["metadata"] = {"inclusion": "available", "selected": selected}
    output = load(server, catalog=encoded(catalog))
    assert output.code == 0, output.last_line
    for record in output.records(stream):
        assert all(record.get(key) is not None for key in KEYS[stream])


KEYS = {
    FACTS: CONTINU_KEYS["content_completion"],
    AGGREGATES: CONTINU_KEYS["user_engagement"],
    LEDGER: LEDGER_KEY,
}
ODD_CATALOGS = [
    {},
    {"streams": None},
    {"streams": {}},
    {"streams": [{}]},
    {"streams": [[]]},
    {"streams": [{"tap_stream_id": []}]},
    {"streams": [{"tap_stream_id": FACTS, "schema": []}]},
    {"streams": [{"tap_stream_id": FACTS, "schema": {}, "metadata": [{}]}]},
    {"streams": [{"tap_stream_id": FACTS, "schema": {}, "metadata": [1]}]},
    {"streams": [{"tap_stream_id": FACTS, "metadata": [{"breadcrumb": 1, "metadata": {}}]}]},
    {"streams": [{"tap_stream_id": FACTS, "metadata": [{"breadcrumb": [], "metadata": []}]}]},
    {"streams": [{"tap_stream_id": FACTS, "key_properties": ["nope"]}]},
    OWN_STATE,
    [],
    None,
]


@pytest.mark.parametrize("catalog", ODD_CATALOGS)
def test_what_is_no_catalog_is_refused(server: AnsweringServer, catalog: Any) -> None:
    output = load(server, catalog=encoded(catalog))
    assert output.code == 1
    assert "catalog" in output.last_line
    assert not output.messages


@pytest.mark.parametrize("option", ["state", "catalog", "config"])
def test_a_number_that_is_none_is_no_json(server: AnsweringServer, option: str) -> None:
    output = run(**({"config": continu_config(server.url)} | {option: b'{"x": NaN}'}))
    assert output.code == 1
    assert option in output.last_line


@pytest.mark.parametrize(
    "mapped",
    [
        {"title": "title +"},
        {"completion_id": None},
        {"__key_properties__": ["x"]},
    ],
)
def test_a_stream_map_that_cannot_be_is_named(server: AnsweringServer, mapped: Any) -> None:
    config = continu_config(server.url) | {"stream_maps": {FACTS: mapped}}
    output = run(config, catalog=catalog_of(config, FACTS))
    assert output.code == 1
    assert "stream_maps" in output.last_line


def test_a_stream_map_of_a_deselected_stream_does_no_harm(server: AnsweringServer) -> None:
    server.answer(lambda _: ANSWER)
    config = continu_config(server.url)
    catalog = catalog_of(config, FACTS, SNAPSHOT)
    for item in catalog["streams"][0]["metadata"]:
        if not item["breadcrumb"]:
            item["metadata"]["selected"] = False
    deselected = catalog["streams"][0]["tap_stream_id"]
    output = run(config | {"stream_maps": {deselected: {"title": "title"}}}, catalog=catalog)
    assert output.code == 0, output.last_line


CONFIG = {
    **continu_config("https://reports.example.com"),
    "continu_api_token": "a-token-that-may-move",
    "coursebase_url": "https://learn.example.com",
    "coursebase_access_token": "a-token-that-may-move-too",
    "coursebase_report_types": ["people"],
    "coursebase_report_ids": ["AoVrqJR0xD"],
    "coursebase_user_search": ["@example.com"],
    "coursebase_csv_encoding": "utf-8",
    "coursebase_time_zone": "UTC",
    "lookback_minutes": 60,
    "max_run_minutes": 60,
    "stream_options": {
        FACTS: {
            "range_target": "updated_date",
            "window": "day",
            "lookback_minutes": 5,
            "filters": {"user_filter": {"role": "learner"}},
            "primary_keys": ["completion_id"],
            "columns": {"cost_center": "string"},
        },
    },
    "stream_maps": {FACTS: {"title": "title"}},
    "flattening_enabled": True,
    "flattening_max_depth": 1,
}


@fuzzed(25)
@given(config=changed(CONFIG) | anything)
def test_any_configuration_is_taken_or_refused(config: Any) -> None:
    """Nothing is selected, so that no request is sent wherever the settings point.

    Tokens are not marked here: one that is given as another setting is quoted.
    """
    run(encoded(config), catalog={"streams": []})


@fuzzed(10)
@given(config=changed(CONFIG) | anything)
def test_any_configuration_is_discovered_with_or_refused(config: Any) -> None:
    output = run(encoded(config), "--discover")
    if output.code == 0:
        assert json.loads(output.stdout)["streams"]
