"""The rows of the report that everything reads: the sandbox's, as many as wanted.

A body is made of blocks of rows of as many users; from block to block only ids and
instants change, so that ten million rows can be made as fast as they are compressed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from sandbox.continu.catalogue import Catalogue
from sandbox.continu.people import People
from sandbox.instants import DAY, iso, parse_instant

FROM, UNTIL = "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z"
FORMS = ("declared", "drifted")
COLUMNS = (
    "address",
    "created_at",
    "departments",
    "email",
    "first_login",
    "first_name",
    "grade",
    "groups",
    "hired_on",
    "image",
    "is_manager",
    "job_title",
    "language",
    "last_login",
    "last_name",
    "locations",
    "manager_email",
    "org_level",
    "role",
    "suspended",
    "teams",
    "userid",
    "completion_id",
    "completed_on",
    "content",
)
"""What is asked for; the names are those of schemas/continu/content_completion.json."""

DATES = frozenset({"created_at", "first_login", "hired_on", "last_login", "completed_on"})
LISTS = frozenset({"departments", "groups", "locations", "teams"})
FLAGS = frozenset({"is_manager", "suspended"})
OBJECTS = frozenset({"content"})
KEY = "completion_id"

_SEED = 7
_BLOCK = 4096
_SPAN = 31 * DAY
_STEP = 7919
_LEVEL = 6
_PLACES = {"created_at": "@CREATED@", "completed_on": "@COMPLETED@", KEY: "@ID@"}


def row(index: int, form: str = "declared") -> dict[str, Any]:
    """Return one row as it is sent."""
    template = _templates(form)[index % _BLOCK]
    decoded: dict[str, Any] = json.loads(template % _values(index))
    return decoded


def pieces(rows: int, form: str = "declared") -> Iterator[bytes]:
    """Return the body with so many rows, piece by piece, written as the sandbox writes it.

    Args:
        rows: How many.
        form: ``declared``: every field is in the schema under its own name. ``drifted``: as
            the sandbox answers by default: one field in camelCase, three undeclared ones.
    """
    templates = _templates(form)
    whole = b",\n".join(templates)
    yield b"["
    for start in range(0, rows, _BLOCK):
        size = min(_BLOCK, rows - start)
        template = whole if size == _BLOCK else b",\n".join(templates[:size])
        values = [value for index in range(start, start + size) for value in _values(index)]
        yield (b",\n" if start else b"") + template % tuple(values)
    yield b"]"


def body_file(folder: Path, rows: int, form: str = "declared") -> Path:
    """Return the file that holds a gzipped body, once ``compressed`` has made it."""
    return folder / f"{form}-{rows}.json.gz"


def compressed(folder: Path, rows: int, form: str = "declared") -> Path:
    """Make the file that holds a gzipped body, if it is not there yet."""
    path, size_file = body_file(folder, rows, form), _size_file(folder, rows, form)
    if path.exists() and size_file.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    packer = zlib.compressobj(_LEVEL, wbits=31)
    size = 0
    with path.open("wb") as file:
        for piece in pieces(rows, form):
            size += len(piece)
            file.write(packer.compress(piece))
        file.write(packer.flush())
    size_file.write_text(str(size), "utf-8")
    return path


def body_size(folder: Path, rows: int, form: str = "declared") -> int:
    """Return the bytes of a body that ``compressed`` has made, before compression."""
    return int(_size_file(folder, rows, form).read_text("utf-8"))


def _size_file(folder: Path, rows: int, form: str) -> Path:
    """Return where a body's size is kept; named after what the body was made of."""
    digest = sha256(b"".join(_templates(form))).hexdigest()[:8]
    return folder / f"{form}-{rows}.{digest}"


def _values(index: int) -> tuple[bytes, bytes, bytes]:
    """Return what differs from block to block: created_at, id, completed_on, in this order."""
    instant = parse_instant(FROM) + index * _STEP % _SPAN
    moment = iso(instant).encode()
    return moment, b"%08x7e5c0f8e92%06x" % (instant, index), moment


@cache
def _templates(form: str) -> tuple[bytes, ...]:
    people = People(_SEED, parse_instant("2021-01-01T00:00:00Z"), _BLOCK)
    catalogue = Catalogue(_SEED, people)
    made = []
    for number in range(_BLOCK):
        values = people.user(number).columns | {
            "content": catalogue.item("content", number % catalogue.size).as_object()
        }
        fields: dict[str, Any] = {name: _PLACES.get(name, values.get(name)) for name in COLUMNS}
        if form == "drifted":
            fields = {
                "createdAt" if name == "created_at" else name: value
                for name, value in fields.items()
            } | {"revision": 1, "lastActivityAt": FROM, "sourceSystem": "lms"}
        text = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).replace("%", "%%")
        for place in _PLACES.values():
            text = text.replace(place, "%b")
        made.append(text.encode())
    return tuple(made)
