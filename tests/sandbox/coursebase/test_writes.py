from __future__ import annotations

from typing import Any

from tests.sandbox.coursebase.client import Client
from tests.sandbox.coursebase.test_errors import NEW


def learner_rows(api: Client, login_id: str) -> list[list[str]]:
    rows: list[list[str]] = api.truth("report/learners")["rows"]
    return [row for row in rows if row[2] == login_id]


def test_create(api: Client) -> None:
    field = api.data("org.profile.list")[0]
    profile = [{"field_id": field["field_id"], "value": "E-1"}]
    user_id = api.data("user.create", **NEW, profile=profile, password_change_required=True)[
        "user_id"
    ]
    assert api.walk("org.users.list", "users")[-1] == {
        "user_id": user_id,
        "login_id": NEW["login_id"],
    }
    info = api.data("user.info", user_id=user_id)
    assert {name: info[name] for name in ("last_name", "language", "time_zone")} == {
        "last_name": "Ashgrove",
        "language": "en",
        "time_zone": "Asia/Tokyo",
    }
    assert info["profile"] == [
        {"field_id": field["field_id"], "name": field["name"], "values": ["E-1"]}
    ]
    root = api.group_ids()[0]
    last = api.walk("group.users.list", "users", group_id=root)[-1]
    assert (last["user_id"], last["role"]) == (user_id, "learner")
    assert api.error("user.create", NEW) == "login_id_exists"


def test_update_replaces_values_of_the_fields_it_names(api: Client) -> None:
    before = next(
        user
        for user in api.truth("user_details")
        if len(user["profile"]) > 2 and len(user["profile"][-1]["values"]) == 1
    )
    choices = {f["field_id"]: f.get("choices") for f in api.data("org.profile.list")}
    field = before["profile"][-1]["field_id"]
    choice = choices[field][0]
    api.data(
        "user.update",
        user_id=before["user_id"],
        language="th",
        profile=[{"field_id": field, "value": choice["choice_id"]}],
    )
    after = api.data("user.info", user_id=before["user_id"])
    assert after["profile"][-1]["values"] == [choice]
    assert after == before | {
        "language": "th",
        "profile": [*before["profile"][:-1], after["profile"][-1]],
    }
    api.data("user.update", user_id=before["user_id"], login_id=before["login_id"])


def test_delete_takes_the_user_out_of_everything(api: Client) -> None:
    pair = api.truth("course_approvers")[0]
    user = pair["approver"]
    learners = {c["course_id"]: c["learner_count"] for c in api.truth("course_details")}
    assert api.data("user.delete", user_id=user["user_id"]) is None
    assert user["user_id"] not in api.user_ids()
    for stream in ("users", "user_details", "user_groups", "group_users", "course_approvers"):
        assert user["user_id"] not in str(api.truth(stream))
    assert learner_rows(api, user["login_id"]) == []
    assert sum(c["learner_count"] for c in api.truth("course_details")) <= sum(learners.values())
    for method in ("user.info", "user.groups.list", "user.delete"):
        assert api.error(method, {"user_id": user["user_id"]}) == "user_not_found"


def test_asynchronous_writes_take_effect_later(api: Client) -> None:
    api.admin("settings", {"async_seconds": 30})
    first, second, third, *_ = api.user_ids()
    root = api.group_ids()[0]
    role = api.truth("group_users")[2]["role"]
    writes: list[tuple[str, dict[str, Any]]] = [
        ("user.delete", {"user_id": first}),
        ("group.user.remove", {"group_id": root, "user_id": third, "role": role}),
        ("user.merge", {"base_user_id": third, "merge_user_id": second}),
    ]
    before = api.truth("group_users")
    for method, arguments in writes:
        assert api.data(method, **arguments) is None
    assert api.truth("group_users") == before
    assert api.data("user.info", user_id=first)["user_id"] == first
    api.clock.now += 30
    assert api.user_ids()[0] == third
    assert api.error("user.info", {"user_id": first}) == "user_not_found"


def test_merge_moves_everything_to_the_base_user(api: Client) -> None:
    users = api.truth("users")
    base, merged = [u for u in users[1:] if len(learner_rows(api, u["login_id"])) > 1][:2]
    count = sum(len(learner_rows(api, u["login_id"])) for u in (base, merged))
    groups = {
        row["group_id"]
        for u in (base, merged)
        for row in api.data("user.groups.list", user_id=u["user_id"])
    }
    api.data("user.merge", base_user_id=base["user_id"], merge_user_id=merged["user_id"])
    assert len(learner_rows(api, base["login_id"])) == count
    now = api.data("user.groups.list", user_id=base["user_id"])
    assert {row["group_id"] for row in now} == groups
    assert api.error("user.info", {"user_id": merged["user_id"]}) == "user_not_found"


def test_deactivate_and_reactivate(api: Client) -> None:
    user = api.truth("users")[0]
    people = api.truth("report/people")
    api.data("user.deactivate", user_id=user["user_id"])
    assert api.truth("users")[0] == user
    changed = api.truth("report/people")
    assert changed["rows"] != people["rows"]
    assert changed["data_updated_at"] > people["data_updated_at"]
    api.data("user.reactivate", user_id=user["user_id"])
    assert api.truth("report/people")["rows"] == people["rows"]


def test_memberships(api: Client) -> None:
    group, user = api.group_ids()[3], api.user_ids()[4]
    wanted = {"group_id": group, "user_id": user}

    def roles() -> list[str]:
        rows = api.walk("group.users.list", "users", group_id=group)
        return sorted(row["role"] for row in rows if row["user_id"] == user)

    for row in api.walk("group.users.list", "users", group_id=group):
        if row["user_id"] == user:
            api.data("group.user.remove", **wanted, role=row["role"])
    for role in ("admin", "learner", "admin"):
        api.data("group.user.add", **wanted, role=role)
    assert roles() == ["admin", "learner"]
    for _ in range(2):
        api.data("group.user.remove", **wanted, role="admin")
    assert roles() == ["learner"]


def test_approvers(api: Client) -> None:
    first, second = api.user_ids()[1:3]
    wanted = {"approver_id": second, "requester_id": first}
    before = api.truth("course_approvers")
    api.data("course.approvers.add", **wanted)
    added = api.walk("course.approvers.list", "relationships")[-1]
    assert (added["approver"]["user_id"], added["requester"]["user_id"]) == (second, first)
    api.data("course.approvers.remove", **wanted)
    assert api.truth("course_approvers") == before
