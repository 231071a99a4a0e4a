"""What is stale, and by which cadence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.documented import CONTINU_KEYS
from tap_continu_coursebase.operate.freshness import (
    CADENCES,
    Table,
    is_loaded_here,
    judged,
)
from tap_continu_coursebase.operate.ledger import Window, coverages

modest = settings(max_examples=150, deadline=None, database=None)
NOON = datetime(2026, 3, 15, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ROOT = Path(__file__).resolve().parent.parent.parent
ages = st.timedeltas(timedelta(0), timedelta(days=400))
cadences = st.timedeltas(timedelta(hours=1), timedelta(days=30))
tolerances = st.floats(0.1, 50)


@modest
@given(ages, cadences, tolerances)
def test_a_table_is_stale_once_it_is_older_than_its_cadence_allows(
    age: timedelta, cadence: timedelta, tolerance: float
) -> None:
    table = Table("continu_user_content", 5, NOON - age, cadence)
    assert table.age(NOON) == age
    assert table.is_stale(NOON, tolerance) == (age > cadence * tolerance)
    if table.is_stale(NOON, tolerance):
        assert table.is_stale(NOON + HOUR, tolerance)
        assert not table.is_stale(NOON, age / cadence + 1)


@modest
@given(ages)
def test_what_has_no_age_or_no_cadence_is_never_stale(age: timedelta) -> None:
    assert not Table("s", 0, None, HOUR).is_stale(NOON)
    assert not Table("s", 9, NOON - age, None).is_stale(NOON)
    assert Table("s", 9, NOON + age, HOUR).age(NOON) == timedelta(0)


def test_rows_of_windows_are_as_old_as_the_end_of_the_last_one() -> None:
    """A run with end_date loads today what was current a month ago."""
    loaded = Window("continu_track_status", NOON - 60 * DAY, NOON - 30 * DAY, 3, NOON)
    (table,) = judged({"continu_track_status": (3, NOON)}, coverages([loaded]))
    assert table.loaded_at == NOON
    assert table.age(NOON) == 30 * DAY
    assert table.is_stale(NOON)


def test_either_source_may_be_absent() -> None:
    window = Window("continu_track_status", NOON - DAY, NOON, 0, NOON)
    assert [one.rows for one in judged({}, coverages([window]))] == [None]
    (users,) = judged({"coursebase_users": (7, NOON - 3 * DAY)}, [])
    assert users.is_stale(NOON)
    assert judged({}, []) == []


def test_the_cadences_are_those_of_the_jobs() -> None:
    """Continu's by the vendor's table, which meltano.yml follows; Coursebase documents none."""
    project: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))
    plugins = {plugin["name"]: plugin for plugin in project["plugins"]["extractors"]}
    for job, cadence in (("hourly", HOUR), ("daily", DAY)):
        loaded = plugins[f"tap-continu-coursebase-{job}"]["select_filter"]
        mine = {f"continu_{name}" for name in CONTINU_KEYS}.intersection(loaded)
        assert mine
        assert {CADENCES[stream] for stream in mine} == {cadence}
    assert {f"continu_{name}" for name in CONTINU_KEYS} <= CADENCES.keys()
    assert CADENCES["coursebase_users"] == DAY
    assert "coursebase_report_learners" not in CADENCES
    assert is_loaded_here("coursebase_report_learners")
    assert is_loaded_here("coursebase_saved_report_AoVrqJR0xD")
    assert not is_loaded_here("continu_windows")
    assert not is_loaded_here("salaries")
