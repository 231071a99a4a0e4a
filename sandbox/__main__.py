"""Start the sandbox: `python -m sandbox`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Callable, Sequence
from threading import Event
from types import FrameType
from typing import NamedTuple, get_args

from sandbox.continu.realities import REALITIES as OF_CONTINU
from sandbox.coursebase.model import FEATURES
from sandbox.coursebase.realities import REALITIES as OF_COURSEBASE
from sandbox.environment import export_lines, tap_settings
from sandbox.instants import DAY, parse_instant
from sandbox.options import AuthScheme, LimitStyle, Options
from sandbox.server import Sandbox, running

REALITIES = sorted({*OF_CONTINU, *OF_COURSEBASE})
FEWEST_USERS, MOST_USERS = 10, 100_000


def _instant(text: str) -> int:
    try:
        return parse_instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}; write 2026-03-15T12:00:00Z") from error


def _users(text: str) -> int:
    users = int(text)
    if not FEWEST_USERS <= users <= MOST_USERS:
        raise argparse.ArgumentTypeError(f"from {FEWEST_USERS} to {MOST_USERS}")
    return users


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("from 0 to 1")
    return share


def _features(text: str) -> frozenset[str]:
    """Read `approvers,udemy`; an empty string is none."""
    features = frozenset(filter(None, text.split(",")))
    if features - FEATURES:
        raise argparse.ArgumentTypeError(f"some of {','.join(sorted(FEATURES))}")
    return features


def _at_least(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if number < least:
            raise argparse.ArgumentTypeError(f"{least} or more")
        return number

    return read


class Arguments(NamedTuple):
    """What the command line asks for.

    Attributes:
        options: Of the sandbox.
        exports: Whether to print lines of a shell instead of JSON.
    """

    options: Options
    exports: bool


def parse_arguments(arguments: Sequence[str]) -> Arguments:
    """Read command-line arguments; ends the process when they are wrong."""
    defaults = Options()
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--exports", action="store_true", help="print the tap's environment")
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=int, default=defaults.port, help="0 picks a free one")
    parser.add_argument("--users", type=_users, default=defaults.users)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--now", type=_instant, default=None, help="freezes the data clock")
    parser.add_argument("--date-skew-seconds", type=int, default=defaults.date_skew_seconds)
    parser.add_argument("--start", type=_instant, default=defaults.start)
    parser.add_argument("--token", default=defaults.token)
    parser.add_argument("--auth-scheme", choices=get_args(AuthScheme), default="raw")
    parser.add_argument("--requests-per-minute", type=int, default=defaults.requests_per_minute)
    parser.add_argument("--requests-per-day", type=int, default=defaults.requests_per_day)
    parser.add_argument("--limit-style", choices=get_args(LimitStyle), default="fixed")
    parser.add_argument("--latency-ms", type=int, default=defaults.latency_ms)
    parser.add_argument("--stray-share", type=_share, default=defaults.stray_share)
    parser.add_argument(
        "--reality",
        dest="realities",
        action="append",
        choices=REALITIES,
        metavar="NAME",
        default=[],
        help=f"answer otherwise than documented; repeatable: {', '.join(REALITIES)}",
    )
    parser.add_argument("--coursebase-users", type=_users, default=None, help="as --users")
    parser.add_argument("--shared-share", type=_share, default=defaults.shared_share)
    parser.add_argument("--groups", type=_at_least(1), default=None, help="one for 40 users")
    parser.add_argument("--courses", type=_at_least(0), default=defaults.courses)
    parser.add_argument("--coursebase-token", default=defaults.coursebase_token)
    parser.add_argument("--client-id", default=defaults.client_id)
    parser.add_argument("--client-secret", default=defaults.client_secret)
    parser.add_argument("--token-lifetime-seconds", type=float, default=3600)
    parser.add_argument("--features", type=_features, default=defaults.features)
    parser.add_argument("--page-size", type=_at_least(1), default=defaults.page_size)
    parser.add_argument("--coursebase-latency-ms", type=int, default=0)
    parser.add_argument("--export-seconds", type=float, default=defaults.export_seconds)
    parser.add_argument("--async-seconds", type=float, default=defaults.async_seconds)
    parser.add_argument("--error-http-status", type=int, default=defaults.error_http_status)
    parser.add_argument("--same-link", action="store_true")
    parser.add_argument("--hide-deactivated", dest="deactivated_listed", action="store_false")
    parsed = vars(parser.parse_args(arguments))
    parsed["start"] -= parsed["start"] % DAY
    parsed["realities"] = tuple(parsed["realities"])
    exports = parsed.pop("exports")
    return Arguments(Options(**parsed), exports)


def _ready(sandbox: Sandbox, options: Options) -> str:
    addresses = {
        "url": sandbox.url,
        "continu_api_url": sandbox.continu_api_url,
        "token": options.token,
        "coursebase_url": sandbox.coursebase_url,
        "coursebase_token": options.coursebase_token,
        "coursebase_token_url": sandbox.coursebase_token_url,
        "storage_url": sandbox.storage_url,
    }
    return json.dumps(addresses)


def _exports(sandbox: Sandbox, options: Options) -> str:
    lines = export_lines(tap_settings(sandbox, options))
    return "\n".join(["# The sandbox runs until Ctrl+C. In another shell:", *lines])


def main() -> int:
    """Serve until SIGTERM or SIGINT; when ready, print one line of JSON, or the exports."""
    options, exports = parse_arguments(sys.argv[1:])
    stop = Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with running(options) as sandbox:
        told = _exports(sandbox, options) if exports else _ready(sandbox, options)
        sys.stdout.write(told + "\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
