from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from sandbox.continu.changes import Changes
from sandbox.options import Options
from sandbox.server import Sandbox, running
from tests.sandbox.client import NOW, Client


@pytest.fixture(scope="session")
def options() -> Options:
    return Options(users=200, seed=11, now=NOW, requests_per_minute=10**6, requests_per_day=10**6)


@pytest.fixture(scope="session")
def server(options: Options) -> Iterator[Sandbox]:
    with running(options) as sandbox:
        yield sandbox


@pytest.fixture
def client(server: Sandbox) -> Iterator[Client]:
    with requests.Session() as session:
        yield Client(server, session)


@pytest.fixture
def fresh(client: Client) -> Iterator[Client]:
    """A client for tests that change something: all is as before when they end."""
    yield client
    server = client.server
    server.organisation.changes = Changes()
    server.clock.set(NOW)
    server.api.gate.renew(server.token)
    server.api.faults.clear()
