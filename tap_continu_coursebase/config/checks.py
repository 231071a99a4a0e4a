"""Check a configuration: every problem is one sentence that names the setting."""

from __future__ import annotations

import difflib
import re
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from singer_sdk.plugin_base import JSONSchemaValidator

from tap_continu_coursebase.core.errors import one_line
from tap_continu_coursebase.core.windows import parse_instant
from tap_continu_coursebase.coursebase.csvfile import DELIMITERS
from tap_continu_coursebase.transport.address import is_loopback
from tap_continu_coursebase.transport.redaction import redact

_EXAMPLES: Mapping[str, str] = {
    "continu_api_url": "https://reports-latest.continu.co/api/v1",
    "continu_api_token": "the token alone, without quotes or spaces",
    "coursebase_access_token": "the token alone, without quotes or spaces",
    "coursebase_client_id": "the id alone, without quotes or spaces",
    "coursebase_client_secret": "the secret alone, without quotes or spaces",
    "coursebase_token_url": "https://learn.example.com/oauth/token",
    "coursebase_url": "https://learn.example.com",
}
_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]+", re.ASCII)
_MAY_HOLD_SECRETS = frozenset("@?#%")
_SHORTEST_SECRET = 8
_DATE_EXAMPLE = "2024-01-01T00:00:00Z"
_EARLIEST = parse_instant("1970-01-01")
_LATEST = parse_instant("9000-01-01")
_REPORT_ID = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_CREDENTIALS = ("coursebase_client_id", "coursebase_client_secret", "coursebase_token_url")
_NO_DELIMITERS = frozenset('"\r\n\0')
_REQUIRED = ": required for "
_SHORTEST_TERM, _MOST_TERMS = 3, 100
NO_SOURCE = (
    "no source is configured: set continu_api_token (and start_date, for example 2024-01-01), "
    "or coursebase_url and coursebase_access_token"
)


def instant(config: Mapping[str, Any], name: str) -> datetime | None:
    """Read a date setting as an instant in UTC, or None if it is not set."""
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
    secrets = [
        value
        for name, value in config.items()
        if schema["properties"].get(name, {}).get("writeOnly")
        if isinstance(value, str) and len(value) >= _SHORTEST_SECRET and value.isprintable()
    ]
    return [one_line(redact(problem, secrets)) for problem in found or _cross_checks(config)]


def missing(found: Iterable[str]) -> Iterator[str]:
    """Yield the settings that are missing.

    Args:
        found: The problems of a configuration.
    """
    for problem in found:
        if problem == NO_SOURCE:
            yield from ("continu_api_token", "coursebase_url")
        elif _REQUIRED in problem:
            yield problem.partition(":")[0]


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
    if dates.get("start_date", _EARLIEST) > (now := datetime.now(UTC)):
        yield (
            f"start_date: {config['start_date']!r} is in the future; right would be a date before "
            f"{now:%Y-%m-%dT%H:%M:%SZ}, now"
        )
    if len(dates) == 2 and dates["end_date"] <= dates["start_date"]:  # noqa: PLR2004
        yield (
            f"end_date: {config['end_date']!r} is not after start_date "
            f"{config['start_date']!r}; right would be a later date"
        )
    yield from _url_problems("continu_api_url", config["continu_api_url"])
    if config.get("continu_api_token") is None and config.get("coursebase_url") is None:
        yield NO_SOURCE
    if config.get("continu_api_token") is not None:
        if "start_date" not in config:
            yield f"start_date{_REQUIRED}the Continu streams; right would be {_DATE_EXAMPLE}"
        yield from _secret_problems("continu_api_token", config)
    yield from _coursebase_checks(config)


def _coursebase_checks(config: Mapping[str, Any]) -> Iterator[str]:
    for name in ("coursebase_url", "coursebase_token_url"):
        if name in config:
            yield from _url_problems(name, config[name])
    for name in ("coursebase_access_token", "coursebase_client_id", "coursebase_client_secret"):
        if name in config:
            yield from _secret_problems(name, config)
    if "coursebase_url" in config:
        yield from _credential_problems(config)
    yield from _export_problems(config)
    yield from _search_problems(config["coursebase_user_search"])


def _credential_problems(config: Mapping[str, Any]) -> Iterator[str]:
    given = [name for name in _CREDENTIALS if name in config]
    missing = [name for name in _CREDENTIALS if name not in config]
    if "coursebase_access_token" in config and given:
        yield f"{given[0]}: must not be set beside coursebase_access_token; keep one of both"
    elif "coursebase_access_token" not in config and missing:
        yield (
            f"coursebase_access_token{_REQUIRED}the Coursebase streams, or all of "
            f"{', '.join(_CREDENTIALS)} (missing: {', '.join(missing)})"
        )


def _export_problems(config: Mapping[str, Any]) -> Iterator[str]:
    zone, encoding = config["coursebase_time_zone"], config["coursebase_csv_encoding"]
    if not _is_zone(zone):
        yield f"coursebase_time_zone: {zone!r} is not a tz database name; right would be Asia/Tokyo"
    try:
        "".encode(encoding)
    except (LookupError, ValueError):
        yield f"coursebase_csv_encoding: {encoding!r} is not known; right would be utf-8 or cp932"
    delimiter = config.get("coursebase_csv_delimiter", ",")
    if delimiter not in DELIMITERS and (len(delimiter) != 1 or delimiter in _NO_DELIMITERS):
        yield (
            f"coursebase_csv_delimiter: {delimiter!r} is neither one character nor one of "
            f"{', '.join(DELIMITERS)}; right would be ;"
        )
    for identity in config["coursebase_report_ids"]:
        if not _REPORT_ID.fullmatch(identity):
            yield f"coursebase_report_ids: {identity!r} is no report id; right would be AoVrqJR0xD"
    for name in ("coursebase_report_types", "coursebase_report_ids"):
        if len(set(config[name])) < len(config[name]):
            yield f"{name}: one is listed twice; list each once"


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _search_problems(terms: list[str]) -> Iterator[str]:
    if len(terms) > _MOST_TERMS:
        yield f"coursebase_user_search: {len(terms)} terms; right would be {_MOST_TERMS} or fewer"
    for term in terms:
        if len(term) < _SHORTEST_TERM or "," in term:
            yield (
                f"coursebase_user_search: {term!r} is too short or has a comma; right would be "
                f"'@example.com', each term of {_SHORTEST_TERM} characters or more"
            )


def _secret_problems(name: str, config: Mapping[str, Any]) -> Iterator[str]:
    value = config[name]
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        hint = " (for a Bearer token set continu_auth_scheme to bearer)" * (
            name == "continu_api_token"
        )
        yield (
            f"{name}: is empty or has spaces, line breaks or other characters that no token "
            f"has; right would be {_EXAMPLES[name]}{hint}"
        )


def _url_problems(name: str, url: str) -> Iterator[str]:
    example = f"right would be {_EXAMPLES[name]}"
    given = "the value" if _MAY_HOLD_SECRETS & set(url) else repr(url)
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
        yield f"{name}: {given} is not a URL; {example}"
    elif parts.scheme == "http" and not is_loopback(host):
        yield f"{name}: {given} is not encrypted (http is for loopback hosts only); {example}"


def _sentence(error: Any, schema: Mapping[str, Any]) -> str:
    """Turn a JSON Schema error into a sentence that names the setting."""
    properties = schema["properties"]
    if not error.path:
        unknown = sorted(set(error.instance) - set(properties))
        near = {name: _near(name, properties) for name in unknown}
        hints = [
            f"{name!r}" + "".join(f" (did you mean {one!r}?)" for one in found)
            for name, found in near.items()
        ]
        known = "" if all(near.values()) else f"; known are: {', '.join(sorted(properties))}"
        return f"unknown setting {', '.join(hints)}{known}"
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
