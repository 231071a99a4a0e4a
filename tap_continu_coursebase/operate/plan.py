"""``--plan``: what a run would ask for, and how long its budgets let that take."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tap_continu_coursebase.core.errors import TapError
from tap_continu_coursebase.core.estimate import Call, days, elapsed, minutes, requests
from tap_continu_coursebase.core.windows import format_instant
from tap_continu_coursebase.operate.ledger import Typical, Window, typical
from tap_continu_coursebase.singer.plan import StreamPlan

LINE = "{:<44} {:<24} {:>7}  {:<20}  {:<20} {:>8} {:>7} {:>4} {:>8} {:>9}"
NOTHING = "-"
_CONTINU, _COURSEBASE = "continu_", "coursebase_"


class PlanError(TapError):
    """Some streams would fail as soon as they begin."""


@dataclass(frozen=True)
class Plan:
    """The plan of one run.

    Attributes:
        streams: What each selected stream asks for, in the order in which they run.
        until: First instant that is not loaded, UTC.
        config: The settings.
        history: The windows that the ledger knows, by stream.
    """

    streams: Sequence[StreamPlan]
    until: datetime
    config: Mapping[str, Any]
    history: Mapping[str, Sequence[Window]] = field(default_factory=dict)

    def as_json(self) -> Iterator[str]:
        """Yield one JSON object a window, snapshot or list."""
        for stream in self.streams:
            for call in stream.calls:
                told: dict[str, Any] = {"stream": stream.stream}
                if call.window is not None:
                    told["from"] = format_instant(call.window.start)
                    told["until"] = format_instant(call.window.until)
                told["requests"] = call.requests
                if (known := self._typical(stream, call)) is not None:
                    told |= {"seconds": known.seconds, "rows": known.rows}
                yield json.dumps(told)

    def as_text(self) -> Iterator[str]:
        """Yield a table of the streams, and what the budgets make of it."""
        yield f"The plan of a run until {format_instant(self.until)}; nothing is fetched"
        yield LINE.format(
            "stream",
            "cursor",
            "windows",
            "from",
            "until",
            "requests",
            "minutes",
            "days",
            "seconds",
            "rows",
        )
        for stream in self.streams:
            yield self._line(stream)
        yield ""
        if of_continu := self._of(_CONTINU):
            yield from self._continu(of_continu)
        if of_coursebase := self._of(_COURSEBASE):
            yield self._coursebase(of_coursebase)
        if not self.streams:
            yield "No stream is selected"
        if any(self.history.values()):
            yield "seconds and rows: of one window, medians of what the ledger knows"

    def check(self) -> None:
        """Check that no stream would fail at once.

        Raises:
            PlanError: Naming those that would.
        """
        if failing := [stream for stream in self.streams if stream.problem is not None]:
            reasons = "; ".join(f"{stream.stream}: {stream.problem}" for stream in failing)
            noun = "stream" if len(failing) == 1 else "streams"
            raise PlanError(f"{len(failing)} {noun} would fail: {reasons}")

    def _of(self, source: str) -> list[StreamPlan]:
        return [stream for stream in self.streams if stream.stream.startswith(source)]

    def _line(self, stream: StreamPlan) -> str:
        windows = [call.window for call in stream.calls if call.window is not None]
        asked = sum(call.requests for call in stream.calls)
        more = "+" if any(call.is_least for call in stream.calls) else ""
        has_budget = stream.stream.startswith(_CONTINU)
        known = [self._typical(stream, call) for call in stream.calls]
        seconds = [one.seconds for one in known if one is not None and one.seconds is not None]
        rows = [one.rows for one in known if one is not None]
        return LINE.format(
            stream.stream,
            stream.cursor or NOTHING,
            len(windows) if windows or not stream.calls else NOTHING,
            format_instant(windows[0].start) if windows else NOTHING,
            format_instant(windows[-1].until) if windows else NOTHING,
            "fails" if stream.problem else f"{asked}{more}",
            self._minutes([stream]) if has_budget else NOTHING,
            self._days([stream]) if has_budget else NOTHING,
            f"{sum(seconds) / len(seconds):.1f}" if seconds else NOTHING,
            f"{sum(rows) / len(rows):.0f}" if rows else NOTHING,
        )

    def _continu(self, streams: list[StreamPlan]) -> Iterator[str]:
        per_minute, per_day, needed, spread = (
            self.config["continu_requests_per_minute"],
            self.config["continu_requests_per_day"],
            self._minutes(streams),
            self._days(streams),
        )
        yield (
            f"Continu: {_count(_requests(streams), 'request')}; {_count(needed, 'minute')} at "
            f"{per_minute} a minute and {self.config['continu_max_in_flight']} in flight, "
            f"{_count(spread, 'day')} at {per_day} a day; retries, and windows that are fetched in "
            "halves, come on top"
        )
        if spread > 1:
            yield (
                "A day's budget ends a run with its bookmarks safe: the run of the next day "
                "continues there"
            )
        most = self.config.get("max_run_minutes")
        if most is not None and needed > most:
            yield f"max_run_minutes: {_count(-(-needed // most), 'run')} of {most} minutes"

    def _coursebase(self, streams: list[StreamPlan]) -> str:
        least = "at least " * any(call.is_least for stream in streams for call in stream.calls)
        return (
            f"Coursebase: {least}{_count(_requests(streams), 'request')} (a list that several "
            f"streams need is walked once), {self.config['coursebase_max_in_flight']} details at "
            "once; no limit is documented, so that the time is not known; an export is waited for "
            f"up to {self.config['coursebase_export_timeout_minutes']} minutes"
        )

    def _minutes(self, streams: list[StreamPlan]) -> int:
        per_minute = self.config["continu_requests_per_minute"]
        taken = elapsed(
            [
                [(self._typical(stream, call) or _UNKNOWN).seconds or 0.0 for call in stream.calls]
                for stream in streams
            ],
            in_flight=self.config["continu_max_in_flight"],
            per_minute=per_minute,
        )
        return minutes(_requests(streams), per_minute, least=taken)

    def _days(self, streams: list[StreamPlan]) -> int:
        return days(_requests(streams), self.config["continu_requests_per_day"])

    def _typical(self, stream: StreamPlan, call: Call) -> Typical | None:
        """Tell what a call takes and holds as a rule; None if nothing is known."""
        if call.window is not None:
            return typical(self.history.get(stream.stream, ()), call.window.length)
        return None if stream.rows is None else Typical(None, stream.rows)


_UNKNOWN = Typical(None, 0)


def _requests(streams: list[StreamPlan]) -> int:
    return requests(call for stream in streams for call in stream.calls)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun if number == 1 else f'{noun}s'}"
