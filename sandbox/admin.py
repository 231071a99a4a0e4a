"""The admin paths, for tests and demonstrations: no token, no budget, never part of the API."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.adminpaths import Table, fault_paths, read_json, request_paths, routes
from sandbox.arrays import array_response, json_pieces
from sandbox.clock import ServerClock
from sandbox.continu.api import ContinuApi
from sandbox.continu.edits import delete, touch
from sandbox.continu.query import ALL_TIME, Window, whole
from sandbox.continu.reports import REPORTS
from sandbox.continu.rows import canonical
from sandbox.instants import iso, parse_instant


class Admin:
    """Handlers of `/_admin/...` for one sandbox."""

    def __init__(self, api: ContinuApi, server_clock: ServerClock) -> None:
        self._api = api
        self._server_clock = server_clock

    def routes(self) -> list[Route]:
        """Return the routes, path by path."""
        own: Table = [
            ("GET", "/health", self._health),
            ("POST", "/clock", self._clock),
            ("POST", "/consume", self._consume),
            ("POST", "/token", self._token),
            ("POST", "/touch", self._touch),
            ("POST", "/delete", self._delete),
            ("GET", "/truth/continu/{report}", self._truth),
        ]
        shared = (*fault_paths(self._api.faults), *request_paths(self._api.journal))
        return routes("/_admin", (*own, *shared))

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok", "now": iso(self._api.clock.now())})

    async def _clock(self, request: Request) -> Response:
        wanted = await read_json(request)
        if "now" in wanted:
            self._api.clock.set(parse_instant(wanted["now"]))
        if "advance_seconds" in wanted:
            self._api.clock.advance(int(wanted["advance_seconds"]))
        if "date_skew_seconds" in wanted:
            self._server_clock.skew = int(wanted["date_skew_seconds"])
        return JSONResponse(
            {"now": iso(self._api.clock.now()), "date_skew_seconds": self._server_clock.skew}
        )

    async def _consume(self, request: Request) -> Response:
        wanted = await read_json(request)
        return JSONResponse(self._api.budget.consume(int(wanted.get("count", 1)))._asdict())

    async def _token(self, request: Request) -> Response:
        wanted = await read_json(request)
        if "token" in wanted:
            self._api.gate.renew(str(wanted["token"]))
        if wanted.get("expire"):
            self._api.gate.expire()
        return JSONResponse({"expired": self._api.gate.expired})

    async def _touch(self, request: Request) -> Response:
        wanted = await read_json(request)
        keys = await run_in_threadpool(
            touch,
            self._api.organisation,
            self._api.clock.now(),
            wanted["report"],
            int(wanted.get("count", 1)),
            undo=bool(wanted.get("undo", False)),
        )
        return JSONResponse({"ids": keys})

    async def _delete(self, request: Request) -> Response:
        wanted = await read_json(request)
        keys = await run_in_threadpool(
            delete,
            self._api.organisation,
            self._api.clock.now(),
            wanted["report"],
            int(wanted.get("count", 1)),
            wanted.get("ids"),
        )
        return JSONResponse({"ids": keys})

    async def _truth(self, request: Request) -> Response:
        report = REPORTS[request.path_params["report"]]
        params = request.query_params
        window = ALL_TIME
        if report.ranged:
            window = Window(int(params.get("from", 0)), int(params.get("until", ALL_TIME.until)))
        target = params.get("range_target")
        if target and target not in report.dates:
            raise ValueError(f"range_target is one of {sorted(report.dates)}")
        view = self._api.organisation.seen_at(self._api.clock.now())
        rows = canonical(report, view, whole(report, window, target), self._api.stray_share)
        return await array_response(json_pieces(rows))
