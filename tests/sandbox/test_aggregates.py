from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from sandbox.instants import DAY, iso, parse_instant
from tests.sandbox.client import APRIL, NOW, START, WHOLE, Client

MONTHS = [parse_instant(f"2021-{month:02d}-01") for month in range(1, 6)]
FIRST, LAST = MONTHS[0], MONTHS[-1]
AGGREGATES = ("content_engagement", "user_engagement", "manager_summary")
WINDOW_FUNCTIONS = (
    *AGGREGATES,
    "pivoted_content_assignments",
    "pivoted_user_assignments",
    "workshop_engagement",
)


def summed(client: Client, report: str, key: str, column: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for window in pairwise(MONTHS):
        for row in client.truth(report, window):
            total[row[key]] += row[column]
    return +total


def completed_items(client: Client, key: str) -> Counter[str]:
    window = (FIRST, LAST)
    rows = client.truth("assignment_summary", window, range_target="completed_date")
    return Counter(row[key] for row in rows)


def test_completed_assignments_are_the_items_completed(client: Client) -> None:
    by_user = summed(client, "user_engagement", "email", "assignments_completed")
    assert by_user == completed_items(client, "email")
    by_content = summed(client, "content_engagement", "id", "assignments_completed")
    assert by_content == completed_items(client, "content_id")


def test_pending_assignments_are_open_at_the_end_of_the_window(client: Client) -> None:
    items = client.truth("assignment_summary", APRIL)
    end = iso(APRIL[1])
    still_open = Counter(
        row["email"]
        for row in items
        if row["completed_date"] is None or row["completed_date"] >= end
    )
    rows = client.truth("user_engagement", APRIL)
    assert +Counter({row["email"]: row["assignments_pending"] for row in rows}) == still_open


def test_tracks_and_workshops_are_those_of_their_own_reports(client: Client) -> None:
    window = (FIRST, LAST)
    done = Counter(row["email"] for row in client.truth("track_status", window))
    assert summed(client, "user_engagement", "email", "tracks_completed") == done
    born = client.truth("track_status", window, range_target="created_at")
    started = Counter(row["email"] for row in born)
    assert summed(client, "user_engagement", "email", "tracks_started") == started
    attended = Counter(
        row["email"]
        for row in client.truth("workshop_status")
        if row["workshop_status"] == "Attended"
        and FIRST <= parse_instant(row["workshop_start_date"]) < LAST
    )
    assert summed(client, "user_engagement", "email", "workshops_attended") == attended


def test_workshop_instances_count_their_seats(client: Client) -> None:
    seats = client.truth("workshop_status")
    for row in client.truth("workshop_engagement", (START, NOW + 1)):
        outcomes = Counter(
            seat["workshop_status"]
            for seat in seats
            if seat["workshop_instance_id"] == row["workshop_instance_id"]
        )
        assert row["total_attendees"] == outcomes["Attended"]
        assert row["total_absentees"] == outcomes["No-Show"]
        assert row["canceled_registrations"] == outcomes["Cancelled"]
        assert row["total_waiting"] == outcomes["Waitlisted"]


@pytest.mark.parametrize("column", ["views", "likes", "shares", "comments", "ratings"])
def test_users_and_contents_count_the_same_interactions(client: Client, column: str) -> None:
    users = sum(row[column] for row in client.truth("user_engagement", APRIL))
    contents = sum(row[column] for row in client.truth("content_engagement", APRIL))
    assert users == contents > 0


def test_managers_sum_their_direct_reports(client: Client) -> None:
    users = client.truth("user_engagement", APRIL)
    for row in client.truth("manager_summary", APRIL):
        team = [user for user in users if user["manager_email"] == row["email"]]
        assert row["direct_reports"] == len(team)
        hired = [user for user in team if iso(APRIL[0]) <= user["created_at"] < iso(APRIL[1])]
        assert row["new_hires"] == len(hired)
        for column in ("views", "sessions", "assignments_pending", "tracks_started"):
            assert row[column] == sum(user[column] for user in team)


def test_every_user_and_content_of_the_time_has_a_row(client: Client) -> None:
    users = client.truth("user_engagement", APRIL)
    assert all(row["created_at"] < iso(APRIL[1]) for row in users)
    assert len(users) == client.server.organisation.users_before(APRIL[1])
    contents = client.truth("content_engagement", APRIL)
    assert len(contents) == client.server.organisation.content_before(APRIL[1])
    assert (
        any(row["views"] == 0 for row in client.truth("content_engagement", (START, START + 1)))
        is False
    )
    quiet = client.truth("content_engagement", (START + DAY, START + DAY + 60))
    assert quiet
    assert sum(row["views"] for row in quiet) < len(quiet)


def test_pivots_count_the_items(client: Client) -> None:
    items = client.truth("assignment_summary", APRIL)
    by_content = Counter(row["content_id"] for row in items)
    rows = client.rows("pivoted_content_assignments", APRIL)
    assert {row["_id"]: row["assignedCount"] for row in rows} == by_content
    by_user = Counter(row["email"] for row in items)
    users = client.rows("pivoted_user_assignments", APRIL, all_assignments=True)
    assert {row["email"]: sum(row["statusCounts"].values()) for row in users} == by_user
    assert {row["email"]: len(row["allAssignments"]) for row in users} == by_user


@pytest.mark.parametrize("report", WINDOW_FUNCTIONS)
def test_closed_windows_stay_as_they_are(fresh: Client, report: str) -> None:
    before = fresh.raw(report, APRIL, {}).content
    fresh.admin("clock", {"advance_seconds": 200 * DAY})
    assert fresh.raw(report, APRIL, {}).content == before


def test_open_windows_grow(fresh: Client) -> None:
    window = (WHOLE[0], NOW + 60 * DAY)
    before = sum(row["views"] for row in fresh.truth("user_engagement", window))
    fresh.admin("clock", {"now": "2021-06-30"})
    assert sum(row["views"] for row in fresh.truth("user_engagement", window)) > before
