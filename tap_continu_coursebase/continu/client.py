"""The Continu Reporting API: 14 POST endpoints, each answering with one JSON array.

Knows HTTP and nothing of Singer. Facts: the vendor's pages on the request model,
authentication, error handling and rate limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from http import HTTPStatus
from typing import Any, TypeVar

from tap_continu_coursebase.core.answer import Answer, Body, Read
from tap_continu_coursebase.core.errors import (
    ApiError,
    BadRequestError,
    NothingFoundError,
    RejectedError,
    SourceStoppedError,
    TooMuchError,
    TransientError,
)
from tap_continu_coursebase.core.watch import Watch
from tap_continu_coursebase.core.windows import Window, halve
from tap_continu_coursebase.decode import hints
from tap_continu_coursebase.decode.array import NotAnArrayError
from tap_continu_coursebase.transport.budget import RequestBudget
from tap_continu_coursebase.transport.session import MAX_TRIES, HttpSession, TokenAuth

T = TypeVar("T")

_TAG = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_ADDRESS = re.compile(r"\S+@\S+")
_BAD_REQUEST = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_OF_THE_DAY = re.compile(
    r"(?!.*\bminutes?\b).*\b(?:today|daily|(?:per|a) day)\b", re.IGNORECASE | re.DOTALL
)
_SPAN = re.compile(r"\b(\d{1,7})[\s-]*(second|minute|hour|day|week|month)", re.IGNORECASE)
_SPANS: Mapping[str, timedelta] = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=28),
}
"""A month has 28 days at least."""
_MAY_BE_EMPTY = "if that means an empty answer, set continu_not_found_is_empty to true"


class ContinuClient:
    """Asks for reports, within one budget for all of them.

    Args:
        url: Base URL, version prefix included.
        token: The organisation's token.
        scheme: ``raw`` or ``bearer`` (documented: it varies by deployment).
        budget: Calls a minute and a day, per company.
        timeout: Seconds for one request, its whole response included.
        tries: How often one call is asked at most.
        not_found_is_empty: Whether words that speak of no records, under 404 or in place of rows,
            are an empty answer.
        watch: Keeps what is asked and answered; None to keep nothing.
    """

    def __init__(
        self,
        *,
        url: str,
        token: str,
        scheme: str,
        budget: RequestBudget,
        timeout: float,
        tries: int = MAX_TRIES,
        not_found_is_empty: bool = False,
        watch: Watch | None = None,
    ) -> None:
        self._url = url.rstrip("/")
        self._not_found_is_empty = not_found_is_empty
        self._stopped: SourceStoppedError | None = None
        self._http = HttpSession(
            auth=TokenAuth(f"Bearer {token}" if scheme == "bearer" else token),
            budget=budget,
            timeout=timeout,
            tries=tries,
            classify=self._classify,
            secrets=lambda: (token,),
            url_setting="continu_api_url",
            watch=watch,
        )

    def report(
        self,
        path: str,
        body: Mapping[str, Any],
        read: Read[T],
        window: Window | None = None,
        *,
        divisible: bool = False,
    ) -> Answer[T]:
        """Ask for one report.

        Args:
            path: Below ``/reports/``, for instance ``content-completion``.
            body: Flags, filters and ``range_target``.
            read: Turns the body into the answer's value; raises NotAnArrayError if it has no rows
                or is not complete.
            window: Goes into the path as epoch seconds; None for reports without dates.
            divisible: Whether the caller can halve the window if it is too much.

        Returns:
            What was read.

        Raises:
            RejectedError: 403, 404: the API's message tells why.
            BadRequestError: 400, 422: likewise.
            SourceStoppedError: 401 or the daily cap, also at each later call.
            TransientError: All tries failed.
            TooMuchError: A divisible window failed at its size; any window is longer than the
                API's message says that it may be.
        """
        if self._stopped is not None:
            raise self._stopped
        url = f"{self._url}/reports/{path}"
        if window is not None:
            url += f"/{int(window.start.timestamp())}/{int(window.until.timestamp())}"
        divisible = divisible and window is not None and halve(window) is not None
        try:
            return self._http.post(url, body, self._complete(read), divisible=divisible)
        except BadRequestError as error:
            if window is not None and (longest := _longest(str(error), window)) is not None:
                raise TooMuchError(str(error), longest=longest) from error
            raise
        except SourceStoppedError as error:
            self._stopped = error
            raise

    def _classify(self, status: int, message: str) -> ApiError | None:
        """Read what only this API says: 401 and 429 differ by their message's prefix."""
        if status == HTTPStatus.NO_CONTENT:
            return NothingFoundError(message)
        if status == HTTPStatus.NOT_FOUND and hints.says_nothing(message):
            if self._not_found_is_empty:
                return NothingFoundError(message)
            return RejectedError(f"HTTP 404: {message}; {_MAY_BE_EMPTY}")
        if status == HTTPStatus.UNAUTHORIZED:
            if "expired" in message.lower():
                advice = "the token has expired (they live 30 days): get a new one"
            else:
                advice = (
                    "check continu_api_token, and whether continu_auth_scheme should be "
                    "raw or bearer"
                )
            return SourceStoppedError(f"HTTP 401: {message}; {advice}")
        if status == HTTPStatus.TOO_MANY_REQUESTS and _OF_THE_DAY.match(message):
            return SourceStoppedError(
                f"HTTP 429: {message}; what was loaded is safe: run again after 00:00 UTC "
                "(when the day begins is not documented)"
            )
        if status in _BAD_REQUEST:
            return BadRequestError(f"HTTP {status}: {message}")
        return None

    def _complete(self, read: Read[T]) -> Read[T]:
        """Let an answer that is no complete array be retried: once, if it is something else."""

        def read_or_retry(body: Body) -> T:
            try:
                return read(body)
            except NotAnArrayError as error:
                said = self._shown(error.said)
                if error.is_other and hints.says_nothing(error.said):
                    if self._not_found_is_empty:
                        return read(_Nothing())
                    said += f"; {_MAY_BE_EMPTY}"
                raise TransientError(
                    f"the response is {error}{': ' * bool(said)}{said}",
                    oversized=not error.is_other,
                    lasting=error.is_other,
                    check="continu_api_url" * error.said.startswith("<"),
                ) from error

        return read_or_retry

    def _shown(self, said: str) -> str:
        """Return what a server says in place of rows: one line without secrets, tags, addresses."""
        text = self._http.redact(said)
        if text.startswith("<"):
            text = _TAG.sub(" ", text)
        text = "".join(c if c.isprintable() or c.isspace() else "?" for c in text)
        return self._http.abridge(_ADDRESS.sub("?", text))


class _Nothing:
    """A body without a byte, in place of one that says in words that there are no rows."""

    is_framed = True

    def __iter__(self) -> Iterator[bytes]:
        return iter(())


def _longest(message: str, window: Window) -> timedelta | None:
    """Read how long a window may be from a refusal of one that is not shorter; else None."""
    spans = (int(number) * _SPANS[unit.lower()] for number, unit in _SPAN.findall(message))
    return max((span for span in spans if timedelta(0) < span <= window.length), default=None)
