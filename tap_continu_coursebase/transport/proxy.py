"""The proxy that the environment names for a host, as far as it may be shown."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

from requests.utils import get_environ_proxies, select_proxy

RIGHT = "http://host:port"
RIGHT_WITH_PASSWORD = "http://user:password@host:port"  # noqa: S105 - a form, not a password


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


def _proxy(url: str) -> str:
    return select_proxy(url, get_environ_proxies(url, no_proxy=None)) or ""
