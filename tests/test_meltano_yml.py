"""meltano.yml says the same as the code where it is written by hand: capabilities, jobs."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.documented import SUB_OBJECTS
from tap_continu_coursebase.continu.streams import RECORDS
from tap_continu_coursebase.tap import TapContinuCoursebase

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))
EXTRACTORS = {plugin["name"]: plugin for plugin in PROJECT["plugins"]["extractors"]}
TAP = EXTRACTORS["tap-continu-coursebase"]


def test_capabilities_are_those_of_the_tap() -> None:
    declared = {str(capability.value) for capability in TapContinuCoursebase.capabilities}
    assert set(TAP["capabilities"]) - {"test"} == declared


def test_every_plugin_is_defined_here() -> None:
    for plugin in (TAP, *PROJECT["plugins"]["loaders"]):
        assert plugin["namespace"]
        assert plugin["pip_url"]


def discovered() -> TapContinuCoursebase:
    return TapContinuCoursebase(
        config={
            "continu_api_token": "token",
            "start_date": "2024-01-01",
            "coursebase_url": "https://learn.example.com",
            "coursebase_access_token": "token",
            "coursebase_report_ids": ["AoVrqJR0xD"],
            "coursebase_user_search": ["@example.com"],
        }
    )


def test_what_is_selected_by_default_is_selected_and_nothing_else() -> None:
    patterns = TAP["select"]
    for entry in discovered().catalog_dict["streams"]:
        name = entry["tap_stream_id"]
        off = {
            tuple(item["breadcrumb"])
            for item in entry["metadata"]
            if item["metadata"].get("selected-by-default") is False
        }
        for column in () if () in off else entry["schema"]["properties"]:
            is_selected = any(fnmatch(f"{name}.{column}", pattern) for pattern in patterns)
            assert is_selected == (("properties", column) not in off), (name, column)
        assert any(fnmatch(name, one.partition(".")[0]) for one in patterns) == (() not in off)
        if name.startswith("continu_") and name not in RECORDS:
            assert off == {
                ("properties", one) for one in SUB_OBJECTS & {*entry["schema"]["properties"]}
            }


def test_no_selection_excludes_what_a_user_may_select() -> None:
    assert not [rule for rule in TAP["select"] if rule.startswith("!")]
    for name, extractor in EXTRACTORS.items():
        assert ("select" in extractor) == (name == TAP["name"])
        assert not [rule for rule in extractor.get("select_filter", []) if rule.startswith("!")]


def test_the_two_jobs_load_each_stream_once() -> None:
    jobs = {job["name"]: job["tasks"] for job in PROJECT["jobs"]}
    rules = [
        rule
        for job in ("hourly", "daily")
        for task in jobs[job]
        for rule in EXTRACTORS[task.split()[0]]["select_filter"]
    ]
    for name, stream in discovered().streams.items():
        matches = sum(fnmatch(name, rule) for rule in rules)
        assert matches == (2 if name in RECORDS else int(stream.selected_by_default))
    assert {schedule["job"] for schedule in PROJECT["schedules"]} == set(jobs)


@pytest.mark.parametrize("name", ["tap-continu-coursebase", "target-postgres"])
def test_definitions_are_what_the_checkout_has(name: str) -> None:
    definition = yaml.safe_load((ROOT / "plugins" / f"{name}.yml").read_text("utf-8"))
    kind = "extractors" if name == "tap-continu-coursebase" else "loaders"
    [here, *_] = PROJECT["plugins"][kind]
    for key in ("name", "namespace", "capabilities", "settings"):
        assert definition[key] == here[key]
    assert definition["variant"]
    assert definition["label"]


def test_jobs_for_other_projects_are_those_of_the_checkout() -> None:
    jobs = yaml.safe_load((ROOT / "plugins" / "jobs.meltano.yml").read_text("utf-8"))
    [tap, *inheriting] = PROJECT["plugins"]["extractors"]
    assert jobs["plugins"]["extractors"] == [one | {"select": tap["select"]} for one in inheriting]
    assert jobs["jobs"] == PROJECT["jobs"]
    assert jobs["schedules"] == PROJECT["schedules"]
