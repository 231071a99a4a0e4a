"""Presigned links in the manner of AWS SigV4; documented: M (example of a finished export)."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, urlencode

LIFETIME = 900
"""Documented: `X-Amz-Expires=900` in the example."""
SIGNATURE = "X-Amz-Signature"
STAMP = "%Y%m%dT%H%M%SZ"
EXPIRED = "expired"
MISMATCH = "mismatch"


def _query(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs, quote_via=quote, safe="")


class Signer:
    """Signs and checks links.

    Args:
        seed: The secret, in effect.
    """

    def __init__(self, seed: int) -> None:
        self._key = f"signing:{seed}".encode()
        self._count = 0

    def _signature(self, path: str, host: str, pairs: list[tuple[str, str]]) -> str:
        text = "\n".join(("GET", path, _query(sorted(pairs)), host))
        return hmac.new(self._key, text.encode(), hashlib.sha256).hexdigest()

    def sign(self, origin: str, path: str, now: float) -> str:
        """Return a link to a path.

        Two links of the same second differ in the credential, as those of changing roles do.

        Args:
            origin: Scheme, host and port of the storage.
            path: The path, which is signed with the rest.
            now: From when on it lives 900 seconds, rounded down to the second.
        """
        self._count += 1
        stamp = datetime.fromtimestamp(int(now), UTC).strftime(STAMP)
        scope = f"SANDBOX{self._count:06d}/{stamp[:8]}/ap-northeast-1/s3/aws4_request"
        pairs = [
            ("X-Amz-Algorithm", "AWS4-HMAC-SHA256"),
            ("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD"),
            ("X-Amz-Credential", scope),
            ("X-Amz-Date", stamp),
            ("X-Amz-Expires", str(LIFETIME)),
            ("X-Amz-SignedHeaders", "host"),
            ("x-id", "GetObject"),
        ]
        signature = self._signature(path, origin.partition("://")[2], pairs)
        pairs.insert(5, (SIGNATURE, signature))
        return f"{origin}{path}?{_query(pairs)}"

    def refusal(self, path: str, host: str, query: str, now: float) -> str | None:
        """Return why a link is not good, `EXPIRED` or `MISMATCH`, or None.

        Args:
            path: Path of the request.
            host: Its Host header, which is signed.
            query: Its query string; anything added or changed breaks the signature.
            now: The present.
        """
        pairs = parse_qsl(query, keep_blank_values=True)
        given = dict(pairs).get(SIGNATURE, "")
        others = [pair for pair in pairs if pair[0] != SIGNATURE]
        if not hmac.compare_digest(given.encode(), self._signature(path, host, others).encode()):
            return MISMATCH
        issued = datetime.strptime(dict(pairs)["X-Amz-Date"], STAMP).replace(tzinfo=UTC)
        return EXPIRED if now > issued.timestamp() + LIFETIME else None
