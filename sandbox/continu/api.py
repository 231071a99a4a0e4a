"""The HTTP face of the Reporting API: who may ask, how often, and what comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from itertools import chain, islice
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.arrays import array_response, json_pieces
from sandbox.auth import Gate
from sandbox.breakage import Cut, CutChunked, Reset, Stall, wait_or_gone
from sandbox.clock import DataClock
from sandbox.continu.errors import BadRequestError, RefusedError
from sandbox.continu.organisation import Organisation
from sandbox.continu.query import ALL_TIME, Query, Window, read_query, read_window
from sandbox.continu.report import Report
from sandbox.continu.reports import REPORTS
from sandbox.continu.rows import answered
from sandbox.faults import Fault, Faults
from sandbox.journal import Journal, ReceivedRequest, without_secrets
from sandbox.limits import Budget
from sandbox.spoil import spoiled

PREFIX = "/api/v1"
CLIENT_GONE = 499
"""Stands in the log for requests whose client did not wait."""
PAGE = "<!doctype html><html><body><h1>Scheduled maintenance</h1></body></html>"


class Call(NamedTuple):
    """A request that was understood, on its way to an answer."""

    report: Report
    query: Query
    headers: Mapping[str, str]
    request: Request


def find_report(path: str) -> tuple[Report, Window]:
    """Find the report and the window that a path below the prefix names.

    Raises:
        RefusedError: 404 for anything that is no documented path, date parts missing
            included (documented: S-er).
    """
    for report in REPORTS.values():
        start = f"/reports/{report.path}"
        if not report.ranged and path == start:
            return report, ALL_TIME
        parts = tuple(path.removeprefix(f"{start}/").split("/"))
        if report.ranged and path.startswith(f"{start}/") and len(parts) == 2:  # noqa: PLR2004
            return report, read_window(parts)
    raise RefusedError(404, "not found")


def _body(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError as error:
        raise BadRequestError("invalid request body, object expected") from error


def _message(status: int, text: str, headers: Mapping[str, str]) -> Response:
    return JSONResponse({"message": text}, status, headers)


@dataclass(frozen=True)
class ContinuApi:
    """Answers every request below `PREFIX`."""

    organisation: Organisation
    clock: DataClock
    gate: Gate
    budget: Budget
    faults: Faults
    journal: Journal[ReceivedRequest]
    latency: float = 0.0
    stray_share: float = 0.0

    async def answer(self, request: Request) -> Response:
        """Answer a request and write it down."""
        raw = await request.body()
        if self.latency:
            await asyncio.sleep(self.latency)
        refusal = self.gate.refusal(request.headers.get("authorization"))
        consumed = 0
        if refusal is not None:
            response = _message(401, refusal, {})
        else:
            response, consumed = await self._counted(request, raw)
        self.journal.add(
            ReceivedRequest(
                request.method,
                request.url.path,
                _readable(raw),
                without_secrets(request.headers),
                response.status_code,
                consumed,
            )
        )
        return response

    async def _counted(self, request: Request, raw: bytes) -> tuple[Response, int]:
        """Count a request with a good token; the headers show consumed counts (R-rate)."""
        consumed = self.budget.consume()
        headers = {
            "X-REQUESTS-PER-MINUTE": str(consumed.minute),
            "X-REQUESTS-PER-DAY": str(consumed.day),
        }
        too_many = self.budget.refusal(consumed)
        if too_many is not None:
            return _message(429, too_many, headers), consumed.minute
        try:
            response = await self._dispatched(request, raw, headers)
        except RefusedError as error:
            response = _message(error.status, error.message, headers)
        return response, consumed.minute

    async def _dispatched(
        self, request: Request, raw: bytes, headers: Mapping[str, str]
    ) -> Response:
        report, window = find_report(request.url.path.removeprefix(PREFIX))
        if request.method != "POST":
            raise RefusedError(405, "method not allowed")
        call = Call(report, read_query(report, window, _body(raw)), headers, request)
        fault = self.faults.take(report.name)
        if fault is not None and fault.kind in OUTCOMES:
            return await OUTCOMES[fault.kind](self, call, fault)
        return await self.report(call, fault)

    def rows(self, call: Call, fault: Fault | None) -> Iterator[dict[str, Any]]:
        """Make the rows of an answer, spoiled where a fault says so.

        Raises:
            RefusedError: There are more of them than a fault allows.
        """
        report = call.report
        view = self.organisation.seen_at(self.clock.now())
        rows = answered(report, view, call.query, self.stray_share)
        ceiling = self.faults.ceiling(report.name)
        if ceiling is not None:
            most = int(ceiling.details.get("rows", 1000))
            head = list(islice(rows, most + 1))
            if len(head) > most:
                self.faults.struck(ceiling)
                raise RefusedError(int(ceiling.details.get("status", 413)), "response too large")
            rows = chain(head, rows)
        return spoiled(rows, {report.aliases.get(name, name) for name in report.always}, fault)

    async def report(self, call: Call, fault: Fault | None) -> Response:
        """Answer a call with its rows, spoiled where a fault says so."""
        rows = await run_in_threadpool(self.rows, call, fault)
        escaped = fault is not None and fault.kind == "garbage"
        return await array_response(json_pieces(rows, escaped=escaped), call.headers)

    async def whole(self, call: Call) -> bytes:
        """Make the complete body of an answer."""
        rows = await run_in_threadpool(self.rows, call, None)
        return await run_in_threadpool(b"".join, json_pieces(rows))


def _readable(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError:
        return raw.decode(errors="replace")


async def _too_many(api: ContinuApi, call: Call, fault: Fault) -> Response:
    per_day = fault.kind == "rate_limit_day"
    cap = api.budget.per_day if per_day else api.budget.per_minute
    text = api.budget.day_message(cap + 1) if per_day else api.budget.minute_message(cap + 1)
    header = "X-REQUESTS-PER-DAY" if per_day else "X-REQUESTS-PER-MINUTE"
    return _message(429, text, {**call.headers, header: str(cap + 1), **_retry_after(fault)})


def _retry_after(fault: Fault) -> dict[str, str]:
    wait = fault.details.get("retry_after")
    return {} if wait is None else {"Retry-After": str(wait)}


async def _status(_api: ContinuApi, call: Call, fault: Fault) -> Response:
    status = HTTPStatus(int(fault.details.get("status", 500)))
    text = str(fault.details.get("message", status.phrase.lower()))
    return _message(status, text, {**call.headers, **_retry_after(fault)})


async def _slow(api: ContinuApi, call: Call, fault: Fault) -> Response:
    seconds = float(fault.details.get("seconds", 1))
    if await wait_or_gone(call.request.receive, seconds):
        return Response(status_code=CLIENT_GONE)
    return await api.report(call, None)


async def _stall(api: ContinuApi, call: Call, fault: Fault) -> Response:
    seconds = float(fault.details.get("seconds", 1))
    return Stall(await api.whole(call), call.headers, seconds)


async def _cut(api: ContinuApi, call: Call, _fault: Fault) -> Response:
    return Cut(await api.whole(call), call.headers)


async def _cut_chunked(api: ContinuApi, call: Call, _fault: Fault) -> Response:
    return CutChunked(await api.whole(call), call.headers)


async def _reset(_api: ContinuApi, _call: Call, _fault: Fault) -> Response:
    return Reset()


async def _html(_api: ContinuApi, call: Call, _fault: Fault) -> Response:
    return Response(PAGE, headers=call.headers, media_type="text/html")


async def _empty(_api: ContinuApi, call: Call, _fault: Fault) -> Response:
    return Response(b"", headers=call.headers, media_type="application/json")


async def _object(_api: ContinuApi, call: Call, _fault: Fault) -> Response:
    return JSONResponse({"data": [], "message": "ok"}, headers=call.headers)


OUTCOMES: dict[str, Callable[[ContinuApi, Call, Fault], Awaitable[Response]]] = {
    "rate_limit_minute": _too_many,
    "rate_limit_day": _too_many,
    "status": _status,
    "slow": _slow,
    "stall": _stall,
    "cut": _cut,
    "cut_chunked": _cut_chunked,
    "reset": _reset,
    "html": _html,
    "empty": _empty,
    "object": _object,
}
"""Faults that take the place of an answer; the others spoil its rows."""
