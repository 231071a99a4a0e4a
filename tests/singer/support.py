"""Run the tap in this process against a sandbox, and look at what it wrote."""

from __future__ import annotations

import contextlib
import copy
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from sandbox.server import Sandbox
from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.tap import TapContinuCoursebase

START = "2025-12-20T00:00:00Z"
END = "2026-03-15T12:00:00Z"


class SimulatedTime:
    """A clock that only waiting moves."""

    def __init__(self) -> None:
        self._now = 1_000_000.0
        self.waits: list[float] = []

    def now(self) -> float:
        """Return monotonic seconds."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._now += seconds

    def wait_to_retry(self, seconds: float) -> None:
        """Wait between two tries, and keep for how long."""
        self.waits.append(seconds)
        self.sleep(seconds)


@dataclass
class Output:
    """What one run wrote.

    Attributes:
        messages: All Singer messages, in order.
        error: What the run ended with, if it failed.
    """

    messages: list[dict[str, Any]]
    error: TapError | None = None

    def of(self, kind: str, stream: str | None = None) -> list[dict[str, Any]]:
        """Return the messages of a kind."""
        return [
            message
            for message in self.messages
            if message["type"] == kind and stream in {None, message.get("stream")}
        ]

    def records(self, stream: str) -> list[dict[str, Any]]:
        """Return the records of a stream."""
        return [message["record"] for message in self.of("RECORD", stream)]

    @property
    def state(self) -> dict[str, Any]:
        """The last state."""
        state: dict[str, Any] = self.of("STATE")[-1]["value"]
        return state

    def bookmark(self, stream: str) -> str | None:
        """Return a stream's bookmark in the last state."""
        value: str | None = self.state["bookmarks"][stream].get("replication_key_value")
        return value


@dataclass
class Source:
    """A sandbox and the configuration that reads it."""

    sandbox: Sandbox
    settings: dict[str, Any] = field(default_factory=dict)

    def config(self, **settings: Any) -> dict[str, Any]:
        """Return a configuration for this sandbox."""
        return {
            "continu_api_url": self.sandbox.continu_api_url,
            "continu_api_token": self.sandbox.api.gate.token,
            "continu_requests_per_minute": 100_000,
            "continu_requests_per_day": 1_000_000,
            "start_date": START,
            "end_date": END,
            **self.settings,
            **settings,
        }

    def catalog(
        self,
        *streams: str,
        select: Iterable[str] = (),
        deselect: Iterable[str] = (),
        replication_method: str | None = None,
        **settings: Any,
    ) -> dict[str, Any]:
        """Return a catalog with only some streams selected.

        Args:
            *streams: The selected streams.
            select: Properties to select in them.
            deselect: Properties to deselect in them.
            replication_method: To force upon them.
            **settings: Settings of the tap that discovers.
        """
        catalog = copy.deepcopy(tap(self.config(**settings)).catalog_dict)
        for entry in catalog["streams"]:
            chosen = entry["tap_stream_id"] in streams
            for item in entry["metadata"]:
                if not item["breadcrumb"]:
                    item["metadata"]["selected"] = chosen
                elif item["breadcrumb"][1] in {*select, *deselect}:
                    item["metadata"]["selected"] = item["breadcrumb"][1] in select
            if chosen and replication_method:
                entry["replication_method"] = replication_method
        return catalog

    def sync(
        self,
        *streams: str,
        state: Mapping[str, Any] | None = None,
        catalog: dict[str, Any] | None = None,
        **settings: Any,
    ) -> Output:
        """Run the tap over some streams."""
        chosen = catalog or self.catalog(*streams, **settings)
        return run(self.config(**settings), catalog=chosen, state=state)

    def asked(self) -> list[tuple[str, Any]]:
        """Return the path below the API's URL and the body of each request with a good token."""
        return [
            (request.path.removeprefix("/api/v1/reports/"), request.body)
            for request in self.sandbox.requests
            if request.status != HTTPStatus.UNAUTHORIZED
        ]


def tap(
    config: dict[str, Any],
    catalog: dict[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
) -> TapContinuCoursebase:
    """Return a tap that is ready to sync."""
    return TapContinuCoursebase(
        config=dict(config), catalog=catalog, state=dict(copy.deepcopy(state or {}))
    )


def run(
    config: dict[str, Any],
    catalog: dict[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
) -> Output:
    """Sync and collect what is written to stdout."""
    written = io.StringIO()
    error: TapError | None = None
    with contextlib.redirect_stdout(written):
        try:
            tap(config, catalog, state).sync_all()
        except TapError as failure:
            error = failure
    return Output([json.loads(line) for line in written.getvalue().splitlines()], error)


def texts_of(value: Any) -> Iterator[str]:
    """Yield the texts of a record, but not its keys."""
    match value:
        case str():
            yield value
        case dict():
            yield from (text for item in value.values() for text in texts_of(item))
        case list():
            yield from (text for item in value for text in texts_of(item))
