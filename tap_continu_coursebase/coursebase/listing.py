"""Read the rows of a resource; a list that several streams need is walked once."""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from typing import IO, Any

import simplejson

from tap_continu_coursebase.core.activity import current
from tap_continu_coursebase.core.concurrency import map_in_order
from tap_continu_coursebase.core.errors import RejectedError
from tap_continu_coursebase.coursebase.client import CoursebaseClient, RpcError
from tap_continu_coursebase.coursebase.resources import Parent, Resource
from tap_continu_coursebase.decode.record import MissingKeyError, Shape
from tap_continu_coursebase.decode.spool import on_disk
from tap_continu_coursebase.decode.value import Misfit, coerce

Row = Mapping[str, Any]
_AHEAD = 200
_FEW = 3

logger = logging.getLogger(__name__)


def rows(
    client: CoursebaseClient, resource: Resource, arguments: Mapping[str, Any]
) -> Iterator[Row]:
    """Read the rows that one call, or one walk of pages, answers with.

    Args:
        client: Calls the method.
        resource: Which rows.
        arguments: The method's arguments.

    Yields:
        The rows; nested objects flattened and the parent's id added where declared.
    """
    if resource.items is not None:
        found: Any = client.pages(resource.method, arguments, resource.items)
    else:
        data = client.call(resource.method, arguments)
        found = [data] if isinstance(data, Mapping) else data
        if not isinstance(found, list):
            raise RejectedError(f"{resource.method} answered without rows")
    for row in found:
        if not isinstance(row, Mapping):
            raise RejectedError(f"{resource.method} answered with a row that is not an object")
        added = arguments if resource.adds_parent else {}
        said = {name: row[name] for name in row if row[name] is not None or name not in added}
        yield {**added, **(_flat(said) if resource.flattens else said)}


def _flat(row: Row) -> dict[str, Any]:
    flat = {name: value for name, value in row.items() if not isinstance(value, Mapping)}
    for outer, value in row.items():
        for inner, item in value.items() if isinstance(value, Mapping) else ():
            name = f"{outer}_{inner}"
            while name in flat:
                name += "_"
            flat[name] = item
    return flat


class SharedList:
    """A list that is fetched when first read, and kept on disk for those who read it later.

    Args:
        fetch: Walks the list.
    """

    def __init__(self, fetch: Callable[[], Iterator[Row]]) -> None:
        self._fetch = fetch
        self._kept: IO[str] | None = None

    def __iter__(self) -> Iterator[Row]:
        if self._kept is None:
            return self._walk()
        return self._read(self._kept)

    def few(self) -> list[Row]:
        """Return the rows of a list that is ended after its first page."""
        return list(self)

    def close(self) -> None:
        """Remove what is kept on disk."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _walk(self) -> Iterator[Row]:
        with contextlib.ExitStack() as unless_complete:
            with on_disk():
                file = unless_complete.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
            for row in self._fetch():
                with on_disk():
                    file.write(_line(row))
                yield row
            with on_disk():
                file.flush()
            unless_complete.pop_all()
            self._kept = file

    @staticmethod
    def _read(file: IO[str]) -> Iterator[Row]:
        file.seek(0)
        for line in file:
            yield simplejson.loads(line, use_decimal=True, allow_nan=True)


class Details:
    """The rows of one call for each parent, several at once, in the parents' order.

    A parent's id is read as the stream of the parents reads it: through the same columns, aliases
    and types. Ids are documented as texts. One that comes as a number is sent back as it came,
    and, where that is refused, as a text; which of both was understood is kept (inferred).

    Args:
        client: Calls the method.
        resource: Which rows.
        parent: What the method is called once for each of.
        parents: Those.
        shape: Their declared columns.
        in_flight: How many calls at once.
    """

    def __init__(
        self,
        client: CoursebaseClient,
        resource: Resource,
        parent: Parent,
        parents: SharedList,
        *,
        shape: Shape,
        in_flight: int,
    ) -> None:
        self._client = client
        self._resource = resource
        self._parent = parent
        self._parents = parents
        self._shape = shape
        self._in_flight = in_flight
        self._understood: type | None = None

    def __iter__(self) -> Iterator[Row]:
        asked = vanished = 0
        for _, rows_of_one in map_in_order(self._call, self._parents, in_flight=self._in_flight):
            asked += 1
            try:
                yield from rows_of_one
            except RejectedError as error:
                if not self._has_vanished(error):
                    raise
                vanished += 1
        if vanished == asked > 1:
            raise RejectedError(
                f"{self._resource.method} knows none of the {asked} {self._parent.name} that were "
                f"listed ({self._parent.vanished}): perhaps it takes other ids"
            )
        if vanished:
            logger.warning(
                "%s%d %s vanished while they were read",
                current().prefix,
                vanished,
                self._parent.name,
            )

    def few(self) -> list[Row]:
        """Return the rows of the first of a few parents that has any."""
        for parent in list(self._parents)[:_FEW]:
            try:
                if found := list(self._call(parent)):
                    return found
            except RejectedError as error:
                if not self._has_vanished(error):
                    raise
        return []

    def close(self) -> None:
        """Remove the parents that are kept on disk."""
        self._parents.close()

    def _call(self, parent: Row) -> Iterator[Row]:
        """Read a parent's first rows; those of further pages are read as they are used."""
        forms = self._forms(parent)
        refusals: list[RejectedError] = []
        for form in forms:
            found = rows(self._client, self._resource, {self._parent.argument: form})
            try:
                first = list(islice(found, _AHEAD))
            except RejectedError as error:
                refusals.append(error)
                continue
            if len(forms) > 1:
                self._understood = type(form)
            return chain(first, found)
        return _fail_when_used(next(filter(self._has_vanished, refusals), refusals[0]))

    def _forms(self, parent: Row) -> list[str | int]:
        """Return the forms of a parent's id that may be understood, the best first.

        Raises:
            MissingKeyError: If it has no id.
        """
        name = self._parent.argument
        for key, column in self._shape.choose(parent).items():
            if column.name != name or parent[key] in (None, ""):
                continue
            with contextlib.suppress(Misfit):
                text, came = coerce(parent[key], column.types), parent[key]
                forms: list[str | int] = [came, text] if isinstance(came, int) else [text]
                known = [form for form in forms if type(form) is self._understood]
                return known or forms
        raise MissingKeyError(f"one of the {self._parent.name} came without its {name}")

    def _has_vanished(self, error: RejectedError) -> bool:
        return isinstance(error, RpcError) and error.code == self._parent.vanished


def _fail_when_used(error: RejectedError) -> Iterator[Row]:
    """Fail when the iterator is used, not before."""
    yield from ()
    raise error


def _line(row: Row) -> str:
    try:
        return simplejson.dumps(row, use_decimal=True, allow_nan=True) + "\n"
    except RecursionError as error:
        raise RejectedError("a row is nested too deep to be read") from error
