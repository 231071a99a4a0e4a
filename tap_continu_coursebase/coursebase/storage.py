"""Fetch an export's file from the storage host, by its presigned link."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from http import HTTPStatus
from typing import IO
from urllib.parse import parse_qsl, urlsplit

from tap_continu_coursebase.core.errors import ApiError, RejectedError, TransientError
from tap_continu_coursebase.decode.spool import on_disk
from tap_continu_coursebase.transport.address import is_safe
from tap_continu_coursebase.transport.session import HttpSession

LARGEST_FILE = 2 << 30
_SHORTEST_SECRET = 8


class LinkExpiredError(RejectedError):
    """The storage host refuses the link: a fresh one is needed."""


class NoFileError(RejectedError):
    """The storage host has no file where a link leads."""


def download(url: str, timeout: float) -> IO[bytes]:
    """Stream a file to disk.

    The bearer token is not sent: the storage is another host, and the link is the
    credential, so it appears in no message either.

    Args:
        url: The presigned link.
        timeout: Seconds without a byte, and for the first one.

    Returns:
        A temporary file at its beginning; it has no name and vanishes when closed.

    Raises:
        LinkExpiredError: HTTP 403.
        NoFileError: HTTP 404.
        RejectedError: The file is too large, or the host refuses it otherwise.
        TransientError: All tries failed.
        SourceStoppedError: No try could connect to the host.
        SpoolError: There is no room for the file on disk.
    """
    if not is_safe(url):
        raise RejectedError("the link to an export is no https URL")
    session = HttpSession(
        auth=None,
        budget=None,
        timeout=timeout,
        endless=True,
        classify=_classify,
        secrets=lambda: _secrets(url),
    )
    with closing(session):
        return session.get(url, _copy).value


def _copy(chunks: Iterable[bytes]) -> IO[bytes]:
    with ExitStack() as unless_complete:
        with on_disk():
            file: IO[bytes] = unless_complete.enter_context(tempfile.TemporaryFile())
        for chunk in chunks:
            with on_disk():
                file.write(chunk)
            if file.tell() > LARGEST_FILE:
                raise RejectedError(f"the export's file is larger than {LARGEST_FILE >> 20} MiB")
        with on_disk():
            file.seek(0)
        unless_complete.pop_all()
        return file


def _secrets(url: str) -> Iterator[str]:
    """Yield what of a presigned link is a credential: all of it, and each long value of its query.

    Short ones, such as a page or a version, stand in many a message and give no access.
    """
    query = urlsplit(url).query
    values = (value for _, value in parse_qsl(query) if len(value) >= _SHORTEST_SECRET)
    yield from (url, query, *values)


def _classify(status: int, message: str) -> ApiError:  # noqa: ARG001 - it may quote the link
    shown = f"storage answered with HTTP {status}"
    if status == HTTPStatus.FORBIDDEN:
        return LinkExpiredError(shown)
    if status == HTTPStatus.NOT_FOUND:
        return NoFileError(shown)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return TransientError(shown)
    return RejectedError(shown)
