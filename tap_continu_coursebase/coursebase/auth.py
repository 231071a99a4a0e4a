"""The bearer token of Coursebase: given, or got with client credentials.

The scheme is documented (OAuth 2.0, bearer); the grant, its reply and the placement of the
credentials are inferred from RFC 6749, section 4.4, and the token's URL is a setting.
"""

from __future__ import annotations

import base64
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import requests
from requests.auth import AuthBase, HTTPBasicAuth

from tap_continu_coursebase.core.errors import ApiError, RejectedError, SourceStoppedError
from tap_continu_coursebase.decode.document import decode_json, in_memory
from tap_continu_coursebase.decode.value import Misfit, coerce
from tap_continu_coursebase.transport.session import MAX_TRIES, HttpSession

_MARGIN = 60.0
_UNKNOWN_LIFETIME = 3600.0
_REMEMBERED = 100
_LONGEST_LIFETIME = 86_400.0


class ClientCredentials:
    """Gets tokens for a client, each in time before the last one expires.

    Args:
        url: Where tokens are requested.
        client_id: The client.
        client_secret: Its secret.
        timeout: Seconds for one request.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        *,
        url: str,
        client_id: str,
        client_secret: str,
        timeout: float,
        tries: int = MAX_TRIES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._url = url
        self._token = ""
        self._issued: deque[str] = deque(maxlen=_REMEMBERED)
        self._expires = 0.0
        self._in_body = {"client_id": client_id, "client_secret": client_secret}
        self._clock = clock

        def session(auth: AuthBase | None) -> HttpSession:
            return HttpSession(
                auth=auth,
                budget=None,
                timeout=timeout,
                tries=tries,
                classify=lambda _status, _message: None,
                secrets=self.secrets,
                url_setting="coursebase_token_url",
            )

        self._basic = session(HTTPBasicAuth(client_id, client_secret))
        self._plain = session(None)
        self._lock = threading.Lock()

    def token(self) -> str:
        """Return a token that will not expire within a minute.

        Raises:
            SourceStoppedError: If none is granted.
        """
        with self._lock:
            if self._clock() >= self._expires:
                self._renew()
            return self._token

    def secrets(self) -> tuple[str, ...]:
        """Return what must not be shown."""
        pair = ":".join(self._in_body.values()).encode()
        basic = base64.b64encode(pair).decode()
        return *self._in_body.values(), basic, *tuple(self._issued)

    def reject(self, token: str) -> bool:
        """Forget a token that was refused; return whether another can be had."""
        with self._lock:
            if token == self._token:
                self._expires = 0.0
            return True

    def _renew(self) -> None:
        grant = {"grant_type": "client_credentials"}
        try:
            try:
                answer = self._basic.post(self._url, grant, in_memory(_decode_token), form=True)
            except RejectedError:
                body = {**grant, **self._in_body}
                answer = self._plain.post(self._url, body, in_memory(_decode_token), form=True)
        except ApiError as error:
            raise SourceStoppedError(
                f"no token is granted at coursebase_token_url ({error}); check "
                "coursebase_client_id and coursebase_client_secret"
            ) from error
        self._token, lifetime = answer.value
        self._issued.append(self._token)
        self._expires = self._clock() + max(lifetime - _MARGIN, lifetime / 2)


class StaticToken:
    """A token that was configured."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        """Return the token."""
        return self._token

    def secrets(self) -> tuple[str, ...]:
        """Return what must not be shown."""
        return (self._token,)

    def reject(self, token: str) -> bool:  # noqa: ARG002
        """Return false: there is no other token."""
        return False


Tokens = ClientCredentials | StaticToken


class BearerAuth(AuthBase):
    """Sends the current token in the Authorization header of each request."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the header to a request."""
        request.headers["Authorization"] = f"Bearer {self._tokens.token()}"
        return request


def _decode_token(body: bytes) -> tuple[str, float]:
    """Read the reply: the token and its lifetime in seconds."""
    reply = decode_json(body)
    if isinstance(reply, Mapping) and isinstance(reply.get("data"), Mapping):
        reply = reply["data"]
    token: Any = reply.get("access_token") if isinstance(reply, Mapping) else None
    if not isinstance(token, str) or not token:
        raise RejectedError("the reply has no access_token")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise RejectedError("the reply's access_token has characters that no token has")
    try:
        lifetime = coerce(reply.get("expires_in"), ("number",)) or 0
    except Misfit:
        lifetime = 0
    known = min(lifetime, _LONGEST_LIFETIME) if lifetime > 0 else _UNKNOWN_LIFETIME
    return token, float(known)
