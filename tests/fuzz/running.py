"""Run the tap's command line in this process, and hold it to what it promises of any input."""

from __future__ import annotations

import copy
import io
import json
import logging
import os
import re
import signal
import sys
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from hypothesis import HealthCheck, Phase, settings
from jsonschema import Draft202012Validator

from tap_continu_coursebase.tap import TapContinuCoursebase

EFFORT = os.environ.get("FUZZ", "")
HANG = 120.0
CONTINU_TOKEN = "marked-continu-token"
COURSEBASE_TOKEN = "marked-coursebase-token"
START, END = "2024-01-01T00:00:00Z", "2024-02-01T01:30:00Z"


def fuzzed(examples: int) -> settings:
    """The same examples each time; many more, other ones each time, with FUZZ=long.

    With FUZZ=shrink a failing example is made small too, which takes minutes.
    """
    shrink = [Phase.shrink] if EFFORT == "shrink" else []
    return settings(
        phases=[Phase.explicit, Phase.generate, *shrink],
        max_examples=examples * 20 if EFFORT else examples,
        derandomize=not EFFORT,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )


def continu_config(url: str) -> dict[str, Any]:
    return {
        "continu_api_url": f"{url}/api/v1",
        "continu_api_token": CONTINU_TOKEN,
        "continu_requests_per_minute": 1_000_000,
        "continu_requests_per_day": 100_000_000,
        "start_date": START,
        "end_date": END,
        "request_timeout_seconds": 86_400,
    }


def coursebase_config(url: str) -> dict[str, Any]:
    return {
        "coursebase_url": url,
        "coursebase_access_token": COURSEBASE_TOKEN,
        "request_timeout_seconds": 86_400,
    }


_catalogs: dict[str, dict[str, Any]] = {}


def catalog_of(config: Mapping[str, Any], *streams: str) -> dict[str, Any]:
    """The tap's own catalog of these streams, all selected."""
    source = "continu" if "continu_api_token" in config else "coursebase"
    if source not in _catalogs:
        _catalogs[source] = TapContinuCoursebase(config=dict(config)).catalog_dict
    entries = [
        copy.deepcopy(entry)
        for entry in _catalogs[source]["streams"]
        if entry["tap_stream_id"] in streams
    ]
    for entry in entries:
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = True
    return {"streams": entries}


@dataclass(frozen=True)
class Run:
    """One finished run: its exit code, and what it wrote."""

    code: int
    stdout: bytes
    stderr: str

    @cached_property
    def messages(self) -> list[dict[str, Any]]:
        return [read_line(line) for line in self.stdout.split(b"\n")[:-1]]

    def records(self, stream: str) -> list[dict[str, Any]]:
        return [
            message["record"]
            for message in self.messages
            if message["type"] == "RECORD" and message["stream"] == stream
        ]

    def bookmark(self, stream: str) -> str | None:
        """The last bookmark of a stream."""
        states = [message["value"] for message in self.messages if message["type"] == "STATE"]
        bookmarks = states[-1].get("bookmarks", {}) if states else {}
        value: str | None = bookmarks.get(stream, {}).get("replication_key_value")
        return value

    def activated(self, stream: str) -> bool:
        return any(
            message["type"] == "ACTIVATE_VERSION" and message["stream"] == stream
            for message in self.messages
        )

    def failed(self, stream: str) -> bool:
        """Whether the last line says that a stream failed: alone, or with others alike."""
        source = stream.partition("_")[0].capitalize()
        told = rf" {stream}: |[( ]{stream}[,)]| all \d+ {source} streams: "
        return re.search(told, self.last_line) is not None

    @property
    def last_line(self) -> str:
        return self.stderr.strip().splitlines()[-1]


def read_line(line: bytes) -> dict[str, Any]:
    def refuse(name: str) -> NoReturn:
        raise AssertionError(f"{name} is no JSON: {line!r}")

    message = json.loads(line.decode("utf-8"), parse_float=Decimal, parse_constant=refuse)
    assert isinstance(message, dict), line
    return message


def run(
    config: Mapping[str, Any] | bytes,
    *arguments: str,
    catalog: Mapping[str, Any] | bytes | None = None,
    state: Mapping[str, Any] | bytes | None = None,
) -> Run:
    """Run the command line, and check what holds for each run, whatever it was given."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="")
    err = io.StringIO()
    given = {"--config": config, "--catalog": catalog, "--state": state}
    with tempfile.TemporaryDirectory() as folder, _as_it_was(), _no_hang():
        line = [*arguments]
        for option, content in given.items():
            if content is not None:
                path = Path(folder) / option.strip("-")
                path.write_bytes(
                    content if isinstance(content, bytes) else json.dumps(content).encode()
                )
                line += [option, str(path)]
        with redirect_stdout(out), redirect_stderr(err):
            code = _main(line)
    out.flush()
    assert isinstance(out.buffer, io.BytesIO)
    found = Run(code, out.buffer.getvalue(), err.getvalue())
    check(found, is_singer="--discover" not in arguments)
    return found


def _main(line: list[str]) -> int:
    try:
        TapContinuCoursebase.cli.main(args=line, prog_name="tap-continu-coursebase")
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    return 0


def check(run: Run, *, is_singer: bool = True) -> None:
    """What any run promises: a clean end, no secret, and whole Singer lines that conform."""
    assert run.code in {0, 1}, run.code
    assert "Traceback" not in run.stderr, run.stderr
    assert "please report it" not in run.stderr, run.last_line
    for secret in (CONTINU_TOKEN, COURSEBASE_TOKEN):
        assert secret not in run.stderr
        assert secret.encode() not in run.stdout
    assert run.stdout[-1:] in {b"", b"\n"}
    if run.code:
        assert run.stderr.strip(), "it failed and said nothing"
    if is_singer:
        _check_messages(run.messages)


def _check_messages(messages: list[dict[str, Any]]) -> None:
    validators: dict[str, Draft202012Validator] = {}
    keys: dict[str, list[str]] = {}
    for message in messages:
        match message["type"]:
            case "SCHEMA":
                Draft202012Validator.check_schema(message["schema"])
                validators[message["stream"]] = Draft202012Validator(message["schema"])
                keys[message["stream"]] = message["key_properties"]
            case "RECORD":
                validators[message["stream"]].validate(message["record"])
                for key in keys[message["stream"]]:
                    assert message["record"][key] is not None
                _check_text(message["record"])
                _check_instants(message["record"], validators[message["stream"]].schema)
            case "ACTIVATE_VERSION":
                assert message["stream"] in validators
            case "STATE":
                assert isinstance(message["value"], dict)
            case kind:
                raise AssertionError(f"unknown message {kind}")


def _check_text(value: Any) -> None:
    """No warehouse stores NUL, nor a lone surrogate."""
    match value:
        case str():
            assert "\0" not in value
            value.encode()
        case dict():
            for key, item in value.items():
                _check_text(key)
                _check_text(item)
        case list():
            for item in value:
                _check_text(item)


def _check_instants(record: dict[str, Any], schema: Any) -> None:
    for name, value in record.items():
        if schema["properties"].get(name, {}).get("format") == "date-time" and value is not None:
            assert value.endswith("Z"), value
            datetime.fromisoformat(value)


@contextmanager
def _as_it_was() -> Iterator[None]:
    """Put back what a command changes in its process."""
    hook = sys.excepthook
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    root = logging.getLogger()
    level, logs = root.level, root.handlers[:]
    with warnings.catch_warnings():
        try:
            yield
        finally:
            sys.excepthook = hook
            logging.captureWarnings(capture=False)
            root.setLevel(level)
            root.handlers[:] = logs
            for number, handler in handlers.items():
                signal.signal(number, handler)


@contextmanager
def _no_hang() -> Iterator[None]:
    def over(number: int, frame: FrameType | None) -> NoReturn:
        raise AssertionError("the tap hangs")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
