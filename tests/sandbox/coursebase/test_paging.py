from __future__ import annotations

import pytest

from tests.sandbox.coursebase.client import Client

LIST = "org.users.list"


def test_pages_follow_cursors(api: Client) -> None:
    pages = list(api.pages(LIST))
    assert [len(page["users"]) for page in pages] == [20, 20, 20]
    cursors = [page["next"] for page in pages]
    assert cursors[-1] is None
    assert all(c.isalnum() and c.isascii() and len(c) == 12 for c in cursors[:-1])
    assert len(set(cursors)) == 3


def test_page_size_is_a_hundred_unless_told() -> None:
    from sandbox.options import Options  # noqa: PLC0415 - nothing else here needs it

    assert Options().page_size == 100


def test_cursor_belongs_to_its_call(api: Client) -> None:
    group = api.group_ids()[0]
    cursor = api.data("group.users.list", group_id=group)["next"]
    other = {"group_id": api.group_ids()[1], "next": cursor}
    assert api.error("group.users.list", other) == "invalid_cursor"
    assert api.error(LIST, {"next": cursor}) == "invalid_cursor"
    assert api.error("group.users.list", {"next": cursor}) == "missing_argument"
    assert api.data("group.users.list", group_id=group, next=cursor)["users"]


@pytest.mark.parametrize("cursor", ["", "RGVRt1m9DRWp"])
def test_unknown_cursor(api: Client, cursor: str) -> None:
    assert api.error(LIST, {"next": cursor}) == "invalid_cursor"


def test_null_is_no_cursor(api: Client) -> None:
    assert api.error(LIST, {"next": None}) == "invalid_argument"


def test_cursor_expires_by_the_clock(api: Client) -> None:
    cursor = api.data(LIST)["next"]
    api.clock.now += 3600
    assert api.data(LIST, next=cursor)["users"]
    api.clock.now += 1
    assert api.error(LIST, {"next": cursor}) == "invalid_cursor"


def test_rows_that_go_between_pages_move_no_others(api: Client) -> None:
    users = api.truth("users")
    first = api.data(LIST)
    for gone in (users[0], users[19], users[30]):
        api.data("user.delete", user_id=gone["user_id"])
    second = api.data(LIST, next=first["next"])
    assert second["users"] == [*users[20:30], *users[31:41]]


def test_missing_next(api: Client) -> None:
    api.plan("missing_next", LIST)
    page = api.data(LIST)
    while "next" in page:
        page = api.data(LIST, next=page["next"])
    assert page["users"][-1] == api.truth("users")[-1]


def test_empty_page_is_not_the_end(api: Client) -> None:
    api.plan("empty_page", LIST, after=1)
    api.plan("empty_page", "org.courses.list")
    pages = list(api.pages(LIST))
    assert [len(page["users"]) for page in pages] == [20, 0, 20, 20]
    assert len({page["next"] for page in pages}) == 4
    assert [len(page["courses"]) for page in api.pages("org.courses.list")] == [0, 14]


def test_duplicate_row(api: Client) -> None:
    api.plan("duplicate_row", LIST)
    rows = api.walk(LIST, "users")
    assert rows[19] == rows[20]
    assert rows[:20] + rows[21:] == api.truth("users")


def test_repeated_cursor(api: Client) -> None:
    api.plan("repeated_cursor", LIST, after=1)
    second = api.data(LIST, next=api.data(LIST)["next"])
    assert api.data(LIST, next=second["next"])["next"] == second["next"]
    assert api.data(LIST, next=second["next"])["next"] is None


def test_expired_cursor(api: Client) -> None:
    api.plan("expired_cursor", LIST)
    cursor = api.data(LIST)["next"]
    assert api.error(LIST, {"next": cursor}) == "invalid_cursor"
    assert api.data(LIST, next=cursor)["users"]
