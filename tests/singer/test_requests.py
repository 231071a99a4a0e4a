"""What is asked of the API, by catalog, state and options."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from harness.compare import Sandbox as Admin
from tap_continu_coursebase.continu.reports import REPORTS
from tap_continu_coursebase.core.windows import parse_instant
from tests.singer.support import END, START, Source

STREAMS = sorted(f"continu_{report.name}" for report in REPORTS)
AGGREGATE = "continu_user_engagement"
FACTS = "continu_content_completion"


def windows(source: Source) -> list[tuple[str, str]]:
    """Return the bounds of the windows asked for, from the paths."""
    bounds = [path.rsplit("/", 2)[1:] for path, _ in source.asked()]
    return [(instant(start), instant(until)) for start, until in bounds]


def instant(epoch: str) -> str:
    return datetime.fromtimestamp(int(epoch), UTC).strftime("%Y-%m-%dT%H:%M:%S")


def state(stream: str, until: str, **more: str) -> dict[str, Any]:
    bookmark = {"replication_key": "until", "replication_key_value": until, **more}
    return {"bookmarks": {stream: bookmark}}


@pytest.mark.parametrize("stream", STREAMS)
def test_requests_of_a_stream(stream: str, source: Source, snapshot: SnapshotAssertion) -> None:
    output = source.sync(stream, start_date="2026-03-01")
    assert output.error is None
    asked = sorted(source.asked(), key=lambda request: request[0])
    assert asked == snapshot(extension_class=JSONSnapshotExtension)


def test_a_deselected_column_is_not_asked_for(source: Source) -> None:
    catalog = source.catalog(FACTS, deselect=["job_title"])
    output = source.sync(catalog=catalog)
    for _, body in source.asked():
        assert "job_title" not in body
        assert body["last_name"] is True
    assert all("job_title" not in record for record in output.records(FACTS))
    assert "job_title" not in output.of("SCHEMA", FACTS)[0]["schema"]["properties"]


def test_a_selected_sub_object_is_asked_for_and_comes_as_an_object(source: Source) -> None:
    output = source.sync(catalog=source.catalog(FACTS, select=["content"]))
    assert all(body["content"] is True for _, body in source.asked())
    assert {type(record["content"]) for record in output.records(FACTS)} == {dict}


COMPLETED = ("content_id", "content_title", "content_type", "assignment_id")


@pytest.mark.parametrize("stream", [FACTS, "continu_user_content"])
def test_a_completion_tells_its_content_and_assignment(stream: str, source: Source) -> None:
    output = source.sync(stream)
    rows = Admin(source.sandbox.url).truth(
        stream.partition("_")[2], parse_instant(START), parse_instant(END), "updated_date"
    )
    truth = {row["completion_id"]: row for row in rows}
    assert all(body["content"] is body["assignment"] is True for _, body in source.asked())
    records = output.records(stream)
    assert len(records) == len(truth)
    for record in records:
        content, assignment = (truth[record["completion_id"]][n] for n in ("content", "assignment"))
        assert [record.get(name) for name in COMPLETED] == [
            content["_id"],
            content["title"],
            content["type"],
            assignment and assignment["_id"],
        ]
        assert not {"content", "assignment"} & {*record, *record["additional_fields"]}
    assert any(record.get("assignment_id") for record in records)


@pytest.mark.parametrize(
    ("deselect", "asked"),
    [
        (["assignment_id"], {"content"}),
        (["content_id", "content_title"], {"content", "assignment"}),
        (["content_id", "content_title", "content_type"], {"assignment"}),
        (COMPLETED, set()),
    ],
)
def test_an_object_is_asked_for_if_any_of_its_columns_is_selected(
    deselect: list[str], asked: set[str], source: Source
) -> None:
    output = source.sync(catalog=source.catalog(FACTS, deselect=deselect))
    for _, body in source.asked():
        assert {"content", "assignment"} & {*body} == asked
    for record in output.records(FACTS):
        assert not {*deselect} & {*record}


def test_key_flags_are_sent_whatever_is_selected(source: Source) -> None:
    stream = "continu_assignment_summary"
    everything = next(
        entry for entry in source.catalog(stream)["streams"] if entry["tap_stream_id"] == stream
    )["schema"]["properties"]
    output = source.sync(catalog=source.catalog(stream, deselect=everything))
    body = source.asked()[0][1]
    assert body == {
        "assignment_id": True,
        "content_id": True,
        "email": True,
        "range_target": "updated_date",
    }
    assert set(output.records(stream)[0]) == {"assignment_id", "content_id", "email"}


def test_options_go_into_the_body(source: Source) -> None:
    options = {
        FACTS: {
            "range_target": "updated_date",
            "filters": {"user_filter": {"role": "learner", "suspended": "false"}},
            "window": "week",
        }
    }
    output = source.sync(FACTS, stream_options=options, start_date="2026-02-28")
    assert output.error is None
    for _, body in source.asked():
        assert body["range_target"] == "updated_date"
        assert body["user_filter"] == {"role": "learner", "suspended": "false"}
    assert sorted(windows(source)) == [
        ("2026-02-28T00:00:00", "2026-03-02T00:00:00"),
        ("2026-03-02T00:00:00", "2026-03-09T00:00:00"),
        ("2026-03-09T00:00:00", "2026-03-15T12:00:00"),
    ]


def test_a_first_run_asks_by_calendar_month(source: Source) -> None:
    source.sync(FACTS)
    assert sorted(windows(source)) == [
        ("2025-12-20T00:00:00", "2026-01-01T00:00:00"),
        ("2026-01-01T00:00:00", "2026-02-01T00:00:00"),
        ("2026-02-01T00:00:00", "2026-03-01T00:00:00"),
        ("2026-03-01T00:00:00", "2026-03-15T12:00:00"),
    ]


def test_a_later_run_asks_from_the_bookmark_less_the_lookback(source: Source) -> None:
    source.sync(FACTS, state=state(FACTS, "2026-03-15T11:00:00Z"), lookback_minutes=90)
    assert windows(source) == [("2026-03-15T09:30:00", "2026-03-15T12:00:00")]


def test_the_lookback_of_a_stream_can_differ(source: Source) -> None:
    options = {FACTS: {"lookback_minutes": 0}}
    source.sync(FACTS, state=state(FACTS, "2026-03-15T11:00:00Z"), stream_options=options)
    assert windows(source) == [("2026-03-15T11:00:00", "2026-03-15T12:00:00")]


def test_the_lookback_does_not_reach_before_the_start_date(source: Source) -> None:
    source.sync(
        FACTS, state=state(FACTS, "2026-03-15T11:00:00Z"), start_date="2026-03-15T10:45:00Z"
    )
    assert windows(source) == [("2026-03-15T10:45:00", "2026-03-15T12:00:00")]


def test_aggregates_are_asked_for_by_whole_windows(source: Source) -> None:
    source.sync(AGGREGATE)
    assert sorted(windows(source)) == [
        ("2025-12-01T00:00:00", "2026-01-01T00:00:00"),
        ("2026-01-01T00:00:00", "2026-02-01T00:00:00"),
        ("2026-02-01T00:00:00", "2026-03-01T00:00:00"),
        ("2026-03-01T00:00:00", "2026-03-15T12:00:00"),
    ]


@pytest.mark.parametrize(
    ("bookmark", "first"),
    [
        ("2026-03-15T11:00:00Z", "2026-03-01T00:00:00"),
        ("2026-03-01T02:00:00Z", "2026-03-01T00:00:00"),
        ("2026-03-01T00:30:00Z", "2026-02-01T00:00:00"),
        ("2026-03-01T00:00:00Z", "2026-02-01T00:00:00"),
    ],
)
def test_an_open_aggregate_window_is_asked_for_again(
    bookmark: str, first: str, source: Source
) -> None:
    source.sync(AGGREGATE, state=state(AGGREGATE, bookmark, window="month"))
    assert min(windows(source))[0] == first


def test_a_full_table_ignores_the_bookmark(source: Source) -> None:
    catalog = source.catalog(FACTS, replication_method="FULL_TABLE")
    before = state(FACTS, "2026-03-15T11:00:00Z")
    output = source.sync(catalog=catalog, state=before)
    assert min(windows(source))[0] == "2025-12-20T00:00:00"
    assert output.bookmark(FACTS) == "2026-03-15T11:00:00Z"
    versions = {message["version"] for message in output.of("RECORD", FACTS)}
    assert versions == {output.of("ACTIVATE_VERSION", FACTS)[0]["version"]}
    kinds = [m["type"] for m in output.messages if m.get("stream") == FACTS]
    assert kinds[0] == "SCHEMA"
    assert kinds.index("ACTIVATE_VERSION") == len(kinds) - 1


@pytest.mark.parametrize(("scheme", "status"), [("raw", 200), ("bearer", 401)])
def test_the_authorization_scheme(scheme: str, status: int, source: Source) -> None:
    output = source.sync("continu_assessment_status", continu_auth_scheme=scheme)
    assert [request.status for request in source.sandbox.requests] == [status]
    assert (output.error is None) == (status == 200)


def test_compressed_transfer_is_asked_for(source: Source) -> None:
    source.sync("continu_assessment_status")
    assert "gzip" in source.sandbox.requests[0].headers["accept-encoding"]
