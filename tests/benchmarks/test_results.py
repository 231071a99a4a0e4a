from __future__ import annotations

import json
import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest

from benchmarks.__main__ import PARTS, measures, merged, panels, parse, sizes
from benchmarks.backfill import dictated
from benchmarks.chart import Bar, Panel, svg
from benchmarks.document import with_tables
from benchmarks.parts import SMALL, Part
from benchmarks.paths import BENCH, ROOT

MEDIANS = {
    "stock": {"seconds": 10.0, "cpu": 9.0, "mib": 1500.0},
    "this tap": {"seconds": 0.5, "cpu": 0.4, "mib": 60.0},
}


@pytest.mark.parametrize(
    ("requests", "seconds"), [(1, 2), (50, 2), (51, 62), (100, 62), (674, 13 * 60 + 2)]
)
def test_the_budget_dictates_a_minute_for_each_fifty_calls(requests: int, seconds: int) -> None:
    assert dictated(requests) == seconds


def test_a_table_lines_up() -> None:
    part = Part("Title", ["", "s"], [["a", 0.123], ["bb", 1234.5], ["c", None]], {}, ["note"])
    lines = part.text().splitlines()
    assert lines[4:] == ["a    0.12", "bb  1,234", "c       -", "note"]


def test_a_document_gets_the_tables_that_it_has_a_place_for() -> None:
    part = Part("Title", ["", "s"], [["a", 0.123]], {}, ["note"])
    before = "Text\n\n<!-- one -->\nold\n<!-- end -->\n\n<!-- two -->\nkept\n<!-- end -->\n"
    after = with_tables(before, {"one": part}, "today")
    assert after == (
        "Text\n\n<!-- one -->\nTitle (today).\n\n|  | s |\n| --- | ---: |\n| a | 0.12 |\n\n- note\n"
        "<!-- end -->\n\n<!-- two -->\nkept\n<!-- end -->\n"
    )
    assert with_tables(after, {"one": part}, "today") == after


def test_a_chart_has_a_bar_for_each_case_in_proportion() -> None:
    panel = Panel("A <title>", [Bar("a & b", 10, "10 s", own=False), Bar("c", 5, "5 s", own=True)])
    root = ET.fromstring(svg([panel, panel]))  # noqa: S314 - our own
    widths = [
        float(bar.attrib["width"])
        for bar in root.iter("{http://www.w3.org/2000/svg}rect")
        if bar.attrib["height"] == "20"
    ]
    assert len(widths) == 4
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.01)
    assert "A <title>" in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_results_of_any_parts_can_be_drawn() -> None:
    extract = {"rows": 10, "bytes": 10_000, "medians": MEDIANS}
    assert [bar.own for bar in panels({"extract": extract})[0].bars] == [False, True]
    assert panels({"startup": {}}) == []


def test_measuring_one_part_again_keeps_the_results_of_the_others() -> None:
    before = {"startup": {"old": 1}, "extract": {"old": 2}, "of an earlier form": 3}
    latest = merged(before, {"load": {"new": 4}, "startup": {"new": 5}})
    assert list(latest.items()) == [
        ("extract", {"old": 2}),
        ("load", {"new": 4}),
        ("startup", {"new": 5}),
    ]


def test_the_small_bench_leaves_out_what_needs_a_warehouse() -> None:
    assert list(measures(parse([]))) == list(PARTS)
    assert "load" not in measures(parse(["--small"]))
    assert list(measures(parse(["--small", "--only", "load,startup"]))) == ["load", "startup"]


def test_sizes_can_be_set() -> None:
    chosen = sizes(parse(["--small", "--rows", "77", "--rounds", "2"]))
    assert (chosen.rows, chosen.rounds) == (77, 2)


@pytest.mark.parametrize("arguments", [["--only", "nothing"], ["--rows", "0"], ["--rows", "many"]])
def test_a_wrong_option_is_refused_in_one_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        parse(arguments)
    assert arguments[0] in capsys.readouterr().err.splitlines()[-1]


def test_the_small_bench_runs() -> None:
    """The parts that need no environment of another program; `make bench-small` runs all."""
    wanted = "calls,startup"
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--small", "--only", wanted],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    results = json.loads((BENCH / "results-small.json").read_text("utf-8"))
    assert results["calls"]["parents"]["count"] == SMALL.parents
    assert set(results["startup"]["ratios"]) == {"--discover", "--about"}
    assert "this tap --about" in ended.stdout
