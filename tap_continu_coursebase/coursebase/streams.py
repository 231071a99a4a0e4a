"""The Coursebase streams: declarations put together with the snapshot behaviour."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from hashlib import blake2b
from itertools import chain, islice
from typing import TYPE_CHECKING, Any

from singer_sdk import Tap
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_continu_coursebase.core.concurrency import map_in_order
from tap_continu_coursebase.coursebase import listing
from tap_continu_coursebase.coursebase.auth import ClientCredentials, StaticToken, Tokens
from tap_continu_coursebase.coursebase.client import CoursebaseClient, RpcError
from tap_continu_coursebase.coursebase.exported import ExportStream
from tap_continu_coursebase.coursebase.jobs import Exports, Selector
from tap_continu_coursebase.coursebase.listing import Row, SharedList
from tap_continu_coursebase.coursebase.resources import (
    RESOURCES,
    USER_SEARCH,
    Parent,
    Resource,
)
from tap_continu_coursebase.decode.record import MissingKeyError
from tap_continu_coursebase.decode.schema import RowSchema, load
from tap_continu_coursebase.singer.steps import Step, TableComplete
from tap_continu_coursebase.singer.stream import SourceStream

if TYPE_CHECKING:
    from tap_continu_coursebase.core.run import Run

SOURCE = "coursebase"
_AHEAD = 200


class ListStream(SourceStream):
    """A list of the organisation, walked by its cursor.

    Args:
        tap: The tap.
        run: What its streams share.
        resource: What is listed.
        declared: Its schema, key and columns.
        found: Gives the rows.
    """

    forced_replication_method = REPLICATION_FULL_TABLE

    def __init__(
        self,
        tap: Tap,
        run: Run,
        resource: Resource,
        declared: RowSchema,
        found: SharedList,
    ) -> None:
        self.selected_by_default = resource.selected
        super().__init__(tap, run, f"{SOURCE}_{resource.name}", declared)
        self._resource = resource
        self._found = found

    def fetch(self) -> Iterator[Row]:
        """Yield the rows as they come."""
        return iter(self._found)

    def close(self) -> None:
        """Remove the list that was kept for other streams."""
        self._found.close()

    def steps(self) -> Generator[Step, None, None]:
        """Yield each row once, though pages that shift may repeat one."""
        seen: set[bytes] = set()
        try:
            for raw in self.fetch():
                record = self.fit(raw)
                identity = _digest([record[key] for key in self.primary_keys])
                if identity not in seen:
                    seen.add(identity)
                    yield record
        except RpcError as error:
            if error.code != self._resource.feature_code:
                raise
            self.logger.warning("%s; the stream stays empty", error)
        else:
            yield TableComplete()


class DetailStream(ListStream):
    """One call for each parent, several at once, in the parents' order."""

    def __init__(
        self,
        tap: Tap,
        run: Run,
        resource: Resource,
        declared: RowSchema,
        parents: SharedList,
        client: CoursebaseClient,
    ) -> None:
        super().__init__(tap, run, resource, declared, parents)
        self._client = client

    def fetch(self) -> Iterator[Row]:
        """Yield the rows of each parent; a parent that has vanished meanwhile has none."""
        vanished = 0
        answers = map_in_order(
            self._rows_of, self._found, in_flight=self.config["coursebase_max_in_flight"]
        )
        for _, rows in answers:
            try:
                yield from rows
            except RpcError as error:
                if error.code != self._parent.vanished:
                    raise
                vanished += 1
        if vanished:
            self.logger.warning("%d %s vanished while they were read", vanished, self._parent.name)

    @property
    def _parent(self) -> Parent:
        assert self._resource.parent is not None  # noqa: S101 - a detail has one
        return self._resource.parent

    def _rows_of(self, parent: Row) -> Iterator[Row]:
        """Ask for a parent's first rows; those of further pages are read as they are used."""
        identity = parent.get(self._parent.argument)
        if not isinstance(identity, str) or not identity:
            raise MissingKeyError(
                f"one of the {self._parent.name} came without its {self._parent.argument}"
            )
        arguments = {self._parent.argument: identity}
        rows = listing.rows(self._client, self._resource, arguments)
        try:
            return chain(list(islice(rows, _AHEAD)), rows)
        except RpcError as error:
            return _fail_when_used(error)


def _digest(values: list[Any]) -> bytes:
    """Return a short stand-in for a key, which two different keys will not share."""
    return blake2b(repr(values).encode(), digest_size=16).digest()


def _fail_when_used(error: RpcError) -> Iterator[Row]:
    """Fail when the iterator is used, not before."""
    yield from ()
    raise error


def discover(tap: Tap, run: Run) -> Iterator[SourceStream]:
    """Build every Coursebase stream."""
    config = tap.config
    client = CoursebaseClient(
        url=config.get("coursebase_url", ""),
        tokens=_tokens(config, run.tries),
        timeout=config["request_timeout_seconds"],
        tries=run.tries,
    )
    lists = {
        resource.name: SharedList(lambda one=resource: listing.rows(client, one, {}))  # type: ignore[misc]
        for resource in RESOURCES
        if resource.parent is None
    }
    for resource in RESOURCES:
        declared = _load(config, resource.name)
        if resource.parent is None:
            yield ListStream(tap, run, resource, declared, lists[resource.name])
        else:
            yield DetailStream(tap, run, resource, declared, lists[resource.parent.name], client)
    if terms := config.get("coursebase_user_search"):
        found = SharedList(lambda: listing.rows(client, USER_SEARCH, {"login_id": ",".join(terms)}))
        yield ListStream(tap, run, USER_SEARCH, _load(config, USER_SEARCH.name), found)
    yield from _reports(tap, run, client)


def _reports(tap: Tap, run: Run, client: CoursebaseClient) -> Iterator[SourceStream]:
    config = tap.config
    streams: list[ExportStream] = []
    exports = Exports(
        client,
        together=lambda: [stream.selector for stream in streams if stream.selected],
        language=config["coursebase_language"],
        time_zone=config["coursebase_time_zone"],
        timeout=config["coursebase_export_timeout_minutes"] * 60,
        request_timeout=config["request_timeout_seconds"],
    )
    for kind in config["coursebase_report_types"]:
        selector = Selector("report_type", kind)
        name = f"{SOURCE}_report_{kind}"
        streams.append(ExportStream(tap, run, name, load(SOURCE, "report"), selector, exports))
    for identity in config["coursebase_report_ids"]:
        selector = Selector("report_id", identity)
        name = f"{SOURCE}_saved_report_{identity}"
        declared = load(SOURCE, "saved_report")
        streams.append(ExportStream(tap, run, name, declared, selector, exports))
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
