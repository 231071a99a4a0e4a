"""No secret is in anything that the tap writes, whatever goes wrong, at level DEBUG."""

from __future__ import annotations

import json
import logging
import socket
import ssl
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tap_continu_coursebase.coursebase.jobs import Exports
from tap_continu_coursebase.tap import TapContinuCoursebase
from tap_continu_coursebase.transport.session import HttpSession
from tests.singer.marked import (
    ACCIDENT,
    BASIC,
    CLIENT_ID,
    CLIENT_SECRET,
    CONTINU,
    ISSUED,
    ISSUED_NEXT,
    NETRC,
    NOTATIONS,
    PROXY,
    SIGNATURE,
    STATIC,
    found,
)
from tests.singer.support import SimulatedTime
from tests.transport.scripted_server import Reply, ScriptedServer

TRIES = 12
CONTINU_STREAM = "continu_assessment_status"
LIST_STREAM = "coursebase_groups"
EXPORT_STREAM = "coursebase_report_people"
FINISHED = "2026-01-01T00:00:00Z"


@dataclass(frozen=True)
class Written:
    """What one run wrote, and how it ended."""

    stdout: str
    stderr: str
    code: int

    @property
    def text(self) -> str:
        return f"{self.stdout}\n{self.stderr}"


class Raw(Reply):
    """An answer that is no HTTP: only the body is sent."""

    def head(self) -> bytes:
        return b""


class TlsServer(ScriptedServer):
    """A server that must be trusted before it can be asked."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__()
        self._listener = context.wrap_socket(self._listener, server_side=True)


class Tap:
    """The tap's own command line, in this process, with the servers that it asks."""

    def __init__(
        self, folder: Path, servers: ExitStack, captured: pytest.CaptureFixture[str]
    ) -> None:
        self.folder = folder
        self.api, self.tokens, self.storage, self.elsewhere = (
            servers.enter_context(ScriptedServer()) for _ in range(4)
        )
        self._captured = captured

    def continu(self, **settings: Any) -> dict[str, Any]:
        return {
            "continu_api_url": f"{self.api.url}/api/v1",
            "continu_api_token": CONTINU,
            "start_date": "2026-01-01",
            **settings,
        }

    def coursebase(self, **settings: Any) -> dict[str, Any]:
        config = {"coursebase_url": self.api.url, "coursebase_access_token": STATIC, **settings}
        return {name: value for name, value in config.items() if value is not None}

    def client(self, **settings: Any) -> dict[str, Any]:
        return self.coursebase(
            coursebase_access_token=None,
            coursebase_client_id=CLIENT_ID,
            coursebase_client_secret=CLIENT_SECRET,
            coursebase_token_url=f"{self.tokens.url}/oauth/token",
            **settings,
        )

    def run(self, config: dict[str, Any], *arguments: str) -> Written:
        """Run with a configuration file."""
        file = self.folder / "config.json"
        file.write_text(json.dumps(config))
        return self.command("--config", str(file), *arguments)

    def sync(self, config: dict[str, Any], stream: str) -> Written:
        """Run one stream."""
        catalog = TapContinuCoursebase(config=dict(config)).catalog_dict
        for entry in catalog["streams"]:
            for item in entry["metadata"]:
                if not item["breadcrumb"]:
                    item["metadata"]["selected"] = entry["tap_stream_id"] == stream
        file = self.folder / "catalog.json"
        file.write_text(json.dumps(catalog))
        return self.run(config, "--catalog", str(file))

    def command(self, *arguments: str) -> Written:
        self._captured.readouterr()
        code = 0
        try:
            TapContinuCoursebase.cli.main(list(arguments))
        except SystemExit as ended:
            code = int(ended.code or 0)
        return Written(*self._captured.readouterr(), code)

    def export_link(self) -> str:
        return f"{self.storage.url}/people.zip?X-Amz-Signature={SIGNATURE}&X-Amz-Expires=900"

    def finish_exports(self, *links: str) -> None:
        """Have each status call, and the start of an export, answer in their order."""
        job = {
            "report_type": "people",
            "status": "finished",
            "started_at": FINISHED,
            "finished_at": FINISHED,
            "data_updated_at": FINISHED,
            "row_count": 1,
        }
        not_found = envelope(status="error", error="not_found")
        self.api.script(not_found, envelope(data={**job, "status": "pending"}))
        self.api.script(*(envelope(data={**job, "url": link}) for link in [links[0], *links]))


def envelope(**content: Any) -> Reply:
    return Reply(body=json.dumps({"status": "success", **content}).encode())


def issue(token: str) -> Reply:
    return Reply(body=json.dumps({"access_token": token, "expires_in": 3600}).encode())


def repeated(reply: Reply) -> list[Reply]:
    """Enough for every try."""
    return [reply] * TRIES


@pytest.fixture
def tap(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    time: SimulatedTime,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Tap]:
    """A tap at level DEBUG whose waiting takes no time; what it sets up is undone."""
    monkeypatch.setenv("TAP_CONTINU_COURSEBASE_LOGLEVEL", "DEBUG")
    monkeypatch.setattr(
        "tap_continu_coursebase.coursebase.streams.Exports",
        partial(Exports, clock=time.now, sleep=time.sleep),
    )
    root, hook = logging.getLogger(), sys.excepthook
    handlers, level = list(root.handlers), root.level
    with ExitStack() as servers, warnings.catch_warnings():
        caplog.set_level(logging.DEBUG)
        yield Tap(tmp_path, servers, capfd)
    for handler in [one for one in root.handlers if one not in handlers]:
        root.removeHandler(handler)
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    sys.excepthook = hook


def sent(server: ScriptedServer) -> str:
    """Everything that a server was sent."""
    return "\n".join(f"{one.path}\n{dict(one.headers)}\n{one.body!r}" for one in server.asked)


def assert_no_secret(written: Written, *sent_to: ScriptedServer, marks: Sequence[str] = ()) -> None:
    """Assert that what was sent somewhere was written nowhere."""
    for mark in marks:
        assert any(mark in found(sent(server)) for server in sent_to), "was never sent"
    assert "DEBUG" in written.stderr
    assert found(written.text) == set()


CONTINU_MARK, STATIC_MARK, ISSUED_MARK = (
    "continuKq7zMark",
    "staticKq7zMark",
    "issuedKq7zMark",
)


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("wrapping", ['{{"message": "who is {}?"}}', "Authorization: {}", "{{{}"])
def test_an_api_that_tells_its_token_back(notation: str, wrapping: str, tap: Tap) -> None:
    body = wrapping.format(NOTATIONS[notation](CONTINU)).encode()
    assert CONTINU_MARK in found(body.decode())
    tap.api.script(Reply(400, body))
    written = tap.sync(tap.continu(), CONTINU_STREAM)
    assert written.code == 1
    assert "HTTP 400" in written.stderr
    assert_no_secret(written, tap.api, marks=[CONTINU_MARK])


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 413, 418, 429, 500, 503])
@pytest.mark.parametrize("scheme", ["raw", "bearer"])
def test_each_status(status: int, scheme: str, tap: Tap) -> None:
    body = json.dumps({"message": {"headers": {"authorization": CONTINU}, "token": CONTINU}})
    tap.api.script(*repeated(Reply(status, body.encode())))
    written = tap.sync(tap.continu(continu_auth_scheme=scheme), CONTINU_STREAM)
    assert written.code == 1
    assert f"HTTP {status}" in written.stderr
    assert_no_secret(written, tap.api, marks=[CONTINU_MARK])


def test_a_long_token_cut_where_the_reading_of_errors_ends(tap: Tap) -> None:
    token = CONTINU + "-".join(f"longKq7zMark{number:06d}" for number in range(400))
    tap.api.script(Reply(400, (token * 20)[:70_000].encode()))
    written = tap.sync(tap.continu(continu_api_token=token), CONTINU_STREAM)
    assert written.code == 1
    assert_no_secret(written, tap.api, marks=[CONTINU_MARK])


@pytest.mark.parametrize("ending", ["cut", "reset"])
def test_an_error_that_ends_within_the_token(ending: Any, tap: Tap) -> None:
    text = f"Authorization: {CONTINU}"[:-3].encode()
    tap.api.script(Reply(400, text, promised=9999, ending=ending))
    written = tap.sync(tap.continu(), CONTINU_STREAM)
    assert "HTTP 400" in written.stderr
    assert_no_secret(written, tap.api, marks=[CONTINU_MARK])


BROKEN: dict[str, Reply] = {
    "cut": Reply(body=f'["{CONTINU}'.encode(), promised=9999),
    "chunks without an end": Reply(body=f'["{CONTINU}'.encode(), chunks=5, ending="cut"),
    "reset": Reply(before="reset"),
    "nothing": Reply(before="end"),
    "html": Reply(body=f"<html>{CONTINU}</html>".encode()),
    "no array": Reply(body=json.dumps({"token": CONTINU}).encode()),
    "no json": Reply(body=f"[{CONTINU}]".encode()),
    "no object": Reply(body=json.dumps([CONTINU]).encode()),
    "no http": Raw(body=f"Authorization: {CONTINU}\r\n\r\n".encode()),
    "another http": Raw(body=f"HTTP/9.9 200 {CONTINU}\r\n\r\n".encode()),
    "no status": Raw(body=f"HTTP/1.1 {CONTINU} x\r\n\r\n".encode()),
    "a broken header": Reply(400, headers={f"no colon {CONTINU}\r\nX": "y"}),
    "a header twice": Reply(400, headers={"Content-Length": "1,2", "X": CONTINU}),
    "a reason": Raw(body=f"HTTP/1.1 500 {CONTINU}\r\nContent-Length: 0\r\n\r\n".encode()),
    "no gzip": Reply(body=CONTINU.encode(), headers={"Content-Encoding": "gzip"}),
    "retry after": Reply(429, headers={"Retry-After": CONTINU}),
    "date": Reply(400, headers={"Date": CONTINU, "X-REQUESTS-PER-DAY": CONTINU}),
}


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_answer(kind: str, tap: Tap) -> None:
    tap.api.script(*repeated(BROKEN[kind]))
    written = tap.sync(tap.continu(), CONTINU_STREAM)
    assert written.code == 1
    assert_no_secret(written, tap.api, marks=[CONTINU_MARK])


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_token_follows_no_redirect(status: int, tap: Tap) -> None:
    place = f"{tap.elsewhere.url}/?token={CONTINU}"
    tap.api.script(*repeated(Reply(status, headers={"Location": place})))
    written = tap.sync(tap.continu(), CONTINU_STREAM)
    assert tap.elsewhere.asked == []
    assert written.code == 1
    assert_no_secret(written, tap.api, marks=[CONTINU_MARK])


def test_a_refused_connection(tap: Tap) -> None:
    with socket.create_server(("127.0.0.1", 0)) as ear:
        port = ear.getsockname()[1]
    written = tap.sync(
        tap.continu(continu_api_url=f"http://127.0.0.1:{port}/api/v1"), CONTINU_STREAM
    )
    assert "no connection" in written.stderr
    assert_no_secret(written)


def test_a_certificate_that_is_not_trusted(tap: Tap) -> None:
    key, certificate = tap.folder / "key.pem", tap.folder / "certificate.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1"]
    names = ["-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*request, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with TlsServer(context) as server:
        url = server.url.replace("http:", "https:")
        written = tap.sync(tap.continu(continu_api_url=url), CONTINU_STREAM)
    assert "the server's certificate is not trusted" in written.stderr
    assert server.asked == []
    assert_no_secret(written)


RPC_ERRORS: dict[str, Callable[[str], Reply]] = {
    "code": lambda told: envelope(status="error", error=told),
    "code with words": lambda told: envelope(status="error", error=f"no token\n {told}"),
    "object": lambda told: envelope(status="error", error={"headers": {"authorization": told}}),
    "status": lambda told: envelope(status=told),
    "400": lambda told: replace(envelope(status="error", error=told), status=400),
    "401": lambda told: replace(envelope(status="error", error=told), status=401),
    "403": lambda told: Reply(403, f"no: {told}".encode()),
    "500": lambda told: replace(envelope(status="error", error=told), status=500),
    "rows": lambda told: envelope(data={"groups": told}),
    "a row": lambda told: envelope(data={"groups": [told]}),
    "no key": lambda told: envelope(data={"groups": [{"name": told}]}),
}


@pytest.mark.parametrize("kind", RPC_ERRORS)
def test_a_method_that_tells_its_token_back(kind: str, tap: Tap) -> None:
    tap.api.script(*repeated(RPC_ERRORS[kind](f"Bearer {STATIC}")))
    written = tap.sync(tap.coursebase(), LIST_STREAM)
    assert written.code == 1
    assert_no_secret(written, tap.api, marks=[STATIC_MARK])


@pytest.mark.parametrize(
    "told",
    [CLIENT_SECRET, f"Basic {BASIC}", f"{CLIENT_ID}:{CLIENT_SECRET}", CLIENT_ID],
    ids=["secret", "basic", "pair", "id"],
)
@pytest.mark.parametrize("status", [400, 401, 403, 429, 500])
def test_a_token_endpoint_that_tells_credentials_back(status: int, told: str, tap: Tap) -> None:
    reply = Reply(status, json.dumps({"error": f"invalid_client {told}"}).encode())
    tap.tokens.script(*repeated(reply), *repeated(reply))
    written = tap.sync(tap.client(), LIST_STREAM)
    assert written.code == 1
    assert "no token is granted" in written.stderr
    assert_no_secret(written, tap.tokens, marks=["clientsecretKq7zMark", CLIENT_ID])


TOKEN_REPLIES: dict[str, Reply] = {
    "no token": Reply(body=json.dumps({"token": ISSUED}).encode()),
    "a number": Reply(body=json.dumps({"access_token": [ISSUED]}).encode()),
    "html": Reply(body=f"<p>{CLIENT_SECRET}".encode()),
    "line break": issue(f"{ISSUED}\r\n{ISSUED}"),
    "leading space": issue(f" {ISSUED}"),
    "no latin-1": issue(f"{ISSUED}☃"),
    "no ascii": issue(f"{ISSUED}é"),
    "NUL": issue(f"{ISSUED}\0"),
    "no http": Raw(body=f"Basic {BASIC} {CLIENT_SECRET}\r\n\r\n".encode()),
}


@pytest.mark.parametrize("kind", TOKEN_REPLIES)
def test_a_token_endpoint_that_answers_badly(kind: str, tap: Tap) -> None:
    tap.tokens.script(*repeated(TOKEN_REPLIES[kind]), *repeated(TOKEN_REPLIES[kind]))
    written = tap.sync(tap.client(), LIST_STREAM)
    assert written.code == 1
    assert "Traceback" not in written.stderr
    assert_no_secret(written, tap.tokens, marks=["clientsecretKq7zMark"])


def test_issued_tokens_old_and_new(tap: Tap) -> None:
    told = json.dumps({"error": f"expired: {ISSUED}, not {ISSUED_NEXT}"}).encode()
    tap.tokens.script(issue(ISSUED), issue(ISSUED_NEXT))
    tap.api.script(*repeated(Reply(401, told)))
    written = tap.sync(tap.client(), LIST_STREAM)
    assert written.code == 1
    assert_no_secret(written, tap.api, marks=[ISSUED_MARK, "nextissuedKq7zMark"])


def test_a_token_endpoint_that_redirects(tap: Tap) -> None:
    reply = Reply(307, headers={"Location": f"{tap.elsewhere.url}/?{CLIENT_SECRET}"})
    tap.tokens.script(*repeated(reply))
    written = tap.sync(tap.client(), LIST_STREAM)
    assert tap.elsewhere.asked == []
    assert_no_secret(written, tap.tokens, marks=["clientsecretKq7zMark"])


def archive(name: str, content: bytes) -> bytes:
    held = BytesIO()
    with zipfile.ZipFile(held, "w") as file:
        file.writestr(name, content)
    return held.getvalue()


GOOD = archive("people.csv", b"login_id\r\nsomebody\r\n")
DAMAGED = archive(f"{SIGNATURE}.csv", b"login_id\r\nsomebody\r\n").replace(b"somebody", b"anybodyy")
STORED: dict[str, Reply] = {
    "expired": Reply(403, f"expired: {SIGNATURE}".encode()),
    "not found": Reply(404, f"no such key: {SIGNATURE}".encode()),
    "error": Reply(503, f"slow down: {SIGNATURE}".encode()),
    "html": Reply(body=f"<html>{SIGNATURE}".encode()),
    "damaged": Reply(body=DAMAGED),
    "no csv": Reply(body=archive(f"{SIGNATURE}.txt", b"")),
    "cells": Reply(body=archive("people.csv", f"a,b\r\n{SIGNATURE}\r\n".encode())),
    "quotes": Reply(body=archive("people.csv", f'a\r\n"{SIGNATURE}"x\r\n'.encode())),
    "bytes": Reply(body=archive("people.csv", f"a\r\n{SIGNATURE}\xff\r\n".encode("latin-1"))),
    "cut": Reply(body=GOOD, promised=9999),
    "reset": Reply(before="reset"),
    "no http": Raw(body=f"GET ?{SIGNATURE}\r\n\r\n".encode()),
    "a broken header": Reply(body=GOOD[:-9], headers={f"no colon {SIGNATURE}\r\nX": "y"}),
}


@pytest.mark.parametrize("kind", STORED)
def test_a_link_is_a_secret(kind: str, tap: Tap) -> None:
    links = [f"{tap.export_link()}&n={number}" for number in range(TRIES)]
    tap.finish_exports(*links)
    tap.storage.script(*repeated(STORED[kind]))
    written = tap.sync(tap.coursebase(coursebase_report_types=["people"]), EXPORT_STREAM)
    assert written.code == 1
    assert_no_secret(written, tap.storage, marks=[SIGNATURE])
    assert "authorization" not in sent(tap.storage)


def test_a_good_export_shows_no_link_either(tap: Tap) -> None:
    tap.finish_exports(tap.export_link())
    tap.storage.script(Reply(body=GOOD))
    written = tap.sync(tap.coursebase(coursebase_report_types=["people"]), EXPORT_STREAM)
    assert written.code == 0
    assert "somebody" in written.stdout
    assert_no_secret(written, tap.storage, marks=[SIGNATURE])


@pytest.mark.parametrize("status", [302, 307])
def test_a_storage_that_redirects(status: int, tap: Tap) -> None:
    tap.finish_exports(tap.export_link())
    place = f"{tap.elsewhere.url}/?{SIGNATURE}"
    tap.storage.script(*repeated(Reply(status, headers={"Location": place})))
    written = tap.sync(tap.coursebase(coursebase_report_types=["people"]), EXPORT_STREAM)
    assert tap.elsewhere.asked == []
    assert written.code == 1
    assert_no_secret(written, tap.storage, marks=[SIGNATURE])


@pytest.mark.parametrize(
    "link",
    [
        f"http://storage.invalid/people.zip?{SIGNATURE}",
        f"file:///etc/{SIGNATURE}",
        f"//{SIGNATURE}",
        f"http://[{SIGNATURE}]/x",
        f"http://{SIGNATURE}..example/\0",
        f"http://user:{SIGNATURE}@127.0.0.1:1/",
        f"http://127.0.0.1:{SIGNATURE}/",
        [SIGNATURE],
        {"url": SIGNATURE},
        "",
    ],
    ids=range(10),
)
def test_a_link_that_is_none(link: Any, tap: Tap) -> None:
    tap.finish_exports(link)
    written = tap.sync(
        tap.coursebase(coursebase_report_types=["people"], request_timeout_seconds=1), EXPORT_STREAM
    )
    assert written.code == 1
    assert "Traceback" not in written.stderr
    assert_no_secret(written)


def test_a_link_without_encryption_is_not_followed(tap: Tap) -> None:
    tap.finish_exports(f"http://storage.invalid/people.zip?X-Amz-Signature={SIGNATURE}")
    written = tap.sync(tap.coursebase(coursebase_report_types=["people"]), EXPORT_STREAM)
    assert written.code == 1
    assert "retrying" not in written.stderr
    assert_no_secret(written)


@pytest.mark.parametrize(
    "job",
    [
        {"status": f"failed at https://storage.invalid/x?{SIGNATURE}"},
        {"status": {"url": SIGNATURE}},
        [SIGNATURE],
        SIGNATURE,
        {"status": "finished", "row_count": 1, "url": None, "started_at": SIGNATURE},
    ],
    ids=range(5),
)
def test_a_job_that_is_none(job: Any, tap: Tap) -> None:
    tap.api.script(*repeated(envelope(data=job)))
    written = tap.sync(tap.coursebase(coursebase_report_types=["people"]), EXPORT_STREAM)
    assert written.code == 1
    assert_no_secret(written, tap.api, marks=[STATIC_MARK])


@pytest.mark.parametrize("half", ["continu", "coursebase", "client", "export"])
def test_what_a_netrc_file_has_for_the_host_stays_there(
    half: str, tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tap.folder / "netrc"
    netrc.write_text(f"machine 127.0.0.1 login {NETRC} password {NETRC}")
    monkeypatch.setenv("NETRC", str(netrc))
    tap.tokens.script(*repeated(Reply(401)))
    if half == "export":
        tap.finish_exports(tap.export_link())
        tap.storage.script(Reply(body=GOOD))
    streams = {"continu": CONTINU_STREAM, "export": EXPORT_STREAM}
    configs = {"continu": tap.continu, "client": tap.client}
    config = configs.get(half, tap.coursebase)()
    written = tap.sync(config, streams.get(half, LIST_STREAM))
    asked = {"client": tap.tokens, "export": tap.storage}.get(half, tap.api)
    assert asked.asked
    assert NETRC not in found(sent(asked))
    assert_no_secret(written)


@pytest.mark.parametrize("kind", ["refuses", "tells", "is none", "is malformed"])
def test_a_proxy_with_a_password(kind: str, tap: Tap, monkeypatch: pytest.MonkeyPatch) -> None:
    address = tap.elsewhere.url.partition("://")[2]
    place = {"is none": "127.0.0.1:1", "is malformed": "127.0.0.1:port"}.get(kind, address)
    reason = f"Wrong {PROXY}" if kind == "tells" else "Proxy Authentication Required"
    head = f"HTTP/1.1 407 {reason}\r\nContent-Length: 0\r\n\r\n"
    tap.elsewhere.script(*repeated(Raw(body=head.encode())))
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{PROXY}@{place}")
    monkeypatch.setenv("NO_PROXY", "")
    config = tap.continu(continu_api_url="https://api.example.com/v1")
    written = tap.sync(config, CONTINU_STREAM)
    assert written.code == 1
    assert_no_secret(written)
    if address == place:
        assert PROXY in found(sent(tap.elsewhere))
        assert CONTINU_MARK not in found(sent(tap.elsewhere))


@pytest.mark.parametrize(
    "settings",
    [
        {"continu_api_token": f"{CONTINU}\n"},
        {"continu_api_token": f"Bearer {CONTINU}"},
        {"continu_api_token": [CONTINU]},
        {"continu_api_token": {"token": CONTINU}},
        {"continu_api_url": f"https://user:{ACCIDENT}@example.com"},
        {"continu_api_url": f"https://example.com/?token={ACCIDENT}"},
        {"continu_api_url": f"https://example.com/#{ACCIDENT}"},
        {"continu_api_url": f"http://example.com/?{ACCIDENT}"},
        {"coursebase_url": f"user:{ACCIDENT}%40example.com"},
        {"coursebase_url": f"https://example.com/?access_token={ACCIDENT}"},
        {"coursebase_token_url": f"https://example.com/?client_secret={ACCIDENT}"},
        {"coursebase_access_token": f"{STATIC} "},
        {"coursebase_client_secret": 5, "coursebase_access_token": [STATIC]},
        {"coursebase_client_secret": [CLIENT_SECRET]},
        {"coursebase_client_secret": f"{CLIENT_SECRET}\t"},
        {"continu_auth_scheme": f"Bearer {CONTINU}"},
        {"stream_options": [CONTINU]},
        {"end_date": CONTINU},
    ],
    ids=range(18),
)
def test_a_bad_setting(settings: dict[str, Any], tap: Tap) -> None:
    written = tap.run({**tap.continu(), **settings})
    assert written.code == 1
    assert "Bad configuration" in written.stderr
    assert found(written.text) == set()


@pytest.mark.parametrize(
    "given", ['{{"continu_api_token": "{0}"', '{{"continu_api_token": "{0}"}}', "continu={0}"]
)
def test_settings_given_where_their_file_belongs(given: str, tap: Tap) -> None:
    written = tap.command("--config", given.format("continuKq7zMark"))
    assert written.code != 0
    assert found(written.text) == set()


@pytest.mark.parametrize("content", ["{{{}", '["{}"]', '"{}"', "\x00{}"])
@pytest.mark.parametrize("option", ["--config", "--state", "--catalog"])
def test_a_damaged_file(option: str, content: str, tap: Tap) -> None:
    file = tap.folder / "damaged.json"
    file.write_text(content.format(ACCIDENT))
    written = tap.run(tap.continu(), option, str(file))
    assert written.code == 1
    assert "Traceback" not in written.stderr
    assert found(written.text) == set()


@pytest.mark.parametrize("command", ["--about", "--discover", "--test", "--version", "--help"])
def test_each_command(command: str, tap: Tap) -> None:
    tap.tokens.script(*repeated(issue(ISSUED)))
    tap.api.script(*repeated(Reply(401, CONTINU.encode())))
    written = tap.run({**tap.client(), **tap.continu()}, command)
    assert found(written.text) == set()
    assert bool(written.code) == (command == "--test")
    if command == "--test":
        assert_no_secret(written, tap.api, marks=[CONTINU_MARK])


def test_about_as_json(tap: Tap) -> None:
    written = tap.run({**tap.client(), **tap.continu()}, "--about", "--format=json")
    assert "continu_api_token" in written.stdout
    assert found(written.text) == set()


@pytest.mark.parametrize("kind", [RuntimeError, KeyError, OSError, UnicodeError])
def test_a_mistake_in_the_tap(
    kind: type[Exception], tap: Tap, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that holds secrets, in its own text and in that of its cause."""

    def fail(*_: Any) -> None:
        raise kind(f"mistake {CONTINU}") from ValueError(f"cause {CONTINU} {tap.export_link()}")

    monkeypatch.setattr(HttpSession, "_chunks", fail)
    tap.api.script(Reply())
    written = tap.sync(tap.continu(), CONTINU_STREAM)
    assert written.code == 1
    assert kind.__name__ in written.stderr
    assert_no_secret(written, tap.api, marks=[CONTINU_MARK])


@pytest.mark.parametrize("notation", NOTATIONS)
def test_each_notation_would_be_found(notation: str) -> None:
    assert CONTINU_MARK in found(f"DEBUG x {NOTATIONS[notation](CONTINU)} y")


def test_a_secret_broken_into_lines_or_hidden_in_pairs_would_be_found() -> None:
    assert CONTINU_MARK in found("conti\nnuKq7z\n Mark")
    assert "clientsecretKq7zMark" in found(f"Basic {BASIC}")
    assert found("nothing here but aGVsbG8gd29ybGQgaGVsbG8") == set()
