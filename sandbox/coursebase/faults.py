"""Kinds of faults of the Coursebase half, and at which point of a call each one strikes."""

from __future__ import annotations

from sandbox.coursebase.files import SHAPERS, shape_of
from sandbox.faults import Fault, Faults, Ways
from sandbox.outcomes import MEANINGS

WAYS: Ways = {
    "answer": {
        "status": "an HTTP status in front of the API, no envelope: status, retry_after",
        "error": "an envelope: code, http_status, retry_after",
        "missing_field": "fields left out of the answer and of its data: fields",
        **MEANINGS,
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
        "delimiter": "something else between cells: delimiter",
        "quoted": "each cell quoted",
        "titles": "lines before the header: lines",
        "totals": "lines after the rows: lines",
        "ending": "members named otherwise: ending",
        "gzip": "a CSV in gzip",
    },
    "poll": {
        "unknown_status": "a status that is not documented: word",
        "same_link": "the link of the export's end instead of a fresh one",
        "null_fields": "null where fields that do not apply are absent",
    },
}
"""What can go wrong, where, and which details a plan may give.

A plan's `match` is a method, `token` or `storage`, its `where` asks for arguments of the call.
`answer` strikes any of them; `page` a page of
a list, `last_page` the last one, `next_page` one that is requested with a cursor; `job` and
`file` an export when report.export starts it, several kinds at once adding up; `poll`
report.export.status.
"""

ANSWER, PAGE, LAST_PAGE, NEXT_PAGE, JOB, FILE, POLL = (frozenset(kinds) for kinds in WAYS.values())


def _check(fault: Fault) -> None:
    if fault.kind in SHAPERS:
        shape_of([fault])


def coursebase_faults() -> Faults:
    """Return the engine, without a plan."""
    return Faults(WAYS, check=_check)
