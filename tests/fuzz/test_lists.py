"""Coursebase lists: all rows of all pages are written, or the stream fails and says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.documented import COURSEBASE_KEYS
from tests.decode.json_values import values
from tests.fuzz import bodies
from tests.fuzz.answering import AnsweringServer
from tests.fuzz.bodies import Row, Served, Unknown
from tests.fuzz.running import Run, catalog_of, coursebase_config, fuzzed, run
from tests.transport.scripted_server import Asked, Reply

COLUMNS = ("name", "title", "login_id", "groups", "profile", "created_at")
METHODS = {
    "users": "org.users.list",
    "groups": "org.groups.list",
    "courses": "org.courses.list",
    "group_users": "group.users.list",
}
ITEMS = {"users": "users", "courses": "courses", "group_users": "users"}
CURSORS = {"1": 1}
LISTED = ("users", "groups", "courses")


def envelope(stream: str, rows: Any, **more: Any) -> Row:
    data = {ITEMS[stream]: rows, **more} if stream in ITEMS else rows
    return {"status": "success", "data": data}


def stream_of(name: str) -> str:
    return f"coursebase_{name}"


def load(
    server: AnsweringServer, replies: Mapping[str, Reply | list[Reply]], *selected: str
) -> Run:
    """Load lists; a list of replies is a list's pages, whose cursors are their numbers.

    Another method is what a failed run before had still in flight.
    """

    def answer(asked: Asked) -> Reply:
        method = asked.path.removeprefix("/api/")
        found = replies.get(
            next(name for name, one in METHODS.items() if one == method), Reply(404)
        )
        if isinstance(found, Reply):
            return found
        return found[CURSORS.get(json.loads(asked.body).get("next"), 0)]

    server.answer(answer)
    config = coursebase_config(server.url)
    streams = map(stream_of, selected or replies)
    return run(config, catalog=catalog_of(config, *streams))


def keys(output: Run, name: str) -> list[tuple[Any, ...]]:
    rows = output.records(stream_of(name))
    return [tuple(row[key] for key in COURSEBASE_KEYS[name]) for row in rows]


@st.composite
def pages(draw: st.DrawFn, name: str) -> tuple[list[tuple[Any, ...]], list[Reply]]:
    """Rows in pages, and replies that have all of them."""
    rows = draw(bodies.rows(COURSEBASE_KEYS[name], COLUMNS))
    cut = draw(st.integers(0, len(rows))) if name in ITEMS else len(rows)
    parts = [rows] if cut == len(rows) else [rows[:cut], rows[cut:]]
    replies = []
    for number, part in enumerate(parts, start=1):
        more = {"next": str(number)} if number < len(parts) else draw(LAST)
        body = draw(bodies.written(envelope(name, part, **more)))
        replies.append(draw(bodies.sent_well(body)).reply)
    return [tuple(row[key] for key in COURSEBASE_KEYS[name]) for row in rows], replies


LAST = st.sampled_from([{}, {"next": None}])


@st.composite
def whatever(draw: st.DrawFn, name: str) -> Served:
    """Any reply, rather like one with rows."""
    rows = draw(bodies.rows(COURSEBASE_KEYS[name], COLUMNS))
    match draw(st.sampled_from(["next", "data", "status", "rows", "damaged", "garbage"])):
        case "next":
            body = draw(bodies.written(envelope(name, rows, next=draw(values()))))
        case "data":
            body = draw(bodies.written(envelope(name, rows) | {"data": draw(values())}))
        case "status":
            more = {"status": draw(values()), "error": draw(values())}
            body = draw(bodies.written(envelope(name, rows) | more))
        case "rows":
            some = draw(st.lists(values(), max_size=2))
            body = draw(bodies.written(envelope(name, [*rows, *some])))
        case "damaged":
            body = draw(bodies.damaged(draw(bodies.written(envelope(name, rows)))))
        case _:
            body = draw(bodies.garbage)
    return draw(bodies.served(body))


@fuzzed(8)
@given(replies=st.fixed_dictionaries({name: pages(name) for name in LISTED}))
def test_valid_rows_are_all_written(
    server: AnsweringServer,
    replies: Mapping[str, tuple[list[tuple[Any, ...]], list[Reply]]],
) -> None:
    output = load(server, {name: found for name, (_, found) in replies.items()})
    assert output.code == 0, output.last_line
    for name, (expected, _) in replies.items():
        assert keys(output, name) == expected
        assert output.activated(stream_of(name)) == bool(expected)


@fuzzed(12)
@given(replies=st.fixed_dictionaries({name: whatever(name) for name in LISTED}))
def test_a_list_is_written_whole_or_its_stream_fails(
    server: AnsweringServer, replies: Mapping[str, Served]
) -> None:
    output = load(server, {name: served.reply for name, served in replies.items()})
    for name, served in replies.items():
        stream = stream_of(name)
        if output.failed(stream):
            assert output.code == 1
            assert not output.activated(stream)
            continue
        assert output.activated(stream) == bool(output.records(stream))
        try:
            data = bodies.read(served.body)["data"]
        except Unknown:
            continue
        rows = data if isinstance(data, list) else data.get(ITEMS.get(name), [data])
        (key,) = COURSEBASE_KEYS[name]
        if all(isinstance(row.get(key), str) for row in rows):
            assert len(keys(output, name)) == len({row[key] for row in rows})


@fuzzed(8)
@given(parents=whatever("groups"), members=whatever("group_users"))
def test_rows_of_parents_are_written_whole_or_their_stream_fails(
    server: AnsweringServer, parents: Served, members: Served
) -> None:
    replies = {"groups": parents.reply, "group_users": members.reply}
    output = load(server, replies, "groups", "group_users")
    for name in replies:
        assert output.activated(stream_of(name)) == (
            not output.failed(stream_of(name)) and bool(output.records(stream_of(name)))
        )


def load_users(server: AnsweringServer, *pages: Any) -> Run:
    replies = [Reply(body=json.dumps(page).encode()) for page in pages]
    return load(server, {"users": replies})


@pytest.mark.parametrize("cursor", [["1"], {"a": 1}, 1, True])
def test_a_cursor_that_is_no_text_fails_the_list(server: AnsweringServer, cursor: Any) -> None:
    output = load_users(server, envelope("users", [{"user_id": "a"}], next=cursor))
    assert output.code == 1
    assert "org.users.list" in output.last_line
    assert "cursor" in output.last_line


def test_an_empty_cursor_is_the_end(server: AnsweringServer) -> None:
    output = load_users(server, envelope("users", [{"user_id": "a"}], next=""))
    assert output.code == 0
    assert keys(output, "users") == [("a",)]


def test_a_number_that_is_none_is_kept(server: AnsweringServer) -> None:
    body = b'{"status": "success", "data": {"users": [{"user_id": "a", "x": NaN}]}}'
    output = load(server, {"users": Reply(body=body)})
    assert output.code == 0, output.last_line
    assert output.records("coursebase_users")[0]["additional_fields"] == {"x": "nan"}


@pytest.mark.parametrize("depth", [140, 300, 400, 600, 900, 960, 990, 2_000])
def test_a_deep_row_is_written_or_its_stream_fails(server: AnsweringServer, depth: int) -> None:
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    row = b'{"user_id": "u", "x": %b}' % deep
    output = load(
        server, {"users": Reply(body=b'{"status": "success", "data": {"users": [%b]}}' % row)}
    )
    assert output.failed("coursebase_users") != (keys(output, "users") == [("u",)])


def load_forgetting(server: AnsweringServer, *forgotten: str) -> Run:
    """Load five pages of a user each; the cursors to some are unknown, each once."""
    to_forget = list(forgotten)

    def answer(asked: Asked) -> Reply:
        cursor = json.loads(asked.body).get("next", "0")
        if cursor in to_forget:
            to_forget.remove(cursor)
            page: Row = {"status": "error", "error": "invalid_cursor"}
        else:
            number = int(cursor)
            following = str(number + 1) if number < 4 else None
            page = envelope("users", [{"user_id": cursor}], next=following)
        return Reply(body=json.dumps(page).encode())

    server.answer(answer)
    config = coursebase_config(server.url)
    return run(config, catalog=catalog_of(config, "coursebase_users"))


@pytest.mark.parametrize("forgotten", ["1", "4", "13", "234"])
def test_a_list_whose_cursor_is_forgotten_begins_anew(
    server: AnsweringServer, forgotten: str
) -> None:
    output = load_forgetting(server, *forgotten)
    assert output.code == 0
    assert keys(output, "users") == [(number,) for number in "01234"]
    assert output.activated("coursebase_users")


@pytest.mark.parametrize("forgotten", ["0", "11", "33", "1234"])
def test_a_list_whose_cursors_are_forgotten_again_and_again_fails(
    server: AnsweringServer, forgotten: str
) -> None:
    output = load_forgetting(server, *forgotten)
    assert output.failed("coursebase_users")
    assert "invalid_cursor" in output.last_line
    assert not output.activated("coursebase_users")
