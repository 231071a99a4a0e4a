"""What the SDK says of each run and stream at INFO, and nobody needs there.

A stream's summary says that it was read, and a catalog that leaves streams out does so on purpose.
"""

from __future__ import annotations

import logging

NOISE = (
    "Parsing env var for settings config...",
    "Skipping deselected stream '%s'.",
    "Skipping parse of env var settings...",
)
"""Messages of the SDK, as they stand in its code."""


def lower(record: logging.LogRecord) -> bool:
    """Lower noise to DEBUG, as a filter of the logger that is told it."""
    if record.msg not in NOISE:
        return True
    record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
    return logging.getLogger(record.name).isEnabledFor(logging.DEBUG)
