from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.__main__ import parse_arguments
from sandbox.coursebase.api import CoursebaseApi, build_coursebase
from sandbox.coursebase.jobs import Selector
from sandbox.coursebase.reports.types import TYPES
from sandbox.coursebase.truth import TRUTHS, report_truth
from sandbox.options import Options
from sandbox.server import running
from tests.sandbox.coursebase.client import TIMEOUT, Client, Clock


def everything(api: CoursebaseApi) -> dict[str, Any]:
    rows = {name: list(truth(api.organisation, api.settings)) for name, truth in TRUTHS.items()}
    reports = {
        kind: report_truth(
            api.organisation, Selector("report_type", kind), "ja", "Asia/Tokyo", "utf-8"
        )
        for kind, declared in TYPES.items()
        if declared.feature is None or declared.feature in api.organisation.state.features
    }
    return {"streams": rows, "reports": reports}


def test_equal_options_make_equal_data() -> None:
    options = Options(users=50, features=frozenset({"approvers", "udemy"}))
    first, second = (everything(build_coursebase(options)) for _ in range(2))
    assert first == second
    other = everything(build_coursebase(Options(users=50, seed=8, features=options.features)))
    for part in ("users", "groups", "courses", "profile_fields", "reports"):
        assert other["streams"][part] != first["streams"][part]


def test_sizes() -> None:
    organisation = build_coursebase(Options(users=10)).organisation
    assert (len(organisation.state.users), len(organisation.state.groups)) == (10, 3)
    options = Options(users=10, coursebase_users=2000, courses=4)
    state = build_coursebase(options).organisation.state
    assert (len(state.users), len(state.groups), len(state.courses)) == (2000, 50, 4)
    assert len(set(state.users)) == 2000


def test_only_a_root_and_no_courses() -> None:
    api = build_coursebase(Options(users=10, groups=1, courses=0))
    found = everything(api)
    assert [group["parent_id"] for group in found["streams"]["groups"]] == [None]
    assert len(found["streams"]["group_users"]) == 10
    assert found["reports"]["learners"]["rows"] == []


def test_several_calls_in_flight(api: Client) -> None:
    def info(user_id: str) -> Any:
        with requests.Session() as session:
            return Client(api.server, session, api.clock).data("user.info", user_id=user_id)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(info, api.user_ids())) == api.truth("user_details")


def test_latency(api: Client) -> None:
    api.admin("settings", {"latency": 0.1})
    assert api.data("org.groups.list")
    api.admin("settings", {"latency": 30})
    with pytest.raises(requests.ReadTimeout):
        api.post("org.groups.list", {}, timeout=0.1)


def test_twenty_thousand_users() -> None:
    options = Options(users=20_000, groups=500, courses=300)
    with running(options) as server, requests.Session() as session:
        client = Client(server, session, Clock())
        rows = client.walk("org.users.list", "users")
        assert len({row["user_id"] for row in rows}) == len(rows) == 20_000
        assert len(client.data("org.groups.list")) == 500
        assert len(client.walk("org.courses.list", "courses")) == 300
        root = client.walk("group.users.list", "users", group_id=client.group_ids()[0])
        assert len({row["user_id"] for row in root}) == 20_000
        for row in rows[:200]:
            client.data("user.groups.list", user_id=row["user_id"])
            client.data("user.info", user_id=row["user_id"])


def test_command_line_options() -> None:
    text = (
        "--coursebase-users 40 --groups 9 --courses 8 --features udemy --page-size 7"
        " --export-seconds 1.5 --error-http-status 400 --same-link --hide-deactivated"
        " --async-seconds 2 --coursebase-latency-ms 5 --token-lifetime-seconds 60"
        " --coursebase-token t --client-id c --client-secret s"
    )
    options, exports = parse_arguments(text.split())
    assert (options.coursebase_users, options.groups, options.courses) == (40, 9, 8)
    assert options.features == frozenset({"udemy"})
    assert (options.page_size, options.error_http_status) == (7, 400)
    assert (options.same_link, options.deactivated_listed) == (True, False)
    assert not exports
    assert parse_arguments([]).options == Options()
    assert parse_arguments(["--features", ""]).options.features == frozenset()


@pytest.mark.parametrize("arguments", [["--groups", "0"], ["--courses", "-1"], ["--features", "x"]])
def test_senseless_options(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse_arguments(arguments)
    assert arguments[0] in capsys.readouterr().err


def test_command_line() -> None:
    command = [sys.executable, "-m", "sandbox", "--users", "20", "--coursebase-token", "t"]
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        try:
            assert set(ready) == {
                "url",
                "continu_api_url",
                "token",
                "coursebase_url",
                "coursebase_token",
                "coursebase_token_url",
                "storage_url",
            }
            assert ready["coursebase_token"] == "t"
            answer = requests.post(
                f"{ready['coursebase_url']}/api/org.users.list",
                json={},
                headers={"Authorization": "Bearer t"},
                timeout=TIMEOUT,
            )
            assert len(answer.json()["data"]["users"]) == 20
            assert requests.get(ready["storage_url"], timeout=TIMEOUT).status_code == 403
        finally:
            process.terminate()
    assert process.returncode == 0
