"""Errors of a call: a code, and nothing else; documented: B."""

from __future__ import annotations


class MethodError(Exception):
    """A call that ends with `{"status": "error", "error": code}`.

    Args:
        code: The machine-readable code.
        http_status: The HTTP status, where it is not the one of all errors.
    """

    def __init__(self, code: str, http_status: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.http_status = http_status
