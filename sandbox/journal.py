"""The log of every request received, for tests to look at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any, Generic, TypeVar

SECRET_HEADERS = frozenset({"authorization"})


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """One request as it came in, and the status it was answered with.

    Attributes:
        status: HTTP status; 0 when the connection was broken before a status line.
        body: The parsed JSON, or the text when it was no JSON, or None when empty.
        headers: Lower-case names; without the token.
        consumed: Requests counted in the minute, this one included; 0 when not counted.
    """

    method: str
    path: str
    body: Any
    headers: Mapping[str, str]
    status: int
    consumed: int = 0

    def as_json(self) -> dict[str, Any]:
        """Return the request as a JSON object."""
        return asdict(self)


Entry = TypeVar("Entry", bound=ReceivedRequest)


def readable(raw: bytes) -> Any:
    """Return the parsed JSON of a body, or its characters, or None when it is empty."""
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")


def without_secrets(headers: Mapping[str, str]) -> dict[str, str]:
    """Return the headers with lower-case names and the token left out."""
    return {
        name.lower(): value for name, value in headers.items() if name.lower() not in SECRET_HEADERS
    }


class Journal(Generic[Entry]):
    """Collects received requests in their order of being answered."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._lock = Lock()

    def add(self, entry: Entry) -> None:
        """Append one request."""
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[Entry]:
        """Return a copy of the log."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget everything so far."""
        with self._lock:
            self._entries.clear()
