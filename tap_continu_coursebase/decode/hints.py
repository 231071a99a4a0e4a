"""What the names of an object's members tell about rows: where they are, whether there are more.

No such object is documented, so all of it is inferred from what other APIs use.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_ROWS = frozenset(
    {
        "content",
        "data",
        "docs",
        "documents",
        "elements",
        "entries",
        "items",
        "list",
        "records",
        "report",
        "reports",
        "result",
        "results",
        "rows",
        "value",
        "values",
    }
)
_MORE = frozenset(
    {
        "continuationtoken",
        "cursor",
        "hasmore",
        "hasnext",
        "hasnextpage",
        "incomplete",
        "isincomplete",
        "ispartial",
        "istruncated",
        "more",
        "morerecords",
        "moreresults",
        "next",
        "nextcursor",
        "nextlink",
        "nextpage",
        "nextpagetoken",
        "nexttoken",
        "nexturl",
        "odatanextlink",
        "partial",
        "truncated",
    }
)
_LAST = frozenset({"complete", "iscomplete", "islast", "islastpage", "last"})
_TOTALS = frozenset(
    {
        "count",
        "recordcount",
        "rowcount",
        "total",
        "totalcount",
        "totalelements",
        "totalitems",
        "totalrecords",
        "totalresults",
        "totalrows",
    }
)
_PAGES = frozenset({"lastpage", "numpages", "pagecount", "pages", "totalpages"})
_ERRORS = frozenset({"error", "errors", "errorcode", "errormessage"})
_GOOD = frozenset({"ok", "success", "issuccess", "succeeded"})
_STATUS = frozenset({"status", "statuscode", "code"})
_BAD_STATUS = frozenset({"error", "fail", "failed", "failure"})
_FIRST_ERROR_STATUS = 400
_MESSAGES = ("message", "error", "error_description", "errorMessage", "detail", "reason", "msg")
_FINE = re.compile(r"\W*(ok|okay|success\w*|done)?\W*", re.IGNORECASE)
_NOTHING = re.compile(
    r"\b(no|0|zero) (\w+ )?(records?|data|results?|rows?|entries|items|completions?|activity)\b"
    r"|\b(records?|data|results?|rows?) (was |were )?not found|\bnothing (was )?found",
    re.IGNORECASE,
)
_REFUSAL = re.compile(
    r"access|permi|den(y|ied)|forbid|allowed|authori|disabled|error|fail", re.IGNORECASE
)
_NO = frozenset({"", "0", "false", "no", "none", "null"})
_COMMON = frozenset().union(
    _ROWS, _MORE, _LAST, _TOTALS, _PAGES, _ERRORS, _GOOD, _STATUS, map(str.lower, _MESSAGES)
)
_ADDRESS = re.compile(r"\S+@\S+")
_NOT_LETTERS = re.compile(r"[^a-z]")
_NAME = re.compile(r"[A-Za-z_$@][\w $-]{0,39}", re.ASCII)
_MOST_SHOWN = 12


def is_of_rows(path: str) -> bool:
    """Tell whether a member at the top is called as rows usually are."""
    return _plain(path) in _ROWS and "." not in path


def is_common(name: str) -> bool:
    """Tell whether an object around rows often has a member of this name."""
    return _plain(name) in _COMMON


def counts_nothing(path: str, value: Any) -> bool:
    """Tell whether a member says that there are 0 rows."""
    return _plain(path) in _TOTALS and not isinstance(value, bool) and str(value) == "0"


def only_counts(names: Iterable[str]) -> bool:
    """Tell whether an object has counts and a word of success alone: nothing is yet to come."""
    return all(_plain(name) in _TOTALS | _PAGES | _GOOD for name in names)


def message(said: Mapping[str, Any]) -> str:
    """Return what an object tells a human, if it does."""
    for name in _MESSAGES:
        for path in (name, f"error.{name}", f"data.{name}"):
            if isinstance(text := said.get(path), str) and text:
                return text
    return ""


def complains(said: Mapping[str, Any]) -> bool:
    """Tell whether an object says that something went wrong."""
    if any(_is_bad(_plain(path), value) for path, value in said.items() if "." not in path):
        return True
    text = said.get("message")
    return isinstance(text, str) and not (_FINE.fullmatch(text) or says_nothing(text))


def says_nothing(text: str) -> bool:
    """Tell whether a text says that there are no records, and not why they are not given."""
    return bool(_NOTHING.search(text)) and not _REFUSAL.search(text)


def remarks(said: Mapping[str, Any], rows: int) -> Iterator[str]:
    """Say which members tell of more than the rows that came.

    Args:
        said: The scalars of an object by their dotted path.
        rows: How many rows came.
    """
    for path, value in said.items():
        name = _plain(path)
        if _tells_of_more(name, value, rows):
            yield (
                f"says by '{_name(path)}' that there is more than it holds: rows are missing "
                "if that is so; ask for less at once (the option window)"
            )
        elif _is_bad(name, value):
            yield f"says by '{_name(path)}' that something went wrong: rows may be missing"


def shown(path: str) -> str:
    """Return a dotted path as it may be shown: keys that are data are not names."""
    return ".".join(part if _NAME.fullmatch(part) else "?" for part in path.split("."))


def without_addresses(text: str) -> str:
    """Return a text of a server without what may be somebody's e-mail address."""
    return _ADDRESS.sub("?", text)


def listed(keys: Iterable[str]) -> str:
    """Return keys as they may be shown."""
    names = [key for key in keys if _NAME.fullmatch(key)][:_MOST_SHOWN]
    return ", ".join(names) or "no names"


def _name(path: str) -> str:
    return path.rpartition(".")[2]


def _plain(path: str) -> str:
    return _NOT_LETTERS.sub("", _name(path).lower())


def _tells_of_more(name: str, value: Any, rows: int) -> bool:
    if name in _MORE:
        return _is_yes(value)
    if name in _TOTALS:
        return _number(value) > rows
    if name in _PAGES:
        return _number(value) > 1
    return name in _LAST and value is False


def _is_bad(name: str, value: Any) -> bool:
    if name in _ERRORS:
        return _is_yes(value)
    if name in _GOOD:
        return value is False
    if name not in _STATUS:
        return False
    return _number(value) >= _FIRST_ERROR_STATUS or str(value).lower() in _BAD_STATUS


def _is_yes(value: Any) -> bool:
    return value is not None and str(value).strip().lower() not in _NO


def _number(value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:  # noqa: PLR2004
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
