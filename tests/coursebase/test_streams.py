"""Every Coursebase stream equals the source, and behaves when the source does not."""

from __future__ import annotations

import json
import logging
import re
from typing import IO, Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.json import JSONSnapshotExtension

from harness.documented import COURSEBASE_KEYS, LISTS, REPORT_TYPES
from tap_continu_coursebase.coursebase.client import READ_METHODS
from tests.coursebase.support import (
    Coursebase,
    Row,
    activated,
    records,
    sync_of,
    versions,
)
from tests.singer.support import Output, run, tap
from tests.transport.scripted_server import Reply, ScriptedServer

FIXED = {"row_number", "language", "time_zone", "data_updated_at", "exported_at"}


def flat(row: Row) -> Row:
    return {
        (f"{outer}_{inner}" if inner else outer): item
        for outer, value in row.items()
        for inner, item in (value.items() if isinstance(value, dict) else [("", value)])
    }


def by_key(rows: list[Row], stream: str) -> dict[tuple[Any, ...], Row]:
    found = {tuple(row[key] for key in COURSEBASE_KEYS[stream]): row for row in rows}
    assert len(found) == len(rows), "the key is not unique"
    return found


def snake(title: str) -> str:
    """Name a column as a reader of the documentation would: an independent reading."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", title)
    return "_".join(re.findall(r"\w+", spaced.lower())).strip("_")


def titles_of(output: Output, stream: str) -> dict[str, str]:
    (schema,) = output.of("SCHEMA", stream)
    return {
        name: declared.get("title", name)
        for name, declared in schema["schema"]["properties"].items()
        if name not in FIXED | {"report_type", "report_id"}
    }


def assert_equals_truth(output: Output, stream: str, truth: Row) -> None:
    found = output.records(stream)
    titles = titles_of(output, stream)
    assert list(titles.values()) == truth["header"]
    assert len(set(titles)) == len(titles)
    used = FIXED | {"report_type" if "saved" not in stream else "report_id"}
    for name, title in titles.items():
        base = snake(title)
        assert name == (f"{base}_2" if base in used else base)
    assert [row["row_number"] for row in found] == list(range(1, len(truth["rows"]) + 1))
    for row, cells in zip(found, truth["rows"], strict=True):
        assert [row[name] for name in titles] == [cell or None for cell in cells]
        assert row["data_updated_at"] == truth["data_updated_at"]


@pytest.mark.parametrize("stream", LISTS)
def test_a_list_equals_the_truth(stream: str, source: Coursebase) -> None:
    output = source.sync(stream)
    assert output.error is None
    expected = [flat(row) for row in source.truth(stream)]
    if stream != "course_approvers":
        expected = source.truth(stream)
    assert expected
    assert by_key(records(output, stream), stream) == by_key(expected, stream)
    kinds = [message["type"] for message in output.messages if message["type"] != "STATE"]
    assert kinds == ["SCHEMA", *["RECORD"] * len(expected), "ACTIVATE_VERSION"]
    (activation,) = output.of("ACTIVATE_VERSION")
    assert versions(output, stream) == {activation["version"]}


def test_users_found_by_search(source: Coursebase) -> None:
    users = source.truth("users")
    terms = [users[0]["login_id"][:6], users[-1]["login_id"][2:9]]
    output = source.sync("user_search", coursebase_user_search=terms)
    assert output.error is None
    expected = [
        row for row in users if any(term.lower() in row["login_id"].lower() for term in terms)
    ]
    assert 0 < len(expected) < len(users)
    assert by_key(records(output, "user_search"), "user_search") == by_key(expected, "user_search")
    assert source.requests("org.users.search")[0].body == {"login_id": ",".join(terms)}
    assert activated(output, "user_search")


@pytest.fixture(scope="module")
def everything() -> dict[str, Any]:
    """What one run over all streams wrote and asked for; filled by the first test."""
    return {}


@pytest.fixture
def whole(everything: dict[str, Any], source: Coursebase) -> dict[str, Any]:
    if not everything:
        saved = source.truth("reports")[0]["report_id"]
        everything["saved"] = saved
        everything["output"] = source.sync(
            coursebase_report_ids=[saved], coursebase_user_search=["@example"]
        )
        everything["requests"] = source.requests()
        everything["truth"] = {name: source.truth(f"report/{name}") for name in REPORT_TYPES}
        everything["truth"][saved] = source.truth(f"saved_report/{saved}")
    return everything


@pytest.mark.parametrize("kind", REPORT_TYPES)
def test_a_report_equals_the_truth(kind: str, whole: dict[str, Any]) -> None:
    stream = f"coursebase_report_{kind}"
    assert whole["truth"][kind]["rows"]
    assert_equals_truth(whole["output"], stream, whole["truth"][kind])
    row = whole["output"].records(stream)[0]
    assert (row["report_type"], row["language"], row["time_zone"]) == (kind, "en", "UTC")


def test_a_saved_report_equals_the_truth(whole: dict[str, Any]) -> None:
    saved = whole["saved"]
    stream = f"coursebase_saved_report_{saved}"
    assert_equals_truth(whole["output"], stream, whole["truth"][saved])
    assert whole["output"].records(stream)[0]["report_id"] == saved


def test_a_run_over_everything(whole: dict[str, Any]) -> None:
    output: Output = whole["output"]
    assert output.error is None
    streams = {message["stream"] for message in output.of("SCHEMA")}
    assert len(streams) == len(LISTS) + 1 + len(REPORT_TYPES) + 1
    for stream in streams:
        kinds = [message["type"] for message in output.messages if message.get("stream") == stream]
        assert kinds[0] == "SCHEMA"
        assert kinds[-1] == "ACTIVATE_VERSION"
        assert set(kinds[1:-1]) == {"RECORD"}


def test_state_of_a_run_over_everything(whole: dict[str, Any]) -> None:
    bookmarks = whole["output"].state["bookmarks"]
    for kind in REPORT_TYPES:
        assert bookmarks[f"coursebase_report_{kind}"] == {
            "replication_key": "data_updated_at",
            "replication_key_value": whole["truth"][kind]["data_updated_at"],
            "language": "en",
            "time_zone": "UTC",
            "row_count": len(whole["truth"][kind]["rows"]),
            "rows": len(whole["truth"][kind]["rows"]),
            "columns": bookmarks[f"coursebase_report_{kind}"]["columns"],
        }
        assert len(bookmarks[f"coursebase_report_{kind}"]["columns"]) == len(
            whole["truth"][kind]["header"]
        )
    for name in LISTS:
        rows = len(whole["output"].records(f"coursebase_{name}"))
        assert bookmarks[f"coursebase_{name}"] == {"rows": rows}


def test_requests_of_a_run_over_everything(whole: dict[str, Any]) -> None:
    called = [request for request in whole["requests"] if request.host == "api"]
    assert {request.rpc for request in called} == READ_METHODS
    assert {request.method for request in called} == {"POST"}
    for request in called:
        assert isinstance(request.body, dict)
        if request.rpc in {"org.groups.list", "org.profile.list"}:
            assert request.body == {}
        else:
            assert None not in request.body.values()


@pytest.mark.parametrize(
    "method", ["org.users.list", "org.groups.list", "org.courses.list", "org.reports.list"]
)
def test_a_list_is_walked_once(method: str, whole: dict[str, Any]) -> None:
    bodies = [request.body for request in whole["requests"] if request.rpc == method]
    assert bodies.count({}) == 1
    assert len({json.dumps(body) for body in bodies}) == len(bodies)


@pytest.mark.parametrize("method", ["user.info", "user.groups.list", "course.info"])
def test_each_parent_is_asked_for_once(method: str, whole: dict[str, Any]) -> None:
    bodies = [json.dumps(request.body) for request in whole["requests"] if request.rpc == method]
    parents = "courses" if method == "course.info" else "users"
    assert len(bodies) == len(set(bodies)) == len(records(whole["output"], parents))


@pytest.mark.parametrize("in_flight", [1, 16])
def test_calls_in_flight_change_nothing(in_flight: int, source: Coursebase) -> None:
    output = source.sync("user_details", "users", coursebase_max_in_flight=in_flight)
    assert records(output, "user_details") == source.truth("user_details")
    assert records(output, "users") == source.truth("users")


def test_streams_of_one_call_a_user_are_not_selected_by_default(source: Coursebase) -> None:
    output = run(source.config(coursebase_report_types=[]))
    assert output.error is None
    assert {message["stream"] for message in output.of("SCHEMA")} == {
        f"coursebase_{name}" for name in LISTS if name not in {"user_details", "user_groups"}
    }
    assert not source.requests("user.info")
    assert not source.requests("user.groups.list")


# Deletions


def test_deleted_users_and_members_are_no_longer_there(source: Coursebase) -> None:
    streams = ("users", "user_details", "user_groups", "group_users")
    before = source.sync(*streams)
    user = source.user_ids()[3]
    member = next(
        row
        for row in source.truth("group_users")
        if row["role"] in {"learner", "admin"} and row["user_id"] != user
    )
    source.write("user.delete", user_id=user)
    key = COURSEBASE_KEYS["group_users"]
    source.write("group.user.remove", **{name: member[name] for name in key})
    source.clock.advance(5)
    after = source.sync(*streams, state=before.state)
    for stream in streams:
        living = by_key(source.truth(stream), stream)
        assert by_key(records(after, stream), stream) == living
        assert len(living) < len(records(before, stream))
        assert activated(after, stream)
        (old,), (new,) = versions(before, stream), versions(after, stream)
        assert old < new
    assert user not in {row["user_id"] for row in records(after, "users")}
    assert member not in records(after, "group_users")


@pytest.mark.parametrize("http_status", [200, 400, 404, 500])
@pytest.mark.parametrize(
    ("stream", "method", "parents", "key", "code"),
    [
        ("user_details", "user.info", "users", "user_id", "user_not_found"),
        ("user_groups", "user.groups.list", "users", "user_id", "user_not_found"),
        ("group_users", "group.users.list", "groups", "group_id", "group_not_found"),
        ("course_details", "course.info", "courses", "course_id", "course_not_found"),
    ],
)
def test_a_vanished_parent_is_skipped_and_counted(
    stream: str,
    method: str,
    parents: str,
    key: str,
    code: str,
    http_status: int,
    source: Coursebase,
    caplog: pytest.LogCaptureFixture,
) -> None:
    source.admin("settings", {"error_http_status": http_status})
    gone = [row[key] for row in source.truth(parents)[1:3]]
    for identity in gone:
        source.plan("error", method, code=code, where={key: identity})
    output = source.sync(stream)
    assert output.error is None
    assert source.faults_left() == 0
    expected = [row for row in source.truth(stream) if row[key] not in gone]
    assert by_key(records(output, stream), stream) == by_key(expected, stream)
    assert activated(output, stream)
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert warnings == [f"coursebase_{stream}: 2 {parents} vanished while they were read"]
    assert not source.clock.retries


@pytest.mark.parametrize("http_status", [200, 400, 404, 500])
def test_an_organisation_without_approvers(
    http_status: int, source: Coursebase, caplog: pytest.LogCaptureFixture
) -> None:
    source.admin("settings", {"error_http_status": http_status})
    source.admin("change", {"change": "switch", "feature": "approvers", "enabled": False})
    output = source.sync("course_approvers", "groups")
    assert output.error is None
    assert not records(output, "course_approvers")
    assert not activated(output, "course_approvers")
    assert activated(output, "groups")
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert "feature_not_enabled" in warnings[0]
    assert len(source.requests("course.approvers.list")) == 1


@pytest.mark.parametrize("http_status", [200, 400, 404, 500])
def test_an_organisation_without_udemy(
    http_status: int, source: Coursebase, caplog: pytest.LogCaptureFixture
) -> None:
    source.admin("settings", {"error_http_status": http_status})
    source.admin("change", {"change": "switch", "feature": "udemy", "enabled": False})
    output = source.sync("report_udemy_user_progress", "report_people")
    assert output.error is None
    assert not output.of("RECORD", "coursebase_report_udemy_user_progress")
    assert not activated(output, "report_udemy_user_progress")
    assert activated(output, "report_people")
    warnings = [r.getMessage() for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(warnings) == 1
    assert "invalid_report_type" in warnings[0]
    assert not output.state["bookmarks"].get("coursebase_report_udemy_user_progress")


@pytest.mark.parametrize("http_status", [200, 400, 403, 404])
@pytest.mark.parametrize(
    ("stream", "method"),
    [
        ("users", "org.users.list"),
        ("group_users", "group.users.list"),
        ("report_people", "report.export"),
        ("report_people", "report.export.status"),
    ],
)
def test_another_code_fails_that_stream_only(
    stream: str, method: str, http_status: int, source: Coursebase
) -> None:
    source.plan("error", method, code="no_permission", http_status=http_status, times=99)
    output = source.sync(stream, "courses")
    assert str(output.error) == (
        f"1 stream failed: coursebase_{stream}: {method} answered with the error 'no_permission'"
    )
    assert not activated(output, stream)
    assert not records(output, stream)
    assert records(output, "courses") == source.truth("courses")
    assert activated(output, "courses")


def test_a_failure_in_the_middle_activates_nothing(source: Coursebase) -> None:
    source.plan("error", "org.users.list", code="internal", after=1)
    output = source.sync("users")
    assert output.error is not None
    assert len(records(output, "users")) == 20
    assert not activated(output, "users")


@pytest.mark.parametrize("code", ["report_not_found", "invalid_language", "invalid_time_zone"])
def test_documented_errors_of_an_export_fail_its_stream(code: str, source: Coursebase) -> None:
    source.plan("error", "report.export", code=code)
    output = source.sync("report_people", "report_courses")
    assert "1 stream failed" in str(output.error)
    assert f"'{code}'" in str(output.error)


def test_a_report_that_was_deleted_fails_its_stream(source: Coursebase) -> None:
    saved = source.truth("reports")[0]["report_id"]
    source.admin("change", {"change": "delete_report", "report_id": saved})
    output = source.sync(f"saved_report_{saved}", "groups", coursebase_report_ids=[saved])
    assert f"coursebase_saved_report_{saved}: " in str(output.error)
    assert "'report_not_found'" in str(output.error)
    assert activated(output, "groups")


def test_versions_can_be_left_out(source: Coursebase) -> None:
    output = source.sync("users", "report_people", emit_activate_version_messages=False)
    assert not output.of("ACTIVATE_VERSION")
    assert versions(output, "users") == {None}
    assert output.state["bookmarks"]["coursebase_report_people"]["replication_key_value"]


# What the sandbox does not do


def reply(data: Any) -> Reply:
    return Reply(body=json.dumps({"status": "success", "data": data}).encode())


def test_files_of_lists_are_closed(source: Coursebase, kept_lists: list[IO[Any]]) -> None:
    source.sync("users", "user_details", "groups")
    assert kept_lists
    assert all(file.closed for file in kept_lists)


@pytest.mark.parametrize(
    "streams",
    [
        ("courses",),
        ("course_details", "courses"),
    ],
)
def test_a_list_is_the_same_whether_it_is_shared_or_not(streams: tuple[str, ...]) -> None:
    course = {"course_id": "c1", "title": "One", "fee": 12.5}
    with ScriptedServer() as server:
        server.script(reply({"courses": [course], "next": None}))
        server.script(reply({"course_id": "c1", "title": "One"}))
        output = sync_of(server, *streams)
    assert output.error is None
    assert records(output, "courses") == [
        {"course_id": "c1", "title": "One", "additional_fields": {"fee": 12.5}}
    ]


@pytest.mark.parametrize(
    ("stream", "row"),
    [
        ("users", {"login_id": "a@example.com"}),
        ("users", {"user_id": None}),
        ("user_details", {"login_id": "a@example.com"}),
        ("user_details", {"user_id": None}),
    ],
)
def test_a_parent_without_its_id_fails_its_streams_only(stream: str, row: Row) -> None:
    with ScriptedServer() as server:
        server.script(reply({"users": [row], "next": None}))
        output = sync_of(server, stream)
    assert "user_id" in str(output.error)
    assert f"coursebase_{stream}" in str(output.error)
    assert len(server.asked) == 1


@pytest.mark.parametrize("data", [None, "x", 1, ["x"], {"users": None}, {"users": ["x"]}])
def test_data_of_another_form_fails_the_stream(data: Any) -> None:
    with ScriptedServer() as server:
        server.script(reply(data))
        output = sync_of(server, "users")
    assert "coursebase_users: org.users.list answered with" in str(output.error)
    assert not activated(output, "users")


def test_a_user_may_hold_several_roles_in_a_group() -> None:
    members = [
        {"user_id": "u1", "login_id": "a", "role": role} for role in ("learner", "admin", "learner")
    ]
    with ScriptedServer() as server:
        server.script(reply([{"group_id": "g1", "name": "All", "parent_id": None}]))
        server.script(reply({"users": members, "next": None}))
        output = sync_of(server, "group_users")
    assert [row["role"] for row in records(output, "group_users")] == ["learner", "admin"]


@pytest.mark.parametrize("stream", ["user_details", "report_people"])
def test_characters_that_no_warehouse_holds_are_replaced(stream: str, source: Coursebase) -> None:
    source.write("user.update", user_id=source.user_ids()[0], last_name="nul\x00inside")
    output = source.sync(stream)
    assert output.error is None
    assert "nul\ufffdinside" in {row["last_name"] for row in records(output, stream)}


# The catalog

CATALOG = sorted(
    [
        *(f"coursebase_{name}" for name in LISTS),
        "coursebase_user_search",
        *(f"coursebase_report_{kind}" for kind in REPORT_TYPES),
        "coursebase_saved_report_AoVrqJR0xD",
    ]
)


@pytest.fixture(scope="module")
def entries() -> dict[str, Any]:
    config = {
        "coursebase_url": "https://learn.example.com",
        "coursebase_access_token": "token",
        "coursebase_report_ids": ["AoVrqJR0xD"],
        "coursebase_user_search": ["@example.com"],
    }
    return {entry["tap_stream_id"]: entry for entry in tap(config).catalog_dict["streams"]}


def test_streams(entries: dict[str, Any]) -> None:
    assert sorted(entries) == CATALOG


@pytest.mark.parametrize("stream", CATALOG)
def test_catalog_entry(stream: str, entries: dict[str, Any], snapshot: SnapshotAssertion) -> None:
    assert entries[stream] == snapshot(extension_class=JSONSnapshotExtension)
