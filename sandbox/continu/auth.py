"""Who may ask: one static token per organisation; documented: S-au, R-auth."""

from __future__ import annotations

from sandbox.options import AuthScheme

BEARER = "Bearer "
MALFORMED = "invalid header"
EXPIRED = "invalid token TTL Expired, unauthorized request"
WRONG = "invalid token, unauthorized request"


class Gate:
    """Checks the Authorization header.

    The messages for a missing header and an expired token are documented (R-auth, R-err);
    the one for another token is inferred in their style.
    """

    def __init__(self, token: str, scheme: AuthScheme) -> None:
        self.token = token
        self.scheme = scheme
        self.expired = False

    def renew(self, token: str) -> None:
        """Accept `token` from here on, and nothing else."""
        self.token, self.expired = token, False

    def expire(self) -> None:
        """Let the current token be past its time."""
        self.expired = True

    def refusal(self, header: str | None) -> str | None:
        """Return the message of the 401 that the header earns, or None."""
        if not header:
            return MALFORMED
        prefixed = header.startswith(BEARER)
        if (self.scheme == "raw" and prefixed) or (self.scheme == "bearer" and not prefixed):
            return MALFORMED
        if header.removeprefix(BEARER) != self.token:
            return WRONG
        return EXPIRED if self.expired else None
