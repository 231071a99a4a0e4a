"""Colours that can be told apart, in light and in dark: WCAG 2.2, level AA."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import tap_continu_coursebase.page

CSS = (Path(tap_continu_coursebase.page.__file__).parent / "page.css").read_text("utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
)
TEXT, GRAPHIC = 4.5, 3.0
PAIRS = [
    ("ink", "paper", TEXT),
    ("muted", "paper", TEXT),
    ("link", "paper", TEXT),
    ("warm", "paper", TEXT),
    ("accent", "paper", GRAPHIC),
    ("accent", "track", GRAPHIC),
    ("warm", "warm-soft", 2.5),
    ("on-warn", "warn", TEXT),
    *((f"on-seq-{step}", f"seq-{step}", TEXT) for step in range(1, 6)),
]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_what_is_said_of_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("above", "below", "least"), PAIRS)
@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_colours_can_be_told_apart(
    scheme: dict[str, str], above: str, below: str, least: float
) -> None:
    assert contrast(scheme[above], scheme[below]) >= least


def test_both_schemes_have_every_colour_that_is_used() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert {*re.findall(r"var\(--([\w-]+)\)", CSS)} <= LIGHT.keys()


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_steps_go_one_way(scheme: dict[str, str]) -> None:
    """A larger share stands out more from the paper."""
    steps = [contrast(scheme[f"seq-{step}"], scheme["paper"]) for step in range(1, 6)]
    assert steps == sorted(steps)
