"""Load what a tap has written, with a loader in its own environment."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from harness.loaders.environments import LoaderError, environment
from harness.loaders.matrix import Loader
from harness.pipeline import ROOT


@dataclass(frozen=True)
class Address:
    """Where a loader of a PostgreSQL loads to, as a whole and in parts.

    Attributes:
        dsn: For psycopg.
        sqlalchemy_url: For SQLAlchemy.
        host: A name, or the folder of a socket.
        user: Who loads.
        database: Its name.
        schema: Into which it loads; other databases than PostgreSQL have one of this name too.
    """

    dsn: str
    sqlalchemy_url: str
    host: str
    user: str
    database: str
    schema: str

    @staticmethod
    def of(dsn: str, schema: str) -> Address:
        """Take a PostgreSQL's address apart."""
        parts = urlsplit(dsn)
        host = parse_qs(parts.query).get("host", [parts.hostname or "localhost"])[0]
        return Address(
            dsn,
            dsn.replace("postgresql://", "postgresql+psycopg://"),
            host,
            parts.username or "postgres",
            parts.path.removeprefix("/"),
            schema,
        )


def load(loader: Loader, messages: Path, folder: Path, address: Address) -> None:
    """Load a file of messages.

    Args:
        loader: With which.
        messages: What the tap wrote.
        folder: Empty before the first run: for its configuration and for files that it writes.
        address: Of the PostgreSQL that it loads to, if it does.

    Raises:
        LoaderError: If it failed.
    """
    config = folder / "config.json"
    places = {**asdict(address), "folder": str(folder)}
    config.write_text(json.dumps(_filled(loader.settings, places)), "utf-8")
    programs = environment(loader.name)
    program, *arguments = shlex.split(loader.program)
    with messages.open("rb") as given:
        ended = subprocess.run(
            [programs / program, *arguments, "--config", config],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=given,
            check=False,
            capture_output=True,
        )
    if ended.returncode:
        printed = ended.stderr.decode("utf-8", "replace")
        raise LoaderError(f"{loader.name} ended with {ended.returncode}: {printed[-3000:]}")


def _filled(settings: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    filled = dict(settings)
    for name, value in settings.items():
        for place, what in places.items():
            if isinstance(value, str):
                filled[name] = filled[name].replace(f"{{{place}}}", what)
    return filled
