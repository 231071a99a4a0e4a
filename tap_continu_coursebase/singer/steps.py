"""What a stream yields while it is read; ``sync.py`` turns each step into messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from singer_sdk.singerlib.json import deserialize_json

from tap_continu_coursebase.core.answer import Answer
from tap_continu_coursebase.decode.spool import Spool

Record = dict[str, Any]


class Response(NamedTuple):
    """The records of one response, which is closed once they are written."""

    answer: Answer[Spool]
    added: Mapping[str, str] = {}
    """Columns that every record gets."""

    def records(self) -> Iterator[Record]:
        """Decode the records one by one."""
        for lines in self.answer.value.lines():
            for line in lines.splitlines():
                yield {**deserialize_json(line), **self.added}


class Columns(NamedTuple):
    """The schema of the records to come, where it was not known before."""

    schema: dict[str, Any]


class WindowLoaded(NamedTuple):
    """All records of a window were yielded: what the ledger is to say of it."""

    row: Mapping[str, Any]


class Checkpoint(NamedTuple):
    """What was yielded so far is safe to continue from: what the bookmark is to say of it."""

    changes: Mapping[str, Any]


class TableComplete(NamedTuple):
    """All records of a full table were yielded: what else was in it has been deleted."""

    covers: Mapping[str, Any] = {}
    """What the bookmark is to say of the time that the table covers."""


Step = Record | Response | Columns | WindowLoaded | Checkpoint | TableComplete
