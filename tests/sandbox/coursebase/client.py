from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests

from sandbox.server import Sandbox

Row = dict[str, Any]
TIMEOUT = 10
NOON = 1_800_000_000.0


class Clock:
    """A clock that only tests move."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@dataclass
class Client:
    server: Sandbox
    session: requests.Session
    clock: Clock

    def post(self, method: str, body: Any, **options: Any) -> requests.Response:
        token = self.server.coursebase.tokens.static
        options.setdefault("headers", {"Authorization": f"Bearer {token}"})
        options.setdefault("timeout", TIMEOUT)
        url = f"{self.server.coursebase_url}/api/{method}"
        return self.session.post(url, json=body, **options)

    def data(self, method: str, **arguments: Any) -> Any:
        response = self.post(method, arguments)
        answer = response.json()
        assert (response.status_code, answer["status"]) == (200, "success"), answer
        assert set(answer) == {"status", "data"}
        return answer["data"]

    def error(self, method: str, body: Any, status: int = 200) -> str:
        response = self.post(method, body)
        answer = response.json()
        assert response.status_code == status
        assert set(answer) == {"status", "error"}
        assert answer["status"] == "error"
        return str(answer["error"])

    def pages(self, method: str, **arguments: Any) -> Iterator[Row]:
        page = self.data(method, **arguments)
        yield page
        while page.get("next") is not None:
            page = self.data(method, **arguments, next=page["next"])
            yield page

    def walk(self, method: str, key: str, **arguments: Any) -> list[Row]:
        return [row for page in self.pages(method, **arguments) for row in page[key]]

    def admin(self, path: str, body: Any = None, method: str = "POST", status: int = 200) -> Any:
        url = f"{self.server.url}/_admin/coursebase/{path}"
        response = self.session.request(method, url, json=body, timeout=TIMEOUT)
        assert response.status_code == status, response.text
        return response.json()

    def truth(self, stream: str, **params: str) -> Any:
        url = f"{self.server.url}/_admin/coursebase/truth/{stream}"
        response = self.session.get(url, params=params, timeout=TIMEOUT)
        assert response.status_code == 200, response.text
        return response.json()

    def plan(self, kind: str, match: str = "*", **details: Any) -> None:
        self.admin("faults", [{"kind": kind, "match": match, **details}])

    def faults_left(self) -> int:
        return len(self.admin("faults", method="GET"))

    def user_ids(self) -> list[str]:
        return list(self.server.coursebase.organisation.state.users)

    def group_ids(self) -> list[str]:
        return list(self.server.coursebase.organisation.state.groups)

    def start(self, language: str = "en", time_zone: str = "UTC", **selector: str) -> Row:
        started: Row = self.data(
            "report.export", language=language, time_zone=time_zone, **selector
        )
        return started

    def finish(self, language: str = "en", time_zone: str = "UTC", **selector: str) -> Row:
        """Start an export, let its time pass, and return its last status."""
        self.start(language, time_zone, **selector)
        self.clock.now += self.server.coursebase.settings.export_seconds
        finished: Row = self.data("report.export.status", **selector)
        return finished

    def fetch(self, url: str, **options: Any) -> requests.Response:
        return requests.get(url, timeout=options.pop("timeout", TIMEOUT), **options)


def members(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def table(content: bytes, encoding: str = "utf-8") -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode(encoding), newline="")))


def only_table(content: bytes, encoding: str = "utf-8") -> list[list[str]]:
    (inside,) = members(content).values()
    return table(inside, encoding)
