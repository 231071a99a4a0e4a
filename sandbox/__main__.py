"""Start the sandbox: `python -m sandbox`."""

from __future__ import annotations

import argparse
import json
import signal
import sys
from collections.abc import Sequence
from threading import Event
from types import FrameType
from typing import get_args

from sandbox.instants import DAY, parse_instant
from sandbox.options import AuthScheme, LimitStyle, Options
from sandbox.server import running

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


def parse_options(arguments: Sequence[str]) -> Options:
    """Turn command-line arguments into options; ends the process when they are wrong."""
    defaults = Options()
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default=defaults.host)
    parser.add_argument("--port", type=int, default=defaults.port, help="0 picks a free one")
    parser.add_argument("--users", type=_users, default=defaults.users)
    parser.add_argument("--seed", type=int, default=defaults.seed)
    parser.add_argument("--now", type=_instant, default=None, help="freezes the data clock")
    parser.add_argument("--start", type=_instant, default=defaults.start)
    parser.add_argument("--token", default=defaults.token)
    parser.add_argument("--auth-scheme", choices=get_args(AuthScheme), default="raw")
    parser.add_argument("--requests-per-minute", type=int, default=defaults.requests_per_minute)
    parser.add_argument("--requests-per-day", type=int, default=defaults.requests_per_day)
    parser.add_argument("--limit-style", choices=get_args(LimitStyle), default="fixed")
    parser.add_argument("--latency-ms", type=int, default=defaults.latency_ms)
    parsed = vars(parser.parse_args(arguments))
    parsed["start"] -= parsed["start"] % DAY
    return Options(**parsed)


def main() -> int:
    """Serve until SIGTERM or SIGINT; print one line of JSON when ready."""
    options = parse_options(sys.argv[1:])
    stop = Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    with running(options) as sandbox:
        ready = {
            "url": sandbox.url,
            "continu_api_url": sandbox.continu_api_url,
            "token": options.token,
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
