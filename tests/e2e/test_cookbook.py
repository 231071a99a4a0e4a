"""Each recipe of docs/cookbook.md, taken from the page, does to rows and requests what it says."""

from __future__ import annotations

import configparser
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from harness.compare import Row, compare
from harness.documented import CONTINU_KEYS, RANGE_TARGETS
from harness.pipeline import MELTANO, ROOT, TAP, TARGET, copy_project
from harness.warehouse import Warehouse
from sandbox.server import running
from tests.e2e.conftest import OPTIONS, SECOND, START, World
from tests.e2e.test_readme import shell

PAGE = (ROOT / "docs" / "cookbook.md").read_text("utf-8")
HOURLY = ("content_completion", "user_content", "user_engagement")
STAND_IN = """#!/bin/sh
{body}
"""
SECRET_TOOL = """[ "$1 $2" = "lookup learning" ] && cat "{folder}/$3" """
OP = """
[ "$1" = run ] && [ "$3" = -- ] || exit 2
file="${{2#--env-file=}}"
shift 3
while IFS='=' read -r name reference; do
  value=$(cat "{folder}/$(basename "$(dirname "$reference")")") || exit 1
  export "$name=$value"
done < "$file"
exec "$@"
"""


def recipe(title: str) -> list[tuple[str, str]]:
    """Return the blocks of one recipe, each with its language."""
    (section,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    return re.findall(r"^```(\w+)\n(.*?)^```", section, re.DOTALL | re.MULTILINE)


def blocks(title: str, language: str) -> list[str]:
    return [text for kind, text in recipe(title) if kind == language]


def put_in(project: Path, title: str) -> None:
    """Put the settings of a recipe into ``meltano.yml``, beside what is there."""
    (wanted,) = (yaml.safe_load(text) for text in blocks(title, "yaml"))
    path = project / "meltano.yml"
    there = yaml.safe_load(path.read_text("utf-8"))
    for kind, plugins in wanted.pop("plugins").items():
        known = {plugin["name"]: plugin for plugin in there["plugins"][kind]}
        for plugin in plugins:
            if plugin["name"] in known:
                known[plugin["name"]] |= plugin
            else:
                there["plugins"][kind].append(plugin)
    for name, value in wanted.items():
        there[name] += value
    path.write_text(yaml.safe_dump(there, sort_keys=False), "utf-8")


def meltano(world: World, project: Path, *arguments: str, **extra: str) -> None:
    environment = {**world.environment(), **coursebase(world), **extra}
    subprocess.run([MELTANO, *arguments], cwd=project, env=environment, check=True)


def coursebase(world: World) -> dict[str, str]:
    return {f"TAP_CONTINU_COURSEBASE_{k.upper()}": v for k, v in world.coursebase.items()}


def expected(world: World, report: str) -> list[Row]:
    return world.sandbox.expected(report, START, SECOND, range_target=RANGE_TARGETS.get(report))


def requests(world: World) -> Counter[str]:
    """Count the requests by report."""
    names = (re.search(r"/reports/([a-z/-]+)", one["path"]) for one in world.asked())
    return Counter(name[1].strip("/").replace("-", "_").replace("/", "_") for name in names if name)


def assert_holds(
    warehouse: Warehouse, report: str, rows: Iterable[Row], table: str | None = None
) -> None:
    wanted = list(rows)
    assert wanted, f"nothing to compare of {report}"
    found = compare(warehouse, table or f"continu_{report}", CONTINU_KEYS[report], wanted)
    assert found.differences == []


@pytest.mark.meltano
def test_only_one_department(world: World, project: Path) -> None:
    put_in(project, "Only one department")
    meltano(world, project, "run", TAP, TARGET)
    everybody = 0
    for report in sorted(CONTINU_KEYS.keys() - {"workshop_engagement", "content_engagement"}):
        rows = expected(world, report)
        if "departments" not in rows[0]:
            continue
        sales = [row for row in rows if "Sales" in (row["departments"] or [])]
        assert_holds(world.warehouse, report, sales)
        everybody += len(sales) < len(rows)
    assert everybody == 9
    bodies = {one["path"].split("/reports/")[1]: one["body"] for one in world.asked()}
    filtered = {path.split("/")[0] for path, body in bodies.items() if "user_filter" in body}
    assert len(filtered) == 10


@pytest.mark.meltano
def test_only_courses(world: World, project: Path) -> None:
    put_in(project, "Only courses")
    meltano(world, project, "run", TAP, TARGET)
    for report in ("content_completion", "user_content"):
        rows = expected(world, report)
        courses = [row for row in rows if row["content_type"] == "course"]
        assert len(courses) < len(rows)
        assert_holds(world.warehouse, report, courses)
    assert world.warehouse.tables() == {
        "continu_content_completion",
        "continu_user_content",
        "continu_rejected_rows",
        "continu_windows",
        "coursebase_courses",
        "coursebase_course_details",
        "coursebase_report_courses",
    }
    assert requests(world).keys() == {"content_completion", "user_content"}


@pytest.mark.meltano
def test_a_smaller_window(world: World, project: Path) -> None:
    put_in(project, "A smaller window for one heavy report")
    plugin = f"{TAP}-hourly"
    meltano(world, project, "run", plugin, TARGET)
    for report in HOURLY:
        assert_holds(world.warehouse, report, expected(world, report))
    days = -(-(SECOND - START).total_seconds() // 86400)
    assert requests(world) == {"content_completion": 4, "user_content": days, "user_engagement": 4}


PEPPER = "s3cret of $ours"


@pytest.mark.meltano
def test_hashed_addresses(world: World, project: Path) -> None:
    put_in(project, "E-mail addresses hashed")
    (project / ".env").write_text(f"HASH_PEPPER='{PEPPER}'\n")
    for _ in range(2):
        meltano(world, project, "run", "--full-refresh", TAP, TARGET)
    completions, tracks = (
        world.warehouse.living(f"continu_{report}")
        for report in ("content_completion", "track_status")
    )
    for row in (*completions, *tracks):
        assert [name for name, value in row.items() if "@" in json.dumps(value, default=str)] == []
    wanted = [
        (row["completion_id"], hashed(row["email"]), hashed(row["manager_email"]))
        for row in expected(world, "content_completion")
    ]
    found = [(row["completion_id"], row["email"], row["manager_email"]) for row in completions]
    assert sorted(found, key=repr) == sorted(wanted, key=repr)
    people = Counter(hashed(row["email"]) for row in expected(world, "track_status"))
    assert Counter(row["email"] for row in tracks) == people
    assert people.keys() & {row["email"] for row in completions}
    assert world.warehouse.count_deleted("continu_track_status") == 0


def hashed(address: str | None) -> str | None:
    return address and hashlib.sha256(f"{PEPPER}{address.lower()}".encode()).hexdigest()


@pytest.mark.meltano
def test_several_organisations(world: World, project: Path) -> None:
    title = "Several organisations in one project"
    put_in(project, title)
    (settings,) = blocks(title, "ini")
    (commands,) = blocks(title, "sh")
    environment = world.environment()
    del environment["TAP_CONTINU_COURSEBASE_CONTINU_API_TOKEN"]
    with running(OPTIONS_OF_ANOTHER) as another:
        (project / ".env").write_text(settings)
        world.sandbox.admin("token", token="token-of-acme")
        environment["TAP_GLOBEX_HOURLY_CONTINU_API_URL"] = another.continu_api_url
        shell(commands, project, environment)
        truth = type(world.sandbox)(another.url)
        for schema, sandbox in (("acme", world.sandbox), ("globex", truth)):
            for report in HOURLY:
                target = RANGE_TARGETS.get(report)
                rows = sandbox.expected(report, START, SECOND, range_target=target)
                keys = {tuple(row[name] for name in CONTINU_KEYS[report]) for row in rows}
                assert keys
                assert keys_of(world.warehouse, schema, report) == keys
        other = keys_of(world.warehouse, "acme", "content_completion")
        assert other != keys_of(world.warehouse, "globex", "content_completion")
    for schema in ("acme", "globex"):
        world.warehouse.execute(f"DROP SCHEMA {schema} CASCADE")


OPTIONS_OF_ANOTHER = OPTIONS.__class__(
    users=40,
    seed=OPTIONS.seed + 1,
    now=OPTIONS.now,
    start=OPTIONS.start,
    token="token-of-globex",
    requests_per_minute=OPTIONS.requests_per_minute,
    requests_per_day=OPTIONS.requests_per_day,
)


def keys_of(warehouse: Warehouse, schema: str, report: str) -> set[tuple[Any, ...]]:
    query = SQL("SELECT * FROM {}").format(Identifier(schema, f"continu_{report}"))
    with psycopg.connect(warehouse.dsn, row_factory=dict_row) as connection:
        rows = connection.execute(query).fetchall()
    return {
        tuple(
            f"{row[name]:%Y-%m-%dT%H:%M:%SZ}" if name == "window_from" else row[name]
            for name in CONTINU_KEYS[report]
        )
        for row in rows
    }


@pytest.mark.meltano
@pytest.mark.parametrize("program", ["secret-tool", "op"])
def test_secrets_from_a_manager(world: World, project: Path, program: str) -> None:
    """The manager is a stand-in; the secrets are nowhere but with it."""
    title = "Secrets from a manager"
    (commands,) = [text for text in blocks(title, "sh") if program in text]
    (references,) = blocks(title, "ini")
    (project / "secrets.env").write_text(references)
    vault = world.folder / "vault"
    vault.mkdir()
    (vault / "continu").write_text(world.settings["continu_api_token"])
    (vault / "warehouse").write_text(world.warehouse.sqlalchemy_url)
    tools = world.folder / "tools"
    tools.mkdir()
    body = (SECRET_TOOL if program == "secret-tool" else OP).format(folder=vault)
    (tools / program).write_text(STAND_IN.format(body=body))
    (tools / program).chmod(0o755)
    environment = without_secrets(world)
    shell(commands, project, {**environment, "PATH": f"{tools}:{environment['PATH']}"})
    for report in HOURLY:
        assert_holds(world.warehouse, report, expected(world, report))


def without_secrets(world: World) -> dict[str, str]:
    secret = ("TAP_CONTINU_COURSEBASE_CONTINU_API_TOKEN", "TARGET_POSTGRES_SQLALCHEMY_URL")
    return {name: value for name, value in world.environment().items() if name not in secret}


@pytest.mark.meltano
def test_a_systemd_timer(world: World, project: Path) -> None:
    """systemd itself checks the units where it is installed; their command is run as it stands."""
    service, timer = blocks("A systemd timer", "ini")
    places = {
        "/home/learning/.local/bin/meltano": str(MELTANO),
        "/srv/learning": str(project),
        "/etc/learning.env": str(world.folder / "learning.env"),
        "User=learning": f"User={os.environ.get('USER', 'root')}",
    }
    for there, here in places.items():
        assert there in service
        service = service.replace(there, here)
    environment = {
        name: value
        for name, value in world.environment().items()
        if name.startswith(("TAP_", "TARGET_", "MELTANO_"))
    }
    lines = "".join(f'{name}="{value}"\n' for name, value in environment.items())
    Path(places["/etc/learning.env"]).write_text(lines)
    units = world.folder / "units"
    units.mkdir()
    for kind, text in (("service", service), ("timer", timer)):
        (units / f"learning-hourly.{kind}").write_text(text)
    if systemd := shutil.which("systemd-analyze"):
        checked = subprocess.run(
            [systemd, "verify", *sorted(units.iterdir())],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (checked.returncode, checked.stderr) == (0, "")
    parsed = configparser.ConfigParser(interpolation=None)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(service)
    unit = parsed["Service"]
    assert unit["Type"] == "oneshot"
    subprocess.run(
        unit["ExecStart"].split(),
        cwd=unit["WorkingDirectory"],
        env={"HOME": str(world.folder), "PATH": "/usr/bin:/bin", **environment},
        check=True,
    )
    for report in HOURLY:
        assert_holds(world.warehouse, report, expected(world, report))
    parsed.read_string(timer)
    assert parsed["Timer"]["OnCalendar"]
    assert parsed["Install"]["WantedBy"] == "timers.target"


@pytest.mark.meltano
def test_a_container(world: World, tmp_path: Path) -> None:
    """What docker would start, with the variables of the file alone and nothing kept."""
    (settings,) = blocks("A container", "ini")
    (command,) = blocks("A container", "sh")
    given, _, started = command.strip().partition(" learning ")
    assert given == "docker run --rm --init --env-file learning.env"
    asked = []
    with world.warehouse.database("container") as database:
        here = {
            "TAP_CONTINU_COURSEBASE_CONTINU_API_TOKEN": world.settings["continu_api_token"],
            "TAP_CONTINU_COURSEBASE_START_DATE": world.settings["start_date"],
            "TARGET_POSTGRES_SQLALCHEMY_URL": world.warehouse.sqlalchemy_url,
            "MELTANO_DATABASE_URI": database.sqlalchemy_url,
        }
        named = [line.partition("=")[0] for line in settings.splitlines()]
        assert sorted(named) == sorted(here)
        others = ("continu_api_url", "continu_requests_per_minute", "end_date")
        here |= {
            f"TAP_CONTINU_COURSEBASE_{name.upper()}": str(world.settings[name]) for name in others
        }
        for name in ("first", "second"):
            folder = tmp_path / name
            subprocess.run(
                started.split(),
                cwd=copy_project(folder),
                env={
                    "HOME": str(folder),
                    "PATH": f"{MELTANO.parent}:{Path(sys.executable).parent}:/usr/bin:/bin",
                    **here,
                },
                check=True,
            )
            asked.append(len(world.asked()))
    assert asked == [4 * len(HOURLY), 5 * len(HOURLY)]
    for report in HOURLY:
        assert_holds(world.warehouse, report, expected(world, report))


def test_no_recipe_is_left_out() -> None:
    titles = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    tested = Path(__file__).read_text("utf-8").partition("def test_no_recipe_is_left_out")[0]
    assert [title for title in titles if f'"{title}"' not in tested] == ["Another loader"]
    assert recipe("Another loader") == []
