"""Each bad Coursebase setting is one line that names it."""

from __future__ import annotations

from typing import Any

import pytest

from tap_continu_coursebase.core.errors import ConfigError
from tests.singer.support import tap

GOOD = {
    "coursebase_url": "https://learn.example.com",
    "coursebase_access_token": "0123456789abcdef",
}
CLIENT = {
    "coursebase_url": "https://learn.example.com",
    "coursebase_client_id": "client",
    "coursebase_client_secret": "marked-secret",
    "coursebase_token_url": "https://learn.example.com/oauth/token",
}


def without(config: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name not in names}


@pytest.mark.parametrize(
    "config",
    [
        GOOD,
        CLIENT,
        {**GOOD, "coursebase_url": "http://127.0.0.1:8080"},
        {**GOOD, "coursebase_url": "https://learn.example.com/"},
        {**GOOD, "coursebase_time_zone": "Asia/Tokyo", "coursebase_language": "zh_CN"},
        {**GOOD, "coursebase_csv_encoding": "cp932"},
        {**GOOD, "coursebase_csv_delimiter": ";"},
        {**GOOD, "coursebase_csv_delimiter": "\t"},
        {**GOOD, "coursebase_csv_delimiter": "tab"},
        {**GOOD, "coursebase_csv_skip_lines": 3, "coursebase_csv_skip_footer_lines": 1},
        {**GOOD, "coursebase_report_types": []},
        {**GOOD, "coursebase_report_ids": ["AoVrqJR0xD"]},
        {**GOOD, "coursebase_user_search": ["abc"] + [f"term{n}" for n in range(99)]},
    ],
    ids=str,
)
def test_good_settings(config: dict[str, Any]) -> None:
    assert tap(config).catalog_dict["streams"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("coursebase_url", ""),
        ("coursebase_url", "learn.example.com"),
        ("coursebase_url", "http://learn.example.com"),
        ("coursebase_url", "ftp://learn.example.com"),
        ("coursebase_url", "https://user:pass@learn.example.com"),
        ("coursebase_url", "https://learn.example.com?x=1"),
        ("coursebase_url", "https://learn.example.com\n"),
        ("coursebase_url", 7),
        ("coursebase_access_token", ""),
        ("coursebase_access_token", "two words"),
        ("coursebase_access_token", "line\nbreak"),
        ("coursebase_access_token", "té"),
        ("coursebase_access_token", 7),
        ("coursebase_language", "xx"),
        ("coursebase_language", "zh-CN"),
        ("coursebase_language", "EN"),
        ("coursebase_time_zone", "Tokyo"),
        ("coursebase_time_zone", ""),
        ("coursebase_time_zone", "../etc/passwd"),
        ("coursebase_report_types", ["learner"]),
        ("coursebase_report_types", "learners"),
        ("coursebase_report_types", ["learners", "learners"]),
        ("coursebase_report_ids", ["a b"]),
        ("coursebase_report_ids", [""]),
        ("coursebase_report_ids", ["../x"]),
        ("coursebase_report_ids", ["AoVrqJR0xD", "AoVrqJR0xD"]),
        ("coursebase_report_ids", [7]),
        ("coursebase_user_search", ["ab"]),
        ("coursebase_user_search", ["abc,def"]),
        ("coursebase_user_search", [f"term{n}" for n in range(101)]),
        ("coursebase_user_search", "abc"),
        ("coursebase_max_in_flight", 0),
        ("coursebase_max_in_flight", 17),
        ("coursebase_max_in_flight", "4"),
        ("coursebase_export_timeout_minutes", 0),
        ("coursebase_export_timeout_minutes", 1441),
        ("coursebase_csv_encoding", "utf-9"),
        ("coursebase_csv_encoding", ""),
        ("coursebase_csv_encoding", "base64"),
        ("coursebase_csv_delimiter", ""),
        ("coursebase_csv_delimiter", ";;"),
        ("coursebase_csv_delimiter", '"'),
        ("coursebase_csv_delimiter", "\n"),
        ("coursebase_csv_delimiter", 7),
        ("coursebase_csv_skip_lines", -1),
        ("coursebase_csv_skip_lines", 1001),
        ("coursebase_csv_skip_footer_lines", -1),
        ("coursebase_csv_skip_footer_lines", "1"),
        ("coursebase_client_id", "client"),
        ("coursebase_token_url", "https://learn.example.com/oauth/token"),
        ("coursebase_user_serch", ["abc"]),
    ],
)
def test_a_bad_setting_is_one_line_that_names_it(setting: str, value: Any) -> None:
    with pytest.raises(ConfigError) as raised:
        tap({**GOOD, setting: value})
    (problem,) = raised.value.problems
    assert len(problem.splitlines()) == 1
    assert setting in problem
    if setting == "coursebase_access_token" and isinstance(value, str) and value:
        assert value not in problem


@pytest.mark.parametrize(
    "missing", ["coursebase_client_id", "coursebase_client_secret", "coursebase_token_url"]
)
def test_credentials_are_all_or_none(missing: str) -> None:
    with pytest.raises(ConfigError) as raised:
        tap(without(CLIENT, missing))
    (problem,) = raised.value.problems
    assert f"missing: {missing}" in problem
    assert "marked-secret" not in problem


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("coursebase_token_url", "http://learn.example.com/oauth/token"),
        ("coursebase_token_url", "/oauth/token"),
        ("coursebase_client_secret", "marked secret"),
        ("coursebase_client_secret", ""),
        ("coursebase_client_id", ""),
    ],
)
def test_bad_credentials(setting: str, value: str) -> None:
    with pytest.raises(ConfigError) as raised:
        tap({**CLIENT, setting: value})
    (problem,) = raised.value.problems
    assert setting in problem
    assert "marked" not in problem


def test_no_credentials() -> None:
    with pytest.raises(ConfigError) as raised:
        tap(without(GOOD, "coursebase_access_token"))
    (problem,) = raised.value.problems
    assert problem.startswith("coursebase_access_token: required")


def test_no_source() -> None:
    with pytest.raises(ConfigError, match="no source is configured"):
        tap(without(GOOD, "coursebase_url")).sync_all()


def test_several_problems_are_one_line_each() -> None:
    with pytest.raises(ConfigError) as raised:
        tap({**GOOD, "coursebase_time_zone": "Tokyo", "coursebase_csv_encoding": "x"})
    assert len(raised.value.problems) == 2
