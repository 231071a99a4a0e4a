"""What one small request of a stream shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Glance:
    """What came of looking at a stream.

    Attributes:
        rows: Some rows, as they came.
        shape: What the answer was.
        is_part: Whether there is more than these rows.
        count: How many rows there are said to be, if that is known without reading them.
        window: What was asked for, if it has dates: ``window_from`` and ``window_until``.
        range_target: The date that was asked for and taken; None if none was.
        refused: The dates that the API does not take.
        ignored: Whether most rows lie outside of the window by the date that was asked for.
        remarks: What a user should know of the answer; each completes "the response".
        reason: Why a row has no key, if none that came has one, so that the stream would fail.
    """

    rows: Sequence[Any] = ()
    shape: str = ""
    is_part: bool = False
    count: int | None = None
    window: tuple[str, str] | None = None
    range_target: str | None = None
    refused: tuple[str, ...] = ()
    ignored: bool = False
    remarks: list[str] = field(default_factory=list)
    reason: str = ""
