"""Opaque ids: alphanumeric, and a function of nothing but their parts.

Documented: M shows 12 characters for users, groups, courses, fields and choices, 10 for
reports, 10 or 12 for cursors.
"""

from __future__ import annotations

import hashlib
import string

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
ID_LENGTH = 12
REPORT_ID_LENGTH = 10
CURSOR_LENGTH = 12


def opaque(*parts: object, length: int = ID_LENGTH) -> str:
    """Return `length` alphanumeric characters that depend on nothing but `parts`."""
    number = int.from_bytes(hashlib.sha256(":".join(map(str, parts)).encode()).digest(), "big")
    letters = []
    for _ in range(length):
        number, digit = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[digit])
    return "".join(letters)
