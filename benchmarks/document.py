"""Put measured tables where the documentation has a place for them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from benchmarks.parts import Part


def with_tables(text: str, parts: Mapping[str, Part], measured: str) -> str:
    """Replace what stands between ``<!-- name -->`` and ``<!-- end -->`` for each part.

    Args:
        text: The document.
        parts: By name.
        measured: When and on what, in a few words.

    Returns:
        The document with the new tables.
    """

    def table(match: re.Match[str]) -> str:
        part = parts.get(match["name"])
        if part is None:
            return match[0]
        return f"<!-- {match['name']} -->\n{_markdown(part, measured)}\n<!-- end -->"

    return re.sub(r"<!-- (?P<name>\w+) -->\n.*?<!-- end -->", table, text, flags=re.DOTALL)


def _markdown(part: Part, measured: str) -> str:
    rows = [" | ".join(cells) for cells in part.cells()]
    rule = " | ".join(["---", *["---:"] * (len(part.header) - 1)])
    table = [f"| {row} |" for row in (rows[0], rule, *rows[1:])]
    notes = [f"- {note}" for note in part.notes]
    return "\n".join([f"{part.title} ({measured}).", "", *table, "", *notes]).strip()
