"""What this tap writes into bookmarks, and the refusal of a state that it cannot continue.

A bookmark is a flat object below ``{"bookmarks": {stream: {...}}}``. Its keys:

- ``replication_key``, ``replication_key_value``: ``until`` of the last window sent, or
  ``data_updated_at`` of the last export loaded.
- ``start_date``: where the first run of a windowed stream began, so that rows are known to be
  loaded from there on.
- ``window``: the unit that aggregates were loaded by.
- ``language``, ``time_zone``, ``row_count``, ``columns``: of an export.
- ``range_target``: which date the windows go by, if it is not the first that is asked for; empty if
  the API took none.
- ``has_rows``: true once a window held a row with its key.
- ``recent``: how many rows the end of what is loaded held, by slices of the lookback:
  ``asked`` (stands for which rows were asked for), ``until``, ``seconds`` of a slice, and ``rows``
  of each, the newest first. The next run tells by it which rows came late.
- ``rows``, ``full_table_from``, ``full_table_until``: how many rows the last complete full table
  had, and its range if it has windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tap_continu_coursebase.core.errors import StateError, one_line
from tap_continu_coursebase.core.windows import parse_instant
from tap_continu_coursebase.singer.guards import is_remembered

KNOWN: Mapping[str, type] = {
    "replication_key": str,
    "replication_key_value": str,
    "start_date": str,
    "window": str,
    "range_target": str,
    "has_rows": bool,
    "recent": dict,
    "language": str,
    "time_zone": str,
    "row_count": int,
    "columns": list,
    "rows": int,
    "full_table_from": str,
    "full_table_until": str,
}
UNTIL = "until"
"""The replication key of windows."""
_INSTANTS = ("start_date", "full_table_from", "full_table_until")
_REMEDY = "give the tap the state that it wrote itself, or none"


def check(state: Any, sources: tuple[str, ...]) -> None:
    """Refuse a state that this version of the tap has not written.

    Args:
        state: The decoded file.
        sources: How the names of this tap's streams begin.

    Raises:
        StateError: If it is no state, of another tap, or of a newer version.
    """
    if not isinstance(state, dict):
        raise StateError(f"the state is not a JSON object: {_REMEDY}")
    bookmarks = state.get("bookmarks", {})
    if not isinstance(bookmarks, dict) or state.keys() - {"bookmarks"}:
        raise StateError(
            "the state is not of the form {'bookmarks': {...}}: it belongs to another tap or a "
            f"newer version; {_REMEDY}"
        )
    for stream, bookmark in bookmarks.items():
        if not stream.startswith(sources):
            raise StateError(f"{_of(stream)} belongs to another tap: {_REMEDY}")
        _check_bookmark(stream, bookmark)


def _check_bookmark(stream: str, bookmark: Any) -> None:
    if not isinstance(bookmark, dict):
        raise StateError(f"{_of(stream)} is not an object: {_REMEDY}")
    if unknown := sorted(bookmark.keys() - KNOWN.keys()):
        raise StateError(
            f"{_of(stream)} has the unknown key {unknown[0]!r}: it was written by a newer "
            f"version or by another tap; {_REMEDY}"
        )
    instants = set(_INSTANTS)
    if bookmark.get("replication_key") == UNTIL:
        instants.add("replication_key_value")
    for name, value in bookmark.items():
        if not _is_readable(name, value, instants):
            raise StateError(f"{_of(stream)} has a {name} that cannot be read: {_REMEDY}")


def _is_readable(name: str, value: Any, instants: set[str]) -> bool:
    if name == "columns":
        return isinstance(value, list) and all(isinstance(column, str) for column in value)
    if name == "recent":
        return is_remembered(value)
    return isinstance(value, KNOWN[name]) and (name not in instants or _is_instant(value))


def _is_instant(text: Any) -> bool:
    try:
        parse_instant(text)
    except ValueError:
        return False
    return True


def _of(stream: str) -> str:
    return one_line(f"the state of {stream!r}")
