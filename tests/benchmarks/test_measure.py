from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import pytest

from benchmarks.measure import BenchmarkError, Case, Figures, medians, rounds, run
from benchmarks.paths import BENCH


@pytest.fixture(autouse=True)
def _bench_folder() -> None:
    BENCH.mkdir(exist_ok=True)


def python(*programs: str, folder: Path) -> Case:
    return Case("it", [[sys.executable, "-c", program] for program in programs], {}, folder)


def test_peak_memory_is_the_largest_process_s(tmp_path: Path) -> None:
    case = python("print(1)", "import sys; b = bytearray(150 << 20)", folder=tmp_path)
    assert 150 < run(case).mib < 250


def test_the_bench_s_own_memory_does_not_count(tmp_path: Path) -> None:
    ballast = bytearray(200 << 20)
    assert run(python("pass", folder=tmp_path)).mib < 100
    assert ballast


def test_processor_time_is_that_of_all_processes(tmp_path: Path) -> None:
    burn = "import time\nwhile time.process_time() < 0.3: pass"
    assert run(python(burn, burn, folder=tmp_path)).cpu > 0.55


def test_commands_are_joined_by_pipes(tmp_path: Path) -> None:
    output = tmp_path / "output"
    double = "import sys; sys.stdout.write(sys.stdin.read() * 2)"
    run(python("print('row')", double, folder=tmp_path), output)
    assert output.read_text("utf-8") == "row\nrow\n"


@pytest.mark.parametrize("programs", [("exit(3)", "input()"), ("print(1)", "exit(3)")])
def test_a_failure_anywhere_in_the_pipe_is_told(programs: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(BenchmarkError, match="it failed"):
        run(python(*programs, folder=tmp_path))


def test_variables_that_slow_python_are_not_passed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    run(python("import sys; exit(sys.dont_write_bytecode)", folder=tmp_path))


def test_cases_take_turns(tmp_path: Path) -> None:
    order: list[str] = []
    cases = [
        Case(name, [[sys.executable, "-c", ""]], {}, tmp_path, partial(order.append, name))
        for name in "ab"
    ]
    assert list(rounds(cases, 2, lambda _: None)) == ["a", "b"]
    assert order == ["a", "b", "a", "b"]


def test_medians_are_taken_figure_by_figure() -> None:
    assert medians([Figures(1, 30, 5), Figures(2, 10, 7), Figures(9, 20, 6)]) == Figures(2, 20, 6)
