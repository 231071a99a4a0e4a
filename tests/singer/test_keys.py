"""What becomes of rows whose key is missing, stands in for another, or is another row's too."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.singer.support import Output, Source, run
from tests.transport.scripted_server import Reply, ScriptedServer

FACTS = "continu_content_completion"
TRACKS = "continu_track_status"
USERS = "continu_user_engagement"
SNAPSHOT = "continu_workshop_status"
LEDGER = "continu_windows"
REJECTED = "continu_rejected_rows"

Rows = list[Any]


def load(
    source: Source,
    stream: str,
    *windows: Rows,
    beside: tuple[str, ...] = (REJECTED,),
    state: dict[str, Any] | None = None,
    **settings: Any,
) -> Output:
    """Load a stream from a server that answers each window as given, the last one as ever."""
    months = ["2026-01-01", "2026-02-01", "2026-03-01", "2026-04-01"]
    replies = [Reply(body=json.dumps(rows).encode()) for rows in windows]
    with ScriptedServer(replies) as server:
        config = source.config(
            continu_api_url=server.url,
            continu_max_in_flight=1,
            **{"start_date": months[0], "end_date": months[len(windows)], **settings},
        )
        return run(config, source.catalog(stream, *beside, **settings), state)


def completions(*identities: Any) -> Rows:
    return [{"completion_id": identity, "grade": "A"} for identity in identities]


def test_a_row_without_its_key_goes_to_a_stream_of_its_own(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [*completions("a", None, ""), 7, "text", {"grade": "B"}, *completions("b")]
    output = load(source, FACTS, rows, beside=(REJECTED, LEDGER))
    assert output.error is None
    assert [record["completion_id"] for record in output.records(FACTS)] == ["a", "b"]
    rejected = output.records(REJECTED)
    assert [json.loads(record["row"]) for record in rejected] == rows[1:6]
    assert [record["reason"] for record in rejected] == [
        "a record came with null in its key field 'completion_id'",
        "a record came with an empty string in its key field 'completion_id'",
        "a record is not an object but a number",
        "a record is not an object but a string",
        "a record came without its key field 'completion_id'; it has: grade",
    ]
    for record in rejected:
        assert record["stream"] == FACTS
        assert record["window_from"] == "2026-01-01T00:00:00Z"
        assert record["window_until"] == "2026-02-01T00:00:00Z"
        assert record["requested_at"].endswith("Z")
    assert len({record["row_digest"] for record in rejected}) == 5
    assert output.records(LEDGER)[0]["rows"] == 7
    assert output.bookmark(FACTS) == "2026-02-01T00:00:00Z"
    order = [m.get("stream", "STATE") for m in output.messages if m["type"] in {"RECORD", "STATE"}]
    assert order[: order.index("STATE")] == [*[FACTS] * 2, *[REJECTED] * 5, LEDGER]
    [warning] = [r.getMessage() for r in caplog.records if "without their key" in r.getMessage()]
    assert warning.startswith(f"{FACTS}: rows without their key: 5, kept in {REJECTED}; the first:")


def test_a_rejected_row_that_is_read_again_replaces_itself(source: Source) -> None:
    first = load(source, FACTS, [*completions("a"), {"x": 1, "y": 2}])
    second = load(source, FACTS, [{"y": 2, "x": 1}, *completions("a")], start_date="2026-01-15")
    [one], [other] = first.records(REJECTED), second.records(REJECTED)
    assert one["row_digest"] == other["row_digest"]
    assert one["window_from"] != other["window_from"]


def test_a_rejected_aggregate_belongs_to_its_window(source: Source) -> None:
    rows = [{"email": "a@example.com"}, {"email": None}]
    output = load(source, USERS, rows, rows)
    assert len({record["row_digest"] for record in output.records(REJECTED)}) == 2


def test_rejected_rows_of_a_snapshot_have_no_window(source: Source) -> None:
    rows = [{"workshop_instance_id": "w", "email": "a@example.com"}, {"email": "b@example.com"}]
    output = load(source, SNAPSHOT, rows)
    [record] = output.records(REJECTED)
    assert record.get("window_from") is None
    assert record["stream"] == SNAPSHOT
    assert output.of("ACTIVATE_VERSION", SNAPSHOT)
    assert not output.of("ACTIVATE_VERSION", REJECTED)


def test_rejected_rows_are_counted_where_they_are_not_wanted(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    output = load(source, FACTS, completions("a", None), beside=())
    assert output.error is None
    assert not output.of("RECORD", REJECTED)
    assert f"rows without their key: 1, not loaded (select {REJECTED} to keep them)" in caplog.text


def test_a_run_with_rejected_rows_can_end_as_failed(source: Source) -> None:
    output = load(
        source, FACTS, completions("a", None), completions("b"), fail_on_rejected_rows=True
    )
    assert f"{FACTS}: rows without their key: 1" in str(output.error)
    assert [record["completion_id"] for record in output.records(FACTS)] == ["a", "b"]
    assert output.bookmark(FACTS) == "2026-03-01T00:00:00Z"


@pytest.mark.parametrize("rows", [completions(None), [None], [{"name": "x"}] * 20])
@pytest.mark.parametrize("stream", [FACTS, SNAPSHOT])
def test_a_response_without_any_key_is_a_failure(source: Source, stream: str, rows: Rows) -> None:
    output = load(source, stream, rows)
    assert f"set stream_options.{stream}.primary_keys" in str(output.error)
    assert not output.of("RECORD")
    assert not output.of("ACTIVATE_VERSION")


def test_a_few_rows_that_happen_to_lack_their_key_do_not_stop_a_stream(source: Source) -> None:
    first = load(source, FACTS, completions("a"), completions(None))
    assert first.error is None
    assert len(first.records(REJECTED)) == 1
    later = load(
        source,
        FACTS,
        completions(None),
        state=first.state,
        end_date="2026-03-10",
        lookback_minutes=0,
    )
    assert later.error is None
    assert len(later.records(REJECTED)) == 1


def test_many_rows_that_lack_their_key_stop_a_stream_that_had_some(source: Source) -> None:
    output = load(source, FACTS, completions("a"), [{"identity": n} for n in range(11)])
    assert "none of 11 rows has its key" in str(output.error)
    assert output.bookmark(FACTS) == "2026-02-01T00:00:00Z"
    assert not output.records(REJECTED)


def test_another_identifier_stands_in_for_an_absent_address(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [
        {"track_id": "t", "email": "a@example.com", "userid": "1"},
        {"track_id": "t", "email": None, "userid": 1234, "_id": "65f0"},
        {"track_id": "t", "email": "", "userid": "", "user_id": "65f1", "_id": "x"},
        {"track_id": "t", "userid": None, "id": "65f2"},
        {"track_id": "t", "email": None, "first_name": "Nobody"},
    ]
    output = load(source, TRACKS, rows)
    assert [record["email"] for record in output.records(TRACKS)] == [
        "a@example.com",
        "userid:1234",
        "id:65f1",
        "id:65f2",
    ]
    assert [json.loads(record["row"]) for record in output.records(REJECTED)] == rows[4:]
    assert "rows that hold no 'email': 1, keyed by another identifier (userid:...)" in caplog.text
    assert "rows that hold no 'email': 2, keyed by another identifier (id:...)" in caplog.text


def pairs(count: int, keys: int) -> Rows:
    return [{"completion_id": str(n % keys), "grade": str(n)} for n in range(count)]


def test_a_key_that_many_different_rows_share_is_refused_before_any_is_written(
    source: Source,
) -> None:
    output = load(source, FACTS, completions("a"), pairs(20, 4))
    assert "16 of 20 rows differ from another one that has the same key (completion_id)" in str(
        output.error
    )
    assert "such as ('0',)" in str(output.error)
    assert f"set stream_options.{FACTS}.primary_keys" in str(output.error)
    assert [record["completion_id"] for record in output.records(FACTS)] == ["a"]
    assert output.bookmark(FACTS) == "2026-02-01T00:00:00Z"


def test_a_few_different_rows_with_one_key_are_told(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    output = load(source, FACTS, pairs(200, 198))
    assert output.error is None
    assert len(output.records(FACTS)) == 200
    [warning] = [r.getMessage() for r in caplog.records if "same key" in r.getMessage()]
    assert warning.startswith(
        f"{FACTS}: rows that differ from another one of the same key (completion_id): 2, such as "
        "('0',)"
    )
    assert f"stream_options.{FACTS}.primary_keys" in warning
    assert load(source, FACTS, pairs(200, 197)).error is not None


def test_how_many_rows_may_conflict_is_a_setting(source: Source) -> None:
    assert load(source, FACTS, pairs(20, 4), max_conflicting_keys_percent=80).error is None
    assert load(source, FACTS, pairs(200, 199), max_conflicting_keys_percent=0).error is not None


def test_rows_that_are_repeated_as_they_are_do_no_harm(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    rows = [{"completion_id": "a", "grade": "B"}, {"grade": "B", "completion_id": "a"}] * 10
    output = load(source, FACTS, rows)
    assert output.error is None
    assert f"{FACTS}: rows that came more than once: 19" in caplog.text
    assert "same key" not in caplog.text


def test_the_organisations_id_of_a_user_is_never_continus_own(source: Source) -> None:
    rows = [
        {"completion_id": "a", "user_id": "65f0"},
        {"completion_id": "b", "userid": "E1", "user_id": "65f1"},
        {"completion_id": "c", "userId": "E2"},
    ]
    records = load(source, FACTS, rows).records(FACTS)
    assert [record.get("userid") for record in records] == [None, "E1", None]
    assert [record["additional_fields"] for record in records] == [
        {"user_id": "65f0"},
        {"user_id": "65f1"},
        {"userId": "E2"},
    ]


def test_responses_that_name_a_column_differently_are_told(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    windows = [[{"completion_id": "a", name: "E1"}] for name in ("userid", "userId")]
    records = load(source, FACTS, *windows).records(FACTS)
    assert [record["userid"] for record in records] == ["E1", "E1"]
    assert (
        f"{FACTS}: the column 'userid' was filled from the field 'user_id' of some" in caplog.text
    )


def test_an_address_is_one_key_however_it_is_written(source: Source) -> None:
    rows = [
        [{"track_id": "t", "email": email, "userid": "1"}]
        for email in ("Ann@Example.com", "ann@example.com")
    ]
    first, second = load(source, TRACKS, *rows).records(TRACKS)
    assert (first["email"], first["email_as_sent"]) == ("ann@example.com", "Ann@Example.com")
    assert (second["email"], second["email_as_sent"]) == ("ann@example.com", "ann@example.com")


def test_a_user_in_two_spellings_is_told(source: Source) -> None:
    rows = [{"email": "ann@example.com", "views": 1}, {"email": "ANN@example.com", "views": 2}]
    output = load(source, USERS, rows)
    assert "such as ('ann@example.com',)" in str(output.error)


def test_an_address_outside_of_the_key_stays_as_it_came(source: Source) -> None:
    options = {TRACKS: {"primary_keys": ["track_id", "userid"]}}
    rows = [{"track_id": "t", "email": "Ann@Example.com", "userid": "aB"}]
    [record] = load(source, TRACKS, rows, stream_options=options).records(TRACKS)
    assert record["email"] == "Ann@Example.com"
    assert "email_as_sent" not in record
    assert record["userid"] == "aB"


def test_the_user_of_a_pivot_is_one_key_however_it_is_written(source: Source) -> None:
    stream = "continu_pivoted_user_assignments"
    rows = [{"email": "Ann@Example.com"}, {"email": None, "userid": "aB"}]
    first, second = load(source, stream, rows).records(stream)
    assert first["record_key"] == "ann@example.com"
    assert first["record_key_as_sent"] == "Ann@Example.com"
    assert second["record_key"] == "userid:aB"
    [record] = load(source, stream, [{"userid": "aB", "id": "x"}]).records(stream)
    assert record["record_key"] == "aB"
