"""The HTTP face of the Reporting API: who may ask, how often, and what comes back."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Any, NamedTuple

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.arrays import array_response, json_pieces
from sandbox.clock import DataClock
from sandbox.continu.auth import Gate
from sandbox.continu.errors import BadRequestError, RefusedError
from sandbox.continu.faults import SIZE, STRIKING
from sandbox.continu.limits import Budget
from sandbox.continu.organisation import Organisation
from sandbox.continu.query import ALL_TIME, Query, Window, read_query, read_window
from sandbox.continu.realities import Asked, Realities
from sandbox.continu.report import Report
from sandbox.continu.reports import REPORTS
from sandbox.continu.rows import wire_rows
from sandbox.continu.spoil import spoiled
from sandbox.faults import Fault, Faults
from sandbox.journal import Journal, ReceivedRequest, readable, without_secrets
from sandbox.outcomes import Exchange, Outcome, answered, status_of, with_wait

PREFIX = "/api/v1"
JSON = "application/json"
PER_MINUTE, PER_DAY = "X-REQUESTS-PER-MINUTE", "X-REQUESTS-PER-DAY"


class Call(NamedTuple):
    """A request that was understood.

    Attributes:
        report: What is asked.
        query: How.
        arguments: The body, for the fault plans that look at it.
    """

    report: Report
    query: Query
    arguments: Mapping[str, Any]


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


def _message(status: int, text: str) -> Response:
    return JSONResponse({"message": text}, status)


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
    realities: Realities = field(default_factory=Realities)
    asked: Counter[str] = field(default_factory=Counter)

    async def answer(self, request: Request) -> Response:
        """Answer a request and write it down."""
        raw = await request.body()
        if self.latency:
            await asyncio.sleep(self.latency)
        refusal = self.gate.refusal(request.headers.get("authorization"))
        consumed = 0
        if refusal is not None:
            response = _message(401, refusal)
        else:
            response, consumed = await self._counted(request, raw)
        self.journal.add(
            ReceivedRequest(
                request.method,
                request.url.path,
                readable(raw),
                without_secrets(request.headers),
                response.status_code,
                consumed,
            )
        )
        return response

    async def _counted(self, request: Request, raw: bytes) -> tuple[Response, int]:
        """Count a request with a good token; the headers show consumed counts (R-rate)."""
        consumed = self.budget.consume()
        too_many = self.budget.refusal(consumed)
        try:
            response = (
                await self._dispatched(request, raw)
                if too_many is None
                else _message(429, too_many)
            )
        except RefusedError as error:
            response = _message(error.status, error.message)
        for name, count in ((PER_MINUTE, consumed.minute), (PER_DAY, consumed.day)):
            response.headers.setdefault(name, str(count))
        path = request.url.path
        asked = Asked(path, self.asked[path], consumed)
        self.asked[path] += 1
        return self.realities.answer(response, asked), consumed.minute

    async def _dispatched(self, request: Request, raw: bytes) -> Response:
        report, window = find_report(request.url.path.removeprefix(PREFIX))
        if request.method != "POST":
            raise RefusedError(405, "method not allowed")
        body = _body(raw)
        query = self.realities.query(read_query(report, window, body), report)
        call = Call(report, query, body)
        fault = self.faults.take(report.name, STRIKING, body)
        exchange = Exchange(JSON, request, lambda: self._report(call, fault))
        return await answered(exchange, fault, self._outcomes())

    def _outcomes(self) -> Mapping[str, Outcome]:
        minute = partial(_too_many, PER_MINUTE, self.budget.per_minute, self.budget.minute_message)
        day = partial(_too_many, PER_DAY, self.budget.per_day, self.budget.day_message)
        return {"status": _status, "rate_limit_minute": minute, "rate_limit_day": day}

    def rows(self, call: Call, fault: Fault | None) -> Iterator[dict[str, Any]]:
        """Make the rows of an answer, spoiled where a fault says so.

        Raises:
            RefusedError: There are more of them than a fault allows.
        """
        report = call.report
        view = self.organisation.seen_at(self.realities.now(self.clock.now()))
        rows = wire_rows(report, view, call.query, self.stray_share)
        rows = self.realities.rows(rows, report, call.query)
        limit = self.faults.standing(report.name, SIZE, call.arguments)
        if limit is not None:
            most = int(limit.details.get("rows", 1000))
            head = list(islice(rows, most + 1))
            if len(head) > most:
                self.faults.struck(limit)
                raise RefusedError(int(limit.details.get("status", 413)), "response too large")
            rows = chain(head, rows)
        return spoiled(rows, {report.aliases.get(name, name) for name in report.always}, fault)

    async def _report(self, call: Call, fault: Fault | None) -> Response:
        """Answer a call with its rows, spoiled where a fault says so."""
        rows = await run_in_threadpool(self.rows, call, fault)
        escaped = fault is not None and fault.kind == "garbage"
        return await array_response(self.realities.body(json_pieces(rows, escaped=escaped)))


async def _too_many(
    header: str, cap: int, message: Callable[[int], str], _exchange: Exchange, fault: Fault
) -> Response:
    response = _message(429, message(cap + 1))
    response.headers[header] = str(cap + 1)
    return with_wait(response, fault)


async def _status(_exchange: Exchange, fault: Fault) -> Response:
    status = status_of(fault)
    text = str(fault.details.get("message", status.phrase.lower()))
    return with_wait(_message(status, text), fault)
