from __future__ import annotations

from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import pytest
import requests

from sandbox.options import Options
from sandbox.server import running
from tests.sandbox.client import APRIL, NOW, TIMEOUT, Client

PRESENT = 1_800_000_000


@pytest.fixture(autouse=True)
def _stopped_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real time stands still for the sandbox, which runs in this process."""
    monkeypatch.setattr("sandbox.clock.time", SimpleNamespace(time=lambda: PRESENT))


def skew_of(response: requests.Response) -> float:
    return parsedate_to_datetime(response.headers["Date"]).timestamp() - PRESENT


def test_the_date_header_is_the_real_time(client: Client) -> None:
    response = client.raw("user_engagement", APRIL, {})
    assert skew_of(response) == 0
    assert "," not in response.headers["Date"].partition(",")[2]


@pytest.mark.parametrize("skew", [600, -600])
def test_the_date_header_can_be_skewed(fresh: Client, skew: int) -> None:
    try:
        told = fresh.admin("clock", {"date_skew_seconds": skew})
        assert told["date_skew_seconds"] == skew
        assert skew_of(fresh.raw("user_engagement", APRIL, {})) == skew
        method = requests.post(
            f"{fresh.server.coursebase_url}/api/org.users.list", json={}, timeout=TIMEOUT
        )
        assert skew_of(method) == skew
        fresh.admin("faults", [{"match": "user_engagement", "kind": "stall", "seconds": 0.1}])
        stalled = fresh.raw("user_engagement", APRIL, {})
        assert skew_of(stalled) == skew
    finally:
        fresh.server.server_clock.skew = 0


def test_the_data_clock_stays_where_it_is(fresh: Client) -> None:
    before = fresh.server.clock.now()
    fresh.admin("clock", {"date_skew_seconds": 900})
    fresh.server.server_clock.skew = 0
    assert fresh.server.clock.now() == before == NOW


def test_a_sandbox_can_start_skewed() -> None:
    with running(Options(users=10, date_skew_seconds=-900)) as server:
        response = requests.get(f"{server.url}/_admin/health", timeout=TIMEOUT)
    assert skew_of(response) == -900
