from __future__ import annotations

from typing import Any

import pytest
import requests

from sandbox.__main__ import parse_arguments
from sandbox.coursebase.realities import REALITIES
from sandbox.options import Options
from sandbox.server import running
from tests.sandbox.coursebase.client import Client, Clock, members

USERS = "org.users.list"


@pytest.fixture
def choose(api: Client) -> Any:
    yield api.server.coursebase.realities.choose
    api.server.coursebase.realities.reset()


def test_the_command_line_takes_each_by_its_name() -> None:
    asked = [part for name in REALITIES for part in ("--reality", name)]
    assert parse_arguments(asked).options.realities == tuple(REALITIES)
    assert all(name == reality.name for name, reality in REALITIES.items())


def test_a_server_starts_with_some() -> None:
    with running(Options(users=10, realities=("camel", "envelope"))) as server:
        api = Client(server, requests.Session(), Clock())
        assert set(api.data(USERS)["users"][0]) == {"userId", "loginId"}


def test_camel_case(api: Client, choose: Any) -> None:
    choose(["camel"])
    info = api.data("user.info", user_id=api.user_ids()[0])
    assert {"userId", "loginId", "timeZone", "profile"} <= info.keys()
    assert {"fieldId", "name", "values"} == info["profile"][0].keys()


@pytest.mark.parametrize(
    ("name", "form", "other"), [("integer-ids", int, str), ("integer-ids-as-text", str, int)]
)
def test_ids_are_numbers(name: str, form: type, other: type, api: Client, choose: Any) -> None:
    logins = [user["login_id"] for user in api.data(USERS)["users"]]
    choose([name])
    users = api.data(USERS)["users"]
    assert [user["login_id"] for user in users] == logins
    ids = [user["user_id"] for user in users]
    assert len({*ids}) == len(logins)
    assert {type(identity) for identity in ids} == {int}
    info = api.data("user.info", user_id=form(ids[1]))
    assert (info["user_id"], info["login_id"]) == (ids[1], logins[1])
    assert api.error("user.info", {"user_id": other(ids[1])}) == "invalid_argument"
    assert api.error("user.info", {"user_id": form(7)}) == "user_not_found"


def test_cursors_are_numbers(api: Client, choose: Any) -> None:
    api.admin("settings", {"page_size": 2})
    expected = [api.data(USERS), api.data(USERS, next=api.data(USERS)["next"])]
    choose(["cursor-number"])
    first = api.data(USERS)
    assert isinstance(first["next"], int)
    assert [first["users"], api.data(USERS, next=first["next"])["users"]] == [
        page["users"] for page in expected
    ]
    assert api.error(USERS, {"next": 7}) == "invalid_cursor"


@pytest.mark.parametrize(
    ("name", "end"), [("cursor-false", False), ("cursor-empty", ""), ("cursor-zero", 0)]
)
def test_ends_of_lists(name: str, end: Any, api: Client, choose: Any) -> None:
    choose([name])
    api.admin("settings", {"page_size": 1000})
    found = api.data(USERS)["next"]
    assert (found, type(found)) == (end, type(end))
    api.admin("settings", {"page_size": 2})
    assert isinstance(api.data(USERS)["next"], str)


def test_errors(api: Client, choose: Any) -> None:
    choose(["error-text"])
    answer = api.post("user.info", {"user_id": "nobody"}).json()
    assert answer == {
        "status": "error",
        "error": None,
        "message": "The request cannot be answered (user not found)",
    }
    choose(["unknown-envelope"])
    assert api.post(USERS, {}).json()["status"] == "ok"


def test_a_refused_rate(api: Client, choose: Any) -> None:
    choose(["rate-limited-200"])
    assert api.error(USERS, {}) == "rate_limited"
    assert api.error("org.groups.list", {}) == "rate_limited"
    assert api.data(USERS)["users"]


def test_jobs(api: Client, choose: Any) -> None:
    people = {"report_type": "people"}
    start = {**people, "language": "en", "time_zone": "UTC"}
    choose(["late-job", "job-words"])
    api.post("report.export.status", people)
    assert api.data("report.export", **start)["status"] == "queued"
    polls = [api.post("report.export.status", people).json() for _ in range(4)]
    assert [poll.get("error") for poll in polls] == ["not_found"] * 3 + [None]
    choose(["no-file"])
    api.admin("exports", method="DELETE")
    finished = api.finish(**people)
    assert finished["row_count"] == 0
    assert "url" not in finished


@pytest.mark.parametrize(
    "name", [name for name, reality in REALITIES.items() if reality.files and name != "no-file"]
)
def test_files(name: str, api: Client, choose: Any) -> None:
    plain = api.finish(report_type="people")
    api.admin("exports", method="DELETE")
    choose([name])
    other = api.finish(report_type="people")
    found, expected = (api.fetch(job["url"]).content for job in (other, plain))
    assert (found, other["row_count"]) != (expected, plain["row_count"])
    if name == "text-member":
        assert list(members(found)) == ["People.txt"]
