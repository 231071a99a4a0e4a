"""The Continu streams: each report's declaration put together with a Singer behaviour."""

from __future__ import annotations

import json
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from tap_continu_coursebase.continu import options
from tap_continu_coursebase.continu.client import ContinuClient
from tap_continu_coursebase.continu.options import SOURCE, ReportOptions
from tap_continu_coursebase.continu.reports import REPORTS, Report
from tap_continu_coursebase.continu.targets import (
    SAMPLE,
    RangeTargets,
    WindowCheck,
    dates_by_key,
    speaks_of,
)
from tap_continu_coursebase.core.answer import Answer
from tap_continu_coursebase.core.errors import BadRequestError, TooMuchError, TransientError
from tap_continu_coursebase.core.estimate import Call
from tap_continu_coursebase.core.windows import Window, format_instant
from tap_continu_coursebase.decode.schema import RowSchema, load
from tap_continu_coursebase.decode.spool import Spool
from tap_continu_coursebase.singer.glance import Glance
from tap_continu_coursebase.singer.guards import Dates, looks_cut_off
from tap_continu_coursebase.singer.ledger import LedgerStream
from tap_continu_coursebase.singer.sdk import SdkTap
from tap_continu_coursebase.singer.steps import Response, Step, TableComplete
from tap_continu_coursebase.singer.stream import SourceStream, SpooledStream
from tap_continu_coursebase.singer.windowed import WindowedStream
from tap_continu_coursebase.transport.budget import RequestBudget

LEDGER = f"{SOURCE}_windows"
REJECTED = f"{SOURCE}_rejected_rows"
RECORDS = frozenset({LEDGER, REJECTED})
"""The streams that other streams add to; they have no versions."""
_LONGEST_LOOKS = {
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=28),
}
_SHORTEST_LOOK = timedelta(hours=1)


@dataclass(frozen=True)
class ReportRequest:
    """How one report is asked for.

    Attributes:
        report: Which report.
        options: What the settings say of it.
        client: Sends the request.
    """

    report: Report
    options: ReportOptions
    client: ContinuClient

    def send(
        self, stream: SpooledStream, window: Window | None = None, target: str | None = None
    ) -> Answer[Spool]:
        """Send the selected flags as true, then filters and range_target."""
        return self.client.report(
            self.report.path,
            {
                **dict.fromkeys(stream.selected_flags(), True),
                **self.options.controls,
                **({} if target is None else {"range_target": target}),
            },
            stream.read,
            window,
            divisible=self.report.behaviour == "facts",
        )


class WindowedReport(WindowedStream):
    """A report with ``{from}/{until}`` in its path."""

    def __init__(self, tap: SdkTap, name: str, declared: RowSchema, request: ReportRequest) -> None:
        super().__init__(
            tap,
            name,
            declared,
            unit=request.options.unit,
            lookback=request.options.lookback,
            aggregate=request.report.behaviour == "aggregates",
            in_flight=tap.config["continu_max_in_flight"],
        )
        self.rows_path = request.options.rows_path
        self._request = request

    def responses(self) -> Generator[Step, None, None]:
        """Yield the records of each window, by the date that an earlier run found to be taken."""
        self._begin()
        yield from super().responses()

    def glance(self) -> Glance:
        """Ask for the last day, and for more of the last weeks if that is empty."""
        self._begin()
        self.choose_columns()
        shown = Glance()
        for length in self._looks():
            window, answer = self._ask_until_now(length)
            target = self._targets.current
            shown = self.seen(answer.value)
            shown.window = (format_instant(window.start), format_instant(window.until))
            shown.range_target, shown.refused = target, self._targets.refused
            shown.ignored = target is not None and self._checks[target].is_ignored
            if shown.rows:
                break
        return shown

    def _looks(self) -> Iterator[timedelta]:
        """Yield the lengths of windows to look at: no longer than a run's that cannot be split."""
        longest = _LONGEST_LOOKS[self._unit if self._aggregate else "month"]
        yield from sorted({_LONGEST_LOOKS["day"], longest})

    def _ask_until_now(self, length: timedelta) -> tuple[Window, Answer[Spool]]:
        """Ask for a window of a length, or for a shorter one where a run would split it."""
        until = self.run.until
        window = Window(until - length, until)
        try:
            return window, self.fetch(window)
        except TooMuchError as error:
            if self._aggregate:
                raise
            window = Window(until - (error.longest or _SHORTEST_LOOK), until)
            return window, self.fetch(window)

    def _begin(self) -> None:
        """Take up the date that an earlier run found to be taken."""
        options = self._request.options
        remembered = None
        if not options.is_target_set:
            remembered = self.get_context_state(None).get("range_target")
        self._targets = RangeTargets(options.range_targets, remembered)
        self._checks = {
            target: WindowCheck(target, partial(self._warn_of_ignored, target))
            for target in options.range_targets
        }
        self._has_told_target = False

    def to_remember(self) -> dict[str, Any]:
        """Return the date that the next run shall ask for, if it is not the first candidate."""
        target = self._targets.to_remember()
        return {} if target is None else {"range_target": target}

    def asked(self) -> str:
        """Return a digest of filters and range_target."""
        asked = {**self._request.options.controls, "range_target": self._targets.current}
        return f"{zlib.crc32(json.dumps(asked, sort_keys=True).encode()):08x}"

    def dates(self, rows: Spool) -> Dates | None:
        """Return the dates of the range_target, where they stand in the rows, else of birth."""
        target = self._targets.current or ""
        return dates_by_key(rows.lines(), target, self._request.report.born, self.primary_keys)

    def fetch(self, window: Window) -> Answer[Spool]:
        """Ask for one window."""
        try:
            return self._ask(window)
        except (TooMuchError, TransientError) as error:
            if self._aggregate and (isinstance(error, TooMuchError) or error.oversized):
                raise TooMuchError(
                    f"{error}; its rows are aggregates, so windows are not split: "
                    f"{self.shorter_windows()}"
                ) from error
            raise

    def _ask(self, window: Window) -> Answer[Spool]:
        """Ask for one window by the broadest date that the API takes.

        Raises:
            BadRequestError: If it refuses something else, or the date that the settings name.
        """
        reason = "an earlier run has found"
        while True:
            target = self._targets.current
            try:
                answer = self._request.send(self, window, target)
            except BadRequestError as error:
                if target is None or not speaks_of(str(error), target):
                    raise
                if self._request.options.is_target_set:
                    raise BadRequestError(
                        f"{error}; set stream_options.{self.name}.range_target to a date that this "
                        "report takes, or to null to leave it out"
                    ) from error
                reason = str(error)
                self._targets.refuse(target)
                continue
            self._tell_target(reason)
            if target is not None:
                self._checks[target].look(window, answer.value.sample(SAMPLE))
            return answer

    def _tell_target(self, reason: str) -> None:
        """Warn once of changes that are not seen as the API takes no broader date."""
        if self._has_told_target or not self._targets.refused:
            return
        self._has_told_target = True
        target = self._targets.current
        self.logger.warning(
            "%s: the API takes no range_target %s (%s): windows go by %s, so later changes of a "
            "row that do not move that date are not seen until a reconcile; if the report has a "
            "date of last change, name it in stream_options.%s.range_target ('' stops asking)",
            self.name,
            " or ".join(self._targets.refused),
            reason,
            "a date of the API's choice" if target is None else target,
            self.name,
        )

    def _warn_of_ignored(self, target: str, column: str, looked_at: int, outside: int) -> None:
        self.logger.warning(
            "%s: range_target %s seems to be ignored: %d of %d rows looked at have their %s "
            "outside of the window that was asked for, so later changes of a row may not be seen; "
            "name another date in stream_options.%s.range_target ('' leaves it to the API)",
            self.name,
            target,
            outside,
            looked_at,
            column,
            self.name,
        )


class SnapshotReport(SpooledStream):
    """A report without dates: always the current state."""

    def __init__(self, tap: SdkTap, name: str, declared: RowSchema, request: ReportRequest) -> None:
        super().__init__(tap, name, declared)
        self.rows_path = request.options.rows_path
        self._request = request

    def responses(self) -> Generator[Step, None, None]:
        """Yield the records of the one response."""
        answer = self._request.send(self)
        rows = answer.value.rows + answer.value.rejected
        if looks_cut_off(rows):
            self.findings.suspicions.append(
                f"the response holds exactly {rows} rows: the API may cut off what is beyond; "
                f"compare with the source, and ask for a part by stream_options.{self.name}.filters"
            )
        yield Response(answer)
        yield TableComplete()

    def glance(self) -> Glance:
        """Ask for the table, and read its beginning."""
        self.choose_columns()
        return self.seen(self._request.send(self).value)

    def planned(self) -> Iterator[Call]:
        """Plan the one request."""
        yield Call(None, 1)


def discover(tap: SdkTap) -> Iterator[SourceStream]:
    """Build every Continu stream, the ledger and the stream of rejected rows."""
    config = tap.config
    budget = RequestBudget(
        config["continu_requests_per_minute"], config["continu_requests_per_day"]
    )
    tap.run.calls_left = budget.left
    client = ContinuClient(
        url=config["continu_api_url"],
        token=config.get("continu_api_token", ""),
        scheme=config["continu_auth_scheme"],
        budget=budget,
        timeout=tap.run.patience(config["request_timeout_seconds"]),
        tries=tap.run.tries,
        watch=tap.run.watches.get(SOURCE),
        not_found_is_empty=config["continu_not_found_is_empty"],
    )
    for report in REPORTS:
        chosen = options.read(config, report)
        declared = load(
            SOURCE,
            report.name,
            primary_keys=chosen.primary_keys,
            columns=chosen.columns,
            additional_fields=config["additional_fields"],
        )
        kind = SnapshotReport if report.behaviour == "snapshot" else WindowedReport
        yield kind(tap, f"{SOURCE}_{report.name}", declared, ReportRequest(report, chosen, client))
    tap.run.ledger = LedgerStream(tap, LEDGER, load(SOURCE, "windows"))
    tap.run.rejected = LedgerStream(tap, REJECTED, load(SOURCE, "rejected_rows"))
    yield tap.run.ledger
    yield tap.run.rejected
