"""Languages and time zones; documented: M, identical in three places."""

from __future__ import annotations

from functools import cache
from zoneinfo import available_timezones

LANGUAGES = (
    "en",
    "ja",
    "es",
    "zh_CN",
    "zh_TW",
    "fr",
    "vi",
    "de",
    "id",
    "it",
    "ko",
    "pt",
    "ru",
    "th",
)


@cache
def time_zones() -> frozenset[str]:
    """Return the names of the tz database."""
    return frozenset(available_timezones() | {"UTC"})
