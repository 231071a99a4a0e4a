"""The plan of a run is what the run does, and nothing is fetched to make it."""

from __future__ import annotations

import json
import random
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.pipeline import TAP
from sandbox.instants import parse_instant
from tests.singer.support import END, START, Output, Source, tap

FACTS = "continu_content_completion"
OTHER_FACTS = "continu_assignment_summary"
AGGREGATE = "continu_user_engagement"
SNAPSHOT = "continu_assessment_status"
ALL = (FACTS, OTHER_FACTS, AGGREGATE, SNAPSHOT)
RECORDS = ("continu_windows", "continu_rejected_rows")
BEFORE = "2026-03-12T07:30:00Z"
EXECUTABLE = Path(sys.executable).parent / TAP


def planned(source: Source, catalog: dict[str, Any], state: Any, **settings: Any) -> list[Any]:
    plan = tap(source.config(**settings), catalog, state).plan()
    plan.check()
    return [json.loads(line) for line in plan.as_json()]


def paths(source: Source) -> list[str]:
    return sorted(path for path, _ in source.asked())


def path_of(line: Mapping[str, Any]) -> str:
    """Return the path that a line of the plan leads to."""
    path = line["stream"].removeprefix("continu_").replace("_", "-")
    edges = [str(parse_instant(line[name])) for name in ("from", "until") if name in line]
    return "/".join([path.replace("simplified-", "simplified/"), *edges])


@pytest.mark.parametrize(
    ("earlier", "settings", "replication_method"),
    [
        pytest.param(None, {}, None, id="first load"),
        pytest.param(BEFORE, {}, None, id="incremental"),
        pytest.param(END, {}, None, id="nothing new but the lookback"),
        pytest.param(END, {"lookback_minutes": 0}, None, id="nothing new"),
        pytest.param(BEFORE, {"lookback_minutes": 20_000}, None, id="lookback over months"),
        pytest.param(BEFORE, {}, "FULL_TABLE", id="full table"),
        pytest.param(None, {"end_date": "2026-01-07"}, None, id="end_date"),
        pytest.param(BEFORE, {"continu_window": "week"}, None, id="weeks"),
        pytest.param(None, {"continu_window": "day"}, None, id="days"),
        pytest.param(
            BEFORE,
            {
                "stream_options": {
                    FACTS: {"window": "day", "lookback_minutes": 10_000},
                    AGGREGATE: {"window": "week"},
                }
            },
            None,
            id="options of one stream",
        ),
        pytest.param(None, {"start_date": "2026-03-15T11:59:59Z"}, None, id="one second"),
    ],
)
def test_a_run_does_what_its_plan_says(
    source: Source, earlier: str | None, settings: dict[str, Any], replication_method: str | None
) -> None:
    state = None
    if earlier is not None:
        state = source.sync(*ALL, **{**settings, "end_date": earlier}).state
        source.sandbox.api.journal.clear()
    catalog = source.catalog(*ALL, *RECORDS, replication_method=None, **settings)
    for entry in catalog["streams"]:
        if replication_method and entry["tap_stream_id"] in {FACTS, OTHER_FACTS, AGGREGATE}:
            entry["replication_method"] = replication_method
    plan = planned(source, catalog, state, **settings)
    assert source.asked() == []
    output = source.sync(catalog=catalog, state=state, **settings)
    assert output.error is None
    assert sorted(map(path_of, plan)) == paths(source)
    assert sum(line["requests"] for line in plan) == len(source.asked())
    ledger = [
        (row["stream"], row["window_from"], row["window_until"])
        for row in output.records("continu_windows")
    ]
    assert [
        (line["stream"], line["from"], line["until"]) for line in plan if "from" in line
    ] == ledger
    assert {line["stream"] for line in plan if "from" not in line} == {SNAPSHOT}
    assert all(line.keys() <= {"stream", "from", "until", "requests"} for line in plan[1:])


def test_each_line_loads_alone_and_all_together_are_a_plain_run(source: Source) -> None:
    names = [entry["tap_stream_id"] for entry in source.catalog()["streams"]]
    whole = source.sync(*names)
    lines = planned(source, source.catalog(*names), None)
    random.Random(7).shuffle(lines)
    parts: list[Output] = []
    for line in lines:
        source.sandbox.api.journal.clear()
        edges = {
            f"{name}_date": line[key]
            for name, key in (("start", "from"), ("end", "until"))
            if key in line
        }
        parts.append(source.sync(line["stream"], *RECORDS, **edges))
        assert parts[-1].error is None
        assert paths(source) == [path_of(line)]
        assert len(source.asked()) == line["requests"]
    for name in names:
        if name == "continu_windows":
            continue
        loaded = [json.dumps(row, sort_keys=True) for part in parts for row in part.records(name)]
        assert sorted(loaded) == sorted(
            json.dumps(row, sort_keys=True) for row in whole.records(name)
        )
    assert whole.records(FACTS)
    apart = [row for part in parts for row in part.records("continu_windows")]
    assert windows(apart) == windows(whole.records("continu_windows"))


def windows(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    names = ("stream", "window_from", "window_until", "rows", "bytes")
    return sorted(tuple(row[name] for name in names) for row in rows)


def test_windows_of_a_full_table_loaded_alone_delete_nothing(source: Source) -> None:
    catalog = source.catalog(FACTS, replication_method="FULL_TABLE")
    state = source.sync(FACTS).state
    lines = planned(source, catalog, state)
    assert len(lines) == 4
    for line in lines:
        alone = source.sync(catalog=catalog, start_date=line["from"], end_date=line["until"])
        assert alone.error is None
        assert not alone.of("ACTIVATE_VERSION")


def test_the_budgets_make_minutes_and_days(source: Source) -> None:
    settings: dict[str, Any] = {
        "continu_requests_per_minute": 3,
        "continu_requests_per_day": 4,
        "continu_window": "week",
        "max_run_minutes": 2,
    }
    catalog = source.catalog(FACTS, SNAPSHOT, **settings)
    plan = tap(source.config(**settings), catalog).plan()
    text = "\n".join(plan.as_text())
    facts = next(line for line in plan.as_text() if line.startswith(FACTS)).split()
    weeks = 13  # from Saturday, 20 December, to Sunday, 15 March
    assert facts[1:] == ["-", str(weeks), START, END, str(weeks), "5", "4", "-", "-"]
    assert "Continu: 14 requests; 5 minutes at 3 a minute" in text
    assert "4 days at 4 a day" in text
    assert "max_run_minutes: 3 runs of 2 minutes" in text
    assert "nothing is fetched" in text


def test_a_cursor_is_shown_and_a_full_table_has_none(source: Source) -> None:
    state = source.sync(FACTS, SNAPSHOT, end_date=BEFORE).state
    text = tap(source.config(), source.catalog(FACTS, SNAPSHOT), state).plan().as_text()
    snapshot, facts = (line.split() for line in text if line.startswith("continu_"))
    assert facts[1] == BEFORE
    assert facts[2:5] == ["1", "2026-03-12T06:30:00Z", END]
    assert snapshot[1] == "-"
    assert snapshot[-1] == str(state["bookmarks"][SNAPSHOT]["rows"])
    catalog = source.catalog(FACTS, replication_method="FULL_TABLE")
    (_, _, line, *_) = tap(source.config(), catalog, state).plan().as_text()
    assert line.split()[1:4] == ["-", "4", START]


def command(*options: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [EXECUTABLE, *options],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", **environment},
    )


def test_not_one_connection_is_made(tmp_path: Path) -> None:
    """Neither source is there, nor the place of tokens, nor the warehouse of the environment."""
    config = tmp_path / "tap.json"
    with socket.create_server(("127.0.0.1", 0)) as ear:
        nowhere = f"http://127.0.0.1:{ear.getsockname()[1]}"
        config.write_text(
            json.dumps(
                {
                    "continu_api_url": nowhere,
                    "continu_api_token": "token",
                    "start_date": "2024-01-01",
                    "end_date": "2024-03-01",
                    "coursebase_url": nowhere,
                    "coursebase_client_id": "client",
                    "coursebase_client_secret": "secret",
                    "coursebase_token_url": nowhere,
                    "coursebase_user_search": ["@example.com"],
                    "coursebase_report_ids": ["AoVrqJR0xD"],
                }
            )
        )
        for options in ([], ["--format", "json"], ["--format", "text"]):
            ended = command("--config", config, "--plan", *options)
            assert ended.returncode == 0, ended.stderr
            assert ended.stdout.count("coursebase_saved_report_AoVrqJR0xD") == 1
            assert "SCHEMA" not in ended.stdout
        ear.setblocking(False)
        with pytest.raises(BlockingIOError):
            ear.accept()


@pytest.fixture
def files(source: Source, tmp_path: Path) -> dict[str, Path]:
    """Configuration, catalog and state of a tap that has loaded something."""
    state = source.sync(AGGREGATE, FACTS, end_date=BEFORE).state
    contents = {
        "config": source.config(),
        "catalog": source.catalog(AGGREGATE, FACTS),
        "state": state,
        "of_meltano": {"singer_state": state},
    }
    for name, content in contents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    source.sandbox.api.journal.clear()
    return {name: tmp_path / f"{name}.json" for name in contents}


def options_of(files: dict[str, Path], state: str) -> list[str | Path]:
    return ["--config", files["config"], "--catalog", files["catalog"], "--state", files[state]]


@pytest.mark.parametrize("state", ["state", "of_meltano"])
def test_config_catalog_and_state_are_read_from_files(
    source: Source, files: dict[str, Path], state: str
) -> None:
    options = options_of(files, state)
    ended = command(*options, "--plan", "--format", "json")
    assert ended.returncode == 0, ended.stderr
    assert [json.loads(line) for line in ended.stdout.splitlines()] == [
        {"stream": FACTS, "from": "2026-03-12T06:30:00Z", "until": END, "requests": 1},
        {"stream": AGGREGATE, "from": "2026-03-01T00:00:00Z", "until": END, "requests": 1},
    ]
    assert source.asked() == []


def test_a_stream_that_would_fail_at_once_is_told(source: Source, files: dict[str, Path]) -> None:
    files["config"].write_text(json.dumps(source.config(continu_window="week")))
    options = options_of(files, "state")
    ended = command(*options, "--plan")
    assert ended.returncode == 1
    assert "fails" in next(line for line in ended.stdout.splitlines() if AGGREGATE in line)
    last = ended.stderr.splitlines()[-1]
    assert f"1 stream would fail: {AGGREGATE}: its rows were loaded by the month" in last
    run = command(*options)
    assert "its rows were loaded by the month" in run.stderr.splitlines()[-1]


def test_a_full_table_that_would_be_refused_is_refused_by_the_plan(source: Source) -> None:
    catalog = source.catalog(FACTS, replication_method="FULL_TABLE")
    state = source.sync(FACTS).state
    plan = tap(source.config(start_date="2026-02-01"), catalog, state).plan()
    (stream,) = plan.streams
    assert "would not reach there" in str(stream.problem)
    output = source.sync(catalog=catalog, state=state, start_date="2026-02-01")
    assert str(stream.problem) in str(output.error)


def test_a_warehouse_that_cannot_be_read_stops_only_those_who_name_it(
    files: dict[str, Path],
) -> None:
    url = "postgresql://nobody:hush@127.0.0.1:1/none"
    named = command("--config", files["config"], "--plan", "--dsn", url)
    assert (named.returncode, named.stdout) == (1, "")
    assert "the warehouse cannot be reached: check --dsn" in named.stderr
    told = command("--config", files["config"], "--plan", TARGET_POSTGRES_SQLALCHEMY_URL=url)
    assert told.returncode == 0
    assert "cannot be reached" in told.stderr
    assert "Continu: " in told.stdout
    assert "hush" not in named.stderr + told.stderr + told.stdout
