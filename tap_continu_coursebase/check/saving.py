"""Write what the answers looked like, without what they said."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tap_continu_coursebase.check.examine import counts
from tap_continu_coursebase.check.kinds import described
from tap_continu_coursebase.check.look import Look
from tap_continu_coursebase.check.masking import masked, masked_body
from tap_continu_coursebase.core.errors import ConfigError
from tap_continu_coursebase.core.watch import Exchange

_NUMBER = re.compile(r"\d{5,}")


def prepare(folder: Path) -> None:
    """Make an empty folder.

    Raises:
        ConfigError: If it has something in it already, or cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        is_empty = not any(folder.iterdir())
    except OSError as error:
        raise ConfigError([f"--save {folder}: cannot be written ({error.strerror})"]) from error
    if not is_empty:
        raise ConfigError(
            [f"--save {folder}: has files in it, which are not overwritten; right is a new folder"]
        )


def save(looks: Sequence[Look], folder: Path) -> None:
    """Write one file for each stream.

    Args:
        looks: One for each stream.
        folder: As ``prepare`` leaves it.

    Raises:
        ConfigError: If it cannot be written to.
    """
    for one in looks:
        shown = {"stream": one.seen.stream, "exchanges": [_exchange(e) for e in one.exchanges]}
        try:
            with (folder / f"{one.seen.stream}.json").open("x", encoding="utf-8") as file:
                json.dump(shown, file, indent=2, ensure_ascii=False)
                file.write("\n")
        except OSError as error:
            raise ConfigError([f"--save {folder}: cannot be written ({error.strerror})"]) from error


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "path": _NUMBER.sub("<integer>", exchange.path),
        "payload": masked(exchange.payload),
        "status": exchange.status,
        "headers": {name: described(value) for name, value in counts(exchange.headers).items()},
        "body": masked_body(bytes(exchange.body), is_whole=exchange.is_whole),
    }
