"""Answers that go wrong, for all three faces: methods, tokens, storage."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.breakage import Cut, CutChunked, HalfBody, Reset, Stall, wait_or_gone
from sandbox.faults import Fault

CLIENT_GONE = 499
"""Stands in the log for requests whose client did not wait."""
PAGE = "<!doctype html><html><body><h1>{title}</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Face:
    """How one part of the server answers.

    Attributes:
        media_type: Of its sound answers.
        refuse: Makes an answer with a status and a code in the form of this face.
        error_status: HTTP status of refusals that name none.
    """

    media_type: str
    refuse: Callable[[int, str], Response]
    error_status: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and the way to its sound answer."""

    face: Face
    request: Request
    sound: Callable[[], Awaitable[Response]]


def _with_wait(response: Response, fault: Fault) -> Response:
    if "retry_after" in fault.details:
        response.headers["Retry-After"] = str(fault.details["retry_after"])
    return response


async def _status(exchange: Exchange, fault: Fault) -> Response:
    """Answer as something in front of the API would: a page, no envelope."""
    status = HTTPStatus(int(fault.details.get("status", 500)))
    if exchange.face.media_type == "application/json":
        page = PAGE.format(title=status.phrase)
        return _with_wait(Response(page, status, media_type="text/html"), fault)
    return _with_wait(exchange.face.refuse(status, status.phrase.replace(" ", "")), fault)


async def _error(exchange: Exchange, fault: Fault) -> Response:
    status = int(fault.details.get("http_status", exchange.face.error_status()))
    code = str(fault.details.get("code", "internal_error"))
    return _with_wait(exchange.face.refuse(status, code), fault)


async def _slow(exchange: Exchange, fault: Fault) -> Response:
    if await wait_or_gone(exchange.request.receive, float(fault.details.get("seconds", 1))):
        return Response(status_code=CLIENT_GONE)
    return await exchange.sound()


async def _broken(exchange: Exchange, make: Callable[[bytes], HalfBody]) -> Response:
    """Break a sound answer; a refusal arrives whole."""
    response = await exchange.sound()
    if response.status_code != HTTPStatus.OK:
        return response
    return make(bytes(response.body))


async def _stall(exchange: Exchange, fault: Fault) -> Response:
    seconds = float(fault.details.get("seconds", 1))
    media_type = exchange.face.media_type
    return await _broken(exchange, lambda body: Stall(body, {}, seconds, media_type=media_type))


async def _cut(exchange: Exchange, _fault: Fault) -> Response:
    media_type = exchange.face.media_type
    return await _broken(exchange, lambda body: Cut(body, {}, media_type=media_type))


async def _cut_chunked(exchange: Exchange, _fault: Fault) -> Response:
    media_type = exchange.face.media_type
    return await _broken(exchange, lambda body: CutChunked(body, {}, media_type=media_type))


async def _reset(_exchange: Exchange, _fault: Fault) -> Response:
    return Reset()


async def _html(_exchange: Exchange, _fault: Fault) -> Response:
    return Response(PAGE.format(title="Scheduled maintenance"), media_type="text/html")


async def _empty(exchange: Exchange, _fault: Fault) -> Response:
    return Response(b"", media_type=exchange.face.media_type)


async def _object(_exchange: Exchange, _fault: Fault) -> Response:
    return JSONResponse({"data": [], "message": "ok"})


async def _array(_exchange: Exchange, _fault: Fault) -> Response:
    return JSONResponse([])


async def _missing_field(exchange: Exchange, fault: Fault) -> Response:
    """Leave fields out, of the answer itself and of its `data`."""
    response = await exchange.sound()
    if response.media_type != "application/json":
        return response
    answer = json.loads(bytes(response.body))
    for place in (answer, answer.get("data")):
        if isinstance(place, dict):
            for name in fault.details.get("fields", ()):
                place.pop(name, None)
    return JSONResponse(answer, response.status_code)


OUTCOMES: dict[str, Callable[[Exchange, Fault], Awaitable[Response]]] = {
    "status": _status,
    "error": _error,
    "slow": _slow,
    "stall": _stall,
    "cut": _cut,
    "cut_chunked": _cut_chunked,
    "reset": _reset,
    "html": _html,
    "empty": _empty,
    "object": _object,
    "array": _array,
    "missing_field": _missing_field,
}


async def answered(exchange: Exchange, fault: Fault | None) -> Response:
    """Return the sound answer, or what a fault puts in its place."""
    if fault is None:
        return await exchange.sound()
    return await OUTCOMES[fault.kind](exchange, fault)
