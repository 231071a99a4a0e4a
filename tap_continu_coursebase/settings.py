"""The settings: their JSON Schema, and the one check that turns a bad value into a sentence."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from singer_sdk import typing as th
from singer_sdk.plugin_base import JSONSchemaValidator

from tap_continu_coursebase.errors import one_line
from tap_continu_coursebase.windows import GRAINS, parse_instant

LONGEST_LOOKBACK = 10 * 525_600
"""Minutes: ten years."""

SCHEMA: dict[str, Any] = th.PropertiesList(
    th.Property(
        "start_date",
        th.StringType,
        title="Start date",
        description="First instant to load, ISO 8601 (UTC unless an offset is given). "
        "Required when Continu is configured.",
        examples=["2024-01-01", "2024-01-01T00:00:00Z"],
    ),
    th.Property(
        "end_date",
        th.StringType,
        title="End date",
        description="Last instant to load (exclusive), ISO 8601; by default the moment the run "
        "starts. Lets a backfill be split among machines.",
        examples=["2024-07-01"],
    ),
    th.Property(
        "continu_api_token",
        th.StringType,
        secret=True,
        title="Continu API token",
        description="Token of the Reporting API; turns the Continu streams on.",
    ),
    th.Property(
        "continu_auth_scheme",
        th.StringType,
        default="raw",
        allowed_values=["raw", "bearer"],
        title="Continu authorization scheme",
        description="How the token is sent: `raw` as it is, or `bearer` with the prefix "
        "`Bearer`. It varies by deployment.",
    ),
    th.Property(
        "continu_api_url",
        th.StringType,
        default="https://reports-latest.continu.co/api/v1",
        title="Continu API URL",
        description="Base URL of the Reporting API, version prefix included.",
    ),
    th.Property(
        "continu_window",
        th.StringType,
        default="month",
        allowed_values=list(GRAINS),
        title="Continu window",
        description="Calendar-aligned (UTC) chunk asked for in one request.",
    ),
    th.Property(
        "continu_requests_per_minute",
        th.IntegerType(minimum=1),
        default=50,
        title="Continu requests per minute",
        description="The company's budget, shared by all Continu streams.",
    ),
    th.Property(
        "continu_requests_per_day",
        th.IntegerType(minimum=1),
        default=5000,
        title="Continu requests per day",
        description="The company's daily budget, shared by all Continu streams.",
    ),
    th.Property(
        "continu_max_in_flight",
        th.IntegerType(minimum=1, maximum=16),
        default=2,
        title="Continu windows in flight",
        description="Windows being downloaded at once; rows are still emitted in window order.",
    ),
    th.Property(
        "lookback_minutes",
        th.IntegerType(minimum=0, maximum=LONGEST_LOOKBACK),
        default=60,
        title="Lookback",
        description="How far before its bookmark each run reads again, for rows that land "
        "late; never moves the bookmark back.",
    ),
    th.Property(
        "stream_options",
        th.ObjectType(additional_properties=True),
        default={},
        title="Stream options",
        description="Per stream: `range_target`, `window`, `lookback_minutes`, `filters`, "
        "`primary_keys`, `columns` (column name to type).",
        examples=[{"continu_track_status": {"range_target": "updated_date"}}],
    ),
    th.Property(
        "additional_fields",
        th.BooleanType,
        default=True,
        title="Additional fields",
        description="Keep undeclared response fields, and values that do not fit their column, "
        "in the column `additional_fields`.",
    ),
    th.Property(
        "emit_activate_version_messages",
        th.BooleanType,
        default=True,
        title="Emit ACTIVATE_VERSION messages",
        description="After a complete snapshot, tell the target which rows are current, so that "
        "it can mark or remove vanished ones.",
    ),
    th.Property(
        "max_run_minutes",
        th.IntegerType(minimum=1, maximum=525_600),
        title="Maximum run time",
        description="Stop at a window's edge after this many minutes, with exit code 0; the "
        "next run continues there. No limit by default.",
    ),
    th.Property(
        "request_timeout_seconds",
        th.IntegerType(minimum=1, maximum=86_400),
        default=300,
        title="Request timeout",
        description="How long one request may take, its whole response included.",
    ),
    additional_properties=False,
).to_dict()

_EXAMPLES: Mapping[str, str] = {
    "continu_api_url": "https://reports-latest.continu.co/api/v1",
    "continu_api_token": "the token alone, without quotes or spaces",
}
_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]+", re.ASCII)
_DATE_EXAMPLE = "2024-01-01T00:00:00Z"
_EARLIEST = parse_instant("1970-01-01")
_LATEST = parse_instant("9000-01-01")
NO_SOURCE = (
    "no source is configured: set continu_api_token (and start_date, for example 2024-01-01)"
)


def instant(config: Mapping[str, Any], name: str) -> datetime | None:
    """Give a date setting as an instant in UTC, or None if it is not set."""
    return parse_instant(config[name]) if config.get(name) else None


def problems(config: dict[str, Any], schema: Mapping[str, Any]) -> list[str]:
    """Check the configuration, filling in defaults.

    Args:
        config: The settings as given; defaults are added to it.
        schema: The settings' JSON Schema, built-in settings included.

    Returns:
        One sentence for each problem, naming the setting and showing a right value. No
        value of a secret setting is quoted.
    """
    for name, value in list(config.items()):
        if value is None:
            del config[name]
        elif isinstance(value, float) and value.is_integer() and _is_integer(schema, name):
            config[name] = int(value)
    found = [
        _sentence(error, schema) for error in JSONSchemaValidator(dict(schema)).iter_errors(config)
    ]
    return [one_line(problem) for problem in found or _cross_checks(config)]


def _is_integer(schema: Mapping[str, Any], name: str) -> bool:
    return "integer" in schema["properties"].get(name, {}).get("type", ())


def _cross_checks(config: Mapping[str, Any]) -> Iterator[str]:
    dates: dict[str, datetime] = {}
    for name in ("start_date", "end_date"):
        text = config.get(name)
        if text is None:
            continue
        try:
            dates[name] = parse_instant(text)
        except (ValueError, OverflowError):
            yield f"{name}: {text!r} is not an ISO 8601 date; right would be {_DATE_EXAMPLE}"
            continue
        if not _EARLIEST <= dates[name] <= _LATEST:
            yield f"{name}: {text!r} is out of range; right would be {_DATE_EXAMPLE}"
    if len(dates) == 2 and dates["end_date"] <= dates["start_date"]:  # noqa: PLR2004
        yield (
            f"end_date: {config['end_date']!r} is not after start_date "
            f"{config['start_date']!r}; right would be a later date"
        )
    yield from _url_problems("continu_api_url", config["continu_api_url"])
    token = config.get("continu_api_token")
    if token is None:
        yield NO_SOURCE
        return
    if "start_date" not in config:
        yield f"start_date: required for the Continu streams; right would be {_DATE_EXAMPLE}"
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        yield (
            "continu_api_token: is empty or has spaces, line breaks or other characters that no "
            f"token has; right would be {_EXAMPLES['continu_api_token']} (for a Bearer token set "
            "continu_auth_scheme to bearer)"
        )


def _url_problems(name: str, url: str) -> Iterator[str]:
    example = f"right would be {_EXAMPLES[name]}"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if "@" in url:
        yield f"{name}: must not contain a user name or password; {example}"
    elif (
        not host
        or not url.isprintable()
        or not _HOST.fullmatch(host)
        or parts.scheme not in {"http", "https"}
        or parts.query
        or parts.fragment
    ):
        yield f"{name}: {url!r} is not a URL; {example}"
    elif parts.scheme == "http" and not _is_loopback(host):
        yield f"{name}: {url!r} is not encrypted (http is for loopback hosts only); {example}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _sentence(error: Any, schema: Mapping[str, Any]) -> str:
    """Turn a JSON Schema error into a sentence that names the setting."""
    properties = schema["properties"]
    if not error.path:
        unknown = sorted(set(error.instance) - set(properties))
        hints = [
            f"{name!r}" + "".join(f" (did you mean {near!r}?)" for near in _near(name, properties))
            for name in unknown
        ]
        return f"unknown setting {', '.join(hints)}; known are: {', '.join(sorted(properties))}"
    name = str(error.path[0])
    path = ".".join(str(part) for part in error.path)
    setting = properties[name]
    given = "" if setting.get("writeOnly") else f" {error.instance!r}"
    match error.validator:
        case "minimum":
            problem = (
                f"{given.strip()} is too small; right would be {error.validator_value} or more"
            )
        case "maximum":
            problem = (
                f"{given.strip()} is too large; right would be {error.validator_value} or less"
            )
        case "enum":
            allowed = " or ".join(str(value) for value in error.validator_value)
            problem = f"{given.strip()} is not known; right would be {allowed}"
        case "type":
            problem = f"the value{given} is not of type {_names(error.validator_value)}"
            right = setting.get("default", next(iter(setting.get("examples", [])), None))
            right = _EXAMPLES.get(name, right)
            problem += f"; right would be {right}" if right is not None else ""
        case _:
            problem = error.message
    return f"{path}: {problem}"


def _names(types: str | list[str]) -> str:
    return types if isinstance(types, str) else " or ".join(t for t in types if t != "null")


def _near(name: str, known: Mapping[str, Any]) -> list[str]:
    return difflib.get_close_matches(name, known, n=1)
