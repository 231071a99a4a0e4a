from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.coursebase.client import Client


def change(api: Client, what: str, /, **wanted: Any) -> Any:
    return api.admin("change", {"change": what, **wanted})


def groups(api: Client) -> dict[str, Any]:
    return {group["group_id"]: group for group in api.data("org.groups.list")}


def test_groups(api: Client) -> None:
    root, second, *_ = api.group_ids()
    made = change(api, "create_group", name="Kiln crew")["group_id"]
    assert groups(api)[made] == {"group_id": made, "name": "Kiln crew", "parent_id": root}
    assert api.data("group.users.list", group_id=made) == {"users": [], "next": None}
    change(api, "rename_group", group_id=made, name="Kiln crew 2")
    change(api, "move_group", group_id=made, parent_id=second)
    assert groups(api)[made] == {"group_id": made, "name": "Kiln crew 2", "parent_id": second}
    children = [g for g, row in groups(api).items() if row["parent_id"] == second]
    members = api.walk("group.users.list", "users", group_id=second)
    assert members
    change(api, "delete_group", group_id=second)
    assert all(groups(api)[child]["parent_id"] == root for child in children)
    assert api.error("group.users.list", {"group_id": second}) == "group_not_found"
    assert second not in str(api.truth("user_groups"))


def test_instructors(api: Client) -> None:
    wanted = {"group_id": api.group_ids()[2], "user_id": api.user_ids()[5]}
    change(api, "add_member", **wanted)
    rows = api.walk("group.users.list", "users", group_id=wanted["group_id"])
    assert rows[-1]["user_id"] == wanted["user_id"]
    assert rows[-1]["role"] == "instructor"


def test_courses(api: Client) -> None:
    made = change(api, "create_course", title="Bees", location=None)["course_id"]
    info = api.data("course.info", course_id=made)
    assert (info["title"], info["location"], info["learner_count"]) == ("Bees", None, 0)
    change(api, "enrol", course_id=made, user_id=api.user_ids()[0])
    assert api.data("course.info", course_id=made)["learner_count"] == 1
    change(api, "update_course", course_id=made, title="Wasps")
    change(api, "archive_course", course_id=made)
    assert api.data("course.info", course_id=made)["status"] == "archived"
    last = api.walk("org.courses.list", "courses")[-1]
    assert last == {"course_id": made, "title": "Wasps"}
    assert any(row[3] == "Wasps" for row in api.truth("report/learners")["rows"])
    change(api, "delete_course", course_id=made)
    assert api.error("course.info", {"course_id": made}) == "course_not_found"


def test_saved_reports(api: Client) -> None:
    made = change(api, "create_report", title="Two", type="people", columns=["login_id", "備考"])[
        "report_id"
    ]
    assert api.truth(f"saved_report/{made}")["header"] == ["Email or other login ID", "備考"]
    assert api.start(report_id=made)["status"] == "pending"
    change(api, "delete_report", report_id=made)
    wanted = {"report_id": made, "language": "en", "time_zone": "UTC"}
    assert api.error("report.export", wanted) == "report_not_found"


def test_features(api: Client) -> None:
    assert change(api, "switch", feature="approvers", enabled=False) == {"features": ["udemy"]}
    assert api.error("course.approvers.list", {}) == "feature_not_enabled"
    change(api, "switch", feature="approvers", enabled=True)
    assert api.data("course.approvers.list")["relationships"]


def test_several_changes_at_once(api: Client) -> None:
    plans = [{"change": "create_group", "name": name} for name in ("A", "B")]
    made = api.admin("change", plans)
    assert [groups(api)[one["group_id"]]["name"] for one in made] == ["A", "B"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"change": "nothing"},
        {"change": "create_group"},
        {"change": "delete_group", "group_id": "none"},
        {"change": "create_course", "colour": "red"},
        {"change": "touch", "report_type": "persons"},
        {"change": "create_report", "title": "x", "type": "people", "columns": ["x"]},
        {"change": "delete_report", "report_id": "none"},
        {"change": "add_member", "role": "owner"},
    ],
)
def test_senseless_changes(api: Client, wanted: dict[str, Any]) -> None:
    assert "message" in api.admin("change", wanted, status=400)


def test_the_tree_remains_a_tree(api: Client) -> None:
    root, second, *_ = api.group_ids()
    child = next(g for g, row in groups(api).items() if row["parent_id"] == second)
    for group, parent in ((second, child), (root, second), (second, second)):
        wanted = {"change": "move_group", "group_id": group, "parent_id": parent}
        api.admin("change", wanted, status=400)
    api.admin("change", {"change": "delete_group", "group_id": root}, status=400)


def test_settings(api: Client) -> None:
    before = api.admin("settings", method="GET")
    after = api.admin("settings", {"page_size": 3, "export_seconds": 1})
    assert after == before | {"page_size": 3, "export_seconds": 1.0}
    for wrong in ({"colour": 1}, {"page_size": True}, {"same_link": 1}, {"page_size": "many"}):
        assert "message" in api.admin("settings", wrong, status=400)
    assert api.admin("settings", method="GET") == after
    assert len(api.data("org.users.list")["users"]) == 3


def test_clock_and_reset(api: Client) -> None:
    first = api.admin("clock", {"advance_seconds": 0})["now"]
    assert first == "2027-01-15T08:00:00.000Z"
    assert api.admin("clock", {"advance_seconds": 1.5})["now"] == "2027-01-15T08:00:01.500Z"
    api.admin("clock", {"advance_seconds": -1.5})
    users = api.truth("users")
    api.data("user.delete", user_id=users[0]["user_id"])
    api.plan("html", "nothing")
    api.admin("settings", {"page_size": 3})
    api.admin("reset")
    assert api.truth("users") == users
    assert api.faults_left() == 0
    assert len(api.data("org.users.list")["users"]) == 20


def test_unknown_truth(api: Client) -> None:
    assert "message" in api.admin("truth/everything", method="GET", status=400)
    assert "message" in api.admin("truth/report/persons", method="GET", status=400)
