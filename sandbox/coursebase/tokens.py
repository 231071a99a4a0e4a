"""Tokens: a static one, and those of the token endpoint.

Documented: B says bearer token, OAuth 2.0, and that the request for a token is the only one
whose body is no JSON. Inferred: client credentials as in RFC 6749 4.4 (the example token of B
is the one of that document), secret in the body or in HTTP Basic.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote_plus

from sandbox.coursebase.opaque import opaque
from sandbox.coursebase.timekeeper import Timekeeper

BEARER = "Bearer "
BASIC = "Basic "
TOKEN_LENGTH = 22


class TokenRefusedError(Exception):
    """A token request that is refused; RFC 6749 5.2.

    Args:
        code: The error code.
        status: The HTTP status.
    """

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.status = status


class Credentials(NamedTuple):
    """What a client shows for a token."""

    client_id: str
    client_secret: str


def basic_credentials(header: str) -> Credentials | None:
    """Read HTTP Basic, both parts form-encoded (RFC 6749 2.3.1)."""
    if not header.startswith(BASIC):
        return None
    try:
        text = base64.b64decode(header.removeprefix(BASIC), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    client_id, _, secret = text.partition(":")
    return Credentials(unquote_plus(client_id), unquote_plus(secret))


def read_form(content_type: str, raw: bytes) -> dict[str, str]:
    """Read a form-encoded body.

    Raises:
        TokenRefusedError: It is none, or has a parameter twice.
    """
    if content_type.partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
        raise TokenRefusedError("invalid_request")
    pairs = parse_qsl(raw.decode(errors="replace"), keep_blank_values=True)
    if len(dict(pairs)) != len(pairs):
        raise TokenRefusedError("invalid_request")
    return dict(pairs)


class Tokens:
    """Which tokens are good.

    Args:
        static: The token that was arranged with the vendor.
        client: Whose credentials earn further ones.
        lifetime: Seconds those live.
        seed: Decides what they look like.
        time: The clock they expire by.
    """

    def __init__(
        self, static: str, client: Credentials, lifetime: float, seed: int, time: Timekeeper
    ) -> None:
        self.static = static
        self.static_expired = False
        self.lifetime = lifetime
        self._client = client
        self._seed = seed
        self._time = time
        self._issued: dict[str, float] = {}
        self._count = 0

    def renew(self, token: str) -> None:
        """Have another static token from here on."""
        self.static, self.static_expired = token, False

    def expire(self) -> None:
        """Let every token be past its time."""
        self.static_expired = True
        self._issued.clear()

    def good(self, header: str | None) -> bool:
        """Tell whether an Authorization header gives access."""
        if header is None or not header.startswith(BEARER):
            return False
        token = header.removeprefix(BEARER)
        if token == self.static:
            return not self.static_expired
        return self._time.now() < self._issued.get(token, 0.0)

    def issue(self, form: Mapping[str, str], header: str | None) -> dict[str, object]:
        """Answer a token request; RFC 6749 4.4.2, 5.1.

        Raises:
            TokenRefusedError: The request is malformed, or the client another one.
        """
        basic = basic_credentials(header or "")
        if header is not None and basic is None:
            raise TokenRefusedError("invalid_client", 401)
        if "grant_type" not in form or (basic and "client_secret" in form):
            raise TokenRefusedError("invalid_request")
        shown = basic or Credentials(form.get("client_id", ""), form.get("client_secret", ""))
        if not hmac.compare_digest(repr(shown).encode(), repr(self._client).encode()):
            raise TokenRefusedError("invalid_client", 401)
        if form["grant_type"] != "client_credentials":
            raise TokenRefusedError("unsupported_grant_type")
        self._count += 1
        token = opaque(self._seed, "token", self._time.now(), self._count, length=TOKEN_LENGTH)
        self._issued[token] = self._time.now() + self.lifetime
        return {"access_token": token, "token_type": "Bearer", "expires_in": int(self.lifetime)}
