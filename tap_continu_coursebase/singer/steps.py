"""What a stream yields while it is read; ``sync.py`` turns each step into messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from singer_sdk.singerlib.json import deserialize_json

from tap_continu_coursebase.core.answer import Answer
from tap_continu_coursebase.decode.spool import Spool

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Response:
    """The records of one whole response.

    Attributes:
        answer: What was fetched; its spool is closed once it is written.
        added: Columns that every record gets.
    """

    answer: Answer[Spool]
    added: Mapping[str, str] = field(default_factory=dict)

    def records(self) -> Iterator[Record]:
        """Decode the records one by one."""
        for lines in self.answer.value.lines():
            for line in lines.splitlines():
                yield {**deserialize_json(line), **self.added}


@dataclass(frozen=True, slots=True)
class Columns:
    """The schema of the records to come, where it was not known before.

    Attributes:
        schema: JSON Schema of a record.
    """

    schema: dict[str, Any]


@dataclass(frozen=True, slots=True)
class WindowLoaded:
    """All records of a window were yielded.

    Attributes:
        row: What the ledger is to say of it.
    """

    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was yielded so far is safe to continue from.

    Attributes:
        changes: Of the stream's bookmark.
    """

    changes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TableComplete:
    """All records of a full table were yielded: rows of earlier versions have been deleted.

    Attributes:
        covers: What the bookmark is to say of the time that the table covers.
    """

    covers: Mapping[str, Any] = field(default_factory=dict)


Step = Record | Response | Columns | WindowLoaded | Checkpoint | TableComplete
