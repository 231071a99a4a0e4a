"""Turn fields that no schema declares into columns of a catalog, where a look at them is wanted."""

from __future__ import annotations

from collections.abc import Iterable
from logging import Logger

from tap_continu_coursebase.check.look import Look
from tap_continu_coursebase.coursebase.exported import ExportStream
from tap_continu_coursebase.decode.record import snake_case
from tap_continu_coursebase.singer.sdk import SdkTap
from tap_continu_coursebase.singer.stream import SourceStream


def promote(tap: SdkTap, looks: Iterable[Look], logger: Logger) -> None:
    """Add the undeclared fields that were seen to the streams of a tap.

    Args:
        tap: Whose catalog is to have them.
        looks: What was found.
        logger: Told what could not be looked at.
    """
    for one in looks:
        stream, seen = tap.streams[one.seen.stream], one.seen
        if not seen.loads:
            logger.warning(
                "%s: not looked at for undeclared fields (discover_live): %s",
                seen.stream,
                seen.reason,
            )
        if isinstance(stream, SourceStream) and not isinstance(stream, ExportStream):
            stream.extend(
                {
                    snake_case(name): found.kind
                    for name, found in seen.rows.undeclared.items()
                    if found.kind is not None and snake_case(name).strip("_")
                }
            )
