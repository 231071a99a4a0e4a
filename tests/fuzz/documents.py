"""JSON documents with something changed anywhere in them."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-2, 10**20)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["until", "FULL_TABLE", "INCREMENTAL", "2024-01-15T00:00:00Z", "string", "x"])
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def changed(draw: st.DrawFn, document: Any) -> Any:
    """A document of which some members are other ones, or gone, or more."""
    found = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(found))
        if not places:
            return draw(anything)
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        match draw(st.sampled_from(["replace", "remove", "add", "rename", "twice"])):
            case "replace":
                holder[key] = draw(anything)
            case "remove":
                del holder[key]
            case "add" if isinstance(holder, dict):
                holder[draw(st.text(max_size=8))] = draw(anything)
            case "rename" if isinstance(holder, dict):
                name = draw(st.text(max_size=8) | st.sampled_from(sorted(holder)))
                holder[name] = holder.pop(key)
            case "twice" if isinstance(holder, list):
                holder.append(copy.deepcopy(holder[key]))
    return found


def _places(document: Any) -> Iterator[tuple[Any, Any]]:
    """Return each member of a document, those further out as often as all those within."""
    items: Iterator[tuple[Any, Any]]
    match document:
        case dict():
            items = iter(list(document.items()))
        case list():
            items = iter(list(enumerate(document)))
        case _:
            return
    for key, value in items:
        yield document, key
        yield from _places(value)
