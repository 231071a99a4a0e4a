"""This tap without its fast path: no record is taken for well-formed."""

from __future__ import annotations

from typing import Any

from tap_continu_coursebase.decode.layout import Layout
from tap_continu_coursebase.tap import TapContinuCoursebase


def refuse(self: Layout, batch: bytes) -> Any:
    """Leave each record of a batch to the careful path."""


if __name__ == "__main__":
    Layout.decode = refuse  # type: ignore[method-assign]
    TapContinuCoursebase.cli()
