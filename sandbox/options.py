"""What a sandbox can be told when it starts."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from sandbox.instants import parse_instant

AuthScheme = Literal["raw", "bearer", "any"]
LimitStyle = Literal["fixed", "sliding"]


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that makes one sandbox differ from another.

    Attributes:
        host: Address to listen on.
        port: TCP port; 0 picks a free one.
        users: Users of the organisation once its five years of growth are over.
        seed: Two sandboxes with equal seed, users and start hold equal data.
        now: Epoch second (UTC) at which the data clock stands still; None lets it run.
        date_skew_seconds: How far the `Date` header is ahead of the real time.
        start: Epoch second (UTC, a midnight) of the organisation's first day.
        token: The API token that is accepted.
        auth_scheme: Form of the Authorization header; documented: S-au "raw or Bearer can
            vary by deployment".
        requests_per_minute: Minute cap; documented: S-rl.
        requests_per_day: Day cap; documented: R-rate.
        limit_style: Whether caps count calendar-like windows or the last 60 s / 24 h; not
            documented, so both exist.
        limit_clock: Seconds that pass for the caps, apart from the data clock.
        latency_ms: Milliseconds every API answer is held back.
        stray_share: Part of the report rows that carry undeclared fields which the others
            lack; not documented, as any undeclared field.
        realities: Names of other ways to answer; not documented, each of them.
        coursebase_users: Users of the Coursebase organisation; None takes `users`.
        shared_share: Part of these users who log in with the address of a Continu user; not
            documented by either vendor.
        groups: Its groups, the root included; None takes one for 40 users, at least 3.
        courses: Its courses.
        coursebase_token: Its static token.
        client_id: Whose credentials earn tokens.
        client_secret: The other half of them.
        token_lifetime_seconds: How long those tokens live.
        features: Switched on: `approvers`, and `udemy` for the three udemy report types.
        page_size: Rows a page; documented: B says 100.
        coursebase_latency_ms: Milliseconds every Coursebase answer is held back.
        export_seconds: How long an export takes.
        async_seconds: How long asynchronous writes take.
        error_http_status: HTTP status of error envelopes; not documented.
        deactivated_listed: Whether user lists show deactivated users; not documented.
        same_link: Whether a finished export has one link instead of a fresh one with each
            status call; not documented.
        coursebase_clock: Epoch seconds by which tokens, exports and links expire.
    """

    host: str = "127.0.0.1"
    port: int = 0
    users: int = 1000
    seed: int = 7
    now: int | None = None
    date_skew_seconds: int = 0
    start: int = parse_instant("2021-01-01T00:00:00Z")
    token: str = "sandbox-token"  # noqa: S105 - a made-up default, no secret
    auth_scheme: AuthScheme = "raw"
    requests_per_minute: int = 50
    requests_per_day: int = 5000
    limit_style: LimitStyle = "fixed"
    limit_clock: Callable[[], float] = time.monotonic
    latency_ms: int = 0
    stray_share: float = 0.0
    realities: tuple[str, ...] = ()
    coursebase_users: int | None = None
    shared_share: float = 0.0
    groups: int | None = None
    courses: int = 30
    coursebase_token: str = "coursebase-token"  # noqa: S105 - likewise
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105 - likewise
    token_lifetime_seconds: float = 3600
    features: frozenset[str] = frozenset({"approvers"})
    page_size: int = 100
    coursebase_latency_ms: int = 0
    export_seconds: float = 0.2
    async_seconds: float = 0.0
    error_http_status: int = 200
    deactivated_listed: bool = True
    same_link: bool = False
    coursebase_clock: Callable[[], float] = time.time
