"""What the admin paths of both halves have in common."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.faults import Faults
from sandbox.journal import Entry, Journal

Handler = Callable[[Request], Awaitable[Response]]
Table = Sequence[tuple[str, str, Handler]]
"""Methods, paths below a prefix, and what answers them."""


async def read_json(request: Request) -> Any:
    """Read the body; nothing counts as an empty object."""
    raw = await request.body()
    return json.loads(raw) if raw else {}


def routes(prefix: str, table: Table, *refused: type[Exception]) -> list[Route]:
    """Return the routes of a table; a request that makes no sense is answered with 400.

    Args:
        prefix: What the paths begin with.
        table: The paths.
        refused: Exceptions that mean a senseless request besides the usual ones.
    """
    senseless: tuple[type[Exception], ...] = (ValueError, TypeError, KeyError, *refused)

    def guarded(handler: Handler) -> Handler:
        async def guarded_handler(request: Request) -> Response:
            try:
                return await handler(request)
            except senseless as error:
                return JSONResponse({"message": f"{type(error).__name__}: {error}"}, 400)

        return guarded_handler

    return [
        Route(prefix + path, guarded(handler), methods=[method]) for method, path, handler in table
    ]


def fault_paths(faults: Faults) -> Table:
    """Return the paths that show, add and drop fault plans."""

    async def show(_request: Request) -> Response:
        return JSONResponse(faults.remaining())

    async def add(request: Request) -> Response:
        faults.add(await read_json(request))
        return JSONResponse(faults.remaining())

    async def clear(_request: Request) -> Response:
        faults.clear()
        return JSONResponse([])

    return [("GET", "/faults", show), ("POST", "/faults", add), ("DELETE", "/faults", clear)]


def request_paths(journal: Journal[Entry]) -> Table:
    """Return the paths that show and forget the requests received."""

    async def show(_request: Request) -> Response:
        return JSONResponse([entry.as_json() for entry in journal.entries()])

    async def clear(_request: Request) -> Response:
        journal.clear()
        return JSONResponse([])

    return [("GET", "/requests", show), ("DELETE", "/requests", clear)]
