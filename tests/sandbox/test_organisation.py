from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from sandbox.clock import DataClock
from sandbox.continu.organisation import Organisation
from sandbox.continu.query import Window, whole
from sandbox.continu.reports import REPORTS
from sandbox.continu.rows import wire_rows
from sandbox.instants import DAY, iso, parse_instant
from sandbox.options import Options
from sandbox.server import running
from tests.sandbox.client import APRIL, Client, all_flags

ROOT = Path(__file__).resolve().parents[2]
NOW = parse_instant("2026-03-15T12:00:00Z")


def body_of(options: Options) -> bytes:
    with running(options) as server, requests.Session() as session:
        client = Client(server, session)
        return client.raw("assignment_summary", APRIL, all_flags("assignment_summary")).content


def test_equal_seeds_give_equal_bytes() -> None:
    first = body_of(Options(users=50, seed=3, now=NOW))
    assert first == body_of(Options(users=50, seed=3, now=NOW))
    assert first != body_of(Options(users=50, seed=4, now=NOW))


@pytest.mark.parametrize("report", ["content_completion", "track_status", "workshop_engagement"])
def test_a_day_of_a_large_organisation_generates_few_days(report: str) -> None:
    organisation = Organisation(7, 100_000, parse_instant("2021-01-01"))
    declared = REPORTS[report]
    day = parse_instant("2025-05-01")
    query = whole(declared, Window(day, day + DAY), None)
    first = next(wire_rows(declared, organisation.seen_at(NOW), query))
    assert first
    assert 1 <= organisation.days.generated.total() <= 61


def test_days_are_forgotten_when_room_is_needed() -> None:
    organisation = Organisation(7, 1000, parse_instant("2021-01-01"))
    organisation.days._capacity = 500
    view = organisation.seen_at(NOW)
    report = REPORTS["content_completion"]
    query = whole(report, Window(*APRIL), None)
    first = list(wire_rows(report, view, query))
    assert organisation.days._weight <= 500
    assert list(wire_rows(report, view, query)) == first


def test_attributes_of_users() -> None:
    organisation = Organisation(7, 1000, parse_instant("2021-01-01"))
    users = [organisation.user(index) for index in range(1000)]
    assert len({user.email for user in users}) == len({user.id for user in users}) == 1000
    letters = "".join(user.columns["first_name"] for user in users)
    for sample in "aéЯΘनさ하ن竹雨🌱":
        assert sample in letters + "".join(user.columns["last_name"] for user in users)
    for name in ("hired_on", "buddy_email", "manager_email", "address", "image", "last_login"):
        assert None in {user.columns[name] for user in users}
    managers = {user.email for user in users if user.columns["is_manager"]}
    assert len(managers) == 84
    assert {user.columns["manager_email"] for user in users} <= managers | {None}
    created = [user.created_at for user in users]
    assert created == sorted(created)


def test_data_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    real = SimpleNamespace(time=lambda: 1_800_000_000.5)
    monkeypatch.setattr("sandbox.clock.time", real)
    running_clock = DataClock(None)
    assert running_clock.now() == 1_800_000_000
    running_clock.advance(DAY)
    assert running_clock.now() == 1_800_000_000 + DAY
    frozen = DataClock(NOW)
    frozen.advance(60)
    assert frozen.now() == NOW + 60


def test_health_and_clock_over_http(fresh: Client) -> None:
    assert fresh.admin("health", None, "GET")["status"] == "ok"
    told = {"now": iso(NOW), "date_skew_seconds": 0}
    assert fresh.admin("clock", {"now": iso(NOW)}) == told
    assert fresh.admin("clock", {"advance_seconds": 5}) == {**told, "now": iso(NOW + 5)}
    url = f"{fresh.server.url}/_admin/clock"
    assert fresh.session.post(url, json={"now": "soon"}, timeout=5).status_code == 400


def test_command_line() -> None:
    command = [sys.executable, "-m", "sandbox", "--users", "10", "--now", "2026-03-15T12:00:00Z"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["continu_api_url"] == f"{ready['url']}/api/v1"
        assert requests.get(f"{ready['url']}/_admin/health", timeout=5).status_code == 200
        process.send_signal(signal.SIGTERM)
        rest, _ = process.communicate(timeout=10)
    assert (process.returncode, rest) == (0, "")


def test_command_line_refuses_nonsense() -> None:
    for arguments in (["--users", "9"], ["--now", "soon"], ["--limit-style", "none"]):
        process = subprocess.run(
            [sys.executable, "-m", "sandbox", *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert process.returncode == 2
        assert arguments[0] in process.stderr
