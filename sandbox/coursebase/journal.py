"""The log of what the Coursebase half received."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request

from sandbox.journal import ReceivedRequest, readable, without_secrets

SECRET_ARGUMENTS = frozenset({"client_secret", "password"})
API, TOKEN, STORAGE = "api", "token", "storage"


@dataclass(frozen=True, slots=True)
class CoursebaseRequest(ReceivedRequest):
    """One request to a method, to the token endpoint or to the storage.

    Attributes:
        host: `api`, `token` or `storage`.
        rpc: Name of the method; empty for the others.
        authorization: Scheme of the Authorization header in lower case, or None.
    """

    host: str = API
    rpc: str = ""
    authorization: str | None = None


def received(request: Request, raw: bytes, status: int, host: str, rpc: str) -> CoursebaseRequest:
    """Write a request down, without tokens, secrets and signatures."""
    headers: Mapping[str, str] = request.headers
    body = readable(raw)
    if raw and headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in SECRET_ARGUMENTS}
    scheme = headers.get("authorization")
    return CoursebaseRequest(
        request.method,
        request.url.path,
        body,
        without_secrets(headers),
        status,
        host=host,
        rpc=rpc,
        authorization=None if scheme is None else scheme.partition(" ")[0].lower(),
    )
