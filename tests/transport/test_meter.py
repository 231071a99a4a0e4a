"""What a header of counts means, told from how it moves."""

from __future__ import annotations

import pytest

from tap_continu_coursebase.transport.headers import PER_DAY, Meter, refused_at

LIMIT = 50
USED: dict[str, list[int]] = {
    "first": [1],
    "rising": [1, 2, 3],
    "others call too": [20, 27, 29, 40],
    "a new minute": [47, 48, 1, 2, 3],
    "out of order": [3, 1, 2, 5, 4, 7, 6],
    "two a minute": [1, 2, 1, 2, 1, 2],
}
OTHERWISE: dict[str, list[int]] = {
    "remaining": [49, 48, 47],
    "remaining, out of order": [48, 49, 46, 47, 44, 45],
    "remaining, a new minute": [2, 1, 0, 49, 48],
    "remaining, others call too": [49, 40, 36],
    "the limit": [50, 50],
    "a raised limit": [1000, 1000],
    "the limit, first": [50],
}


def meter(values: list[int | None]) -> Meter:
    made = Meter(PER_DAY)
    for value in values:
        made.read(value)
    return made


@pytest.mark.parametrize("values", USED.values(), ids=USED)
def test_calls_used(values: list[int]) -> None:
    assert meter([*values]).may_count(LIMIT)
    assert meter([*values]).other_meaning() is None


@pytest.mark.parametrize("values", OTHERWISE.values(), ids=OTHERWISE)
def test_not_calls_used(values: list[int]) -> None:
    assert not meter([*values]).may_count(LIMIT)
    assert not meter([*values]).has_risen


def test_a_count_is_proven_by_its_rise() -> None:
    assert not meter([4999]).has_risen
    assert meter([4998, 4999]).has_risen
    assert not meter([4000, 1]).has_risen, "a new day proves nothing"


def test_answers_without_the_header_change_nothing() -> None:
    assert meter([None, 49, None, 48, None]).value == 48
    assert not meter([None, 49, None, 48, None]).may_count(LIMIT)


def test_the_meaning_is_told_once_it_is_sure() -> None:
    assert "what remains" in str(meter([49, 48, 47]).other_meaning())
    assert meter([49, 48]).other_meaning() is None
    assert "the limit" in str(meter([50, 50, 50]).other_meaning())


@pytest.mark.parametrize(
    ("message", "counted"),
    [
        ("too many requests per minute, rate limit 50 exceeded 51", 51),
        ("rate limit exceeded", None),
        ("slow down", None),
    ],
)
def test_what_a_refusal_counted(message: str, counted: int | None) -> None:
    assert refused_at(message) == counted
