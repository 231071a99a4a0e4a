"""The Continu Reporting API: 14 POST endpoints, each answering with one JSON array.

Knows HTTP and nothing of Singer. Facts: the vendor's pages on the request model,
authentication, error handling and rate limits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from tap_continu_coursebase.core.answer import Answer, Read
from tap_continu_coursebase.core.errors import ApiError, SourceStoppedError, TransientError
from tap_continu_coursebase.core.windows import Window, halve
from tap_continu_coursebase.decode.array import NotAnArrayError
from tap_continu_coursebase.transport.budget import RequestBudget
from tap_continu_coursebase.transport.session import MAX_TRIES, HttpSession, TokenAuth

T = TypeVar("T")


class ContinuClient:
    """Asks for reports, within one budget for all of them.

    Args:
        url: Base URL, version prefix included.
        token: The organisation's token.
        scheme: ``raw`` or ``bearer`` (documented: it varies by deployment).
        budget: Calls a minute and a day, per company.
        timeout: Seconds for one request, its whole response included.
        tries: How often one call is asked at most.
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
    ) -> None:
        self._url = url.rstrip("/")
        self._stopped: SourceStoppedError | None = None
        self._http = HttpSession(
            auth=TokenAuth(f"Bearer {token}" if scheme == "bearer" else token),
            budget=budget,
            timeout=timeout,
            tries=tries,
            classify=self._classify,
            secrets=lambda: (token,),
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
            read: Turns the bytes of the array, as they arrive, into the answer's value; raises
                NotAnArrayError if they are no complete array.
            window: Goes into the path as epoch seconds; None for reports without dates.
            divisible: Whether the caller can halve the window if it is too much.

        Returns:
            What was read.

        Raises:
            RejectedError: 400, 403, 404: the API's message tells why.
            SourceStoppedError: 401 or the daily cap, also at each later call.
            TransientError: All tries failed.
            TooMuchError: A divisible window failed at its size.
        """
        if self._stopped is not None:
            raise self._stopped
        url = f"{self._url}/reports/{path}"
        if window is not None:
            url += f"/{int(window.start.timestamp())}/{int(window.until.timestamp())}"
        divisible = divisible and window is not None and halve(window) is not None
        try:
            return self._http.post(url, body, _complete(read), divisible=divisible)
        except SourceStoppedError as error:
            self._stopped = error
            raise

    @staticmethod
    def _classify(status: int, message: str) -> ApiError | None:
        """Read what only this API says: 401 and 429 differ by their message's prefix."""
        if status == HTTPStatus.UNAUTHORIZED:
            if "expired" in message.lower():
                advice = "the token has expired (they live 30 days): get a new one"
            else:
                advice = (
                    "check continu_api_token, and whether continu_auth_scheme should be "
                    "raw or bearer"
                )
            return SourceStoppedError(f"HTTP 401: {message}; {advice}")
        if status == HTTPStatus.TOO_MANY_REQUESTS and message.startswith("too many requests today"):
            return SourceStoppedError(
                f"HTTP 429: {message}; what was loaded is safe: run again after 00:00 UTC "
                "(when the day begins is not documented)"
            )
        return None


def _complete(read: Read[T]) -> Read[T]:
    """Let an answer that is no complete array be retried."""

    def read_or_retry(chunks: Iterable[bytes]) -> T:
        try:
            return read(chunks)
        except NotAnArrayError as error:
            raise TransientError(
                f"the response is {error}", oversized=not error.is_other
            ) from error

    return read_or_retry
