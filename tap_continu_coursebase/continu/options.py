"""How each report is asked for and stored, as the settings say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tap_continu_coursebase.continu.reports import Report
from tap_continu_coursebase.core.windows import CalendarUnit

SOURCE = "continu"


@dataclass(frozen=True)
class ReportOptions:
    """How one report is asked for and stored.

    Attributes:
        unit: Where its windows are cut.
        lookback: How far before its bookmark a run reads again.
        controls: What goes into the request body beside the flags and range_target.
        range_targets: What to ask for as range_target, in order; none leaves it to the API.
        is_target_set: Whether that is the user's choice, so that nothing else is asked for.
        primary_keys: The key to use instead of the declared one; empty for that one.
        columns: Types of columns to add or to change, some with what they are filled from.
        rows_path: Where the rows are in a response that is an object, dotted.
    """

    unit: CalendarUnit
    lookback: timedelta
    controls: Mapping[str, Any]
    range_targets: tuple[str, ...] = ()
    is_target_set: bool = False
    primary_keys: tuple[str, ...] = ()
    columns: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    rows_path: str | None = None


def read(config: Mapping[str, Any], report: Report) -> ReportOptions:
    """Read the options of one report from a checked configuration."""
    given = config["stream_options"].get(f"{SOURCE}_{report.name}", {})
    is_set = "range_target" in given
    chosen = (given["range_target"],) if given.get("range_target") else ()
    return ReportOptions(
        unit=given.get("window", config["continu_window"]),
        lookback=timedelta(minutes=given.get("lookback_minutes", config["lookback_minutes"])),
        controls=given.get("filters", {}),
        range_targets=chosen if is_set else report.updates,
        is_target_set=is_set,
        primary_keys=tuple(given.get("primary_keys", ())),
        columns=given.get("columns", {}),
        rows_path=given.get("rows_path"),
    )
