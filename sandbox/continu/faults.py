"""Kinds of faults of the Continu half, and at which point of a call each one strikes."""

from __future__ import annotations

from sandbox.faults import Faults, Ways
from sandbox.outcomes import MEANINGS

WAYS: Ways = {
    "answer": {
        "rate_limit_minute": "429, too many requests in the minute: retry_after",
        "rate_limit_day": "429, too many requests today: retry_after",
        "status": "another HTTP status: status, message, retry_after",
        **MEANINGS,
    },
    "rows": {
        "wrong_types": "values of another type; every third row's cannot be read: hard",
        "missing_id": "a first row without its ids",
        "garbage": "lone surrogates, NUL, NaN and huge numbers in every other row: only",
    },
    "size": {"oversized": "an answer of more rows is refused, until cleared: rows, status"},
}
"""What can go wrong, where, and which details a plan may give.

A plan's `match` is a report's name, its `where` asks for parts of the request's body. Of
`answer` and `rows` one plan strikes a request; `size` strikes beside it.
"""

STRIKING = frozenset({*WAYS["answer"], *WAYS["rows"]})
SIZE = frozenset(WAYS["size"])


def continu_faults() -> Faults:
    """Return the engine, without a plan."""
    return Faults(WAYS, endless=SIZE)
