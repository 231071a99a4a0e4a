"""Filter objects: which keys there are and what they compare; documented: R-oas, S-rm.

All values are strings, comma-separated for several, booleans as "true" or "false". An empty
string filters nothing (inferred: it is the placeholder of the vendor's Postman collection).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from sandbox.continu.errors import BadRequestError

Predicate = Callable[[Any], bool]
FORMS = {
    "text": re.compile(r".*", re.DOTALL),
    "flag": re.compile(r"true|false"),
    "id": re.compile(r"[0-9a-fA-F]{24}"),
}


class Key(NamedTuple):
    """What a filter key looks at, and the form its values must have."""

    look: Callable[[Any], Any]
    form: str = "text"


Filter = Mapping[str, Key]


def _column(name: str, form: str = "text") -> Key:
    return Key(lambda thing: thing.columns[name], form)


USER_FILTER: Filter = {
    "buddy_email": _column("buddy_email"),
    "departments": _column("departments"),
    "email": _column("email"),
    "first_name": _column("first_name"),
    "grades": _column("grade"),
    "groups": _column("groups"),
    "id": Key(lambda user: user.id, "id"),
    "is_author": Key(lambda user: user.is_author, "flag"),
    "is_collaborator": _column("is_collaborator", "flag"),
    "is_manager": _column("is_manager", "flag"),
    "is_purchaser": _column("is_purchaser", "flag"),
    "last_name": _column("last_name"),
    "locations": _column("locations"),
    "manager_email": _column("manager_email"),
    "org_levels": _column("org_level"),
    "partner": _column("partner", "id"),
    "role": _column("role"),
    "suspended": _column("suspended", "flag"),
    "teams": _column("teams"),
    "userid": _column("userid"),
}

CONTENT_FILTER: Filter = {
    "archived": _column("archived", "flag"),
    "categories": _column("linked_categories"),
    "collaborators": _column("privacy_collaborators", "id"),
    "content_id": Key(lambda item: item.id, "id"),
    "created_by": _column("created_by", "id"),
    "departments": _column("privacy_departments"),
    "grades": _column("privacy_grade"),
    "locations": _column("privacy_locations"),
    "org_levels": _column("privacy_org_level"),
    "teams": _column("privacy_teams"),
}

ENTITY_FILTER: Filter = {
    "entity_id": Key(lambda item: item.id, "id"),
    "entity_type": Key(lambda item: item.type),
}

USER_CONTENT_FILTER: Filter = {
    "content_id": Key(lambda item: item.id, "id"),
    "content_type": Key(lambda item: item.type),
}

ASSIGNMENT_FILTER: Filter = {
    "assigner_id": Key(lambda row: row.assigner.id, "id"),
    "assignment_id": Key(lambda row: row.id, "id"),
    "content_id": Key(lambda row: row.content.id, "id"),
}


def _words(value: Any) -> frozenset[str]:
    if value is None:
        return frozenset()
    if isinstance(value, bool):
        return frozenset({"true" if value else "false"})
    return frozenset(value) if isinstance(value, list) else frozenset({value})


def predicate(name: str, keys: Filter, wanted: Any) -> Predicate:
    """Turn a filter object of a request into a test of the things it looks at.

    Args:
        name: The control's name, such as `user_filter`.
        keys: The keys it may have.
        wanted: The JSON value sent.

    Raises:
        BadRequestError: Unknown key (documented message: R-err) or bad value (inferred one).
    """
    if not isinstance(wanted, dict):
        raise BadRequestError(f"invalid filter '{name}', object expected")
    tests: list[tuple[Callable[[Any], Any], frozenset[str]]] = []
    for key, value in wanted.items():
        if key not in keys:
            raise BadRequestError(f"invalid filter field '{key}' on {name}")
        if not isinstance(value, str):
            raise BadRequestError(f"invalid filter value for '{key}' on {name}")
        words = frozenset(word.strip() for word in value.split(",") if word.strip())
        if not all(FORMS[keys[key].form].fullmatch(word) for word in words):
            raise BadRequestError(f"invalid filter value for '{key}' on {name}")
        if words:
            tests.append((keys[key].look, words))
    return lambda thing: all(words & _words(look(thing)) for look, words in tests)
