"""Staging beside the raw tables, value by value; what it should hold is said in Python."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.compare import Sandbox
from harness.documented import REPORT_TYPES
from harness.warehouse import SCHEMA, Warehouse
from sandbox.server import running
from tests.transform.conftest import OPTIONS, PROJECT, Learning, Row, settings_of

STAGING = "analytics_staging"
METADATA = {"extracted_at": "_sdc_extracted_at", "loaded_sequence": "_sdc_sequence"}
EXPORTS = ("coursebase_report_", "coursebase_saved_report_")
DATES = {"start_date", "end_date", "registration_end_date"}

Parser = Callable[[str], Any]


def instant(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC).replace(tzinfo=None)


PARSED: Mapping[str, Mapping[str, tuple[str, Parser]]] = {
    "learners": {
        "grade_number": ("grade", Decimal),
        "started_at": ("start_date", instant),
        "completed_at": ("completion_date", instant),
    },
    "people": {},
    "activities": {"happened_at": ("date_and_time", instant)},
    "activity_solutions": {"score_number": ("score", Decimal)},
    "courses": {
        "start_on": ("start_date", date.fromisoformat),
        "end_on": ("end_date", date.fromisoformat),
        "learners_number": ("learners", Decimal),
        "instructors_number": ("instructors", Decimal),
        "passing_grade_number": ("passing_grade", Decimal),
    },
    "submissions": {
        "score_number": ("score", Decimal),
        "submitted_at": ("submitted_at", instant),
    },
    "submission_answers": {},
    "submission_rates": {
        "learners_number": ("learners", Decimal),
        "submitted_number": ("submitted", Decimal),
        "submission_rate_number": ("submission_rate", Decimal),
    },
    "video_analytics": {
        "viewers_number": ("viewers", Decimal),
        "plays_number": ("plays", Decimal),
        "average_seconds_watched_number": ("average_seconds_watched", Decimal),
    },
    "udemy_user_activity": {
        "joined_at": ("user_joined_date", instant),
        "new_enrolled_courses_number": ("new_enrolled_courses", Decimal),
        "started_courses_number": ("started_courses", Decimal),
        "completed_courses_number": ("completed_courses", Decimal),
        "video_minutes_number": ("video_minutes", Decimal),
        "last_visit_at": ("last_visit", instant),
    },
    "udemy_user_course_activity": {
        "completion_ratio_number": ("completion_ratio", Decimal),
        "video_minutes_number": ("video_minutes", Decimal),
        "enrolled_at": ("enroll_date", instant),
        "started_at": ("start_date", instant),
        "completed_at": ("completion_date", instant),
    },
    "udemy_user_progress": {
        "started_at": ("start_date", instant),
        "completion_ratio_number": ("completion_ratio", Decimal),
        "views_number": ("views", Decimal),
    },
}
"""What an export's view tells beside the texts: from which raw column, read how."""

RENAMED = {
    "people": {"user_language": "language_2", "user_time_zone": "time_zone_2"},
    "submissions": {"submission_date": "submitted_at"},
}
PROFILE = {
    *("employee_code", "備考", "years_of_service", "hourly_rate_gross"),
    *("joined_on", "branch_main", "pay_step", "intake"),
}

JAPANESE = {
    "learners": {
        "last_name": "姓",
        "first_name": "名",
        "email_or_other_login_id": "メールアドレス",
        "course_name": "コース名",
        "status": "受講状況",
        "grade": "成績",
        "start_date": "開始日",
        "completion_date": "修了日",
    },
    "submissions": {"score": "得点", "submission_date": "提出日時"},
    "people": {"email_or_other_login_id": "メールアドレス", "groups": "所属"},
}
"""What is what there; a column of the last one is not."""


def raw(learning: Learning, table: str) -> list[Row]:
    return learning.rows(f'SELECT * FROM {SCHEMA}."{table}" WHERE _sdc_deleted_at IS NULL')


def view(learning: Learning, name: str) -> list[Row]:
    return learning.rows(f"SELECT * FROM {STAGING}.{name}")


def plain(value: Any) -> Any:
    """Return a raw value as staging has it: instants are UTC without saying so."""
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC).replace(tzinfo=None)
    return value


def ordered(rows: list[Row]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True, default=repr) for row in rows)


def declared(source: str) -> Iterator[str]:
    text = (PROJECT / "models" / "staging" / source / f"_{source}.yml").read_text("utf-8")
    for model in yaml.safe_load(text)["models"]:
        yield model["name"]


@pytest.mark.parametrize("source", ["continu", "coursebase"])
def test_a_view_has_the_values_of_its_table(built: Learning, source: str) -> None:
    tables = {_table(name): name for name in declared(source)}
    assert tables.keys() == {
        table
        for table in built.warehouse.tables()
        if table.startswith(source) and not table.startswith(EXPORTS)
    } | ({"continu_rejected_rows"} & tables.keys())
    for table, name in tables.items():
        expected = [
            {
                **{name: plain(row[name]) for name in row if not name.startswith("_sdc_")},
                **_metadata(row),
            }
            for row in raw(built, table)
        ]
        if table == "coursebase_course_details":
            for row in expected:
                row |= {day: row[day] and date.fromisoformat(row[day]) for day in DATES}
        found = view(built, name)
        columns = set().union(*expected)
        asked = [{column: row[column] for column in columns} for row in found]
        assert ordered(asked) == ordered(expected), name
        assert all(row[column] is None for row in found for column in row.keys() - columns), name
        assert expected or table == "continu_rejected_rows", name


@pytest.mark.parametrize("report", sorted(REPORT_TYPES))
def test_an_export_has_its_texts_and_what_they_tell(built: Learning, report: str) -> None:
    parsed, renamed = PARSED[report], RENAMED.get(report, {})
    found = view(built, f"stg_coursebase__report_{report}")
    rows = raw(built, f"coursebase_report_{report}")
    expected = []
    for row in rows:
        given = {name: plain(value) for name, value in row.items() if not name.startswith("_sdc_")}
        further = {name: given.pop(name) for name in PROFILE & given.keys()}
        told = {
            name: None if given[of] is None else read(given[of])
            for name, (of, read) in parsed.items()
        }
        for name, of in renamed.items():
            given[name] = given.pop(of)
        expected.append(
            {
                **given,
                **told,
                **_metadata(row),
                "additional_columns": further or None,
            }
        )
    assert len(rows) > 20
    assert ordered(found) == ordered(expected)
    for name in parsed:
        assert any(row[name] is not None for row in found), name


@pytest.mark.long
def test_an_export_in_japanese_and_tokyo_tells_the_same(
    built: Learning, postgresql: Warehouse, tmp_path: Path
) -> None:
    """With the columns named, and no word of Continu, whose views are there all the same."""
    with running(OPTIONS) as server, postgresql.database("japanese") as warehouse:
        settings = {
            name: value
            for name, value in settings_of(server).items()
            if name.startswith("coursebase_")
        }
        japanese = Learning(
            Sandbox(server.url),
            warehouse,
            {**settings, "coursebase_language": "ja", "coursebase_time_zone": "Asia/Tokyo"},
            tmp_path,
        )
        japanese.load()
        printed = japanese.dbt("run", "--select", "path:models/staging", report_columns=JAPANESE)
        assert "no column 所属 is loaded of the report people, so groups is null" in printed
        for report, chosen in JAPANESE.items():
            name = f"stg_coursebase__report_{report}"
            english = {row["row_number"]: row for row in view(built, name)}
            found = {row["row_number"]: row for row in view(japanese, name)}
            told = [*PARSED[report], *({"email_or_other_login_id"} & chosen.keys())]
            assert english.keys() == found.keys()
            assert [[found[number][name] for name in told] for number in sorted(found)] == [
                [english[number][name] for name in told] for number in sorted(found)
            ]
            assert all(
                not chosen.keys() & (row["additional_columns"] or {}).keys()
                and not set(chosen.values()) & (row["additional_columns"] or {}).keys()
                for row in found.values()
            )
        assert {row["status"] for row in view(japanese, "stg_coursebase__report_learners")} == {
            *("受講中", "完了済", "合格", "不合格"),
        }
        assert (
            "項目" in view(japanese, "stg_coursebase__report_submissions")[0]["additional_columns"]
        )
        assert view(japanese, "stg_continu__user_content") == []
        refused = japanese.dbt(
            *("compile", "--select", "stg_coursebase__report_learners"),
            check=False,
            report_columns={"learners": {"finished": "修了日"}},
        )
        assert "the report learners has no column finished, only report_type" in refused


def test_profile_values_are_one_row_each(built: Learning) -> None:
    expected = []
    for user in raw(built, "coursebase_user_details"):
        for field in user["profile"] or []:
            for place, item in enumerate(field["values"]):
                choice, value = None, item
                if isinstance(item, dict):
                    choice, value = item["choice_id"], item["value"]
                expected.append(
                    {
                        "user_id": user["user_id"],
                        "field_id": field["field_id"],
                        "field_name": field["name"],
                        "value_index": place,
                        "choice_id": choice,
                        **_valued(value),
                        **_metadata(user),
                    }
                )
    found = view(built, "stg_coursebase__user_profile_values")
    assert ordered(found) == ordered(expected)
    for name in ("choice_id", "value_number", "value_on"):
        assert 0 < sum(row[name] is not None for row in found) < len(found)


def test_choices_are_one_row_each(built: Learning) -> None:
    expected = [
        {
            "field_id": field["field_id"],
            "choice_id": choice["choice_id"],
            "choice_index": place,
            **_valued(choice["value"]),
            **_metadata(field),
        }
        for field in raw(built, "coursebase_profile_fields")
        for place, choice in enumerate(field["choices"] or [])
    ]
    assert expected
    assert ordered(view(built, "stg_coursebase__profile_choices")) == ordered(expected)


def test_titles_are_one_row_for_each_language(built: Learning) -> None:
    expected = [
        {"course_id": course["course_id"], **title, **_metadata(course)}
        for course in raw(built, "coursebase_course_details")
        for title in (
            {"language": None, "title": course["title"]},
            *(
                {"language": one["language"], "title": one["value"]}
                for one in course["title_translations"]
            ),
        )
    ]
    assert {row["language"] for row in expected} > {None, "en", "ja"}
    assert ordered(view(built, "stg_coursebase__course_titles")) == ordered(expected)


def test_contents_of_assignments_are_one_row_each(built: Learning) -> None:
    expected = [
        {"assignment_id": row["assignment_id"], "content_id": content, **_metadata(row)}
        for row in raw(built, "continu_simplified_assignments")
        for content in {*row["additional_fields"]["contentIds"], row["content_id"]} - {None}
    ]
    assert expected
    assert ordered(view(built, "stg_continu__simplified_assignment_contents")) == ordered(expected)


def test_statuses_of_a_user_are_one_row_each(built: Learning) -> None:
    expected = [
        {**_windowed(row), "assignment_status": status, "assignments": count}
        for row in raw(built, "continu_pivoted_user_assignments")
        for status, count in row["additional_fields"]["statusCounts"].items()
    ]
    assert any(row["assignments"] > 1 for row in expected)
    assert ordered(view(built, "stg_continu__pivoted_user_statuses")) == ordered(expected)


def test_counts_of_a_content_item_are_columns(built: Learning) -> None:
    expected = [
        {
            **_windowed(row),
            "title": row["additional_fields"]["title"],
            "assigned_count": row["additional_fields"]["assignedCount"],
            "completed_count": row["additional_fields"]["completedCount"],
            "expired_count": row["additional_fields"]["expiredCount"],
        }
        for row in raw(built, "continu_pivoted_content_assignments")
    ]
    assert any(row["completed_count"] > 1 for row in expected)
    assert ordered(view(built, "stg_continu__pivoted_content_counts")) == ordered(expected)


def test_rows_that_are_marked_as_deleted_are_left_out(changing: Learning) -> None:
    views = [*declared("continu"), *declared("coursebase")]
    views += [f"stg_coursebase__report_{report}" for report in REPORT_TYPES]
    before = {name: len(view(changing, name)) for name in views}
    for name in views:
        table = _table(name)
        changing.warehouse.execute(
            f"UPDATE {SCHEMA}.{table} SET _sdc_deleted_at = now()"
            f" WHERE ctid IN (SELECT ctid FROM {SCHEMA}.{table} LIMIT 1)"
        )
    after = {name: len(view(changing, name)) for name in views}
    assert after == {name: max(count - 1, 0) for name, count in before.items()}


@pytest.mark.long
def test_another_loader_makes_the_same_of_it(
    built: Learning, postgresql: Warehouse, tmp_path: Path
) -> None:
    """target-postgres itself writes instants without a time zone, and JSON null."""
    with postgresql.database("plain") as warehouse:
        other = Learning(built.sandbox, warehouse, built.settings, tmp_path)
        other.put(built.messages, "target-postgres")
        other.dbt("run", "--select", "path:models/staging")
        _assert_same_staging(built, other)


@pytest.mark.long
def test_a_raw_column_may_be_text(changing: Learning) -> None:
    """As a loader that knows fewer types leaves it; what cannot be read is null or a JSON text."""
    texts = {
        "coursebase_user_details": {"profile": "jsonb", "additional_fields": "jsonb"},
        "continu_assignment_summary": {
            "due_date": "timestamp with time zone",
            "suspended": "boolean",
            "departments": "jsonb",
        },
        "continu_windows": {
            "rows": "bigint",
            "seconds": "numeric",
            "window_from": "timestamp with time zone",
        },
        "coursebase_course_details": {"passing_grade_percentage": "numeric"},
    }
    before = {table: view(changing, _staging(table)) for table in texts}
    changing.warehouse.execute(f"DROP SCHEMA {STAGING} CASCADE")
    for table, columns in texts.items():
        for column in columns:
            changing.warehouse.execute(
                f"ALTER TABLE {SCHEMA}.{table} ALTER COLUMN {column} TYPE text"
            )
    changing.dbt("run", "--select", "path:models/staging")
    for table in texts:
        assert ordered(view(changing, _staging(table))) == ordered(before[table])
    for table, columns in texts.items():
        for column in columns:
            changing.warehouse.execute(f"UPDATE {SCHEMA}.{table} SET {column} = '{{no'")
    for table, columns in texts.items():
        rows = view(changing, _staging(table))
        assert rows
        for column, kind in columns.items():
            assert {row[column] for row in rows} == {"{no" if kind == "jsonb" else None}


def _staging(table: str) -> str:
    source, _, name = table.partition("_")
    return f"stg_{source}__{name}"


def _table(view: str) -> str:
    return view.removeprefix("stg_").replace("__", "_")


def _assert_same_staging(one: Learning, other: Learning) -> None:
    views = [*declared("continu"), *declared("coursebase")]
    views += [f"stg_coursebase__report_{report}" for report in REPORT_TYPES]
    views += ["stg_coursebase__user_profile_values", "stg_continu__pivoted_user_statuses"]
    for name in views:
        rows = [
            ordered(
                [{k: v for k, v in row.items() if k != "loaded_sequence"} for row in view(of, name)]
            )
            for of in (one, other)
        ]
        assert rows[0] == rows[1], name


def _valued(value: Any) -> Row:
    """Return the columns of a value: its text, and the number or the day that it tells."""
    text = value if isinstance(value, str) else json.dumps(value)
    told: Row = {"value": text, "value_number": None, "value_on": None}
    with suppress(ArithmeticError):
        told["value_number"] = Decimal(text)
    with suppress(ValueError):
        told["value_on"] = date.fromisoformat(text)
    return told


def _metadata(row: Row) -> Row:
    return {name: plain(row[of]) for name, of in METADATA.items()}


def _windowed(row: Row) -> Row:
    return {
        **{name: plain(row[name]) for name in ("window_from", "window_until", "record_key")},
        **_metadata(row),
    }
