"""The proxy that the environment names for a host: what of it may be shown, and how it fails."""

from __future__ import annotations

import os
import re
from urllib.parse import urlsplit

from requests.exceptions import ProxyError
from requests.utils import get_environ_proxies, select_proxy

from tap_continu_coursebase.core.errors import (
    ApiError,
    RejectedError,
    SourceStoppedError,
    TransientError,
)

RIGHT = "http://host:port"
RIGHT_WITH_PASSWORD = "http://user:password@host:port"  # noqa: S105 - a form, not a password
_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")
_OF_PROXIES = frozenset({"InvalidProxyURL", "InvalidSchema"})
_NO_CREDENTIALS = "Tunnel connection failed: 407"


def variable(url: str) -> str:
    """Return the environment variable that names the proxy for a URL; ``HTTPS_PROXY`` if none does.

    Args:
        url: Of the request.
    """
    names = (f"{urlsplit(url).scheme}_proxy", "all_proxy")
    spelled = (spelling for name in names for spelling in (name, name.upper()))
    return next((name for name in spelled if os.environ.get(name)), "HTTPS_PROXY")


def address(url: str) -> str:
    """Return host and port of the proxy for a URL, without its credentials; empty if it has none.

    Args:
        url: Of the request.
    """
    proxy = _proxy(url)
    try:
        parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return f"{host}:{port}" if port else host


def is_malformed(url: str) -> bool:
    """Tell whether there is a proxy for a URL, and its address cannot be read.

    Args:
        url: Of the request.
    """
    return bool(_proxy(url)) and not address(url)


def refusal(url: str, error: ProxyError) -> ApiError:
    """Return what it means that a proxy does not connect; its own words may hold secrets.

    Args:
        url: Of the request.
        error: As the HTTP library raised it.
    """
    text, named = str(error), variable(url)
    shown = f"the proxy {address(url)}"
    if _NO_CREDENTIALS in text:
        return SourceStoppedError(
            f"{shown} refuses its user name or password, or asks for them (HTTP 407); check "
            f"{named}, of the form {RIGHT_WITH_PASSWORD}"
        )
    if (refused := _TUNNEL.search(text)) is not None:
        return TransientError(
            f"{shown} does not connect to {urlsplit(url).hostname} (HTTP {refused[1]})",
            unreachable=True,
            doubtful=True,
            check=f"{named}, or name the host in NO_PROXY if it needs no proxy",
        )
    return TransientError(
        f"no connection to {shown}",
        unreachable=True,
        doubtful=True,
        check=f"{named}, of the form {RIGHT}",
    )


def unsendable(url: str, reason: str) -> ApiError:
    """Return what it means that a request cannot be sent: often the proxy's address is wrong.

    Args:
        url: Of the request.
        reason: What the HTTP library says.
    """
    if is_malformed(url) or reason in _OF_PROXIES:
        return SourceStoppedError(
            f"the proxy's address cannot be used ({reason}); check {variable(url)}, of "
            f"the form {RIGHT}"
        )
    return RejectedError(f"the request cannot be sent ({reason})")


def _proxy(url: str) -> str:
    return select_proxy(url, get_environ_proxies(url, no_proxy=None)) or ""
