"""The Coursebase RPC client: POST, an envelope, cursors.

Knows HTTP and nothing of Singer. Facts: the vendor's page of methods and its introduction.

Documented: ``status`` is ``success`` or ``error``, ``error`` a code, ``next`` a string or null.
Inferred, since no other answer is published: words are the same in capitals; an error that has no
code is told by whatever text it has; a refusal that speaks of a rate is a 429 under any HTTP
status; ``next`` may be a number, which is sent back as the number it is, and what is empty, false
or zero ends a list like null.
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
from tap_continu_coursebase.core.watch import Watch
from tap_continu_coursebase.coursebase.auth import BearerAuth, Tokens
from tap_continu_coursebase.decode.document import decode_json, in_memory
from tap_continu_coursebase.decode.value import Misfit, coerce
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
_RATE_LIMITED = re.compile(r"rate.?limit|too.?many.?(requests|calls)|throttl", re.IGNORECASE)
_CODES_IN = ("error", "code", "error_code", "type")
_TEXTS_IN = ("message", "error_message", "error_description", "description", "detail", "details")
_ELSEWHERE = ("errors", "reason", "title", "text")
_SAID_IN = ("message", "error", "error_message", "error_description")
"""Where an answer that is no envelope may speak, and no row holds what a person wrote."""
_RESTARTS = 3
_SHOWN = 200

logger = logging.getLogger(__name__)


class RpcError(RejectedError):
    """A method answered with an error.

    Attributes:
        code: The machine-readable code (documented for each method); empty if it has none.
    """

    def __init__(self, method: str, code: str, text: str = "") -> None:
        error = f"the error '{code}'" if code else "an error"
        super().__init__(f"{method} answered with {error}{': ' if text else ''}{text}")
        self.code = code


class CoursebaseClient:
    """Calls methods of one organisation.

    Args:
        url: The organisation's own address, for instance ``https://learn.example.com``.
        tokens: Gives bearer tokens.
        timeout: Seconds for one request, its whole response included.
        tries: How often one call is asked at most.
        watch: Keeps what is asked and answered, and ends each list with its first page; None to
            keep nothing and read all pages.
    """

    def __init__(
        self,
        *,
        url: str,
        tokens: Tokens,
        timeout: float,
        tries: int = MAX_TRIES,
        watch: Watch | None = None,
    ) -> None:
        self._has_one_page = watch is not None
        self._url = url.rstrip("/")
        self._tokens = tokens
        self._stopped: SourceStoppedError | None = None
        self._http = HttpSession(
            auth=BearerAuth(tokens),
            budget=None,
            timeout=timeout,
            tries=tries,
            classify=_classify,
            describe=_describe,
            secrets=tokens.secrets,
            url_setting="coursebase_url",
            watch=watch,
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

        A missing, empty, false or zero ``next`` is the end like a null one (inferred); an empty
        page is not. If the server forgets a cursor midway, the list begins anew and gives its first
        items again; a few times at most, and only while it gets further each time.

        Args:
            method: Which method.
            arguments: Its arguments, without the cursor.
            items: The array's name in ``data``.

        Yields:
            The items.

        Raises:
            ApiError: As ``call``, and if a cursor is neither text nor number, or comes twice.
        """
        seen: set[str | int] = set()
        cursor: str | int | None = None
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
            cursor = _cursor(method, data.get("next"))
            if cursor is None or self._has_one_page:
                return
            if cursor in seen:
                raise RejectedError(f"{method} gave the same cursor twice: the list has no end")
            seen.add(cursor)

    def _call(self, method: str, arguments: Mapping[str, Any]) -> Any:
        def decode(body: bytes) -> Any:
            envelope = decode_json(body)
            given = envelope.get("status") if isinstance(envelope, Mapping) else None
            status = given.strip().lower() if isinstance(given, str) else given
            if status == "success":
                return envelope.get("data")
            if status == "error":
                raise self._error(method, envelope)
            if status in (None, ""):
                raise TransientError(f"{method} answered without a status{self.shape(envelope)}")
            raise RejectedError(
                f"{method} answered with the status {self.shown(repr(given))}, which is neither "
                f"success nor error{self.shape(envelope)}"
            )

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

    def shown(self, text: str, most: int = _SHOWN) -> str:
        """Return what a server said as one short line without secrets."""
        line = one_line(self._http.redact(text))
        return line if len(line) <= most else f"{line[:most]}..."

    def shape(self, answer: Any) -> str:
        """Return what an answer that is no envelope looks like."""
        if not isinstance(answer, Mapping):
            return f" (it is {_kind(answer)})"
        said = self.shown(_first(answer, _SAID_IN))
        keys = self.shown(", ".join(sorted(answer))) or "nothing"
        return f" (it has: {keys})" + (f": {said}" if said else "")

    def _error(self, method: str, envelope: Mapping[str, Any]) -> ApiError:
        """Return what an envelope's error means: a wait, or the error with its code or text."""
        code, text = (self.shown(part) for part in told(envelope))
        error = RpcError(method, code, text)
        if _RATE_LIMITED.search(code or text):
            return TransientError(str(error), rate_limited=True)
        if code or text:
            return error
        return RpcError(method, "", f"no code and no text{self.shape(envelope)}")


def told(answer: Mapping[str, Any]) -> tuple[str, str]:
    """Read an error's code and text, wherever in an answer they stand (inferred).

    A code is one word; what is more than that is text.

    Returns:
        Code and text, each empty if there is none.
    """
    error = answer.get("error")
    if isinstance(error, list) and error:
        error = error[0]
    if isinstance(error, Mapping):
        code = _first(error, _CODES_IN)
        text = _first(error, _TEXTS_IN) or _first(answer, _TEXTS_IN)
    else:
        code = str(error) if isinstance(error, str | int) and not isinstance(error, bool) else ""
        code = code or _first(answer, _CODES_IN[1:])
        data = answer.get("data")
        text = _first(answer, (*_TEXTS_IN, *_ELSEWHERE))
        text = text or _first(data if isinstance(data, Mapping) else {"message": data}, _SAID_IN)
    code = code.strip()
    if " " in code:
        return "", f"{code}: {text}" if text and text != code else code
    return code, "" if text == code else text


def _first(answer: Mapping[str, Any], names: tuple[str, ...]) -> str:
    """Return the first of some fields that holds a text, or a list or object that does."""
    for name in names:
        value = answer.get(name)
        if isinstance(value, list):
            value = next(iter(value), None)
        if isinstance(value, Mapping):
            value = _first(value, (*_TEXTS_IN, *_CODES_IN))
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value)
    return ""


def _cursor(method: str, given: Any) -> str | int | None:
    """Read ``next``: None if it ends the list."""
    if not given:
        return None
    if isinstance(given, str):
        return given
    try:
        number: int = coerce(given, ("integer",))
    except Misfit:
        raise RejectedError(f"{method} gave a cursor (next) that is {_kind(given)}") from None
    return number


def _kind(value: Any) -> str:
    kinds = {list: "an array", dict: "an object", str: "a text", bool: "a boolean"}
    return "null" if value is None else kinds.get(type(value), "a number")


class _CodeError(RejectedError):
    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def _describe(answer: Mapping[str, Any]) -> str:
    """Return the code of an error, else its text."""
    code, text = told(answer)
    return code or text


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
    if temporary:
        return None
    if _RATE_LIMITED.search(message):
        return TransientError(f"HTTP {status}: {message}", rate_limited=True)
    return _CodeError(message) if _CODE.fullmatch(message) else None


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
