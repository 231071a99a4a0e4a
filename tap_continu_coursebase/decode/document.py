"""Read a body that is one JSON document and fits into memory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from tap_continu_coursebase.core.answer import Read
from tap_continu_coursebase.core.errors import TooMuchError, TransientError
from tap_continu_coursebase.decode.value import loads

T = TypeVar("T")

MAX_BYTES = 1 << 28

logger = logging.getLogger(__name__)


def in_memory(decode: Callable[[bytes], T]) -> Read[T]:
    """Read a body by decoding it once all of it has arrived.

    Raises:
        TooMuchError: If it is too large to be held in memory.
    """

    def read(chunks: Iterable[bytes]) -> T:
        body = bytearray()
        for chunk in chunks:
            body += chunk
            if len(body) > MAX_BYTES:
                raise TooMuchError(f"the response is larger than {MAX_BYTES >> 20} MiB")
        return decode(bytes(body))

    return read


def decode_json(body: bytes) -> Any:
    """Decode a body; numbers with a fraction become Decimal, exactly as written.

    Raises:
        TransientError: If it is not complete JSON.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        logger.warning("the response is not valid UTF-8: unreadable characters become U+FFFD")
        text = body.decode("utf-8-sig", "replace")
    try:
        return loads(text)
    except (ValueError, RecursionError) as error:
        if text.lstrip()[:1] == "<":
            raise TransientError("the response is an HTML page", lasting=True) from error
        raise TransientError("the response is not complete JSON", oversized=True) from error
