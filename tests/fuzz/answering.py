"""A server on loopback that answers each request as a function says."""

from __future__ import annotations

import contextlib
import http.client
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.transport.scripted_server import ENOUGH, Asked, Reply

Answers = Callable[[Asked], Reply]


class _Handler(socketserver.StreamRequestHandler):
    timeout = ENOUGH
    server: _Server

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            request = self.rfile.readline().decode("latin-1").split()
            if not request:
                return
            headers = {k.lower(): v for k, v in http.client.parse_headers(self.rfile).items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            reply = self.server.answers(Asked(request[0], request[1], headers, body))
            self.request.sendall(reply.head() + _framed(reply))
            self.request.shutdown(socket.SHUT_WR)


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, answers: Answers) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = answers


class AnsweringServer:
    """Answers as it is told, until it is told otherwise."""

    def __init__(self, server: _Server) -> None:
        self._server = server

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def answer(self, answers: Answers) -> None:
        self._server.answers = answers


def _framed(reply: Reply) -> bytes:
    if not reply.chunks:
        return reply.body
    parts = [
        reply.body[start : start + reply.chunks]
        for start in range(0, len(reply.body), reply.chunks)
    ]
    ending = b"" if reply.ending == "cut" else b"0\r\n\r\n"
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + ending


@contextmanager
def answering() -> Iterator[AnsweringServer]:
    with _Server(lambda _: Reply(404)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield AnsweringServer(server)
        finally:
            server.shutdown()
            thread.join(ENOUGH)
