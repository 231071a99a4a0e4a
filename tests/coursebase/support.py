"""A Coursebase sandbox, the tap in this process, and what the sandbox says is true."""

from __future__ import annotations

import copy
import csv
import io
import threading
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from sandbox.coursebase.journal import CoursebaseRequest
from sandbox.server import Sandbox
from tests.singer.support import Output, run, tap
from tests.transport.scripted_server import ScriptedServer

Row = dict[str, Any]
TOKEN = "coursebase-token"
NOON = 1_800_000_000.0
TIMEOUT = 10


class Clock:
    """One simulated time for the sandbox and the tap, which only waiting moves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self._now = NOON
            self.waits: list[float] = []
            self.retries: list[float] = []

    def now(self) -> float:
        with self._lock:
            return self._now

    def advance(self, seconds: float) -> None:
        with self._lock:
            self._now += seconds

    def sleep(self, seconds: float) -> None:
        """Wait for an export."""
        with self._lock:
            self.waits.append(seconds)
            self._now += seconds

    def wait_to_retry(self, seconds: float) -> None:
        """Wait between two tries of a request."""
        with self._lock:
            self.retries.append(seconds)
            self._now += seconds


@dataclass
class Coursebase:
    """A sandbox and the configuration that reads it."""

    sandbox: Sandbox
    clock: Clock
    settings: dict[str, Any] = field(default_factory=dict)

    def config(self, **settings: Any) -> dict[str, Any]:
        given = {
            "coursebase_url": self.sandbox.coursebase_url,
            "coursebase_access_token": TOKEN,
            **self.settings,
            **settings,
        }
        return {name: value for name, value in given.items() if value is not None}

    def sync(
        self,
        *streams: str,
        state: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> Output:
        """Run the tap over some streams (names without their source); none means all."""
        config = self.config(**settings)
        catalog = copy.deepcopy(tap(config).catalog_dict)
        wanted = {f"coursebase_{name}" for name in streams}
        known = {entry["tap_stream_id"] for entry in catalog["streams"]}
        assert wanted <= known, wanted - known
        for entry in catalog["streams"]:
            for item in entry["metadata"]:
                if not item["breadcrumb"]:
                    item["metadata"]["selected"] = (
                        entry["tap_stream_id"] in wanted if wanted else True
                    )
        return run(config, catalog=catalog, state=state)

    def plan(self, kind: str, match: str = "*", **details: Any) -> None:
        self.sandbox.coursebase.faults.add([{"kind": kind, "match": match, **details}])

    def realities(self, *names: str) -> None:
        """Let it answer in some undocumented ways from now on."""
        self.sandbox.coursebase.realities.choose(names)

    def faults_left(self) -> int:
        return len(self.sandbox.coursebase.faults.remaining())

    def admin(self, path: str, body: Any = None, method: str = "POST") -> Any:
        response = requests.request(
            method, f"{self.sandbox.url}/_admin/coursebase/{path}", json=body, timeout=TIMEOUT
        )
        assert response.status_code == 200, response.text
        return response.json()

    def truth(self, stream: str, **params: str) -> Any:
        response = requests.get(
            f"{self.sandbox.url}/_admin/coursebase/truth/{stream}", params=params, timeout=TIMEOUT
        )
        assert response.status_code == 200, response.text
        return response.json()

    def write(self, method: str, **arguments: Any) -> Any:
        """Call a writing method as somebody else does."""
        token = self.sandbox.coursebase.tokens.static
        response = requests.post(
            f"{self.sandbox.coursebase_url}/api/{method}",
            json=arguments,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT,
        )
        answer = response.json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def requests(self, rpc: str | None = None) -> list[CoursebaseRequest]:
        """The requests so far; those of one method if it is named."""
        found = self.sandbox.coursebase.requests
        return [request for request in found if rpc in {None, request.rpc}]

    def storage(self) -> list[CoursebaseRequest]:
        return [request for request in self.requests() if request.host == "storage"]

    def user_ids(self) -> list[str]:
        return [row["user_id"] for row in self.truth("users")]


def sync_of(server: ScriptedServer, *streams: str, **settings: Any) -> Output:
    """Run the tap against a scripted server."""
    source = Coursebase.__new__(Coursebase)
    source.settings = {}
    source.config = lambda **given: {  # type: ignore[method-assign]
        "coursebase_url": server.url,
        "coursebase_access_token": "token",
        "coursebase_max_in_flight": 1,
        **given,
    }
    return source.sync(*streams, **settings)


def versions(output: Output, stream: str) -> set[Any]:
    return {message.get("version") for message in output.of("RECORD", f"coursebase_{stream}")}


def records(output: Output, stream: str) -> list[Row]:
    return output.records(f"coursebase_{stream}")


def activated(output: Output, stream: str) -> bool:
    return bool(output.of("ACTIVATE_VERSION", f"coursebase_{stream}"))


def table_of(header: Iterable[str], rows: Iterable[Iterable[str]], **dialect: Any) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, **dialect)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def zipped(**members: bytes) -> io.BytesIO:
    """A ZIP of members, each named by its keyword with .csv behind it."""
    return zip_of({f"{name}.csv": content for name, content in members.items()})


def zip_of(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", compression) as archive:
        for path, content in members.items():
            archive.writestr(path, content)
    held.seek(0)
    return held
