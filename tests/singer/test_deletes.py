"""What may mark rows as deleted: a complete full table over all that is loaded, not empty."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.singer.support import END, START, Output, Source

FACTS = "continu_assignment_summary"
AGGREGATE = "continu_user_engagement"
SNAPSHOT = "continu_assessment_status"
LEDGER = "continu_windows"


def none(stream: str) -> dict[str, Any]:
    """Settings under which the source answers with no row."""
    nobody = {"user_filter": {"email": "nobody@example.net"}}
    return {"stream_options": {stream: {"filters": nobody}}}


def reconcile(
    source: Source, stream: str = FACTS, state: dict[str, Any] | None = None, **settings: Any
) -> Output:
    catalog = source.catalog(stream, replication_method="FULL_TABLE")
    return source.sync(catalog=catalog, state=state, **settings)


def loaded(source: Source, stream: str = FACTS, **settings: Any) -> dict[str, Any]:
    return source.sync(stream, **settings).state


def test_a_snapshot_remembers_how_many_rows_it_had(source: Source) -> None:
    output = source.sync(SNAPSHOT)
    assert output.state["bookmarks"][SNAPSHOT] == {"rows": len(output.records(SNAPSHOT))}


@pytest.mark.parametrize("stream", [SNAPSHOT, FACTS])
def test_a_full_table_that_comes_back_empty_deletes_nothing(stream: str, source: Source) -> None:
    before = reconcile(source, stream, loaded(source, stream)).state
    rows = before["bookmarks"][stream]["rows"]
    output = reconcile(source, stream, before, **none(stream))
    assert f"{stream}: it came back empty and had {rows} rows before" in str(output.error)
    assert "allow_empty_snapshot" in str(output.error)
    assert not output.of("ACTIVATE_VERSION")
    assert output.state["bookmarks"][stream] == before["bookmarks"][stream]
    assert output.state["bookmarks"][stream]["rows"] == rows


@pytest.mark.parametrize("stream", [SNAPSHOT, FACTS])
def test_an_empty_full_table_deletes_all_where_that_is_allowed(stream: str, source: Source) -> None:
    before = reconcile(source, stream, loaded(source, stream)).state
    output = reconcile(source, stream, before, allow_empty_snapshot=True, **none(stream))
    assert output.error is None
    assert len(output.of("ACTIVATE_VERSION", stream)) == 1
    assert output.state["bookmarks"][stream]["rows"] == 0
    again = reconcile(source, stream, output.state, **none(stream))
    assert again.error is None
    assert not again.of("ACTIVATE_VERSION")


@pytest.mark.parametrize("stream", [SNAPSHOT, FACTS, AGGREGATE])
def test_a_full_table_that_shrinks_deletes_nothing_until_that_is_allowed(
    stream: str, source: Source
) -> None:
    first = reconcile(source, stream, loaded(source, stream))
    kept = first.state["bookmarks"][stream]
    emails = sorted({str(row["email"]) for row in first.records(stream)})
    few = {"user_filter": {"email": ",".join(emails[: len(emails) // 4])}}
    shrunk = {"stream_options": {stream: {"filters": few}}}
    state = first.state
    for _ in range(2):
        refused = reconcile(source, stream, state, **shrunk)
        now = len(refused.records(stream))
        assert 0 < now < kept["rows"] / 2
        assert f"{stream}: it came back with {now} rows and had {kept['rows']}" in str(
            refused.error
        )
        assert "max_snapshot_shrink_percent" in str(refused.error)
        assert not refused.of("ACTIVATE_VERSION")
        assert refused.state["bookmarks"][stream] == kept
        state = refused.state
    allowed = reconcile(source, stream, state, max_snapshot_shrink_percent=100, **shrunk)
    assert allowed.error is None
    assert allowed.of("ACTIVATE_VERSION")
    assert allowed.state["bookmarks"][stream]["rows"] == now
    assert reconcile(source, stream, allowed.state, **shrunk).of("ACTIVATE_VERSION")


def test_an_empty_full_table_of_unknown_past_deletes_nothing(source: Source) -> None:
    output = source.sync(SNAPSHOT, **none(SNAPSHOT))
    assert output.error is None
    assert not output.of("ACTIVATE_VERSION")


def test_a_full_table_over_all_that_is_loaded_activates_its_version(source: Source) -> None:
    output = reconcile(source, state=loaded(source))
    [activation] = output.of("ACTIVATE_VERSION", FACTS)
    assert {m["version"] for m in output.of("RECORD", FACTS)} == {activation["version"]}
    assert output.messages.index(activation) > output.messages.index(output.of("RECORD", FACTS)[-1])
    bookmark = output.state["bookmarks"][FACTS]
    assert bookmark.pop("recent")["until"] == END
    assert bookmark == {
        "replication_key": "until",
        "replication_key_value": END,
        "start_date": START,
        "has_rows": True,
        "full_table_from": START,
        "full_table_until": END,
        "rows": len(output.records(FACTS)),
    }


@pytest.mark.parametrize("stream", [FACTS, AGGREGATE])
@pytest.mark.parametrize(
    ("shorter", "says"),
    [
        ({"start_date": "2026-02-01"}, "set start_date back"),
        ({"end_date": "2026-03-01"}, "set end_date back"),
    ],
)
def test_a_full_table_over_less_than_is_loaded_is_refused(
    stream: str, shorter: dict[str, str], says: str, source: Source
) -> None:
    before = loaded(source, stream)
    asked = len(source.asked())
    output = reconcile(source, stream, before, **shorter)
    assert says in str(output.error)
    assert not output.of("ACTIVATE_VERSION")
    assert not output.of("RECORD")
    assert len(source.asked()) == asked
    again = reconcile(source, stream, reconcile(source, stream, before).state, **shorter)
    assert says in str(again.error)


def test_an_end_date_without_a_state_marks_nothing(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    output = reconcile(source)
    assert output.records(FACTS)
    assert not output.of("ACTIVATE_VERSION")
    assert "nothing is marked as deleted" in caplog.text


def test_a_start_that_no_state_tells_is_told_without_a_warning(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    source.settings["end_date"] = None
    with caplog.at_level(logging.INFO):
        output = reconcile(source)
    assert output.of("ACTIVATE_VERSION", FACTS)
    assert f"rows loaded from before {START}" in caplog.text
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_an_interrupted_full_table_deletes_nothing(source: Source, waits: list[float]) -> None:
    del waits
    before = loaded(source)
    plan = {"match": "assignment_summary", "kind": "status", "status": 403, "after": 2}
    source.sandbox.api.faults.add([plan])
    output = reconcile(source, state=before)
    assert output.error is not None
    assert output.records(FACTS)
    assert not output.of("ACTIVATE_VERSION")


def test_the_ledger_never_loses_a_row(source: Source) -> None:
    catalog = source.catalog(FACTS, LEDGER, replication_method="FULL_TABLE")
    output = source.sync(catalog=catalog, state=loaded(source))
    assert output.records(LEDGER)
    assert not output.of("ACTIVATE_VERSION", LEDGER)
