"""The HTTP session and the Continu client against real sockets."""

from __future__ import annotations

import contextlib
import gzip
import json
import logging
import socket
import ssl
import subprocess
import threading
import time
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tap_continu_coursebase.continu.client import ContinuClient
from tap_continu_coursebase.core import answer as answers
from tap_continu_coursebase.core.errors import (
    ApiError,
    BadRequestError,
    RejectedError,
    SourceStoppedError,
    TooMuchError,
    TransientError,
)
from tap_continu_coursebase.core.windows import Window
from tap_continu_coursebase.decode.array import NotAnArrayError, batches
from tap_continu_coursebase.decode.body import Body, Wrapping
from tap_continu_coursebase.decode.document import decode_json, in_memory
from tap_continu_coursebase.transport import session as http
from tap_continu_coursebase.transport.budget import RequestBudget
from tap_continu_coursebase.transport.headers import retry_after
from tap_continu_coursebase.transport.session import HttpSession, TokenAuth
from tap_continu_coursebase.transport.waits import WISHES

from .scripted_server import Asked, Reply, ScriptedServer

TOKEN = "tok/en+Zm9vYmFy=="
PLENTY = 10**6


def read_rows(chunks: Iterable[bytes]) -> list[Any]:
    return [row for rows in batches(chunks, _array) for row in rows]


def read_any(body: answers.Body) -> list[Any]:
    found = Body(body, json.loads, Wrapping(is_framed=body.is_framed))
    return [row for rows in found.batches() for row in rows]


def _array(batch: bytes) -> list[Any]:
    try:
        rows = decode_json(batch)
    except TransientError as error:
        raise ValueError from error
    assert isinstance(rows, list)
    return rows


def decode_rows(body: bytes) -> list[Any]:
    try:
        return read_rows([body])
    except NotAnArrayError as error:
        raise TransientError(str(error)) from error


MAY = Window(datetime(2024, 5, 1, tzinfo=UTC), datetime(2024, 6, 1, tzinfo=UTC))
HOUR = Window(MAY.start, MAY.start + timedelta(hours=1))
PATH = "content-completion"
SHORT = 0.25
AT_LEAST = 8
JITTER = 1.0
DOUBLING = [1, 2, 4, 8, 16, 32, 60]
MINUTE = 60

modest = settings(max_examples=100, deadline=None, database=None)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits between tries: they are recorded and only put the clock forward."""
    waited: list[float] = []
    real = time.monotonic
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setattr(time, "monotonic", lambda: real() + sum(waited))
    return waited


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as running:
        yield running


def sleep(seconds: float) -> None:
    """Sleep as it is patched, not as it was when the budget's module was loaded."""
    time.sleep(seconds)


def clock() -> float:
    return time.monotonic()


def budget_of(per_minute: int = PLENTY, per_day: int = PLENTY) -> RequestBudget:
    return RequestBudget(per_minute, per_day, clock=clock, sleep=sleep)


class RecordingBudget(RequestBudget):
    """Records what it is told."""

    def __init__(self) -> None:
        super().__init__(PLENTY, PLENTY, clock=clock, sleep=sleep)
        self.acquired = 0
        self.told: list[tuple[int | None, int | None]] = []
        self.paused: list[float] = []

    def acquire(self) -> None:
        self.acquired += 1
        super().acquire()

    def answered(self, minute_count: int | None = None, day_count: int | None = None) -> None:
        self.told.append((minute_count, day_count))
        super().answered(minute_count, day_count)

    def pause(self, seconds: float) -> None:
        self.paused.append(seconds)
        super().pause(seconds)


def client_of(
    server: ScriptedServer | str,
    *,
    scheme: str = "raw",
    token: str = TOKEN,
    timeout: float = 10.0,
    budget: RequestBudget | None = None,
    not_found_is_empty: bool = False,
) -> ContinuClient:
    return ContinuClient(
        url=(server if isinstance(server, str) else server.url) + "/api/v1",
        token=token,
        scheme=scheme,
        budget=budget or budget_of(),
        timeout=timeout,
        not_found_is_empty=not_found_is_empty,
    )


def message(text: str) -> bytes:
    return json.dumps({"message": text}).encode()


def assert_waits(waits: list[float], expected: list[int]) -> None:
    """Each wait is at least what is expected, and at most the jitter more."""
    assert len(waits) == len(expected)
    for wait, least in zip(waits, expected, strict=True):
        assert least <= wait <= least + JITTER


def failure(error: BaseException | None) -> str:
    """Return all texts of an exception and those it came from, as a traceback shows them too."""
    texts = traceback.format_exception(error)
    while error is not None:
        texts += [str(error), repr(error), repr(error.args)]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


# What is sent.


@pytest.fixture
def nowhere() -> str:
    """The address of a port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as ear:
        return f"http://127.0.0.1:{ear.getsockname()[1]}"


@pytest.mark.parametrize(
    ("scheme", "authorization"), [("raw", TOKEN), ("bearer", f"Bearer {TOKEN}")]
)
def test_asks_as_documented(server: ScriptedServer, scheme: str, authorization: str) -> None:
    server.script(Reply(body=b'[{"a": 1}]'))
    answer = client_of(server, scheme=scheme).report(PATH, {"email": True}, read_rows, MAY)
    assert answer.value == [{"a": 1}]
    assert (answer.size, answer.tries) == (10, 1)
    assert answer.requested_at.tzinfo is UTC
    [asked] = server.asked
    assert asked.method == "POST"
    assert asked.path == "/api/v1/reports/content-completion/1714521600/1717200000"
    assert json.loads(asked.body) == {"email": True}
    assert asked.headers["authorization"] == authorization
    assert asked.headers["content-type"] == "application/json"


def test_reports_without_dates(server: ScriptedServer) -> None:
    server.script(Reply())
    assert client_of(server).report("simplified/assignments", {}, read_rows).value == []
    assert server.asked[0].path == "/api/v1/reports/simplified/assignments"


def test_a_slash_at_the_end_of_the_url(server: ScriptedServer) -> None:
    server.script(Reply())
    budget = budget_of(1, 1)
    client = ContinuClient(
        url=f"{server.url}/v1/", token=TOKEN, scheme="raw", budget=budget, timeout=10
    )
    client.report("workshop-status", {}, read_rows)
    assert server.asked[0].path == "/v1/reports/workshop-status"


def test_netrc_does_not_replace_the_token(
    server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login other password secret\n", "utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.script(Reply())
    client_of(server).report(PATH, {}, read_rows)
    assert server.asked[0].headers["authorization"] == TOKEN


# What is asked again.

TRANSIENT: dict[str, Reply] = {
    "500": Reply(500, message("oops")),
    "502 with a page": Reply(502, b"<html>Bad gateway</html>"),
    "503": Reply(503, b""),
    "504": Reply(504),
    "408": Reply(408),
    "cut body": Reply(body=b'[{"a": 1}', promised=100),
    "cut body that is complete JSON": Reply(body=b"[]", promised=3),
    "cut chunks": Reply(body=b"[]", chunks=1, ending="cut"),
    "reset before the answer": Reply(before="reset"),
    "end before the answer": Reply(before="end"),
    "reset within the body": Reply(body=b"[1,", promised=100, ending="reset"),
    "cut JSON": Reply(body=b'[{"a": 1}, {"a"'),
    "empty": Reply(body=b""),
    "a page": Reply(body=b"<!DOCTYPE html><html>Sign in</html>"),
    "an object": Reply(body=message("not yet")),
    "a text": Reply(body=b'"[]"'),
    "null": Reply(body=b"null"),
    "two arrays": Reply(body=b"[][]"),
    "UTF-16": Reply(body="[]".encode("utf-16")),
    "broken gzip": Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
    "cut gzip": Reply(
        body=gzip.compress(b'["' + bytes(range(97, 123)) * 9 + b'"]')[:-12],
        headers={"Content-Encoding": "gzip"},
    ),
}


@pytest.mark.parametrize("first", TRANSIENT.values(), ids=TRANSIENT)
def test_what_may_pass_is_asked_again(
    server: ScriptedServer, waits: list[float], first: Reply
) -> None:
    server.script(first, Reply(body=b"[1]"))
    answer = client_of(server).report(PATH, {"email": True}, read_rows, MAY)
    assert (answer.value, answer.tries) == ([1], 2)
    assert_waits(waits, [1])
    assert server.asked[0] == server.asked[1]


@pytest.mark.parametrize(
    "first", [Reply(before="silence"), Reply(body=b"[1", promised=9, ending="silence")]
)
def test_silence_is_asked_again(server: ScriptedServer, waits: list[float], first: Reply) -> None:
    server.script(first, *[Reply(body=b"[1]")] * 3)
    assert client_of(server, timeout=SHORT).report(PATH, {}, read_rows).value == [1]
    assert_waits(waits[:1], [1])


SLOWLY = b"[" + b" " * 60 + b"]"


def test_a_body_that_comes_too_slowly_is_asked_again(
    server: ScriptedServer, waits: list[float]
) -> None:
    slow = Reply(body=SLOWLY, chunks=1, pause=0.03)
    server.script(slow, Reply(body=b"[1]"))
    assert client_of(server, timeout=SHORT).report(PATH, {}, read_rows).value == [1]
    assert slow not in server.sent_whole
    assert_waits(waits, [1])


def test_a_body_of_known_length_that_comes_too_slowly_is_not_waited_for(
    server: ScriptedServer,
) -> None:
    slow = Reply(body=SLOWLY, pause=0.03)
    server.script(slow, Reply(body=b"[1]"))
    assert client_of(server, timeout=SHORT).report(PATH, {}, read_rows).value == [1]
    assert slow not in server.sent_whole


@pytest.mark.parametrize("chunks", [0, 1])
def test_an_error_body_that_comes_too_slowly_is_not_waited_for(
    server: ScriptedServer, chunks: int
) -> None:
    slow = Reply(400, SLOWLY, chunks=chunks, pause=0.03)
    server.script(slow)
    with pytest.raises(RejectedError, match="HTTP 400"):
        client_of(server, timeout=SHORT).report(PATH, {}, read_rows)
    assert slow not in server.sent_whole


def test_waits_double_up_to_a_minute(server: ScriptedServer, waits: list[float]) -> None:
    server.script(*[Reply(500, message("oops"))] * 20)
    with pytest.raises(TransientError, match=r"HTTP 500: oops.*gave up after 8 tries"):
        client_of(server).report(PATH, {}, read_rows, MAY)
    assert len(server.asked) == AT_LEAST
    assert_waits(waits, DOUBLING)


MINUTE_CAP = Reply(429, message("too many requests per minute, rate limit 50 exceeded 51"))


def assert_waits_for_minutes(waits: list[float], least: int = MINUTE) -> None:
    """Each wait is the rest of a minute and a time drawn from the next."""
    assert all(least <= wait <= least + MINUTE + JITTER for wait in waits)
    assert len({round(wait, 6) for wait in waits}) == len(waits)


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}])
def test_a_minute_that_nobody_uses_is_waited_for_eight_times(
    server: ScriptedServer, waits: list[float], headers: dict[str, str]
) -> None:
    server.script(*[Reply(429, message("slow down"), headers)] * 20)
    with pytest.raises(TransientError, match=r"HTTP 429: slow down; gave up after 8 tries$"):
        client_of(server).report(PATH, {}, read_rows, MAY, divisible=True)
    assert len(server.asked) == AT_LEAST
    assert_waits_for_minutes(waits)


def test_a_minute_that_others_use_up_is_no_failure(
    server: ScriptedServer, waits: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    server.script(*[MINUTE_CAP] * 15, Reply(500), *[MINUTE_CAP] * 10, Reply(body=b"[1]"))
    answer = client_of(server).report(PATH, {}, read_rows, MAY, divisible=True)
    assert (answer.value, answer.tries) == ([1], 27)
    assert_waits_for_minutes([wait for wait in waits if wait > 2 + JITTER], least=MINUTE // 2)
    assert caplog.text.count("not counted as a try") == 25
    assert caplog.text.count("(try 1 of 8)") == 1


def test_patience_with_others_ends(server: ScriptedServer, waits: list[float]) -> None:
    server.script(*[MINUTE_CAP] * 100)
    with pytest.raises(TransientError, match=r"gave up.*lower continu_requests_per_minute"):
        client_of(server, budget=budget_of(50)).report(PATH, {}, read_rows, MAY, divisible=True)
    assert http.MAX_SECONDS / (2 * MINUTE) <= len(server.asked) <= AT_LEAST * 10
    assert sum(waits) >= http.MAX_SECONDS - 2 * MINUTE


def test_who_waits_for_a_test_is_not_kept_waiting(
    server: ScriptedServer, waits: list[float]
) -> None:
    server.script(*[MINUTE_CAP] * 20)
    client = ContinuClient(
        url=server.url, token=TOKEN, scheme="raw", budget=budget_of(), timeout=10, tries=3
    )
    with pytest.raises(TransientError, match="gave up after 3 tries"):
        client.report(PATH, {}, read_rows)
    assert len(waits) == 2


def test_a_short_wish_is_taken_at_its_word_a_few_times(
    server: ScriptedServer, waits: list[float]
) -> None:
    server.script(*[Reply(429, headers={"Retry-After": "2"})] * 5, Reply())
    client_of(server).report(PATH, {}, read_rows)
    assert_waits(waits[:WISHES], [2] * WISHES)
    assert_waits_for_minutes(waits[WISHES:])


def test_other_calls_that_are_answered_keep_a_refused_one_going(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusals do not tell who used the minute, but this process itself makes progress."""
    now = [0.0]
    budget = RequestBudget(
        PLENTY, PLENTY, clock=lambda: now[0], sleep=lambda seconds: now.append(now.pop() + seconds)
    )
    client = client_of(server, budget=budget)
    waited: list[float] = []

    def meanwhile(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) < 20:
            server.script(Reply(body=b"[2]"), Reply(429, message("slow down")))
            client.report("track-status", {}, read_rows)
        else:
            server.script(Reply(body=b"[1]"))

    monkeypatch.setattr("backoff._sync.time.sleep", meanwhile)
    server.script(Reply(429, message("slow down")))
    assert client.report(PATH, {}, read_rows, MAY).value == [1]
    assert len(waited) == 20


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("seconds", [7, 1000])
def test_retry_after_in_seconds(
    server: ScriptedServer, waits: list[float], status: int, seconds: int
) -> None:
    server.script(Reply(status, headers={"Retry-After": str(seconds)}), Reply())
    client_of(server).report(PATH, {}, read_rows)
    assert_waits(waits, [seconds])


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(("ahead", "least"), [(120, 110)])
def test_retry_after_as_a_date(
    server: ScriptedServer, waits: list[float], status: int, ahead: int, least: int
) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    server.script(Reply(status, headers={"Retry-After": until}), Reply())
    client_of(server).report(PATH, {}, read_rows)
    assert len(waits) == 1
    assert least <= waits[0] <= max(ahead, 0) + JITTER


@pytest.mark.parametrize("header", ["soon", "-5", "", "1.5", "Wed, 99 Oct 2099"])
def test_an_unreadable_retry_after_counts_as_none(
    server: ScriptedServer, waits: list[float], header: str
) -> None:
    server.script(
        Reply(429, headers={"Retry-After": header}),
        Reply(503, headers={"Retry-After": header}),
        Reply(),
    )
    client_of(server).report(PATH, {}, read_rows)
    assert_waits_for_minutes(waits[:1])
    assert_waits(waits[1:], [1])


@pytest.mark.parametrize("header", ["0", "Sun, 06 Nov 1994 08:49:37 GMT"])
def test_a_wish_for_no_wait_does_not_burn_the_tries(
    server: ScriptedServer, waits: list[float], header: str
) -> None:
    server.script(*[Reply(503, headers={"Retry-After": header})] * 4, Reply())
    client_of(server).report(PATH, {}, read_rows)
    assert_waits(waits, DOUBLING[:4])


def test_a_server_that_asks_for_hours_is_not_waited_for(
    server: ScriptedServer, waits: list[float]
) -> None:
    server.script(Reply(503, message("maintenance"), headers={"Retry-After": "86400"}))
    with pytest.raises(ApiError, match=r"maintenance.*86400 s"):
        client_of(server).report(PATH, {}, read_rows)
    assert waits == []


def test_the_total_time_is_capped(server: ScriptedServer, waits: list[float]) -> None:
    server.script(*[Reply(503, headers={"Retry-After": "1500"})] * 20)
    with pytest.raises(TransientError):
        client_of(server).report(PATH, {}, read_rows)
    assert 3 <= len(server.asked) <= 4
    assert sum(waits) <= http.MAX_SECONDS + JITTER


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("Mon, 01 Jan 9999999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2024 00:00:00 +99999999999999", 0),
    ],
)
def test_an_absurd_retry_after_is_not_waited_for(header: str, wait: float | None) -> None:
    assert retry_after(header) == wait


@modest
@given(st.text(st.characters(codec="latin-1"), max_size=40))
def test_any_retry_after_is_a_wait_or_none(header: str) -> None:
    wait = retry_after(header)
    assert wait is None or wait >= 0


# What is too much.

HEAVY: dict[str, Reply] = {
    name: TRANSIENT[name]
    for name in ("500", "502 with a page", "503", "504", "cut body", "cut chunks", "cut JSON")
}


@pytest.mark.parametrize("heavy", HEAVY.values(), ids=HEAVY)
def test_three_heavy_failures_of_a_divisible_window(
    server: ScriptedServer, waits: list[float], heavy: Reply
) -> None:
    server.script(*[heavy] * 20)
    with pytest.raises(TooMuchError):
        client_of(server).report(PATH, {}, read_rows, MAY, divisible=True)
    assert len(server.asked) == 3
    assert_waits(waits, [1, 2])


def test_three_timeouts_of_a_divisible_window(server: ScriptedServer) -> None:
    silence = Reply(before="silence")
    server.script(silence, Reply(body=b"[1", promised=9, ending="silence"), silence, Reply())
    with pytest.raises(TooMuchError):
        client_of(server, timeout=SHORT).report(PATH, {}, read_rows, MAY, divisible=True)
    assert len(server.asked) == 3


def test_other_failures_do_not_divide_a_window(server: ScriptedServer, waits: list[float]) -> None:
    server.script(*[MINUTE_CAP] * 5, *[Reply(500)] * 2, Reply(body=b"[1]"))
    answer = client_of(server).report(PATH, {}, read_rows, MAY, divisible=True)
    assert (answer.value, answer.tries) == ([1], 8)


@pytest.mark.parametrize(
    ("window", "divisible"), [(HOUR, True), (MAY, False), (None, True), (None, False)]
)
def test_what_cannot_be_divided_is_asked_eight_times(
    server: ScriptedServer, window: Window | None, divisible: bool
) -> None:
    server.script(*[Reply(500)] * 20)
    with pytest.raises(TransientError):
        client_of(server).report(PATH, {}, read_rows, window, divisible=divisible)
    assert len(server.asked) == AT_LEAST


@pytest.mark.parametrize("chunks", [0, 100])
def test_a_response_that_is_too_large_is_not_asked_for_again(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch, chunks: int
) -> None:
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 1 << 20)
    largest = b"[" + b" " * ((1 << 20) - 2) + b"]"
    server.script(Reply(body=largest), Reply(body=largest + b" ", chunks=chunks and 50_000))
    client = client_of(server)
    assert client.report(PATH, {}, read_rows, MAY, divisible=True).size == 1 << 20
    with pytest.raises(TooMuchError, match="larger than 1 MiB"):
        client.report(PATH, {}, read_rows, MAY, divisible=True)
    assert len(server.asked) == 2


def test_a_compressed_response_counts_as_what_it_becomes(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 1 << 20)
    bomb = gzip.compress(b"[" + b" " * (1 << 22) + b"]")
    server.script(Reply(body=bomb, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(TooMuchError):
        client_of(server).report(PATH, {}, read_rows, MAY, divisible=True)


def test_413_is_too_much(server: ScriptedServer, waits: list[float]) -> None:
    server.script(Reply(413, message("too large")))
    with pytest.raises(TooMuchError, match="too large"):
        client_of(server).report(PATH, {}, read_rows, MAY, divisible=True)
    assert waits == []


# What is asked once more.


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (message(f"disabled for {TOKEN}"), r"an object without rows: disabled for \[redacted\]"),
        (b'{"a": 1, "b": 2}', "an object without rows: its keys are a, b"),
        (b'"ask bob@example.com"', r'a JSON string: "ask \?'),
        (b"<html><h1>Sign in</h1></html>", "an HTML page: Sign in"),
        (b"[[1]]", "an array of arrays instead of objects"),
    ],
)
@pytest.mark.parametrize("divisible", [True, False])
def test_what_stays_is_asked_twice(
    server: ScriptedServer, waits: list[float], body: bytes, says: str, divisible: bool
) -> None:
    server.script(*[Reply(body=body)] * 9)
    with pytest.raises(TransientError, match=f"^the response is {says}.*; gave up after 2 tries"):
        client_of(server).report(PATH, {}, read_any, MAY, divisible=divisible)
    assert len(server.asked) == 2
    assert_waits(waits, [1])


def test_a_page_is_asked_for_twice_by_whoever_reads_documents(server: ScriptedServer) -> None:
    server.script(*[Reply(body=b"<html>")] * 9)
    with pytest.raises(TransientError, match="an HTML page; gave up after 2 tries"):
        plain_session().get(server.url, in_memory(decode_json))
    assert len(server.asked) == 2


def plain_session() -> HttpSession:
    return HttpSession(
        auth=None,
        budget=None,
        timeout=10,
        classify=lambda _status, _message: None,
        secrets=lambda: (TOKEN,),
        url_setting="the_url",
    )


# What is empty.

WHOLE_AND_EMPTY: dict[str, Reply] = {
    "no bytes": Reply(body=b""),
    "no chunks": Reply(body=b"", chunks=1),
    "blank": Reply(body=b" \n"),
    "null": Reply(body=b"null"),
    "null in chunks": Reply(body=b"null", chunks=1),
    "object": Reply(body=b"{}"),
    "204": Reply(204, b""),
    "204 without a length": Reply(204, b"", is_framed=False),
    "compressed": Reply(body=gzip.compress(b""), headers={"Content-Encoding": "gzip"}),
    "said to be compressed": Reply(body=b"", headers={"Content-Encoding": "gzip"}),
    "compressed, unsaid": Reply(body=gzip.compress(b"null")),
}
CUT_AND_EMPTY: dict[str, Reply] = {
    "of some bytes none": Reply(body=b"", promised=100),
    "no last chunk": Reply(body=b"", chunks=1, ending="cut"),
    "no length": Reply(body=b"", is_framed=False),
    "compressed": Reply(body=gzip.compress(b"")[:-9], headers={"Content-Encoding": "gzip"}),
    "its beginning": Reply(
        body=gzip.compress(b"[1]" * 9)[:10], headers={"Content-Encoding": "gzip"}
    ),
    "unsaid": Reply(body=gzip.compress(b"")[:-1]),
    "null": Reply(body=b"null", promised=9),
    "object": Reply(body=b"{}", promised=9),
    "lines": Reply(body=b'{"a":1}\n{"a":2}\n', is_framed=False),
}


@pytest.mark.parametrize("reply", WHOLE_AND_EMPTY.values(), ids=WHOLE_AND_EMPTY)
def test_an_empty_answer(server: ScriptedServer, reply: Reply) -> None:
    server.script(reply)
    answer = client_of(server).report(PATH, {}, read_any, MAY, divisible=True)
    assert (answer.value, answer.tries) == ([], 1)


@pytest.mark.parametrize("reply", CUT_AND_EMPTY.values(), ids=CUT_AND_EMPTY)
def test_a_cut_answer_is_not_empty(
    server: ScriptedServer, waits: list[float], reply: Reply
) -> None:
    server.script(reply, Reply(body=b'[{"a":1}]'))
    answer = client_of(server).report(PATH, {}, read_any, MAY)
    assert (answer.value, answer.tries) == ([{"a": 1}], 2)
    assert_waits(waits, [1])


NO_RECORDS = [
    "No records found",
    "no data",
    "There are no matching rows for this range",
    "0 results",
    "data not found",
    "Nothing found",
]


@pytest.mark.parametrize("text", NO_RECORDS)
def test_a_404_without_records_may_be_empty(server: ScriptedServer, text: str) -> None:
    server.script(*[Reply(404, message(text))] * 2)
    with pytest.raises(RejectedError, match=f"{text}.*continu_not_found_is_empty to true"):
        client_of(server).report(PATH, {}, read_any, MAY)
    tolerant = client_of(server, not_found_is_empty=True)
    answer = tolerant.report(PATH, {}, read_any, MAY)
    assert (answer.value, answer.tries) == ([], 1)


@pytest.mark.parametrize("text", ["not found", "no access to data", "no such report", ""])
def test_another_404_is_refused(server: ScriptedServer, text: str) -> None:
    server.script(Reply(404, message(text)))
    with pytest.raises(RejectedError, match="HTTP 404"):
        client_of(server, not_found_is_empty=True).report(PATH, {}, read_any, MAY)


@pytest.mark.parametrize("status", [200, 201, 203])
def test_other_statuses_of_answers(server: ScriptedServer, status: int) -> None:
    server.script(Reply(status, b"[1]"))
    assert client_of(server).report(PATH, {}, read_rows).value == [1]


# What is compressed, and what is not ready.


def in_members(body: bytes) -> bytes:
    return gzip.compress(body[:5]) + gzip.compress(body[5:]) + bytes(8)


def twice(body: bytes) -> bytes:
    return gzip.compress(gzip.compress(body))


SAID = {"Content-Encoding": "gzip"}


@pytest.mark.parametrize("chunks", [0, 1, 7])
@pytest.mark.parametrize(
    ("compress", "headers"),
    [
        (gzip.compress, SAID),
        (gzip.compress, {}),
        (gzip.compress, {"Content-Encoding": "X-GZip"}),
        (in_members, SAID),
        (in_members, {}),
        (twice, SAID),
        (zlib.compress, {"Content-Encoding": "deflate"}),
    ],
)
def test_gzip_is_found(
    server: ScriptedServer,
    compress: Callable[[bytes], bytes],
    headers: dict[str, str],
    chunks: int,
) -> None:
    body = json.dumps(list(range(100))).encode()
    server.script(Reply(body=compress(body), headers=headers, chunks=chunks))
    answer = client_of(server).report(PATH, {}, read_rows)
    assert (answer.value, answer.size) == (list(range(100)), len(body))


def test_a_bomb_is_not_expanded_at_once(
    server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_BODY_BYTES", 1 << 22)
    server.script(Reply(body=gzip.compress(b"[" + b" " * (1 << 26) + b"]")))
    largest = 0

    def read(chunks: Iterable[bytes]) -> None:
        nonlocal largest
        for chunk in chunks:
            largest = max(largest, len(chunk))

    with pytest.raises(TooMuchError):
        client_of(server).report(PATH, {}, read, MAY)
    assert largest <= 1 << 20


def test_what_is_accepted_is_waited_for(server: ScriptedServer, waits: list[float]) -> None:
    server.script(Reply(202, b""), Reply(202, b"", {"Retry-After": "7"}), Reply(body=b"[1]"))
    answer = client_of(server).report(PATH, {}, read_rows)
    assert (answer.value, answer.tries) == ([1], 3)
    assert_waits(waits, [1, 7])


DAILY = "too many requests today, rate limit 5000 exceeded 5001"
LONG = {
    "maximum range is 31 days": 31,
    "Date range must not exceed 7 days": 7,
    "the range of 31 days is longer than the maximum of 14 days": 31,
    "a 7-day window at most": 7,
    "range cannot be longer than 2 weeks": 14,
    "limit: 24 hours": 1,
    "up to 604800 seconds": 7,
    "at most 1 month": 28,
}


@pytest.mark.parametrize(("text", "days"), LONG.items(), ids=LONG)
@pytest.mark.parametrize("divisible", [True, False])
@pytest.mark.parametrize("status", [400, 422])
def test_a_window_that_is_called_too_long_is_too_much(
    server: ScriptedServer, text: str, days: int, status: int, divisible: bool
) -> None:
    server.script(Reply(status, message(text)))
    with pytest.raises(TooMuchError, match=f"HTTP {status}: ") as caught:
        client_of(server).report(PATH, {}, read_rows, MAY, divisible=divisible)
    assert caught.value.longest == timedelta(days=days)
    assert text in str(caught.value)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("maximum range is 31 days", HOUR),
        ("maximum range is 31 days", None),
        ("data older than 90 days is not available", MAY),
        ("invalid filter field 'x' on user_filter", MAY),
        ("0 days", MAY),
    ],
)
def test_other_refusals_divide_no_window(
    server: ScriptedServer, text: str, window: Window | None
) -> None:
    server.script(Reply(400, message(text)))
    with pytest.raises(BadRequestError, match=text):
        client_of(server).report(PATH, {}, read_rows, window, divisible=True)


@pytest.mark.parametrize(
    "text", ["Daily limit exceeded", "rate limit of 5000 per day exceeded 5001", DAILY]
)
def test_a_day_that_is_used_up_is_not_waited_for(
    server: ScriptedServer, waits: list[float], text: str
) -> None:
    server.script(Reply(429, message(text)))
    with pytest.raises(SourceStoppedError, match="run again"):
        client_of(server).report(PATH, {}, read_rows, MAY)
    assert waits == []


def test_a_minute_beside_which_the_day_is_told_is_waited_for(
    server: ScriptedServer, waits: list[float]
) -> None:
    text = "too many requests per minute, limits are 50 per minute and 5000 per day"
    server.script(Reply(429, message(text)), Reply(body=b"[1]"))
    assert client_of(server).report(PATH, {}, read_rows, MAY).value == [1]
    assert_waits_for_minutes(waits)


# What is not asked again.


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 422, 205, 206])
def test_refused(server: ScriptedServer, waits: list[float], status: int) -> None:
    body = b"" if status == 205 else message("invalid filter field 'x'\n on\tuser_filter")
    server.script(Reply(status, body), Reply(body=b"[1]"))
    client = client_of(server)
    with pytest.raises(RejectedError) as caught:
        client.report(PATH, {}, read_rows, MAY, divisible=True)
    assert f"HTTP {status}" in str(caught.value)
    assert ("invalid filter field 'x' on user_filter" in str(caught.value)) is bool(body)
    assert waits == []
    assert client.report(PATH, {}, read_rows, MAY).value == [1], "other reports go on"


def test_a_long_message_is_cut(server: ScriptedServer) -> None:
    server.script(Reply(400, message("invalid " + "x" * 10_000)))
    with pytest.raises(RejectedError, match="invalid xxx") as caught:
        client_of(server).report(PATH, {}, read_rows)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"<html><b>Forbidden</b></html>", "an HTML page"),
        (b"plain words", "plain words"),
        (b'{"error": "other shape"}', "other shape"),
        (b'{"message": {"field": "nested"}}', "nested"),
        (b'["a list"]', "a list"),
        (b"\xff\xfe broken", "broken"),
        (b"", "HTTP 403"),
        (b"null", "HTTP 403"),
        (gzip.compress(b'{"message": "zipped"}'), "HTTP 403"),
        (b"[" * 100_000, "HTTP 403"),
        (b"9" * 5000, "HTTP 403"),
    ],
    ids=["page", "text", "other", "nested", "list", "utf8", "empty", "null", "raw", "deep", "int"],
)
def test_any_error_body_is_shown_in_one_line(
    server: ScriptedServer, body: bytes, shown: str
) -> None:
    server.script(Reply(403, body))
    with pytest.raises(RejectedError) as caught:
        client_of(server).report(PATH, {}, read_rows)
    assert shown in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("invalid token TTL Expired, unauthorized request", "get a new one"),
        ("invalid header", "continu_auth_scheme"),
        ("decryption failed", "continu_api_token"),
        ("", "continu_api_token"),
    ],
)
def test_401_stops_the_source(
    server: ScriptedServer, waits: list[float], text: str, advice: str
) -> None:
    server.script(Reply(401, message(text)), Reply(), Reply())
    client = client_of(server)
    with pytest.raises(SourceStoppedError, match=advice) as caught:
        client.report(PATH, {}, read_rows, MAY, divisible=True)
    assert text in str(caught.value)
    for _ in range(2):
        with pytest.raises(SourceStoppedError, match=advice):
            client.report("track-status", {}, read_rows, HOUR)
    assert len(server.asked) == 1
    assert waits == []


def test_the_daily_cap_stops_the_source(server: ScriptedServer, waits: list[float]) -> None:
    server.script(Reply(429, message(DAILY), headers={"Retry-After": "5"}), Reply())
    client = client_of(server)
    for _ in range(2):
        with pytest.raises(SourceStoppedError, match=r"requests today.*safe.*run again"):
            client.report(PATH, {}, read_rows, MAY, divisible=True)
    assert len(server.asked) == 1
    assert waits == []


def test_the_own_daily_budget_stops_the_source(server: ScriptedServer) -> None:
    server.script(Reply(), Reply())
    client = client_of(server, budget=budget_of(50, 1))
    client.report(PATH, {}, read_rows)
    for _ in range(2):
        with pytest.raises(SourceStoppedError, match="run again"):
            client.report(PATH, {}, read_rows)
    assert len(server.asked) == 1


def test_the_reported_daily_count_stops_the_source(server: ScriptedServer) -> None:
    server.script(*(Reply(headers={"X-REQUESTS-PER-DAY": day}) for day in ("4999", "5000")))
    client = client_of(server, budget=budget_of(50, 5000))
    client.report(PATH, {}, read_rows)
    client.report(PATH, {}, read_rows)
    with pytest.raises(SourceStoppedError, match="X-REQUESTS-PER-DAY: 5000"):
        client.report(PATH, {}, read_rows)
    assert len(server.asked) == 2


def test_the_daily_cap_in_a_chunked_body(server: ScriptedServer, waits: list[float]) -> None:
    server.script(Reply(429, message(DAILY), chunks=12), Reply())
    with pytest.raises(SourceStoppedError, match="requests today"):
        client_of(server).report(PATH, {}, read_rows)
    assert waits == []


def test_a_chunked_message_is_shown_whole(server: ScriptedServer) -> None:
    server.script(Reply(400, message("invalid filter field 'x' on user_filter"), chunks=20))
    with pytest.raises(RejectedError, match=r"^HTTP 400: invalid filter field 'x' on user_filter$"):
        client_of(server).report(PATH, {}, read_rows)


CUT_ERRORS = {
    "cut": {"promised": 500},
    "not gzip": {"headers": {"Content-Encoding": "gzip"}},
    "reset": {"promised": 500, "ending": "reset"},
}


@pytest.mark.parametrize("how", CUT_ERRORS.values(), ids=CUT_ERRORS)
@pytest.mark.parametrize(("status", "expected"), [(401, SourceStoppedError), (400, RejectedError)])
def test_an_unreadable_error_body_does_not_change_what_the_status_means(
    server: ScriptedServer, status: int, expected: type[ApiError], how: dict[str, Any]
) -> None:
    server.script(Reply(status, message("invalid header"), **how), Reply())
    with pytest.raises(expected):
        client_of(server).report(PATH, {}, read_rows, MAY)


# Redirects.


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("elsewhere", [True, False])
def test_redirects_are_refused(
    server: ScriptedServer, waits: list[float], status: int, elsewhere: bool
) -> None:
    with ScriptedServer([Reply()] * 3) as other:
        target = other.url.replace("127.0.0.1", "localhost") if elsewhere else server.url
        server.script(Reply(status, b"", {"Location": f"{target}/elsewhere"}), Reply())
        with pytest.raises(RejectedError, match=f"HTTP {status}") as caught:
            client_of(server).report(PATH, {}, read_rows, MAY, divisible=True)
        assert other.asked == []
        assert f"redirected to {target}, which" in str(caught.value)
        assert "set continu_api_url to the address" in str(caught.value)
    assert len(server.asked) == 1
    assert waits == []


# The budget.


@pytest.mark.parametrize(
    "first",
    [*TRANSIENT.values(), MINUTE_CAP, Reply(302), Reply(400), Reply(401), Reply(413)],
    ids=[*TRANSIENT, "429", "302", "400", "401", "413"],
)
def test_each_request_takes_one_place_and_gives_it_back(
    server: ScriptedServer, first: Reply
) -> None:
    server.script(first, Reply())
    budget = RecordingBudget()
    client = client_of(server, budget=budget)
    with contextlib.suppress(ApiError):
        client.report(PATH, {}, read_rows)
    assert len(budget.told) == budget.acquired == len(server.asked)


def test_the_reported_counts_reach_the_budget(server: ScriptedServer) -> None:
    counts = {"X-REQUESTS-PER-MINUTE": "51", "x-requests-per-day": "4711"}
    server.script(
        Reply(500, headers={"X-REQUESTS-PER-MINUTE": "many"}),
        Reply(500, headers=counts),
        Reply(body=b"x", headers=counts),
        Reply(headers={"X-REQUESTS-PER-MINUTE": "1"}),
    )
    budget = RecordingBudget()
    client_of(server, budget=budget).report(PATH, {}, read_rows)
    assert budget.told == [(None, None), (51, 4711), (51, 4711), (1, None)]


@pytest.mark.parametrize(
    ("headers", "pause"),
    [
        ({}, 30),
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": "soon"}, 30),
        ({"Retry-After": "0"}, 30),
    ],
)
def test_too_many_calls_a_minute_pause_all_calls(
    server: ScriptedServer, headers: dict[str, str], pause: float
) -> None:
    server.script(Reply(429, MINUTE_CAP.body, headers), Reply(503, headers=headers), Reply())
    budget = RecordingBudget()
    client_of(server, budget=budget).report(PATH, {}, read_rows)
    assert budget.paused == [pause]


# Secrets.

ECHOES: dict[str, bytes] = {
    "message": message(f"bad token {TOKEN}"),
    "other field": json.dumps({"error": f"bad token {TOKEN}"}).encode(),
    "nested": json.dumps({"message": {"header": f"Bearer {TOKEN}"}}).encode(),
    "page": f"<html>{TOKEN}</html>".encode(),
    "text": f"bad {TOKEN}".encode(),
    "long": message("x" * 190 + TOKEN),
    "cut": message(f"bad token {TOKEN}")[:-2],
}


@pytest.mark.parametrize("body", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("status", [200, 302, 400, 401, 403, 429, 500])
@pytest.mark.parametrize("scheme", ["raw", "bearer"])
def test_the_token_is_never_told(
    server: ScriptedServer,
    caplog: pytest.LogCaptureFixture,
    status: int,
    body: bytes,
    scheme: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    reply = Reply(status, body, {"X-Echo": TOKEN, "Location": f"http://127.0.0.1:9/?t={TOKEN}"})
    server.script(*[reply] * AT_LEAST)
    with pytest.raises(ApiError) as caught:
        client_of(server, scheme=scheme).report(PATH, {}, read_rows)
    assert server.asked[0].headers["authorization"].endswith(TOKEN)
    told = failure(caught.value) + caplog.text + repr([vars(record) for record in caplog.records])
    assert TOKEN not in told
    assert "HTTP" in told or status == 200
    assert TOKEN[:12] not in told


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"error": f"bad token {TOKEN}"}).replace("/", "\\/").encode(),
        f"bad token {TOKEN}".replace("/", "%2F").replace("+", "%2B").replace("=", "%3D").encode(),
    ],
    ids=["escaped JSON", "percent-encoded"],
)
def test_the_token_is_never_told_in_another_notation(server: ScriptedServer, body: bytes) -> None:
    server.script(Reply(400, body))
    with pytest.raises(RejectedError) as caught:
        client_of(server).report(PATH, {}, read_rows)
    assert "Zm9vYmFy" not in str(caught.value)


def test_the_token_is_not_told_when_there_is_no_connection(
    nowhere: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(SourceStoppedError) as caught:
        client_of(nowhere).report(PATH, {}, read_rows)
    assert TOKEN not in failure(caught.value) + caplog.text


def test_retries_are_told(server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    server.script(Reply(500, message("oops")), Reply())
    client_of(server).report(PATH, {}, read_rows)
    [warning] = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert "HTTP 500: oops; retrying in" in warning.getMessage()
    assert "try 1 of 8" in warning.getMessage()


# Decoding.


@pytest.mark.parametrize(
    ("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)]
)
@pytest.mark.parametrize("chunks", [0, 7])
def test_compressed(server: ScriptedServer, coding: str, compress: Any, chunks: int) -> None:
    rows = [{"n": n, "text": "é" * n} for n in range(300)]
    plain = json.dumps(rows).encode()
    server.script(Reply(body=compress(plain), headers={"Content-Encoding": coding}, chunks=chunks))
    answer = client_of(server).report(PATH, {}, read_rows)
    assert answer.value == rows
    assert answer.size == len(plain)
    assert coding in server.asked[0].headers["accept-encoding"]


@pytest.mark.parametrize("chunks", [1, 1000, 0])
def test_a_body_in_any_pieces(server: ScriptedServer, chunks: int) -> None:
    rows = [f"é{n}" for n in range(1000 if chunks != 1 else 50)]
    server.script(Reply(body=json.dumps(rows, ensure_ascii=False).encode(), chunks=chunks))
    assert client_of(server).report(PATH, {}, read_rows).value == rows


def test_values_as_written() -> None:
    body = (
        b"\xef\xbb\xbf"
        b'[{"n": 1.10, "big": 1e400, "small": -0.0, "int": 123456789012345678901234567890,'
        b' "text": "a\\u0000\\ud800\xff", "nan": NaN, "inf": -Infinity, "dup": 1, "dup": 2}]'
    )
    [row] = decode_rows(body)
    assert str(row["n"]) == "1.10"
    assert row["big"] == Decimal("1e400")
    assert str(row["small"]) == "-0.0"
    assert row["int"] == 123456789012345678901234567890
    assert row["text"] == "a\x00\ud800\ufffd"
    assert row["nan"] != row["nan"]
    assert row["inf"] == float("-inf")
    assert row["dup"] == 2


@pytest.mark.parametrize("body", [b"[]", b" [ ] \n", b"\xef\xbb\xbf[]"])
def test_no_rows(body: bytes) -> None:
    assert decode_rows(body) == []


@pytest.mark.parametrize("depth", [100, 10_000, 1_000_000])
@pytest.mark.parametrize("opening", [b"[", b'[{"a":'])
def test_deep_nesting_is_no_crash(depth: int, opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}]"
    try:
        rows = decode_rows(opening * depth + b"1" + closing * depth)
    except TransientError:
        assert depth > 100
    else:
        assert isinstance(rows, list)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@modest
@given(st.lists(json_values, max_size=4), st.booleans(), st.data())
def test_no_part_of_an_array_passes_for_the_whole(
    rows: list[Any], escaped: bool, data: st.DataObject
) -> None:
    body = json.dumps(rows, ensure_ascii=escaped).encode("utf-8")
    assert decode_rows(body) == rows
    end = data.draw(st.integers(0, len(body) - 1))
    with pytest.raises(TransientError):
        decode_rows(body[:end])


@modest
@given(st.binary(max_size=40) | st.text(r'[]{}",:0123456789eE.+-ntrufalsNI \\').map(str.encode))
def test_any_body_is_rows_or_a_transient_error(body: bytes) -> None:
    try:
        rows = decode_rows(body)
    except TransientError:
        return
    assert isinstance(rows, list)


@pytest.mark.parametrize("number", ["1e9999999999999999999", "-1.5e-9999999999999999999"])
def test_numbers_with_huge_exponents(number: str) -> None:
    assert len(decode_rows(f"[{number}]".encode())) == 1


def test_integers_of_many_digits() -> None:
    assert len(decode_rows(b"[" + b"9" * 5000 + b"]")) == 1


# The session on its own.


def test_the_session_takes_any_api(server: ScriptedServer) -> None:
    def classify(status: int, text: str) -> ApiError | None:
        return SourceStoppedError(f"{status} {text}") if status == 403 else None

    session = HttpSession(
        auth=TokenAuth("Bearer abc"),
        budget=budget_of(),
        timeout=10,
        classify=classify,
        secrets=lambda: ("abc", "geheim"),
    )
    server.script(Reply(body=b"raw"), Reply(403, message("geheim abc")))
    assert session.post(f"{server.url}/x", {"a": [1]}, in_memory(bytes.decode)).value == "raw"
    with pytest.raises(SourceStoppedError) as caught:
        session.post(f"{server.url}/x", {}, in_memory(bytes.decode))
    assert str(caught.value) == "403 [redacted] [redacted]"
    assert [asked.path for asked in server.asked] == ["/x", "/x"]
    assert json.loads(server.asked[0].body) == {"a": [1]}


def test_a_url_that_cannot_be_asked_is_refused(waits: list[float]) -> None:
    with pytest.raises(RejectedError) as caught:
        client_of("http://").report(PATH, {}, read_rows)
    assert TOKEN not in failure(caught.value)
    assert waits == []


def test_requests_are_equal_when_the_same_is_asked(server: ScriptedServer) -> None:
    server.script(Reply(), Reply(), Reply())
    client = client_of(server)
    for window in (MAY, MAY, HOUR):
        client.report(PATH, {"a": True}, read_rows, window)
    first, again, other = server.asked
    assert isinstance(first, Asked)
    assert first == again != other


def test_a_host_that_cannot_be_reached_stops_its_source(nowhere: str, waits: list[float]) -> None:
    client = client_of(nowhere)
    with pytest.raises(SourceStoppedError, match=r"no connection to 127\.0\.0\.1 .* after 8 tries"):
        client.report(PATH, {}, read_rows, MAY, divisible=True)
    assert_waits(waits, DOUBLING)
    with pytest.raises(SourceStoppedError):
        client.report(PATH, {}, read_rows)
    assert len(waits) == len(DOUBLING)


NOBODY = "http://nobody.invalid"


def test_a_host_without_an_address_stops_its_source_within_seconds(waits: list[float]) -> None:
    with pytest.raises(SourceStoppedError) as caught:
        client_of(NOBODY).report(PATH, {}, read_rows)
    assert "no connection to nobody.invalid " in str(caught.value)
    assert str(caught.value).endswith("gave up after 3 tries; check continu_api_url")
    assert sum(waits) <= 1 + 2 + 2 * JITTER


def test_a_host_without_an_address_is_not_looked_for_again_if_that_takes_long(
    waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: Any) -> None:
        waits.append(http.SECONDS_AT_FIRST)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(SourceStoppedError, match="after 1 tries; check continu_api_url"):
        client_of(NOBODY).report(PATH, {}, read_rows)


def test_a_server_that_speaks_no_tls_stops_its_source_within_seconds(waits: list[float]) -> None:
    with (
        bluffing(speak_plainly) as url,
        pytest.raises(SourceStoppedError, match="after 3 tries; check continu_api_url"),
    ):
        client_of(url).report(PATH, {}, read_rows)
    assert sum(waits) <= 1 + 2 + 2 * JITTER


@pytest.mark.parametrize("fault", ["address", "tls", "certificate"])
def test_what_has_answered_is_waited_for(
    fault: str, server: ScriptedServer, tmp_path: Path, waits: list[float]
) -> None:
    session = plain_session()
    server.script(Reply(404))
    with pytest.raises(RejectedError):
        session.get(server.url, in_memory(bytes.decode))
    with contextlib.ExitStack() as there:
        url = NOBODY
        if fault != "address":
            greet = speak_plainly if fault == "tls" else show_untrusted_certificate(tmp_path)
            url = there.enter_context(bluffing(greet))
        with pytest.raises(SourceStoppedError, match=r"gave up after 8 tries$"):
            session.get(url, in_memory(bytes.decode))
    assert_waits(waits, DOUBLING)


def test_an_untrusted_certificate_stops_its_source_at_once(
    tmp_path: Path, waits: list[float]
) -> None:
    with bluffing(show_untrusted_certificate(tmp_path)) as url:
        client = client_of(url)
        for _ in range(2):
            with pytest.raises(SourceStoppedError, match=r"not trusted .* check continu_api_url"):
                client.report(PATH, {}, read_rows)
    assert waits == []


@contextlib.contextmanager
def bluffing(greet: Callable[[socket.socket], object]) -> Iterator[str]:
    """A server that only greets, and its https address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, contextlib.suppress(OSError):
                    greet(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


def speak_plainly(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.recv(1 << 12)


def show_untrusted_certificate(folder: Path) -> Callable[[socket.socket], object]:
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*request, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return lambda connection: context.wrap_socket(connection, server_side=True)


# An address that is not known.


def test_a_404_shows_its_url_and_names_the_setting(server: ScriptedServer) -> None:
    server.script(Reply(404, b"<html>nginx</html>"))
    with pytest.raises(RejectedError) as caught:
        client_of(server).report(PATH, {}, read_rows, HOUR)
    url = f"{server.url}/api/v1/reports/{PATH}/1714521600/1714525200"
    assert str(caught.value) == f"HTTP 404: an HTML page ({url}); check continu_api_url"
    assert caught.value.request == url


def test_a_404_of_one_report_says_that_others_are_answered(server: ScriptedServer) -> None:
    server.script(Reply(), Reply(404, message("no such report")))
    client = client_of(server)
    client.report(PATH, {}, read_rows)
    with pytest.raises(RejectedError, match="continu_api_url answers other requests"):
        client.report(PATH, {}, read_rows)


def test_a_404_without_records_still_says_how_to_take_it(server: ScriptedServer) -> None:
    server.script(Reply(404, message("No records found")))
    with pytest.raises(RejectedError, match=r"continu_not_found_is_empty .* check continu_api_url"):
        client_of(server).report(PATH, {}, read_rows)


def test_the_url_of_a_404_holds_no_secret(server: ScriptedServer) -> None:
    server.script(Reply(404))
    with pytest.raises(RejectedError) as caught:
        plain_session().get(f"{server.url}/{TOKEN}?key=sesame", in_memory(bytes.decode))
    assert TOKEN not in str(caught.value)
    assert "sesame" not in str(caught.value)


def test_a_connection_that_is_reset_stops_one_call_only(
    server: ScriptedServer, waits: list[float]
) -> None:
    server.script(*[Reply(before="reset")] * http.MAX_TRIES, Reply())
    client = client_of(server)
    with pytest.raises(TransientError, match="no connection"):
        client.report(PATH, {}, read_rows)
    client.report(PATH, {}, read_rows)
    assert len(waits) == http.MAX_TRIES - 1


def test_a_host_that_goes_away_between_two_tries_stops_one_call_only(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with contextlib.ExitStack() as there:
        server = there.enter_context(ScriptedServer())
        server.script(Reply(500))
        monkeypatch.setattr("backoff._sync.time.sleep", lambda _seconds: there.close())
        with pytest.raises(TransientError, match="no connection"):
            client_of(server).report(PATH, {}, read_rows)
