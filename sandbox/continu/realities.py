"""Other ways in which the API may answer: plausible, and not documented.

Each is declared as data and can be combined with others. What is called the truth stays as it is:
a reality changes how it is told.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from itertools import chain, islice
from typing import Any, NamedTuple

from starlette.responses import JSONResponse, Response

from sandbox.continu.errors import BadRequestError
from sandbox.continu.limits import Consumed
from sandbox.continu.query import Query
from sandbox.continu.report import Report
from sandbox.instants import DAY

JsonObject = dict[str, Any]
Pieces = Iterator[bytes]
NOTHING = b"[]"
COUNT_HEADERS = ("X-REQUESTS-PER-MINUTE", "X-REQUESTS-PER-DAY")
LIMIT = Consumed(50, 5000)
"""Documented: S-rl, R-rate."""
ZERO_DATE = "0001-01-01T00:00:00Z"
_DATE_NAME = re.compile(r"(?:_on|_at|_date|_login|On|At|Date|Login)$")
_OBJECT_ID = re.compile("[0-9a-f]{24}")
_GZIP = 16 + zlib.MAX_WBITS


class Asked(NamedTuple):
    """A request, as far as an answer may depend on it.

    Attributes:
        path: Whole, dates included.
        earlier: How many requests of this path came before.
        consumed: Calls so far.
    """

    path: str
    earlier: int
    consumed: Consumed


def _same_now(now: int) -> int:
    return now


def _same_query(query: Query, _report: Report) -> Query:
    return query


def _same_rows(rows: Iterator[JsonObject], _report: Report, _query: Query) -> Iterator[JsonObject]:
    return rows


def _same_body(pieces: Pieces) -> Pieces:
    return pieces


def _same_answer(response: Response, _asked: Asked) -> Response:
    return response


@dataclass(frozen=True)
class Reality:
    """One way in which the API may differ from what is documented.

    Attributes:
        name: As `--reality` takes it.
        meaning: One sentence.
        now: As of when the data are told, by the present.
        query: How a request is understood.
        rows: What becomes of the rows of an answer, under the keys of the wire.
        body: What becomes of the JSON array that they are written as; `NOTHING` if there are none.
        answer: What becomes of the whole answer: status and headers too, refusals included.
    """

    name: str
    meaning: str
    now: Callable[[int], int] = _same_now
    query: Callable[[Query, Report], Query] = _same_query
    rows: Callable[[Iterator[JsonObject], Report, Query], Iterator[JsonObject]] = _same_rows
    body: Callable[[Pieces], Pieces] = _same_body
    answer: Callable[[Response, Asked], Response] = _same_answer


class Realities:
    """Some realities at once, applied in the order of their names' list.

    Args:
        names: Which; those that are no reality of this API are left to the other.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._chosen = [REALITIES[name] for name in names if name in REALITIES]

    def now(self, now: int) -> int:
        """Return the instant as of which data are told."""
        return reduce(lambda told, reality: reality.now(told), self._chosen, now)

    def query(self, query: Query, report: Report) -> Query:
        """Return the query that is understood."""
        return reduce(lambda found, reality: reality.query(found, report), self._chosen, query)

    def rows(
        self, rows: Iterator[JsonObject], report: Report, query: Query
    ) -> Iterator[JsonObject]:
        """Return the rows that are told."""
        return reduce(lambda told, reality: reality.rows(told, report, query), self._chosen, rows)

    def body(self, pieces: Pieces) -> Pieces:
        """Return the body that is sent."""
        return reduce(lambda sent, reality: reality.body(sent), self._chosen, pieces)

    def answer(self, response: Response, asked: Asked) -> Response:
        """Return the answer that is given."""
        return reduce(lambda given, reality: reality.answer(given, asked), self._chosen, response)


def _if_empty(instead: bytes) -> Callable[[Pieces], Pieces]:
    """Send something else where there are no rows."""

    def write(pieces: Pieces) -> Pieces:
        first = next(pieces)
        yield instead if first == NOTHING else first
        yield from pieces

    return write


def _always(instead: bytes) -> Callable[[Pieces], Pieces]:
    return lambda _pieces: iter((instead,))


def _between(before: bytes, after: bytes) -> Callable[[Pieces], Pieces]:
    """Put the array into something."""
    return lambda pieces: chain((before,), pieces, (after,))


def _lines(pieces: Pieces) -> Pieces:
    """Write one object a line: text inside of an object has no line breaks."""
    first = next(pieces)[1:]
    for piece in pieces:
        yield first.replace(b",\n", b"\n")
        first = piece
    yield first[:-1].replace(b",\n", b"\n")
    if first[:-1]:
        yield b"\n"


def _gzipped(pieces: Pieces) -> Pieces:
    compressor = zlib.compressobj(wbits=_GZIP)
    for piece in pieces:
        yield compressor.compress(piece)
    yield compressor.flush()


def _has_no_rows(response: Response) -> bool:
    return response.status_code == 200 and getattr(response, "body", None) == NOTHING  # noqa: PLR2004


def _status_if_empty(
    status: int, content: Mapping[str, str] | None = None
) -> Callable[[Response, Asked], Response]:
    def answer(response: Response, _asked: Asked) -> Response:
        if not _has_no_rows(response):
            return response
        return Response(status_code=status) if content is None else JSONResponse(content, status)

    return answer


def _created(response: Response, _asked: Asked) -> Response:
    if response.status_code == 200:  # noqa: PLR2004
        response.status_code = 201
    return response


def _accepted_first(response: Response, asked: Asked) -> Response:
    return response if asked.earlier else JSONResponse({"message": "report is being built"}, 202)


def _moved(_response: Response, _asked: Asked) -> Response:
    return Response(status_code=302, headers={"Location": "https://signin.example.com/?next=1"})


def _page(_response: Response, _asked: Asked) -> Response:
    return Response(
        "<!doctype html><html><head><title>Sign in</title></head></html>", media_type="text/html"
    )


def _refused_target(query: Query, report: Report) -> Query:
    if query.target != report.default_target:
        raise BadRequestError(f"invalid value '{query.target}' for range_target")
    return query


def _ignored_target(query: Query, report: Report) -> Query:
    return replace(query, target=report.default_target)


def _at_most_days(days: int) -> Callable[[Query, Report], Query]:
    """Refuse longer windows; reports without dates have none."""

    def understand(query: Query, report: Report) -> Query:
        if report.ranged and query.window.until - query.window.since > days * DAY:
            raise BadRequestError(f"invalid range, maximum range is {days} days")
        return query

    return understand


def _counts(
    count: Callable[[Consumed], Consumed],
) -> Callable[[Response, Asked], Response]:
    """Let the two headers hold other counts."""

    def answer(response: Response, asked: Asked) -> Response:
        told = count(asked.consumed)
        for name, value in zip(COUNT_HEADERS, told, strict=True):
            if name in response.headers:
                response.headers[name] = str(value)
        return response

    return answer


def _no_wait(response: Response, _asked: Asked) -> Response:
    if response.status_code == 429:  # noqa: PLR2004
        response.headers["Retry-After"] = "0"
    return response


def _by_name(realities: Collection[Reality]) -> Mapping[str, Reality]:
    return {reality.name: reality for reality in realities}


def _below_user(rows: Iterator[JsonObject], _report: Report, _query: Query) -> Iterator[JsonObject]:
    """Put what identifies the user into an object."""
    for row in rows:
        user = {name: row.pop(name) for name in ("email", "userid") if name in row}
        yield {**row, "user": user} if user else row


def _object_ids(rows: Iterator[JsonObject], _report: Report, _query: Query) -> Iterator[JsonObject]:
    """Write ids as MongoDB's extended JSON does, wherever they stand."""

    def extended(value: Any) -> Any:
        match value:
            case dict():
                return {key: extended(item) for key, item in value.items()}
            case list():
                return [extended(item) for item in value]
            case str() if _OBJECT_ID.fullmatch(value):
                return {"$oid": value}
            case _:
                return value

    return map(extended, rows)


def _last_midnight(now: int) -> int:
    return now - now % DAY


def _at_most_rows(
    most: int,
) -> Callable[[Iterator[JsonObject], Report, Query], Iterator[JsonObject]]:
    return lambda rows, _report, _query: islice(rows, most)


def _a_third(rows: Iterator[JsonObject], report: Report, _query: Query) -> Iterator[JsonObject]:
    return rows if report.ranged else islice(rows, 0, None, 3)


def _zero_dates(rows: Iterator[JsonObject], _report: Report, _query: Query) -> Iterator[JsonObject]:
    """Write the zero of a date for those that are null, as systems do that have no null."""
    for row in rows:
        yield {
            name: ZERO_DATE if value is None and _DATE_NAME.search(name) else value
            for name, value in row.items()
        }


def _comma_text(rows: Iterator[JsonObject], _report: Report, _query: Query) -> Iterator[JsonObject]:
    """Write arrays of texts as one text."""
    for row in rows:
        yield {
            name: ", ".join(value)
            if isinstance(value, list) and all(isinstance(one, str) for one in value)
            else value
            for name, value in row.items()
        }


def _mixed_ids(rows: Iterator[JsonObject], _report: Report, _query: Query) -> Iterator[JsonObject]:
    """Name the `_id` of every other content `id`."""
    for number, row in enumerate(rows):
        content = row.get("content")
        if number % 2 and isinstance(content, dict):
            row["content"] = {("id" if key == "_id" else key): content[key] for key in content}
        yield row


def _bare_assignments(
    rows: Iterator[JsonObject], _report: Report, _query: Query
) -> Iterator[JsonObject]:
    """Put the id of an assignment in the place of the object."""
    for row in rows:
        assignment = row.get("assignment")
        if isinstance(assignment, dict):
            row["assignment"] = assignment.get("id", assignment.get("_id"))
        yield row


EMPTY = (
    Reality("null-empty", "An answer without rows is `null`.", body=_if_empty(b"null")),
    Reality("no-bytes", "An answer without rows has no bytes.", body=_if_empty(b"")),
    Reality("no-content", "An answer without rows is 204.", answer=_status_if_empty(204)),
    Reality("empty-object", "An answer without rows is `{}`.", body=_if_empty(b"{}")),
    Reality(
        "no-records",
        "An answer without rows is 404 with words that say so.",
        answer=_status_if_empty(404, {"message": "No records found for the given range"}),
    ),
    Reality(
        "no-records-200",
        "An answer without rows is an object with words that say so.",
        body=_if_empty(b'{"message":"No records found for the given range"}'),
    ),
    Reality(
        "zero-count",
        "An answer without rows is an object that counts 0.",
        body=_if_empty(b'{"count":0}'),
    ),
)
WRAPPED = (
    Reality(
        "envelope",
        "The rows are the only array of objects of an object.",
        body=_between(b'{"success":true,"warnings":[],"data":', b',"took_ms":12}'),
    ),
    Reality(
        "envelope-null",
        "The rows are in an object, and where there are none `null` stands in their place.",
        body=lambda pieces: _between(b'{"data":', b"}")(_if_empty(b"null")(pieces)),
    ),
    Reality(
        "envelope-nested",
        "The rows are deeper inside of an object.",
        body=_between(b'{"result":{"items":', b'},"status":"ok"}'),
    ),
    Reality(
        "envelope-two",
        "The rows are one of two arrays of objects.",
        body=_between(b'{"data":', b',"included":[{"id":"5f8a1c2d4e6b7a9c0d1e2f3a"}]}'),
    ),
    Reality(
        "envelope-more",
        "The rows are in an object that says that there are more.",
        body=_between(b'{"data":', b',"has_more":true,"total":1000000}'),
    ),
    Reality("lines", "The rows are one object a line.", body=_lines),
    Reality("gzip-unsaid", "The body is gzip, and no header says so.", body=_gzipped),
    Reality("created", "The status of an answer with rows is 201.", answer=_created),
)
OTHER = (
    Reality(
        "message",
        "Every answer is a message under 200.",
        body=_always(b'{"message":"The report is temporarily disabled for this company"}'),
    ),
    Reality("text", "Every answer is a JSON string.", body=_always(b'"report disabled"')),
    Reality("arrays", "Rows are arrays of values.", body=_always(b'[["email"],["x"]]')),
    Reality("page", "Every answer is an HTML page under 200.", answer=_page),
    Reality("moved", "Every answer is a redirect to a host for signing in.", answer=_moved),
    Reality("accepted", "The first answer of each path is 202.", answer=_accepted_first),
)
RANGES = (
    Reality(
        "refused-range-target",
        "A range_target other than the default is refused.",
        query=_refused_target,
    ),
    Reality(
        "ignored-range-target",
        "A range_target is taken and ignored: windows go by the default.",
        query=_ignored_target,
    ),
    Reality("seven-days", "Longer windows are refused.", query=_at_most_days(7)),
)
LIMITS = (
    Reality(
        "remaining-counts",
        "The count headers hold what remains.",
        answer=_counts(
            lambda used: Consumed(
                max(LIMIT.minute - used.minute, 0),
                max(LIMIT.day - used.day, 0),
            )
        ),
    ),
    Reality("limit-counts", "The count headers hold the limits.", answer=_counts(lambda _: LIMIT)),
    Reality("no-wait", "A refused minute or day has `Retry-After: 0`.", answer=_no_wait),
)
KEYS = (
    Reality("nested-keys", "A user's email and userid are inside of `user`.", rows=_below_user),
    Reality("oid", 'Ids are objects: `{"$oid": "..."}`.', rows=_object_ids),
    Reality("mixed-ids", "The `_id` of every other `content` is `id`.", rows=_mixed_ids),
    Reality("bare-assignment", "An assignment's id stands in its place.", rows=_bare_assignments),
)
LOSSES = (
    Reality("hidden-cap", "No answer has more than 50 rows.", rows=_at_most_rows(50)),
    Reality("shrunk-snapshot", "Reports without dates hold a third of their rows.", rows=_a_third),
    Reality("daily-refresh", "The data are those of the last midnight, UTC.", now=_last_midnight),
)
VALUES = (
    Reality("zero-dates", f"A date that is absent is {ZERO_DATE}.", rows=_zero_dates),
    Reality("comma-text", "An array of texts is one text with commas.", rows=_comma_text),
)

REALITIES: Mapping[str, Reality] = _by_name(
    (*EMPTY, *WRAPPED, *OTHER, *RANGES, *LIMITS, *KEYS, *LOSSES, *VALUES)
)
