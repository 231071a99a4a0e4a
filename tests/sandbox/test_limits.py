from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests

from sandbox.continu.limits import Budget
from sandbox.options import LimitStyle, Options
from sandbox.server import running
from tests.sandbox.client import START, Client


class Stopwatch:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@contextmanager
def limited(style: LimitStyle, clock: Stopwatch, per_day: int = 5000) -> Iterator[Client]:
    options = Options(
        users=10, now=START, limit_style=style, limit_clock=clock, requests_per_day=per_day
    )
    with running(options) as server, requests.Session() as session:
        yield Client(server, session)


def counts(response: requests.Response) -> tuple[int, int, int]:
    minute = int(response.headers["X-REQUESTS-PER-MINUTE"])
    return response.status_code, minute, int(response.headers["X-REQUESTS-PER-DAY"])


def ask(client: Client) -> requests.Response:
    return client.raw("assessment_status", None, {})


def test_fixed_minute() -> None:
    clock = Stopwatch()
    with limited("fixed", clock) as client:
        clock.seconds += 59
        assert [counts(ask(client)) for _ in range(3)] == [(200, 1, 1), (200, 2, 2), (200, 3, 3)]
        client.admin("consume", {"count": 47})
        refused = ask(client)
        assert counts(refused) == (429, 51, 51)
        message = "too many requests per minute, rate limit 50 exceeded 51"
        assert refused.json() == {"message": message}
        assert "Retry-After" not in refused.headers
        assert client.raw("assessment_status", None, {}, headers={}).status_code == 401
        clock.seconds += 1
        assert counts(ask(client)) == (200, 1, 52)


def test_sliding_minute() -> None:
    clock = Stopwatch()
    with limited("sliding", clock) as client:
        client.admin("consume", {"count": 49})
        clock.seconds += 59
        assert counts(ask(client)) == (200, 50, 50)
        assert counts(ask(client)) == (429, 51, 51)
        clock.seconds += 1
        assert counts(ask(client)) == (200, 3, 52)


def test_day_cap() -> None:
    clock = Stopwatch()
    with limited("fixed", clock, per_day=5) as client:
        client.admin("consume", {"count": 5})
        refused = ask(client)
        assert counts(refused) == (429, 6, 6)
        assert refused.json() == {"message": "too many requests today, rate limit 5 exceeded 6"}
        clock.seconds += 24 * 3600
        assert counts(ask(client)) == (200, 1, 1)


def test_bad_requests_count_too() -> None:
    with limited("fixed", Stopwatch()) as client:
        assert client.raw("assessment_status", None, {"x": True}).status_code == 400
        assert counts(ask(client)) == (200, 2, 2)


def test_log_has_no_token() -> None:
    with limited("fixed", Stopwatch()) as client:
        ask(client)
        (entry,) = client.server.requests
        assert (entry.method, entry.status, entry.body, entry.consumed) == ("POST", 200, {}, 1)
        assert entry.path == "/api/v1/reports/assessment-status"
        logged = client.admin("requests", None, "GET")
        assert client.server.token not in str(logged)
        assert client.admin("requests", None, "DELETE") == []
        assert client.server.requests == []


def test_budget_reports_the_day_first() -> None:
    budget = Budget(1, 1, "sliding", Stopwatch())
    assert budget.refusal(budget.consume()) is None
    refusal = budget.refusal(budget.consume())
    assert refusal == "too many requests today, rate limit 1 exceeded 2"
