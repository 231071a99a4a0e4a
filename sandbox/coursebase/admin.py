"""The admin paths of the Coursebase half."""

from __future__ import annotations

from math import isinf
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.adminpaths import Handler, Table, fault_paths, read_json, request_paths, routes
from sandbox.arrays import array_response, json_pieces
from sandbox.coursebase.api import CoursebaseApi
from sandbox.coursebase.changes import make_change
from sandbox.coursebase.errors import MethodError
from sandbox.coursebase.exports import select
from sandbox.coursebase.jobs import Job, Selector
from sandbox.coursebase.timekeeper import iso_milliseconds
from sandbox.coursebase.truth import TRUTHS, report_truth


class CoursebaseAdmin:
    """Handlers of `/_admin/coursebase/...` for one sandbox."""

    def __init__(self, api: CoursebaseApi) -> None:
        self._api = api

    def routes(self) -> list[Route]:
        """Return the routes, path by path."""
        own: Table = [
            ("POST", "/reset", self._reset),
            ("POST", "/clock", self._clock),
            ("POST", "/token", self._token),
            ("GET", "/settings", self._settings),
            ("POST", "/settings", self._change_settings),
            ("POST", "/change", self._change),
            ("GET", "/exports", self._exports),
            ("POST", "/exports", self._add_export),
            ("DELETE", "/exports", self._clear_exports),
            ("GET", "/truth/{stream}", self._truth),
            ("GET", "/truth/report/{selector}", self._report_truth("report_type")),
            ("GET", "/truth/saved_report/{selector}", self._report_truth("report_id")),
        ]
        shared = (*fault_paths(self._api.faults), *request_paths(self._api.journal))
        return routes("/_admin/coursebase", (*own, *shared), MethodError, LookupError)

    async def _reset(self, _request: Request) -> Response:
        self._api.reset()
        return JSONResponse({})

    async def _clock(self, request: Request) -> Response:
        wanted = await read_json(request)
        self._api.time.advance(float(wanted.get("advance_seconds", 0)))
        return JSONResponse({"now": iso_milliseconds(self._api.time.now())})

    async def _token(self, request: Request) -> Response:
        wanted = await read_json(request)
        tokens = self._api.tokens
        if "token" in wanted:
            tokens.renew(str(wanted["token"]))
        tokens.lifetime = float(wanted.get("lifetime_seconds", tokens.lifetime))
        if wanted.get("expire"):
            tokens.expire()
        return JSONResponse({"expired": tokens.static_expired, "lifetime_seconds": tokens.lifetime})

    async def _settings(self, _request: Request) -> Response:
        return JSONResponse(self._api.settings.as_json())

    async def _change_settings(self, request: Request) -> Response:
        self._api.settings.change(await read_json(request))
        return JSONResponse(self._api.settings.as_json())

    async def _change(self, request: Request) -> Response:
        wanted = await read_json(request)
        if isinstance(wanted, list):
            return JSONResponse([make_change(self._api.organisation, one) for one in wanted])
        return JSONResponse(make_change(self._api.organisation, wanted))

    def _job(self, job: Job) -> dict[str, Any]:
        now = self._api.time.now()
        return {
            **job.echo(now),
            "started_at": iso_milliseconds(job.started_at),
            "finished_at": None if isinf(job.finished_at) else iso_milliseconds(job.finished_at),
            "data_updated_at": iso_milliseconds(job.data_updated_at),
            "foreign": job.foreign,
        }

    async def _exports(self, _request: Request) -> Response:
        return JSONResponse([self._job(job) for job in self._api.exports.jobs()])

    async def _add_export(self, request: Request) -> Response:
        wanted = await read_json(request)
        if "type" in wanted:
            wanted["report_type"] = wanted.pop("type")
        selector = select(wanted)
        return JSONResponse(self._job(self._api.exports.start_foreign(selector, wanted)))

    async def _clear_exports(self, _request: Request) -> Response:
        self._api.exports.clear()
        return JSONResponse([])

    async def _truth(self, request: Request) -> Response:
        truth = TRUTHS[request.path_params["stream"]]
        rows = truth(self._api.organisation, self._api.settings)
        return await array_response(json_pieces(rows))

    def _report_truth(self, key: str) -> Handler:
        async def handler(request: Request) -> Response:
            params = request.query_params
            truth = await run_in_threadpool(
                report_truth,
                self._api.organisation,
                Selector(key, request.path_params["selector"]),
                params.get("language", "en"),
                params.get("time_zone", "UTC"),
                params.get("encoding", "utf-8"),
            )
            return JSONResponse(truth)

        return handler
