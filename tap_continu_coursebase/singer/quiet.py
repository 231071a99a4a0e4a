"""What the SDK says of each run and stream at INFO, and nobody needs there.

A stream's summary says that it was read, and a catalog that leaves streams out does so on purpose.
"""

from __future__ import annotations

import logging

NOISE = (
    "Parsing env var for settings config...",
    "Parsing '%s' config from env variable '%s'.",
    "Skipping deselected stream '%s'.",
    "Skipping parse of env var settings...",
)
"""Messages of the SDK, as they stand in its code."""


_READER = "singer_sdk.configuration._dict_config"
"""The SDK's logger of what it reads from the environment."""


def quieten(logger: logging.Logger) -> None:
    """Lower noise in a tap's logger, and in the SDK's own that makes some."""
    for one in (logger, logging.getLogger(_READER)):
        one.addFilter(lower)


def lower(record: logging.LogRecord) -> bool:
    """Lower noise to DEBUG, as a filter of the logger that is told it."""
    if record.msg not in NOISE:
        return True
    record.levelno, record.levelname = logging.DEBUG, logging.getLevelName(logging.DEBUG)
    return logging.getLogger(record.name).isEnabledFor(logging.DEBUG)
