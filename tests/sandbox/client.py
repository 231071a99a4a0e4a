from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from sandbox.continu.reports import REPORTS
from sandbox.instants import parse_instant
from sandbox.server import Sandbox

Row = dict[str, Any]
TIMEOUT = 10
START = parse_instant("2021-01-01")
NOW = parse_instant("2021-05-20T12:00:00Z")
APRIL = (parse_instant("2021-04-01"), parse_instant("2021-05-01"))
WHOLE = (START, NOW + 1)


@dataclass
class Client:
    server: Sandbox
    session: requests.Session

    def raw(
        self, report: str, window: tuple[int, int] | None, body: Any, **options: Any
    ) -> requests.Response:
        dates = "" if window is None else f"/{window[0]}/{window[1]}"
        url = f"{self.server.continu_api_url}/reports/{REPORTS[report].path}{dates}"
        options.setdefault("headers", {"Authorization": self.server.token})
        options.setdefault("timeout", TIMEOUT)
        return self.session.post(url, json=body, **options)

    def rows(self, report: str, window: tuple[int, int] | None = None, **body: Any) -> list[Row]:
        response = self.raw(report, window, body)
        assert response.status_code == 200, response.text
        rows: list[Row] = response.json()
        return rows

    def truth(self, report: str, window: tuple[int, int] | None = None, **params: Any) -> list[Row]:
        if window is not None:
            params |= {"from": window[0], "until": window[1]}
        url = f"{self.server.url}/_admin/truth/continu/{report}"
        response = self.session.get(url, params=params, timeout=TIMEOUT)
        assert response.status_code == 200, response.text
        rows: list[Row] = response.json()
        return rows

    def admin(self, path: str, body: Any, method: str = "POST") -> Any:
        url = f"{self.server.url}/_admin/{path}"
        response = self.session.request(method, url, json=body, timeout=TIMEOUT)
        assert response.status_code == 200, response.text
        return response.json()


def window_of(report: str) -> tuple[int, int] | None:
    return APRIL if REPORTS[report].ranged else None


def all_flags(report: str) -> dict[str, bool]:
    return dict.fromkeys(REPORTS[report].flags, True)


def undisguised(report: str, row: Row) -> Row:
    """Turn a row of the wire into the shape of the truth."""
    declared = REPORTS[report]
    names = {key: name for name, key in declared.aliases.items()}
    plain = {names.get(key, key): value for key, value in row.items()}
    extras = {key: plain.pop(key) for key in declared.undeclared}
    return {**plain, "undeclared": extras}
