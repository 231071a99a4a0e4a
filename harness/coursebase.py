"""What a warehouse should hold of Coursebase, said once more from the documentation."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Iterator
from functools import partial
from typing import Any

import requests

from harness.compare import Comparison, Row, Sandbox, compare
from harness.documented import COURSEBASE_KEYS, LISTS, REPORT_TYPES
from harness.warehouse import Warehouse

LANGUAGE, TIME_ZONE = "en", "UTC"


def call(sandbox: Sandbox, token: str, method: str, **arguments: str) -> Any:
    """Call a method as a client of the organisation would, to change it."""
    response = requests.post(
        f"{sandbox.url}/api/{method}",
        json=arguments,
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    response.raise_for_status()
    envelope = response.json()
    if envelope["status"] != "success":
        raise ValueError(f"{method}: {envelope['error']}")
    return envelope["data"]


def truth(sandbox: Sandbox, path: str) -> Any:
    """Read the sandbox's own data of a stream or report."""
    response = requests.get(
        f"{sandbox.url}/_admin/coursebase/truth/{path}",
        params={"language": LANGUAGE, "time_zone": TIME_ZONE},
        timeout=300,
    )
    response.raise_for_status()
    return response.json()


def comparisons(
    sandbox: Sandbox,
    warehouse: Warehouse,
    saved_reports: Iterable[str],
    search: str,
    only: Container[str] | None = None,
) -> Iterator[Comparison]:
    """Compare every Coursebase table, or some.

    Args:
        sandbox: The source.
        warehouse: What was loaded.
        saved_reports: Ids of the saved reports that were loaded.
        search: The term that users were searched by.
        only: Names of the tables to compare; all by default.
    """
    for table, key, exempt, expected in _tables(sandbox, saved_reports, search):
        if only is None or table in only:
            yield compare(warehouse, table, key, expected(), exempt)


def _tables(sandbox: Sandbox, saved_reports: Iterable[str], search: str) -> Iterator[_Table]:
    for name in LISTS:
        rows = partial(_listed, sandbox, name)
        yield f"coursebase_{name}", COURSEBASE_KEYS[name], frozenset(), rows
    found = partial(_found, sandbox, search)
    yield "coursebase_user_search", COURSEBASE_KEYS["user_search"], frozenset(), found
    for kind in REPORT_TYPES:
        rows = partial(_exported, sandbox, f"report/{kind}", {"report_type": kind})
        yield f"coursebase_report_{kind}", COURSEBASE_KEYS["report"], EXEMPT, rows
    for identity in saved_reports:
        rows = partial(_exported, sandbox, f"saved_report/{identity}", {"report_id": identity})
        yield f"coursebase_saved_report_{identity}", COURSEBASE_KEYS["saved_report"], EXEMPT, rows


EXEMPT = frozenset({"exported_at"})
"""When a job finished is no property of the organisation."""

_Table = tuple[str, tuple[str, ...], frozenset[str], Callable[[], list[Row]]]


def _listed(sandbox: Sandbox, name: str) -> list[Row]:
    return [_flat(row) for row in truth(sandbox, name)]


def _found(sandbox: Sandbox, search: str) -> list[Row]:
    return [row for row in truth(sandbox, "users") if search in row["login_id"]]


def _exported(sandbox: Sandbox, path: str, selector: Row) -> list[Row]:
    report = truth(sandbox, path)
    fixed = {
        **selector,
        "language": LANGUAGE,
        "time_zone": TIME_ZONE,
        "data_updated_at": re.sub(r"\.?0*Z$", "Z", report["data_updated_at"])
        if "." in report["data_updated_at"]
        else report["data_updated_at"],
    }
    names = _names(report["header"], {*fixed, "row_number", "exported_at"})
    return [
        {
            **fixed,
            "row_number": number,
            **{name: cell or None for name, cell in zip(names, cells, strict=True)},
        }
        for number, cells in enumerate(report["rows"], start=1)
    ]


def _names(header: list[str], taken: set[str]) -> list[str]:
    names: list[str] = []
    for title in header:
        name = re.sub(r"\W+", "_", title.lower()).strip("_")
        wanted, number = name, 1
        while name in taken or name in names:
            number += 1
            name = f"{wanted}_{number}"
        names.append(name)
    return names


def _flat(row: Row) -> Row:
    """Write the nested sides of an approval as the columns that they become."""
    flat: Row = {}
    for name, value in row.items():
        if name in {"approver", "requester"}:
            flat |= {f"{name}_{inner}": item for inner, item in value.items()}
        else:
            flat[name] = value
    return flat
