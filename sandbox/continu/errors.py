"""Refusals of a request; their body is `{"message": "..."}`; documented: S-er."""

from __future__ import annotations


class RefusedError(Exception):
    """A request that earns an error status.

    Args:
        status: The HTTP status.
        message: Goes into the body.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


class BadRequestError(RefusedError):
    """Status 400: a typo in a field name, a bad value, a malformed object."""

    def __init__(self, message: str) -> None:
        super().__init__(400, message)
