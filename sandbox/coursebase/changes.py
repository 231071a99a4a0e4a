"""Changes that no method can make: what administrators do in the user interface."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from sandbox.coursebase import edits, reads
from sandbox.coursebase.courses import PROPERTIES, make_properties
from sandbox.coursebase.model import FEATURES, ROLES, Course, Group, SavedReport
from sandbox.coursebase.opaque import REPORT_ID_LENGTH, opaque
from sandbox.coursebase.organisation import Organisation
from sandbox.coursebase.reports.types import TYPES

Wanted = Mapping[str, Any]
Outcome = dict[str, Any]


def _group(organisation: Organisation, group_id: str) -> Group:
    reads.need_group(organisation.state, group_id)
    return organisation.state.groups[group_id]


def create_group(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Create a group, below the root unless `parent_id` says otherwise."""
    state = organisation.state
    root = next(group.group_id for group in state.groups.values() if group.parent_id is None)
    parent = _group(organisation, wanted.get("parent_id", root))
    number = state.next_number
    group_id = opaque(organisation.seed, "group", "created", number)
    group = Group(number, group_id, str(wanted["name"]), parent.group_id)
    organisation.edit(lambda state: edits.put_group(state, group))
    return {"group_id": group_id}


def rename_group(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Rename a group."""
    renamed = replace(_group(organisation, wanted["group_id"]), name=str(wanted["name"]))
    organisation.edit(lambda state: edits.put_group(state, renamed))
    return {"group_id": renamed.group_id}


def move_group(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Put a group below another parent; never below itself."""
    group = _group(organisation, wanted["group_id"])
    above: Group | None = _group(organisation, wanted["parent_id"])
    while above is not None:
        if above.group_id == group.group_id or group.parent_id is None:
            raise ValueError("the tree must remain one")
        above = organisation.state.groups.get(above.parent_id or "")
    moved = replace(group, parent_id=str(wanted["parent_id"]))
    organisation.edit(lambda state: edits.put_group(state, moved))
    return {"group_id": group.group_id}


def delete_group(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Delete a group that is not the root."""
    group = _group(organisation, wanted["group_id"])
    if group.parent_id is None:
        raise ValueError("the root stays")
    organisation.edit(lambda state: edits.delete_group(state, group.group_id))
    return {"group_id": group.group_id}


def add_member(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Add a user to a group in any role, `instructor` included."""
    group = _group(organisation, wanted["group_id"])
    user = reads.find_user(organisation.state, wanted["user_id"])
    role = str(wanted.get("role", "instructor"))
    if role not in ROLES:
        raise ValueError(f"role is one of {ROLES}")
    organisation.edit(lambda state: edits.join(state, group.group_id, user.user_id, role))
    return {"group_id": group.group_id, "user_id": user.user_id, "role": role}


def _properties(wanted: Wanted) -> dict[str, Any]:
    given = {name: value for name, value in wanted.items() if name not in ("change", "course_id")}
    if set(given) - PROPERTIES:
        raise ValueError(f"properties of a course are {sorted(PROPERTIES)}")
    return given


def create_course(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Create a course, without translations; properties that are not given are drawn."""
    number = organisation.state.next_number
    course_id = opaque(organisation.seed, "course", "created", number)
    drawn = make_properties(organisation.seed, number)
    course = Course(number, course_id, {**drawn, "title_translations": [], **_properties(wanted)})
    organisation.edit(lambda state: edits.put_course(state, course))
    return {"course_id": course_id}


def update_course(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Change properties of a course."""
    course = reads.find_course(organisation.state, wanted["course_id"])
    changed = replace(course, properties={**course.properties, **_properties(wanted)})
    organisation.edit(lambda state: edits.put_course(state, changed))
    return {"course_id": course.course_id}


def archive_course(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Archive a course."""
    return update_course(organisation, {"course_id": wanted["course_id"], "status": "archived"})


def delete_course(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Delete a course and all enrolments in it."""
    course = reads.find_course(organisation.state, wanted["course_id"])
    organisation.edit(lambda state: edits.delete_course(state, course.course_id))
    return {"course_id": course.course_id}


def enrol(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Let a user take a course, once more if they took it before."""
    user = reads.find_user(organisation.state, wanted["user_id"])
    course = reads.find_course(organisation.state, wanted["course_id"])
    organisation.edit(lambda state: edits.enrol(state, user.user_id, course.course_id))
    return {"user_id": user.user_id, "course_id": course.course_id}


def create_report(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Save a report; without `columns` it has all of its type."""
    state = organisation.state
    every = TYPES[wanted["type"]].all_columns(state)
    columns = tuple(wanted.get("columns", every))
    if not columns or set(columns) - set(every):
        raise ValueError(f"columns are some of {every}")
    number = state.next_number
    report_id = opaque(organisation.seed, "report", number, length=REPORT_ID_LENGTH)
    saved = SavedReport(number, report_id, str(wanted["title"]), wanted["type"], columns)
    organisation.edit(lambda state: edits.put_report(state, saved))
    return {"report_id": report_id}


def delete_report(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Delete a saved report."""
    report_id = wanted["report_id"]
    if report_id not in organisation.state.reports:
        raise ValueError("there is no such report")
    organisation.edit(lambda state: edits.delete_report(state, report_id))
    return {"report_id": report_id}


def touch(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Move `data_updated_at` of one report type, or of all."""
    report_type = wanted.get("report_type")
    if report_type is not None and report_type not in TYPES:
        raise ValueError(f"report_type is one of {sorted(TYPES)}")
    organisation.touch(report_type)
    return {}


def switch(organisation: Organisation, wanted: Wanted) -> Outcome:
    """Switch a feature on or off."""
    if wanted["feature"] not in FEATURES:
        raise ValueError(f"feature is one of {sorted(FEATURES)}")
    organisation.switch(str(wanted["feature"]), enabled=bool(wanted["enabled"]))
    return {"features": sorted(organisation.state.features)}


CHANGES: Mapping[str, Callable[[Organisation, Wanted], Outcome]] = {
    change.__name__: change
    for change in (
        create_group,
        rename_group,
        move_group,
        delete_group,
        add_member,
        create_course,
        update_course,
        archive_course,
        delete_course,
        enrol,
        create_report,
        delete_report,
        touch,
        switch,
    )
}


def make_change(organisation: Organisation, wanted: Any) -> Outcome:
    """Make one change.

    Raises:
        ValueError: There is no such change, or it makes no sense.
        MethodError: It is about something that does not exist.
    """
    if not isinstance(wanted, dict) or wanted.get("change") not in CHANGES:
        raise ValueError(f"a change is an object whose change is one of {sorted(CHANGES)}")
    return CHANGES[wanted["change"]](organisation, wanted)
