"""One command says of every stream whether it would load, and which settings would mend it."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from harness.documented import CONTINU_KEYS, INSIDE
from sandbox.server import running
from tap_continu_coursebase.continu.reports import REPORTS
from tap_continu_coursebase.tap import TapContinuCoursebase
from tests.singer.conftest import OPTIONS
from tests.singer.support import Source, run, tap, texts_of
from tests.transport.scripted_server import Reply, ScriptedServer

STREAMS = sorted(f"continu_{report.name}" for report in REPORTS)
FACTS, ASSIGNMENTS = "continu_content_completion", "continu_assignment_summary"
SCHEMA = json.loads(
    (Path(__file__).resolve().parents[2] / "docs" / "check.schema.json").read_text("utf-8")
)
Json = dict[str, Any]


def checked(config: Json, *options: str, catalog: Any = None) -> Result:
    """Run the command line in this process."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "config.json"
        file.write_text(json.dumps(config), "utf-8")
        arguments = ["--config", str(file), "--check", *options]
        if catalog is not None:
            file = Path(folder) / "catalog.json"
            file.write_text(json.dumps(catalog), "utf-8")
            arguments += ["--catalog", str(file)]
        return CliRunner().invoke(TapContinuCoursebase.get_singer_command(), arguments)


def found(config: Json, catalog: Any = None, code: int | None = None) -> Json:
    """Return the document of a check, which is as declared and fits its exit code."""
    result = checked(config, "--format", "json", catalog=catalog)
    document: Json = json.loads(result.stdout)
    Draft202012Validator(SCHEMA).validate(document)
    assert result.exit_code == (0 if document["loads"] else 1)
    assert code in {None, result.exit_code}
    return document


def by_stream(document: Json) -> dict[str, Json]:
    return {one["stream"]: one for one in document["streams"]}


@pytest.fixture(autouse=True)
def _keep_logging() -> Iterator[None]:
    """A command line sets it up anew."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level


def test_each_selected_stream_is_asked_once_or_twice(source: Source) -> None:
    document = found(source.config(), code=0)
    streams = by_stream(document)
    assert sorted(streams) == STREAMS
    asked = [path.split("/")[0] for path, _ in source.asked()]
    assert len(asked) == sum(one["requests"] for one in document["streams"])
    assert {one["requests"] for one in document["streams"]} <= {1, 2}
    assert all(one["status"] == "ok" and one["rows"] for one in document["streams"])
    facts = streams[FACTS]
    assert facts["key"] == {"completion_id": {"found": 2, "of": 2, "elsewhere": ""}}
    assert facts["range_target"]["status"] == "accepted"
    assert facts["undeclared"]["revision"] == {"kind": "integer", "rows": 2}
    assert {*facts["headers"]} == {"x-requests-per-minute", "x-requests-per-day"}
    assert not facts["misfits"]


def test_only_what_a_catalog_selects_is_asked(source: Source) -> None:
    document = found(source.config(), catalog=source.catalog(FACTS))
    assert [*by_stream(document)] == [FACTS]
    assert {path.split("/")[0] for path, _ in source.asked()} == {"content-completion"}


def test_the_table_is_all_of_stdout(source: Source) -> None:
    result = checked(source.config())
    assert result.exit_code == 0
    title, *lines = result.stdout.splitlines()
    assert title.split() == ["stream", "status", "rows", "key", "range_target", "shape"]
    assert [line.split()[0] for line in lines[: len(STREAMS)]] == STREAMS
    assert '"type": "' not in result.stdout
    assert "Every stream would load." in lines
    begin = lines.index("Settings, as JSON:") + 2
    settings = json.loads("\n".join(lines[begin : lines.index("With Meltano:")]))
    assert settings == found(source.config())["settings"]
    (command,) = [line for line in lines if line.startswith("meltano config set")]
    assert command.startswith("meltano config set tap-continu-coursebase stream_options '{")


MENDED: Mapping[str, Mapping[str, Any]] = {
    "envelope": {},
    "envelope-nested": {"rows_path": "result.items"},
    "envelope-two": {"rows_path": "data"},
    "envelope-null": {},
    "null-empty": {},
    "no-records": {},
    "no-records-200": {},
    "zero-count": {},
    "refused-range-target": {"range_target": ""},
    "seven-days": {},
    "lines": {},
    "gzip-unsaid": {},
}
"""What is proposed for the assignments beside columns."""


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize("name", MENDED)
def test_the_settings_that_are_printed_mend_it(name: str) -> None:
    with running(replace(OPTIONS, realities=(name,))) as sandbox:
        source = Source(sandbox)
        first = found(source.config())
        options = first["settings"]["stream_options"].get(ASSIGNMENTS, {})
        assert {k: v for k, v in options.items() if k != "columns"} == MENDED[name]
        assert first["loads"] == (
            name
            not in {
                "envelope-nested",
                "envelope-two",
                "no-records",
                "no-records-200",
                "seven-days",
            }
        )
        sandbox.api.journal.clear()
        second = found(source.config(**first["settings"]), code=0)
        assert {one["status"] for one in second["streams"]} <= {"ok", "empty"}
        assert by_stream(second)[ASSIGNMENTS]["status"] == "ok"
        third = found(source.config(**first["settings"] | second["settings"]), code=0)
        assert third["settings"] == {}
        assert not any(one["undeclared"] for one in third["streams"])


@pytest.mark.usefixtures("waits")
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("moved", "redirected to https://signin.example.com"),
        ("page", "an HTML page: Sign in"),
        ("message", "temporarily disabled for this company"),
        ("text", "a JSON string"),
        ("arrays", "an array of arrays"),
    ],
)
def test_what_no_setting_mends_is_told_of_every_stream(name: str, said: str) -> None:
    with running(replace(OPTIONS, realities=(name,))) as sandbox:
        source = Source(sandbox)
        document = found(source.config(), code=1)
        assert sorted(by_stream(document)) == STREAMS
        for one in document["streams"]:
            assert one["status"] == "failing"
            assert said in one["reason"]
        assert len(source.asked()) <= 2 * len(STREAMS)


def printed(config: Json) -> Json:
    """Return the settings that a check prints as JSON for a person."""
    lines = checked(config).stdout.splitlines()
    begin = lines.index("Settings, as JSON:") + 2
    settings: Json = json.loads("\n".join(lines[begin : lines.index("With Meltano:")]))
    return settings


@pytest.mark.usefixtures("waits")
def test_keys_inside_of_an_object_are_filled_by_the_settings_that_are_printed() -> None:
    keyed = {one.name for one in REPORTS if "email" in CONTINU_KEYS[one.name]}
    email = {"from": "user.email", "type": "string"}
    with running(replace(OPTIONS, realities=("nested-keys",))) as sandbox:
        source = Source(sandbox)
        first = by_stream(found(source.config(), code=1))
        failing = {name for name, one in first.items() if one["status"] == "failing"}
        assert failing == {f"continu_{name}" for name in keyed}
        assert {"email", "userid"} <= {*first[FACTS]["never_sent"]}
        settings = printed(source.config())
        for name in (*failing, FACTS):
            columns = settings["stream_options"][name]["columns"]
            assert columns["email"] == email
            assert columns["userid"] == {"from": "user.userid", "type": "string"}
        second = found(source.config(**settings), code=0)
        assert {one["status"] for one in second["streams"]} == {"ok"}
        assert second["settings"] == {}
        for one in second["streams"]:
            assert not {"email", "userid"} & {*one["never_sent"]}
            assert all(key["found"] == key["of"] for key in one["key"].values())
        output = source.sync(FACTS, ASSIGNMENTS, **settings)
        assert output.error is None
        for name in (FACTS, ASSIGNMENTS):
            assert all("@" in record["email"] for record in output.records(name))
            assert {record["userid"] for record in output.records(name)} != {None}


@pytest.mark.parametrize("name", [None, "mixed-ids", "bare-assignment", "oid"])
def test_columns_inside_of_an_object_are_seen(name: str | None) -> None:
    with running(replace(OPTIONS, realities=(name,) if name else ())) as sandbox:
        streams = by_stream(found(Source(sandbox).config(), code=0))
    for stream in (FACTS, "continu_user_content", "continu_simplified_assignments"):
        inside = {*INSIDE[stream.removeprefix("continu_")]}
        may_lack = {"assignment_id", "manual_completed_by_email", "manual_completed_by_userid"}
        assert not (inside - may_lack) & {*streams[stream]["never_sent"]}


def test_a_refused_token_is_asked_with_once(source: Source) -> None:
    document = found(source.config(continu_api_token="wrong"), code=1)
    assert {one["status"] for one in document["streams"]} == {"failing"}
    assert all("continu_auth_scheme" in one["reason"] for one in document["streams"])
    assert len(source.sandbox.requests) == 1


def of_script(*replies: Reply, stream: str = ASSIGNMENTS, **settings: Any) -> Json:
    """Check one stream against scripted answers."""
    with ScriptedServer(replies) as server:
        config = {
            "continu_api_url": server.url,
            "continu_api_token": "scripted-token",
            "start_date": "2026-01-01",
            "end_date": "2026-03-15",
            **settings,
        }
        catalog = tap(config).catalog_dict
        for entry in catalog["streams"]:
            for item in entry["metadata"]:
                if not item["breadcrumb"]:
                    item["metadata"]["selected"] = entry["tap_stream_id"] == stream
        return found(config, catalog=catalog)


def rows(count: int = 5, **changes: Any) -> list[Json]:
    """Return rows; what is a function is given their number."""
    plain: Json = {
        "assignment_id": lambda n: f"a{n}",
        "content_id": "c",
        "email": lambda n: f"user{n}@example.com",
        "updated_date": "2026-03-14T10:00:00Z",
    }
    given = {name: value for name, value in {**plain, **changes}.items() if value is not None}
    return [
        {name: value(n) if callable(value) else value for name, value in given.items()}
        for n in range(count)
    ]


def body(found_rows: Any) -> Reply:
    return Reply(body=json.dumps(found_rows).encode())


def test_a_stream_that_is_forbidden_is_to_be_deselected() -> None:
    document = of_script(Reply(403, b'{"message": "no access to this report"}'))
    (one,) = document["streams"]
    assert one["status"] == "forbidden"
    assert "no access to this report" in one["reason"]
    assert document["deselect"] == [ASSIGNMENTS]
    assert document["commands"][0] == (
        f"meltano select tap-continu-coursebase --exclude {ASSIGNMENTS} '*'"
    )


def test_a_missing_key_is_replaced_by_one_that_tells_rows_apart() -> None:
    sent = rows(assignment_id=None, uuid=lambda n: f"u{n}")
    document = of_script(body(sent))
    (one,) = document["streams"]
    assert one["status"] == "failing"
    assert one["key"]["assignment_id"] == {"found": 0, "of": 5, "elsewhere": ""}
    options = document["settings"]["stream_options"][ASSIGNMENTS]
    assert options["primary_keys"] == ["uuid"]
    assert of_script(body(sent), **document["settings"])["loads"]


def test_a_key_deeper_in_the_rows_is_found() -> None:
    sent = rows(email=None, user=lambda n: {"email": f"user{n}@example.com"})
    (one,) = of_script(body(sent))["streams"]
    assert one["key"]["email"] == {"found": 0, "of": 5, "elsewhere": "user.email"}


def test_a_key_that_rows_share_is_completed() -> None:
    sent = rows(
        assignment_id="a",
        email="user@example.com",
        completion_id=lambda n: f"c{n}",
    )
    document = of_script(body(sent))
    (one,) = document["streams"]
    assert (one["status"], one["different"]) == ("failing", 4)
    options = document["settings"]["stream_options"][ASSIGNMENTS]
    assert options["primary_keys"] == ["assignment_id", "content_id", "email", "completion_id"]
    second = of_script(body(sent), **document["settings"])
    assert second["loads"]
    assert second["settings"] == {}


def test_values_that_do_not_fit_become_texts() -> None:
    sent = rows(suspended=lambda n: "perhaps" if n else True)
    document = of_script(body(sent))
    (one,) = document["streams"]
    assert one["misfits"] == {"suspended": {"kind": "string", "rows": 4}}
    second = of_script(body(sent), **document["settings"])
    assert second["settings"] == {}
    assert not second["streams"][0]["misfits"]


def test_a_date_that_is_ignored_is_no_longer_asked_for() -> None:
    sent = rows(updated_date="2025-01-01T00:00:00Z")
    document = of_script(body(sent))
    assert document["streams"][0]["range_target"]["status"] == "ignored"
    assert document["settings"]["stream_options"][ASSIGNMENTS]["range_target"] == ""
    second = of_script(body(sent), **document["settings"])
    assert second["streams"][0]["range_target"]["status"] == "not asked for"
    assert second["settings"] == {}


def test_rows_are_looked_at_for_longer_where_a_day_is_empty() -> None:
    (one,) = of_script(body([]), body(rows()))["streams"]
    assert (one["status"], one["rows"], one["requests"]) == ("ok", 5, 2)
    assert one["window"] == ["2026-02-15T00:00:00Z", "2026-03-15T00:00:00Z"]
    (one,) = of_script(body([]), body([]))["streams"]
    assert (one["status"], one["rows"], one["loads"]) == ("empty", 0, True)


def test_of_a_large_answer_only_the_beginning_is_read() -> None:
    sent = rows(1 << 15, note="x" * 100)
    (one,) = of_script(body(sent))["streams"]
    assert one["status"] == "ok"
    assert one["is_part"]
    assert 1000 < one["rows"] < len(sent)
    assert one["requests"] == 1


def test_a_row_without_its_key_is_counted() -> None:
    sent = [*rows(), {"note": "x"}]
    (one,) = of_script(body(sent))["streams"]
    assert (one["status"], one["rejected"]) == ("ok", 1)
    (one,) = of_script(body(sent), fail_on_rejected_rows=True)["streams"]
    assert one["status"] == "failing"


@pytest.mark.usefixtures("waits")
def test_a_limit_ends_the_check_of_its_source(source: Source) -> None:
    with running(replace(OPTIONS, requests_per_minute=3)) as sandbox:
        document = found(Source(sandbox).config(), code=1)
    statuses = [one["status"] for one in document["streams"]]
    assert statuses.count("not tried") >= len(STREAMS) - 5
    assert not document["deselect"]


def test_settings_that_are_set_already_are_kept(source: Source) -> None:
    given = {FACTS: {"lookback_minutes": 5, "columns": {"revision": "string"}}}
    options = found(source.config(stream_options=given))["settings"]["stream_options"][FACTS]
    assert options["lookback_minutes"] == 5
    assert options["columns"]["revision"] == "string"


def test_nothing_of_a_body_is_saved(source: Source, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    result = checked(source.config(), "--save", str(folder))
    assert result.exit_code == 0
    assert sorted(path.stem for path in folder.iterdir()) == STREAMS
    saved = "".join(path.read_text("utf-8") for path in folder.iterdir()).lower()
    output = source.sync(*STREAMS)
    values = {text for one in output.of("RECORD") for text in texts_of(one["record"])}
    told = {text.lower() for text in values if re.search(r"[ @0-9]", text) and len(text) > 4}
    assert len(told) > 500
    assert [text for text in told | {source.sandbox.token} if text in saved] == []
    (exchange,) = json.loads((folder / f"{FACTS}.json").read_text("utf-8"))["exchanges"]
    assert exchange["body"][0]["email"] == "string(email)"
    assert exchange["body"][0]["revision"] == "integer"


def test_what_is_saved_already_is_not_overwritten(source: Source, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", "utf-8")
    result = checked(source.config(), "--save", str(tmp_path))
    assert result.exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert source.asked() == []


def test_fields_that_are_found_live_become_columns(
    source: Source, capsys: pytest.CaptureFixture[str]
) -> None:
    config = source.config(discover_live=True)
    TapContinuCoursebase(config=config, setup_mapper=False).run_discovery()
    catalog = json.loads(capsys.readouterr().out)
    (entry,) = [one for one in catalog["streams"] if one["tap_stream_id"] == FACTS]
    assert entry["schema"]["properties"]["revision"]["type"] == ["integer", "null"]
    for one in catalog["streams"]:
        for item in one["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = one is entry
    assert "revision" not in str(tap(source.config()).catalog_dict)
    for settings in (config, source.config()):
        output = run(settings, catalog=catalog)
        assert output.error is None
        (schema,) = output.of("SCHEMA", FACTS)
        assert schema["schema"]["properties"]["last_activity_at"]["format"] == "date-time"
        records = output.records(FACTS)
        assert all(type(record["revision"]) is int for record in records)
        kept = {name for record in records for name in record.get("additional_fields") or {}}
        assert not kept & {"revision", "lastActivityAt", "sourceSystem"}
