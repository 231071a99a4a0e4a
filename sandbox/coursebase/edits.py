"""Pure edits: each takes a state and returns the next one, or the same when nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from sandbox.coursebase.model import (
    Approval,
    Course,
    Enrolment,
    Group,
    Member,
    SavedReport,
    State,
    User,
)

K = TypeVar("K")
V = TypeVar("V")


def _without(mapping: Mapping[K, V], gone: K) -> dict[K, V]:
    return {key: value for key, value in mapping.items() if key != gone}


def _numbered(state: State, **changed: Any) -> State:
    """Change a state, and use up its next number."""
    return replace(state, next_number=state.next_number + 1, **changed)


def put_user(state: State, user: User) -> State:
    """Add a user, or put one in the place of what they were."""
    return replace(state, users={**state.users, user.user_id: user})


def add_user(state: State, user: User, role: str) -> State:
    """Add a new user at the org level, which is the root group."""
    root = next(group for group in state.groups.values() if group.parent_id is None)
    state = put_user(_numbered(state), user)
    return join(state, root.group_id, user.user_id, role)


def join(state: State, group_id: str, user_id: str, role: str) -> State:
    """Add a user to a group in a role."""
    members = state.members.get(group_id)
    if members is None or user_id not in state.users:
        return state
    if any(m.user_id == user_id and m.role == role for m in members):
        return state
    joined = (*members, Member(state.next_number, user_id, role))
    return _numbered(state, members={**state.members, group_id: joined})


def leave(state: State, group_id: str, user_id: str, role: str | None = None) -> State:
    """Take a user out of a group: out of one role, or out of all."""
    members = state.members.get(group_id, ())
    stay = tuple(m for m in members if m.user_id != user_id or role not in (None, m.role))
    if len(stay) == len(members):
        return state
    return replace(state, members={**state.members, group_id: stay})


def delete_user(state: State, user_id: str) -> State:
    """Delete a user, out of all groups and courses (documented: M)."""
    if user_id not in state.users:
        return state
    for group_id in state.groups:
        state = leave(state, group_id, user_id)
    return replace(
        state,
        users=_without(state.users, user_id),
        enrolments=_without(state.enrolments, user_id),
        approvals={pair: kept for pair, kept in state.approvals.items() if user_id not in pair},
    )


def merge_users(state: State, base_id: str, merged_id: str) -> State:
    """Move all that one user has to another, then delete the first (documented: M)."""
    if base_id not in state.users or merged_id not in state.users:
        return state
    for group_id, members in state.members.items():
        for member in members:
            if member.user_id == merged_id:
                state = join(state, group_id, base_id, member.role)
    taken = (*state.enrolments.get(base_id, ()), *state.enrolments.get(merged_id, ()))
    for approver, requester in state.approvals:
        pair = tuple(base_id if one == merged_id else one for one in (approver, requester))
        if pair[0] != pair[1]:
            state = approve(state, pair[0], pair[1])
    return delete_user(
        replace(state, enrolments={**state.enrolments, base_id: taken}) if taken else state,
        merged_id,
    )


def approve(state: State, approver_id: str, requester_id: str) -> State:
    """Add a pair of approver and requester."""
    pair = approver_id, requester_id
    if pair in state.approvals:
        return state
    added = Approval(state.next_number, *pair)
    return _numbered(state, approvals={**state.approvals, pair: added})


def disapprove(state: State, approver_id: str, requester_id: str) -> State:
    """Remove a pair of approver and requester."""
    return replace(state, approvals=_without(state.approvals, (approver_id, requester_id)))


def put_group(state: State, group: Group) -> State:
    """Add a group, or put one in the place of what it was."""
    return _numbered(
        state,
        groups={**state.groups, group.group_id: group},
        members={group.group_id: (), **state.members},
    )


def delete_group(state: State, group_id: str) -> State:
    """Delete a group; the groups below it go to its parent."""
    parent_id = state.groups[group_id].parent_id
    moved = {
        key: replace(group, parent_id=parent_id) if group.parent_id == group_id else group
        for key, group in _without(state.groups, group_id).items()
    }
    return replace(state, groups=moved, members=_without(state.members, group_id))


def put_course(state: State, course: Course) -> State:
    """Add a course, or put one in the place of what it was."""
    return _numbered(state, courses={**state.courses, course.course_id: course})


def delete_course(state: State, course_id: str) -> State:
    """Delete a course and all enrolments in it."""
    kept = {
        user_id: tuple(e for e in taken if e.course_id != course_id)
        for user_id, taken in state.enrolments.items()
    }
    return replace(state, courses=_without(state.courses, course_id), enrolments=kept)


def enrol(state: State, user_id: str, course_id: str) -> State:
    """Let a user take a course, once more if they took it before."""
    taken = state.enrolments.get(user_id, ())
    added = (*taken, Enrolment(course_id, f"{user_id}.{state.next_number}"))
    return _numbered(state, enrolments={**state.enrolments, user_id: added})


def put_report(state: State, report: SavedReport) -> State:
    """Save a report."""
    return _numbered(state, reports={**state.reports, report.report_id: report})


def delete_report(state: State, report_id: str) -> State:
    """Delete a saved report."""
    return replace(state, reports=_without(state.reports, report_id))
