"""The server that everything reads from, in a process of its own: bytes made beforehand.

``POST /<form>/<rows>/reports/content-completion/<from>/<until>`` answers with one array;
``POST /api/org.users.list`` and ``/api/user.info`` stand in for Coursebase with as many
users as wanted, at once and without any latency.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from benchmarks.paths import BENCH, OWN_PYTHON, ROOT
from benchmarks.rows import body_file

DATA = BENCH / "data"
PAGE = 100
_REPORT = re.compile(r"/(?P<form>[a-z]+)/(?P<rows>\d+)/reports/content-completion/\d+/\d+")
_CHUNK = 1 << 20


@contextmanager
def running(users: int = 0) -> Iterator[str]:
    """Start the server in a process of its own.

    Args:
        users: How many users Coursebase's stand-in has.

    Yields:
        Its URL, without a slash at the end.
    """
    with subprocess.Popen(
        [OWN_PYTHON, "-m", "benchmarks.server", "--users", str(users)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - a pipe, for the type checker
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


def main() -> None:
    """Serve until SIGTERM; print the URL when ready."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.server")
    parser.add_argument("--users", type=int, default=0)
    users = parser.parse_args().users
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=_serve, args=(connection, users), daemon=True).start()


def _serve(connection: socket.socket, users: int) -> None:
    with connection, contextlib.suppress(OSError), connection.makefile("rb") as stream:
        while request := stream.readline().decode("latin-1").split():
            headers = http.client.parse_headers(stream)
            body = stream.read(int(headers["Content-Length"] or 0))
            if match := _REPORT.fullmatch(request[1]):
                path = body_file(DATA, int(match["rows"]), match["form"])
                _send_report(connection, path, packed="gzip" in headers["Accept-Encoding"])
            else:
                connection.sendall(_answer(request[1], json.loads(body), users))


def _send_report(connection: socket.socket, path: Path, *, packed: bool) -> None:
    with path.open("rb") as file:
        if packed:
            size = path.stat().st_size
            connection.sendall(_head(size, {"Content-Encoding": "gzip"}))
            connection.sendfile(file)
            return
        connection.sendall(_head(None, {"Transfer-Encoding": "chunked"}))
        for piece in _unpacked(file):
            connection.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")


def _unpacked(file: BinaryIO) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=31)
    while chunk := file.read(_CHUNK >> 3):
        if piece := unpacker.decompress(chunk):
            yield piece


def _head(size: int | None, extra: Mapping[str, str]) -> bytes:
    headers = {"Content-Type": "application/json; charset=utf-8", **extra}
    if size is not None:
        headers["Content-Length"] = str(size)
    lines = ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def _answer(path: str, arguments: Mapping[str, Any], users: int) -> bytes:
    data = _user_page if path.endswith("org.users.list") else _user
    body = json.dumps({"status": "success", "data": data(arguments, users)}).encode()
    return _head(len(body), {}) + body


def _user_page(arguments: Mapping[str, Any], users: int) -> dict[str, Any]:
    start = int(arguments.get("next") or 0)
    end = min(start + PAGE, users)
    return {
        "users": [{"user_id": f"u{n}", "login_id": f"{n}@example.com"} for n in range(start, end)],
        "next": str(end) if end < users else None,
    }


def _user(arguments: Mapping[str, Any], _users: int) -> dict[str, Any]:
    user_id = arguments["user_id"]
    return {
        "user_id": user_id,
        "login_id": f"{user_id[1:]}@example.com",
        "first_name": "Robin",
        "last_name": "Example",
        "time_zone": "UTC",
        "language": "en",
        "profile": [{"field_id": "f1", "name": "Site", "values": ["North"]}],
    }


if __name__ == "__main__":
    main()
