"""Headers of responses: garbage in them never keeps a row from being written."""

from __future__ import annotations

from itertools import chain, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.answering import AnsweringServer
from tests.fuzz.running import END, Run, catalog_of, continu_config, fuzzed, run
from tests.transport.scripted_server import Asked, Reply

STREAM = "continu_content_completion"
ROWS = b'[{"completion_id": "a"}, {"completion_id": "b"}]'
REFUSALS = (429, 500, 502, 503, 504, 408, 301, 302, 304, 400, 401, 403, 404, 413, 204, 206, 999)
TEMPORARY = {429, 500, 502, 503, 504, 408}

values = st.text(
    st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=20
) | st.sampled_from(
    [
        "",
        "0",
        "-1",
        "1.5",
        "1e400",
        "9" * 400,
        "9" * 5_000,
        "NaN",
        "\xb2",
        "120, 30",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Mon, 32 Foo 99999 25:61:61 GMT",
        "Sun, 06 Nov 1994 08:49:37 +9999",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "text/html; charset=utf-16",
        "application/json; charset=\xff",
        "multipart/mixed; boundary=",
    ]
)
NAMES = (
    "Retry-After",
    "X-REQUESTS-PER-MINUTE",
    "X-REQUESTS-PER-DAY",
    "Date",
    "Content-Type",
    "Content-Language",
    "Set-Cookie",
    "ETag",
    "Location",
    "Vary",
    "WWW-Authenticate",
)
headers = st.dictionaries(st.sampled_from(NAMES), values, max_size=4)
unlimited = headers.map(
    lambda found: {name: value for name, value in found.items() if "REQUESTS" not in name}
)


def load(server: AnsweringServer, *first: Reply, then: Reply) -> Run:
    """Load windows whose first requests are answered like this."""
    replies = chain(first, repeat(then))
    server.answer(lambda _: next(replies))
    config = continu_config(server.url) | {"continu_max_in_flight": 1}
    return run(config, catalog=catalog_of(config, STREAM))


@fuzzed(15)
@given(found=unlimited)
def test_garbage_in_headers_costs_no_row(server: AnsweringServer, found: dict[str, str]) -> None:
    def answer(asked: Asked) -> Reply:
        return Reply(body=ROWS, headers=found)

    server.answer(answer)
    config = continu_config(server.url)
    output = run(config, catalog=catalog_of(config, STREAM))
    assert output.code == 0, output.last_line
    assert len(output.records(STREAM)) == 4


@fuzzed(15)
@given(
    refusals=st.lists(st.tuples(st.sampled_from(REFUSALS), headers), max_size=3),
    body=st.binary(max_size=30)
    | st.sampled_from([b'{"message": null}', b'{"message": ["\\ud800"]}']),
    found=headers,
)
def test_refusals_of_any_kind(
    server: AnsweringServer,
    refusals: list[tuple[int, dict[str, str]]],
    body: bytes,
    found: dict[str, str],
) -> None:
    first = [Reply(status, body=body, headers=more) for status, more in refusals]
    output = load(server, *first, then=Reply(body=ROWS, headers=found))
    if not output.failed(STREAM):
        assert output.code == 0
        assert len(output.records(STREAM)) == 4
        assert {status for status, _ in refusals} <= TEMPORARY
    else:
        assert output.bookmark(STREAM) in {None, "2024-02-01T00:00:00Z"}


@pytest.mark.parametrize("name", ["X-REQUESTS-PER-MINUTE", "X-REQUESTS-PER-DAY", "Retry-After"])
def test_a_count_too_long_for_a_number(server: AnsweringServer, name: str) -> None:
    output = load(server, then=Reply(body=ROWS, headers={name: "9" * 5_000}))
    assert output.code == 0 or output.failed(STREAM)


@pytest.mark.parametrize("date", ["Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_date_that_cannot_be_true_holds_no_bookmark_back(
    server: AnsweringServer, date: str
) -> None:
    output = load(server, then=Reply(body=ROWS, headers={"Date": date}))
    assert output.code == 0
    assert output.bookmark(STREAM) == END
