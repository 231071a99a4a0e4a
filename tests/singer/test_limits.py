"""What the API limits: how long a window is, how much it answers, how many calls it takes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from sandbox.server import running
from tests.singer.conftest import OPTIONS
from tests.singer.support import SimulatedTime, Source

FACTS, AGGREGATE = "continu_content_completion", "continu_user_engagement"


@contextmanager
def reality(*names: str, per_minute: int = 100_000) -> Iterator[Source]:
    options = replace(OPTIONS, realities=names, requests_per_minute=per_minute)
    with running(options) as sandbox:
        yield Source(sandbox)


def ids(source: Source) -> set[str]:
    output = source.sync(FACTS)
    assert output.error is None
    return {row["completion_id"] for row in output.records(FACTS)}


def test_a_window_that_is_called_too_long_is_split(source: Source, time: SimulatedTime) -> None:
    expected = ids(source)
    with reality("seven-days") as limited:
        assert ids(limited) == expected
        refused = [request for request in limited.sandbox.requests if request.status == 400]
    assert len(refused) <= 4, "what is refused is learned from"
    assert max(time.waits, default=0) < 1, "there was nothing to wait for"


@pytest.mark.parametrize(
    ("window", "advice"),
    [(None, "window to week or day"), ("day", f"set stream_options.{AGGREGATE}.filters")],
)
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 504},
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 413},
        {"kind": "cut"},
        {"kind": "stall", "seconds": 30},
        {"kind": "status", "status": 400, "message": "maximum range is 1 days"},
    ],
    ids=lambda fault: f"{fault['kind']} {fault.get('status', '')}",
)
def test_an_aggregate_that_is_too_much_says_what_to_set(
    fault: dict[str, object], window: str | None, advice: str, source: Source, time: SimulatedTime
) -> None:
    del time
    source.sandbox.api.faults.add([{"match": "user_engagement", "times": 99, **fault}])
    output = source.sync(
        AGGREGATE,
        request_timeout_seconds=1,
        start_date="2026-03-14" if window else "2026-03-01",
        continu_window=window or "month",
    )
    source.sandbox.api.faults.clear()
    assert advice in str(output.error)
    assert AGGREGATE in str(output.error)


def test_a_refused_connection_is_no_matter_of_size(source: Source, time: SimulatedTime) -> None:
    del time
    source.sandbox.api.faults.add([{"match": "*", "kind": "reset", "times": 99}])
    output = source.sync(AGGREGATE, continu_max_in_flight=1)
    source.sandbox.api.faults.clear()
    assert "stream_options" not in str(output.error)


@pytest.mark.parametrize("name", ["remaining-counts", "limit-counts"])
def test_counts_of_another_meaning_neither_stop_nor_slow_a_run(
    name: str, time: SimulatedTime
) -> None:
    with reality(name) as source:
        began = time.now()
        output = source.sync(
            FACTS,
            AGGREGATE,
            continu_requests_per_minute=50,
            continu_requests_per_day=5000,
            continu_max_in_flight=1,
        )
        assert output.error is None
        assert len(source.asked()) == 8
        assert time.now() == began
