from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from harness.warehouse import Warehouse
from tap_continu_coursebase.page.command import main
from tests.page.document import Document, read
from tests.page.models import ROWS, make


@pytest.fixture
def empty(postgresql: Warehouse) -> Iterator[Warehouse]:
    """A database without a schema of models."""
    with postgresql.database(f"page_{uuid4().hex}") as warehouse:
        yield warehouse


@pytest.fixture(scope="session")
def database(postgresql: Warehouse) -> Iterator[Warehouse]:
    """A database with all models, which no test changes."""
    with postgresql.database(f"page_{uuid4().hex}") as warehouse:
        make(warehouse.dsn, ROWS)
        yield warehouse


@pytest.fixture(scope="session")
def page(database: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "learning.html"
    assert main(["--dsn", database.dsn, "--output", str(path)]) == 0
    return path


@pytest.fixture(scope="session")
def document(page: Path) -> Document:
    return read(page.read_text("utf-8"))
