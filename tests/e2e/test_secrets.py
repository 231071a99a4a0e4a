"""No secret is in what a run leaves behind: output, logs, state, Meltano's own files."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from harness.pipeline import MELTANO, TAP, TARGET, Pipeline
from harness.warehouse import SCHEMA, Warehouse
from sandbox.server import Sandbox, running
from tests.e2e.conftest import OPTIONS, SECOND, START
from tests.singer.marked import (
    CLIENT_ID,
    CLIENT_SECRET,
    CONTINU,
    DATABASE,
    NOTATIONS,
    STATIC,
    found,
)

BIN = Path(sys.executable).parent
STREAMS = ("continu_assessment_status", "coursebase_groups", "coursebase_report_people")
OWN_FILES = {"meltano.yml", "pyproject.toml", "constraints.txt"}
LINK = re.compile(r"X-Amz-(?:Signature|Credential)|SANDBOX\d{6}")
"""What the links of the sandbox's storage are recognised by."""


@dataclass(frozen=True)
class MarkedWorld:
    """A sandbox that accepts marked secrets only, and a Meltano project that has them.

    Attributes:
        sandbox: Both APIs.
        project: The project's folder; Meltano writes nowhere else.
        warehouse: Where rows go, by a URL with a marked password.
    """

    sandbox: Sandbox
    project: Path
    warehouse: Warehouse

    def settings(self, **settings: Any) -> dict[str, Any]:
        """Return the tap's settings, with the static token unless they have a client."""
        token = {} if "coursebase_client_id" in settings else {"coursebase_access_token": STATIC}
        return {
            "continu_api_url": self.sandbox.continu_api_url,
            "continu_api_token": CONTINU,
            "start_date": f"{START:%Y-%m-%d}",
            "end_date": f"{SECOND:%Y-%m-%d}",
            "coursebase_url": self.sandbox.coursebase_url,
            "coursebase_report_types": ["people"],
            **token,
            **settings,
        }

    def meltano(self, *, database: str = "", **settings: Any) -> str:
        """Run the pipeline at level DEBUG; give what it printed."""
        url = self.warehouse.sqlalchemy_url.replace("postgres:@/", f"postgres:{DATABASE}@/")
        assert DATABASE in url
        pipeline = Pipeline(self.project, self.settings(**settings), database or url)
        select = json.dumps([f"{stream}.*" for stream in STREAMS])
        environment = {
            **pipeline.environment(),
            "MELTANO_CLI_LOG_LEVEL": "debug",
            "TAP_CONTINU_COURSEBASE__SELECT": select,
        }
        return subprocess.run(
            [MELTANO, "run", TAP, TARGET],
            cwd=self.project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        ).stdout

    def left_behind(self) -> dict[Path, str]:
        """Return the text of each file that Meltano has written in the project."""
        return {
            file: file.read_bytes().decode("latin-1")
            for file in files_below(self.project)
            if file.name not in OWN_FILES
        }

    def answered(self) -> set[str]:
        """Return whose requests were answered, so had the right secret."""
        coursebase = {one.host for one in self.sandbox.coursebase.requests if one.status == 200}
        continu = {"continu" for one in self.sandbox.requests if one.status in {200, 400}}
        return coursebase | continu


def files_below(folder: Path) -> Iterator[Path]:
    """Return the files below a folder, without those behind symbolic links."""
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_dir():
            yield from [path] * (path.is_file() and not path.is_symlink())
        else:
            yield from files_below(path)


def assert_clean(text: str, where: object) -> None:
    """Assert that neither a secret nor a link is in a text."""
    assert found(text) == set(), where
    assert LINK.findall(text) == [], where


@pytest.fixture
def marked(postgresql: Warehouse, project: Path) -> Iterator[MarkedWorld]:
    postgresql.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    options = replace(
        OPTIONS,
        users=30,
        token=CONTINU,
        coursebase_token=STATIC,
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
    )
    with running(options) as sandbox:
        yield MarkedWorld(sandbox, project, postgresql)


@pytest.mark.meltano
def test_a_good_run_under_meltano(marked: MarkedWorld) -> None:
    printed = marked.meltano()
    assert "DEBUG" in printed.upper()
    assert marked.answered() >= {"continu", "api", "storage"}
    assert marked.warehouse.living("coursebase_report_people")
    written = marked.left_behind()
    assert any("run" in file.parts for file in written)
    assert any("assessment_status" in text for text in written.values()), "no state was kept"
    assert_clean(printed, "printed")
    for where, text in written.items():
        assert_clean(text, where)


@pytest.mark.meltano
def test_a_bad_run_under_meltano(marked: MarkedWorld) -> None:
    """Each half tells back what it was sent, and the database cannot be reached."""
    told = f"{CONTINU} {NOTATIONS['json'](CONTINU)} {NOTATIONS['base64'](CONTINU)}"
    marked.sandbox.api.faults.add(
        [{"match": "*", "kind": "status", "status": 400, "message": told}]
    )
    marked.sandbox.coursebase.faults.add(
        [{"match": "org.groups.list", "kind": "error", "code": f"Bearer {STATIC}"}]
    )
    first = marked.meltano()
    second = marked.meltano(
        database=f"postgresql+psycopg://somebody:{DATABASE}@127.0.0.1:1/nothing"
    )
    assert "HTTP 400" in first
    assert "org.groups.list" in first
    assert "refused" in second.lower()
    assert marked.answered() >= {"continu", "api", "storage"}
    assert_clean(first, "first")
    assert_clean(second, "second")
    for where, text in marked.left_behind().items():
        assert_clean(text, where)


@pytest.mark.parametrize("formatter", ["ConsoleFormatter", "StructuredFormatter"])
def test_a_run_ended_by_sigterm(formatter: str, marked: MarkedWorld, tmp_path: Path) -> None:
    """As a process of its own, with each way of logging that the SDK has."""
    client = {
        "coursebase_client_id": CLIENT_ID,
        "coursebase_client_secret": CLIENT_SECRET,
        "coursebase_token_url": marked.sandbox.coursebase_token_url,
    }
    config, logging, errors = (tmp_path / name for name in ("tap.json", "log.json", "errors.txt"))
    config.write_text(json.dumps(marked.settings(**client)))
    logging.write_text(
        json.dumps(
            {
                "version": 1,
                "disable_existing_loggers": False,
                "formatters": {"one": {"()": f"singer_sdk.logging.{formatter}"}},
                "handlers": {
                    "one": {
                        "class": "logging.StreamHandler",
                        "formatter": "one",
                        "stream": "ext://sys.stderr",
                    }
                },
                "root": {"level": "DEBUG", "handlers": ["one"]},
            }
        )
    )
    environment = {"PATH": "/usr/bin:/bin", "SINGER_SDK_LOG_CONFIG": str(logging)}
    with (
        errors.open("wb") as log,
        subprocess.Popen(
            [BIN / TAP, "--config", config],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as tap,
    ):
        assert tap.stdout is not None
        lines = []
        for line in tap.stdout:
            lines.append(line)
            if '"coursebase_groups"' in line and '"RECORD"' in line:
                tap.send_signal(signal.SIGTERM)
                break
        lines += tap.stdout.readlines()
    assert tap.returncode == 143
    assert marked.answered() >= {"continu", "api", "token"}
    written = errors.read_text()
    assert "debug" in written.lower()
    assert "Traceback" not in written
    assert_clean(written, errors)
    assert_clean("".join(lines), "stdout")
    for token in marked.sandbox.coursebase.tokens._issued:
        assert token not in written + "".join(lines)
