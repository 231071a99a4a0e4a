"""One command looks at every list, detail and export, by as few calls as possible."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from harness.documented import REPORT_TYPES
from tap_continu_coursebase.tap import TapContinuCoursebase
from tests.coursebase.support import TOKEN, Coursebase
from tests.singer.support import run, texts_of
from tests.transport.scripted_server import Reply, ScriptedServer

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "check.schema.json").read_text("utf-8")
)
Json = dict[str, Any]
LISTS = (
    "course_approvers",
    "course_details",
    "courses",
    "group_users",
    "groups",
    "profile_fields",
    "reports",
    "users",
)


@pytest.fixture
def check(source: Coursebase, capsys: pytest.CaptureFixture[str]) -> Any:
    """Return what a check finds, by stream, and the whole document."""

    def checked(**settings: Any) -> tuple[dict[str, Json], Json]:
        loads = TapContinuCoursebase.check(config=source.config(**settings), as_json=True)
        document: Json = json.loads(capsys.readouterr().out)
        Draft202012Validator(SCHEMA).validate(document)
        assert document["loads"] == loads
        named = {one["stream"].removeprefix("coursebase_"): one for one in document["streams"]}
        return named, document

    return checked


def test_lists_are_read_to_their_first_page(source: Coursebase, check: Any) -> None:
    source.admin("settings", {"page_size": 9})
    streams, _ = check(coursebase_report_types=[])
    assert sorted(streams) == sorted(LISTS)
    assert {one["status"] for one in streams.values()} == {"ok"}
    assert streams["users"]["rows"] == 9
    assert streams["users"]["key"] == {"user_id": {"found": 9, "of": 9, "elsewhere": ""}}
    assert len(source.requests("org.users.list")) == 1
    assert len(source.requests()) <= len(LISTS) + 3


@pytest.mark.parametrize(
    "name", ["camel", "integer-ids", "integer-ids-as-text", "cursor-number", "rate-limited-200"]
)
def test_other_answers_are_read_too(name: str, source: Coursebase, check: Any) -> None:
    source.realities(name)
    streams, document = check(coursebase_report_types=[])
    assert document["loads"]
    assert {one["status"] for one in streams.values()} == {"ok"}


def test_a_feature_that_is_off_does_not_fail(source: Coursebase, check: Any) -> None:
    for feature in ("approvers", "udemy"):
        source.admin("change", {"change": "switch", "feature": feature, "enabled": False})
    streams, document = check(coursebase_report_types=["udemy_user_activity"])
    assert document["loads"]
    off = {name for name, one in streams.items() if one["status"] == "feature off"}
    assert off == {"course_approvers", "report_udemy_user_activity"}


@pytest.mark.parametrize("name", ["unknown-envelope", "error-text"])
def test_what_a_run_would_refuse_fails_and_the_others_go_on(
    name: str, source: Coursebase, check: Any
) -> None:
    source.realities(name)
    streams, document = check(coursebase_report_types=["people"])
    assert not document["loads"]
    assert streams["report_people"]["status"] == "failing"
    assert sorted(streams) == sorted([*LISTS, "report_people"])


def test_an_export_that_takes_long_is_told_and_read_the_next_time(
    source: Coursebase, check: Any
) -> None:
    streams, document = check()
    exports = {name: one for name, one in streams.items() if name.startswith("report_")}
    assert len(exports) == len(REPORT_TYPES)
    assert {one["status"] for one in exports.values()} == {"slow"}
    assert document["loads"]
    started = len(source.requests("report.export"))
    assert started == len(REPORT_TYPES)
    source.clock.advance(60)
    streams, _ = check()
    people = streams["report_people"]
    assert (people["status"], people["shape"]) == ("ok", "export")
    assert people["rows"] == len(source.truth("report/people")["rows"])
    assert len(source.requests("report.export")) == started


def test_nothing_of_a_body_is_saved(source: Coursebase, tmp_path: Path) -> None:
    """Neither of lists nor of exports."""
    folder = tmp_path / "saved"
    given: Json = {"coursebase_report_types": ["people"]}
    for _ in range(2):
        folder = folder.with_name(f"{folder.name}-")
        TapContinuCoursebase.check(config=source.config(**given), save_to=folder)
        source.clock.advance(60)
    saved = {path.stem: path.read_text("utf-8") for path in folder.iterdir()}
    assert {*saved} >= {f"coursebase_{name}" for name in (*LISTS, "report_people")}
    (exchange,) = json.loads(saved["coursebase_users"])["exchanges"]
    assert exchange["body"]["status"].startswith("string")
    output = source.sync(*LISTS, "report_people", **given)
    values = {text for one in output.of("RECORD") for text in texts_of(one["record"])}
    told = {text.lower() for text in values if re.search(r"[ @0-9]", text) and len(text) > 4}
    assert len(told) > 200
    everything = "".join(saved.values()).lower()
    leaked = [text for text in (*told, TOKEN, source.sandbox.url.lower()) if text in everything]
    assert leaked == []


def test_fields_of_a_list_are_proposed_to_be_discovered_live(
    capsys: pytest.CaptureFixture[str],
) -> None:
    users = [{"user_id": f"u{n}", "login_id": f"l{n}", "costCenter": n} for n in range(3)]
    answer = {"status": "success", "data": {"users": users, "next": None}}

    def config(server: ScriptedServer, **settings: Any) -> Json:
        return {
            "coursebase_url": server.url,
            "coursebase_access_token": "scripted",
            "coursebase_report_types": [],
            **settings,
        }

    replies = [Reply(body=json.dumps(answer).encode())] * 20
    with ScriptedServer(replies) as server:
        TapContinuCoursebase.check(config=config(server), as_json=True)
        document = json.loads(capsys.readouterr().out)
        (found,) = [s for s in document["streams"] if s["stream"] == "coursebase_users"]
        assert found["undeclared"] == {"costCenter": {"kind": "integer", "rows": 3}}
        assert document["settings"] == {"discover_live": True}
    with ScriptedServer(replies) as server:
        given = config(server, discover_live=True)
        TapContinuCoursebase(config=given, setup_mapper=False).run_discovery()
        catalog = json.loads(capsys.readouterr().out)
        for entry in catalog["streams"]:
            for item in entry["metadata"]:
                if not item["breadcrumb"]:
                    item["metadata"]["selected"] = entry["stream"] == "coursebase_users"
        output = run(given, catalog=catalog)
    assert output.records("coursebase_users") == [
        {"user_id": f"u{n}", "login_id": f"l{n}", "cost_center": n} for n in range(3)
    ]
