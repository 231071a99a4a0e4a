"""Other ways in which the API may answer: plausible, and not documented.

Each is declared as data and can be combined with others. What is called the truth stays as it is:
a reality changes how it is told.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from sandbox.coursebase.errors import MethodError
from sandbox.faults import Fault

JsonObject = dict[str, Any]
EXPORT, POLL = "report.export", "report.export.status"
ZERO_DATE = "0001-01-01T00:00:00Z"
_IDS = frozenset({"user_id", "group_id", "parent_id", "course_id"})
_LETTER = re.compile(r"_([a-z])")


class Numbers:
    """A number for each text, and the way back."""

    def __init__(self) -> None:
        self._next = count(1001)
        self._number_of: dict[str, int] = {}
        self._text_of: dict[int, str] = {}

    def number(self, text: str) -> int:
        """Return the number of a text."""
        if text not in self._number_of:
            number = next(self._next)
            self._number_of[text], self._text_of[number] = number, text
        return self._number_of[text]

    def text(self, number: int) -> str:
        """Return the text of a number; one that nothing has if there is none."""
        return self._text_of.get(number, "0")


@dataclass(frozen=True, slots=True)
class Call:
    """A call, as far as an answer may depend on it.

    Attributes:
        method: Which method.
        earlier: How many calls of this method came before.
        numbers: What stands for ids and cursors where they are numbers.
    """

    method: str
    earlier: int
    numbers: Numbers


def _same_arguments(arguments: JsonObject, _call: Call) -> JsonObject:
    return arguments


def _same_answer(envelope: JsonObject, _call: Call) -> JsonObject:
    return envelope


@dataclass(frozen=True)
class Reality:
    """One way in which the API may differ from what is documented.

    Attributes:
        name: As `--reality` takes it.
        meaning: One sentence.
        arguments: How the arguments of a call are understood.
        answer: What becomes of an envelope, errors included.
        files: Kinds of faults that strike the file of each export, with their details.
    """

    name: str
    meaning: str
    arguments: Callable[[JsonObject, Call], JsonObject] = _same_arguments
    answer: Callable[[JsonObject, Call], JsonObject] = _same_answer
    files: Mapping[str, Mapping[str, Any]] | None = None


class Realities:
    """Some realities at once, applied in the order of their names' list.

    Args:
        names: Which; those that are no reality of this API are left to the other.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._first = tuple(names)
        self.reset()

    def reset(self) -> None:
        """Be as at the start."""
        self.choose(self._first)

    def choose(self, names: Iterable[str]) -> None:
        """Answer by some realities from now on."""
        self._chosen = [REALITIES[name] for name in names if name in REALITIES]
        self._calls: Counter[str] = Counter()
        self._numbers = Numbers()

    def call(self, method: str) -> Call:
        """Count a call."""
        call = Call(method, self._calls[method], self._numbers)
        self._calls[method] += 1
        return call

    def arguments(self, arguments: JsonObject, call: Call) -> JsonObject:
        """Return the arguments that are understood."""
        for reality in self._chosen:
            arguments = reality.arguments(arguments, call)
        return arguments

    def answer(self, envelope: JsonObject, call: Call) -> JsonObject:
        """Return the envelope that is told."""
        for reality in self._chosen:
            envelope = reality.answer(envelope, call)
        return envelope

    def files(self) -> Iterator[Fault]:
        """Return what strikes the file of an export."""
        for reality in self._chosen:
            for kind, details in (reality.files or {}).items():
                yield Fault(EXPORT, kind, details=details)


def _each(value: Any, change: Callable[[JsonObject], JsonObject]) -> Any:
    """Change every object inside of a value, and the value itself if it is one."""
    if isinstance(value, list):
        return [_each(item, change) for item in value]
    if isinstance(value, dict):
        return change({name: _each(item, change) for name, item in value.items()})
    return value


def _on_rows(envelope: JsonObject, change: Callable[[JsonObject], JsonObject]) -> JsonObject:
    return {
        name: _each(value, change) if name == "data" else value for name, value in envelope.items()
    }


def _camel(envelope: JsonObject, _call: Call) -> JsonObject:
    def rename(row: JsonObject) -> JsonObject:
        return {_LETTER.sub(lambda found: found[1].upper(), name): row[name] for name in row}

    return _on_rows(envelope, rename)


def _number_ids(envelope: JsonObject, call: Call) -> JsonObject:
    def number(row: JsonObject) -> JsonObject:
        return {
            name: call.numbers.number(value) if name in _IDS and isinstance(value, str) else value
            for name, value in row.items()
        }

    return _on_rows(envelope, number)


def _ids_as(kind: type) -> Callable[[JsonObject, Call], JsonObject]:
    """Understand ids that are numbers, in one form only."""

    def read(arguments: JsonObject, call: Call) -> JsonObject:
        for name in _IDS & arguments.keys():
            if not isinstance(arguments[name], kind):
                raise MethodError("invalid_argument")
        return {
            name: call.numbers.text(int(value)) if name in _IDS else value
            for name, value in arguments.items()
        }

    return read


def _on_data(change: Callable[[JsonObject, Call], JsonObject]) -> Callable[..., JsonObject]:
    """Change `data` where it is an object."""

    def answer(envelope: JsonObject, call: Call) -> JsonObject:
        data = envelope.get("data")
        return {**envelope, "data": change(data, call)} if isinstance(data, dict) else envelope

    return answer


def _number_cursor(data: JsonObject, call: Call) -> JsonObject:
    cursor = data.get("next")
    return {**data, "next": call.numbers.number(cursor)} if cursor else data


def _read_cursor(arguments: JsonObject, call: Call) -> JsonObject:
    if "next" not in arguments:
        return arguments
    if not isinstance(arguments["next"], int):
        raise MethodError("invalid_cursor")
    return {**arguments, "next": call.numbers.text(arguments["next"])}


def _end_with(end: Any) -> Callable[[JsonObject, Call], JsonObject]:
    return lambda data, _call: {**data, "next": end} if data.get("next", "") is None else data


def _refuse_first(envelope: JsonObject, call: Call) -> JsonObject:
    return envelope if call.earlier else {"status": "error", "error": "rate_limited"}


def _say(envelope: JsonObject, _call: Call) -> JsonObject:
    if envelope["status"] != "error":
        return envelope
    text = f"The request cannot be answered ({envelope['error'].replace('_', ' ')})"
    return {"status": "error", "error": None, "message": text}


def _hide_job(envelope: JsonObject, call: Call) -> JsonObject:
    hidden = call.method == POLL and call.earlier in {1, 2, 3}
    return {"status": "error", "error": "not_found"} if hidden else envelope


def _rename_status(data: JsonObject, call: Call) -> JsonObject:
    words = {"pending": "queued", "started": "processing"}
    is_job = call.method in {EXPORT, POLL}
    return {**data, "status": words.get(data["status"], data["status"])} if is_job else data


def _no_freshness(data: JsonObject, _call: Call) -> JsonObject:
    return {**data, "data_updated_at": ZERO_DATE} if "data_updated_at" in data else data


def _without_link(data: JsonObject, call: Call) -> JsonObject:
    if call.method != POLL:
        return data
    return {name: value for name, value in data.items() if name != "url"}


def _shrink(envelope: JsonObject, call: Call) -> JsonObject:
    """Keep the first third of the items of a list, or of one page."""

    def third(value: Any) -> Any:
        return value[: -(-len(value) // 3)] if isinstance(value, list) else value

    data = envelope.get("data")
    if not call.method.endswith(".list"):
        return envelope
    if isinstance(data, dict):
        return {**envelope, "data": {name: third(value) for name, value in data.items()}}
    return {**envelope, "data": third(data)}


LISTS = (
    Reality("camel", "Fields of Coursebase's `data` are in camelCase.", answer=_camel),
    Reality(
        "integer-ids",
        "Ids of users, groups and courses are numbers, in arguments too.",
        arguments=_ids_as(int),
        answer=_number_ids,
    ),
    Reality(
        "integer-ids-as-text",
        "Ids of users, groups and courses are numbers, and texts in arguments.",
        arguments=_ids_as(str),
        answer=_number_ids,
    ),
    Reality(
        "cursor-number",
        "`next` is a number.",
        arguments=_read_cursor,
        answer=_on_data(_number_cursor),
    ),
    Reality(
        "cursor-false", "`next` of the last page is false.", answer=_on_data(_end_with(end=False))
    ),
    Reality("cursor-empty", "`next` of the last page is empty.", answer=_on_data(_end_with(""))),
    Reality("cursor-zero", "`next` of the last page is 0.", answer=_on_data(_end_with(0))),
)
ERRORS = (
    Reality(
        "rate-limited-200",
        "The first call of each method is `rate_limited`, under 200.",
        answer=_refuse_first,
    ),
    Reality("error-text", "Errors have a text and no code.", answer=_say),
    Reality(
        "unknown-envelope",
        "The status of every envelope is `ok`.",
        answer=lambda envelope, _call: {**envelope, "status": "ok"},
    ),
)
JOBS = (
    Reality("late-job", "An export is not found by the first polls.", answer=_hide_job),
    Reality(
        "job-words",
        "Running exports are `queued` and `processing`.",
        answer=_on_data(_rename_status),
    ),
    Reality(
        "no-file",
        "Exports have no rows, and no link.",
        answer=_on_data(_without_link),
        files={"no_rows": {}},
    ),
    Reality(
        "zero-updated",
        f"`data_updated_at` of every export is {ZERO_DATE}.",
        answer=_on_data(_no_freshness),
    ),
)
FILES = (
    Reality(
        "semicolons", "Cells are separated by semicolons.", files={"delimiter": {"delimiter": ";"}}
    ),
    Reality("tabs", "Cells are separated by tabs.", files={"delimiter": {"delimiter": "\t"}}),
    Reality("pipes", "Cells are separated by bars.", files={"delimiter": {"delimiter": "|"}}),
    Reality(
        "quoted",
        "Each cell is quoted, and semicolons separate them.",
        files={"delimiter": {"delimiter": ";"}, "quoted": {}},
    ),
    Reality("bare-csv", "Exports are CSV without a ZIP.", files={"not_zip": {}}),
    Reality("gzip-csv", "Exports are CSV in gzip.", files={"gzip": {}}),
    Reality(
        "text-member", "The member of a ZIP is named .txt.", files={"ending": {"ending": ".txt"}}
    ),
    Reality(
        "header-counted", "`row_count` counts the header, too.", files={"row_count": {"by": 1}}
    ),
    Reality(
        "titles",
        "Two lines of titles stand before the header.",
        files={"titles": {"lines": ["Report", ""]}},
    ),
    Reality(
        "totals",
        "A line of totals stands after the rows.",
        files={"totals": {"lines": ["", "Total"]}},
    ),
)
LOSSES = (Reality("shrunk-lists", "Lists hold a third of their items.", answer=_shrink),)
REALITIES: Mapping[str, Reality] = {
    reality.name: reality for reality in (*LISTS, *ERRORS, *JOBS, *FILES, *LOSSES)
}
