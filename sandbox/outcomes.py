"""Answers that go wrong in the same way wherever they come from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from sandbox.breakage import Cut, CutChunked, HalfBody, Reset, Stall, wait_or_gone
from sandbox.faults import Fault

CLIENT_GONE = 499
"""Stands in the log for requests whose client did not wait."""
PAGE = "<!doctype html><html><body><h1>{title}</h1></body></html>"

MEANINGS: Mapping[str, str] = {
    "slow": "a late answer: seconds",
    "stall": "silence in the middle of the body: seconds",
    "cut": "half of the promised bytes",
    "cut_chunked": "chunks without an end",
    "reset": "a connection reset before any byte",
    "html": "a page with status 200",
    "empty": "no bytes with status 200",
    "object": "an object of another form",
}


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request, and the way to its sound answer.

    Attributes:
        media_type: Of the sound answer.
        request: The request.
        sound: Makes the sound answer.
    """

    media_type: str
    request: Request
    sound: Callable[[], Awaitable[Response]]


Outcome = Callable[[Exchange, Fault], Awaitable[Response]]


def status_of(fault: Fault) -> HTTPStatus:
    """Return the HTTP status that a fault asks for."""
    return HTTPStatus(int(fault.details.get("status", HTTPStatus.INTERNAL_SERVER_ERROR)))


def with_wait(response: Response, fault: Fault) -> Response:
    """Tell when to retry, if the fault says so."""
    if "retry_after" in fault.details:
        response.headers["Retry-After"] = str(fault.details["retry_after"])
    return response


def _seconds(fault: Fault) -> float:
    return float(fault.details.get("seconds", 1))


async def _slow(exchange: Exchange, fault: Fault) -> Response:
    if await wait_or_gone(exchange.request.receive, _seconds(fault)):
        return Response(status_code=CLIENT_GONE)
    return await exchange.sound()


async def _body(response: Response) -> bytes:
    if isinstance(response, StreamingResponse):
        pieces = [piece async for piece in response.body_iterator]
        return b"".join(p.encode() if isinstance(p, str) else p for p in pieces)
    return bytes(response.body)


async def _broken(exchange: Exchange, make: Callable[[bytes, str], HalfBody]) -> Response:
    """Break a sound answer; a refusal arrives whole."""
    response = await exchange.sound()
    if response.status_code != HTTPStatus.OK:
        return response
    return make(await _body(response), exchange.media_type)


async def _stall(exchange: Exchange, fault: Fault) -> Response:
    return await _broken(exchange, lambda body, kind: Stall(body, kind, _seconds(fault)))


async def _cut(exchange: Exchange, _fault: Fault) -> Response:
    return await _broken(exchange, Cut)


async def _cut_chunked(exchange: Exchange, _fault: Fault) -> Response:
    return await _broken(exchange, CutChunked)


async def _reset(_exchange: Exchange, _fault: Fault) -> Response:
    return Reset()


async def _html(_exchange: Exchange, _fault: Fault) -> Response:
    return Response(PAGE.format(title="Scheduled maintenance"), media_type="text/html")


async def _empty(exchange: Exchange, _fault: Fault) -> Response:
    return Response(b"", media_type=exchange.media_type)


async def _object(_exchange: Exchange, _fault: Fault) -> Response:
    return JSONResponse({"data": [], "message": "ok"})


OUTCOMES: Mapping[str, Outcome] = {
    "slow": _slow,
    "stall": _stall,
    "cut": _cut,
    "cut_chunked": _cut_chunked,
    "reset": _reset,
    "html": _html,
    "empty": _empty,
    "object": _object,
}


async def answered(
    exchange: Exchange, fault: Fault | None, outcomes: Mapping[str, Outcome]
) -> Response:
    """Return what a fault puts in the place of the sound answer, if anything.

    Args:
        exchange: The request.
        fault: The fault that strikes it, if any.
        outcomes: By kind, what the API answers beside `OUTCOMES`.
    """
    known = {**OUTCOMES, **outcomes}
    if fault is None or fault.kind not in known:
        return await exchange.sound()
    return await known[fault.kind](exchange, fault)
