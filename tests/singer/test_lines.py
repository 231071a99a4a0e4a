"""Records written as lines are those that the SDK would write, complete before the first."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.singer.support import Source, run, tap
from tests.transport.scripted_server import Reply, ScriptedServer

FACTS = "continu_content_completion"
AGGREGATE = "continu_user_engagement"
SNAPSHOT = "continu_assessment_status"


def canonical(records: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(record, sort_keys=True, default=float) for record in records)


@pytest.mark.parametrize("stream", [FACTS, AGGREGATE, SNAPSHOT])
def test_lines_hold_what_the_stream_yields(stream: str, source: Source) -> None:
    written = source.sync(stream)
    one = tap(source.config(), source.catalog(stream))
    yielded = [dict(record) for record in one.streams[stream].get_records(None)]  # type: ignore[arg-type]
    assert written.records(stream)
    assert canonical(written.records(stream)) == canonical(yielded)


@pytest.mark.parametrize("stream", [FACTS, AGGREGATE, SNAPSHOT])
def test_stream_maps_still_see_each_record(stream: str, source: Source) -> None:
    plain = source.sync(stream)
    mapped = source.sync(stream, stream_maps={stream: {"shout": "email.upper()"}})
    for record in mapped.records(stream):
        assert record.pop("shout") == record["email"].upper()
    assert canonical(mapped.records(stream)) == canonical(plain.records(stream))


def test_flattening_still_works(source: Source) -> None:
    output = source.sync(FACTS, flattening_enabled=True, flattening_max_depth=1)
    assert output.error is None
    assert len(output.records(FACTS)) == len(source.sync(FACTS).records(FACTS))


@pytest.mark.parametrize("stream", [FACTS, AGGREGATE])
def test_deselected_columns_are_left_out(stream: str, source: Source) -> None:
    catalog = source.catalog(stream, deselect=["first_name", "additional_fields"])
    output = source.sync(catalog=catalog)
    whole = source.sync(stream)
    for records in (output.records(stream), whole.records(stream)):
        for record in records:
            record.pop("first_name", None)
            record.pop("additional_fields", None)
    assert canonical(output.records(stream)) == canonical(whole.records(stream))


def test_messages_say_when_they_were_extracted(source: Source) -> None:
    output = source.sync(FACTS)
    for message in output.of("RECORD"):
        assert set(message) == {"type", "stream", "record", "time_extracted"}
        assert message["time_extracted"].endswith("+00:00")


def test_the_counter_of_records_counts_lines(
    source: Source, caplog: pytest.LogCaptureFixture
) -> None:
    rows = len(source.sync(FACTS).records(FACTS))
    assert f'"metric":"record_count","value":{rows},' in caplog.text


def test_a_slow_reader_holds_no_connection_open() -> None:
    """When the first record is given the whole response has been sent already."""
    rows = [{"completion_id": str(n), "email": "x" * 1000} for n in range(20_000)]
    with ScriptedServer([Reply(body=json.dumps(rows).encode())]) as server:
        config = {
            "continu_api_url": server.url,
            "continu_api_token": "token",
            "start_date": "2026-01-01",
            "end_date": "2026-02-01",
        }
        records = tap(config).streams[FACTS].get_records(None)
        next(iter(records))
        assert len(server.sent_whole) == 1
        records.close()  # type: ignore[attr-defined]


def test_a_record_without_its_key_lets_all_others_of_its_window_out(source: Source) -> None:
    rows = [{"completion_id": str(n)} for n in range(3000)] + [{"email": "a@example.com"}]
    with ScriptedServer([Reply(body=json.dumps(rows).encode())]) as server:
        output = run(
            source.config(
                continu_api_url=server.url, start_date="2026-01-01", end_date="2026-02-01"
            ),
            source.catalog(FACTS),
        )
    assert output.error is None
    assert len(output.records(FACTS)) == 3000
