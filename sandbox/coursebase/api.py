"""The HTTP face of Coursebase: methods below `/api/`, tokens, and the storage."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.coursebase.calls import Context
from sandbox.coursebase.errors import MethodError
from sandbox.coursebase.exports import Exports
from sandbox.coursebase.faults import ANSWER, coursebase_faults
from sandbox.coursebase.journal import API, STORAGE, TOKEN, CoursebaseRequest, received
from sandbox.coursebase.methods import METHODS, Method, check_arguments
from sandbox.coursebase.organisation import Organisation
from sandbox.coursebase.outcomes import JSON, Face
from sandbox.coursebase.paging import Pager
from sandbox.coursebase.realities import Realities
from sandbox.coursebase.settings import Settings
from sandbox.coursebase.storage import fetched, refused
from sandbox.coursebase.timekeeper import Timekeeper
from sandbox.coursebase.tokens import Credentials, TokenRefusedError, Tokens, read_form
from sandbox.faults import Faults
from sandbox.journal import Journal
from sandbox.options import Options
from sandbox.outcomes import Exchange, answered
from sandbox.shared import shared_people

PREFIX = "/api/"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path, no secret


def _envelope(status: int, code: str) -> Response:
    return JSONResponse({"status": "error", "error": code}, status)


def _token_error(status: int, code: str) -> Response:
    headers = {"WWW-Authenticate": "Basic"} if status == HTTPStatus.UNAUTHORIZED else {}
    return JSONResponse({"error": code}, status, headers)


def read_arguments(request: Request, raw: bytes) -> dict[str, Any]:
    """Read the arguments of a call: a JSON object in a body that says so (documented: B).

    Raises:
        MethodError: `invalid_content_type` or `invalid_json`; inferred.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != JSON:
        raise MethodError("invalid_content_type")
    try:
        arguments = json.loads(raw)
    except ValueError as error:
        raise MethodError("invalid_json") from error
    if not isinstance(arguments, dict):
        raise MethodError("invalid_json")
    return arguments


def _arguments_if_any(raw: bytes) -> dict[str, Any]:
    with suppress(ValueError):
        arguments = json.loads(raw)
        return arguments if isinstance(arguments, dict) else {}
    return {}


@dataclass(frozen=True)
class CoursebaseApi:
    """Answers every request to Coursebase and its storage.

    Attributes:
        context: What methods work on.
        tokens: Who may call them.
        journal: What was received.
        first_settings: The settings it was started with.
    """

    context: Context
    tokens: Tokens
    journal: Journal[CoursebaseRequest]
    first_settings: Mapping[str, Any]

    @property
    def organisation(self) -> Organisation:
        """The data, and the door through which it changes."""
        return self.context.organisation

    @property
    def settings(self) -> Settings:
        """What can be changed while it runs."""
        return self.context.settings

    @property
    def exports(self) -> Exports:
        """All export jobs."""
        return self.context.exports

    @property
    def faults(self) -> Faults:
        """What is to go wrong."""
        return self.context.faults

    @property
    def realities(self) -> Realities:
        """In which ways it answers otherwise than documented."""
        return self.context.realities

    @property
    def time(self) -> Timekeeper:
        """The clock of tokens, jobs, links and late writes."""
        return self.context.time

    @property
    def requests(self) -> list[CoursebaseRequest]:
        """All requests so far, in the order they were answered."""
        return self.journal.entries()

    def reset(self) -> None:
        """Be as at the start, all but the clock and the tokens."""
        self.organisation.reset()
        self.exports.clear()
        self.faults.clear()
        self.journal.clear()
        self.realities.reset()
        self.settings.change(self.first_settings)

    async def answer(self, request: Request) -> Response:
        """Answer a call of a method and write it down."""
        raw = await request.body()
        await self._hold_back()
        name = request.url.path.removeprefix(PREFIX)
        try:
            response = await self._called(request, name, raw)
        except MethodError as error:
            status = error.http_status or self.settings.error_http_status
            response = _envelope(status, error.code)
        self.journal.add(received(request, raw, response.status_code, API, name))
        return response

    async def token(self, request: Request) -> Response:
        """Answer a request for a token and write it down."""
        raw = await request.body()
        await self._hold_back()
        face = Face(JSON, _token_error, lambda: HTTPStatus.BAD_REQUEST)
        fault = self.faults.take(TOKEN, ANSWER, {})
        exchange = Exchange(face.media_type, request, lambda: self._token(request, raw))
        response = await answered(exchange, fault, face.outcomes)
        self.journal.add(received(request, raw, response.status_code, TOKEN, ""))
        return response

    async def storage(self, request: Request) -> Response:
        """Answer a request to the storage and write it down."""
        raw = await request.body()
        job = self.exports.stored(request.url.path)
        about = {} if job is None else {job.selector.key: job.selector.value}
        face = Face("application/zip", refused, lambda: HTTPStatus.FORBIDDEN)
        fault = self.faults.take(STORAGE, ANSWER, about)
        exchange = Exchange(
            face.media_type, request, lambda: fetched(self.exports, self.time, request)
        )
        response = await answered(exchange, fault, face.outcomes)
        self.journal.add(received(request, raw, response.status_code, STORAGE, ""))
        return response

    async def _hold_back(self) -> None:
        if self.settings.latency:
            await asyncio.sleep(self.settings.latency)

    async def _called(self, request: Request, name: str, raw: bytes) -> Response:
        """Let a call through to its method.

        Raises:
            MethodError: It gets none; all of these codes are inferred.
        """
        if not self.tokens.good(request.headers.get("authorization")):
            raise MethodError("invalid_token", HTTPStatus.UNAUTHORIZED)
        method = METHODS.get(name)
        if method is None:
            raise MethodError("unknown_method", HTTPStatus.NOT_FOUND)
        if request.method != "POST":
            raise MethodError("method_not_allowed", HTTPStatus.METHOD_NOT_ALLOWED)
        face = Face(JSON, _envelope, lambda: self.settings.error_http_status)
        fault = self.faults.take(name, ANSWER, _arguments_if_any(raw))
        exchange = Exchange(face.media_type, request, lambda: self._method(request, method, raw))
        return await answered(exchange, fault, face.outcomes)

    async def _method(self, request: Request, method: Method, raw: bytes) -> Response:
        call = self.realities.call(method.name)
        status = HTTPStatus.OK
        try:
            arguments = self.realities.arguments(read_arguments(request, raw), call)
            check_arguments(method, arguments)
            data = await method.handler(self.context, method.name, arguments)
            envelope = {"status": "success", "data": data}
        except MethodError as error:
            status = HTTPStatus(error.http_status or self.settings.error_http_status)
            envelope = {"status": "error", "error": error.code}
        return JSONResponse(self.realities.answer(envelope, call), status)

    async def _token(self, request: Request, raw: bytes) -> Response:
        try:
            form = read_form(request.headers.get("content-type", ""), raw)
            issued = self.tokens.issue(form, request.headers.get("authorization"))
        except TokenRefusedError as error:
            return _token_error(error.status, error.code)
        return JSONResponse(issued, headers={"Cache-Control": "no-store"})


def build_coursebase(options: Options) -> CoursebaseApi:
    """Put the parts together."""
    time = Timekeeper(options.coursebase_clock)
    settings = Settings(
        error_http_status=options.error_http_status,
        page_size=options.page_size,
        latency=options.coursebase_latency_ms / 1000,
        export_seconds=options.export_seconds,
        async_seconds=options.async_seconds,
        deactivated_listed=options.deactivated_listed,
        same_link=options.same_link,
    )
    users = options.users if options.coursebase_users is None else options.coursebase_users
    organisation = Organisation(
        options.seed,
        users=users,
        groups=max(3, users // 40) if options.groups is None else options.groups,
        courses=options.courses,
        features=options.features,
        born=options.start + options.seed % 1000 / 1000,
        time=time,
        shared=shared_people(options.seed, options.shared_share, options.users, users),
    )
    client = Credentials(options.client_id, options.client_secret)
    context = Context(
        organisation,
        settings,
        Exports(organisation, settings, time),
        Pager(options.seed),
        coursebase_faults(),
        time,
        Realities(options.realities),
    )
    tokens = Tokens(
        options.coursebase_token, client, options.token_lifetime_seconds, options.seed, time
    )
    return CoursebaseApi(context, tokens, Journal(), settings.as_json())
