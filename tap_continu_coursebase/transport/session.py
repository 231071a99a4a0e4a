"""One HTTP session: complete and checked answers, retries, Retry-After, budget, redaction."""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import ssl
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import backoff
import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from tap_continu_coursebase.core.activity import current
from tap_continu_coursebase.core.answer import Answer, Read
from tap_continu_coursebase.core.errors import (
    ApiError,
    NothingFoundError,
    RejectedError,
    SourceStoppedError,
    TooMuchError,
    TransientError,
    one_line,
)
from tap_continu_coursebase.core.watch import Exchange, Watch
from tap_continu_coursebase.transport import headers, proxy, redaction
from tap_continu_coursebase.transport.budget import RequestBudget
from tap_continu_coursebase.transport.gunzip import gunzipped
from tap_continu_coursebase.transport.waits import rest_of_minute, waits

T = TypeVar("T")
Classify = Callable[[int, str], ApiError | None]
Describe = Callable[[Mapping[str, Any]], str]

MAX_TRIES = 8
TRIES_OF_WHAT_STAYS = 2
TRIES_AT_FIRST = 3
SECONDS_AT_FIRST = 5.0
"""How often, and for how long, a host that has not answered yet is looked for."""
CONNECT_SECONDS = 30.0
TRIES_BEFORE_SPLITTING = 3
MAX_SECONDS = 3600.0
MAX_BODY_BYTES = 1 << 32
WORTH_A_WARNING = timedelta(minutes=1)
_NO_CONNECTION = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)
_CHUNK = 1 << 20
"""What of a chunk is not decompressed yet is copied for each piece: larger ones take longer."""
_MOST_CONNECTIONS = 32
_SHOWN = 200
_ERROR_BODY = 1 << 14
_ANSWERS = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.NON_AUTHORITATIVE_INFORMATION})
_GZIP = frozenset({"gzip", "x-gzip"})
_PLAIN = frozenset({"", "identity"})
_SHARED = (
    ": other clients of the company use its calls a minute; run when they do not, or lower "
    "continu_requests_per_minute in each of them"
)

logger = logging.getLogger(__name__)


class _WithoutQueries(logging.Filter):
    """Keeps query strings out of the HTTP library's log: a presigned one is a credential."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                argument.partition("?")[0] if isinstance(argument, str) else argument
                for argument in record.args
            )
        return True


def _is_about_headers(record: logging.LogRecord) -> bool:
    """Tell whether a message quotes a link and raw headers, as that of malformed ones does."""
    return "headers" in str(record.msg)


logging.getLogger("urllib3.connectionpool").addFilter(_WithoutQueries())
logging.getLogger("urllib3.connection").addFilter(lambda record: not _is_about_headers(record))


def no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Keep the HTTP library from adding what a netrc file has for the host."""
    return request


class _Counted:
    """Counts the bytes of a body while they are read, and ends one that is too large."""

    def __init__(self, chunks: Iterable[bytes], *, is_framed: bool) -> None:
        self._chunks = chunks
        self.is_framed = is_framed
        self.size = 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            if self.size > MAX_BODY_BYTES:
                raise TooMuchError(f"the response is larger than {MAX_BODY_BYTES >> 20} MiB")
            yield chunk


class TokenAuth(AuthBase):
    """Sends a token in the Authorization header, whatever the environment's netrc says."""

    def __init__(self, header: str) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header to a request."""
        request.headers["Authorization"] = self._header
        return request


def describe(answer: Mapping[str, Any]) -> str:
    """Return an error's ``message``, else its ``error``."""
    return str(answer.get("message") or answer.get("error") or "")


class HttpSession:
    """Asks one API and answers with complete bodies only.

    Args:
        auth: Adds the credentials to each request; they go to no other host, since
            redirects are refused.
        budget: What the API allows; None if it declares no limit.
        timeout: Seconds for one request, its whole response included; or for each further
            piece of the response, if that may take as long as it likes.
        endless: Whether it may.
        tries: How often one request is tried at most.
        classify: The API's own reading of an error status and message; None leaves it
            to the general rules.
        describe: What an error's JSON object says, for ``classify`` and for messages.
        secrets: Gives the texts that must not appear in any message.
        url_setting: The setting that a redirect says to change; none if it is no setting.
        watch: Keeps what is asked and answered; None to keep nothing.
    """

    def __init__(  # noqa: PLR0913 - each is one thing to know of an API
        self,
        *,
        auth: AuthBase | None,
        budget: RequestBudget | None,
        timeout: float,
        endless: bool = False,
        tries: int = MAX_TRIES,
        classify: Classify,
        describe: Describe = describe,
        secrets: Callable[[], Iterable[str]],
        url_setting: str = "",
        watch: Watch | None = None,
    ) -> None:
        self._watch = watch
        self._auth = auth or no_credentials
        self._budget = budget
        self._timeout = timeout
        self._endless = endless
        self._tries = tries
        self._classify = classify
        self._describe = describe
        self._secrets = secrets
        self._url_setting = url_setting
        self._warned_of_clock = False
        self._has_answered = False
        self._answers = 0
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_maxsize=_MOST_CONNECTIONS)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)
        self._session.headers["Accept-Encoding"] = "gzip, deflate"
        self._session.headers["User-Agent"] = "tap-continu-coursebase"

    def post(
        self,
        url: str,
        payload: Mapping[str, Any],
        read: Read[T],
        *,
        divisible: bool = False,
        form: bool = False,
    ) -> Answer[T]:
        """Send a body; retried until there is a complete and decodable answer.

        Args:
            url: Where to.
            payload: The body.
            read: Turns the chunks of the decompressed body, as they arrive, into a value;
                raises TransientError if they are no complete answer. Called once a try.
            divisible: Whether the caller can ask for less at once: then three failures
                that look like too large an answer are enough.
            form: Whether the body is sent as a form instead of JSON.

        Returns:
            The answer.

        Raises:
            ApiError: As ``get``; TooMuchError also if a divisible request keeps failing at
                its size.
        """
        body = {"data" if form else "json": payload}
        return self._answer("POST", url, body, read, divisible=divisible)

    def get(self, url: str, read: Read[T]) -> Answer[T]:
        """Get a resource; retried until there is a complete and decodable answer.

        Args:
            url: Which resource.
            read: As for ``post``.

        Returns:
            The answer.

        Raises:
            RejectedError: The request is refused; a retry won't help.
            SourceStoppedError: Nothing more can be had from this API now, or no try could
                connect to it.
            TransientError: All tries failed.
            TooMuchError: The answer is too large.
        """
        return self._answer("GET", url, {}, read, divisible=False)

    def _answer(
        self, method: str, url: str, body: Mapping[str, Any], read: Read[T], *, divisible: bool
    ) -> Answer[T]:
        started = time.monotonic()
        tries = oversized = reached = failures = lasting = 0
        answers, told = self._answers, ""

        def attempt() -> Answer[T]:
            nonlocal tries
            tries += 1
            requested_at = datetime.now(UTC)
            current().sent()
            with self._send(method, url, body) as response:
                ahead = self._clock_ahead(response)
                counted = _Counted(self._chunks(response), is_framed=_is_framed(response))
                try:
                    value = read(counted)
                except TransientError as error:
                    _hear_wait(error, response)
                    raise
            self._answers += 1
            seconds = time.monotonic() - started
            return Answer(value, counted.size, seconds, tries, requested_at, ahead)

        def give_up(error: Exception) -> bool:
            nonlocal oversized, reached, failures, lasting, answers, told
            if self._is_progress(error, answers):
                told = "others make progress within the same budget: not counted as a try"
            else:
                failures += 1
                told = f"try {failures} of {self._most_tries(error)}"
            answers = self._answers
            oversized += isinstance(error, TransientError) and error.oversized
            reached += not (isinstance(error, TransientError) and error.unreachable)
            lasting += isinstance(error, TransientError) and error.lasting
            too_much = divisible and oversized >= TRIES_BEFORE_SPLITTING
            is_late = self._is_unknown(error) and time.monotonic() - started >= SECONDS_AT_FIRST
            tried_enough = failures >= self._most_tries(error) or lasting >= TRIES_OF_WHAT_STAYS
            return too_much or is_late or tried_enough

        def tell(details: Any) -> None:
            logger.warning(
                "%s%s; retrying in %.0f s (%s)",
                current().prefix,
                details["exception"],
                details["wait"],
                told,
            )
            current().retried(f"the next try after: {details['exception']}", details["wait"])

        ask = backoff.on_exception(
            waits,
            TransientError,
            max_time=MAX_SECONDS,
            jitter=backoff.random_jitter,
            giveup=give_up,
            on_backoff=tell,
            logger=None,
        )(attempt)
        try:
            return ask()
        except TransientError as error:
            kind: type[ApiError] = TransientError
            if not reached:
                kind = SourceStoppedError
            elif divisible and error.oversized:
                kind = TooMuchError
            advice = _SHARED * error.shared + self._what_to_check(error)
            failed = kind(f"{error}; gave up after {tries} tries{advice}")
            if isinstance(failed, TransientError):
                failed.oversized = error.oversized
            raise failed from error

    def _is_unknown(self, error: Exception) -> bool:
        """Tell whether a host cannot be found or trusted that never answered in this run."""
        return (
            isinstance(error, TransientError)
            and error.doubtful
            and bool(self._url_setting)
            and not self._has_answered
        )

    def _what_to_check(self, error: TransientError) -> str:
        check = error.check or (self._url_setting if self._is_unknown(error) else "")
        return f"; check {check}" if check else ""

    def _most_tries(self, error: Exception) -> int:
        return min(self._tries, TRIES_AT_FIRST) if self._is_unknown(error) else self._tries

    def _is_progress(self, error: Exception, answers: int) -> bool:
        """Tell whether only the minute was used up, by calls that were answered meanwhile.

        Args:
            error: How a try failed.
            answers: How many calls of this session had been answered at the last failure.
        """
        return (
            isinstance(error, TransientError)
            and error.rate_limited
            and self._tries == MAX_TRIES
            and (error.shared or self._answers > answers)
        )

    def close(self) -> None:
        """Close the connections that are kept for further requests."""
        self._session.close()

    def redact(self, text: str) -> str:
        """Replace every known secret in a text."""
        return redaction.redact(text, self._secrets())

    @contextlib.contextmanager
    def _send(self, method: str, url: str, body: Mapping[str, Any]) -> Iterator[requests.Response]:
        """Send a request and yield the response, of which only the body is still to come."""
        if self._budget:
            self._budget.acquire()
        found: Mapping[str, str] = {}
        try:
            with self._begun(method, url, body) as response:
                self._has_answered = True
                self._note(response, body)
                if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                    raise self._error(response)
                found = response.headers
                if response.status_code not in _ANSWERS:
                    self._refuse(response)
                yield response
        except urllib3.exceptions.LocationValueError as error:
            raise proxy.unsendable(url, "not a URL") from error
        except requests.ReadTimeout as error:
            raise TransientError("no answer in time", oversized=True) from error
        except urllib3.exceptions.HTTPError as error:
            raise TransientError("the response was cut short or stalled", oversized=True) from error
        except requests.ConnectionError as error:
            raise self._connection_error(url, error) from error
        except requests.RequestException as error:
            raise proxy.unsendable(url, type(error).__name__) from error
        finally:
            if self._budget:
                self._budget.answered(
                    headers.count(found.get(headers.PER_MINUTE)),
                    headers.count(found.get(headers.PER_DAY)),
                )

    def _begun(self, method: str, url: str, body: Mapping[str, Any]) -> requests.Response:
        """Send a request and return the response that has begun."""
        try:
            return self._session.request(
                method,
                url,
                **body,
                auth=self._auth,
                timeout=(min(CONNECT_SECONDS, self._timeout), self._timeout),
                stream=True,
                allow_redirects=False,
            )
        except requests.RequestException:
            raise
        except OSError as error:  # before anything is sent, certificates are read
            raise SourceStoppedError(
                f"no request can be sent ({self.abridge(str(error))}); check REQUESTS_CA_BUNDLE"
            ) from error

    def _note(self, response: requests.Response, body: Mapping[str, Any]) -> None:
        """Keep an exchange whose answer has begun, if that is wanted."""
        if self._watch:
            [payload] = body.values() or [None]
            path, status = urlsplit(response.url).path, response.status_code
            self._watch.begin(Exchange(path, payload, status, dict(response.headers)))

    def _clock_ahead(self, response: requests.Response) -> timedelta:
        """Compare the clocks, and warn once if they differ much."""
        ahead = headers.clock_ahead(response.headers.get("Date"), datetime.now(UTC))
        if abs(ahead) > WORTH_A_WARNING and not self._warned_of_clock:
            self._warned_of_clock = True
            logger.warning(
                "This machine's clock is %.0f s %s the server's: set it right (what is newer "
                "than the server's present will be loaded by the next run)",
                abs(ahead).total_seconds(),
                "ahead of" if ahead > timedelta(0) else "behind",
            )
        return ahead

    def _chunks(self, response: requests.Response) -> Iterator[bytes]:
        """Yield what has arrived of the decompressed body, as it arrives."""
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        arriving = self._arriving(response, decode=encoding not in _GZIP | _PLAIN)
        chunks = gunzipped(gunzipped(arriving, is_said=True) if encoding in _GZIP else arriving)
        return self._watch.keep(chunks) if self._watch else chunks

    def _arriving(self, response: requests.Response, *, decode: bool) -> Iterator[bytes]:
        deadline = time.monotonic() + self._timeout
        while chunk := response.raw.read1(_CHUNK, decode_content=decode):
            yield chunk
            if time.monotonic() > deadline:
                raise TransientError("the response did not end in time", oversized=True)
            if self._endless:
                deadline = time.monotonic() + self._timeout

    def _refuse(self, response: requests.Response) -> None:
        """Raise what an error status means, unless it is an empty answer."""
        error = self._error(response)
        if not isinstance(error, NothingFoundError):
            raise error

    def _error(self, response: requests.Response) -> ApiError:
        """Return what an error status means; if the address is not known, with that address."""
        worked = self._answers > 0
        error = self._meaning(response)
        if (
            response.status_code != HTTPStatus.NOT_FOUND
            or type(error) is not RejectedError
            or not self._url_setting
        ):
            return error
        url = one_line(self.redact(urlsplit(response.url)._replace(query="", fragment="").geturl()))
        check = f"check {self._url_setting}"
        if worked:
            check = (
                f"{self._url_setting} answers other requests, so perhaps this one is not offered"
            )
        located = RejectedError(f"{error} ({url}); {check}")
        located.request = url
        return located

    def _meaning(self, response: requests.Response) -> ApiError:
        status = response.status_code
        message = self._message(response)
        shown = f"HTTP {status}: {message}" if message else f"HTTP {status}"
        if self._url_setting and response.is_redirect:
            return RejectedError(self._redirect(response))
        if status != HTTPStatus.ACCEPTED and (error := self._classify(status, message)) is not None:
            _hear_wait(error, response)
            return error
        wait = headers.retry_after(response.headers.get("Retry-After"))
        if wait is not None and wait > MAX_SECONDS:
            return RejectedError(f"{shown} (it asks to wait {wait:.0f} s: run again then)")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            shared = self._is_shared(message, response)
            if self._budget:
                self._budget.pause(wait or rest_of_minute(shared=shared))
            return TransientError(shown, retry_after=wait, rate_limited=True, shared=shared)
        if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return TooMuchError(shown)
        if status == HTTPStatus.ACCEPTED:
            return TransientError(f"{shown} (the answer is not ready)", retry_after=wait)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
            return TransientError(shown, retry_after=wait, oversized=True)
        return RejectedError(shown)

    def _redirect(self, response: requests.Response) -> str:
        """Say where a redirect points to, without what may be secret of it."""
        try:
            target = urlsplit(response.headers["Location"])
            host = f"{target.scheme}://{target.netloc.rpartition('@')[2]}" if target.netloc else ""
        except ValueError:
            host = "no URL"
        return (
            f"HTTP {response.status_code}: redirected to {self.abridge(host) or 'the same host'}, "
            "which is not followed, so that the token goes nowhere else; set "
            f"{self._url_setting} to the address that answers"
        )

    def _is_shared(self, message: str, response: requests.Response) -> bool:
        header = headers.count(response.headers.get(headers.PER_MINUTE))
        told = headers.refused_at(message)
        return self._budget is not None and self._budget.is_used_by_others(told, header)

    def _message(self, response: requests.Response) -> str:
        """Read what an error says, else what it is."""
        body = bytearray()
        try:
            for chunk in self._chunks(response):
                body += chunk
                if len(body) > _ERROR_BODY:
                    return "a long text"
        except (TransientError, urllib3.exceptions.HTTPError):
            return "an incomplete text"
        text = body.decode("utf-8", "replace").strip()
        try:
            decoded = json.loads(text)
        except (ValueError, RecursionError):
            decoded = "an HTML page" if text[:1] == "<" else text
        message = decoded
        if isinstance(decoded, dict):
            message = self._describe(decoded) or text
        return self.abridge(str(message))

    def abridge(self, text: str) -> str:
        """Return what a server says as one short line without secrets."""
        shown = one_line(self.redact(text))
        return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."

    def _connection_error(self, url: str, error: requests.ConnectionError) -> ApiError:
        if isinstance(error, requests.exceptions.ProxyError):
            return proxy.refusal(url, error)
        cause: BaseException = error
        unreachable = doubtful = False
        while (inner := cause.__cause__ or cause.__context__) is not None:
            unreachable |= isinstance(inner, _NO_CONNECTION)
            doubtful |= isinstance(inner, urllib3.exceptions.NameResolutionError | ssl.SSLError)
            cause = inner
        if isinstance(cause, http.client.HTTPException):
            return TransientError(f"the answer is not HTTP ({type(cause).__name__})")
        reason = self.abridge(str(cause)) or type(cause).__name__
        host = urlsplit(url).hostname
        if "CERTIFICATE_VERIFY_FAILED" in reason:
            untrusted = f"the server's certificate is not trusted ({reason})"
            if not self._url_setting:
                return RejectedError(untrusted)
            if not self._has_answered:
                return SourceStoppedError(
                    f"{untrusted}; check {self._url_setting}, this machine's clock, and "
                    "REQUESTS_CA_BUNDLE if the certificate is signed by an authority of your own"
                )
            return TransientError(untrusted, unreachable=True, doubtful=True)
        return TransientError(
            f"no connection to {host} ({reason})",
            unreachable=unreachable or doubtful,
            doubtful=doubtful,
        )


def _is_framed(response: requests.Response) -> bool:
    """Tell whether a response says where it ends; of an error that was read nothing is left."""
    raw = response.raw
    return not response.ok or raw.chunked or raw.length_remaining is not None


def _hear_wait(error: ApiError, response: requests.Response) -> None:
    """Note the wait that a response asks for, if what it says is about a rate."""
    if isinstance(error, TransientError) and error.rate_limited and error.retry_after is None:
        error.retry_after = headers.retry_after(response.headers.get("Retry-After"))
