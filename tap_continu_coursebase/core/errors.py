"""What can go wrong, as a hierarchy a caller can reason about.

Every message is one line that a user can act on; none contains a secret.
"""

from __future__ import annotations

import traceback
from datetime import timedelta
from pathlib import Path


def one_line(text: str) -> str:
    """Replace line breaks by spaces."""
    return " ".join(text.split())


class TapError(Exception):
    """Base of everything the tap reports in one line instead of a traceback.

    Attributes:
        request: What of the message is of one request alone, such as its URL; empty if nothing is.
    """

    request: str = ""


class ConfigError(TapError):
    """The configuration cannot be used.

    Args:
        problems: One sentence for each, naming the setting and showing a right value.
    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class StateError(TapError):
    """The state cannot be continued from."""


class CatalogError(TapError):
    """The catalog does not fit this version of the tap."""


class EmptySnapshotError(TapError):
    """A full table came back empty after it had rows: perhaps its source is broken."""


class ShrunkSnapshotError(TapError):
    """A full table came back with far fewer rows than it had: perhaps its source is broken."""


class NoKeyError(TapError):
    """No row of a response has its key, so that the key is wrong."""


class WrongKeyError(TapError):
    """Many rows of a response share their key with a different one, so that the key is wrong."""


class RejectedRowsError(TapError):
    """Rows came without their key, and that is to end a run as failed."""


class UnexpectedError(TapError):
    """A mistake in the tap itself, told without the values that it was met with."""

    def __init__(self, cause: Exception) -> None:
        frame = traceback.extract_tb(cause.__traceback__)[-1]
        place = f"{Path(frame.filename).name}:{frame.lineno}"
        super().__init__(
            f"unexpected {type(cause).__name__} at {place}; please report it, with the output "
            "at log level DEBUG"
        )


class ApiError(TapError):
    """An API refused a request or could not answer it."""


class RejectedError(ApiError):
    """The request itself is refused (400, 403, 404, a redirect); a retry won't help."""


class NothingFoundError(ApiError):
    """The API says by an error status that there is nothing: an empty answer."""


class BadRequestError(RejectedError):
    """The API does not take what the request's body or path says (400, 422)."""


class SourceStoppedError(ApiError):
    """Nothing more can be had from this source in this run (401, daily cap, unreachable)."""


class TransientError(ApiError):
    """A try failed in a way that may pass: to be retried.

    Attributes:
        retry_after: Seconds the server asked to wait, or None.
        oversized: Whether asking for less at once may help (timeout, cut body, 5xx).
        rate_limited: Whether the cause was the requests-per-minute budget.
        shared: Whether others used that budget, who then make progress meanwhile.
        unreachable: Whether there was no connection to the host at all.
        lasting: Whether it rather stays: one more try is enough.
        doubtful: Whether the host could not be found or trusted: waiting helps only if it has
            answered before.
        check: What to check if it is not the setting of the address; empty if it is.
    """

    def __init__(  # noqa: PLR0913 - each is one thing to know of a failure
        self,
        message: str,
        *,
        retry_after: float | None = None,
        oversized: bool = False,
        rate_limited: bool = False,
        shared: bool = False,
        unreachable: bool = False,
        lasting: bool = False,
        doubtful: bool = False,
        check: str = "",
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.oversized = oversized
        self.rate_limited = rate_limited
        self.shared = shared
        self.unreachable = unreachable
        self.lasting = lasting
        self.doubtful = doubtful
        self.check = check


class TooMuchError(ApiError):
    """The answer is too large or keeps failing at its size: ask for less at once.

    Attributes:
        longest: What the API named as the longest window, or None.
    """

    def __init__(self, message: str, *, longest: timedelta | None = None) -> None:
        super().__init__(message)
        self.longest = longest


class SyncFailedError(TapError):
    """Some streams of a run failed; the others were loaded."""
