from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote_plus

import pytest
import requests

from tests.sandbox.coursebase.client import TIMEOUT, Client

LIST = "org.groups.list"
FORM = {
    "grant_type": "client_credentials",
    "client_id": "sandbox-client",
    "client_secret": "sandbox-secret",
}


def ask(api: Client, form: dict[str, str], **options: Any) -> requests.Response:
    options.setdefault("timeout", TIMEOUT)
    return api.session.post(api.server.coursebase_token_url, data=form, **options)


def call(api: Client, token: str) -> requests.Response:
    return api.post(LIST, {}, headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize(
    "header", [None, "coursebase-token", "Bearer other", "Basic eDp5", "Bearer", "bearer x"]
)
def test_bad_token(api: Client, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = api.post(LIST, {}, headers=headers)
    assert response.status_code == 401
    assert response.json() == {"status": "error", "error": "invalid_token"}


def test_token_is_checked_before_anything_else(api: Client) -> None:
    api.admin("settings", {"error_http_status": 400})
    assert api.post("no.such", {}, headers={}).status_code == 401


def test_secret_in_body_and_in_basic(api: Client) -> None:
    body = ask(api, FORM)
    assert body.json() | {"access_token": ""} == {
        "access_token": "",
        "token_type": "Bearer",
        "expires_in": 3600,
    }
    pair = ":".join(map(quote_plus, (FORM["client_id"], FORM["client_secret"])))
    basic = {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    head = ask(api, {"grant_type": "client_credentials"}, headers=basic)
    tokens = {response.json()["access_token"] for response in (body, head)}
    assert len(tokens) == 2
    assert {call(api, token).status_code for token in tokens} == {200}


@pytest.mark.parametrize(
    ("form", "status", "code"),
    [
        (FORM | {"client_secret": "x"}, 401, "invalid_client"),
        (FORM | {"client_id": "x"}, 401, "invalid_client"),
        ({"grant_type": "client_credentials"}, 401, "invalid_client"),
        (FORM | {"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"client_id": "sandbox-client"}, 400, "invalid_request"),
    ],
)
def test_refused_token_requests(api: Client, form: dict[str, str], status: int, code: str) -> None:
    response = ask(api, form)
    assert (response.status_code, response.json()) == (status, {"error": code})


def test_token_request_is_a_form(api: Client) -> None:
    response = api.session.post(api.server.coursebase_token_url, json=FORM, timeout=TIMEOUT)
    assert (response.status_code, response.json()) == (400, {"error": "invalid_request"})


def test_tokens_expire_by_the_clock(api: Client) -> None:
    api.admin("token", {"lifetime_seconds": 120})
    token = ask(api, FORM).json()["access_token"]
    api.clock.now += 119
    assert call(api, token).status_code == 200
    api.clock.now += 1
    assert call(api, token).status_code == 401
    assert call(api, "coursebase-token").status_code == 200
    api.admin("token", {"lifetime_seconds": 3600})


def test_admins_expire_and_renew(api: Client) -> None:
    token = ask(api, FORM).json()["access_token"]
    api.admin("token", {"expire": True})
    assert {call(api, t).status_code for t in (token, "coursebase-token")} == {401}
    api.admin("token", {"token": "another"})
    assert call(api, "another").status_code == 200
    api.admin("token", {"token": "coursebase-token"})


def test_token_endpoint_has_faults(api: Client) -> None:
    api.plan("status", "token", status=503)
    api.plan("missing_field", "token", fields=["expires_in"])
    api.plan("error", "token", code="invalid_scope")
    assert ask(api, FORM).status_code == 503
    assert set(ask(api, FORM).json()) == {"access_token", "token_type"}
    assert ask(api, FORM).json() == {"error": "invalid_scope"}


def test_journal_keeps_no_secrets(api: Client) -> None:
    token = ask(api, FORM).json()["access_token"]
    call(api, token)
    link = api.finish(report_type="courses")["url"]
    api.fetch(link)
    entries = api.admin("requests", method="GET")
    assert [entry["host"] for entry in entries] == ["token", "api", "api", "api", "storage"]
    assert [entry["rpc"] for entry in entries][1:4] == [
        LIST,
        "report.export",
        "report.export.status",
    ]
    assert [entry["authorization"] for entry in entries] == [None, *["bearer"] * 3, None]
    assert entries[0]["body"] == {
        "grant_type": "client_credentials",
        "client_id": "sandbox-client",
    }
    text = str(entries)
    for secret in (token, "sandbox-secret", "coursebase-token", "X-Amz-Signature"):
        assert secret not in text
    assert api.admin("requests", method="DELETE") == []
    assert api.server.coursebase.requests == []
