"""The life cycle of a report's export, in simulated time against the sandbox."""

from __future__ import annotations

import copy
import json
import logging
from typing import Any

import pytest

from sandbox.coursebase.links import SIGNATURE
from tap_continu_coursebase.coursebase.jobs import Exports, Selector
from tap_continu_coursebase.coursebase.storage import download
from tests.coursebase.support import (
    NOON,
    TOKEN,
    Clock,
    Coursebase,
    activated,
    records,
    sync_of,
)
from tests.transport.scripted_server import Reply, ScriptedServer

STREAM = "report_people"
PEOPLE = {"report_type": "people"}
Faults = list[dict[str, Any]]


def loaded(source: Coursebase, **settings: Any) -> None:
    """Run, and compare with what is true now."""
    output = source.sync(STREAM, **settings)
    assert output.error is None
    assert_loaded(source, records(output, STREAM))
    assert activated(output, STREAM)


def assert_loaded(source: Coursebase, found: list[dict[str, Any]]) -> None:
    truth = source.truth("report/people")
    assert [row["last_name"] for row in found] == [row[0] or None for row in truth["rows"]]
    assert {row["language"] for row in found} == {"en"}


def calls(source: Coursebase) -> list[str]:
    return [request.rpc.removeprefix("report.") or request.host for request in source.requests()]


def foreign(source: Coursebase, **job: Any) -> None:
    source.admin("exports", {"type": "people", "language": "ja", **job})


def test_the_plain_way(source: Coursebase) -> None:
    loaded(source)
    assert [name for name in calls(source) if name != "export.status"] == ["export", "storage"]
    (start,) = source.requests("report.export")
    assert start.body == {**PEOPLE, "language": "en", "time_zone": "UTC"}
    for poll in source.requests("report.export.status"):
        assert poll.body == PEOPLE


def test_waits_grow_from_2_to_30_seconds(source: Coursebase) -> None:
    source.admin("settings", {"export_seconds": 600})
    loaded(source)
    waits = source.clock.waits
    assert waits[0] == 2.0
    assert max(waits) == 30.0
    assert waits == sorted(waits)
    assert 600 <= sum(waits) <= 630


def test_language_and_time_zone_are_asked_for(source: Coursebase) -> None:
    output = source.sync(STREAM, coursebase_language="ja", coursebase_time_zone="Asia/Tokyo")
    truth = source.truth("report/people", language="ja", time_zone="Asia/Tokyo")
    (schema,) = output.of("SCHEMA")
    titles = [p["title"] for p in schema["schema"]["properties"].values() if "title" in p]
    assert titles == truth["header"]
    found = records(output, STREAM)
    assert len(found) == len(truth["rows"])
    assert (found[0]["language"], found[0]["time_zone"]) == ("ja", "Asia/Tokyo")


@pytest.mark.parametrize(
    "other", [{"language": "ja"}, {"language": "en", "time_zone": "Asia/Tokyo"}]
)
@pytest.mark.parametrize("state", ["pending", "started"])
def test_another_export_that_runs_is_waited_for(
    state: str, other: dict[str, str], source: Coursebase
) -> None:
    foreign(source, state=state, seconds=200, **other)
    loaded(source)
    assert source.clock.now() >= NOON + 260
    assert len(source.requests("report.export")) == 2
    assert len(source.storage()) == 1


def test_our_own_export_that_runs_already_is_used(source: Coursebase) -> None:
    foreign(source, state="started", seconds=100, language="en")
    loaded(source)
    assert len(source.requests("report.export")) == 1
    assert 100 <= sum(source.clock.waits) < 130


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_earlier_result_is_not_taken_for_ours(language: str, source: Coursebase) -> None:
    foreign(source, state="finished", age_seconds=600, language=language)
    users = source.user_ids()
    source.write("user.delete", user_id=users[0])
    source.clock.advance(5)
    loaded(source)
    assert len(source.requests("report.export")) == 1


def test_a_result_that_was_forgotten_is_made_anew(
    source: Coursebase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour passes between the end of the export and its download."""
    forget_before_download(source, monkeypatch, 3700)
    loaded(source)
    assert len(source.requests("report.export")) == 2
    assert len(source.storage()) == 1


def forget_before_download(
    source: Coursebase, monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    """Let time pass between the end of an export and its download, once."""
    fetch = Exports.fetch

    def late(self: Exports, selector: Selector) -> Any:
        self.wait_for(selector)
        source.clock.advance(seconds)
        return fetch(self, selector)

    monkeypatch.setattr(Exports, "fetch", late)


def test_not_found_while_it_is_polled_starts_another(source: Coursebase) -> None:
    source.plan("error", "report.export.status", code="not_found", after=3, times=1)
    loaded(source)
    assert len(source.requests("report.export")) == 2


def test_an_export_that_is_lost_each_time_fails(source: Coursebase) -> None:
    source.plan("error", "report.export.status", code="not_found", times=999)
    output = source.sync(STREAM)
    assert "was lost (not_found), 5 times" in str(output.error)
    assert len(source.requests("report.export")) == 5


def test_an_export_that_vanishes_is_started_again_after_growing_pauses(source: Coursebase) -> None:
    """Each time it is seen once, and then no more."""
    source.admin("settings", {"export_seconds": 10_000})
    for start in range(4):
        source.plan("error", "report.export.status", code="not_found", after=2 + start)
    output = source.sync(STREAM, coursebase_export_timeout_minutes=1440)
    assert output.error is None
    assert len(source.requests("report.export")) == 5
    pauses = source.clock.waits[1:8:2]
    assert pauses == [2.0, 4.0, 8.0, 16.0]


@pytest.mark.parametrize("hidden", [1, 5, 9])
def test_a_job_that_is_not_visible_yet_is_waited_for(hidden: int, source: Coursebase) -> None:
    source.plan("error", "report.export.status", code="not_found", after=1, times=hidden)
    loaded(source)
    assert len(source.requests("report.export")) == 1


def test_a_job_that_does_not_become_visible_in_time(source: Coursebase) -> None:
    source.plan("error", "report.export.status", code="not_found", times=999)
    output = source.sync(STREAM, coursebase_export_timeout_minutes=1)
    assert "is still not visible (not_found) after 1 minute" in str(output.error)


@pytest.mark.parametrize(("language", "time_zone"), [("fr", "UTC"), ("en", "Europe/Paris")])
def test_exports_that_are_always_anothers_pause(
    language: str, time_zone: str, source: Coursebase
) -> None:
    """The echo differs each time, and what is exported is finished at once."""
    other = {"language": language, "time_zone": time_zone}
    with ScriptedServer() as server:
        server.script(*[job("finished", url="https://storage.example.com/", **other)] * 11)
        output = sync_of(server, STREAM)
    assert f"was another one's, in {language!r} and {time_zone!r}, 5 times" in str(output.error)
    assert "coursebase_time_zone" in str(output.error)
    assert source.clock.waits == [2.0, 4.0, 8.0, 16.0]
    assert len(server.asked) == 11


def job(status: str, **fields: Any) -> Reply:
    data = {"status": status, **PEOPLE, "language": "en", "time_zone": "UTC", **fields}
    return Reply(body=json.dumps({"status": "success", "data": data}).encode())


@pytest.mark.parametrize(
    "spelt", [{"language": "EN"}, {"language": "zh-cn"}, {"time_zone": "utc"}, {"language": ""}]
)
def test_an_echo_may_be_spelt_otherwise(spelt: dict[str, str], source: Coursebase) -> None:
    finished = {"row_count": 0, "data_updated_at": "2026-01-01T00:00:00Z", **spelt}
    with ScriptedServer() as server:
        server.script(*[job("finished", **finished)] * 4)
        output = sync_of(server, STREAM, coursebase_language="zh_CN" if "-" in str(spelt) else "en")
    assert output.error is None
    assert not source.clock.waits


# Reports without rows


def test_an_export_without_rows_and_link_is_an_empty_report(source: Coursebase) -> None:
    source.realities("no-file")
    output = source.sync(STREAM)
    assert output.error is None
    assert not records(output, STREAM)
    assert not activated(output, STREAM)
    assert output.bookmark("coursebase_report_people")
    again = source.sync(STREAM, state=output.state)
    assert not again.of("SCHEMA")


def test_an_export_without_rows_and_link_deletes_only_what_may_be_empty(
    source: Coursebase,
) -> None:
    before = source.sync(STREAM).state
    had = before["bookmarks"]["coursebase_report_people"]
    source.clock.advance(86_400)
    source.realities("no-file")
    guarded = source.sync(STREAM, state=before)
    assert "came back empty and had" in str(guarded.error)
    assert "allow_empty_snapshot" in str(guarded.error)
    assert guarded.state["bookmarks"]["coursebase_report_people"] == had
    source.clock.advance(86_400)
    allowed = source.sync(STREAM, state=guarded.state, allow_empty_snapshot=True)
    assert allowed.error is None
    assert activated(allowed, STREAM)
    kept = allowed.state["bookmarks"]["coursebase_report_people"]
    assert kept == {**had, "rows": 0, "row_count": 0}


def test_an_export_that_shrinks_is_downloaded_again_until_that_is_allowed(
    source: Coursebase,
) -> None:
    before = source.sync(STREAM).state
    had = before["bookmarks"]["coursebase_report_people"]
    had["rows"] = 3 * had["rows"]
    source.clock.advance(86_400)
    source.write("user.delete", user_id=source.user_ids()[3])
    source.clock.advance(5)
    for _ in range(2):
        guarded = source.sync(STREAM, state=before)
        assert f"had {had['rows']} before, more than 50% fewer" in str(guarded.error)
        assert records(guarded, STREAM)
        assert not activated(guarded, STREAM)
        assert guarded.state["bookmarks"]["coursebase_report_people"] == had
    allowed = source.sync(STREAM, state=before, max_snapshot_shrink_percent=68)
    assert allowed.error is None
    assert activated(allowed, STREAM)


@pytest.mark.parametrize("rows", [3, None])
def test_an_export_without_a_link_that_has_rows_fails(rows: int | None, source: Coursebase) -> None:
    fields = ["url"] if rows else ["url", "row_count"]
    source.plan("missing_field", "report.export.status", fields=fields, times=999)
    output = source.sync(STREAM)
    assert "without a link (url)" in str(output.error)


def test_storage_without_the_file_of_an_export_without_rows(source: Coursebase) -> None:
    source.plan("no_rows", "report.export")
    source.plan("status", "storage", status=404)
    output = source.sync(STREAM)
    assert output.error is None
    assert output.bookmark("coursebase_report_people")


@pytest.mark.parametrize(
    ("same_link", "seconds"),
    [
        *((False, seconds) for seconds in (0, 880, 920, 3500)),
        (True, 0),
        (True, 880),
        (True, 920),
        (True, 3500),
    ],
)
def test_a_link_that_has_expired_is_never_used_again(
    same_link: bool, seconds: float, source: Coursebase, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.admin("settings", {"same_link": same_link})
    forget_before_download(source, monkeypatch, seconds)
    urls = used_links(monkeypatch)
    loaded(source)
    assert len(set(urls)) == len(urls)


def used_links(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the links that are followed, and follow them."""
    urls: list[str] = []

    def noting(url: str, timeout: float) -> Any:
        urls.append(url)
        return download(url, timeout)

    monkeypatch.setattr("tap_continu_coursebase.coursebase.jobs.download", noting)
    return urls


def test_a_link_that_expires_between_status_and_download(
    source: Coursebase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status answers with a fresh link, and a quarter of an hour passes."""
    urls: list[str] = []

    def late(url: str, timeout: float) -> Any:
        urls.append(url)
        if len(urls) == 1:
            source.clock.advance(901)
        return download(url, timeout)

    monkeypatch.setattr("tap_continu_coursebase.coursebase.jobs.download", late)
    loaded(source)
    assert len(urls) == len(set(urls)) == 2
    assert [request.status for request in source.storage()] == [403, 200]
    assert len(source.requests("report.export")) == 1


def test_each_link_is_refused(source: Coursebase) -> None:
    source.plan("status", "storage", status=403, times=99)
    output = source.sync(STREAM, "groups")
    assert "coursebase_report_people: storage refuses each link" in str(output.error)
    assert activated(output, "groups")
    assert len(source.storage()) <= 10


@pytest.mark.parametrize("word", ["failed", "Cancelled", "error"])
def test_a_word_for_a_failure_fails_the_stream(word: str, source: Coursebase) -> None:
    source.plan("unknown_status", "report.export.status", word=word, times=99)
    output = source.sync(STREAM, "groups")
    assert f"the export of report_type people ended with the status {word!r}" in str(output.error)
    assert sum(source.clock.waits) < 10
    assert activated(output, "groups")
    assert not activated(output, STREAM)


def test_a_job_that_failed_before_is_not_taken_for_ours(source: Coursebase) -> None:
    foreign(source, state="finished", age_seconds=600, language="en")
    source.plan("unknown_status", "report.export.status", word="failed", times=1)
    loaded(source)


@pytest.mark.parametrize(
    "word", ["processing", "In Progress", "queued for\nyou", "処理中", "x" * 300]
)
def test_an_unknown_word_is_waited_for_and_shown_as_it_is(
    word: str, source: Coursebase, caplog: pytest.LogCaptureFixture
) -> None:
    source.plan("unknown_status", "report.export.status", word=word, times=999)
    output = source.sync(STREAM, "groups", coursebase_export_timeout_minutes=2)
    shown = repr(word) if len(word) < 60 else f"'{'x' * 59}..."
    assert f"is still {shown} (a status that is not documented) after 2" in str(output.error)
    assert "coursebase_export_timeout_minutes" in str(output.error)
    assert 100 < sum(source.clock.waits) <= 120
    assert caplog.text.count("which is not documented: waiting") == 1
    assert not activated(output, STREAM)


@pytest.mark.parametrize("word", ["processing", "queued", "QUEUED"])
def test_an_unknown_word_of_a_running_job_delays_nothing(word: str, source: Coursebase) -> None:
    source.plan("unknown_status", "report.export.status", word=word, times=4)
    loaded(source)
    assert len(source.requests("report.export")) == 1


def test_capitals_change_no_word(source: Coursebase) -> None:
    source.plan("unknown_status", "report.export.status", word="FINISHED", after=7, times=999)
    loaded(source)


@pytest.mark.parametrize("word", ["completed", "Done", ""])
def test_another_word_for_the_end_is_one_where_there_is_a_link(
    word: str, source: Coursebase
) -> None:
    source.plan("unknown_status", "report.export.status", word=word, times=999)
    loaded(source)


@pytest.mark.parametrize("minutes", [1, 60])
def test_an_export_that_never_finishes(minutes: int, source: Coursebase) -> None:
    source.plan("never_finishes", "report.export", times=9)
    output = source.sync(STREAM, "groups", coursebase_export_timeout_minutes=minutes)
    assert str(output.error).startswith("1 stream failed: coursebase_report_people: ")
    assert f"after {minutes} minute" in str(output.error)
    assert "coursebase_export_timeout_minutes" in str(output.error)
    assert sum(source.clock.waits) <= minutes * 60
    assert activated(output, "groups")
    assert not activated(output, STREAM)


def test_an_export_that_never_finishes_delays_no_other(source: Coursebase) -> None:
    source.plan("never_finishes", "report.export", times=9, where=PEOPLE)
    output = source.sync(STREAM, "report_courses")
    assert str(output.error).startswith("1 stream failed: coursebase_report_people: ")
    assert activated(output, "report_courses")
    assert not activated(output, STREAM)


def test_another_export_that_never_finishes(source: Coursebase) -> None:
    foreign(source, state="started", endless=True)
    output = source.sync(STREAM)
    assert "coursebase_export_timeout_minutes" in str(output.error)
    assert sum(source.clock.waits) <= 3600


def test_fields_that_do_not_apply_may_be_null(source: Coursebase) -> None:
    source.plan("null_fields", "report.export.status", times=99)
    loaded(source)


@pytest.mark.parametrize("fields", [["language", "time_zone"], ["row_count"], ["finished_at"]])
def test_fields_may_be_missing(fields: list[str], source: Coursebase) -> None:
    source.plan("missing_field", "report.export.status", fields=fields, times=99)
    output = source.sync(STREAM)
    assert output.error is None
    assert len(records(output, STREAM)) == len(source.truth("report/people")["rows"])


@pytest.mark.parametrize("fields", [["url"], ["status"]])
def test_a_job_without_what_is_needed_fails_the_stream(
    fields: list[str], source: Coursebase
) -> None:
    source.plan("missing_field", "report.export.status", fields=fields, times=999)
    output = source.sync(STREAM, "groups")
    assert "coursebase_report_people" in str(output.error)
    assert activated(output, "groups")


def test_exports_of_different_types_overlap(source: Coursebase) -> None:
    source.admin("settings", {"export_seconds": 1000})
    streams = ("report_people", "report_courses", "report_learners", "report_activities")
    output = source.sync(*streams)
    assert output.error is None
    assert all(activated(output, stream) for stream in streams)
    jobs = source.admin("exports", method="GET")
    assert len(jobs) == len(streams)
    latest_start = max(job["started_at"] for job in jobs)
    assert all(latest_start < job["finished_at"] for job in jobs)
    assert len(source.requests("report.export")) == len(streams)


def test_only_selected_reports_are_exported(source: Coursebase) -> None:
    source.sync("report_people", "users")
    assert {request.body["report_type"] for request in source.requests("report.export")} == {
        "people"
    }


def test_a_type_and_a_saved_report_of_it_are_two_jobs(source: Coursebase) -> None:
    saved = source.truth("reports")[0]
    output = source.sync(
        f"saved_report_{saved['report_id']}",
        f"report_{saved['type']}",
        coursebase_report_ids=[saved["report_id"]],
    )
    assert output.error is None
    assert len(source.requests("report.export")) == 2


# The storage


@pytest.mark.parametrize(
    "plan",
    [
        {"kind": "status", "status": 403},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 429},
        {"kind": "cut"},
        {"kind": "cut_chunked"},
        {"kind": "reset"},
        {"kind": "slow", "seconds": 3},
        {"kind": "stall", "seconds": 3},
    ],
    ids=lambda plan: f"{plan['kind']} {plan.get('status', '')}",
)
def test_a_storage_that_fails_once(
    plan: dict[str, Any], source: Coursebase, monkeypatch: pytest.MonkeyPatch
) -> None:
    source.plan(match="storage", **plan)
    loaded(source, request_timeout_seconds=1)
    assert source.faults_left() == 0
    assert len(source.storage()) == 2 or plan["kind"] in {"stall", "slow"}


@pytest.mark.parametrize("status", [404, 400])
def test_a_storage_that_refuses(status: int, source: Coursebase) -> None:
    source.plan("status", "storage", status=status)
    output = source.sync(STREAM)
    assert f"storage answered with HTTP {status}" in str(output.error)
    assert not activated(output, STREAM)


@pytest.mark.parametrize("plan", [{"kind": "html"}, {"kind": "empty"}])
def test_a_storage_that_answers_something_else(plan: dict[str, Any], source: Coursebase) -> None:
    source.plan(match="storage", **plan)
    output = source.sync(STREAM, "groups")
    assert ("an HTML" if plan["kind"] == "html" else "not even a header") in str(output.error)
    assert not activated(output, STREAM)
    assert activated(output, "groups")


def test_the_storage_gets_no_token(source: Coursebase) -> None:
    loaded(source)
    (request,) = source.storage()
    assert request.authorization is None
    assert "authorization" not in {name.lower() for name in request.headers}
    assert TOKEN not in str(request)


# Files


@pytest.mark.parametrize(
    "plans",
    [
        [{"kind": "members", "count": 3}],
        [{"kind": "beside"}],
        [{"kind": "paths"}],
        [{"kind": "bom"}],
        [{"kind": "newline", "newline": "\n"}],
        [{"kind": "members", "count": 2}, {"kind": "bom"}, {"kind": "paths"}],
        [{"kind": "not_zip"}],
        [{"kind": "gzip"}, {"kind": "bom"}],
        [{"kind": "ending", "ending": ".txt"}],
        [{"kind": "delimiter", "delimiter": ";"}],
        [{"kind": "delimiter", "delimiter": "\t"}, {"kind": "quoted"}, {"kind": "gzip"}],
        [{"kind": "delimiter", "delimiter": "|"}, {"kind": "members", "count": 2}],
        [{"kind": "row_count", "by": 1}],
    ],
    ids=str,
)
def test_odd_files_are_read(plans: Faults, source: Coursebase) -> None:
    for plan in plans:
        source.plan(match="report.export", **plan)
    loaded(source)
    assert source.faults_left() == 0


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        ({"kind": "members", "unequal": True}, "different headers"),
        ({"kind": "row_count", "by": 2}, "rows"),
        ({"kind": "row_count", "by": -1}, "rows"),
        ({"kind": "titles"}, "coursebase_csv_skip_lines"),
        ({"kind": "totals"}, "coursebase_csv_skip_footer_lines"),
        ({"kind": "bad_crc"}, "not a readable ZIP"),
        ({"kind": "bomb", "megabytes": 200}, "the export"),
        ({"kind": "bomb", "megabytes": 200, "declared": 1000}, "the export"),
        ({"kind": "encoding", "encoding": "utf-16"}, "coursebase_csv_encoding"),
    ],
    ids=str,
)
def test_bad_files_fail_the_stream_and_emit_nothing(
    plan: dict[str, Any], message: str, source: Coursebase
) -> None:
    source.plan(match="report.export", **plan)
    output = source.sync(STREAM, "groups")
    assert str(output.error).startswith("1 stream failed: coursebase_report_people: ")
    assert message in str(output.error)
    assert not records(output, STREAM)
    assert not activated(output, STREAM)
    assert activated(output, "groups")
    assert not output.state["bookmarks"].get("coursebase_report_people")


def test_an_export_without_rows_is_complete(source: Coursebase) -> None:
    source.plan("no_rows", "report.export")
    output = source.sync(STREAM, allow_empty_snapshot=True)
    assert output.error is None
    assert [message["type"] for message in output.messages if message["type"] != "STATE"] == [
        "SCHEMA",
        "ACTIVATE_VERSION",
    ]


def test_an_export_that_has_lost_all_its_rows_deletes_nothing(source: Coursebase) -> None:
    before = source.sync(STREAM).state
    source.clock.advance(86_400)
    source.plan("no_rows", "report.export")
    output = source.sync(STREAM, state=before, coursebase_language="ja")
    assert "came back empty and had" in str(output.error)
    assert not activated(output, STREAM)
    kept, had = (s["bookmarks"]["coursebase_report_people"] for s in (output.state, before))
    assert {**kept, "columns": []} == {**had, "columns": []}
    assert {*had["columns"]} < {*kept["columns"]}


def test_titles_and_totals_are_skipped_by_settings(
    source: Coursebase, caplog: pytest.LogCaptureFixture
) -> None:
    source.plan("titles", "report.export", lines=["Report of people", ""])
    source.plan("totals", "report.export", lines=["Total"])
    loaded(source, coursebase_csv_skip_lines=2, coursebase_csv_skip_footer_lines=1)
    assert caplog.text.count("2 lines before the header and 1 after the last row") == 1


def test_a_delimiter_that_is_not_looked_for_is_a_setting(source: Coursebase) -> None:
    source.plan("delimiter", "report.export", delimiter=":")
    loaded(source, coursebase_csv_delimiter=":")


def test_a_row_count_that_counts_the_header_is_told(
    source: Coursebase, caplog: pytest.LogCaptureFixture
) -> None:
    source.plan("row_count", "report.export", by=1)
    loaded(source)
    assert caplog.text.count("it counts the header, too") == 1


@pytest.mark.parametrize("encoding", ["cp932", "utf-16", "utf_8"])
def test_the_encoding_is_a_setting(encoding: str, source: Coursebase) -> None:
    source.plan("encoding", "report.export", encoding=encoding)
    output = source.sync(STREAM, coursebase_csv_encoding=encoding)
    truth = source.truth("report/people", encoding=encoding)
    assert output.error is None
    found = [row["last_name"] for row in records(output, STREAM)]
    assert found == [row[0] or None for row in truth["rows"]]


def test_duplicate_and_empty_headers(source: Coursebase) -> None:
    source.plan("headers", "report.export")
    output = source.sync(STREAM)
    truth = source.truth("report/people")
    width = len(truth["header"])
    row = records(output, STREAM)[0]
    assert row["last_name_2"] == (truth["rows"][0][1] or None)
    assert row[f"column_{width}"] == (truth["rows"][0][-1] or None)


# What is loaded already


def test_unchanged_data_are_not_downloaded_again(source: Coursebase) -> None:
    first = source.sync(STREAM)
    source.clock.advance(86_400)
    before = len(source.storage())
    second = source.sync(STREAM, state=first.state)
    assert second.error is None
    assert len(source.storage()) == before == 1
    assert {message["type"] for message in second.messages} == {"STATE"}
    assert second.state == first.state


@pytest.mark.parametrize("stream", ["report_people", "saved_report"])
def test_changed_data_are_loaded_again(stream: str, source: Coursebase) -> None:
    settings: dict[str, Any] = {}
    kind = "people"
    if stream == "saved_report":
        saved = source.truth("reports")[0]
        stream, kind = f"saved_report_{saved['report_id']}", saved["type"]
        settings["coursebase_report_ids"] = [saved["report_id"]]
    first = source.sync(stream, **settings)
    source.admin("change", {"change": "touch", "report_type": kind})
    source.clock.advance(86_400)
    second = source.sync(stream, state=first.state, **settings)
    assert records(second, stream)
    assert activated(second, stream)
    assert second.bookmark(f"coursebase_{stream}") != first.bookmark(f"coursebase_{stream}")


@pytest.mark.parametrize(
    "change", [{"coursebase_language": "ja"}, {"coursebase_time_zone": "Asia/Tokyo"}]
)
def test_another_language_or_time_zone_is_loaded_again(
    change: dict[str, str], source: Coursebase
) -> None:
    first = source.sync(STREAM)
    source.clock.advance(86_400)
    second = source.sync(STREAM, state=first.state, **change)
    assert len(records(second, STREAM)) == len(records(first, STREAM))
    assert activated(second, STREAM)


def test_columns_that_an_export_no_longer_has_become_null(source: Coursebase) -> None:
    first = source.sync(STREAM)
    columns = set(first.state["bookmarks"]["coursebase_report_people"]["columns"])
    source.clock.advance(86_400)
    second = source.sync(STREAM, state=first.state, coursebase_language="ja")
    kept = set(second.state["bookmarks"]["coursebase_report_people"]["columns"])
    vanished = columns - kept
    assert vanished
    [schema] = second.of("SCHEMA", "coursebase_report_people")
    assert vanished <= schema["schema"]["properties"].keys()
    for record in records(second, STREAM):
        assert {record[name] for name in vanished} == {None}


def test_another_number_of_rows_under_the_same_date_is_loaded(source: Coursebase) -> None:
    first = source.sync(STREAM)
    source.clock.advance(86_400)
    state = copy.deepcopy(first.state)
    state["bookmarks"]["coursebase_report_people"]["row_count"] -= 1
    second = source.sync(STREAM, state=state)
    assert len(records(second, STREAM)) == len(records(first, STREAM))
    assert second.state == first.state


def test_a_bookmark_that_does_not_say_how_many_rows_is_good(source: Coursebase) -> None:
    state = source.sync(STREAM).state
    del state["bookmarks"]["coursebase_report_people"]["row_count"]
    source.clock.advance(86_400)
    assert not records(source.sync(STREAM, state=state), STREAM)


def test_a_changed_header_is_told_at_the_next_download(
    source: Coursebase, caplog: pytest.LogCaptureFixture
) -> None:
    first = source.sync(STREAM)
    source.clock.advance(86_400)
    source.plan("headers", "report.export")
    assert not records(source.sync(STREAM, state=first.state), STREAM)
    assert "header has changed" not in caplog.text
    source.admin("change", {"change": "touch", "report_type": "people"})
    source.clock.advance(86_400)
    source.plan("headers", "report.export")
    second = source.sync(STREAM, state=first.state)
    assert second.error is None
    assert caplog.text.count("header has changed since the last load") == 1
    assert "new are last_name_2" in caplog.text


def test_without_a_date_of_the_data_it_is_loaded_each_time(source: Coursebase) -> None:
    source.plan("missing_field", "report.export.status", fields=["data_updated_at"], times=999)
    first = source.sync(STREAM)
    second = source.sync(STREAM, state=first.state)
    assert first.error is second.error is None
    assert records(first, STREAM)
    assert len(records(first, STREAM)) == len(records(second, STREAM))


# Secrets


@pytest.mark.parametrize(
    "plan",
    [
        None,
        {"match": "storage", "kind": "status", "status": 403},
        {"match": "storage", "kind": "status", "status": 500},
        {"match": "storage", "kind": "status", "status": 404},
        {"match": "storage", "kind": "cut"},
        {"match": "storage", "kind": "reset"},
        {"match": "report.export.status", "kind": "cut", "after": 9},
        {"match": "report.export", "kind": "not_zip"},
        {"match": "report.export", "kind": "bad_crc"},
    ],
    ids=str,
)
def test_no_secret_in_any_output(
    plan: dict[str, Any] | None,
    source: Coursebase,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if plan:
        source.plan(**plan)
    urls = used_links(monkeypatch)
    with caplog.at_level(logging.DEBUG):
        output = source.sync(STREAM, "users")
    assert urls
    shown = capfd.readouterr()
    texts = [
        str(output.messages),
        repr(output.error),
        caplog.text,
        "".join(repr(record.__dict__) for record in caplog.records),
        shown.out + shown.err,
    ]
    assert "urllib3" in {record.name.split(".")[0] for record in caplog.records}
    for url in urls:
        signature = url.rpartition("=")[2]
        assert SIGNATURE in url
        for text in texts:
            assert url not in text
            assert signature not in text
            assert SIGNATURE not in text
            assert TOKEN not in text


def test_the_clock_is_simulated(shared_clock: Clock, source: Coursebase) -> None:
    assert source.clock is shared_clock
    assert source.sandbox.coursebase.time.now() == shared_clock.now()
