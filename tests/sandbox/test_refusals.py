from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.continu.reports import REPORTS
from sandbox.options import AuthScheme, Options
from sandbox.server import running
from tests.sandbox.client import APRIL, START, TIMEOUT, Client, window_of

HEX = "0" * 24


@pytest.mark.parametrize(
    ("report", "body", "message"),
    [
        (
            "content_completion",
            {"user_filter": {"emial": "x"}},
            "invalid filter field 'emial' on user_filter",
        ),
        ("content_completion", {"emial": True}, "invalid field 'emial' on content-completion"),
        (
            "content_completion",
            {"content_filter": {}},
            "invalid field 'content_filter' on content-completion",
        ),
        (
            "content_engagement",
            {"range_target": "created_at"},
            "invalid field 'range_target' on content-engagement",
        ),
        (
            "assignment_summary",
            {"sort_by": "email"},
            "invalid field 'sort_by' on assignment-summary",
        ),
        (
            "simplified_assignments",
            {"user_filter": {}},
            "invalid field 'user_filter' on simplified/assignments",
        ),
        ("manager_summary", {"partner": True}, "invalid field 'partner' on manager-summary"),
        (
            "user_engagement",
            {"email": "true"},
            "invalid value for field 'email' on user-engagement",
        ),
        ("user_engagement", {"email": None}, "invalid value for field 'email' on user-engagement"),
        (
            "user_engagement",
            {"user_filter": {"suspended": "yes"}},
            "invalid filter value for 'suspended' on user_filter",
        ),
        (
            "user_engagement",
            {"user_filter": {"suspended": True}},
            "invalid filter value for 'suspended' on user_filter",
        ),
        (
            "user_engagement",
            {"user_filter": {"id": "12"}},
            "invalid filter value for 'id' on user_filter",
        ),
        ("user_engagement", {"user_filter": "x"}, "invalid filter 'user_filter', object expected"),
        ("track_status", {"range_target": "due_date"}, "invalid value 'due_date' for range_target"),
        (
            "user_content",
            {"content_filter": {"archived": "true"}},
            "invalid filter field 'archived' on content_filter",
        ),
        ("user_content", {"sort_by": "nothing"}, "invalid value 'nothing' for sort_by"),
        (
            "pivoted_user_assignments",
            {"unsuspended_from": "soon"},
            "invalid value for unsuspended_from",
        ),
        ("user_engagement", [], "invalid request body, object expected"),
        ("user_engagement", "x", "invalid request body, object expected"),
    ],
)
def test_bad_requests(client: Client, report: str, body: Any, message: str) -> None:
    response = client.raw(report, window_of(report), body)
    assert (response.status_code, response.json()) == (400, {"message": message})


def test_a_body_that_is_no_json(client: Client) -> None:
    url = f"{client.server.continu_api_url}/reports/assessment-status"
    for data in (b"", b"{", b"\xff"):
        response = client.session.post(
            url, data=data, headers={"Authorization": client.server.token}, timeout=TIMEOUT
        )
        assert response.status_code == 400


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/reports/content-completion", 404),
        ("/reports/content-completion/1", 404),
        ("/reports/content-completion/1/2/3", 404),
        ("/reports/content-completion/one/two", 404),
        ("/reports/content-completion/-5/2", 404),
        ("/reports/content-completion/3/2", 400),
        ("/reports/assessment-status/1/2", 404),
        ("/reports/assignments", 404),
        ("/reports/nothing/1/2", 404),
        ("/nothing", 404),
        ("/reports/simplified/assignments", 200),
        ("/reports/content-completion/0/2", 200),
    ],
)
def test_paths(client: Client, path: str, status: int) -> None:
    url = client.server.continu_api_url + path
    headers = {"Authorization": client.server.token}
    response = client.session.post(url, json={}, headers=headers, timeout=TIMEOUT)
    assert response.status_code == status
    assert int(response.headers["X-REQUESTS-PER-DAY"]) > 0
    assert status == 200 or isinstance(response.json()["message"], str)


def test_only_post(client: Client) -> None:
    url = f"{client.server.continu_api_url}/reports/assessment-status"
    headers = {"Authorization": client.server.token}
    assert client.session.get(url, headers=headers, timeout=TIMEOUT).status_code == 405


@pytest.mark.parametrize(
    ("scheme", "header", "message"),
    [
        ("raw", "secret", None),
        ("raw", "Bearer secret", "invalid header"),
        ("bearer", "Bearer secret", None),
        ("bearer", "secret", "invalid header"),
        ("any", "secret", None),
        ("any", "Bearer secret", None),
        ("raw", None, "invalid header"),
        ("raw", "other", "invalid token, unauthorized request"),
    ],
)
def test_authorization(scheme: AuthScheme, header: str | None, message: str | None) -> None:
    with running(Options(users=10, now=START, auth_scheme=scheme, token="secret")) as server:
        url = f"{server.continu_api_url}/reports/assessment-status"
        headers = {} if header is None else {"Authorization": header}
        response = requests.post(url, json={}, headers=headers, timeout=TIMEOUT)
    if message is None:
        assert response.status_code == 200
    else:
        assert (response.status_code, response.json()) == (401, {"message": message})
        assert "X-REQUESTS-PER-MINUTE" not in response.headers


def test_expired_and_renewed_token(fresh: Client) -> None:
    fresh.admin("token", {"expire": True})
    response = fresh.raw("assessment_status", None, {})
    assert response.status_code == 401
    assert response.json() == {"message": "invalid token TTL Expired, unauthorized request"}
    fresh.admin("token", {"token": "other"})
    assert fresh.raw("assessment_status", None, {}).status_code == 401
    headers = {"Authorization": "other"}
    assert fresh.raw("assessment_status", None, {}, headers=headers).status_code == 200


Narrowing = tuple[str, str, dict[str, str], Callable[[dict[str, Any]], bool]]


@pytest.mark.parametrize(
    ("report", "control", "wanted", "fits"),
    [
        (
            "content_completion",
            "user_filter",
            {"departments": "Sales,Finance"},
            lambda row: bool({"Sales", "Finance"} & set(row["departments"])),
        ),
        (
            "content_completion",
            "user_filter",
            {"is_manager": "false", "grades": "G1"},
            lambda row: not row["is_manager"] and row["grade"] == "G1",
        ),
        ("content_completion", "user_filter", {"email": ""}, lambda row: "email" in row),
        (
            "content_completion",
            "entity_filter",
            {"entity_type": "course"},
            lambda row: row["content"]["type"] == "course",
        ),
        (
            "user_content",
            "content_filter",
            {"content_type": "course, video"},
            lambda row: row["content"]["type"] in ("course", "video"),
        ),
        (
            "content_engagement",
            "content_filter",
            {"archived": "false"},
            lambda row: not row["archived"],
        ),
        (
            "user_engagement",
            "user_filter",
            {"role": "learner"},
            lambda row: row["role"] == "learner",
        ),
        (
            "manager_summary",
            "manager_filter",
            {"org_levels": "Lead"},
            lambda row: row["org_level"] == "Lead",
        ),
        ("workshop_status", "user_filter", {"suspended": "true"}, lambda row: row["suspended"]),
        (
            "assignment_summary",
            "user_filter",
            {"locations": "Remote"},
            lambda row: "Remote" in row["locations"],
        ),
    ],
)
def test_filters_narrow(
    client: Client, report: str, control: str, wanted: dict[str, str], fits: Callable[[Any], bool]
) -> None:
    truth = client.truth(report, window_of(report))
    expected = [row for row in truth if fits(row)]
    rows = client.rows(report, window_of(report), **{control: wanted})
    names = REPORTS[report].always
    aliases = REPORTS[report].aliases
    found = [tuple(row[aliases.get(name, name)] for name in names) for row in rows]
    assert found == [tuple(row[name] for name in names) for row in expected]


@pytest.mark.parametrize(
    ("report", "control", "id_key", "column"),
    [
        ("track_status", "track_filter", "content_id", "track_id"),
        ("scorm_status", "scorm_filter", "content_id", "scorm_id"),
        ("assessment_status", "assessment_filter", "content_id", "assessment_id"),
        ("workshop_status", "workshop_filter", "content_id", "workshop_id"),
        ("workshop_engagement", "workshop_filter", "content_id", "workshop_id"),
        ("assignment_summary", "assignment_filter", "assignment_id", "assignment_id"),
        ("assignment_summary", "assignment_filter", "content_id", "content_id"),
        ("content_engagement", "content_filter", "content_id", "id"),
    ],
)
def test_filters_by_id(client: Client, report: str, control: str, id_key: str, column: str) -> None:
    window = window_of(report)
    truth = client.truth(report, window)
    wanted = truth[len(truth) // 2][column]
    rows = client.rows(report, window, **{control: {id_key: wanted}})
    assert len(rows) == sum(row[column] == wanted for row in truth) > 0
    assert client.rows(report, window, **{control: {id_key: HEX}}) == []


def test_pivots_narrow_what_they_count(client: Client) -> None:
    items = client.truth("assignment_summary", APRIL)
    managers = [row for row in items if row["is_manager"]]
    rows = client.rows("pivoted_content_assignments", APRIL, user_filter={"is_manager": "true"})
    assert sum(row["assignedCount"] for row in rows) == len(managers) > 0
    content = items[0]["content_id"]
    users = client.rows("pivoted_user_assignments", APRIL, content_filter={"content_id": content})
    counted = sum(sum(row["statusCounts"].values()) for row in users)
    assert counted == sum(row["content_id"] == content for row in items)


def test_unsuspended_bounds(client: Client) -> None:
    every = client.rows("pivoted_user_assignments", APRIL)
    bounds = {"unsuspended_from": "0", "unsuspended_to": str(APRIL[1])}
    back = client.rows("pivoted_user_assignments", APRIL, **bounds)
    assert len(back) < len(every)
    none = {"unsuspended_from": "1", "unsuspended_to": "2"}
    assert client.rows("pivoted_user_assignments", APRIL, **none) == []
