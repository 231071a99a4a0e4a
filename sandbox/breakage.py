"""Answers that go wrong on the socket itself, past all that a web framework would allow."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

TRANSPORT = "sandbox.transport"
"""Key of the ASGI scope under which the server leaves the connection's transport."""
DATE = "sandbox.date"
"""Likewise for the value of the `Date` header."""


async def gone(receive: Receive) -> None:
    """Return when the connection has ended."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def wait_or_gone(receive: Receive, seconds: float) -> bool:
    """Wait; return whether the connection ended before the time was over."""
    with suppress(TimeoutError):
        await asyncio.wait_for(gone(receive), seconds)
        return True
    return False


class Broken(Response):
    """A response that bypasses the server and works on the connection itself."""

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Break the connection and wait until it has ended."""
        self.break_on(scope[TRANSPORT], scope[DATE])
        await gone(receive)

    def break_on(self, transport: asyncio.Transport, date: str) -> None:
        """Do the damage, dated as any answer."""
        raise NotImplementedError


class HalfBody(Broken):
    """Sends the first half of a body and closes the connection.

    Args:
        body: The whole body.
        media_type: What it is.
    """

    framing = "Content-Length: {length}"

    def __init__(self, body: bytes, media_type: str) -> None:
        super().__init__(media_type=media_type)
        del self.headers["content-length"]
        half = max(1, len(body) // 2)
        self.first, self.second = body[:half], body[half:]
        self.frame = self.framing.format(length=len(body))

    def head(self, date: str) -> bytes:
        """Return the status line and the headers."""
        headers = (f"{name}: {value}" for name, value in self.headers.items())
        lines = ["HTTP/1.1 200 OK", f"Date: {date}", self.frame, "Connection: close", *headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    def break_on(self, transport: asyncio.Transport, date: str) -> None:
        """Promise the whole body, send half of it, close."""
        transport.write(self.head(date) + self.first)
        transport.close()


class Cut(HalfBody):
    """Promises the whole body by its Content-Length, sends half of it, closes."""


class CutChunked(HalfBody):
    """Sends half of the body as one chunk, closes without the last chunk."""

    framing = "Transfer-Encoding: chunked"

    def break_on(self, transport: asyncio.Transport, date: str) -> None:
        """Send one chunk and close."""
        transport.write(
            self.head(date) + f"{len(self.first):x}\r\n".encode() + self.first + b"\r\n"
        )
        transport.close()


class Stall(HalfBody):
    """Sends half of the body, stays silent for some seconds, then sends the rest."""

    def __init__(self, body: bytes, media_type: str, seconds: float) -> None:
        super().__init__(body, media_type)
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, _send: Send) -> None:
        """Send half, wait, send the rest unless the client has gone."""
        transport: asyncio.Transport = scope[TRANSPORT]
        transport.write(self.head(scope[DATE]) + self.first)
        if not await wait_or_gone(receive, self.seconds):
            transport.write(self.second)
            transport.close()
            await gone(receive)


class Reset(Broken):
    """Resets the connection (RST) before a single byte of an answer."""

    def __init__(self) -> None:
        super().__init__()
        self.status_code = 0

    def break_on(self, transport: asyncio.Transport, date: str) -> None:  # noqa: ARG002
        """Close with pending data thrown away, which sends RST."""
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
