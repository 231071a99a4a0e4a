"""The Coursebase streams: declarations put together with the snapshot behaviour."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from hashlib import blake2b
from typing import Any

from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.coursebase import listing
from tap_continu_coursebase.coursebase.auth import ClientCredentials, StaticToken, Tokens
from tap_continu_coursebase.coursebase.client import CoursebaseClient, RpcError
from tap_continu_coursebase.coursebase.exported import ExportStream
from tap_continu_coursebase.coursebase.jobs import Exports, Selector
from tap_continu_coursebase.coursebase.listing import Details, SharedList
from tap_continu_coursebase.coursebase.resources import (
    RESOURCES,
    USER_SEARCH,
    Resource,
)
from tap_continu_coursebase.decode.schema import RowSchema, load
from tap_continu_coursebase.singer.glance import Glance
from tap_continu_coursebase.singer.sdk import SdkTap
from tap_continu_coursebase.singer.steps import Step, TableComplete
from tap_continu_coursebase.singer.stream import SourceStream

SOURCE = "coursebase"


class ListStream(SourceStream):
    """The rows of a list, or those of each item of one.

    Args:
        tap: The tap.
        resource: What is listed.
        declared: Its schema, key and columns.
        found: The rows, read anew each time.
    """

    def __init__(
        self, tap: SdkTap, resource: Resource, declared: RowSchema, found: SharedList | Details
    ) -> None:
        self.selected_by_default = resource.selected
        super().__init__(tap, f"{SOURCE}_{resource.name}", declared)
        self._resource = resource
        self._found = found

    def close(self) -> None:
        """Remove the list that was kept for other streams."""
        self._found.close()

    def glance(self) -> Glance:
        """Read the first page, of the first parents that have rows if there are parents."""
        return Glance(rows=self._found.few(), shape="envelope with the rows in data")

    def is_off(self, error: TapError) -> bool:
        """Tell whether the organisation lacks the feature."""
        code = self._resource.feature_code
        return code is not None and isinstance(error, RpcError) and error.code == code

    def steps(self) -> Generator[Step, None, None]:
        """Yield each row once, though pages that shift may repeat one."""
        seen: set[bytes] = set()
        try:
            for raw in self._found:
                record = self.fit(raw)
                identity = _digest([record[key] for key in self.primary_keys])
                if identity not in seen:
                    seen.add(identity)
                    yield record
        except RpcError as error:
            if not self.is_off(error):
                raise
            self.logger.warning("%s; the stream stays empty", error)
        else:
            yield TableComplete()


def _digest(values: list[Any]) -> bytes:
    """Return a short stand-in for a key, which two different keys will not share."""
    return blake2b(repr(values).encode(), digest_size=16).digest()


def discover(tap: SdkTap) -> Iterator[SourceStream]:
    """Build every Coursebase stream."""
    config = tap.config
    client = CoursebaseClient(
        url=config.get("coursebase_url", ""),
        tokens=_tokens(config, tap.run.tries),
        timeout=tap.run.patience(config["request_timeout_seconds"]),
        tries=tap.run.tries,
        watch=tap.run.watches.get(SOURCE),
    )
    lists = {
        resource.name: SharedList(lambda one=resource: listing.rows(client, one, {}))  # type: ignore[misc]
        for resource in RESOURCES
        if resource.parent is None
    }
    in_flight = config["coursebase_max_in_flight"]
    for resource in RESOURCES:
        found: SharedList | Details
        if resource.parent is None:
            found = lists[resource.name]
        else:
            found = Details(
                client,
                resource,
                resource.parent,
                lists[resource.parent.name],
                shape=_load(config, resource.parent.name).shape(),
                in_flight=in_flight,
            )
        yield ListStream(tap, resource, _load(config, resource.name), found)
    if terms := config.get("coursebase_user_search"):
        found = SharedList(lambda: listing.rows(client, USER_SEARCH, {"login_id": ",".join(terms)}))
        yield ListStream(tap, USER_SEARCH, _load(config, USER_SEARCH.name), found)
    yield from _reports(tap, client)


def _reports(tap: SdkTap, client: CoursebaseClient) -> Iterator[SourceStream]:
    config = tap.config
    streams: list[ExportStream] = []
    exports = Exports(
        client,
        together=lambda: [stream.selector for stream in streams if stream.selected],
        language=config["coursebase_language"],
        time_zone=config["coursebase_time_zone"],
        timeout=tap.run.patience(config["coursebase_export_timeout_minutes"] * 60),
        request_timeout=tap.run.patience(config["request_timeout_seconds"]),
        takes_earlier=tap.run.only_looks,
    )
    wanted = [
        ("report", Selector("report_type", kind)) for kind in config["coursebase_report_types"]
    ]
    wanted += [
        ("saved_report", Selector("report_id", identity))
        for identity in config["coursebase_report_ids"]
    ]
    for schema, selector in wanted:
        name = f"{SOURCE}_{schema}_{selector.value}"
        streams.append(ExportStream(tap, name, load(SOURCE, schema), selector, exports))
    yield from streams


def _load(config: Mapping[str, Any], name: str) -> RowSchema:
    return load(SOURCE, name, additional_fields=config["additional_fields"])


def _tokens(config: Mapping[str, Any], tries: int) -> Tokens:
    if (url := config.get("coursebase_token_url")) is None:
        return StaticToken(config.get("coursebase_access_token", ""))
    return ClientCredentials(
        url=url,
        client_id=config["coursebase_client_id"],
        client_secret=config["coursebase_client_secret"],
        timeout=config["request_timeout_seconds"],
        tries=tries,
    )
