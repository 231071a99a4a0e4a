"""Secrets that can be found again in whatever notation they are written."""

from __future__ import annotations

import base64
import binascii
import html
import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import quote, unquote

_ODD = '/+=&"<\\'
"""What tokens may hold and notations write differently."""


def _marked(name: str) -> str:
    """Return a secret whose two halves are each enough to be found."""
    return f"{name}Kq7zMark{_ODD}{name}Wx9vTail"


CONTINU = _marked("continu")
STATIC = _marked("static")
CLIENT_ID = "clientidKq7zMark"
CLIENT_SECRET = _marked("clientsecret")
ISSUED = _marked("issued")
ISSUED_NEXT = _marked("nextissued")
SIGNATURE = "signatureKq7zMark"
NETRC = "netrcKq7zMark"
PROXY = "proxyKq7zMark"
DATABASE = "databaseKq7zMark"
ACCIDENT = "accidentKq7zMark"

_MARKS = re.compile(r"\w*?(?:Kq7zMark|Wx9vTail)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}")
_ESCAPE = re.compile(r"\\u00([0-9a-fA-F]{2})|\\x([0-9a-fA-F]{2})")

BASIC = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()


def found(text: str) -> set[str]:
    """Return every mark that a text holds, encoded or broken into lines as it may be."""
    joined = re.sub(r"\s+", "", text)
    seen: set[str] = set()
    for one in (text, joined):
        for read in (str, _unescape, unquote, html.unescape, _unquote_twice):
            seen |= set(_MARKS.findall(read(one)))
        for match in _BASE64.finditer(one):
            seen |= set(_MARKS.findall(_decoded(match.group())))
    return seen


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), text)


def _unquote_twice(text: str) -> str:
    return unquote(unquote(text))


def _decoded(text: str) -> str:
    """Decode base64 from each of the four places where a group may begin."""
    plain = text.translate(str.maketrans("-_", "+/"))
    decoded = []
    for start in range(4):
        usable = plain[start:]
        whole = usable[: len(usable) // 4 * 4]
        try:
            decoded.append(base64.b64decode(whole).decode("latin-1"))
        except binascii.Error:
            continue
    return "\n".join(decoded)


def _every_character(form: str) -> Callable[[str], str]:
    return lambda secret: "".join(form.format(ord(character)) for character in secret)


NOTATIONS: Mapping[str, Callable[[str], str]] = {
    "plain": str,
    "json": lambda secret: json.dumps(secret)[1:-1],
    "json, slashes escaped": lambda secret: json.dumps(secret)[1:-1].replace("/", "\\/"),
    "json, html-safe": lambda secret: (
        json.dumps(secret)[1:-1]
        .replace("<", "\\u003c")
        .replace("&", "\\u0026")
        .replace("+", "\\u002B")
    ),
    "json in json": lambda secret: json.dumps(json.dumps(secret)),
    "json, every character": _every_character("\\u{:04x}"),
    "python": lambda secret: repr([secret]),
    "bytes": lambda secret: repr(secret.encode()),
    "percent": lambda secret: quote(secret, safe=""),
    "percent, lower case": lambda secret: re.sub(
        "%..", lambda match: match.group().lower(), quote(secret, safe="")
    ),
    "percent, path": quote,
    "percent, twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "html": html.escape,
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64, one off": lambda secret: base64.b64encode(f":{secret}:".encode()).decode(),
    "base64, two off": lambda secret: base64.b64encode(f"a:{secret}".encode()).decode(),
    "base64, url-safe": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
}
"""How a server may write what it was sent."""
