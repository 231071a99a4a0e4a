"""A sandbox that runs: uvicorn in a thread, everything inside it within reach."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Thread

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.admin import Admin
from sandbox.breakage import DATE, TRANSPORT
from sandbox.clock import DataClock, ServerClock
from sandbox.continu.api import PREFIX, ContinuApi
from sandbox.continu.auth import Gate
from sandbox.continu.faults import continu_faults
from sandbox.continu.limits import Budget
from sandbox.continu.organisation import Organisation
from sandbox.continu.realities import Realities
from sandbox.coursebase.admin import CoursebaseAdmin
from sandbox.coursebase.api import PREFIX as RPC_PREFIX
from sandbox.coursebase.api import TOKEN_PATH, CoursebaseApi, build_coursebase
from sandbox.journal import Journal, ReceivedRequest
from sandbox.options import Options

METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
GRACE_SECONDS = 1


class TransportProtocol(H11Protocol):
    """HTTP/1.1 that leaves the connection's transport in the scope of each request."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wrap the application for this one connection."""
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope[TRANSPORT] = transport
            await app(scope, receive, send)

        self.app = with_transport


@dataclass(frozen=True)
class Sandbox:
    """One running sandbox, or one that could run.

    Attributes:
        url: Where it listens, such as `http://127.0.0.1:8123`; no slash at the end.
        token: The token it was started with.
        organisation: The data, and what administrators changed of it.
        clock: The data clock.
        api: The Continu half; its gate, budget, faults and journal can be used directly.
        server_clock: What the `Date` header tells.
        storage_url: The origin of presigned links.
        coursebase: The Coursebase half; likewise.
    """

    url: str
    token: str
    organisation: Organisation
    clock: DataClock
    server_clock: ServerClock
    api: ContinuApi
    storage_url: str
    coursebase: CoursebaseApi

    @property
    def coursebase_url(self) -> str:
        """The organisation's own domain: methods are below it at `/api/`."""
        return self.url

    @property
    def coursebase_token_url(self) -> str:
        """Where client credentials earn tokens."""
        return self.url + TOKEN_PATH

    @property
    def continu_api_url(self) -> str:
        """The base URL of the Reporting API, prefix included."""
        return self.url + PREFIX

    @property
    def requests(self) -> list[ReceivedRequest]:
        """All requests to the API so far, in the order they were answered."""
        return self.api.journal.entries()


def build_api(options: Options) -> ContinuApi:
    """Put the parts together."""
    return ContinuApi(
        organisation=Organisation(options.seed, options.users, options.start),
        clock=DataClock(options.now),
        gate=Gate(options.token, options.auth_scheme),
        budget=Budget(
            options.requests_per_minute,
            options.requests_per_day,
            options.limit_style,
            options.limit_clock,
        ),
        faults=continu_faults(),
        journal=Journal(),
        latency=options.latency_ms / 1000,
        stray_share=options.stray_share,
        realities=Realities(options.realities),
    )


def build_app(
    api: ContinuApi, coursebase: CoursebaseApi, server_clock: ServerClock, storage_port: int
) -> ASGIApp:
    """Return the ASGI application: one for both APIs, another for the storage's port."""
    routes = [
        *Admin(api, server_clock).routes(),
        *CoursebaseAdmin(coursebase).routes(),
        Route(f"{PREFIX}/{{path:path}}", api.answer, methods=METHODS),
        Route(TOKEN_PATH, coursebase.token, methods=["POST"]),
        Route(f"{RPC_PREFIX}{{path:path}}", coursebase.answer, methods=METHODS),
    ]
    main = Starlette(routes=routes, middleware=[Middleware(GZipMiddleware, compresslevel=1)])
    storage = Starlette(routes=[Route("/{path:path}", coursebase.storage, methods=METHODS)])

    async def by_port(scope: Scope, receive: Receive, send: Send) -> None:
        scope[DATE] = server_clock.date()

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"date", scope[DATE].encode())]
            await send(message)

        app = storage if scope["server"][1] == storage_port else main
        await app(scope, receive, dated)

    return by_port


def _listen(host: str, port: int) -> socket.socket:
    """Return a listening TCP socket.

    asyncio sends small packets at once (TCP_NODELAY) only where the protocol is given by
    number; without that every answer would wait 40 ms for an acknowledgement.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen()
    return listener


@contextmanager
def running(options: Options | None = None) -> Iterator[Sandbox]:
    """Run a sandbox in a thread of this process until the block is left."""
    options = options or Options()
    api = build_api(options)
    server_clock = ServerClock(options.date_skew_seconds)
    coursebase = build_coursebase(options)
    listeners = [_listen(options.host, port) for port in (options.port, 0)]
    url, storage_url = (f"http://{options.host}:{ear.getsockname()[1]}" for ear in listeners)
    coursebase.exports.origin = storage_url
    server = uvicorn.Server(
        uvicorn.Config(
            build_app(api, coursebase, server_clock, listeners[1].getsockname()[1]),
            http=TransportProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",
            access_log=False,
            date_header=False,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    thread = Thread(target=server.run, args=(listeners,), daemon=True)
    thread.start()
    try:
        while not server.started:
            if not thread.is_alive():
                raise RuntimeError("the sandbox did not start")
            time.sleep(0.005)
        yield Sandbox(
            url,
            options.token,
            api.organisation,
            api.clock,
            server_clock,
            api,
            storage_url,
            coursebase,
        )
    finally:
        server.should_exit = True
        thread.join(timeout=10 * GRACE_SECONDS)
        coursebase.exports.close()
        for ear in listeners:
            ear.close()
