"""What a person reads who runs into an error: docs/troubleshooting.md, said by whole processes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest
import requests

from harness.pipeline import MELTANO, ROOT, TAP, TARGET, copy_project
from harness.warehouse import Warehouse
from tests.e2e.conftest import SECOND, World
from tests.transport.scripted_server import Reply, ScriptedServer

PAGE = ROOT / "docs" / "troubleshooting.md"
EXECUTABLE = Path(sys.executable).parent / TAP
PREFIX = "TAP_CONTINU_COURSEBASE_"
TOKEN = "tokenKq7zMark"
PASSWORD = "passwordKq7zMark"
SOURCE = {"continu_api_token": TOKEN, "start_date": "2026-01-01"}
COURSEBASE = {"coursebase_url": "<server>", "coursebase_access_token": TOKEN}
END = "2026-01-15"
NOBODY = "https://nobody.invalid"
MANY = 200
SOME = 20
OF_MELTANO = 14
"""So many lines may Meltano and the loader end with."""
LARGE = (
    b"[" + b",".join([b'{"completion_id":"%d","email":"a@b.c"}' % n for n in range(60_000)]) + b"]"
)


@dataclass(frozen=True)
class Row:
    """A row of the table.

    Attributes:
        message: As it stands there, with placeholders in angle brackets.
    """

    message: str

    def is_said(self, line: str) -> bool:
        """Tell whether a line says it."""
        literal = re.split(r"<[^<>]+>", self.message)
        return re.search(".+?".join(map(re.escape, literal)), line) is not None


ROWS = [
    Row(found) for found in re.findall(r"^\| `([^`]+)` \|", PAGE.read_text("utf-8"), re.MULTILINE)
]


def row(piece: str) -> Row:
    """Return the one row whose message has a text."""
    found = [one for one in ROWS if piece in one.message]
    assert len(found) == 1, f"{len(found)} rows of the table have: {piece}"
    return found[0]


@dataclass(frozen=True)
class Case:
    """A run that ends with an error.

    Attributes:
        says: What the row has that tells of it.
        settings: In the file of ``--config``; none if there is no such file. Where ``<server>``
            stands is the server's address.
        environment: What is added to the environment.
        options: Of the command line.
        replies: What the server answers to each request.
        limit: How many bytes a file may have.
    """

    says: str
    settings: Mapping[str, Any] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    replies: Reply = field(default_factory=Reply)
    limit: int | None = None


def api(**settings: Any) -> dict[str, Any]:
    """Return the settings of a source that the server is."""
    return {**SOURCE, "end_date": END, "continu_api_url": "<server>", **settings}


def options_of(stream: str, **options: Any) -> dict[str, Any]:
    return {**SOURCE, "stream_options": {stream: options}}


def refusal(status: int, message: str, **headers: str) -> Reply:
    return Reply(status, json.dumps({"message": message}).encode(), headers)


def proxied(address: str) -> dict[str, str]:
    return {"HTTPS_PROXY": address, "https_proxy": address, "NO_PROXY": "", "no_proxy": ""}


ONE_STREAM = ("--catalog", "<catalog>")
REMOTE = {**SOURCE, "end_date": END, "continu_api_url": NOBODY}
CASES = [
    # Settings
    Case("no source is configured"),
    Case("no source is configured", {}),
    Case("not a readable JSON file", options=("--config", "nowhere.json")),
    Case(
        "is set and not read",
        options=("--config=ENV",),
        environment={"CONTINU_API_TOKEN": TOKEN, "CONTINU_START_DATE": "2026-01-01"},
    ),
    Case("is set and not read", environment={f"{PREFIX}CONTINU_API_TOKEN": TOKEN}),
    Case("is set and not read", {}, environment={"TAP_CONTINU_CONTINU_API_TOKEN": TOKEN}),
    Case(
        "unknown setting in the environment",
        options=("--config=ENV",),
        environment={f"{PREFIX}CONTINU_TOKEN": TOKEN, f"{PREFIX}START_DATE": "2026-01-01"},
    ),
    Case(
        "<VARIABLE>: is not of type",
        options=("--config=ENV",),
        environment={f"{PREFIX}LOOKBACK_MINUTES": "an hour"},
    ),
    Case("unknown setting '", {**SOURCE, "start_dat": "2026-01-01"}),
    Case("the value <value> is not of type", {**SOURCE, "lookback_minutes": "60"}),
    Case("is empty or has spaces", {**SOURCE, "continu_api_token": f"Bearer {TOKEN}"}),
    Case("is empty or has spaces", {**SOURCE, "continu_api_token": ""}),
    Case("not known; right would be <values>", {**SOURCE, "continu_auth_scheme": "Bearer"}),
    Case("start_date: required", {"continu_api_token": TOKEN}),
    Case("is not an ISO 8601 date", {**SOURCE, "start_date": "01/31/2026"}),
    Case("is in the future", {**SOURCE, "start_date": "2999-01-01"}),
    Case("is not after start_date", {**SOURCE, "end_date": "2025-01-01"}),
    Case("coursebase_access_token: required", {"coursebase_url": "https://learn.example.com"}),
    Case("is not encrypted", {**SOURCE, "continu_api_url": "http://example.com/api/v1"}),
    Case("is not a URL", {**SOURCE, "continu_api_url": "reports.example.com"}),
    Case("no such stream", options_of("content_completion")),
    Case("unknown option", options_of("continu_track_status", lookback=5)),
    Case("right would be month or", options_of("continu_track_status", window="year")),
    Case("is not a column of this stream", options_of("continu_track_status", primary_keys=["x"])),
    # The source
    Case("raw or bearer", api(), replies=refusal(401, f"Unauthorized: {TOKEN}")),
    Case("the token has expired", api(), replies=refusal(401, "Token expired")),
    Case("check coursebase_access_token, or", COURSEBASE, replies=refusal(401, "Unauthorized")),
    Case("HTTP 404", api(), replies=refusal(404, "no such page")),
    Case("run again after 00:00 UTC", api(), replies=refusal(429, "5000 requests per day")),
    Case(
        "which is not followed",
        api(),
        replies=Reply(302, headers={"Location": f"https://login.example.com/?token={TOKEN}"}),
    ),
    Case(
        "the response is",
        api(),
        options=ONE_STREAM,
        replies=Reply(body=b"<html>Sign in</html>"),
    ),
    Case("has its key", api(), replies=Reply(body=b'[{"a": 1}]')),
    Case("no connection to <host>", REMOTE),
    Case("is not trusted", {**SOURCE, "end_date": END, "continu_api_url": "<untrusted>"}),
    Case("no request can be sent", REMOTE, {"REQUESTS_CA_BUNDLE": "/nowhere/ca.pem"}),
    # Proxies
    Case("no connection to the proxy", REMOTE, proxied(f"http://me:{PASSWORD}@<nobody>")),
    Case(
        "refuses its user name or password",
        REMOTE,
        proxied(f"http://me:{PASSWORD}@<host>"),
        replies=Reply(407, f"no {PASSWORD}".encode()),
    ),
    Case("does not connect to", REMOTE, proxied("http://<host>"), replies=Reply(403)),
    Case("the proxy's address cannot be used", REMOTE, proxied(f"http://me:{PASSWORD}@h:port")),
    # The machine
    Case(
        "to a folder with room", api(), options=ONE_STREAM, replies=Reply(body=LARGE), limit=1 << 20
    ),
    Case("--state: not a readable", api(), options=("--state", "/dev/null")),
    Case("--catalog: not a readable", api(), options=("--catalog", "/dev/null")),
]


@pytest.fixture(scope="module")
def untrusted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server whose certificate nobody has signed."""
    folder = tmp_path_factory.mktemp("certificate")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*request, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with contextlib.suppress(OSError), connection:
                    context.wrap_socket(connection, server_side=True)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture(scope="module")
def nobody() -> str:
    """Host and port where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as ear:
        return f"127.0.0.1:{ear.getsockname()[1]}"


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog that selects one stream."""
    folder = tmp_path_factory.mktemp("catalog")
    found = subprocess.run([EXECUTABLE, "--discover"], env=bare(), capture_output=True, check=True)
    streams = json.loads(found.stdout)["streams"]
    chosen = [one for one in streams if one["tap_stream_id"] == "continu_content_completion"]
    (folder / "catalog.json").write_text(json.dumps({"streams": chosen}))
    return folder / "catalog.json"


def bare() -> dict[str, str]:
    """Return the environment without settings and proxies."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("TAP_") and not name.upper().endswith("_PROXY")
    }


def assert_told(row: Row, output: str, last: int = 1) -> None:
    """Assert that one of the last lines of an output is the row's, and no line says too much."""
    lines = output.splitlines()
    assert any(map(row.is_said, lines[-last:])), f"{row.message}\n{output[-3000:]}"
    assert "Traceback" not in output
    assert TOKEN not in output
    assert PASSWORD not in output


def limit_files(most: int | None) -> None:
    """Let the process to come write no file that is longer, as if the disk were full."""
    if most is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def places_in(text: str, places: Mapping[str, str]) -> str:
    """Fill the placeholders in a text."""
    for place, address in places.items():
        text = text.replace(place, address)
    return text


def name_of(case: Case) -> str:
    return case.says.replace(" ", "-")


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_an_error_is_one_line_that_the_page_has(
    case: Case, tmp_path: Path, untrusted: str, nobody: str, catalog: Path
) -> None:
    with ScriptedServer([case.replies] * MANY) as server:
        places = {
            "<server>": server.url,
            "<host>": server.url.partition("://")[2],
            "<untrusted>": untrusted,
            "<nobody>": nobody,
            "<catalog>": str(catalog),
        }

        fill = partial(places_in, places=places)
        command: list[str | Path] = [EXECUTABLE, *map(fill, case.options)]
        if case.settings is not None:
            config = tmp_path / "tap.json"
            config.write_text(fill(json.dumps(case.settings)))
            command += ["--config", config]
        ended = subprocess.run(
            command,
            cwd=tmp_path,
            env={**bare(), **{name: fill(value) for name, value in case.environment.items()}},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=partial(limit_files, case.limit),
        )
    assert ended.returncode == 1, ended.stderr
    assert_told(row(case.says), ended.stderr)
    assert TOKEN not in ended.stdout
    assert len(server.asked) < MANY


def start(
    folder: Path,
    server: ScriptedServer,
    stdout: int | IO[str] = subprocess.PIPE,
    **settings: Any,
) -> subprocess.Popen[str]:
    """Start a run."""
    config = folder / "tap.json"
    config.write_text(json.dumps(api(continu_api_url=server.url, **settings)))
    return subprocess.Popen(
        [EXECUTABLE, "--config", config],
        env=bare(),
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


ELSEWHERE = {
    "Stopped by",
    "The target has closed the pipe",
    "cannot write to stdout",
    "another run on this machine",
    "pipeline is already running",
    "the warehouse does not answer",
}
WAITS = Reply(before="silence")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM])
def test_a_signal(signum: signal.Signals, tmp_path: Path) -> None:
    with ScriptedServer([WAITS] * MANY) as server, start(tmp_path, server) as tap:
        until(lambda: len(server.asked) > 0 or tap.poll() is not None)
        tap.send_signal(signum)
        _, errors = tap.communicate()
    assert tap.returncode == 128 + signum
    assert_told(row("Stopped by"), errors)


def test_ctrl_c_while_the_command_is_still_loaded() -> None:
    with subprocess.Popen(
        [EXECUTABLE, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as tap:
        loaded = Path(f"/proc/{tap.pid}/maps")
        until(lambda: tap.poll() is not None or "/_ssl." in loaded.read_text())
        tap.send_signal(signal.SIGINT)
        _, errors = tap.communicate()
    assert tap.returncode == 130
    assert "Traceback" not in errors
    assert errors.splitlines()[-1] == "Stopped by SIGINT: nothing has begun"


def test_a_target_that_dies(tmp_path: Path) -> None:
    with ScriptedServer([Reply(body=LARGE)] * MANY) as server, start(tmp_path, server) as tap:
        assert tap.stdout is not None
        assert tap.stderr is not None
        tap.stdout.close()
        errors = tap.stderr.read()
    assert tap.returncode == 1
    assert_told(row("The target has closed the pipe"), errors)


def test_a_full_disk_behind_stdout(tmp_path: Path) -> None:
    with (
        Path("/dev/full").open("w") as full,
        ScriptedServer([Reply()] * MANY) as server,
        start(tmp_path, server, stdout=full) as tap,
    ):
        _, errors = tap.communicate()
    assert tap.returncode == 1
    assert_told(row("cannot write to stdout"), errors)


@pytest.mark.parametrize("option", ["--discover", "--about"])
def test_a_full_disk_behind_what_is_printed(option: str) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [EXECUTABLE, option],
            env=bare(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert_told(row("cannot write to stdout"), ended.stderr)


def test_a_second_run(tmp_path: Path) -> None:
    with ScriptedServer([WAITS] * MANY) as server, start(tmp_path, server) as first:
        until(lambda: len(server.asked) > 0 or first.poll() is not None)
        with start(tmp_path, server, parallel_run_wait_minutes=0) as second:
            written, errors = second.communicate()
        first.kill()
        first.communicate()
    assert (second.returncode, written) == (1, "")
    assert_told(row("another run on this machine"), errors)


# Under Meltano


def meltano(
    project: Path, folder: Path, settings: Mapping[str, Any], warehouse: str, **more: str
) -> subprocess.Popen[str]:
    """Start ``meltano run``, with all that is printed in one pipe."""
    prefixed = {f"{PREFIX}{name.upper()}": str(value) for name, value in settings.items()}
    return subprocess.Popen(
        [MELTANO, "run", TAP, TARGET],
        cwd=project,
        env={
            **bare(),
            "MELTANO_DATABASE_URI": f"sqlite:///{folder / 'meltano.db'}",
            "TARGET_POSTGRES_SQLALCHEMY_URL": warehouse,
            **prefixed,
            **more,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One Meltano project for all cases, each with a state of its own."""
    return copy_project(tmp_path_factory.mktemp("meltano"))


UNDER_MELTANO = [
    Case("no source is configured", {}),
    Case("is not an ISO 8601 date", api(start_date="2026-13-45")),
    Case("raw or bearer", api(), replies=refusal(401, f"Unauthorized: {TOKEN}")),
    Case("no connection to the proxy", REMOTE, proxied(f"http://me:{PASSWORD}@<nobody>")),
]


@pytest.mark.meltano
@pytest.mark.parametrize("case", UNDER_MELTANO, ids=name_of)
def test_meltano_shows_the_line(
    case: Case, shared: Path, tmp_path: Path, nobody: str, postgresql: Warehouse
) -> None:
    with ScriptedServer([case.replies] * MANY) as server:
        places = {"<server>": server.url, "<nobody>": nobody}

        def fill(values: Mapping[str, Any]) -> dict[str, str]:
            return {name: places_in(str(value), places) for name, value in values.items()}

        run = meltano(
            shared,
            tmp_path,
            fill(case.settings or {}),
            postgresql.sqlalchemy_url,
            **fill(case.environment),
        )
        output, _ = run.communicate()
    assert run.returncode == 1, output
    assert_told(row(case.says), output, last=OF_MELTANO)


@pytest.mark.meltano
def test_meltano_shows_why_the_loader_ended(shared: Path, tmp_path: Path, nobody: str) -> None:
    warehouse = f"postgresql+psycopg://me:{PASSWORD}@{nobody}/nothing"
    with ScriptedServer([WAITS] * MANY) as server:
        run = meltano(shared, tmp_path, api(continu_api_url=server.url), warehouse)
        output, _ = run.communicate()
    assert run.returncode == 1, output
    assert_told(row("the warehouse does not answer"), output, last=OF_MELTANO)
    assert "Loader failed" in output


@pytest.mark.meltano
@pytest.mark.parametrize(
    ("signum", "code", "last"),
    [(signal.SIGTERM, 143, "The process was terminated"), (signal.SIGINT, 1, "Aborted!")],
)
def test_a_run_that_was_stopped_under_meltano_is_made_good_by_the_next(
    signum: signal.Signals, code: int, last: str, world: World
) -> None:
    """SIGTERM goes to Meltano alone, Ctrl-C to all that the terminal has started."""
    pipeline = world.pipeline()
    faults = f"{world.sandbox.url}/_admin/faults"
    slow = {"match": "*", "kind": "slow", "seconds": 0.2, "times": 1000}
    requests.post(faults, json=[slow], timeout=30).raise_for_status()
    run = pipeline.start()
    until(lambda: len(world.asked()) >= SOME or run.poll() is not None)
    if signum == signal.SIGINT:
        os.killpg(run.pid, signum)
    else:
        run.send_signal(signum)
    output, _ = run.communicate()
    assert run.returncode == code, output
    assert_told(row("Stopped by"), output, last=OF_MELTANO)
    assert last in "".join(output.splitlines(keepends=True)[-3:])
    requests.delete(faults, timeout=30).raise_for_status()
    pipeline.run()
    world.assert_equal(SECOND)
    loaded = world.warehouse.living("continu_windows")
    windows = {(one["stream"], one["window_from"], one["window_until"]) for one in loaded}
    assert len(loaded) == len(windows)


@pytest.mark.meltano
def test_a_second_run_of_a_job_under_meltano(
    shared: Path, tmp_path: Path, postgresql: Warehouse
) -> None:
    with ScriptedServer([WAITS] * MANY) as server:
        settings = api(continu_api_url=server.url)
        first = meltano(shared, tmp_path, settings, postgresql.sqlalchemy_url)
        until(lambda: len(server.asked) > 0 or first.poll() is not None)
        second = meltano(shared, tmp_path, settings, postgresql.sqlalchemy_url)
        output, _ = second.communicate()
        os.killpg(first.pid, signal.SIGTERM)
        first.communicate()
    assert second.returncode == 1, output
    assert_told(row("pipeline is already running"), output, last=OF_MELTANO)


def test_the_page_has_no_message_that_no_test_meets_and_is_in_order() -> None:
    met = [row(says) for says in {*(case.says for case in CASES), *ELSEWHERE}]
    assert sorted(one.message for one in ROWS) == sorted(one.message for one in met)
    assert [one.message for one in ROWS] == sorted((one.message for one in ROWS), key=searched)


def searched(message: str) -> str:
    """Return what a person looks for: the words, without placeholders and marks."""
    return re.sub(r"[^a-z0-9 ]", "", re.sub(r"<[^<>]*>", "", message.lower())).strip()


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another process does."""
    while not condition():
        time.sleep(0.02)
