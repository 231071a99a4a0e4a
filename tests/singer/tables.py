"""What a target makes of messages: rows by key, replaced, and marked when they vanish."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass
class Tables:
    """Tables in memory, with values as they were sent; a null is no value.

    Attributes:
        rows: By stream and key.
    """

    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    _keys: dict[str, list[str]] = field(default_factory=dict)
    _versions: dict[tuple[str, str], int | None] = field(default_factory=dict)

    def load(self, messages: Iterable[dict[str, Any]]) -> None:
        """Load the messages of one run."""
        for message in messages:
            match message:
                case {"type": "SCHEMA", "stream": stream, "key_properties": key}:
                    self._keys[stream] = key
                case {"type": "RECORD", "stream": stream, "record": record}:
                    key = json.dumps([record[name] for name in self._keys[stream]])
                    row = self.rows.setdefault(stream, {}).setdefault(key, {})
                    row.update(record)
                    for name in [name for name, value in row.items() if value is None]:
                        del row[name]
                    self._versions[stream, key] = message.get("version")
                case {"type": "ACTIVATE_VERSION", "stream": stream, "version": version}:
                    table = self.rows.get(stream, {})
                    for key in [k for k in table if self._versions[stream, k] != version]:
                        del table[key]
