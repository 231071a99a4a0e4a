"""The README's path from an empty folder to a schedule, without this checkout.

Its commands run as they stand there, in an empty folder, with an environment that holds no more
than where programs and package indexes are.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.coursebase import truth
from harness.documented import CONTINU_KEYS, REPORT_TYPES
from harness.pipeline import ROOT, WRITTEN_BY_DBT
from tests.e2e.conftest import SECOND, START, World
from tests.e2e.test_readme import CRONTAB, block, shell

UV = ROOT / ".tools" / "uv" / "bin" / "uv"
SNAPSHOTS = {"simplified_assignments", "assessment_status", "workshop_status"}
PATHS = {"simplified": "simplified_assignments"}
NEEDED = re.compile(r"CERT|SSL|CA_BUNDLE|CAINFO|PROXY|INDEX|^PIP_", re.IGNORECASE)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([UV, "-q", "build", "--wheel", "--out-dir", folder, ROOT], check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="session")
def plugins() -> Iterator[str]:
    """Serve the folder of plugin definitions, as the repository's host does."""
    handler = partial(QuietHandler, directory=str(ROOT / "plugins"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def empty(tmp_path: Path) -> dict[str, str]:
    """The environment of a new machine."""
    cache = subprocess.run([UV, "cache", "dir"], capture_output=True, text=True, check=True).stdout
    home = tmp_path / "home"
    tools = home / "tools"
    tools.mkdir(parents=True)
    (tools / "uv").symlink_to(UV)
    return {
        "HOME": str(home),
        "PATH": os.pathsep.join([str(home / ".local" / "bin"), str(tools), "/usr/bin", "/bin"]),
        "UV_CACHE_DIR": cache.strip(),
        "UV_PYTHON": sys.executable,
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_CONSTRAINT": str(ROOT / "constraints.txt"),
        **{name: value for name, value in os.environ.items() if NEEDED.search(name)},
    }


class Machine:
    """A machine on which the README's commands are typed."""

    def __init__(self, world: World, environment: dict[str, str]) -> None:
        self.world = world
        self.folder = world.folder / "empty"
        self.folder.mkdir()
        self.project = self.folder / "learning"
        self.environment = environment

    def type(self, commands: str, folder: Path | None = None) -> None:
        shell(commands, folder or self.folder, self.environment)

    def cron(self, job: str) -> subprocess.Popen[str]:
        """Start a job as cron does: with none of the variables of the shell that has set all up."""
        (lines,) = CRONTAB
        path, *entries = lines.strip().splitlines()
        [command] = [entry.split(None, 5)[5] for entry in entries if entry.endswith(f" {job}")]
        return subprocess.Popen(
            ["sh", "-c", command.replace("/srv/learning", str(self.project))],
            env={
                "HOME": self.environment["HOME"],
                "PATH": path.removeprefix("PATH=").replace(
                    "/home/learning", self.environment["HOME"]
                ),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def requests(self) -> Counter[str]:
        """Count the Continu requests since the last time, by report."""
        asked = [one["path"] for one in self.world.asked() if "/reports/" in one["path"]]
        new, self._seen = asked[self._seen :], len(asked)
        names = (path.rpartition("/reports/")[2].partition("/")[0] for path in new)
        return Counter(PATHS.get(name, name.replace("-", "_")) for name in names)

    _seen = 0


@pytest.fixture
def machine(world: World, empty: dict[str, str], wheel: Path, plugins: str) -> Machine:
    """Follow the README up to the project that is set up, with the sandbox's addresses."""
    machine = Machine(world, empty)
    machine.environment |= {
        "TAP": str(wheel),
        "PLUGINS": plugins,
        "CONTINU_TOKEN": world.settings["continu_api_token"],
        "COURSEBASE_URL": world.coursebase["coursebase_url"],
        "COURSEBASE_TOKEN": world.coursebase["coursebase_access_token"],
        "WAREHOUSE_URL": world.warehouse.sqlalchemy_url,
    }
    machine.type(block("meltano~="))
    setup = block("meltano init").replace("2024-01-01", f"{START:%Y-%m-%d}")
    machine.type(setup)
    with (machine.project / ".env").open("a") as file:
        for name in ("continu_api_url", "continu_requests_per_minute", "end_date"):
            file.write(f"TAP_CONTINU_COURSEBASE_{name.upper()}={world.settings[name]}\n")
    return machine


@pytest.mark.meltano
def test_the_jobs_go_on_where_the_first_load_ends(machine: Machine) -> None:
    machine.type(block("meltano run hourly daily"), machine.project)
    machine.world.assert_equal(SECOND)
    warehouse = machine.world.warehouse
    users = truth(machine.world.sandbox, "users")
    found = {row["user_id"] for row in warehouse.living("coursebase_users")}
    assert found == {row["user_id"] for row in users}
    assert {f"coursebase_report_{kind}" for kind in REPORT_TYPES} <= warehouse.tables()
    assert not {"coursebase_user_details", "coursebase_user_groups"} & warehouse.tables()
    assert_coverage(machine)
    first = machine.requests()
    for job in ("hourly", "daily"):
        started = machine.cron(job)
        output, _ = started.communicate()
        assert started.returncode == 0, output
    again = machine.requests()
    assert again == dict.fromkeys(CONTINU_KEYS, 1), "only the open window, or the snapshot"
    assert first == {report: 1 if report in SNAPSHOTS else 4 for report in CONTINU_KEYS}
    machine.world.assert_equal(SECOND)


def assert_coverage(machine: Machine) -> None:
    told = subprocess.run(
        ["bash", "-c", block("make coverage")],
        cwd=ROOT,
        env=machine.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "11 stale tables: continu_assignment_summary," in told.stdout  # until March 2026
    assert told.stdout.endswith("No gap in 11 streams\n")
    assert told.returncode != 0
    assert machine.environment["WAREHOUSE_URL"] not in told.stdout + told.stderr


@pytest.mark.meltano
def test_jobs_of_the_same_minute_wait_for_each_other(machine: Machine) -> None:
    started = [machine.cron(job) for job in ("hourly", "daily", "reconcile")]
    outputs = [one.communicate()[0] for one in started]
    assert [one.returncode for one in started] == [0, 0, 0], outputs
    assert "waiting for it to end" in "".join(outputs)
    machine.world.assert_equal(SECOND)


@pytest.mark.meltano
def test_plain_pipe(machine: Machine) -> None:
    machine.type(block("--discover"), machine.project)
    machine.world.assert_equal(SECOND)
    states = (machine.project / "state.jsonl").read_text().splitlines()
    bookmark = json.loads(states[-1])["bookmarks"]["continu_track_status"]
    assert bookmark["replication_key_value"] == f"{SECOND:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.meltano
def test_the_models_are_made_on_top(machine: Machine, tmp_path: Path) -> None:
    repository = tmp_path / "repository"
    shutil.copytree(ROOT / "transform", repository / "transform", ignore=WRITTEN_BY_DBT)
    as_somebody = "git -c user.name=Somebody -c user.email=somebody@example.com"
    shell(
        f"git init -q -b main && git add -A && {as_somebody} commit -q -m Models",
        repository,
        {**machine.environment, "GIT_CONFIG_NOSYSTEM": "1"},
    )
    warehouse = machine.world.warehouse
    address = warehouse.dbt_environment
    machine.environment |= {
        "UV_CONSTRAINT": str(ROOT / "transform" / "constraints.txt"),
        "REPOSITORY": repository.as_uri(),
        "WAREHOUSE_HOST": address["DBT_POSTGRES_HOST"],
        "WAREHOUSE_USER": address["DBT_POSTGRES_USER"],
        "WAREHOUSE_PASSWORD": "",
        "WAREHOUSE_DATABASE": address["DBT_POSTGRES_DBNAME"],
    }
    machine.type(block("dbt-postgres:deps"), machine.project)
    [made] = warehouse.rows("SELECT count(*) AS n FROM analytics.fct_tracks")
    assert made["n"] == len(warehouse.living("continu_track_status")) > 0
    installed = {**machine.environment, "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    shell(block("-page --dsn"), machine.project, {**installed, "WAREHOUSE_URL": warehouse.dsn})
    page = (machine.project / "learning.html").read_text("utf-8")
    [people] = warehouse.rows("SELECT count(*) AS n FROM analytics.dim_users")
    assert f'data-answer="people" data-value="{people["n"]}"' in page
