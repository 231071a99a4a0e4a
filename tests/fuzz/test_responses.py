"""Bodies of Continu's responses: all rows are written, or the stream fails and says so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from harness.documented import CONTINU_KEYS
from tests.fuzz import bodies
from tests.fuzz.answering import AnsweringServer
from tests.fuzz.bodies import Served, Unknown
from tests.fuzz.running import END, Run, catalog_of, continu_config, fuzzed, run
from tests.transport.scripted_server import Asked, Reply

EDGE = "2024-02-01T00:00:00Z"
FEBRUARY = 1_706_745_600
COLUMNS = ("completed_date", "content", "due_date", "email", "title", "user", "tags", "score")


@dataclass(frozen=True)
class Kind:
    """A report: where it is asked for, and how it behaves."""

    path: str
    windowed: bool = True


KINDS: Mapping[str, Kind] = {
    "continu_content_completion": Kind("content-completion"),
    "continu_content_engagement": Kind("content-engagement"),
    "continu_simplified_assignments": Kind("simplified/assignments", windowed=False),
    "continu_workshop_engagement": Kind("workshop-engagement"),
}
FACTS = "continu_content_completion"
KEYS = {
    name: next(
        column for column in CONTINU_KEYS[name.removeprefix("continu_")] if column != "window_from"
    )
    for name in KINDS
}
"""By which field of a response its rows are known."""
STREAMS = {kind.path: name for name, kind in KINDS.items()}


@st.composite
def valid(draw: st.DrawFn, stream: str) -> tuple[list[str], Served]:
    """Rows that can be stored, and a reply that has all of them."""
    key = KEYS[stream]
    rows = draw(bodies.rows((key,), COLUMNS))
    return [row[key] for row in rows], draw(bodies.sent_well(draw(bodies.written(rows))))


@st.composite
def whatever(draw: st.DrawFn, stream: str) -> Served:
    """Any reply, rather like one with rows."""
    body = draw(bodies.written(draw(bodies.rows((KEYS[stream],), COLUMNS))))
    match draw(st.sampled_from(["as it is", "damaged", "damaged", "garbage"])):
        case "damaged":
            body = draw(bodies.damaged(body))
        case "garbage":
            body = draw(bodies.garbage)
    return draw(bodies.served(body))


def load(server: AnsweringServer, second: Mapping[str, Reply]) -> Run:
    """Load reports whose first window has two rows, and whose second is answered like this."""

    def answer(asked: Asked) -> Reply:
        path = asked.path.removeprefix("/api/v1/reports/")
        stream = STREAMS.get(path) or STREAMS[path.rsplit("/", 2)[0]]
        if not KINDS[stream].windowed or int(path.split("/")[-2]) >= FEBRUARY:
            return second[stream]
        return Reply(body=json.dumps([{KEYS[stream]: key} for key in "ab"]).encode())

    server.answer(answer)
    config = continu_config(server.url)
    return run(config, catalog=catalog_of(config, *second))


def keys(output: Run, stream: str) -> list[str]:
    """The keys of the second window, or of the snapshot."""
    found = [record[KEYS[stream]] for record in output.records(stream)]
    if not KINDS[stream].windowed:
        return found
    assert found[:2] == ["a", "b"]
    return found[2:]


def is_complete(output: Run, stream: str) -> bool:
    """Whether a stream is loaded; if it is not, nothing may say so."""
    complete = not output.failed(stream)
    if KINDS[stream].windowed:
        assert output.bookmark(stream) == (END if complete else EDGE)
    else:
        # An empty full table activates nothing.
        assert output.activated(stream) == (complete and bool(output.records(stream)))
    return complete


def rows_of(body: Any) -> list[Any]:
    """What of a body is rows: an array, or the only one in an object."""
    if isinstance(body, list):
        return body
    assert body is None or isinstance(body, dict)
    arrays = [value for value in (body or {}).values() if isinstance(value, list)]
    return next((array for array in arrays if array and isinstance(array[0], dict)), [])


@fuzzed(10)
@given(replies=st.fixed_dictionaries({stream: valid(stream) for stream in KINDS}))
def test_valid_rows_are_all_written(
    server: AnsweringServer, replies: Mapping[str, tuple[list[str], Served]]
) -> None:
    output = load(server, {stream: served.reply for stream, (_, served) in replies.items()})
    assert output.code == 0, output.last_line
    for stream, (expected, _) in replies.items():
        assert keys(output, stream) == expected
        assert is_complete(output, stream)


@fuzzed(15)
@given(replies=st.fixed_dictionaries({stream: whatever(stream) for stream in KINDS}))
def test_a_response_is_written_whole_or_its_stream_fails(
    server: AnsweringServer, replies: Mapping[str, Served]
) -> None:
    output = load(server, {stream: served.reply for stream, served in replies.items()})
    for stream, served in replies.items():
        if not is_complete(output, stream):
            assert output.code == 1
            continue
        try:
            expected = bodies.read(served.body)
        except Unknown:
            continue
        except ValueError:
            assert not (served.body or b"").strip(b" \r\n\t\xef\xbb\xbf")
            expected = None
        assert len(keys(output, stream)) == len(rows_of(expected))


def test_a_damaged_window_is_asked_for_in_halves(server: AnsweringServer) -> None:
    """A whole month is too much, half of it is not."""

    def answer(asked: Asked) -> Reply:
        start, until = map(int, asked.path.split("/")[-2:])
        days = (until - start) / 86_400
        return Reply(body=b'[{"completion_id": "%d"}%b' % (start, b"," if days > 16 else b"]"))

    server.answer(answer)
    config = continu_config(server.url)
    output = run(config, catalog=catalog_of(config, FACTS))
    assert output.code == 0
    assert [record["completion_id"] for record in output.records(FACTS)] == [
        "1704067200",
        "1705406400",
        "1706745600",
    ]
