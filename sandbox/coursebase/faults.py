"""Kinds of faults of the Coursebase half, and at which point of a call each one strikes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.coursebase.files import shape_of
from sandbox.faults import Fault, Faults, read_fault

WAYS: Mapping[str, Mapping[str, str]] = {
    "answer": {
        "status": "an HTTP status in front of the API, no envelope: status, retry_after",
        "error": "an envelope: code, http_status, retry_after",
        "missing_field": "fields left out of the answer and of its data: fields",
        "slow": "a late answer: seconds",
        "stall": "silence in the middle of the body: seconds",
        "cut": "half of the promised bytes",
        "cut_chunked": "chunks without an end",
        "reset": "a connection reset before any byte",
        "html": "a page with status 200",
        "empty": "no bytes with status 200",
        "object": "an object without an envelope",
        "array": "an array",
    },
    "page": {"empty_page": "no rows, and a cursor to go on with"},
    "last_page": {"missing_next": "no key `next` instead of null"},
    "next_page": {
        "duplicate_row": "the last row of the page before comes again",
        "repeated_cursor": "`next` is the cursor of the request",
        "expired_cursor": "invalid_cursor",
    },
    "job": {"never_finishes": "an export that stays started"},
    "file": {
        "members": "rows split among several CSV members: count, unequal",
        "beside": "a member that is no CSV",
        "paths": "member names that begin with ../../",
        "bom": "a byte order mark",
        "encoding": "another codec, `?` for what it lacks: encoding",
        "newline": "another end of line: newline",
        "headers": "the second title repeats the first, the last is empty: duplicate, empty",
        "row_count": "a wrong row_count: by",
        "no_rows": "nothing but the header",
        "bomb": "a small file that expands: megabytes, declared",
        "not_zip": "a bare CSV",
        "bad_crc": "wrong checksums",
    },
    "poll": {
        "unknown_status": "a status that is not documented: word",
        "same_link": "the link of the export's end instead of a fresh one",
        "null_fields": "null where fields that do not apply are absent",
    },
}
"""What can go wrong, where, and which details a plan may give.

`answer` strikes any method, the token endpoint (`token`) and the `storage`; `page` a page of
a list, `last_page` the last one, `next_page` one that is asked for with a cursor; `job` and
`file` an export when report.export starts it, several kinds at once adding up; `poll`
report.export.status.
"""

ANSWER, PAGE, LAST_PAGE, NEXT_PAGE, JOB, FILE, POLL = (frozenset(kinds) for kinds in WAYS.values())
KINDS = ANSWER | PAGE | LAST_PAGE | NEXT_PAGE | JOB | FILE | POLL


def read_coursebase_fault(plan: Any) -> Fault:
    """Read a plan from JSON.

    Raises:
        ValueError: It is no plan.
    """
    fault = read_fault(plan, KINDS)
    if not isinstance(fault.details.get("where", {}), dict):
        raise ValueError("where is an object of arguments")  # noqa: TRY004 - told as the others
    if fault.kind in FILE:
        shape_of([fault])
    return fault


def take(
    faults: Faults, place: str, kinds: Collection[str], arguments: Mapping[str, Any]
) -> Fault | None:
    """Return the plan of some kinds that strikes now, if any, and count it as struck.

    Args:
        faults: All plans.
        place: Name of the method, `token` or `storage`.
        kinds: The kinds that can strike at this point.
        arguments: What the call is about; a plan's `where` may ask for some of them.
    """

    def wanted(plan: Fault) -> bool:
        where = plan.details.get("where", {})
        asked = all(arguments.get(name) == value for name, value in where.items())
        return plan.kind in kinds and plan.matches(place) and asked

    return faults.take_where(wanted)


def take_each(
    faults: Faults, place: str, kinds: Collection[str], arguments: Mapping[str, Any]
) -> list[Fault]:
    """Return one plan of each of some kinds, as far as there are any."""
    found = (take(faults, place, {kind}, arguments) for kind in sorted(kinds))
    return [fault for fault in found if fault is not None]
