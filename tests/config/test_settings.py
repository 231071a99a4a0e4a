"""Every mistake in the settings becomes one line that names it and shows a right value."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tap_continu_coursebase.config import checks, options, settings
from tap_continu_coursebase.continu.options import read
from tap_continu_coursebase.continu.reports import REPORTS
from tap_continu_coursebase.core.errors import ConfigError
from tap_continu_coursebase.coursebase.resources import REPORT_TYPES
from tap_continu_coursebase.tap import TapContinuCoursebase

TOKEN = "0123456789abcdef"
GOOD: dict[str, Any] = {"continu_api_token": TOKEN, "start_date": "2024-01-01"}
COMMAND = Path(sys.executable).with_name("tap-continu-coursebase")
PREFIX = "TAP_CONTINU_COURSEBASE_"

modest = hypothesis_settings(
    max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)


def problems(config: dict[str, Any]) -> list[str]:
    """Check a configuration as the tap does."""
    filled = deepcopy(config)
    found = checks.problems(filled, settings.SCHEMA)
    return found or list(options.problems(filled["stream_options"]))


def the_problem(**changed: Any) -> str:
    [problem] = problems(GOOD | changed)
    assert len(problem.splitlines()) == 1
    assert TOKEN not in problem
    return problem


def option_problem(stream: str, **options: Any) -> str:
    return the_problem(stream_options={stream: options})


# What is right.


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"start_date": "2024-01-01T00:00:00Z", "end_date": "2024-07-01"},
        {"start_date": "1970-01-01T00:00:00+00:00"},
        {"continu_auth_scheme": "bearer", "continu_window": "day"},
        {"continu_api_url": "https://usw2-oapi.continu.co/api/v1"},
        {"continu_api_url": "http://localhost:8080/api/v1"},
        {"continu_api_url": "http://127.0.0.1:8080"},
        {"continu_api_url": "http://[::1]:8080"},
        {"lookback_minutes": 0, "max_run_minutes": 1, "continu_max_in_flight": 16},
        {"end_date": None, "max_run_minutes": None},
        {"stream_options": {"continu_track_status": {}}},
        {
            "stream_options": {
                "continu_track_status": {
                    "range_target": "updated_date",
                    "window": "week",
                    "lookback_minutes": 120,
                    "filters": {"user_filter": {"role": "learner"}, "track_filter": {}},
                    "primary_keys": ["track_id", "userid", "cost_center"],
                    "columns": {
                        "cost_center": "string",
                        "track_progress": "integer",
                        "email": {"from": "user.email", "type": "string"},
                        "userid": {"from": "employeeNumber", "type": "string"},
                    },
                    "rows_path": "result.items",
                },
                "continu_pivoted_user_assignments": {
                    "filters": {"unsuspended_from": "1714521600"},
                    "primary_keys": ["window_from", "record_key"],
                },
            }
        },
    ],
)
def test_right(changed: dict[str, Any]) -> None:
    assert problems(GOOD | changed) == []


def test_defaults_are_filled_in() -> None:
    config = dict(GOOD)
    assert checks.problems(config, settings.SCHEMA) == []
    assert config == GOOD | {
        "additional_fields": True,
        "allow_empty_snapshot": False,
        "max_snapshot_shrink_percent": 50,
        "continu_api_url": "https://reports-latest.continu.co/api/v1",
        "continu_auth_scheme": "raw",
        "continu_max_in_flight": 2,
        "continu_not_found_is_empty": False,
        "continu_requests_per_day": 5000,
        "continu_requests_per_minute": 50,
        "continu_window": "month",
        "coursebase_csv_encoding": "utf-8",
        "coursebase_csv_skip_footer_lines": 0,
        "coursebase_csv_skip_lines": 0,
        "coursebase_export_timeout_minutes": 60,
        "coursebase_language": "en",
        "coursebase_max_in_flight": 4,
        "coursebase_report_ids": [],
        "coursebase_report_types": list(REPORT_TYPES),
        "coursebase_time_zone": "UTC",
        "coursebase_user_search": [],
        "discover_live": False,
        "emit_activate_version_messages": True,
        "fail_on_rejected_rows": False,
        "forbid_parallel_runs": True,
        "lookback_minutes": 60,
        "max_conflicting_keys_percent": 1,
        "request_timeout_seconds": 300,
        "stream_options": {},
    }


def test_every_setting_is_described() -> None:
    for name, setting in settings.SCHEMA["properties"].items():
        assert setting["title"], name
        assert len(setting["description"]) >= 15, name
    assert settings.SCHEMA["properties"]["continu_api_token"]["secret"] is True
    assert settings.SCHEMA["additionalProperties"] is False


# What is wrong.


@pytest.mark.parametrize("config", [{}, {"start_date": "2024-01-01"}, {"continu_api_token": None}])
def test_no_source(config: dict[str, Any]) -> None:
    [problem] = problems(config)
    assert "continu_api_token" in problem
    assert "start_date" in problem
    assert "2024-01-01" in problem


def test_no_start_date() -> None:
    [problem] = problems({"continu_api_token": TOKEN})
    assert problem.startswith("start_date: ")
    assert "2024-01-01" in problem


@pytest.mark.parametrize("name", ["start_date", "end_date"])
@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2024-13-01",
        "01/02/2024",
        "2024-01-01\n",
        "1714521600",
        "0001-01-01T00:00:00+02:00",
        "9999-12-31T23:59:59-02:00",
        "1969-12-31",
        "9999-01-01",
    ],
)
def test_malformed_dates(name: str, value: str) -> None:
    found = problems(GOOD | {name: value})
    assert found[0].startswith(f"{name}: {value!r} is ")
    assert "2024-01-01T00:00:00Z" in found[0]
    assert all(len(problem.splitlines()) == 1 for problem in found)


@pytest.mark.parametrize("end", ["2024-01-01", "2023-12-31", "2024-01-01T01:00:00+02:00"])
def test_an_end_before_the_start(end: str) -> None:
    problem = the_problem(end_date=end)
    assert problem.startswith("end_date: ")
    assert end in problem
    assert "2024-01-01" in problem
    assert "later" in problem


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://reports-latest.continu.co/api/v1", "not encrypted"),
        ("http://10.0.0.1", "not encrypted"),
        ("http://localhost.example.com", "not encrypted"),
        ("http://127.0.0.1.example.com", "not encrypted"),
        ("ftp://example.com", "not a URL"),
        ("example.com/api", "not a URL"),
        ("https://", "not a URL"),
        ("https:///api", "not a URL"),
        ("https://example.com:99999", "not a URL"),
        ("https://[::1", "not a URL"),
        ("https://example.com/?a=b", "not a URL"),
        ("https://example.com/#a", "not a URL"),
        ("", "not a URL"),
        ("https://user:hunter2@example.com", "user name or password"),
        ("http://user:hunter2@example.com", "user name or password"),
    ],
)
def test_bad_urls(url: str, why: str) -> None:
    problem = the_problem(continu_api_url=url)
    assert problem.startswith("continu_api_url: ")
    assert why in problem
    assert problem.endswith("right would be https://reports-latest.continu.co/api/v1")
    assert "hunter2" not in problem


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("start_dat", "'start_date'"),
        ("continu_token", "'continu_api_token'"),
        ("continu_windows", "'continu_window'"),
    ],
)
def test_unknown_settings_with_a_hint(name: str, hint: str) -> None:
    problem = the_problem(**{name: "s3cret"})
    assert f"unknown setting {name!r} (did you mean {hint}?)" in problem
    assert "s3cret" not in problem


def test_unknown_settings_without_a_hint() -> None:
    problem = the_problem(zzz=1, qqq=2)
    assert problem.startswith("unknown setting 'qqq', 'zzz'; known are: additional_fields, ")
    assert "did you mean" not in problem


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("continu_requests_per_minute", 0, "1 or more"),
        ("continu_requests_per_minute", -50, "1 or more"),
        ("continu_requests_per_day", -1, "1 or more"),
        ("continu_max_in_flight", 0, "1 or more"),
        ("continu_max_in_flight", 17, "16 or less"),
        ("lookback_minutes", -1, "0 or more"),
        ("max_run_minutes", 0, "1 or more"),
        ("request_timeout_seconds", -300, "1 or more"),
        ("continu_window", "year", "month or week or day"),
        ("continu_window", "Month", "month or week or day"),
        ("continu_auth_scheme", "basic", "raw or bearer"),
    ],
)
def test_out_of_bounds(name: str, value: Any, right: str) -> None:
    problem = the_problem(**{name: value})
    assert problem.startswith(f"{name}: {value!r} is ")
    assert problem.endswith(f"right would be {right}")


@pytest.mark.parametrize(
    ("name", "value", "right"),
    [
        ("start_date", 20240101, "2024-01-01"),
        ("end_date", ["2024-01-01"], "2024-07-01"),
        ("continu_api_url", 1, "https://reports-latest.continu.co/api/v1"),
        ("continu_requests_per_minute", "50", "50"),
        ("continu_requests_per_minute", 50.5, "50"),
        ("continu_requests_per_minute", True, "50"),
        ("lookback_minutes", {}, "60"),
        ("additional_fields", "yes", "True"),
        ("additional_fields", 1, "True"),
        ("stream_options", [], "{}"),
        ("stream_options", "x", "{}"),
    ],
)
def test_wrong_types(name: str, value: Any, right: str) -> None:
    problem = the_problem(**{name: value})
    assert problem.startswith(f"{name}: the value {value!r} is not of type ")
    assert problem.endswith(f"right would be {right}")


@pytest.mark.parametrize(
    "token",
    [
        "",
        " ",
        "sek ret",
        " sekret",
        "sekret ",
        "sekret\n",
        "sek\r\nX-Header: ret",
        "sek\tret",
        "sek\x00ret",
        "sekr\u00e9t",
        "sek\u2028ret",
        12345678,
        ["sekret"],
        {"sekret": "sekret"},
    ],
)
def test_a_bad_token_is_never_shown(token: Any) -> None:
    problem = the_problem(continu_api_token=token)
    assert problem.startswith("continu_api_token: ")
    assert "right would be the token alone" in problem
    for part in ("sek", "ret\n", "12345678", "X-Header"):
        assert part not in problem.replace("secret", "")


# The options of streams.

ENGAGEMENT = "continu_content_engagement"
TRACKS = "continu_track_status"
PIVOT = "continu_pivoted_user_assignments"
WORKSHOPS = "continu_workshop_status"
SIMPLIFIED = "continu_simplified_assignments"


@pytest.mark.parametrize("name", ["continu_foo", "track_status", "continu_windows", ""])
def test_unknown_streams(name: str) -> None:
    problem = option_problem(name)
    assert problem.startswith(f"stream_options.{name}: no such stream; known are: ")
    assert "continu_track_status" in problem


@pytest.mark.parametrize("value", [None, 1, "x", [], True])
def test_options_that_are_no_object(value: Any) -> None:
    problem = the_problem(stream_options={TRACKS: value})
    assert problem.startswith(f"stream_options.{TRACKS}: ")
    assert "right would be {'lookback_minutes': 120}" in problem


@pytest.mark.parametrize(
    ("stream", "option", "value", "told"),
    [
        (TRACKS, "foo", 1, "unknown option; known are: range_target, window"),
        (TRACKS, "range_target", {}, "right would be updated_date"),
        (TRACKS, "range_target", 5, "right would be updated_date"),
        (TRACKS, "range_target", [], "or null to leave it out"),
        (ENGAGEMENT, "range_target", None, "takes none; leave it out"),
        (ENGAGEMENT, "range_target", "updated_date", "takes none; leave it out"),
        (WORKSHOPS, "range_target", "updated_date", "takes none; leave it out"),
        (TRACKS, "window", "year", "right would be month or week or day"),
        (TRACKS, "window", ["day"], "right would be month or week or day"),
        (TRACKS, "window", None, "right would be month or week or day"),
        (WORKSHOPS, "window", "day", "no dates; leave it out"),
        (TRACKS, "lookback_minutes", -1, "right would be 0 or more"),
        (TRACKS, "lookback_minutes", 1.5, "right would be 0 or more"),
        (TRACKS, "lookback_minutes", "60", "right would be 0 or more"),
        (TRACKS, "lookback_minutes", True, "right would be 0 or more"),
        (WORKSHOPS, "lookback_minutes", 60, "no dates; leave it out"),
        (TRACKS, "filters", [], "right would be {'user_filter': {'role': 'learner'}}"),
        (TRACKS, "filters", {"entity_filter": {}}, "it takes: track_filter, user_filter"),
        (SIMPLIFIED, "filters", {"user_filter": {}}, "it takes: none"),
        (TRACKS, "filters", {"user_filter": "x"}, "right would be {'id': '...'}"),
        (TRACKS, "filters", {"user_filter": {"grade": "x"}}, "unknown key 'grade'; known are:"),
        (TRACKS, "filters", {"user_filter": {"grades": ["x"]}}, "user_filter.grades: right"),
        (TRACKS, "filters", {"user_filter": {"suspended": True}}, "suspended: right would be"),
        (TRACKS, "filters", {"unsuspended_from": "1"}, "it takes: track_filter, user_filter"),
        (PIVOT, "filters", {"unsuspended_from": 1714521600}, "such as '1714521600'"),
        (PIVOT, "filters", {"unsuspended_to": "2024-01-01"}, "such as '1714521600'"),
        (TRACKS, "primary_keys", "email", "right would be ['track_id', 'email', 'containing_"),
        (TRACKS, "primary_keys", [], "right would be ['track_id', 'email', 'containing_"),
        (TRACKS, "primary_keys", ["nope", "email"], "'nope' is not a column"),
        (TRACKS, "primary_keys", [5], "5 is not a column"),
        (ENGAGEMENT, "primary_keys", ["id"], "window_from must be in it"),
        (PIVOT, "primary_keys", ["record_key"], "window_from must be in it"),
        (TRACKS, "columns", ["a"], "right would be {'cost_center': 'string'}"),
        (TRACKS, "columns", {"a": "text"}, "one of string, date-time, boolean, integer"),
        (TRACKS, "columns", {"a": ["string"]}, "one of string, date-time, boolean, integer"),
        (TRACKS, "columns", {"a": None}, "one of string, date-time, boolean, integer"),
        (TRACKS, "columns", {"a": {"from": "b.c"}}, "a: type: None is not a type; right would be"),
        (
            TRACKS,
            "columns",
            {"a": {"from": "b.c", "type": "text"}},
            "a: type: 'text' is not a type",
        ),
        (
            TRACKS,
            "columns",
            {"a": {"type": "string"}},
            "a: from: None is not a path of names; right",
        ),
        (TRACKS, "columns", {"a": {"from": "", "type": "string"}}, "right would be 'user.email'"),
        (TRACKS, "columns", {"a": {"from": "b..c", "type": "string"}}, "a: from: 'b..c' is not a"),
        (TRACKS, "columns", {"a": {"from": " b.c", "type": "string"}}, "a: from: ' b.c' is not a"),
        (
            TRACKS,
            "columns",
            {"a": {"from": ["b"], "type": "string"}},
            "a: from: ['b'] is not a path",
        ),
        (TRACKS, "columns", {"a": {"from": ".".join("b" * 11), "type": "string"}}, "10 names or"),
        (
            TRACKS,
            "columns",
            {"a": {"from": "userId", "type": "string"}, "user_id": "string"},
            "a col",
        ),
        (
            TRACKS,
            "columns",
            {"a": {"from": "email", "type": "string"}},
            "'email' is a column of its",
        ),
        (
            TRACKS,
            "columns",
            {"a": {"from": "b.c", "type": "string", "as": 1}},
            "a: 'as' is not known",
        ),
        (TRACKS, "columns", {"additional_fields": "string"}, "cannot be declared"),
        (ENGAGEMENT, "columns", {"window_from": "string"}, "cannot be declared"),
        (TRACKS, "rows_path", "", "right would be data or result.items"),
        (TRACKS, "rows_path", "data.", "right would be data or result.items"),
        (TRACKS, "rows_path", ["data"], "right would be data or result.items"),
    ],
)
def test_bad_options(stream: str, option: str, value: Any, told: str) -> None:
    problem = option_problem(stream, **{option: value})
    assert problem.startswith(f"stream_options.{stream}.{option}: ")
    assert told in problem


def test_every_mistake_is_told_at_once() -> None:
    found = problems(
        GOOD
        | {
            "stream_options": {
                "nope": {},
                TRACKS: {"foo": 1, "window": "year", "primary_keys": ["a", "b"]},
            }
        }
    )
    assert len(found) == 5
    assert len(problems(GOOD | {"lookback_minutes": -1, "continu_window": "x", "foo": 1})) == 3
    assert len(problems(GOOD | {"start_date": "x", "end_date": "y", "continu_api_url": "z"})) == 3


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 2000) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
any_options = st.fixed_dictionaries(
    {},
    optional={
        "range_target": json_values,
        "window": json_values,
        "lookback_minutes": json_values,
        "filters": json_values
        | st.dictionaries(st.sampled_from(["user_filter", "unsuspended_to", "x"]), json_values),
        "primary_keys": st.lists(json_values | st.sampled_from(["email", "id"]), max_size=3)
        | json_values,
        "columns": json_values | st.dictionaries(st.sampled_from(["email", "x"]), json_values),
        "rows_path": json_values,
    },
)


@modest
@given(
    st.dictionaries(
        st.sampled_from(sorted(settings.SCHEMA["properties"])), json_values, max_size=5
    ),
    st.dictionaries(
        st.sampled_from([f"continu_{report.name}" for report in REPORTS]), any_options, max_size=3
    ),
)
def test_any_configuration_is_right_or_told(
    changed: dict[str, Any], options: dict[str, Any]
) -> None:
    found = problems(GOOD | {"stream_options": options} | changed)
    for problem in found:
        assert problem.strip()
        assert len(problem.splitlines()) == 1
    if "token" in changed:
        assert changed["token"] not in " ".join(found)


@pytest.mark.parametrize(
    "name",
    [
        "start_date",
        "stream_options",
        "lookback_minutes",
        "continu_requests_per_minute",
        "continu_requests_per_day",
        "continu_max_in_flight",
        "request_timeout_seconds",
        "additional_fields",
        "emit_activate_version_messages",
    ],
)
def test_null_is_told_or_means_the_default(name: str) -> None:
    config = GOOD | {name: None}
    found = checks.problems(config, settings.SCHEMA)
    if found:
        assert found[0].startswith(f"{name}: ")
    else:
        assert config[name] is not None


def test_a_whole_float_is_told_or_becomes_an_integer() -> None:
    config = GOOD | {"continu_max_in_flight": 2.0}
    found = checks.problems(config, settings.SCHEMA)
    assert found or isinstance(config["continu_max_in_flight"], int)


@pytest.mark.parametrize("name", ["lookback_minutes", "max_run_minutes", "request_timeout_seconds"])
def test_absurdly_large_numbers_are_told(name: str) -> None:
    assert the_problem(**{name: 10**15}).startswith(f"{name}: ")


def test_an_absurdly_large_lookback_of_a_stream_is_told() -> None:
    config = GOOD | {"stream_options": {TRACKS: {"lookback_minutes": 10**15}}}
    if not problems(config):
        checks.problems(config, settings.SCHEMA)
        [report] = [report for report in REPORTS if f"continu_{report.name}" == TRACKS]
        assert datetime(2024, 1, 1, tzinfo=UTC) - read(config, report).lookback


@pytest.mark.parametrize("value", [[["email"]], [{"email": 1}]])
def test_unhashable_key_columns(value: Any) -> None:
    assert "is not a column" in option_problem(TRACKS, primary_keys=value)


@pytest.mark.parametrize(
    "url", ["ftp://user:hunter2@example.com", "https://user:hunter2@example.com/?a=b"]
)
def test_a_password_in_any_url_is_not_shown(url: str) -> None:
    assert "hunter2" not in the_problem(continu_api_url=url)


@pytest.mark.parametrize("url", ["https://exa mple.com", "https://exam\nple.com", "https://a,b"])
def test_urls_with_impossible_hosts(url: str) -> None:
    assert the_problem(continu_api_url=url).startswith("continu_api_url: ")


@pytest.mark.parametrize("column", ["costCenter", "cost center", "", "window_from"])
def test_columns_that_no_field_can_fill(column: str) -> None:
    assert option_problem(TRACKS, columns={column: "string"})


@pytest.mark.parametrize("keys", [["additional_fields"], ["email", "email"]])
def test_columns_that_are_no_key(keys: list[str]) -> None:
    assert option_problem(TRACKS, primary_keys=keys).startswith(f"stream_options.{TRACKS}.")


@pytest.mark.parametrize(
    "options", [{"a\nb": {}}, {TRACKS: {"a\nb": 1}}, {TRACKS: {"columns": {"a\nb": 1}}}]
)
def test_names_with_line_breaks_are_told_in_one_line(options: dict[str, Any]) -> None:
    assert the_problem(stream_options=options)


def test_an_end_in_the_future_is_told_or_means_now() -> None:
    end = (datetime.now(UTC) + timedelta(days=400)).isoformat(timespec="seconds")
    try:
        tap = TapContinuCoursebase(config=GOOD | {"end_date": end})
    except ConfigError:
        return
    assert tap.run.until <= datetime.now(UTC)


# The command.


def run(
    *arguments: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return subprocess.run(
        [str(COMMAND), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=clean | (environment or {}),
        timeout=60,
    )


def assert_told(done: subprocess.CompletedProcess[str], *told: str) -> None:
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stderr
    lines = [line for line in done.stderr.splitlines() if "Bad configuration: " in line]
    assert len(lines) == len(told), done.stderr
    for line, part in zip(lines, told, strict=True):
        assert part in line


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({}, ["no source is configured: set continu_api_token"]),
        (GOOD | {"start_dat": 1}, ["unknown setting 'start_dat' (did you mean 'start_date'?)"]),
        (
            {"continu_api_token": f"{TOKEN}\n", "start_date": "soon"},
            ["start_date: 'soon' is not an ISO 8601 date", "continu_api_token: is empty or has"],
        ),
        (
            GOOD | {"stream_options": {TRACKS: {"window": "year"}, "nope": {}}},
            [f"stream_options.{TRACKS}.window: 'year'", "stream_options.nope: no such stream"],
        ),
    ],
)
def test_the_command_tells_what_is_wrong(
    tmp_path: Path, config: dict[str, Any], told: list[str]
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config), "utf-8")
    assert_told(run("--config", str(path)), *told)


@pytest.mark.parametrize(
    ("content", "told"),
    [("{", "not a readable JSON file"), ("[1]", "not a JSON object")],
)
def test_the_command_tells_what_is_no_configuration(
    tmp_path: Path, content: str, told: str
) -> None:
    path = tmp_path / "config.json"
    path.write_text(content, "utf-8")
    assert_told(run("--config", str(path)), told)


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        (
            {"CONTINU_API_TOKEN": TOKEN, "CONTINU_MAX_IN_FLIGHT": "two"},
            f"{PREFIX}CONTINU_MAX_IN_FLIGHT: is not of type integer",
        ),
        (
            {"CONTINU_API_TOKEN": TOKEN, "START_DATE": "2024-01-01", "CONTINU_WINDOW": "year"},
            "continu_window: 'year' is not known; right would be month or week or day",
        ),
        ({"CONTINU_API_TOKEN": TOKEN, "START_DAT": "2024-01-01"}, f"{PREFIX}START_DAT"),
    ],
)
def test_the_command_tells_what_is_wrong_in_the_environment(
    variables: dict[str, str], told: str
) -> None:
    environment = {f"{PREFIX}{name}": value for name, value in variables.items()}
    assert_told(run("--config", "ENV", environment=environment), told)
