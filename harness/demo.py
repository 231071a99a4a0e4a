"""``make demo``: load the sandbox into PostgreSQL, let two days pass, load again, compare.

Exits with 1 if any row or value differs.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from harness.compare import KEYS, SNAPSHOTS, Comparison, Sandbox, compare
from harness.pipeline import ROOT, Pipeline, PipelineError
from harness.warehouse import Warehouse, running

USERS = 300
BUDGET = 3000
RANGE_TARGETS = {
    "content_completion": "updated_date",
    "user_content": "updated_date",
    "track_status": "updated_date",
    "scorm_status": "updated_date",
    "assignment_summary": "updated_date",
}
SHOWN = 5


def main() -> int:
    """Run the demo and print its table."""
    folder = ROOT / ".demo"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    second = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    first = second - timedelta(days=2)
    start = (second - timedelta(days=60)).replace(hour=0)
    with _sandbox(first, start - timedelta(days=60)) as (sandbox, settings):
        _say(f"The sandbox: a company of {USERS} users, with a raised budget")
        with running() as warehouse:
            pipeline = Pipeline(
                folder,
                {**settings, "start_date": f"{start:%Y-%m-%d}"},
                warehouse.sqlalchemy_url,
            )
            loaded = [_run(pipeline, warehouse, first)]
            sandbox.admin("clock", now=_text(second))
            _change(sandbox)
            loaded.append(_run(pipeline, warehouse, second + timedelta(seconds=1)))
            bookmarks = pipeline.bookmarks()
            comparisons = [
                compare(
                    warehouse,
                    report,
                    sandbox.expected(
                        report,
                        start,
                        second + timedelta(seconds=1),
                        range_target=RANGE_TARGETS.get(report),
                    ),
                )
                for report in KEYS
            ]
    return _print(comparisons, loaded, bookmarks)


def _change(sandbox: Sandbox) -> None:
    """Change the organisation as a real one changes, beyond the two days that passed."""
    sandbox.admin("touch", report="content_completion", count=5)
    sandbox.admin("touch", report="track_status", count=3)
    sandbox.admin("delete", report="assessment_status", count=4)
    _say("Two days have passed; some rows were changed, and some deleted")


def _run(pipeline: Pipeline, warehouse: Warehouse, until: datetime) -> dict[str, int]:
    """Run the pipeline up to an instant and count what it wrote, by report."""
    began, clock = datetime.now(UTC), time.monotonic()
    pipeline.run(end_date=_text(until))
    _say(f"meltano run until {_text(until)}: {time.monotonic() - clock:.0f} s")
    return {report: warehouse.written_since(f"continu_{report}", began) for report in KEYS}


def _print(
    comparisons: list[Comparison],
    loaded: list[dict[str, int]],
    bookmarks: dict[str, dict[str, str]],
) -> int:
    header = ("stream", "run 1", "run 2", "PostgreSQL", "sandbox", "cursor")
    _say("{:<39} {:>7} {:>7} {:>10} {:>9}  {}".format(*header))
    for one in comparisons:
        stream = f"continu_{one.report}"
        cursor = bookmarks[stream].get("replication_key_value", "")
        if one.report in SNAPSHOTS:
            cursor = "(snapshot)"
        figures = (*(run[one.report] for run in loaded), one.found, one.expected)
        _say("{:<39} {:>7} {:>7} {:>10} {:>9}  {}".format(stream, *figures, cursor))
    different = [one for one in comparisons if one.differences]
    for one in different:
        _say(f"continu_{one.report} differs in {len(one.differences)} places:")
        for difference in one.differences[:SHOWN]:
            _say(f"  {difference}")
    rows = sum(one.expected for one in comparisons)
    if not different:
        _say(f"Every row and value is equal: {rows} rows in {len(comparisons)} tables")
    return 1 if different else 0


@contextmanager
def _sandbox(now: datetime, start: datetime) -> Iterator[tuple[Sandbox, dict[str, object]]]:
    """Start the sandbox as a process of its own; its company has a raised budget."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "sandbox", "--users", str(USERS)),
            *("--now", _text(now), "--start", f"{start:%Y-%m-%d}"),
            *("--requests-per-minute", str(BUDGET)),
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None  # noqa: S101 - a pipe, for the type checker
        ready = json.loads(process.stdout.readline())
        yield (
            Sandbox(ready["url"]),
            {
                "continu_api_url": ready["continu_api_url"],
                "continu_api_token": ready["token"],
                "continu_requests_per_minute": BUDGET,
                "stream_options": {
                    f"continu_{report}": {"range_target": target}
                    for report, target in RANGE_TARGETS.items()
                },
            },
        )
    finally:
        process.terminate()
        process.wait()


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except PipelineError as error:
        sys.exit(str(error))
