"""Extraction: the same response through every program, and how cost grows with its size."""

from __future__ import annotations

from benchmarks import rows
from benchmarks.contenders import OWN, Contender, extractors, own, own_carefully
from benchmarks.measure import Case, Figures, rounds, run
from benchmarks.parts import Part, Say, Sizes
from benchmarks.paths import BENCH
from benchmarks.server import DATA, running
from benchmarks.verify import verify

DRIFTED = "this tap, drifted rows"
CAREFUL = "this tap, careful path only"
TENFOLD = 10


def compare(sizes: Sizes, say: Say) -> Part:
    """Measure every program on one response."""
    count = sizes.rows
    contenders = extractors()
    with running() as url:
        plain, drifted = (f"{url}/{form}/{count}" for form in rows.FORMS)
        for form in rows.FORMS:
            say(f"preparing {count:,} rows ({form})")
            rows.compressed(DATA, count, form)
        cases = [contender.case(plain) for contender in contenders]
        for contender, case in zip(contenders, cases, strict=True):
            _verified(contender, case, count, "declared", say)
        cases.append(own(drifted, DRIFTED))
        _verified(OWN, cases[-1], count, "drifted", say)
        cases.append(own_carefully(plain, CAREFUL))
        _verified(OWN, cases[-1], count, "declared", say)
        figures = rounds(cases, sizes.rounds, say)
        tenfold = _tenfold(url, count, say)
    stock = figures[contenders[0].name]
    lines: list[list[str | float | None]] = [
        [name, used.seconds, used.cpu, count / used.seconds, used.mib, stock.seconds / used.seconds]
        for name, used in figures.items()
    ]
    name = f"{OWN.name}, {TENFOLD} x as many rows"
    lines.append(
        [name, tenfold.seconds, tenfold.cpu, TENFOLD * count / tenfold.seconds, tenfold.mib, None]
    )
    mine = figures[OWN.name]
    ratios = {
        name: round(found.seconds / mine.seconds, 2)
        for name, found in figures.items()
        if name not in {OWN.name, DRIFTED, CAREFUL}
    }
    return Part(
        f"Extraction: {count:,} rows, {rows.body_size(DATA, count) / 1e6:.0f} MB in one response,"
        f" to /dev/null, median of {sizes.rounds}",
        ["", "seconds", "cpu s", "rows/s", "peak MiB", "x stock"],
        lines,
        {
            "rows": count,
            "bytes": rows.body_size(DATA, count),
            "medians": {name: found.as_json() for name, found in figures.items()},
            "tenfold": tenfold.as_json(),
            "times_as_fast_as": ratios,
            "memory_ratio_tenfold": round(tenfold.mib / mine.mib, 3),
        },
        [f"{OWN.name} is {ratio:.1f} times as fast as: {other}" for other, ratio in ratios.items()]
        + [f"peak memory at {TENFOLD} x the rows: {tenfold.mib / mine.mib:.2f} times"],
    )


def growth(sizes: Sizes, say: Say) -> Part:
    """Measure this tap, and the stock one while it fits, over growing responses."""
    found: dict[str, dict[str, dict[str, float]]] = {OWN.name: {}, "stock singer-sdk": {}}
    lines: list[list[str | float | None]] = []
    with running() as url:
        for count, windows in sizes.growth:
            say(f"preparing {count:,} rows")
            rows.compressed(DATA, count)
            asked, total = f"{url}/declared/{count}", count * windows
            mine = _measured(own(asked, windows=windows), say)
            found[OWN.name][str(total)] = mine.as_json()
            stock = None
            if total <= sizes.rows:
                stock = _measured(extractors()[0].case(asked), say)
                found["stock singer-sdk"][str(total)] = stock.as_json()
            others = (stock.seconds, stock.mib) if stock else (None, None)
            size = rows.body_size(DATA, count) * windows / 1e6
            lines.append([f"{total:,}", windows, size, mine.seconds, mine.mib, *others])
    return Part(
        "Growth: so many rows, in one response a window, one run each",
        ["rows", "windows", "MB", "seconds", "peak MiB", "stock s", "stock MiB"],
        lines,
        found,
    )


def _measured(case: Case, say: Say) -> Figures:
    figures = run(case)
    say(f"{case.name}: {figures.seconds:.2f} s, {figures.mib:.0f} MiB")
    return figures


def _tenfold(url: str, count: int, say: Say) -> Figures:
    say(f"preparing {TENFOLD * count:,} rows")
    rows.compressed(DATA, TENFOLD * count)
    return _measured(own(f"{url}/declared/{TENFOLD * count}"), say)


def _verified(contender: Contender, case: Case, count: int, form: str, say: Say) -> None:
    output = BENCH / "output.jsonl"
    run(case, output)
    verify(case.name, contender.rows(output), count, form, contender.left_out)
    output.unlink()
    say(f"{case.name}: all {count:,} rows are there")
