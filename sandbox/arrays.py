"""JSON arrays written piece by piece, so that a large one never stands in memory."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import chain

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

PIECE = 64 * 1024
AT_ONCE = 1024 * 1024
"""Arrays up to this many bytes carry a Content-Length, larger ones come in chunks."""

_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_escaped = json.JSONEncoder(separators=(",", ":"))


def json_pieces(rows: Iterable[object], *, escaped: bool = False) -> Iterator[bytes]:
    """Yield a JSON array in pieces of roughly `PIECE` bytes.

    Args:
        rows: The elements.
        escaped: Write everything beyond ASCII as escapes, lone surrogates included.
    """
    encode = (_escaped if escaped else _plain).encode
    held, size, mark = [], 0, "["
    for row in rows:
        text = mark + encode(row)
        held.append(text)
        size += len(text)
        mark = ",\n"
        if size >= PIECE:
            yield "".join(held).encode()
            held, size = [], 0
    held.append("[]" if mark == "[" else "]")
    yield "".join(held).encode()


def _head(pieces: Iterator[bytes]) -> tuple[bytes, bool]:
    """Join pieces up to `AT_ONCE` bytes; tell whether that was all."""
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= AT_ONCE:
            return bytes(held), False
    return bytes(held), True


async def array_response(pieces: Iterator[bytes]) -> Response:
    """Answer with a JSON array, streamed when it is large."""
    head, complete = await run_in_threadpool(_head, pieces)
    if complete:
        return Response(head, media_type="application/json")
    return StreamingResponse(chain((head,), pieces), media_type="application/json")
