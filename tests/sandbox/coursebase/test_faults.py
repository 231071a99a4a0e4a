from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.coursebase.faults import ANSWER, FILE
from sandbox.coursebase.files import SHAPERS
from sandbox.coursebase.outcomes import Face
from sandbox.coursebase.storage import refused
from sandbox.outcomes import OUTCOMES
from tests.sandbox.coursebase.client import TIMEOUT, Client

METHOD = "org.groups.list"


def ask(api: Client, **options: Any) -> requests.Response:
    return api.post(METHOD, {}, **options)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_status_has_no_envelope(api: Client, status: int) -> None:
    api.plan("status", METHOD, status=status, retry_after=7)
    response = ask(api)
    assert (response.status_code, response.headers["Retry-After"]) == (status, "7")
    assert response.headers["Content-Type"].startswith("text/html")
    assert ask(api).status_code == 200


@pytest.mark.parametrize("http_status", [None, 200, 400, 429, 500])
def test_error_has_one(api: Client, http_status: int | None) -> None:
    details = {} if http_status is None else {"http_status": http_status}
    api.plan("error", METHOD, code="rate_limited", retry_after=1, **details)
    response = ask(api)
    assert response.status_code == (http_status or 200)
    assert response.json() == {"status": "error", "error": "rate_limited"}
    assert response.headers["Retry-After"] == "1"


def test_match_after_and_times(api: Client) -> None:
    api.plan("html", METHOD, after=1, times=2)
    assert api.data("org.profile.list")
    kinds = [ask(api).headers["Content-Type"].partition(";")[0] for _ in range(4)]
    assert kinds == ["application/json", "text/html", "text/html", "application/json"]
    api.plan("html")
    assert api.admin("faults", method="GET") == [
        {"match": "*", "kind": "html", "times": 1, "after": 0}
    ]
    assert api.admin("faults", method="DELETE") == []


@pytest.mark.parametrize(
    ("kind", "text"), [("empty", ""), ("array", "[]"), ("object", '{"data":[],"message":"ok"}')]
)
def test_bodies(api: Client, kind: str, text: str) -> None:
    api.plan(kind, METHOD)
    response = ask(api)
    assert (response.status_code, response.text) == (200, text)


def test_slow_and_stalled(api: Client) -> None:
    sound = ask(api).content
    for kind in ("slow", "stall"):
        api.plan(kind, METHOD, seconds=0.2)
        assert ask(api).content == sound
        api.plan(kind, METHOD, seconds=30)
        with pytest.raises((requests.ReadTimeout, requests.ConnectionError)):
            ask(api, timeout=0.1)


@pytest.mark.parametrize("kind", ["cut", "cut_chunked", "reset"])
def test_broken_off(api: Client, kind: str) -> None:
    api.plan(kind, METHOD)
    with pytest.raises((requests.exceptions.ChunkedEncodingError, requests.ConnectionError)):
        ask(api)
    assert ask(api).status_code == 200


def test_missing_field(api: Client) -> None:
    api.plan("missing_field", "user.info", fields=["profile", "language"])
    info = api.data("user.info", user_id=api.user_ids()[0])
    assert {"profile", "language"}.isdisjoint(info)
    api.plan("missing_field", METHOD, fields=["status"])
    assert set(ask(api).json()) == {"data"}


def test_a_fault_does_not_write(api: Client) -> None:
    user = api.user_ids()[0]
    api.plan("error", "user.delete", code="internal_error", http_status=500)
    api.post("user.delete", {"user_id": user})
    assert user in api.user_ids()


def test_where_picks_calls(api: Client) -> None:
    first, second, *_ = api.user_ids()
    api.plan("error", "user.info", code="user_not_found", where={"user_id": second})
    assert api.data("user.info", user_id=first)
    assert api.error("user.info", {"user_id": second}) == "user_not_found"
    links = [api.finish(report_type=kind)["url"] for kind in ("courses", "people")]
    api.plan("status", "storage", status=403, where={"report_type": "people"})
    assert [api.fetch(link).status_code for link in links * 2] == [200, 403, 200, 200]


@pytest.mark.parametrize(
    "plan", [{"kind": "oversized"}, {"match": "*"}, "html", {"kind": "html", "where": "x"}]
)
def test_senseless_plans(api: Client, plan: Any) -> None:
    assert "message" in api.admin("faults", [plan], status=400)
    assert "message" in api.admin("faults", {"kind": "html"}, status=400)


def test_halves_have_faults_of_their_own(api: Client) -> None:
    api.plan("html")
    url = f"{api.server.url}/_admin/faults"
    assert api.session.get(url, timeout=TIMEOUT).json() == []


def test_every_kind_has_its_effect() -> None:
    face = Face("application/zip", refused, lambda: 403)
    assert {*OUTCOMES, *face.outcomes} == ANSWER
    assert set(SHAPERS) == FILE
