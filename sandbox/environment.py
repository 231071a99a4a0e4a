"""The environment variables by which the tap reads a running sandbox."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from sandbox.options import Options
from sandbox.server import Sandbox

PREFIX = "TAP_CONTINU_COURSEBASE_"
BEARER = "bearer"


def tap_settings(sandbox: Sandbox, options: Options) -> Mapping[str, str]:
    """Return the tap's settings by name; windows begin with the month before the present one."""
    now = datetime.fromtimestamp(sandbox.clock.now(), UTC)
    start = (now.replace(day=1) - timedelta(days=1)).replace(day=1)
    return {
        "start_date": f"{start:%Y-%m-%d}",
        "continu_api_url": sandbox.continu_api_url,
        "continu_api_token": options.token,
        "continu_auth_scheme": BEARER if options.auth_scheme == BEARER else "raw",
        "continu_requests_per_minute": str(options.requests_per_minute),
        "continu_requests_per_day": str(options.requests_per_day),
        "coursebase_url": sandbox.coursebase_url,
        "coursebase_access_token": options.coursebase_token,
    }


def export_lines(settings: Mapping[str, str]) -> Iterator[str]:
    """Yield a line of a shell for each setting."""
    for name, value in settings.items():
        yield f"export {PREFIX}{name.upper()}={shlex.quote(value)}"
