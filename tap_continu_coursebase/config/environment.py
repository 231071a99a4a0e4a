"""Check the environment variables that hold settings; the SDK reads them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

PREFIX = "TAP_CONTINU_COURSEBASE_"
_NOT_SETTINGS = (f"{PREFIX}_", f"{PREFIX}LOGLEVEL")
_READERS: Mapping[str, Callable[[str], Any]] = {
    "integer": int,
    "array": json.loads,
    "object": json.loads,
}


def unknown(schema: Mapping[str, Any]) -> Iterator[str]:
    """Name the variables that look like settings and are none."""
    known = {_variable(name) for name in schema["properties"]}
    names = sorted(
        name
        for name in os.environ
        if name.startswith(PREFIX) and not name.startswith(_NOT_SETTINGS) and name not in known
    )
    if names:
        yield f"unknown setting in the environment: {', '.join(names)}"


def unreadable(schema: Mapping[str, Any]) -> Iterator[str]:
    """Name the variables whose value is not of the setting's type."""
    for name, setting in schema["properties"].items():
        kind, variable = setting["type"][0], _variable(name)
        if kind in _READERS and variable in os.environ:
            try:
                _READERS[kind](os.environ[variable])
            except (ValueError, RecursionError):
                yield f"{variable}: is not of type {kind}"


def _variable(setting: str) -> str:
    return f"{PREFIX}{setting.upper()}"
