"""The Continu streams: each report's declaration put together with a Singer behaviour."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from tap_continu_coursebase.continu import options
from tap_continu_coursebase.continu.client import ContinuClient
from tap_continu_coursebase.continu.options import SOURCE, ReportOptions
from tap_continu_coursebase.continu.reports import REPORTS, Report
from tap_continu_coursebase.core.answer import Answer
from tap_continu_coursebase.core.errors import TooMuchError
from tap_continu_coursebase.core.windows import Window
from tap_continu_coursebase.decode.schema import RowSchema, load
from tap_continu_coursebase.decode.spool import Spool
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

    def send(self, stream: SpooledStream, window: Window | None = None) -> Answer[Spool]:
        """Send the selected flags as true, then filters and range_target."""
        return self.client.report(
            self.report.path,
            {**dict.fromkeys(stream.selected_flags(), True), **self.options.controls},
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
        self._request = request

    def fetch(self, window: Window) -> Answer[Spool]:
        """Ask for one window."""
        try:
            return self._request.send(self, window)
        except TooMuchError as error:
            if self._aggregate:
                raise TooMuchError(
                    f"{error}; its rows are aggregates, so windows are not split: set "
                    f"stream_options.{self.name}.window to week or day"
                ) from error
            raise


class SnapshotReport(SpooledStream):
    """A report without dates: always the current state."""

    def __init__(self, tap: SdkTap, name: str, declared: RowSchema, request: ReportRequest) -> None:
        super().__init__(tap, name, declared)
        self._request = request

    def responses(self) -> Generator[Step, None, None]:
        """Yield the records of the one response."""
        yield Response(self._request.send(self))
        yield TableComplete()


def discover(tap: SdkTap) -> Iterator[SourceStream]:
    """Build every Continu stream, the ledger and the stream of rejected rows."""
    config = tap.config
    client = ContinuClient(
        url=config["continu_api_url"],
        token=config.get("continu_api_token", ""),
        scheme=config["continu_auth_scheme"],
        budget=RequestBudget(
            config["continu_requests_per_minute"], config["continu_requests_per_day"]
        ),
        timeout=config["request_timeout_seconds"],
        tries=tap.run.tries,
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
