"""The Continu streams: each report's declaration put together with a Singer behaviour."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

from singer_sdk import Tap
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_continu_coursebase.continu import options
from tap_continu_coursebase.continu.client import ContinuClient
from tap_continu_coursebase.continu.options import SOURCE, ReportOptions
from tap_continu_coursebase.continu.reports import REPORTS, Report
from tap_continu_coursebase.core.errors import TooMuchError
from tap_continu_coursebase.decode.schema import RowSchema, load
from tap_continu_coursebase.singer.ledger import LedgerStream
from tap_continu_coursebase.singer.steps import Response, Step, TableComplete
from tap_continu_coursebase.singer.stream import SourceStream, SpooledStream
from tap_continu_coursebase.singer.windowed import WindowedStream
from tap_continu_coursebase.transport.budget import RequestBudget

if TYPE_CHECKING:
    from tap_continu_coursebase.core.answer import Answer
    from tap_continu_coursebase.core.run import Run
    from tap_continu_coursebase.core.windows import Window
    from tap_continu_coursebase.decode.spool import Spool

LEDGER = f"{SOURCE}_windows"


def request_body(stream: SourceStream, chosen: ReportOptions) -> dict[str, Any]:
    """Build the request body: the selected flags as true, then filters and range_target."""
    return {**dict.fromkeys(stream.selected_flags(), True), **chosen.controls}


class WindowedReport(WindowedStream):
    """A report with ``{from}/{until}`` in its path."""

    def __init__(
        self,
        tap: Tap,
        run: Run,
        report: Report,
        declared: RowSchema,
        chosen: ReportOptions,
        client: ContinuClient,
    ) -> None:
        super().__init__(
            tap,
            run,
            f"{SOURCE}_{report.name}",
            declared,
            unit=chosen.unit,
            lookback=chosen.lookback,
            aggregate=report.behaviour == "aggregates",
            in_flight=tap.config["continu_max_in_flight"],
        )
        self._report = report
        self._chosen = chosen
        self._client = client

    def fetch(self, window: Window) -> Answer[Spool]:
        """Ask for one window."""
        body = request_body(self, self._chosen)
        try:
            return self._client.report(
                self._report.path, body, self.read, window, divisible=not self._aggregate
            )
        except TooMuchError as error:
            if self._aggregate:
                raise TooMuchError(
                    f"{error}; its rows are aggregates, so windows are not split: set "
                    f"stream_options.{self.name}.window to week or day"
                ) from error
            raise


class SnapshotReport(SpooledStream):
    """A report without dates: always the current state."""

    forced_replication_method = REPLICATION_FULL_TABLE

    def __init__(
        self,
        tap: Tap,
        run: Run,
        report: Report,
        declared: RowSchema,
        chosen: ReportOptions,
        client: ContinuClient,
    ) -> None:
        super().__init__(tap, run, f"{SOURCE}_{report.name}", declared)
        self._report = report
        self._chosen = chosen
        self._client = client

    def responses(self) -> Generator[Step, None, None]:
        """Yield the records of the one response."""
        body = request_body(self, self._chosen)
        yield Response(self._client.report(self._report.path, body, self.read))
        yield TableComplete()


def discover(tap: Tap, run: Run) -> Iterator[SourceStream]:
    """Build every Continu stream and the ledger."""
    config = tap.config
    client = ContinuClient(
        url=config["continu_api_url"],
        token=config.get("continu_api_token", ""),
        scheme=config["continu_auth_scheme"],
        budget=RequestBudget(
            config["continu_requests_per_minute"], config["continu_requests_per_day"]
        ),
        timeout=config["request_timeout_seconds"],
        tries=run.tries,
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
        yield kind(tap, run, report, declared, chosen, client)
    ledger = LedgerStream(tap, run, LEDGER, load(SOURCE, "windows"))
    run.ledger = ledger
    yield ledger
