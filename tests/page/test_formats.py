"""Numbers, instants and names as they are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from tap_continu_coursebase.page.formats import (
    age,
    clean,
    compact,
    days,
    exact,
    fitted,
    isolated,
    share,
    width,
    written,
)
from tap_continu_coursebase.page.parts import Kind
from tests.page.models import ARABIC, CHINESE, EMOJI, LONG


@pytest.mark.parametrize(
    ("value", "said"),
    [(0, "0%"), (1, "100%"), (0.5, "50%"), (0.004, "<1%"), (0.999, ">99%"), (0.99, "99%")],
)
def test_a_share_is_all_or_nothing_only_if_it_is(value: float, said: str) -> None:
    assert share(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.0k"),
        (9_949, "9.9k"),
        (9_951, "10k"),
        (21_500, "22k"),
        (999_499, "999k"),
        (999_500, "1.0M"),
        (9_950_000, "10M"),
        (21_500_000, "22M"),
    ],
)
def test_a_compact_number_has_at_most_four_characters(value: int, said: str) -> None:
    assert compact(value) == said
    assert len(said) <= 4


def test_values_are_written_by_their_kind() -> None:
    assert written(None, Kind.SHARE) == "\N{EN DASH}"
    assert written(1234567, Kind.COUNT) == "1,234,567"
    assert written(0.25, Kind.SHARE) == "25%"
    assert written(date(2026, 2, 1), Kind.MONTH) == "Feb 2026"
    assert written(date(2026, 2, 1), Kind.DAY) == "1 Feb 2026"
    assert written(datetime(2026, 2, 1, 9, 5), Kind.INSTANT) == "1 Feb 2026, 09:05 UTC"  # noqa: DTZ001
    there = datetime(2026, 2, 1, 1, 5, tzinfo=timezone(timedelta(hours=2)))
    assert written(there, Kind.INSTANT) == "31 Jan 2026, 23:05 UTC"
    assert written("a\x00b", Kind.NAME) == "a b"
    assert (days(2.125), days(12.4), days(1200.2)) == ("2.1", "12", "1,200")
    assert (age(0.5), age(71.6), age(96)) == ("30 min", "72 h", "4 days")


def test_exact_values_are_not_rounded() -> None:
    assert exact(4 / 9) == "0.4444444444444444"
    assert exact(date(2026, 2, 1)) == "2026-02-01"
    assert exact(datetime(2026, 2, 1, tzinfo=UTC)) == "2026-02-01T00:00:00+00:00"
    assert exact(None) == ""


@pytest.mark.parametrize("name", [ARABIC, CHINESE, EMOJI, LONG, "", "iiiiiiii", "WWWWWWWW"])
def test_a_name_fits_where_it_is_put(name: str) -> None:
    for pixels in (40, 90, 260):
        cut = fitted(name, pixels)
        assert width(cut) <= pixels
        assert cut == name or cut.endswith("…")


def test_what_turns_the_text_around_a_name_is_taken_out() -> None:
    assert clean("a\u202eb\u200fc") == "a b\u200fc"
    assert isolated("x") == "\u2068x\u2069"
