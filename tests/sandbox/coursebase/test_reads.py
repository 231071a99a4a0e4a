from __future__ import annotations

from collections import Counter

import pytest

from sandbox.coursebase.languages import LANGUAGES
from tests.sandbox.coursebase.client import Client

LISTS = [
    ("users", "org.users.list", "users"),
    ("courses", "org.courses.list", "courses"),
    ("reports", "org.reports.list", "reports"),
    ("course_approvers", "course.approvers.list", "relationships"),
]


@pytest.mark.parametrize(("stream", "method", "key"), LISTS)
def test_lists_hold_the_truth(api: Client, stream: str, method: str, key: str) -> None:
    rows = api.walk(method, key)
    assert rows
    assert rows == api.truth(stream)


@pytest.mark.parametrize(
    ("stream", "method"), [("groups", "org.groups.list"), ("profile_fields", "org.profile.list")]
)
def test_plain_lists_are_the_data(api: Client, stream: str, method: str) -> None:
    assert api.data(method) == api.truth(stream)


def test_details_hold_the_truth(api: Client) -> None:
    users = [row["user_id"] for row in api.truth("users")]
    assert [api.data("user.info", user_id=u) for u in users] == api.truth("user_details")
    courses = [row["course_id"] for row in api.truth("courses")]
    assert [api.data("course.info", course_id=c) for c in courses] == api.truth("course_details")
    groups = [
        {"user_id": user, **row}
        for user in users
        for row in api.data("user.groups.list", user_id=user)
    ]
    assert groups == api.truth("user_groups")
    members = [
        {"group_id": group, **row}
        for group in api.group_ids()
        for row in api.walk("group.users.list", "users", group_id=group)
    ]
    assert members == api.truth("group_users")


def test_users_are_as_documented(api: Client) -> None:
    users = api.truth("user_details")
    assert all(
        len(u["user_id"]) == 12 and u["user_id"].isascii() and u["user_id"].isalnum() for u in users
    )
    assert {u["login_id"].rpartition("@")[2] for u in users} == {
        "example.com",
        "example.org",
        "example.co.jp",
    }
    assert len({u["login_id"] for u in users}) == len(users) == 60
    assert {u["language"] for u in users} <= set(LANGUAGES)
    assert set(users[0]) == {
        "user_id",
        "login_id",
        "last_name",
        "first_name",
        "time_zone",
        "language",
        "profile",
    }


def test_profile_values_are_mixed(api: Client) -> None:
    fields = {field["field_id"]: field for field in api.truth("profile_fields")}
    assert {field["type"] for field in fields.values()} == {
        "text",
        "number",
        "date",
        "text_choice",
        "number_choice",
        "date_choice",
    }
    assert all(("choices" in f) == f["type"].endswith("_choice") for f in fields.values())
    entries = [entry for user in api.truth("user_details") for entry in user["profile"]]
    lengths = {len(entry["values"]) for entry in entries}
    assert lengths == {0, 1, 2}
    values = [(fields[e["field_id"]], value) for e in entries for value in e["values"]]
    kinds = {(field["type"], type(value)) for field, value in values}
    assert kinds >= {("text", str), ("number", int), ("number", float), ("date", str)}
    choices = [(field, value) for field, value in values if "choices" in field]
    assert {type(value) for _, value in choices} == {dict}
    assert {type(value["value"]) for _, value in choices} == {str, int, float}
    listed = {choice["choice_id"] for f in fields.values() for choice in f.get("choices", ())}
    assert not {value["choice_id"] for _, value in choices} <= listed


def test_groups_are_a_tree(api: Client) -> None:
    parents = {group["group_id"]: group["parent_id"] for group in api.data("org.groups.list")}
    assert len(parents) == 8
    assert list(parents.values()).count(None) == 1
    assert all(parent in parents for parent in parents.values() if parent)
    for group in parents:
        seen = []
        above: str | None = group
        while above is not None:
            assert above not in seen
            seen.append(above)
            above = parents[above]


def test_memberships_have_all_roles(api: Client) -> None:
    rows = api.truth("group_users")
    assert {row["role"] for row in rows} == {"learner", "admin", "instructor"}
    assert len({(r["group_id"], r["user_id"], r["role"]) for r in rows}) == len(rows)
    assert max(Counter((r["group_id"], r["user_id"]) for r in rows).values()) > 1


def test_courses_have_every_combination_of_nulls(api: Client) -> None:
    courses = api.truth("course_details")
    assert {c["status"] for c in courses} == {"active", "archived"}
    seats = {(c["learner_maximum"], c["learner_waitlist"]) for c in courses}
    assert seats == {("disabled", None), ("enabled", "disabled"), ("enabled", "enabled")}
    for course in courses:
        limited, waiting = (
            course[name] == "enabled" for name in ("learner_maximum", "learner_waitlist")
        )
        assert (course["learner_maximum_count"] is not None) == limited
        assert (course["learner_waitlist"] is not None) == limited
        assert (course["learner_waitlist_count"] is not None) == waiting
        passing = course["passing_grade"] == "enabled"
        assert (course["passing_grade_percentage"] is not None) == passing
    dates = {(c["start_date"] is None, c["end_date"] is None) for c in courses}
    assert len(dates) == 4
    assert any(c["title_translations"] for c in courses)
    assert not all(c["title_translations"] for c in courses)


def test_search_finds_parts_of_login_ids(api: Client) -> None:
    users = api.truth("users")
    found = api.walk("org.users.search", "users", login_id="@EXAMPLE.COM, co.jp")
    assert found == [u for u in users if u["login_id"].endswith((".com", ".co.jp"))]
    assert api.data("org.users.search", login_id="nobody at all") == {"users": [], "next": None}


@pytest.mark.parametrize("terms", ["ab", "abc,d", ",".join(["abc"] * 101)])
def test_search_has_limits(api: Client, terms: str) -> None:
    assert api.error("org.users.search", {"login_id": terms}) == "invalid_argument"


def test_search_takes_a_hundred_terms(api: Client) -> None:
    assert api.data("org.users.search", login_id=",".join(["abc"] * 100))["users"] == []


def test_approvers_are_found_on_both_sides(api: Client) -> None:
    pairs = api.truth("course_approvers")
    approvers = {p["approver"]["user_id"] for p in pairs}
    both = next(p["requester"] for p in pairs if p["requester"]["user_id"] in approvers)
    found = api.walk("course.approvers.list", "relationships", login_id=both["login_id"].upper())
    assert any(p["approver"] == both for p in found)
    assert any(p["requester"] == both for p in found)
    assert found == [p for p in pairs if both["login_id"] in str(p)]


def test_deactivated_users_can_be_hidden(api: Client) -> None:
    everybody = api.truth("users")
    api.admin("settings", {"deactivated_listed": False})
    hidden = api.walk("org.users.list", "users")
    assert len(hidden) < len(everybody)
    assert hidden == api.truth("users")
    away = next(row for row in everybody if row not in hidden)
    assert api.data("user.info", user_id=away["user_id"])["login_id"] == away["login_id"]
