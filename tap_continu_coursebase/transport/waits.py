"""How long to wait before a request is tried again."""

from __future__ import annotations

import random
from collections.abc import Generator

from tap_continu_coursebase.core.errors import TransientError
from tap_continu_coursebase.transport.budget import MINUTE

WISHES = 3
"""How often a wish for a minute's limit is taken at its word."""
_ALONE = 10.0
"""Seconds drawn from where nobody else is known to wait for the same minute."""


def rest_of_minute(*, shared: bool) -> float:
    """Return how long a refused minute may last: when it began is not told.

    That is a whole one; half of it, the mean, where others use it up: a try too early is not
    counted then, and one too late meets a minute that is used up again.
    """
    return MINUTE / 2 if shared else MINUTE


def waits() -> Generator[float, TransientError, None]:
    """Yield the wait after each failed try, in seconds.

    The server's own wish, if it has one, and what follows if that is longer: 1 s doubling to 60 s;
    when the calls a minute were exceeded, the rest of the minute and a while more. Where others
    use the same calls that while is drawn from the whole next minute, so that several processes do
    not meet again. A wish for a minute's limit is taken at its word a few times: short ones would
    use up the tries.
    """
    other, wished = 1.0, 0
    error = yield 0.0
    while True:
        wish = error.retry_after or 0.0
        if not error.rate_limited:
            wait, other = max(wish, other), min(other * 2, 60.0)
        elif wish and wished < WISHES:
            wait, wished = wish, wished + 1
        else:
            least = max(wish, rest_of_minute(shared=error.shared))
            more = MINUTE if error.shared else _ALONE
            wait = least + random.uniform(0.0, more)  # noqa: S311 - no secret
        error = yield wait
