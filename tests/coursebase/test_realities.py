"""Answers that are plausible and not documented: loaded whole, or refused in one line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from harness.documented import COURSEBASE_KEYS, LISTS
from sandbox.coursebase.realities import LISTS as OF_LISTS
from sandbox.coursebase.realities import REALITIES
from tests.coursebase.support import (
    Coursebase,
    Row,
    activated,
    records,
    sync_of,
)
from tests.transport.scripted_server import Reply, ScriptedServer

REPORT = "report_people"
SETTINGS: Mapping[str, dict[str, Any]] = {
    "titles": {"coursebase_csv_skip_lines": 2},
    "totals": {"coursebase_csv_skip_footer_lines": 1},
}
"""What a reality needs to be loaded."""
REFUSED: Mapping[str, str] = {
    "error-text": "The request cannot be answered (not found)",
    "unknown-envelope": "the status 'ok', which is neither success nor error",
}
EMPTY = {"no-file"}
UNDATED = {"zero-updated"}
LOADED = sorted(REALITIES.keys() - REFUSED - EMPTY)
RENUMBERED = {"integer-ids", "integer-ids-as-text"}


@pytest.mark.parametrize("name", LOADED)
def test_a_report_is_loaded(name: str, source: Coursebase) -> None:
    source.realities(name)
    output = source.sync(REPORT, **SETTINGS.get(name, {}))
    assert output.error is None
    truth = source.truth("report/people")
    found = records(output, REPORT)
    assert [row["last_name"] for row in found] == [row[0] or None for row in truth["rows"]]
    if name not in UNDATED:
        assert found[0]["data_updated_at"] == truth["data_updated_at"]
    assert activated(output, REPORT)


def test_an_export_without_a_date_is_loaded_by_each_run(
    source: Coursebase, caplog: pytest.LogCaptureFixture
) -> None:
    source.realities("zero-updated")
    state = None
    for _ in range(2):
        caplog.clear()
        output = source.sync(REPORT, state=state)
        assert output.error is None
        assert {row["data_updated_at"] for row in records(output, REPORT)} == {None}
        assert activated(output, REPORT)
        assert "replication_key_value" not in output.state["bookmarks"][f"coursebase_{REPORT}"]
        warning, *more = [m for m in caplog.messages if "stands for" in m]
        assert not more
        assert warning == (
            f"coursebase_{REPORT}: its data_updated_at is 0001-01-01T00:00:00Z, which stands for "
            "no date: null in its column, and the export is loaded again by each run"
        )
        state = output.state


@pytest.mark.parametrize(
    "name", [reality.name for reality in OF_LISTS if reality.name not in RENUMBERED]
)
def test_lists_and_their_children_are_loaded(name: str, source: Coursebase) -> None:
    source.realities(name)
    source.admin("settings", {"page_size": 9})
    output = source.sync(*LISTS)
    assert output.error is None
    for stream in sorted({*LISTS} - {"course_approvers"}):
        found, expected = (
            keyed(records(output, stream), stream),
            keyed(source.truth(stream), stream),
        )
        assert found.keys() == expected.keys()
        assert activated(output, stream)
        if name != "camel":
            assert found == expected
    assert len(records(output, "course_approvers")) == len(source.truth("course_approvers"))


def keyed(rows: list[Row], stream: str) -> dict[tuple[Any, ...], Row]:
    return {tuple(row[key] for key in COURSEBASE_KEYS[stream]): row for row in rows}


@pytest.mark.parametrize("name", sorted(RENUMBERED))
@pytest.mark.parametrize("also", [(), ("camel",)])
def test_ids_that_are_numbers(name: str, also: tuple[str, ...], source: Coursebase) -> None:
    source.realities(name, *also)
    source.admin("settings", {"page_size": 9})
    output = source.sync("users", "user_details", "user_groups", "group_users", "course_details")
    assert output.error is None
    users = {row["user_id"]: row["login_id"] for row in records(output, "users")}
    assert all(user.isdecimal() for user in users)
    assert sorted(users.values()) == sorted(row["login_id"] for row in source.truth("users"))
    for stream in ("user_details", "group_users"):
        found = [(row["user_id"], row["login_id"]) for row in records(output, stream)]
        assert len(found) == len(source.truth(stream))
        assert {*found} <= {*users.items()}
    for stream in ("user_groups", "course_details"):
        assert len(records(output, stream)) == len(source.truth(stream))
    refused = [
        r for r in source.requests("user.info") if r.body["user_id"] != "" and r.status != 200
    ]
    assert not refused


def test_lists_that_shrink_delete_nothing_until_that_is_allowed(source: Coursebase) -> None:
    lists = ("users", "group_users", "user_details")
    before = source.sync(*lists)
    had = {stream: before.state["bookmarks"][f"coursebase_{stream}"] for stream in lists}
    source.realities("shrunk-lists")
    state = before.state
    for _ in range(2):
        refused = source.sync(*lists, state=state)
        for stream in lists:
            rows, now = had[stream]["rows"], len(records(refused, stream))
            assert 0 < now < rows / 2
            assert (
                f"it came back with {now} rows and had {rows} before, more than 50% fewer: nothing "
                "is marked as deleted; if it is right, set max_snapshot_shrink_percent to 100 for "
                "one run"
            ) in str(refused.error)
            assert f"coursebase_{stream}" in str(refused.error)
            assert not activated(refused, stream)
            assert refused.state["bookmarks"][f"coursebase_{stream}"] == had[stream]
        state = refused.state
    allowed = source.sync(*lists, state=state, max_snapshot_shrink_percent=100)
    assert allowed.error is None
    again = source.sync(*lists, state=allowed.state)
    assert again.error is None
    for stream in lists:
        assert activated(allowed, stream)
        assert activated(again, stream)


def test_the_form_of_ids_is_learnt(source: Coursebase) -> None:
    source.realities("integer-ids-as-text")
    source.sync("user_details", coursebase_max_in_flight=1)
    calls = source.requests("user.info")
    assert len(calls) == len(source.user_ids()) + 1
    assert [type(call.body["user_id"]) for call in calls[:3]] == [int, str, str]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_cannot_be_understood_is_one_line_at_once(name: str, source: Coursebase) -> None:
    source.realities(name)
    output = source.sync(REPORT)
    assert REFUSED[name] in str(output.error)
    assert len(str(output.error).splitlines()) == 1
    assert not source.clock.retries
    assert len(source.requests()) == 1


def test_a_refused_rate_is_waited_for_like_a_429(source: Coursebase) -> None:
    source.realities("rate-limited-200")
    output = source.sync("users")
    assert output.error is None
    assert records(output, "users") == source.truth("users")
    (wait,) = source.clock.retries
    assert wait >= 30


@pytest.mark.parametrize("http_status", [200, 400, 403, 429])
@pytest.mark.parametrize("code", ["rate_limited", "RateLimitExceeded", "Too many requests, wait"])
def test_the_wait_that_a_refused_rate_asks_for(
    code: str, http_status: int, source: Coursebase
) -> None:
    source.plan(
        "error", "org.users.list", code=code, http_status=http_status, retry_after=7, times=2
    )
    output = source.sync("users")
    assert output.error is None
    assert [7 <= wait < 9 for wait in source.clock.retries] == [True, True]


# Errors


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"error": None}, "an error: no code and no text (it has: error, status)"),
        ({}, "an error: no code and no text (it has: status)"),
        ({"error": ""}, "no code and no text"),
        ({"error": None, "message": "Not now"}, "an error: Not now"),
        ({"message": "Not\n now"}, "an error: Not now"),
        ({"error": "Not now"}, "an error: Not now"),
        ({"error": "no_seat", "message": "Not now"}, "the error 'no_seat': Not now"),
        ({"error": {"code": "no_seat", "message": "Not now"}}, "the error 'no_seat': Not now"),
        ({"error": {"message": "Not now"}}, "an error: Not now"),
        ({"error": True, "message": "Not now"}, "an error: Not now"),
        ({"error": 17, "message": "Not now"}, "the error '17': Not now"),
        ({"errors": [{"message": "Not now"}]}, "an error: Not now"),
        ({"errors": ["Not now"]}, "an error: Not now"),
        ({"error": ["no_seat"]}, "the error 'no_seat'"),
        ({"data": "Not now"}, "an error: Not now"),
        ({"data": {"message": "Not now"}}, "an error: Not now"),
        ({"error_code": "no_seat", "error_description": "Not now"}, "'no_seat': Not now"),
        ({"error": "x" * 999}, f"the error '{'x' * 200}...'"),
        ({"error": None, "message": "the token"}, "an error: the [redacted]"),
    ],
)
@pytest.mark.parametrize("status", ["error", "ERROR"])
def test_an_error_is_told_by_its_code_and_text(
    answer: Row, message: str, status: str, source: Coursebase
) -> None:
    with ScriptedServer() as server:
        server.script(envelope(status=status, **answer))
        output = sync_of(server, "users")
    assert str(output.error).endswith(f"org.users.list answered with {message}") or (
        message in str(output.error)
    )
    assert "None" not in str(output.error)
    assert len(str(output.error).splitlines()) == 1
    assert len(server.asked) == 1
    assert not source.clock.retries


def envelope(http_status: int = 200, **answer: Any) -> Reply:
    return Reply(http_status, json.dumps(answer).encode())


@pytest.mark.parametrize(
    "answer",
    [
        {"error": "user_not_found", "message": "No such user"},
        {"error": {"code": "user_not_found", "message": "No such user"}},
    ],
)
@pytest.mark.parametrize("http_status", [200, 404, 500])
def test_a_code_is_read_beside_a_text(answer: Row, http_status: int, source: Coursebase) -> None:
    users = [{"user_id": "a"}, {"user_id": "b"}]
    with ScriptedServer() as server:
        server.script(envelope(status="success", data={"users": users}))
        server.script(envelope(http_status, status="error", **answer))
        server.script(envelope(status="success", data={"user_id": "b"}))
        output = sync_of(server, "user_details")
    assert output.error is None
    assert [row["user_id"] for row in records(output, "user_details")] == ["b"]
    assert not source.clock.retries


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"status": "failed", "message": "Not now"}, "the status 'failed'"),
        ({"status": "ok", "data": []}, "the status 'ok'"),
        ({"status": 200, "data": []}, "the status 200"),
        ({"status": False, "data": []}, "the status False"),
        ({"status": ["x"], "data": []}, "the status ['x']"),
    ],
)
def test_another_status_is_shown_as_it_is(answer: Row, message: str, source: Coursebase) -> None:
    with ScriptedServer() as server:
        server.script(envelope(**answer))
        output = sync_of(server, "groups")
    assert message in str(output.error)
    assert f"it has: {', '.join(sorted(answer))}" in str(output.error)
    assert answer.get("message", "") in str(output.error)
    assert len(server.asked) == 1
    assert not source.clock.retries


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"message": "Not now"}, "without a status (it has: message): Not now"),
        ({"status": None, "data": []}, "without a status (it has: data, status)"),
        ({}, "without a status (it has: nothing)"),
        ([1], "without a status (it is an array)"),
        ("later", "without a status (it is a text)"),
        (None, "without a status (it is null)"),
    ],
)
def test_what_is_no_envelope_is_told_by_its_shape(
    answer: Any, message: str, source: Coursebase
) -> None:
    with ScriptedServer() as server:
        server.script(*[Reply(body=json.dumps(answer).encode())] * 8)
        output = sync_of(server, "groups")
    assert message in str(output.error)
    assert source.clock.retries


# Cursors


@pytest.mark.parametrize("end", [None, "", False, 0, 0.0, [], {}])
def test_what_ends_a_list(end: Any) -> None:
    with ScriptedServer() as server:
        server.script(envelope(status="success", data={"users": [{"user_id": "a"}], "next": end}))
        output = sync_of(server, "users")
    assert output.error is None
    assert activated(output, "users")


@pytest.mark.parametrize(("cursor", "sent"), [(7, 7), (7.0, 7), ("7", "7"), (-1, -1)])
def test_a_cursor_is_sent_back_as_it_came(cursor: Any, sent: Any) -> None:
    with ScriptedServer() as server:
        for row, following in (({"user_id": "a"}, cursor), ({"user_id": "b"}, None)):
            server.script(envelope(status="success", data={"users": [row], "next": following}))
        output = sync_of(server, "users")
    assert output.error is None
    assert len(records(output, "users")) == 2
    assert json.loads(server.asked[1].body) == {"next": sent}


@pytest.mark.parametrize(
    ("cursor", "kind"),
    [(True, "a boolean"), ({"page": 2}, "an object"), ([2], "an array"), (2.5, "a number")],
)
def test_a_cursor_of_another_kind_is_refused(cursor: Any, kind: str) -> None:
    with ScriptedServer() as server:
        server.script(envelope(status="success", data={"users": [], "next": cursor}))
        output = sync_of(server, "users")
    assert f"gave a cursor (next) that is {kind}" in str(output.error)


# Parents


@pytest.mark.parametrize(
    "row",
    [
        {"userId": "7"},
        {"UserID": "7"},
        {"userid": "7"},
        {"user_id": 7},
        {"userId": 7, "user_id": None},
        {"user_id": 7.0},
    ],
)
def test_a_parents_id_is_read_as_its_stream_reads_it(row: Row) -> None:
    with ScriptedServer() as server:
        server.script(envelope(status="success", data={"users": [row]}))
        server.script(envelope(status="success", data=row))
        output = sync_of(server, "users", "user_details")
    assert output.error is None
    [user], [details] = records(output, "users"), records(output, "user_details")
    assert details["user_id"] == user["user_id"]
    assert str(json.loads(server.asked[1].body)["user_id"]) == user["user_id"]


def test_parents_that_are_all_unknown_are_no_empty_table() -> None:
    with ScriptedServer() as server:
        users = [{"user_id": "a"}, {"user_id": "b"}]
        server.script(envelope(status="success", data={"users": users}))
        server.script(*[envelope(status="error", error="user_not_found")] * 2)
        output = sync_of(server, "user_details")
    assert "user.info knows none of the 2 users that were listed" in str(output.error)
    assert not activated(output, "user_details")
