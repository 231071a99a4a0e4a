"""What an operator sees of a run: live on a terminal, a few lines elsewhere."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tap_continu_coursebase.core.activity import Activity
from tap_continu_coursebase.core.run import Run
from tap_continu_coursebase.singer.progress import Reminder, position
from tests.e2e.conftest import World
from tests.e2e.test_process import command

HOURLY = {
    "continu_content_completion",
    "continu_user_content",
    "continu_user_engagement",
    "continu_windows",
    "continu_rejected_rows",
}


def hourly(world: World) -> list[str | Path]:
    line = command(world)
    found = subprocess.run([*line, "--discover"], capture_output=True, text=True, check=True)
    catalog = json.loads(found.stdout)
    for entry in catalog["streams"]:
        for item in entry["metadata"]:
            if not item["breadcrumb"]:
                item["metadata"]["selected"] = entry["tap_stream_id"] in HOURLY
    (world.folder / "catalog.json").write_text(json.dumps(catalog))
    return [*line, "--catalog", world.folder / "catalog.json"]


def test_a_quiet_hourly_run_is_a_dozen_lines(world: World) -> None:
    line = hourly(world)
    first = subprocess.run(line, capture_output=True, text=True, check=True)
    states = [
        read for read in map(json.loads, first.stdout.splitlines()) if read["type"] == "STATE"
    ]
    assert re.search(r"window from=\S+ until=\S+ rows=\d+ .*done=2 of=4", first.stderr)
    (world.folder / "state.json").write_text(json.dumps(states[-1]["value"]))
    quiet = subprocess.run(
        [*line, "--config=ENV", "--state", world.folder / "state.json"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "TAP_CONTINU_COURSEBASE_LOOKBACK_MINUTES": "60"},
    )
    lines = quiet.stderr.splitlines()
    assert len(lines) <= 12, quiet.stderr
    assert sum("METRIC" in one for one in lines) == 2 * 3
    assert sum(": done rows=" in one for one in lines) == 3
    assert "WARNING" not in quiet.stderr
    assert "Parsing" not in quiet.stderr
    assert re.search(r"Run: done streams=3 rows=\d+ windows=3 requests=3 retries=0", lines[-1])


def test_a_terminal_shows_live_progress(world: World) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        hourly(world), stdout=subprocess.DEVNULL, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    ) as tap:
        os.close(theirs)
        shown = b""
        try:
            while piece := os.read(ours, 1 << 16):
                shown += piece
        except OSError:  # the other end is closed
            pass
    os.close(ours)
    text = shown.decode()
    assert tap.returncode == 0
    assert "calls left: " in text
    assert " rows" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1
    assert "METRIC" not in text
    assert "window from=" not in text
    assert "Run: done" in text


def test_the_position_tells_windows_rows_and_what_is_left() -> None:
    activity = Activity("continu_x")
    activity.started, activity.ended = 0.0, 10.0
    activity.rows, activity.planned, activity.reached = 2000, 12, 4
    assert position(activity, 2, 5) == (
        "continu_x (2 of 5), 4 of 12 windows, 2,000 rows, 200 rows/s, 0:00:20 left"
    )


def test_what_lasts_is_told_once_a_minute() -> None:
    now = datetime.now(UTC)
    run = Run(start=now - timedelta(days=1), until=now, version=1, tries=1)
    reminder = Reminder()
    assert reminder.due(run, 1000.0) == []
    activity = Activity("coursebase_report_people")
    run.activities.append(activity)
    with activity.waiting("the export of report_type people", 3600):
        since = activity.waits()[0].since
        assert reminder.due(run, since + 59) == []
        [told] = reminder.due(run, since + 61)
        assert told.startswith("coursebase_report_people: waiting for the export of report_type")
        assert reminder.due(run, since + 100) == []
        assert len(reminder.due(run, since + 122)) == 1
    assert reminder.due(run, since + 500) == []
