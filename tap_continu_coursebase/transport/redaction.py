"""Keep secrets out of texts, in whatever notation a server tells them back."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

REDACTED = "[redacted]"
_QUERY = re.compile(r"(\bhttps?://[^\s?#\"'<>]*)[?#][^\s\"'<>]+", re.IGNORECASE)
_ESCAPE = re.compile(r"\\u00([0-9a-fA-F]{2})|\\x([0-9a-fA-F]{2})")
_DEPTH = 3
_SHORTEST_IN_BASE64 = 6


def redact(text: str, secrets: Iterable[str]) -> str:
    """Replace every secret in a text; all of it, if one can be read out of what is left.

    Args:
        text: What a server said.
        secrets: What must not be shown.

    Returns:
        A text in which no secret stands: plain, escaped for JSON, HTML, URLs or Python (up
        to twice), in base64, or with line breaks in it. Links have lost their queries, where
        presigned ones have their credentials.
    """
    known = sorted({secret for secret in secrets if secret}, key=len, reverse=True)
    for secret in known:
        text = text.replace(secret, REDACTED)
    text = _QUERY.sub(rf"\1?{REDACTED}", text)
    readings = set(_readings(text))
    for secret in known:
        needles = {*_readings(secret), *_in_base64(secret)} - {""}
        if any(needle in reading for needle in needles for reading in readings):
            return REDACTED
    return text


def _readings(text: str) -> Iterator[str]:
    """Yield a text without what notations add, decoded once more each time."""
    for _ in range(_DEPTH):
        yield re.sub(r"[\s\\]", "", text).replace("-", "+").replace("_", "/")
        text = html.unescape(unquote(_ESCAPE.sub(_character, text)))


def _character(escape: re.Match[str]) -> str:
    return chr(int(escape[1] or escape[2], 16))


def _in_base64(secret: str) -> Iterator[str]:
    """Yield what a secret looks like wherever in a longer text it was encoded."""
    content = secret.encode()
    if len(content) < _SHORTEST_IN_BASE64:
        return
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + content).decode()
        yield encoded[-(-before * 8 // 6) : (before + len(content)) * 8 // 6]
