"""Tokens, pages and tries of the RPC client, against the sandbox."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from tap_continu_coursebase.core.errors import (
    RejectedError,
    SourceStoppedError,
    TransientError,
)
from tap_continu_coursebase.coursebase.auth import BearerAuth, ClientCredentials, StaticToken
from tap_continu_coursebase.coursebase.client import READ_METHODS, CoursebaseClient, RpcError
from tests.coursebase.support import TIMEOUT, TOKEN, Coursebase, activated, records
from tests.transport.scripted_server import Reply, ScriptedServer

SECRET = "sandbox-secret"


def credentials(source: Coursebase, **changed: Any) -> dict[str, Any]:
    return {
        "coursebase_access_token": None,
        "coursebase_client_id": "sandbox-client",
        "coursebase_client_secret": SECRET,
        "coursebase_token_url": source.sandbox.coursebase_token_url,
        **changed,
    }


def tokens_of(source: Coursebase, clock: Callable[[], float]) -> ClientCredentials:
    return ClientCredentials(
        url=source.sandbox.coursebase_token_url,
        client_id="sandbox-client",
        client_secret=SECRET,
        timeout=TIMEOUT,
        clock=clock,
    )


def client_of(source: Coursebase, tokens: ClientCredentials | None = None) -> CoursebaseClient:
    return CoursebaseClient(
        url=source.sandbox.coursebase_url, tokens=tokens or StaticToken(TOKEN), timeout=TIMEOUT
    )


def token_requests(source: Coursebase) -> list[Any]:
    return [request for request in source.requests() if request.host == "token"]


# Tokens


def test_a_static_token(source: Coursebase) -> None:
    output = source.sync("users")
    assert output.error is None
    assert {request.authorization for request in source.requests()} == {"bearer"}
    assert not token_requests(source)


def test_a_static_token_that_is_refused_stops_the_source(source: Coursebase) -> None:
    source.sandbox.coursebase.tokens.expire()
    output = source.sync("users", "groups", "report_people")
    assert "3 streams failed" in str(output.error)
    assert "HTTP 401" in str(output.error)
    assert "coursebase_access_token" in str(output.error)
    assert not output.of("RECORD")
    assert not output.of("ACTIVATE_VERSION")
    assert len(source.requests()) <= 2


def test_client_credentials_by_basic(source: Coursebase) -> None:
    output = source.sync("users", "groups", **credentials(source))
    assert output.error is None
    assert records(output, "users") == source.truth("users")
    (request,) = token_requests(source)
    assert request.authorization == "basic"
    assert request.body == {"grant_type": "client_credentials"}


def test_client_credentials_in_the_body_where_basic_is_refused(source: Coursebase) -> None:
    source.plan("error", "token", code="invalid_client", http_status=401)
    output = source.sync("users", **credentials(source))
    assert output.error is None
    first, second = token_requests(source)
    assert (first.authorization, second.authorization) == ("basic", None)
    assert second.body["client_id"] == "sandbox-client"


@pytest.mark.parametrize(
    "wrong", [{"coursebase_client_secret": "another-secret"}, {"coursebase_client_id": "who"}]
)
def test_refused_credentials_are_one_clear_line(
    wrong: dict[str, str], source: Coursebase, caplog: pytest.LogCaptureFixture
) -> None:
    output = source.sync("users", "groups", **credentials(source, **wrong))
    assert len(str(output.error).splitlines()) == 1
    assert "coursebase_client_id and coursebase_client_secret" in str(output.error)
    assert "coursebase_token_url" in str(output.error)
    assert not [request for request in source.requests() if request.host == "api"]
    assert len(token_requests(source)) == 2
    assert "Traceback" not in caplog.text


def test_a_token_is_renewed_before_it_expires(source: Coursebase) -> None:
    source.sandbox.coursebase.tokens.lifetime = 600
    tokens = tokens_of(source, source.clock.now)
    first = tokens.token()
    source.clock.advance(530)
    assert tokens.token() == first
    source.clock.advance(20)
    assert tokens.token() != first
    assert len(token_requests(source)) == 2


@pytest.mark.parametrize("lifetime", [1, 30, 90])
def test_a_token_with_a_short_life_is_still_used(lifetime: int, source: Coursebase) -> None:
    source.sandbox.coursebase.tokens.lifetime = lifetime
    tokens = tokens_of(source, source.clock.now)
    first = tokens.token()
    assert tokens.token() == first
    source.clock.advance(lifetime)
    assert tokens.token() != first


def test_a_token_is_renewed_once_on_a_401(source: Coursebase) -> None:
    client = client_of(source, tokens_of(source, source.clock.now))
    client.call("org.groups.list", {})
    source.sandbox.coursebase.tokens.expire()
    client.call("org.groups.list", {})
    assert [r.status for r in source.requests("org.groups.list")] == [200, 401, 200]
    assert len(token_requests(source)) == 2


def test_calls_in_flight_renew_a_token_once(source: Coursebase) -> None:
    source.plan("error", "user.info", code="invalid_token", http_status=401, after=10)
    output = source.sync("user_details", coursebase_max_in_flight=16, **credentials(source))
    assert output.error is None
    assert records(output, "user_details") == source.truth("user_details")
    assert len(token_requests(source)) == 2


def test_a_401_again_and_again_stops_the_source(source: Coursebase) -> None:
    for method in ("org.users.list", "org.groups.list"):
        source.plan("error", method, code="invalid_token", http_status=401, times=99)
    output = source.sync("users", "groups", **credentials(source))
    assert "2 streams failed" in str(output.error)
    assert "HTTP 401" in str(output.error)
    assert len(source.requests("org.groups.list")) + len(source.requests("org.users.list")) == 2


@pytest.mark.parametrize(
    "http_status",
    [
        200,
        404,
    ],
)
def test_an_error_right_after_a_renewal_keeps_its_code(
    http_status: int, source: Coursebase
) -> None:
    source.admin("settings", {"error_http_status": http_status})
    client = client_of(source, tokens_of(source, source.clock.now))
    client.call("org.groups.list", {})
    source.sandbox.coursebase.tokens.expire()
    with pytest.raises(RpcError) as raised:
        client.call("user.info", {"user_id": "nobody"})
    assert raised.value.code == "user_not_found"


@pytest.mark.parametrize(
    "plan",
    [
        None,
        {"match": "token", "kind": "status", "status": 500},
        {"match": "token", "kind": "error", "code": SECRET, "http_status": 400, "times": 9},
        {"match": "token", "kind": "error", "code": f"no {SECRET}", "http_status": 503},
        {"match": "org.users.list", "kind": "reset"},
        {"match": "org.users.list", "kind": "error", "code": f"{TOKEN}!", "http_status": 400},
    ],
    ids=str,
)
def test_no_secret_in_any_output(
    plan: dict[str, Any] | None,
    source: Coursebase,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: set[str] = {SECRET}
    send = BearerAuth.__call__

    def noting(self: BearerAuth, request: Any) -> Any:
        sent = send(self, request)
        seen.add(sent.headers["Authorization"].removeprefix("Bearer "))
        return sent

    monkeypatch.setattr(BearerAuth, "__call__", noting)
    if plan:
        source.plan(**plan)
    with caplog.at_level(logging.DEBUG):
        output = source.sync("users", **credentials(source))
    everything = "".join(
        [
            str(output.messages),
            repr(output.error),
            caplog.text,
            *(repr(record.__dict__) for record in caplog.records),
        ]
    )
    assert all(secret not in everything for secret in seen)


# Error codes


@pytest.mark.parametrize(
    "http_status",
    [
        200,
        400,
        401,
        403,
        404,
        409,
        410,
        422,
        429,
        500,
        503,
    ],
)
def test_an_error_code_is_read_under_any_status(http_status: int, source: Coursebase) -> None:
    source.admin("settings", {"error_http_status": http_status})
    with pytest.raises(RpcError) as raised:
        client_of(source).call("user.info", {"user_id": "nobody"})
    assert raised.value.code == "user_not_found"
    assert len(source.requests("user.info")) == 1


# Pages


@pytest.mark.parametrize("kind", ["missing_next", "duplicate_row", "empty_page"])
@pytest.mark.parametrize("after", [0, 1])
def test_odd_pages_lose_and_repeat_nothing(kind: str, after: int, source: Coursebase) -> None:
    skipped = 0 if kind == "missing_next" else after
    source.plan(kind, "org.users.list", after=skipped)
    output = source.sync("users")
    assert output.error is None
    assert source.faults_left() == 0
    assert records(output, "users") == source.truth("users")
    assert activated(output, "users")


def test_pages_of_members_and_approvers(source: Coursebase) -> None:
    source.admin("settings", {"page_size": 3})
    output = source.sync("group_users", "course_approvers", "courses")
    assert records(output, "group_users") == source.truth("group_users")
    assert records(output, "courses") == source.truth("courses")
    assert len(records(output, "course_approvers")) == len(source.truth("course_approvers"))


@pytest.mark.parametrize("kind", ["repeated_cursor", "expired_cursor"])
def test_bad_cursors_fail_the_stream(kind: str, source: Coursebase) -> None:
    source.plan(kind, "org.users.list", times=9)
    output = source.sync("users", "groups")
    assert str(output.error).startswith("1 stream failed: coursebase_users: ")
    assert not activated(output, "users")
    assert activated(output, "groups")
    assert len(source.requests("org.users.list")) <= 4


def test_each_page_has_the_same_arguments(source: Coursebase) -> None:
    source.admin("settings", {"page_size": 2})
    source.sync("user_search", "group_users", coursebase_user_search=["example", "user"])
    bodies = [request.body for request in source.requests("org.users.search")]
    assert len(bodies) > 2
    assert {body["login_id"] for body in bodies} == {"example,user"}
    assert "next" not in bodies[0]
    assert all(body["next"] for body in bodies[1:])
    assert all(set(body) == {"login_id", "next"} for body in bodies[1:])
    for request in source.requests("group.users.list"):
        assert set(request.body) - {"next"} == {"group_id"}
        assert request.status == 200


# Tries


@pytest.mark.parametrize(
    "plan",
    [
        {"kind": "status", "status": 429, "retry_after": 7},
        {"kind": "status", "status": 429},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 502},
        {"kind": "status", "status": 503, "retry_after": 3},
        {"kind": "error", "code": "internal_error", "http_status": 500},
        {"kind": "error", "code": "rate_limited", "http_status": 429},
        {"kind": "reset"},
        {"kind": "cut"},
        {"kind": "cut_chunked"},
        {"kind": "empty"},
        {"kind": "object"},
        {"kind": "array"},
        {"kind": "missing_field", "fields": ["status"]},
    ],
    ids=str,
)
def test_what_may_pass_is_asked_again(plan: dict[str, Any], source: Coursebase) -> None:
    source.plan(match="org.users.list", times=2, **plan)
    output = source.sync("users")
    assert output.error is None
    assert records(output, "users") == source.truth("users")
    assert len(source.clock.retries) == 2
    if "retry_after" in plan:
        assert all(wait >= plan["retry_after"] for wait in source.clock.retries)


def test_a_page_is_asked_for_once_more(source: Coursebase) -> None:
    source.plan("html", "org.users.list", times=1)
    assert records(source.sync("users"), "users") == source.truth("users")
    source.plan("html", "org.users.list", times=99)
    with pytest.raises(TransientError, match="an HTML page; gave up after 2 tries"):
        client_of(source).call("org.users.list", {})


def test_it_gives_up_at_last(source: Coursebase) -> None:
    source.plan("status", "org.users.list", status=500, times=99)
    with pytest.raises(TransientError, match="gave up after 8 tries"):
        client_of(source).call("org.users.list", {})
    assert len(source.requests("org.users.list")) == 8


@pytest.mark.parametrize("status", [400, 403, 404])
def test_what_will_not_pass_is_not_asked_again(status: int, source: Coursebase) -> None:
    source.plan("status", "org.users.list", status=status)
    with pytest.raises(RejectedError):
        client_of(source).call("org.users.list", {})
    assert not source.clock.retries


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_no_token_goes_where_a_redirect_points(status: int, source: Coursebase) -> None:
    with ScriptedServer() as elsewhere, ScriptedServer() as server:
        server.script(Reply(status, b"", {"Location": f"{elsewhere.url}/api/org.users.list"}))
        client = CoursebaseClient(url=server.url, tokens=StaticToken(TOKEN), timeout=TIMEOUT)
        with pytest.raises(RejectedError):
            client.call("org.users.list", {})
        assert not elsewhere.asked


# Methods


@pytest.mark.parametrize(
    "method",
    [
        "user.create",
        "user.update",
        "user.delete",
        "user.merge",
        "user.deactivate",
        "user.reactivate",
        "group.user.add",
        "group.user.remove",
        "course.approvers.add",
        "course.approvers.remove",
        "batch/user.info",
        "../oauth/token",
        "",
    ],
)
def test_only_reading_methods_are_called(method: str, source: Coursebase) -> None:
    assert method not in READ_METHODS
    with pytest.raises(ValueError, match="not a method that reads"):
        client_of(source).call(method, {})
    assert not source.requests()


def test_a_call_without_arguments_has_an_empty_object(source: Coursebase) -> None:
    client_of(source).call("org.groups.list", {})
    (request,) = source.requests()
    assert (request.method, request.body) == ("POST", {})
    assert {k.lower(): v for k, v in request.headers.items()}["content-type"] == "application/json"


def test_credentials_that_are_refused_are_not_asked_for_again(source: Coursebase) -> None:
    source.plan("error", "token", code="invalid_client", http_status=401, times=99)
    client = client_of(source, tokens_of(source, source.clock.now))
    for _ in range(3):
        with pytest.raises(SourceStoppedError, match="coursebase_client_secret"):
            client.call("org.groups.list", {})
    assert len(token_requests(source)) == 2
