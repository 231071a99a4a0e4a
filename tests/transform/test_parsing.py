"""Text that may be a date, an instant or a number, beside what Python makes of it."""

from __future__ import annotations

import random
import re
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from tests.transform.conftest import Learning

ZONES = ("UTC", "Asia/Tokyo", "Asia/Kathmandu", "America/New_York", "Europe/Berlin", None)
PARTS = (
    *("0000", "1900", "2024", "2026", "12", "02", "29", "30", "31", "00", "4", "-", "/", " ", "T"),
    *("09:30", "23:59:59", "24:00", "02:30", ":", ".5", ".250", "Z", "+05:45", "-03:00", "+15:00"),
    *("1,234", ",", ".", "%", "e3", "E-2", "+", "x", "NaN", "\t", "\n", "é", "٣", "'", "\\", ""),
)
INSTANT = re.compile(
    r"""\ *(?P<year>[0-9]{4})[-/](?P<month>[0-9]{1,2})[-/](?P<day>[0-9]{1,2})
    (?:[T\ ](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})
    (?::(?P<second>[0-9]{2})(?P<fraction>\.[0-9]{1,9})?)?
    (?:\ ?(?P<offset>Z|[+-][0-9]{2}(?::[0-9]{2})?))?)?\ *""",
    re.VERBOSE,
)
NUMBER = re.compile(
    r" *([+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)?(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?) *%? *"
)


def told(text: str, zone: str | None) -> tuple[date | None, datetime | None]:
    """Return the day and the instant that a text tells, as Python's calendar and zones have it."""
    found = INSTANT.fullmatch(text)
    if found is None:
        return None, None
    year, month, day, hour, minute, secs = (int(part or 0) for part in found.groups()[:6])
    try:
        local = datetime(year, month, day, hour, minute, secs)  # noqa: DTZ001 - said below
        local += timedelta(microseconds=round(float(found["fraction"] or 0) * 1e6))
    except ValueError:
        return None, None
    offset = found["offset"]
    if offset and offset != "Z":
        hours, minutes = int(offset[1:3]), int(offset[4:] or 0)
        if hours > 14 or minutes > 59:
            return None, None
        behind = timedelta(hours=hours, minutes=minutes) * (-1 if offset[0] == "-" else 1)
        return local.date(), local.replace(tzinfo=timezone(behind))
    if offset:
        return local.date(), local.replace(tzinfo=UTC)
    if zone is None:
        return local.date(), None
    first = local.replace(tzinfo=ZoneInfo(zone))
    second = first.replace(fold=1)
    # An hour that comes twice is the later one.
    twice = first.utcoffset() > second.utcoffset()  # type: ignore[operator]
    return local.date(), second if twice else first


def number(text: str) -> Decimal | None:
    """Return the number that a text tells."""
    found = NUMBER.fullmatch(text)
    if found is None or not re.search(r"[0-9]", found[1].lower().split("e")[0]):
        return None
    exponent = found[1].lower().partition("e")[2].lstrip("+-")
    digits = found[1].lower().partition("e")[0].lstrip("+-").split(".")
    if len(exponent) > 2 or any(len(some.replace(",", "")) > 30 for some in digits):
        return None
    return Decimal(found[1].replace(",", ""))


def texts(seed: int, count: int) -> list[tuple[str, str | None]]:
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        day = f"{chance.randint(1900, 2100)}-{chance.randint(1, 12):02}-{chance.randint(1, 31):02}"
        clock = f"{chance.randint(0, 24):02}:{chance.randint(0, 60):02}"
        offset = chance.choice(["", "Z", "+09:00", " -03:30", "+00"])
        amount = f"{chance.uniform(-9e6, 9e6):,.{chance.randint(0, 3)}f}"
        text = chance.choice(
            [
                day,
                f"{day} {clock}",
                f"{day.replace('-', '/')} {clock}:{chance.randint(0, 60):02}",
                f"{day}T{clock}:07.{chance.randint(0, 999_999)}{offset}",
                amount + chance.choice(["", "%"]),
                "".join(chance.choices(PARTS, k=chance.randint(1, 9))),
            ]
        )
        if chance.random() < 0.3:
            place = chance.randint(0, len(text))
            text = text[:place] + chance.choice(PARTS) + text[place + chance.randint(0, 2) :]
        made.append((text, chance.choice(ZONES)))
    return made


def test_what_a_text_tells_is_what_python_reads_in_it(learning: Learning) -> None:
    given = texts(seed=17, count=8000)
    reading = learning.dbt(
        *("--quiet", "compile", "--inline"),
        "{% set read = continu_coursebase %}"
        "select id, {{ read.date_of('told') }}, {{ read.instant_of('told', 'zone') }},"
        " {{ read.number_of('told') }}, {{ read.integer_of('told') }} from given order by id",
    )
    with psycopg.connect(learning.warehouse.dsn) as connection:
        connection.execute("CREATE TEMPORARY TABLE given (id int, told text, zone text)")
        connection.execute(
            "INSERT INTO given SELECT * FROM unnest(%s::int[], %s::text[], %s::text[])",
            [list(range(len(given))), *map(list, zip(*given, strict=True))],
        )
        read = connection.execute(reading.encode()).fetchall()
    seen: dict[str, int] = dict.fromkeys(["day", "instant", "number", "none"], 0)
    for (text, zone), (_, day, instant, real, whole) in zip(given, read, strict=True):
        expected_day, expected_instant = told(text, zone)
        expected_number = number(text)
        utc: Any = expected_instant and expected_instant.astimezone(UTC).replace(tzinfo=None)
        assert (day, instant) == (expected_day, utc), (text, zone)
        assert real == expected_number, text
        fits = real is not None and real == real.to_integral_value() and abs(real) < Decimal("9e18")
        assert whole == (real if fits else None), text
        seen["day"] += day is not None
        seen["instant"] += instant is not None
        seen["number"] += real is not None
        seen["none"] += day is None and real is None
    assert min(seen.values()) > 500, seen
