from __future__ import annotations

import pytest

from harness.documented import CONTINU_KEYS
from sandbox.continu.edits import DELETIONS, TOUCHES
from sandbox.continu.reports import REPORTS
from sandbox.instants import DAY, iso
from tests.sandbox.client import NOW, START, WHOLE, Client, Row

LATER = NOW + 10 * DAY
RECENT = (NOW, LATER + 1)
UPDATED = (
    "content_completion",
    "user_content",
    "assignment_summary",
    "track_status",
    "scorm_status",
)


def identity(row: Row, report: str) -> str:
    return "|".join(row[name] or "" for name in CONTINU_KEYS[report])


def everything(client: Client, report: str) -> list[Row]:
    target = {"range_target": "created_at"} if REPORTS[report].dates else {}
    window = (START, LATER + DAY) if REPORTS[report].ranged else None
    return client.truth(report, window, **target)


@pytest.mark.parametrize("report", UPDATED)
def test_records_change_by_themselves_and_come_back(fresh: Client, report: str) -> None:
    before = {
        identity(row, report): row for row in fresh.truth(report, WHOLE, range_target="created_at")
    }
    fresh.admin("clock", {"now": iso(LATER)})
    back = fresh.truth(report, RECENT, range_target="updated_date")
    changed = {identity(row, report): row for row in back if identity(row, report) in before}
    assert changed
    assert all(changed[key] != before[key] for key in changed)
    now = {
        identity(row, report): row for row in fresh.truth(report, WHOLE, range_target="created_at")
    }
    assert {key for key in before if before[key] != now[key]} == set(changed)


@pytest.mark.parametrize("report", UPDATED)
def test_touched_records_come_back(fresh: Client, report: str) -> None:
    before = {
        identity(row, report): row for row in fresh.truth(report, WHOLE, range_target="created_at")
    }
    ids = fresh.admin("touch", {"report": report, "count": 5})["ids"]
    assert len(set(ids)) == 5
    back = fresh.truth(report, (NOW, NOW + 1), range_target="updated_date")
    changed = {identity(row, report): row for row in back}
    assert set(ids) <= set(changed)
    assert all(changed[key] != before[key] for key in ids)
    every = fresh.truth(report, WHOLE, range_target="created_at")
    assert sorted(identity(row, report) for row in every) == sorted(before)


@pytest.mark.parametrize("report", TOUCHES)
def test_every_touch_is_seen_in_its_report(fresh: Client, report: str) -> None:
    before = everything(fresh, report)
    assert len(fresh.admin("touch", {"report": report, "count": 2})["ids"]) == 2
    assert everything(fresh, report) != before


def test_completions_can_be_taken_back(fresh: Client) -> None:
    done = len(fresh.truth("assignment_summary", WHOLE, range_target="completed_date"))
    ids = fresh.admin("touch", {"report": "assignment_summary", "count": 3, "undo": True})["ids"]
    back = fresh.truth("assignment_summary", (NOW, NOW + 1), range_target="updated_date")
    rows = [row for row in back if identity(row, "assignment_summary") in ids]
    assert len(rows) == 3
    for row in rows:
        assert (row["completed_date"], row["assignment_status"]) == (None, "In Progress")
        assert row["updated_date"] == iso(NOW)
    left = fresh.truth("assignment_summary", WHOLE, range_target="completed_date")
    assert len(left) == done - 3
    users = fresh.truth("user_engagement", WHOLE)
    assert sum(row["assignments_completed"] for row in users) == done - 3


@pytest.mark.parametrize("report", DELETIONS)
def test_deleted_records_are_gone(fresh: Client, report: str) -> None:
    before = everything(fresh, report)
    ids = fresh.admin("delete", {"report": report, "count": 2})["ids"]
    assert len(ids) == 2
    after = everything(fresh, report)
    assert after != before
    if not report.startswith("pivoted") and report != "manager_summary":
        assert len(after) < len(before)


def test_views_of_the_same_things_share_deletions(fresh: Client) -> None:
    victim = fresh.truth("user_content", WHOLE)[7]["completion_id"]
    assert fresh.admin("delete", {"report": "user_content", "ids": [victim]})["ids"] == [victim]
    seen = fresh.truth("content_completion", WHOLE)
    assert victim not in {row["completion_id"] for row in seen}
    gone = fresh.truth("simplified_assignments")[0]["assignment_id"]
    fresh.admin("delete", {"report": "simplified_assignments", "ids": [gone]})
    items = fresh.truth("assignment_summary", WHOLE)
    assert gone not in {row["assignment_id"] for row in items}


def test_a_pivot_cannot_be_touched(fresh: Client) -> None:
    url = f"{fresh.server.url}/_admin/touch"
    body = {"report": "pivoted_user_assignments"}
    assert fresh.session.post(url, json=body, timeout=5).status_code == 400
