"""What a stream yields while it is read; ``sync.py`` turns each step into messages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any, NamedTuple

from singer_sdk.singerlib.json import deserialize_json

from tap_continu_coursebase.core.answer import Answer
from tap_continu_coursebase.core.windows import format_instant
from tap_continu_coursebase.decode.spool import Spool

Record = dict[str, Any]


class Response(NamedTuple):
    """The records of one response, which is closed once they are written."""

    answer: Answer[Spool]
    added: Mapping[str, str] = {}
    """Columns that every record gets."""
    window: Mapping[str, str] = {}
    """``window_from`` and ``window_until`` of what was asked for, if it has a window."""

    def records(self) -> Iterator[Record]:
        """Decode the records one by one."""
        for lines in self.answer.value.lines():
            for line in lines.splitlines():
                yield {**deserialize_json(line), **self.added}

    def rejections(self, stream: str) -> Iterator[Record]:
        """Yield what is to be recorded of the rows without their key.

        Args:
            stream: The stream's name.
        """
        asked = format_instant(self.answer.requested_at)
        for rejection in self.answer.value.rejections():
            if self.added:
                of_its_window = json.dumps([rejection["row_digest"], *self.added.values()])
                digest = blake2b(of_its_window.encode(), digest_size=16).hexdigest()
                rejection["row_digest"] = digest
            yield {"stream": stream, **rejection, **self.window, "requested_at": asked}


class Columns(NamedTuple):
    """The schema of the records to come, where it was not known before."""

    schema: dict[str, Any]


class Planned(NamedTuple):
    """So many windows are to be fetched."""

    windows: int


class WindowLoaded(NamedTuple):
    """All records of a window were yielded: what the ledger is to say of it."""

    row: Mapping[str, Any]
    reached: int = 0
    """How many of the planned windows are behind it, this one included if it is whole."""


class Checkpoint(NamedTuple):
    """What was yielded so far is safe to continue from: what the bookmark is to say of it."""

    changes: Mapping[str, Any]


class TableComplete(NamedTuple):
    """All records of a full table were yielded: what else was in it has been deleted."""

    covers: Mapping[str, Any] = {}
    """What the bookmark is to say of the time that the table covers."""


Step = Record | Response | Columns | Planned | WindowLoaded | Checkpoint | TableComplete
