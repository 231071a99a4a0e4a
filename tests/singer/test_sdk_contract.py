"""What this tap relies on in the Singer SDK beyond its documented interface.

Each test fails with a sentence that says what an upgrade has changed and what would go wrong.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from singer_sdk import Stream, Tap
from singer_sdk.singerlib.json import deserialize_json

import tap_continu_coursebase
from tests.singer.support import Source, tap

FACTS = "continu_content_completion"
PACKAGE = Path(tap_continu_coursebase.__file__).parent
KEEPER = "sdk.py"
"""The one module that may name what the SDK keeps private."""

CALLED: dict[Callable[..., Any], str] = {
    Stream._sync_records: "the SDK's own loop would run, and take bookmarks from records",
    Stream._write_schema_message: "SCHEMA would come before an export's columns are known",
    Stream.get_replication_key_signpost: "a signpost would be put into the state",
}
"""What ``Stream.sync`` must call, and what happens if it does not."""


@pytest.mark.parametrize("method", CALLED, ids=lambda method: method.__name__)
def test_a_stream_is_synced_by_what_is_overridden(method: Callable[..., Any]) -> None:
    assert f"self.{method.__name__}(" in inspect.getsource(Stream.sync), (
        f"Stream.sync no longer calls {method.__name__}: {CALLED[method]}"
    )


def test_the_loop_is_called_as_it_is_declared() -> None:
    parameters = inspect.signature(Stream._sync_records).parameters
    assert [*parameters] == ["self", "context", "write_messages"], (
        "Stream._sync_records takes other arguments: sdk.py must take the same"
    )


def test_versions_are_activated_early_only_if_a_property_says_so() -> None:
    assert "self.emit_activate_version_messages" in inspect.getsource(Stream.sync), (
        "Stream.sync no longer asks emit_activate_version_messages: ACTIVATE_VERSION might be "
        "sent before the first record, and a run that dies then deletes live rows"
    )


def test_messages_are_written_by_the_methods_that_are_used(
    source: Source, capsys: pytest.CaptureFixture[str]
) -> None:
    stream: Any = tap(source.config()).streams[FACTS]
    stream.write_schema()
    stream.write_record({"completion_id": "c"}, version=7)
    stream.write_version(7)
    stream.write_state()
    messages = [deserialize_json(line) for line in capsys.readouterr().out.splitlines()]
    assert [message["type"] for message in messages] == [
        "SCHEMA",
        "RECORD",
        "ACTIVATE_VERSION",
        "STATE",
    ], "The SDK's methods that write messages write others: see SdkStream.write_*"
    assert messages[1]["version"] == 7, "Stream._stream_version is no longer a record's version"


def test_a_schema_declared_late_is_the_one_that_is_written(
    source: Source, capsys: pytest.CaptureFixture[str]
) -> None:
    stream: Any = tap(source.config()).streams[FACTS]
    schema = {"properties": {"completion_id": {"type": "string"}, "late": {"type": "string"}}}
    stream.declare(schema)
    stream.write_schema()
    stream.write_record({"completion_id": "c", "late": "x"}, version=None)
    declared, record = map(deserialize_json, capsys.readouterr().out.splitlines())
    assert "late" in declared["schema"]["properties"], "SdkStream.declare no longer reaches SCHEMA"
    assert record["record"]["late"] == "x", "SdkStream.declare no longer reaches records"


def test_the_tap_checks_its_configuration_and_ends_by_its_own_rule() -> None:
    assert "self._validate_config(raise_errors=" in source_of(Tap), (
        "The SDK no longer calls _validate_config: defaults and checks would be the SDK's"
    )
    assert "signal.SIGTERM, self._handle_termination" in source_of(Tap), (
        "The SDK no longer handles signals by _handle_termination: STATE might come amid a window"
    )


def test_only_one_module_names_what_the_sdk_keeps_private() -> None:
    private = private_names(Stream) | private_names(Tap)
    private |= {name for name in vars(plain_stream()) if is_private(name)}
    found = [
        f"{path.name}:{line}: {name}"
        for path in PACKAGE.rglob("*.py")
        if path.name != KEEPER
        for name, line in private_uses(path)
        if name in private
    ]
    assert found == [], f"These stand outside {KEEPER}, where no test watches them"


def source_of(cls: type) -> str:
    return "".join(inspect.getsource(one) for one in cls.__mro__ if one.__module__ != "builtins")


def plain_stream() -> Stream:
    class Plain(Stream):
        def get_records(self, context: Any) -> Iterator[dict[str, Any]]:  # noqa: ARG002
            yield {}

    class PlainTap(Tap):
        name = "tap-plain"

        def discover_streams(self) -> list[Stream]:
            return [Plain(self, schema={"properties": {}}, name="plain")]

    return PlainTap().streams["plain"]


def private_names(cls: type) -> set[str]:
    return {name for name in dir(cls) if is_private(name)}


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith(("__", "_abc"))


def private_uses(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.Attribute(attr=name):
                yield name, node.lineno
            case ast.ClassDef(body=body):
                for item in body:
                    if isinstance(item, ast.FunctionDef):
                        yield item.name, item.lineno
            case ast.ImportFrom(module=str(module)) if module.startswith("singer_sdk."):
                for name in (*module.split("."), *(alias.name for alias in node.names)):
                    if is_private(name):
                        yield name, node.lineno
