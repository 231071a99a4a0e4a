"""A check from its beginning to what is printed of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tap_continu_coursebase.check.document import document
from tap_continu_coursebase.check.look import look
from tap_continu_coursebase.check.saving import prepare, save
from tap_continu_coursebase.check.table import text
from tap_continu_coursebase.singer.sdk import SdkTap


def tell(begin: Callable[[], SdkTap], *, save_to: Path | None, as_json: bool) -> bool:
    """Look at every selected stream, and print what was found.

    Args:
        begin: Builds the tap, which only looks.
        save_to: The folder for what the answers looked like; None to keep nothing.
        as_json: Whether to print a document for programs.

    Returns:
        Whether all of them would load.
    """
    if save_to is not None:
        prepare(save_to)
    tap = begin()
    looks = look(tap)
    found = document(looks, tap.config)
    print(json.dumps(found, indent=2) if as_json else text(found))  # noqa: T201
    if save_to is not None:
        save(looks, save_to)
    return bool(found["loads"])
