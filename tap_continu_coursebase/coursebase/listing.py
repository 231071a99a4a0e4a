"""Read the rows of a resource; a list that several streams need is walked once."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

import simplejson

from tap_continu_coursebase.core.errors import RejectedError
from tap_continu_coursebase.coursebase.client import CoursebaseClient
from tap_continu_coursebase.coursebase.resources import Resource

Row = Mapping[str, Any]


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
        yield {**added, **(_flat(row) if resource.flattens else row)}


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

    def close(self) -> None:
        """Remove what is kept on disk."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _walk(self) -> Iterator[Row]:
        with contextlib.ExitStack() as unless_complete:
            file = unless_complete.enter_context(tempfile.TemporaryFile("w+", encoding="utf-8"))
            for row in self._fetch():
                file.write(_line(row))
                yield row
            unless_complete.pop_all()
            self._kept = file

    @staticmethod
    def _read(file: IO[str]) -> Iterator[Row]:
        file.seek(0)
        for line in file:
            yield simplejson.loads(line, use_decimal=True, allow_nan=True)


def _line(row: Row) -> str:
    try:
        return simplejson.dumps(row, use_decimal=True, allow_nan=True) + "\n"
    except RecursionError as error:
        raise RejectedError("a row is nested too deep to be read") from error
