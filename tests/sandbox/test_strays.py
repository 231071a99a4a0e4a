from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from sandbox.continu.reports import REPORTS
from sandbox.continu.strays import STRAYS
from sandbox.options import Options
from sandbox.server import running
from tests.sandbox.client import APRIL, NOW, WHOLE, Client, Row, all_flags, undisguised, window_of

SHARE = 0.2
NAMES = frozenset(STRAYS)


@pytest.fixture(scope="module")
def scattered() -> Iterator[Client]:
    options = Options(users=200, seed=11, now=NOW, requests_per_minute=10**6, stray_share=SHARE)
    with running(options) as server, requests.Session() as session:
        yield Client(server, session)


def keys_of(rows: list[Row]) -> list[frozenset[str]]:
    return [NAMES.intersection(row) for row in rows]


@pytest.mark.parametrize("report", REPORTS)
def test_strays_are_neither_flags_nor_keys_of_all_rows(report: str) -> None:
    declared = REPORTS[report]
    assert NAMES.isdisjoint({*declared.columns, *declared.aliases.values(), *declared.undeclared})


@pytest.mark.parametrize("report", REPORTS)
def test_the_truth_tells_them_among_the_undeclared(scattered: Client, report: str) -> None:
    rows = scattered.rows(report, window_of(report), **all_flags(report))
    told = []
    for row in rows:
        stray = {key: row.pop(key) for key in STRAYS if key in row}
        plain = undisguised(report, row)
        told.append({**plain, "undeclared": {**plain["undeclared"], **stray}})
    assert told == scattered.truth(report, window_of(report))


def test_some_rows_have_them_all_over_the_answer(scattered: Client) -> None:
    keys = keys_of(scattered.rows("user_content", WHOLE))
    assert len(keys) > 500
    assert 0.7 * SHARE < sum(map(bool, keys)) / len(keys) < 1.3 * SHARE
    tenth = len(keys) // 10
    parts = [keys[n * tenth : (n + 1) * tenth] for n in range(10)]
    assert all(any(part) and not all(part) for part in parts)
    assert len({frozenset().union(*part) for part in parts}) > 1


def test_new_keys_come_late_too(scattered: Client) -> None:
    keys = keys_of(scattered.rows("user_content", WHOLE))
    firsts = {name: next(n for n, row in enumerate(keys) if name in row) for name in STRAYS}
    assert min(firsts.values()) < len(keys) // 20
    assert max(firsts.values()) > len(keys) // 20


def test_a_row_keeps_them_whatever_is_asked(scattered: Client) -> None:
    part = (APRIL[0] + 86_400, APRIL[1] - 86_400)
    whole = {row["completion_id"]: row for row in scattered.rows("content_completion", APRIL)}
    rows = scattered.rows("content_completion", part, grade=True)
    assert rows
    for row in rows:
        stray = {key: value for key, value in row.items() if key in STRAYS}
        assert stray == {k: v for k, v in whole[row["completion_id"]].items() if k in STRAYS}


def test_without_the_option_no_row_has_them(client: Client) -> None:
    assert not any(keys_of(client.rows("user_content", WHOLE)))
