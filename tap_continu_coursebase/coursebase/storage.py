"""Fetch an export's file from the storage host, by its presigned link."""

from __future__ import annotations

import logging
import tempfile
import time
from http import HTTPStatus
from typing import IO

import backoff
import requests
import urllib3

from tap_continu_coursebase.core.errors import ApiError, RejectedError, TransientError
from tap_continu_coursebase.transport.address import is_safe
from tap_continu_coursebase.transport.session import MAX_TRIES, no_credentials

LARGEST_FILE = 2 << 30
_CHUNK = 1 << 16

logger = logging.getLogger(__name__)


class LinkExpiredError(RejectedError):
    """The storage host refuses the link: a fresh one is needed."""


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
        RejectedError: The file is too large, or the host refuses it otherwise.
        TransientError: All tries failed.
    """
    if not is_safe(url):
        raise RejectedError("the link to an export is no https URL")
    ask = backoff.on_exception(
        backoff.expo,
        TransientError,
        max_tries=MAX_TRIES,
        max_value=30,
        on_backoff=lambda details: logger.warning("%s; asking again", details["exception"]),
        logger=None,
    )(_attempt)
    return ask(url, timeout)


def _attempt(url: str, timeout: float) -> IO[bytes]:
    file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - handed to the caller
    try:
        _stream(url, timeout, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _stream(url: str, timeout: float, file: IO[bytes]) -> None:
    try:
        with requests.get(
            url, auth=no_credentials, timeout=timeout, stream=True, allow_redirects=False
        ) as response:
            if response.status_code != HTTPStatus.OK:
                raise _refusal(response.status_code)
            _copy(response, timeout, file)
    except ValueError:  # what the HTTP library raises for a link that it cannot read
        raise RejectedError("the link to an export is no URL") from None
    except (requests.RequestException, urllib3.exceptions.HTTPError):
        raise TransientError("the download of an export was cut short or stalled") from None


def _copy(response: requests.Response, timeout: float, file: IO[bytes]) -> None:
    size = 0
    latest = time.monotonic()
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        size += len(chunk)
        if size > LARGEST_FILE:
            raise RejectedError(f"the export's file is larger than {LARGEST_FILE >> 20} MiB")
        file.write(chunk)
        if time.monotonic() - latest > timeout:
            raise TransientError("the download of an export stalled")
        latest = time.monotonic()


def _refusal(status: int) -> ApiError:
    if status == HTTPStatus.FORBIDDEN:
        return LinkExpiredError("storage answered with HTTP 403")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        return TransientError(f"storage answered with HTTP {status}")
    return RejectedError(f"storage answered with HTTP {status}")
