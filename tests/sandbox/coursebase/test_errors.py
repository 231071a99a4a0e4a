from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sandbox.coursebase.methods import METHODS
from tests.sandbox.coursebase.client import TIMEOUT, Client

Body = dict[str, Any]
NOBODY = {"user_id": "000000000000"}
NEW = {
    "login_id": "new.one@example.com",
    "last_name": "Ashgrove",
    "first_name": "Tobin",
    "password": "eightlong",
    "role": "learner",
    "language": "en",
    "time_zone": "Asia/Tokyo",
}
EXPORT = {"report_type": "learners", "language": "en", "time_zone": "UTC"}


def user(api: Client, number: int = 0) -> str:
    return api.user_ids()[number]


def taken(api: Client) -> str:
    return str(api.truth("users")[1]["login_id"])


def off(api: Client) -> Body:
    api.admin("change", {"change": "switch", "feature": "approvers", "enabled": False})
    return {}


def pair(api: Client) -> Body:
    first = api.truth("course_approvers")[0]
    return {
        "approver_id": first["approver"]["user_id"],
        "requester_id": first["requester"]["user_id"],
    }


def membership(api: Client) -> Body:
    return {"group_id": api.group_ids()[1], "user_id": user(api), "role": "learner"}


def deactivated(api: Client) -> Body:
    wanted = {"user_id": user(api)}
    api.data("user.deactivate", **wanted)
    return wanted


def without_udemy(api: Client) -> Body:
    api.admin("change", {"change": "switch", "feature": "udemy", "enabled": False})
    return {"report_type": "udemy_user_progress"}


def profile(*entries: Any) -> Body:
    return {"profile": list(entries)}


def field(api: Client, kind: str, value: Any) -> Body:
    fields = api.data("org.profile.list")
    return {"field_id": next(f["field_id"] for f in fields if f["type"] == kind), "value": value}


Case = tuple[str, str, Callable[[Client], Body]]
CASES: list[Case] = [
    ("user.info", "user_not_found", lambda _: NOBODY),
    ("user.groups.list", "user_not_found", lambda _: NOBODY),
    ("group.users.list", "group_not_found", lambda _: {"group_id": "none"}),
    ("course.info", "course_not_found", lambda _: {"course_id": "none"}),
    ("course.approvers.list", "feature_not_enabled", off),
    ("report.export", "invalid_report_type", lambda _: EXPORT | {"report_type": "persons"}),
    ("report.export", "invalid_report_type", lambda api: EXPORT | without_udemy(api)),
    (
        "report.export",
        "invalid_report_id",
        lambda _: {"report_id": "no/id", "language": "en", "time_zone": "UTC"},
    ),
    (
        "report.export",
        "report_not_found",
        lambda _: {"report_id": "AoVrqJR0xD", "language": "en", "time_zone": "UTC"},
    ),
    ("report.export", "invalid_language", lambda _: EXPORT | {"language": "zh-CN"}),
    ("report.export", "invalid_time_zone", lambda _: EXPORT | {"time_zone": "Japan Time"}),
    ("report.export.status", "invalid_report_type", lambda _: {"report_type": "persons"}),
    ("report.export.status", "invalid_report_type", without_udemy),
    ("report.export.status", "not_found", lambda _: {"report_type": "learners"}),
    ("report.export.status", "not_found", lambda _: {"report_id": "AoVrqJR0xD"}),
    ("user.create", "login_id_exists", lambda api: NEW | {"login_id": taken(api)}),
    ("user.create", "invalid_password", lambda _: NEW | {"password": "seven77"}),
    ("user.create", "invalid_time_zone", lambda _: NEW | {"time_zone": "GMT+9 or so"}),
    ("user.create", "invalid_language", lambda _: NEW | {"language": "pl"}),
    ("user.create", "invalid_role", lambda _: NEW | {"role": "instructor"}),
    ("user.create", "invalid_profile", lambda _: NEW | profile({"field_id": "x", "value": 1})),
    (
        "user.create",
        "invalid_profile",
        lambda api: NEW | profile(*[field(api, "text", "twice")] * 2),
    ),
    ("user.create", "invalid_profile", lambda api: NEW | profile(field(api, "text", 5))),
    ("user.create", "invalid_profile", lambda api: NEW | profile(field(api, "number", "5"))),
    ("user.create", "invalid_profile", lambda api: NEW | profile(field(api, "date", "5 May"))),
    ("user.create", "invalid_profile", lambda api: NEW | profile(field(api, "date_choice", "?"))),
    ("user.update", "user_not_found", lambda _: NOBODY),
    (
        "user.update",
        "login_id_exists",
        lambda api: {"user_id": user(api), "login_id": taken(api)},
    ),
    ("user.update", "invalid_time_zone", lambda api: {"user_id": user(api), "time_zone": "?"}),
    ("user.update", "invalid_language", lambda api: {"user_id": user(api), "language": "?"}),
    ("user.update", "invalid_profile", lambda api: {"user_id": user(api)} | profile("text")),
    ("user.delete", "user_not_found", lambda _: NOBODY),
    (
        "user.merge",
        "user_not_found",
        lambda api: {"base_user_id": user(api), "merge_user_id": "none"},
    ),
    (
        "user.merge",
        "cant_merge_same_user",
        lambda api: {"base_user_id": user(api), "merge_user_id": user(api)},
    ),
    ("user.deactivate", "user_not_found", lambda _: NOBODY),
    ("user.deactivate", "user_already_deactivated", deactivated),
    ("user.reactivate", "user_not_found", lambda _: NOBODY),
    ("user.reactivate", "user_already_activated", lambda api: {"user_id": user(api)}),
    *(
        case
        for method in ("group.user.add", "group.user.remove")
        for case in (
            (method, "group_not_found", lambda api: membership(api) | {"group_id": "none"}),
            (method, "user_not_found", lambda api: membership(api) | NOBODY),
            (method, "invalid_role", lambda api: membership(api) | {"role": "instructor"}),
        )
    ),
    *(
        case
        for method in ("course.approvers.add", "course.approvers.remove")
        for case in (
            (method, "approver_not_found", lambda api: pair(api) | {"approver_id": "none"}),
            (method, "requester_not_found", lambda api: pair(api) | {"requester_id": "none"}),
            (method, "feature_not_enabled", lambda api: pair(api) | off(api)),
        )
    ),
    ("course.approvers.add", "relationship_exists", pair),
    (
        "course.approvers.remove",
        "relationship_not_found",
        lambda api: pair(api) | {"requester_id": pair(api)["approver_id"]},
    ),
]


@pytest.mark.parametrize(("method", "code", "body"), CASES)
def test_documented_error(
    api: Client, method: str, code: str, body: Callable[[Client], Body]
) -> None:
    assert api.error(method, body(api)) == code


def test_every_documented_error_is_tested() -> None:
    tested = {(method, code) for method, code, _ in CASES}
    assert tested == {(name, code) for name, m in METHODS.items() for code in m.errors}


@pytest.mark.parametrize("method", [name for name, m in METHODS.items() if m.required])
def test_missing_argument(api: Client, method: str) -> None:
    assert api.error(method, {}) == "missing_argument"


@pytest.mark.parametrize("method", list(METHODS))
def test_unknown_argument_and_wrong_type(api: Client, method: str) -> None:
    declared = METHODS[method]
    body: Body = dict.fromkeys(declared.required, "x")
    assert api.error(method, body | {"limit": "5"}) == "unknown_argument"
    for name in (*declared.required, *declared.optional):
        assert api.error(method, body | {name: 5}) == "invalid_argument"


@pytest.mark.parametrize("method", ["report.export", "report.export.status"])
def test_exactly_one_selector(api: Client, method: str) -> None:
    others = {name: EXPORT[name] for name in METHODS[method].required}
    assert api.error(method, others) == "missing_argument"
    both = {"report_type": "learners", "report_id": "AoVrqJR0xD"}
    assert api.error(method, others | both) == "invalid_argument"


@pytest.mark.parametrize("status", [200, 400])
def test_http_status_of_errors_can_be_chosen(api: Client, status: int) -> None:
    api.admin("settings", {"error_http_status": status})
    assert api.error("user.info", NOBODY, status) == "user_not_found"


def test_unknown_method(api: Client) -> None:
    assert api.error("org.users.all", {}, 404) == "unknown_method"
    assert api.error("batch/user.delete", {}, 404) == "unknown_method"


def test_only_post_with_a_json_object(api: Client) -> None:
    url = f"{api.server.coursebase_url}/api/org.groups.list"
    headers = {"Authorization": f"Bearer {api.server.coursebase.tokens.static}"}
    got = api.session.get(url, headers=headers, timeout=TIMEOUT)
    assert (got.status_code, got.json()["error"]) == (405, "method_not_allowed")
    assert api.error("org.groups.list", []) == "invalid_json"
    json_type = headers | {"Content-Type": "application/json"}
    empty = api.session.post(url, headers=json_type, timeout=TIMEOUT)
    assert empty.json()["error"] == "invalid_json"
    form = api.session.post(url, data={"next": "x"}, headers=headers, timeout=TIMEOUT)
    assert form.json()["error"] == "invalid_content_type"
