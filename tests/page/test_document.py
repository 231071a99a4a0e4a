"""The document: numbers as the models have them, texts as texts, and what assistive tools need."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from tests.page.document import Document, Element
from tests.page.models import ARABIC, CHINESE, EVIL, LONG, OVERRIDE, ROWS

ALL, NONE = "All departments", "No department"


def test_headlines_are_counted_right(document: Document) -> None:
    assert document.headlines() == {
        "as_of": "2026-02-09T12:30:00+00:00",
        "people": "5",
        "in_both": "2",
        "completions": "7",
        "assignments": "9",
        "completion_rate": str(4 / 9),
        "overdue": "5",
        "at_risk": "3",
        "compliance": "0.375",
    }


def test_tables_have_the_values_of_the_models(document: Document) -> None:
    rows = document.rows("completion_rate_by_department_month")
    found = {(one["department"], one["month"]): one for one in rows}
    assert found[ALL, "2026-01-01"] == {
        "department": ALL,
        "month": "2026-01-01",
        "assigned": "5",
        "completed": "3",
        "completed_on_time": "2",
        "completion_rate": "0.6",
    }
    assert len(found) == len(ROWS["completion_rate_by_department_month"])
    assert [one["overdue"] for one in document.rows("overdue_by_manager")] == ["3", "1", "1"]
    learners = document.rows("learners_at_risk")
    assert [one["full_name"] for one in learners] == [EVIL, ARABIC, "dee@example.org"]
    assert [one["risk_points"] for one in learners] == ["4", "3", "2"]
    assert [one["title"] for one in document.rows("most_finished")][:2] == [EVIL, LONG]
    assert [one["completion_rate"] for one in document.rows("least_finished")] == ["0.25", "0.6"]
    assert document.rows("time_to_complete")[0]["median_days"] == "4.0"
    steps = document.rows("onboarding_funnel")
    assert [one["people"] for one in steps] == ["4", "3", "3", "2", "1"]
    assert [one["compliance_rate"] for one in document.rows("compliance_by_day")] == [
        "0.4",
        "0.375",
    ]
    assert {one["department"]: one["due"] for one in document.rows("compliance_now")} == {
        ALL: "8",
        CHINESE: "4",
        EVIL: "4",
    }
    verdicts = {one["stream"]: one["verdict"] for one in document.rows("table_freshness")}
    assert verdicts == {
        "continu_assignment_summary": "fresh",
        "continu_content_completion": "stale",
        "coursebase_report_learners": "not judged",
        "coursebase_users": "fresh",
        "coursebase_groups": "no rows",
    }
    assert [one["row_count"] for one in document.rows("coverage_by_month")] == [
        "21500",
        "4",
        "5",
        "2",
    ]
    assert document.rows("coverage_gaps") == [
        {
            "stream": "continu_content_completion",
            "gap_from_at": "2026-01-10T00:00:00",
            "gap_until_at": "2026-01-12T06:00:00",
        }
    ]
    assert {
        one["check_name"]: one["disagreeing"] for one in document.rows("reconciliation_summary")
    } == {"user_engagement_assignments": "1", "manager_summary_tracks": "0"}


@pytest.mark.parametrize(
    ("figure", "says"),
    [
        ("completion-by-department", "44% of 9 assignments are completed."),
        ("compliance-over-time", "38% of what was due by 9 Feb 2026 was completed by then: 3 of 8"),
        ("overdue-by-manager", "5 assignments of 4 people are overdue, the oldest since 20 Jan"),
        ("learners-at-risk", "3 people are at risk of falling behind: 2 at high risk and 1 at"),
        ("time-to-complete", "It usually takes 2.1 days"),
        ("onboarding", "Of 4 people who joined, 75% have logged in"),
        ("freshness", "1 of 3 tables is stale"),
        ("coverage", "1 gap in 1 of 2 reports"),
        ("reconciliation", "1 of 12 numbers that were compared differs."),
    ],
)
def test_each_figure_says_its_message(figure: str, says: str, document: Document) -> None:
    found = document.figure(figure)
    assert says in found.text
    pictures = [one for one in found if one["role"] == "img"]
    assert all(says in one["aria-label"] for one in pictures)
    assert len(pictures) == (figure not in {"freshness", "reconciliation"})


def test_texts_of_the_data_are_texts(document: Document, page: Path) -> None:
    assert document.all("script") == []
    assert "49" not in document.figure("most-finished").text
    assert EVIL in document.figure("most-finished").text
    assert OVERRIDE not in page.read_text("utf-8")
    named = [one for one in document.root if one["data-column"] in {"full_name", "title"}]
    assert named
    assert {one["dir"] for one in named} == {"auto"}


def test_the_page_asks_for_nothing(document: Document, page: Path) -> None:
    loading = {"img", "iframe", "object", "embed", "script", "source", "video", "audio", "image"}
    assert not [one.tag for one in document.root if one.tag in loading]
    assert [one["href"] for one in document.all("link")] == ["data:,"]
    assert all(one["href"].startswith("#") for one in document.all("a"))
    assert not re.findall(r"@import|url\(\s*['\"]?(?!#)", page.read_text("utf-8"))
    policy = [one["content"] for one in document.all("meta") if one["http-equiv"]]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    assert not [name for one in document.root for name in one.attributes if name.startswith("on")]


def test_headings_are_in_order(document: Document) -> None:
    levels = [int(one.tag[1]) for one in document.root if re.fullmatch("h[1-6]", one.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_ids_are_unique_and_links_lead_somewhere(document: Document) -> None:
    ids = [one["id"] for one in document.root if one["id"]]
    assert len(ids) == len({*ids})
    named = {one[name] for one in document.root for name in ("aria-labelledby",) if one[name]}
    assert named <= {*ids}
    assert {one["href"].removeprefix("#") for one in document.all("a")} <= {*ids}


def test_landmarks_and_language(document: Document) -> None:
    assert [one["lang"] for one in document.all("html")] == ["en"]
    for tag in ("header", "main", "footer", "nav"):
        assert len(document.all(tag)) == 1, tag
    first = next(one for one in document.all("body")[0] if one.tag == "a")
    assert (first["class"], first["href"]) == ("skip", "#numbers")


def test_every_table_tells_what_its_cells_are_of(document: Document) -> None:
    tables = document.all("table")
    assert len(tables) > 10
    for table in tables:
        assert table.all("caption")
        heads = [one for one in table.all("thead")[0] if one.tag == "th"]
        assert {one["scope"] for one in heads} == {"col"}
        for row in table.all("tbody")[0].all("tr"):
            cells: list[Element] = [one for one in row if one.tag in {"th", "td"}]
            assert len(cells) == len(heads)
            assert {one["scope"] for one in cells if one.tag == "th"} == {"row"}


def test_every_picture_has_its_numbers_in_a_table(document: Document) -> None:
    drawn = [one for one in document.all("figure") if any(e["role"] == "img" for e in one)]
    assert len(drawn) == 10
    for figure in drawn:
        assert figure.all("details"), figure["id"]
        assert all(one["aria-hidden"] == "true" for one in figure.all("svg"))
        assert len(figure.all("svg")) == 2
