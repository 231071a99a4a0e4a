"""What an incremental build makes is what a build from nothing makes, and it reads what is new."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from harness import coursebase
from harness.instants import iso
from harness.warehouse import SCHEMA
from tests.transform.conftest import NOW, OPTIONS, PROJECT, Learning, Row

LATER = NOW + timedelta(days=2)
ANALYTICS = "analytics"

COMPLETIONS = "continu_content_completion"
USER_CONTENT = "continu_user_content"
ASSIGNMENTS = "continu_assignment_summary"
TRACKS = "continu_track_status"
ENGAGEMENT = "continu_user_engagement"
CATALOGUE = "continu_content_engagement"


def run(learning: Learning, *arguments: str, **variables: Any) -> None:
    """Build what stands in core, reading nothing twice: no lookback hides what was not found."""
    learning.dbt("run", "--select", "core", *arguments, lookback_minutes=0, **variables)


def held(learning: Learning) -> dict[str, list[Row]]:
    """Return all rows of dimensions, bridges, facts and what they are made from, in an order."""
    models = sorted(path.stem for path in (PROJECT / "models" / "core").glob("*.sql"))
    return {
        model: learning.rows(f"select * from {ANALYTICS}.{model} as one order by one::text")
        for model in models
        if not model.endswith("_history")
    }


def assert_as_if_built_anew(learning: Learning, **variables: Any) -> dict[str, list[Row]]:
    """Build incrementally, then from nothing, and compare table by table and row by row."""
    run(learning, **variables)
    found = held(learning)
    run(learning, "--full-refresh", **variables)
    expected = held(learning)
    assert found.keys() == expected.keys()
    for table, rows in expected.items():
        missing = [row for row in rows if row not in found[table]]
        extra = [row for row in found[table] if row not in rows]
        assert not missing, f"{table} lacks {missing[:3]}"
        assert not extra, f"{table} has {extra[:3]}"
        assert found[table] == rows, table
    return found


def reload(learning: Learning, table: str, where: str, **columns: str) -> None:
    """Change rows as the loader does that upserts them: they are newer, and no longer marked."""
    changes = {
        "_sdc_sequence": "(extract(epoch from clock_timestamp()) * 1000)::bigint",
        "_sdc_extracted_at": "clock_timestamp()",
        "_sdc_deleted_at": "null",
        **columns,
    }
    said = ", ".join(f"{name} = {value}" for name, value in changes.items())
    learning.warehouse.execute(f"update {SCHEMA}.{table} set {said} where {where}")


def mark(learning: Learning, table: str, where: str) -> None:
    """Mark rows as deleted, as the loader does when a full table lacks them."""
    learning.warehouse.execute(
        f"update {SCHEMA}.{table} set _sdc_deleted_at = clock_timestamp() where {where}"
    )


def few(learning: Learning, table: str, key: str, count: int, where: str = "true") -> list[str]:
    """Return some keys of a raw table, always the same ones."""
    rows = learning.rows(
        f"select {key} as key from {SCHEMA}.{table}"
        f" where _sdc_deleted_at is null and {where} order by md5({key}) limit {count}"
    )
    assert len(rows) == count
    return [row["key"] for row in rows]


def quoted(values: list[str]) -> str:
    """Return a list of SQL's texts."""
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def test_a_second_run_with_changes_and_deletions(changing: Learning) -> None:
    sandbox = changing.sandbox
    before = held(changing)
    sandbox.admin("clock", now=iso(LATER))
    touched = sandbox.admin("touch", report="content_completion", count=9)["ids"]
    undone = sandbox.admin("touch", report="assignment_summary", count=5, undo=True)["ids"]
    for report in ("track_status", "scorm_status", "assessment_status", "user_engagement"):
        sandbox.admin("touch", report=report, count=4)
    sandbox.admin("touch", report="content_engagement", count=3)
    gone = {
        report: sandbox.admin("delete", report=report, count=3)["ids"]
        for report in (
            "user_content",
            "assignment_summary",
            "track_status",
            "scorm_status",
            "assessment_status",
            "workshop_status",
            "content_engagement",
            "user_engagement",
        )
    }
    groups = coursebase.truth(sandbox, "groups")
    users = coursebase.truth(sandbox, "users")
    courses = coursebase.truth(sandbox, "courses")
    token = OPTIONS.coursebase_token
    coursebase.call(sandbox, token, "user.delete", user_id=users[3]["user_id"])
    learner = changing.rows(
        f"""
        select users.coursebase_user_id as user_id, min(assignments.email) as email
        from {ANALYTICS}.dim_users as users
        inner join {ANALYTICS}.fct_completions as completions using (user_key)
        cross join {SCHEMA}.{ASSIGNMENTS} as assignments
        where users.coursebase_user_id <> '{users[3]["user_id"]}'
            and users.matched_by is null
            and assignments.email not in (
                select user_key from {ANALYTICS}.dim_users where in_coursebase
            )
            and completions.content_key <> 'coursebase:{courses[1]["course_id"]}'
        group by users.coursebase_user_id
        order by count(distinct completions.completion_key) desc, users.coursebase_user_id
        limit 1
        """
    )[0]
    matched = learner["email"].upper()
    coursebase.call(sandbox, token, "user.update", user_id=learner["user_id"], login_id=matched)
    sandbox.admin(
        "coursebase/change",
        change="update_course",
        course_id=courses[0]["course_id"],
        title="Renamed",
        title_translations=[],
    )
    sandbox.admin("coursebase/change", change="delete_course", course_id=courses[1]["course_id"])
    sandbox.admin(
        "coursebase/change",
        change="rename_group",
        group_id=groups[0]["group_id"],
        name="Renamed",
    )
    changing.load(LATER)
    _reconcile(changing)
    changing.load(LATER)

    found = assert_as_if_built_anew(changing)

    assert touched
    assert undone
    unchanged = {table for table, rows in found.items() if rows == before[table]}
    assert unchanged <= {"bridge_user_units"}, "nobody has moved to another department"
    keys = {row["completion_id"] for row in found["fct_completions"]}
    assert keys.isdisjoint(gone["user_content"])
    assignments = {row["assignment_id"] for row in found["fct_assignments"]}
    assert assignments.isdisjoint(gone["assignment_summary"])
    [person] = [row for row in found["dim_users"] if row["coursebase_login_id"] == matched]
    assert person["user_key"] == matched.lower()
    assert person["matched_by"] == "email"
    assert person["user_key"] in {
        row["user_key"] for row in found["fct_completions"] if row["source"] == "coursebase"
    }
    assert "Renamed" in {row["title"] for row in found["dim_content"]}


def _reconcile(learning: Learning) -> None:
    """Let the next load read the reports with windows as full tables."""
    path = learning.folder / "catalog.json"
    catalog = json.loads(path.read_text())
    for entry in catalog["streams"]:
        entry["replication_method"] = "FULL_TABLE"
    path.write_text(json.dumps(catalog))


@pytest.mark.long
def test_rows_change_go_and_come_back(changing: Learning) -> None:
    late, moved, gone, back, half = few(changing, COMPLETIONS, "completion_id", 5)
    tracks = few(changing, TRACKS, "track_id || email || containing_journey_id", 2)
    assigned = few(changing, ASSIGNMENTS, "assignment_id || content_id || email", 3)
    [item] = few(changing, CATALOGUE, "id", 1)
    [lost] = changing.rows(
        f"select user_key, seen_key from {ANALYTICS}.int_people"
        f" where seen_in = 'user_content' order by user_key limit 1"
    )
    alone = few(changing, USER_CONTENT, "completion_id", 40)[30]
    for table in (COMPLETIONS, USER_CONTENT):
        reload(
            changing,
            table,
            f"completion_id = '{late}'",
            completed_on="completed_on + interval '1 day'",
        )
        reload(
            changing,
            table,
            f"completion_id = '{moved}'",
            email="'New.Name@example.org'",
            userid="'E07-NEW'",
            content_id="'new-content'",
            content_title="'New'",
        )
        mark(changing, table, f"completion_id in ('{gone}', '{back}')")
    mark(changing, COMPLETIONS, f"completion_id = '{half}'")
    mark(changing, USER_CONTENT, f"completion_id = '{lost['seen_key']}'")
    for table in (COMPLETIONS, USER_CONTENT):
        reload(changing, table, f"completion_id = '{alone}'", email="null", userid="'E07-ALONE'")
    for key in tracks:
        mark(changing, TRACKS, f"track_id || email || containing_journey_id = '{key}'")
    key = "assignment_id || content_id || email"
    reload(
        changing, ASSIGNMENTS, f"{key} = '{assigned[0]}'", due_date="due_date - interval '90 days'"
    )
    mark(changing, ASSIGNMENTS, f"{key} in ({quoted(assigned[1:])})")
    newest = f"(select max(window_from) from {SCHEMA}.{CATALOGUE})"
    mark(changing, CATALOGUE, f"id = '{item}' and window_from = {newest}")
    mark(changing, ENGAGEMENT, f"email like '%1@example.org' and window_from = {newest}")
    reload(
        changing,
        ENGAGEMENT,
        f"email like '%4@example.org' and window_from = {newest}",
        departments='\'["One", "Two", "One", ""]\'::jsonb',
    )

    first = assert_as_if_built_anew(changing)

    completions = {row["completion_id"]: row for row in first["fct_completions"]}
    assert {gone, back}.isdisjoint(completions)
    assert half in completions
    assert completions[moved]["user_key"] == "new.name@example.org"
    assert completions[alone]["user_key"] == "userid:E07-ALONE"
    assert {"One", "Two"} <= {row["unit"] for row in first["bridge_user_units"]}
    people = {row["user_key"]: row for row in first["dim_users"]}
    assert people["new.name@example.org"]["email"] == "New.Name@example.org"
    content = {row["content_key"]: row for row in first["dim_content"]}
    assert content["continu:new-content"]["title"] == "New"

    for table in (COMPLETIONS, USER_CONTENT):
        reload(changing, table, f"completion_id = '{back}'")
        reload(changing, table, f"completion_id = '{moved}'", email="'third@example.org'")
    reload(changing, TRACKS, f"track_id || email || containing_journey_id = '{tracks[0]}'")
    reload(changing, ASSIGNMENTS, f"{key} = '{assigned[1]}'")
    reload(changing, CATALOGUE, f"id = '{item}' and window_from = {newest}", title="'Back'")

    second = assert_as_if_built_anew(changing)

    completions = {row["completion_id"]: row for row in second["fct_completions"]}
    assert back in completions
    assert gone not in completions
    people = {row["user_key"]: row for row in second["dim_users"]}
    assert "third@example.org" in people
    assert "new.name@example.org" not in people, "a person whom no row speaks of any more"
    assert len(second["fct_tracks"]) == len(first["fct_tracks"]) + 1
    assert len(second["int_assignments"]) == len(first["int_assignments"]) + 1
    titles = {row["content_id"]: row["title"] for row in second["dim_content"]}
    assert titles[item] == "Back"


@pytest.mark.long
def test_rows_that_the_loader_removes(changing: Learning) -> None:
    gone = few(changing, COMPLETIONS, "completion_id", 4)
    for table in (COMPLETIONS, USER_CONTENT):
        changing.warehouse.execute(
            f"delete from {SCHEMA}.{table} where completion_id in ({quoted(gone)})"
        )
    for table in (ASSIGNMENTS, TRACKS, ENGAGEMENT, "continu_scorm_status"):
        changing.warehouse.execute(
            f"delete from {SCHEMA}.{table} where email like '%2@example.org'"
        )
    reload(changing, ASSIGNMENTS, "email like '%4@example.org'", assignment_status="'Removed'")

    found = assert_as_if_built_anew(changing, hard_delete=True)

    assert {row["completion_id"] for row in found["fct_completions"]}.isdisjoint(gone)
    assert not [row for row in found["fct_tracks"] if row["user_key"].endswith("2@example.org")]
    assert {row["status"] for row in found["fct_assignments"]} >= {"removed"}


@pytest.mark.long
def test_what_has_not_changed_is_not_written_again(changing: Learning) -> None:
    query = (
        "select ctid::text as place, xmin::text as written, {} as key from analytics.{} order by 3"
    )
    tables = {
        "fct_completions": "completion_key",
        "int_assignments": "assignment_key",
        "fct_tracks": "track_enrolment_key",
        "fct_scorm": "scorm_enrolment_key",
        "int_engagement": "engagement_key",
        "int_people": "person_key",
        "int_content": "content_seen_key",
        "int_coursebase_completions": "completion_key",
    }
    before = {name: changing.rows(query.format(key, name)) for name, key in tables.items()}
    reload(changing, TRACKS, "email like '%3@example.org'", track_title="'Changed'")
    changing.dbt("run", "--select", "core")
    after = {name: changing.rows(query.format(key, name)) for name, key in tables.items()}
    changed = {name: [row for row in after[name] if row not in before[name]] for name in tables}
    assert all(before.values())
    assert {name for name, rows in changed.items() if rows} == {
        "fct_tracks",
        "int_people",
        "int_content",
    }
    tracks = changing.rows(
        f"select 1 from {SCHEMA}.{TRACKS}"
        " where email like '%3@example.org' and _sdc_deleted_at is null"
    )
    assert len(changed["fct_tracks"]) == len(tracks)


@pytest.mark.parametrize("table", [COMPLETIONS, ASSIGNMENTS])
def test_newer_rows_are_found_by_an_index(table: str, built: Learning) -> None:
    view = f"analytics_staging.stg_{table.replace('_', '__', 1)}"
    plan = _plan(
        built,
        f"select * from {view} where loaded_sequence >= 1795845901273 or loaded_sequence is null",
    )
    assert "Index Cond: (_sdc_sequence >= '1795845901273'::bigint)" in plan
    deleted = _plan(
        built, f"select * from {SCHEMA}.{table} where _sdc_deleted_at >= to_timestamp(1795845901)"
    )
    assert "Index Cond: (_sdc_deleted_at >= " in deleted


def _plan(learning: Learning, query: str) -> str:
    """Return how a query is answered where reading the whole table costs more than an index."""
    learning.warehouse.execute(f"alter database {_database(learning)} set enable_seqscan = off")
    try:
        rows = learning.rows(f"explain {query}")
    finally:
        learning.warehouse.execute(f"alter database {_database(learning)} reset enable_seqscan")
    return "\n".join(row["QUERY PLAN"] for row in rows)


def _database(learning: Learning) -> str:
    return str(learning.rows("select current_database() as name")[0]["name"])


@pytest.mark.long
def test_raw_tables_get_no_index_where_they_must_not(changing: Learning) -> None:
    indexes = (
        "select indexname from pg_indexes"
        f" where schemaname = '{SCHEMA}' and indexdef ~ '[(]_sdc_(sequence|deleted_at)[)]'"
        " order by indexname"
    )
    made = changing.rows(indexes)
    assert made
    for row in made:
        changing.warehouse.execute(f'drop index {SCHEMA}."{row["indexname"]}"')
    changing.dbt("run", "--select", "dim_groups", index_raw=False)
    assert not changing.rows(indexes)
    changing.dbt("run", "--select", "dim_groups")
    assert changing.rows(indexes) == made


@pytest.mark.long
def test_what_was_so_on_a_day(changing: Learning) -> None:
    key = "assignment_id || '|' || content_id || '|' || email"
    done, gone, back = few(changing, ASSIGNMENTS, key, 3, "completed_date is null")
    [clock] = changing.rows(
        "select (clock_timestamp() at time zone 'UTC')::text as before,"
        " ((clock_timestamp() at time zone 'UTC')::date - 1)::text as yesterday"
    )
    reload(
        changing,
        ASSIGNMENTS,
        f"{key} = '{done}'",
        assignment_status="'Completed'",
        completed_date="clock_timestamp()",
        updated_date="clock_timestamp()",
    )
    mark(changing, ASSIGNMENTS, f"{key} in ({quoted([gone, back])})")
    history = ("build", "--select", "int_assignments", "snapshot_assignments")
    changing.dbt(*history, "assignment_status_history", lookback_minutes=0)

    def states(macro: str, when: str) -> dict[str, str]:
        chosen = f"ref('assignment_status_history'), \"{when}\""
        rows = _shown(
            changing,
            f"select assignment_key, assignment_status from {{{{ {macro}({chosen}) }}}} as valid"
            f" where assignment_key in ({quoted([done, gone, back])})",
        )
        return {row["assignment_key"]: row["assignment_status"] for row in rows}

    day, instant = "continu_coursebase.valid_on", "continu_coursebase.valid_at"
    yesterday = states(day, f"date '{clock['yesterday']}'")
    assert yesterday.keys() == {done, gone, back}
    assert yesterday[done] != "Completed"
    assert states(instant, f"timestamp '{clock['before']}'") == yesterday
    tomorrow = f"date '{clock['yesterday']}' + 2"
    assert states(day, tomorrow) == {done: "Completed"}

    reload(changing, ASSIGNMENTS, f"{key} = '{back}'")
    changing.dbt(*history, lookback_minutes=0)
    assert states(day, tomorrow) == {done: "Completed", back: yesterday[back]}
    ranges = changing.rows(
        f"select valid_from_at, valid_until_at from {ANALYTICS}.assignment_status_history"
        f" where assignment_key = '{back}' order by valid_from_at"
    )
    assert len(ranges) == 2
    assert ranges[0]["valid_until_at"] < ranges[1]["valid_from_at"]
    assert ranges[1]["valid_until_at"] is None


def _shown(learning: Learning, query: str) -> list[Row]:
    """Return the rows of a query that dbt completes."""
    printed = learning.dbt(
        "--quiet", "show", "--inline", query, "--limit", "-1", "--output", "json"
    )
    rows: list[Row] = json.loads(printed[printed.index("{") :])["show"]
    return rows
