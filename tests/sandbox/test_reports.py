from __future__ import annotations

import gzip
import json
from itertools import pairwise
from typing import Any

import pytest

from harness.documented import FLAGS
from sandbox.continu.reports import REPORTS
from sandbox.instants import DAY, parse_instant
from tests.sandbox.client import APRIL, NOW, START, WHOLE, Client, all_flags, undisguised, window_of

RANGED = [name for name, report in REPORTS.items() if report.ranged]
TARGETED = [(name, target) for name, report in REPORTS.items() for target in report.dates]
FACTS = [(name, target) for name, target in TARGETED if "pivoted" not in name]


def key(report: str, row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in REPORTS[report].always)


def test_flags_are_the_documented_ones() -> None:
    assert {name: report.flags for name, report in REPORTS.items()} == FLAGS


@pytest.mark.parametrize("report", REPORTS)
def test_whole_rows_equal_the_truth(client: Client, report: str) -> None:
    rows = client.rows(report, window_of(report), **all_flags(report))
    assert rows
    truth = client.truth(report, window_of(report))
    assert [undisguised(report, row) for row in rows] == truth
    assert len({key(report, row) for row in truth}) == len(truth)


@pytest.mark.parametrize("report", REPORTS)
def test_without_flags_only_ids_and_undeclared_fields_come(client: Client, report: str) -> None:
    declared = REPORTS[report]
    flag = min(declared.flags - set(declared.always))
    ids = {declared.aliases.get(name, name) for name in declared.always}
    for body in ({}, {flag: False}):
        row = client.rows(report, window_of(report), **body)[0]
        assert set(row) == ids | set(declared.undeclared)
    row = client.rows(report, window_of(report), **{flag: True})[0]
    asked = declared.aliases.get(flag, flag)
    assert set(row) == ids | set(declared.undeclared) | {asked}


@pytest.mark.parametrize(("report", "target"), FACTS)
def test_tiled_windows_are_the_whole(client: Client, report: str, target: str) -> None:
    bounds = [START, START + 40 * DAY + 12345, START + 90 * DAY, NOW - 3 * DAY, NOW + 1]
    tiles = [
        row for tile in pairwise(bounds) for row in client.truth(report, tile, range_target=target)
    ]
    whole = client.truth(report, WHOLE, range_target=target)
    assert sorted(map(json.dumps, tiles)) == sorted(map(json.dumps, whole))


@pytest.mark.parametrize(
    ("report", "target", "column"),
    [
        ("content_completion", "completed_date", "completed_on"),
        ("assignment_summary", "assigned_date", "assigned_date"),
        ("assignment_summary", "updated_date", "updated_date"),
        ("assignment_summary", "due_date", "due_date"),
        ("track_status", "completed_date", "track_completed_date"),
        ("scorm_status", "updated_date", "scorm_last_updated_date"),
        ("workshop_engagement", "", "workshop_start_date"),
    ],
)
def test_bounds_are_half_open(client: Client, report: str, target: str, column: str) -> None:
    chosen = client.truth(report, WHOLE, range_target=target)[-3]
    moment = parse_instant(chosen[column])
    body = {"range_target": target} if target else {}

    def found(since: int, until: int) -> bool:
        rows = client.rows(report, (since, until), **body)
        return key(report, chosen) in [key(report, undisguised(report, row)) for row in rows]

    assert found(moment, moment + 1)
    assert not found(moment - 1000, moment)
    assert not found(moment + 1, moment + 1000)
    assert not found(moment, moment)


@pytest.mark.parametrize("report", RANGED)
def test_default_target_is_declared(client: Client, report: str) -> None:
    default = REPORTS[report].default_target
    if default:
        named = client.rows(report, APRIL, range_target=default)
        assert client.rows(report, APRIL) == named
        assert client.rows(report, APRIL, range_target="") == named


def test_rows_without_the_date_are_in_no_range(client: Client) -> None:
    born = client.truth("track_status", WHOLE, range_target="created_at")
    done = client.truth("track_status", WHOLE)
    assert len(done) == sum(row["track_completed_date"] is not None for row in born) < len(born)


def test_nothing_is_dated_after_now(client: Client) -> None:
    plans = {"due_date", "dueDate", "workshop_start_date", "workshop_end_date"}

    def dates(value: Any) -> list[str]:
        if isinstance(value, dict):
            return [
                found for name, part in value.items() if name not in plans for found in dates(part)
            ]
        if isinstance(value, list):
            return [found for part in value for found in dates(part)]
        return (
            [value]
            if isinstance(value, str) and value[10:11] == "T" and value.endswith("Z")
            else []
        )

    for report in REPORTS:
        window = (START, NOW + 90 * DAY) if REPORTS[report].ranged else None
        found = dates(client.truth(report, window))
        assert found or report.startswith("pivoted_content")
        assert all(parse_instant(date) <= NOW for date in found)


def test_sorting(client: Client) -> None:
    rows = client.rows("user_content", APRIL, sort_by="updated_date")
    found = [row["lastActivityAt"] for row in rows]
    assert found == sorted(found)
    listed = client.rows("simplified_assignments", sort_by="due_date")
    dues = [row["dueDate"] for row in listed]
    known = [due for due in dues if due is not None]
    assert dues == sorted(known) + [None] * (len(dues) - len(known))


def test_sub_objects_are_objects_and_nulls_are_sent(client: Client) -> None:
    rows = client.rows("content_completion", APRIL, content=True, track=True, hired_on=True)
    assert all(isinstance(row["content"], dict) for row in rows)
    assert {type(row["track"]) for row in rows} == {dict, type(None)}
    assert None in {row["hired_on"] for row in rows}


def test_answers_are_gzipped_for_those_who_accept_it(client: Client) -> None:
    with_gzip = client.raw("user_engagement", APRIL, {}, stream=True)
    assert with_gzip.headers["Content-Encoding"] == "gzip"
    packed = with_gzip.raw.read(decode_content=False)
    assert json.loads(gzip.decompress(packed)) == client.rows("user_engagement", APRIL)
    headers = {"Authorization": client.server.token, "Accept-Encoding": "identity"}
    plain = client.raw("user_engagement", APRIL, {}, headers=headers)
    assert "Content-Encoding" not in plain.headers
    assert "Date" in plain.headers


def test_large_answers_are_streamed(client: Client) -> None:
    headers = {"Authorization": client.server.token, "Accept-Encoding": "identity"}
    body = all_flags("content_completion")
    response = client.raw("content_completion", WHOLE, body, headers=headers)
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert len(response.json()) == len(client.truth("content_completion", WHOLE))
