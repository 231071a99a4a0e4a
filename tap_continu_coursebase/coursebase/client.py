"""The Coursebase RPC client: POST, an envelope, cursors.

Knows HTTP and nothing of Singer. Facts: the vendor's page of methods and its introduction.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from tap_continu_coursebase.core.errors import (
    ApiError,
    RejectedError,
    SourceStoppedError,
    TransientError,
    one_line,
)
from tap_continu_coursebase.coursebase.auth import BearerAuth, Tokens
from tap_continu_coursebase.decode.document import decode_json, in_memory
from tap_continu_coursebase.transport.session import MAX_TRIES, HttpSession

READ_METHODS = frozenset(
    {
        "course.approvers.list",
        "course.info",
        "group.users.list",
        "org.courses.list",
        "org.groups.list",
        "org.profile.list",
        "org.reports.list",
        "org.users.list",
        "org.users.search",
        "report.export",
        "report.export.status",
        "user.groups.list",
        "user.info",
    }
)
"""All that is ever called; ``report.export`` starts a job and is the one that is no mere read."""

UNKNOWN_CURSOR = "invalid_cursor"
"""Code of a cursor that the server no longer knows (inferred)."""

_CODE = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_RESTARTS = 3
_SHOWN = 200

logger = logging.getLogger(__name__)


class RpcError(RejectedError):
    """A method answered with an error code.

    Attributes:
        code: The machine-readable code (documented for each method).
    """

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"{method} answered with the error '{code}'")
        self.code = code


class CoursebaseClient:
    """Calls methods of one organisation.

    Args:
        url: The organisation's own address, for instance ``https://learn.example.com``.
        tokens: Gives bearer tokens.
        timeout: Seconds for one request, its whole response included.
        tries: How often one call is asked at most.
    """

    def __init__(self, *, url: str, tokens: Tokens, timeout: float, tries: int = MAX_TRIES) -> None:
        self._url = url.rstrip("/")
        self._tokens = tokens
        self._stopped: SourceStoppedError | None = None
        self._http = HttpSession(
            auth=BearerAuth(tokens),
            budget=None,
            timeout=timeout,
            tries=tries,
            classify=_classify,
            secrets=tokens.secrets,
            url_setting="coursebase_url",
        )

    def call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        """Call one method.

        Args:
            method: One of ``READ_METHODS``.
            arguments: Sent as the JSON body, ``{}`` if there are none (documented).

        Returns:
            ``data`` of the envelope.

        Raises:
            RpcError: If the envelope says ``error``, under whatever HTTP status.
            SourceStoppedError: 401 with no other token to be had, also at each later call.
            TransientError: All tries failed.
        """
        if method not in READ_METHODS:
            raise ValueError(f"{method} is not a method that reads")
        if self._stopped is not None:
            raise self._stopped
        try:
            return self._call(method, arguments)
        except SourceStoppedError as error:
            self._stopped = error
            raise

    def pages(
        self, method: str, arguments: Mapping[str, Any], items: str
    ) -> Iterator[Mapping[str, Any]]:
        """Call a paginated method until its cursor ends, with the same arguments each time.

        A missing or empty ``next`` is the end like a null one (inferred); an empty page is
        not. If the server forgets a cursor midway, the list begins anew and gives its first
        items again; a few times at most, and only while it gets further each time.

        Args:
            method: Which method.
            arguments: Its arguments, without the cursor.
            items: The array's name in ``data``.

        Yields:
            The items.

        Raises:
            ApiError: As ``call``, and if a cursor is no string or comes twice.
        """
        seen: set[str] = set()
        cursor: str | None = None
        restarts = furthest = 0
        while True:
            sent = arguments if cursor is None else {**arguments, "next": cursor}
            try:
                data = self.call(method, sent)
            except RpcError as error:
                reached = len(seen)
                if error.code != UNKNOWN_CURSOR or reached <= furthest or restarts == _RESTARTS:
                    raise
                restarts, furthest = restarts + 1, reached
                logger.info("%s no longer knows its cursor: listing from the start", method)
                seen.clear()
                cursor = None
                continue
            if not isinstance(data, Mapping) or not isinstance(data.get(items), list):
                raise RejectedError(f"{method} answered without the list '{items}'")
            yield from data[items]
            cursor = data.get("next")
            if cursor in (None, ""):
                return
            if not isinstance(cursor, str):
                raise RejectedError(f"{method} gave a cursor that is no string")
            if cursor in seen:
                raise RejectedError(f"{method} gave the same cursor twice: the list has no end")
            seen.add(cursor)

    def _call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        def decode(body: bytes) -> Any:
            envelope = decode_json(body)
            status = envelope.get("status") if isinstance(envelope, Mapping) else None
            if status == "error":
                raise RpcError(method, self._abridge(envelope.get("error")))
            if status != "success":
                raise TransientError(f"{method} answered without a status")
            return envelope.get("data")

        url = f"{self._url}/api/{method}"
        token = self._tokens.token()
        try:
            try:
                return self._http.post(url, arguments, in_memory(decode)).value
            except SourceStoppedError:
                if not self._tokens.reject(token):
                    raise
                return self._http.post(url, arguments, in_memory(decode)).value
        except _CodeError as error:
            raise RpcError(method, error.code) from error

    def _abridge(self, code: Any) -> str:
        """Return an error code, or what stands in its place, as one short line."""
        return one_line(self._http.redact(str(code)))[:_SHOWN]


class _CodeError(RejectedError):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _classify(status: int, message: str) -> ApiError | None:
    """Read an envelope's error code under an HTTP error status (which one is not documented)."""
    if message in DOCUMENTED_CODES:
        return _CodeError(message)
    if status == HTTPStatus.UNAUTHORIZED:
        return SourceStoppedError(
            f"HTTP 401: {message}; check coursebase_access_token, or coursebase_client_id and "
            "coursebase_client_secret"
        )
    temporary = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
    return _CodeError(message) if not temporary and _CODE.fullmatch(message) else None


DOCUMENTED_CODES = frozenset(
    {
        "course_not_found",
        "feature_not_enabled",
        "group_not_found",
        "invalid_language",
        "invalid_report_id",
        "invalid_report_type",
        "invalid_time_zone",
        "not_found",
        "report_not_found",
        "user_not_found",
    }
)
"""Codes of the methods that read, section Errors of each (documented)."""
