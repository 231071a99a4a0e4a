from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from sandbox.options import Options
from sandbox.server import Sandbox, running
from tests.sandbox.coursebase.client import NOON, Client, Clock


@pytest.fixture(scope="session")
def coursebase_clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def coursebase(coursebase_clock: Clock) -> Iterator[Sandbox]:
    options = Options(
        users=60,
        seed=5,
        groups=8,
        courses=14,
        page_size=20,
        export_seconds=60,
        features=frozenset({"approvers", "udemy"}),
        coursebase_clock=coursebase_clock,
    )
    with running(options) as sandbox:
        yield sandbox


@pytest.fixture
def api(coursebase: Sandbox, coursebase_clock: Clock) -> Iterator[Client]:
    """A client of an organisation that is as at the start."""
    coursebase_clock.now = NOON
    coursebase.coursebase.reset()
    with requests.Session() as session:
        yield Client(coursebase, session, coursebase_clock)
