from __future__ import annotations

import socket
import threading
from typing import Any

import pytest
import requests

from sandbox.arrays import AT_ONCE
from sandbox.continu.faults import WAYS
from sandbox.continu.spoil import SPOILERS
from sandbox.options import Options
from sandbox.outcomes import OUTCOMES
from sandbox.server import running
from tests.sandbox.client import APRIL, WHOLE, Client, all_flags

REPORT = "user_engagement"


@pytest.fixture(autouse=True)
def _no_faults_left(client: Client) -> None:
    client.admin("faults", None, "DELETE")


def plan(client: Client, kind: str, **details: Any) -> None:
    client.admin("faults", [{"match": REPORT, "kind": kind, **details}])


def ask(client: Client, **options: Any) -> requests.Response:
    return client.raw(REPORT, APRIL, {"email": True, "views": True}, **options)


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("rate_limit_minute", "too many requests per minute, rate limit 1000000 exceeded 1000001"),
        ("rate_limit_day", "too many requests today, rate limit 1000000 exceeded 1000001"),
    ],
)
def test_rate_limits(client: Client, kind: str, message: str) -> None:
    plan(client, kind)
    plan(client, kind, retry_after="Wed, 21 Oct 2026 07:28:00 GMT")
    first, second, third = ask(client), ask(client), ask(client)
    assert (first.status_code, first.json()) == (429, {"message": message})
    assert "Retry-After" not in first.headers
    assert second.headers["Retry-After"] == "Wed, 21 Oct 2026 07:28:00 GMT"
    assert third.status_code == 200


@pytest.mark.parametrize("status", [403, 404, 500, 502, 503])
def test_status(client: Client, status: int) -> None:
    plan(client, "status", status=status, retry_after=7)
    response = ask(client)
    assert (response.status_code, response.headers["Retry-After"]) == (status, "7")
    assert isinstance(response.json()["message"], str)
    assert ask(client).status_code == 200


def test_after_times_and_match(client: Client) -> None:
    plan(client, "status", times=2, after=1)
    assert client.raw("track_status", APRIL, {}).status_code == 200
    assert [ask(client).status_code for _ in range(4)] == [200, 500, 500, 200]
    client.admin("faults", [{"match": "*", "kind": "html"}])
    (left,) = client.admin("faults", None, "GET")
    assert left == {"match": "*", "kind": "html", "times": 1, "after": 0}
    response = client.raw("track_status", APRIL, {})
    assert response.headers["Content-Type"].startswith("text/html")
    assert client.admin("faults", None, "GET") == []


def test_slow(client: Client) -> None:
    plan(client, "slow", seconds=0.3)
    assert ask(client).status_code == 200
    plan(client, "slow", seconds=30)
    with pytest.raises(requests.ReadTimeout):
        ask(client, timeout=0.1)


def test_stall(client: Client) -> None:
    plan(client, "stall", seconds=0.3)
    whole = ask(client).content
    assert whole == ask(client).content
    plan(client, "stall", seconds=30)
    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        ask(client, timeout=0.2)


@pytest.mark.parametrize("kind", ["cut", "cut_chunked"])
def test_cut(client: Client, kind: str) -> None:
    plan(client, kind)
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        ask(client)
    assert ask(client).status_code == 200


def test_cut_promises_more_than_it_sends(client: Client) -> None:
    plan(client, "cut")
    path = f"/api/v1/reports/user-engagement/{APRIL[0]}/{APRIL[1]}"
    host, port = client.server.url.removeprefix("http://").split(":")
    request = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {client.server.token}\r\n"
        "Content-Length: 2\r\n\r\n{}"
    )
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    promised = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
    assert 0 < len(body) < promised
    assert b"x-requests-per-minute" in head.lower()


def test_reset(client: Client) -> None:
    plan(client, "reset")
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        ask(client)
    assert client.server.requests[-1].status == 0
    assert ask(client).status_code == 200


def test_empty_and_object(client: Client) -> None:
    plan(client, "empty")
    plan(client, "object")
    assert ask(client).content == b""
    assert isinstance(ask(client).json(), dict)


def test_wrong_types(client: Client) -> None:
    body = {"views": True, "is_manager": True, "created_at": True}
    sound = client.rows(REPORT, APRIL, **body)
    plan(client, "wrong_types")
    spoiled = client.rows(REPORT, APRIL, **body)
    for before, after in zip(sound, spoiled, strict=True):
        assert after["email"] == before["email"]
        assert after["views"] == str(before["views"])
        assert after["is_manager"] == str(before["is_manager"]).lower()
        assert isinstance(after["created_at"], int)
    plan(client, "wrong_types", hard=True)
    hard = client.rows(REPORT, APRIL, **body)
    assert {"many"} < {row["views"] for row in hard}


def test_missing_id(client: Client) -> None:
    plan(client, "missing_id")
    rows = ask(client).json()
    assert [n for n, row in enumerate(rows) if "email" not in row] == [0]


def test_oversized(client: Client) -> None:
    plan(client, "oversized", rows=100)
    wide, narrow = client.raw("user_content", APRIL, {}), ask(client)
    assert wide.status_code == 200
    assert [narrow.status_code, ask(client).status_code] == [413, 413]
    filters = {"user_filter": {"is_manager": "true"}}
    assert client.raw(REPORT, APRIL, filters).status_code == 200
    client.admin("faults", None, "DELETE")
    plan(client, "oversized", rows=100, status=504, times=1)
    assert [ask(client).status_code for _ in range(2)] == [504, 200]


def test_garbage(client: Client) -> None:
    plan(client, "garbage")
    response = client.raw(REPORT, APRIL, {"views": True, "sessions": True, "last_name": True})
    assert b"\\ud800" in response.content
    assert b"\\u0000" in response.content
    assert b"NaN" in response.content or b"1" + b"0" * 40 in response.content
    plan(client, "garbage", only=["nul"])
    response = client.raw(REPORT, APRIL, {"views": True, "last_name": True})
    assert b"\\ud800" not in response.content
    assert b"NaN" not in response.content


def test_where_looks_at_the_body(client: Client) -> None:
    plan(client, "status", where={"email": True})
    assert client.raw(REPORT, APRIL, {"views": True}).status_code == 200
    assert ask(client).status_code == 500


def test_large_answers_stall_and_break_as_small_ones(client: Client) -> None:
    body = all_flags("content_completion")
    sound = client.raw("content_completion", WHOLE, body)
    assert len(sound.content) > 2 * AT_ONCE
    client.admin("faults", [{"kind": "stall", "seconds": 0.1}, {"kind": "cut"}])
    stalled = client.raw("content_completion", WHOLE, body)
    assert stalled.content == sound.content
    assert stalled.headers["Content-Length"] == str(len(sound.content))
    assert "X-REQUESTS-PER-DAY" in stalled.headers
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        client.raw("content_completion", WHOLE, body)


def test_every_kind_has_its_effect(client: Client) -> None:
    own = {"status", "rate_limit_minute", "rate_limit_day"}
    assert {*OUTCOMES, *own} == set(WAYS["answer"])
    assert set(SPOILERS) == set(WAYS["rows"])
    for kind in own:
        plan(client, kind)
        assert ask(client).status_code >= 429


def test_unknown_faults_are_refused(client: Client) -> None:
    url = f"{client.server.url}/_admin/faults"
    for body in ([{"kind": "strange"}], {"kind": "html"}, [1]):
        assert client.session.post(url, json=body, timeout=5).status_code == 400


def test_a_stalling_server_still_stops() -> None:
    others = set(threading.enumerate())
    with running(Options(users=10)) as server, requests.Session() as session:
        (serving,) = set(threading.enumerate()) - others
        stalling = Client(server, session)
        plan(stalling, "stall", seconds=60)
        with pytest.raises(requests.ConnectionError):
            ask(stalling, timeout=0.2)
    assert not serving.is_alive()
