"""The loader of meltano.yml reads and writes JSON as target-postgres does, or refuses it alike."""

from __future__ import annotations

import logging
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import simplejson
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from singer_sdk.io_base import SingerReader
from target_postgres.connector import PostgresConnector  # type: ignore[import-untyped]
from target_postgres_fast import FastConnector, FastReader, FastTarget

from tests.decode.json_values import values
from tests.odd_json import ODD

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
modest = settings(
    max_examples=200,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Keep lines that are refused out of the report: a test process can send no lone surrogates."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def test_meltano_starts_what_the_package_installs() -> None:
    plugins = yaml.safe_load((ROOT / "meltano.yml").read_text("utf-8"))["plugins"]
    package = tomllib.loads((ROOT / "loader" / "pyproject.toml").read_text("utf-8"))
    loaders = {loader["name"]: loader for loader in plugins["loaders"]}
    assert [loaders["target-postgres"]["executable"]] == list(package["project"]["scripts"])


def test_it_describes_itself_as_target_postgres_does() -> None:
    about = [
        subprocess.run(
            [BIN / name, "--about", "--format=json"], capture_output=True, check=True, text=True
        )
        for name in ("target-postgres", "target-postgres-fast")
    ]
    assert about[0].stdout == about[1].stdout


def test_the_collector_is_on_and_waits_longer() -> None:
    program = """
import gc, sys, target_postgres_fast as loader
print(loader.THRESHOLD, *gc.get_threshold()[1:])
sys.argv = ["target-postgres-fast", "--version"]
try:
    loader.main()
except SystemExit:
    print(*gc.get_threshold())
    print(gc.isenabled())
"""
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    )
    wanted, version, found, enabled = run.stdout.splitlines()
    assert version.startswith("target-postgres ")
    assert (found, enabled) == (wanted, "True")


def outcome(function: Callable[[Any], object], argument: object) -> str:
    """Return what a function makes of something, types and order included, or what it raises."""
    try:
        return repr(function(argument))
    except Exception as error:  # noqa: BLE001 - whatever it is, both must raise it
        return f"{type(error)} {error}"


def assert_read_alike(line: str) -> None:
    fast, plain = FastReader().deserialize_json, SingerReader().deserialize_json
    assert outcome(fast, line) == outcome(plain, line)


def assert_written_alike(value: object) -> None:
    connector = {"sqlalchemy_url": "postgresql+psycopg://nobody@localhost/nothing"}
    fast = FastConnector(connector).serialize_json
    assert outcome(fast, value) == outcome(PostgresConnector(connector).serialize_json, value)


@pytest.mark.parametrize("text", ODD)
def test_odd_json_is_read_alike(text: str) -> None:
    for line in (text, f'{{"type": "STATE", "value": {text}}}\n', "\ufeff" + text, text + text):
        assert_read_alike(line)


@modest
@given(st.text(st.sampled_from('{}[]",:\\u0d8 .eE+-19NaItrufls\n\t\x00\x7fé\udc80'), max_size=30))
def test_anything_is_read_alike(line: str) -> None:
    assert_read_alike(line)


@modest
@given(values(), st.data())
def test_json_with_a_piece_missing_is_read_alike(value: object, data: st.DataObject) -> None:
    line = simplejson.dumps(value, use_decimal=True, allow_nan=True)
    assert_read_alike(line)
    cut = data.draw(st.slices(len(line)))
    assert_read_alike(line[: cut.start] + line[cut.stop :])


@modest
@given(values())
def test_values_are_written_alike(value: object) -> None:
    assert_written_alike(value)


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 2, 28, tzinfo=UTC),
        date(2026, 2, 28),
        UUID(int=1),
        b"bytes",
        {"set"},
        {2: "a", None: "b", True: "c", 2.5: "d"},
        {Decimal("1.5"): "a"},
        (1, 2),
        -0.0,
        1e22,
    ],
)
def test_what_only_a_stream_map_can_make_is_written_alike(value: object) -> None:
    assert_written_alike(value)
    assert_written_alike({"a": [value]})


def test_state_is_handed_on_every_minute(capsys: pytest.CaptureFixture[str]) -> None:
    """The SDK's own target would wait for five."""
    target = FastTarget(config={"sqlalchemy_url": "postgresql+psycopg://localhost/none"})
    target._process_state_message({"type": "STATE", "value": {"bookmarks": {"a": {}}}})
    target._handle_max_record_age()
    assert capsys.readouterr().out == ""
    target._last_full_drain_at -= 61
    target._handle_max_record_age()
    assert capsys.readouterr().out == '{"bookmarks": {"a": {}}}\n'
