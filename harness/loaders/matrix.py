"""What is declared of each loader in ``matrix.toml``, and the document that says it.

``make loaders`` loads with each and fails where something else is found than is declared, so that
``docs/loaders.md``, which is written from the same file, cannot go stale.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DECLARED = Path(__file__).with_name("matrix.toml")

KINDS = ("text", "instant", "integer", "number", "boolean", "object", "list", "mixed", "null")
"""Kinds of values that the tap writes; mixed is what may be an object, a list or text."""


@dataclass(frozen=True)
class Loader:
    """One loader, as it is installed and set, and what it then does.

    Attributes:
        name: What it is called here, unique.
        package: On PyPI.
        version: That was tried.
        program: What it is started as, in its environment.
        reader: Where its rows are read back from: a name in ``readers.READERS``.
        settings: Its own; ``{folder}`` and the parts of a database's address are filled in.
        tap: Settings of the tap that it needs.
        rows: ``all``, or which are lost.
        updates: ``replaced``, or ``appended`` where each version of a row stays.
        deletes: Of rows that a full table no longer has: ``marked``, ``removed`` or ``kept``.
        values: By kind of value, what it becomes.
        place: What it was loaded into, where that is not what its name says.
        notes: What else to know.
    """

    name: str
    package: str
    version: str
    program: str
    reader: str
    rows: str
    updates: str
    deletes: str
    values: Mapping[str, str]
    settings: Mapping[str, Any] = field(default_factory=dict)
    tap: Mapping[str, Any] = field(default_factory=dict)
    place: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """One loader that does not install, does not run, or loses rows.

    Attributes:
        name: What it is called here; its own pins stand under that name.
        package: On PyPI.
        version: That was tried, and with what.
        happened: What exactly happened.
        error: What is found in the error, or in what is said of the lost rows: a pattern.
        program: What it is started as, if it can be installed.
        reader: As of a loader, if it loads at all.
        settings: Its own.
    """

    name: str
    package: str
    version: str
    happened: str
    error: str
    program: str = ""
    reader: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    def loader(self) -> Loader:
        """Return it as a loader of which nothing is known to hold."""
        return Loader(
            name=self.name,
            package=self.package,
            version=self.version,
            program=self.program,
            reader=self.reader,
            rows="",
            updates="",
            deletes="",
            values={},
            settings=self.settings,
        )


def loaders() -> dict[str, Loader]:
    """Read what is declared of the loaders, by name."""
    return {
        name: Loader(name=name, **{**values, "notes": tuple(values.get("notes", ()))})
        for name, values in _declared()["loaders"].items()
    }


def refusals() -> dict[str, Refusal]:
    """Read which loaders are known not to keep all rows, by name."""
    return {name: Refusal(name=name, **values) for name, values in _declared()["refused"].items()}


def document() -> dict[str, str]:
    """Return what stands between the markers of ``docs/loaders.md``, by the markers' name."""
    declared = [*loaders().values()]
    return {
        "rows": _table(
            ("loader", "tried", "rows", "a changed row is", "a vanished row is"),
            [
                (f"`{one.name}`", _tried(one), one.rows, one.updates, one.deletes)
                for one in declared
            ],
        ),
        "values": _table(
            ("loader", *KINDS),
            [(f"`{one.name}`", *(one.values[kind] for kind in KINDS)) for one in declared],
        ),
        "settings": "".join(map(_section, declared)),
        "refused": _table(
            ("package", "what happened"),
            [(f"{one.package} {one.version}", one.happened) for one in refusals().values()],
        ),
    }


def _declared() -> dict[str, Any]:
    return tomllib.loads(DECLARED.read_text("utf-8"))


def _tried(loader: Loader) -> str:
    return " ".join(filter(None, (loader.package, loader.version, loader.place)))


def _table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [header, tuple("---" for _ in header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _section(loader: Loader) -> str:
    parts = [f"### {loader.name}\n"]
    for whose, settings in (("Its settings", loader.settings), ("Of the tap", loader.tap)):
        if settings:
            parts.append(f"{whose}:\n\n```json\n{json.dumps(settings, indent=2)}\n```\n")
    if loader.notes:
        parts.append("".join(f"- {note}\n" for note in loader.notes))
    return "\n".join(parts) + "\n"
