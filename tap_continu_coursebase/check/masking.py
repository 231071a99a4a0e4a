"""Replace every value of a document by its type and shape."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from tap_continu_coursebase.check.kinds import described
from tap_continu_coursebase.check.names import ELEMENT, Names, Path
from tap_continu_coursebase.decode.value import loads

_MOST_ITEMS = 20
_DEEPEST = 40


def masked(document: Any) -> Any:
    """Return a document in which no value is left, nor a key that may be one.

    Objects and arrays keep their structure; of a long array the first elements stand for all.

    Args:
        document: Decoded JSON.
    """
    return _masked(document, Names(document), ())


def masked_body(body: bytes, *, is_whole: bool) -> Any:
    """Return what the body of an answer looks like, whatever it is.

    Args:
        body: Its beginning.
        is_whole: Whether that is all of it.
    """
    text = body.decode("utf-8", "replace").lstrip("\ufeff").strip()
    size = {"bytes": len(body), "is_whole": is_whole}
    if not text:
        return {**size, "is": "nothing"}
    try:
        return masked(loads(text))
    except (ValueError, RecursionError):
        pass
    try:
        lines = [loads(line) for line in text.splitlines()[: None if is_whole else -1] if line]
    except (ValueError, RecursionError):
        lines = []
    if lines:
        return {**size, "is": "one document a line", "lines": masked(lines)}
    start = masked_beginning(text)
    if start is not None:
        return {**size, "is": "the beginning of a document", "beginning": start}
    kind = "an HTML page" if text.startswith("<") else "a text that is not JSON"
    return {**size, "is": kind}


def masked_beginning(text: str) -> Any:
    """Return what the first elements of an array look like that is cut; None if there are none."""
    start = text.find("[{")
    if start < 0:
        return None
    decode = json.JSONDecoder().raw_decode
    found: list[Any] = []
    at = start + 1
    while len(found) < _MOST_ITEMS:
        try:
            item, at = decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(item)
        at += len(text[at : at + 100]) - len(text[at : at + 100].lstrip(", \r\n\t"))
    return masked(found) if found else None


def _masked(value: Any, names: Names, path: Path) -> Any:
    match value:
        case list() | Mapping() if len(path) == _DEEPEST:
            return described(value)
        case list():
            shown = [_masked(item, names, (*path, ELEMENT)) for item in value[:_MOST_ITEMS]]
            more = len(value) - len(shown)
            return [*shown, *([f"and {more} more"] if more else [])]
        case Mapping():
            return {
                key if names.shows(key, path) else f"<{described(key)} {number}>": _masked(
                    item, names, (*path, key)
                )
                for number, (key, item) in enumerate(value.items(), start=1)
            }
        case _:
            return described(value)
