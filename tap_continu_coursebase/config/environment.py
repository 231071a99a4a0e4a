"""Check the environment variables that hold settings; the SDK reads them."""

from __future__ import annotations

import difflib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

PREFIX = "TAP_CONTINU_COURSEBASE_"
_SOURCES = re.compile("CONTINU|COURSEBASE")
_NOT_SETTINGS = (f"{PREFIX}_", f"{PREFIX}LOGLEVEL")
_READERS: Mapping[str, Callable[[str], Any]] = {
    "integer": int,
    "array": json.loads,
    "object": json.loads,
}


def unknown(schema: Mapping[str, Any]) -> Iterator[str]:
    """Name the variables that look like settings and are none."""
    known = [_variable(name) for name in schema["properties"]]
    names = sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX) and not name.startswith(_NOT_SETTINGS) and name not in known
    )
    if names:
        hints = [
            name + "".join(f" (did you mean {near}?)" for near in _near(name, known))
            for name in names
        ]
        yield f"unknown setting in the environment: {', '.join(hints)}"


def unreadable(schema: Mapping[str, Any]) -> Iterator[str]:
    """Name the variables whose value is not of the setting's type."""
    for name, setting in schema["properties"].items():
        kind, variable = setting["type"][0], _variable(name)
        if kind in _READERS and variable in os.environ:
            try:
                _READERS[kind](os.environ[variable])
            except (ValueError, RecursionError):
                yield f"{variable}: is not of type {kind}"


def unread(missing: Iterable[str], *, reads: bool) -> Iterator[str]:
    """Name the variables that look like missing settings and are not read.

    Args:
        missing: Those settings.
        reads: Whether the environment is read at all.
    """
    for setting in missing:
        right = _variable(setting)
        if not reads and os.environ.get(right):
            yield f"{right} is set and not read: right would be --config=ENV"
        for name in sorted(os.environ):
            looks_right = name.endswith(setting.upper()) and _SOURCES.search(name)
            if name != right and looks_right and os.environ[name]:
                yield f"{name} is set and not read: right would be {right}"


def _variable(setting: str) -> str:
    return f"{PREFIX}{setting.upper()}"


def _near(name: str, known: Sequence[str]) -> list[str]:
    return difflib.get_close_matches(name, known, n=1)
