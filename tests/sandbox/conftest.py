from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from sandbox.instants import parse_instant
from sandbox.options import Options
from sandbox.server import Sandbox, running
from tests.sandbox.calls import Client

NOW = parse_instant("2021-07-10T12:00:00Z")


@pytest.fixture(scope="module")
def options() -> Options:
    return Options(users=60, seed=11, now=NOW, requests_per_minute=10**6, requests_per_day=10**6)


@pytest.fixture(scope="module")
def server(options: Options) -> Iterator[Sandbox]:
    with running(options) as sandbox:
        yield sandbox


@pytest.fixture
def client(server: Sandbox) -> Iterator[Client]:
    with requests.Session() as session:
        yield Client(server, session)


@pytest.fixture
def fresh(options: Options) -> Iterator[Client]:
    """A client of a sandbox of its own, for tests that change something."""
    with running(options) as sandbox, requests.Session() as session:
        yield Client(sandbox, session)
