"""What the admin paths of both halves have in common."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

Handler = Callable[[Request], Awaitable[Response]]


async def read_json(request: Request) -> Any:
    """Read the body; nothing counts as an empty object."""
    raw = await request.body()
    return json.loads(raw) if raw else {}


def guarded(*refused: type[Exception]) -> Callable[[Handler], Handler]:
    """Let a handler answer with 400 when a request makes no sense.

    Args:
        refused: Exceptions that mean so besides the usual ones.
    """
    senseless: tuple[type[Exception], ...] = (ValueError, TypeError, KeyError, *refused)

    def guard(handler: Handler) -> Handler:
        async def guarded_handler(request: Request) -> Response:
            try:
                return await handler(request)
            except senseless as error:
                return JSONResponse({"message": f"{type(error).__name__}: {error}"}, 400)

        return guarded_handler

    return guard
