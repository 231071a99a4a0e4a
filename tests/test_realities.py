"""The table of realities is whole: docs/realities.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox.continu.realities import REALITIES as OF_CONTINU
from sandbox.coursebase.realities import REALITIES as OF_COURSEBASE
from tap_continu_coursebase.config.settings import SCHEMA

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (Path(__file__).parents[1] / "docs" / "realities.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith(("| ---", "| Reality"))
]
OF_AN_OPTION = {"from"}
SETTINGS = SCHEMA["properties"]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_each_row_has_four_cells() -> None:
    assert {len(row) for row in ROWS} == {4}


def test_each_reality_of_the_sandbox_has_one_row() -> None:
    assert sorted(quoted(" ".join(row[3] for row in ROWS))) == sorted({*OF_CONTINU, *OF_COURSEBASE})


@pytest.mark.parametrize("setting", sorted({*quoted(" ".join(row[2] for row in ROWS))}))
def test_each_setting_exists(setting: str) -> None:
    assert (
        setting in {*SETTINGS, *OF_AN_OPTION}
        or f"`{setting}`" in SETTINGS["stream_options"]["description"]
    )
