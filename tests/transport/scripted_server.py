"""A server on loopback that answers exactly as scripted, well or badly."""

from __future__ import annotations

import contextlib
import http.client
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

ENOUGH = 20.0
UNSCRIPTED = 418


@dataclass(frozen=True)
class Reply:
    """One scripted answer.

    Attributes:
        status: Of the status line.
        body: What is sent of the body.
        headers: Beside Content-Length.
        promised: The Content-Length if it is not the body's own.
        chunks: Sent in this many bytes each, with chunked encoding; 0 for Content-Length.
        is_framed: Whether a header says where the body ends.
        ending: What follows: the end, a reset, silence, or for ``cut`` a chunked body
            without its last chunk.
        pause: Seconds before each byte of the body.
        before: What comes instead of any answer: nothing, a reset or silence.
    """

    status: int = 200
    body: bytes = b"[]"
    headers: Mapping[str, str] = field(default_factory=dict)
    promised: int | None = None
    chunks: int = 0
    is_framed: bool = True
    ending: Literal["end", "cut", "reset", "silence"] = "end"
    pause: float = 0.0
    before: Literal["answer", "end", "reset", "silence"] = "answer"

    def head(self) -> bytes:
        length = len(self.body) if self.promised is None else self.promised
        framing = ("Transfer-Encoding", "chunked") if self.chunks else ("Content-Length", length)
        headers = dict([framing][: self.is_framed]) | {"Connection": "close", **self.headers}
        lines = [f"HTTP/1.1 {self.status} Scripted", *(f"{k}: {v}" for k, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


@dataclass(frozen=True)
class Asked:
    """A request as it arrived; header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class ScriptedServer:
    """Answers one request after the other; more than scripted get status 418.

    Args:
        replies: In order; the last is not repeated.
    """

    def __init__(self, replies: Iterable[Reply] = ()) -> None:
        self.asked: list[Asked] = []
        self.sent_whole: list[Reply] = []
        self._replies = deque(replies)
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def script(self, *replies: Reply) -> None:
        self._replies.extend(replies)

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(ENOUGH)
        for thread in self._threads:
            thread.join(ENOUGH)

    def _accept(self) -> None:
        while not self._over.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(ENOUGH)
            with connection.makefile("rb") as stream:
                request = stream.readline().decode("latin-1").split()
                if not request:
                    return
                headers = {k.lower(): v for k, v in http.client.parse_headers(stream).items()}
                body = stream.read(int(headers.get("content-length", "0")))
            with self._lock:
                self.asked.append(Asked(request[0], request[1], headers, body))
                reply = self._replies.popleft() if self._replies else Reply(UNSCRIPTED)
            self._answer(connection, reply)

    def _answer(self, connection: socket.socket, reply: Reply) -> None:
        ending = reply.ending if reply.before == "answer" else reply.before
        if reply.before == "answer":
            connection.sendall(reply.head())
            step = reply.chunks or (1 if reply.pause else len(reply.body) or 1)
            for start in range(0, len(reply.body), step):
                if reply.pause and self._over.wait(reply.pause):
                    return
                part = reply.body[start : start + step]
                framed = b"%x\r\n%b\r\n" % (len(part), part) if reply.chunks else part
                connection.sendall(framed)
            if reply.chunks and ending == "end":
                connection.sendall(b"0\r\n\r\n")
            self.sent_whole.append(reply)
        if ending == "silence":
            self._over.wait(ENOUGH)
        elif ending == "reset":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        else:
            connection.shutdown(socket.SHUT_WR)
