"""What an administrator of the organisation can do to its records: edit, undo, delete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from typing import Any, NamedTuple

from sandbox.chance import fingerprint
from sandbox.continu.changes import Changes
from sandbox.continu.facts import AssignmentItem, Completion, Instance, Kind, Progress, Step
from sandbox.continu.life import (
    ASSESSMENT_ENROLMENTS,
    ASSIGNMENTS,
    COMPLETIONS,
    DONE,
    INSTANCES,
    SCORM_ENROLMENTS,
    TRACK_ENROLMENTS,
)
from sandbox.continu.organisation import Organisation, View
from sandbox.continu.reports.workshops import seat_key, seats
from sandbox.instants import DAY, iso

PATIENCE = 7 * DAY


class Edit(NamedTuple):
    """One record that can be edited: its key, and the changes that editing it leads to."""

    key: str
    apply: Callable[[Changes], Changes]


def _edited_completion(view: View, fact: Completion) -> Completion:
    natural = fact.changed_at is not None and fact.changed_at <= view.now and not fact.changes
    return fact._replace(changed_at=view.now, changes=fact.changes + 1 + natural)


def _extended(view: View, item: AssignmentItem) -> AssignmentItem:
    """Push the due date back by a week."""
    due = (view.now if item.due is None else item.due) + PATIENCE
    ahead = item.expired is not None and item.expired > view.now
    return item._replace(due=due, expired=due if ahead else item.expired, touched=view.now)


def _item_key(organisation: Organisation, item: AssignmentItem) -> str:
    content, user = organisation.item("content", item.content), organisation.user(item.assignee)
    return f"{organisation.assignment_id(item)}|{content.id}|{user.email}"


def _undone(view: View, item: AssignmentItem) -> AssignmentItem | None:
    """Take a completion back; the item is in progress again."""
    if item.completed_by(view.now) is None:
        return None
    return item._replace(completed=None, expired=None, manual_by=None, touched=view.now)


def _marked(view: View, fact: Progress) -> Progress | None:
    """Let user 0 mark as completed what is not; documented: H-asg "Mark As Completed"."""
    if fact.first(DONE, view.now) is not None:
        return None
    past = tuple(step for step in fact.steps if step.at <= view.now)
    return fact._replace(steps=(*past, Step(view.now, DONE)), manual_by=0)


def _retaken(view: View, fact: Progress) -> Progress:
    """Add one more attempt, a point better than the last."""
    past = tuple(step for step in fact.steps if step.at <= view.now)
    score = min(DONE, past[-1].value + 1) if past else DONE // 2
    return fact._replace(steps=(*past, Step(view.now, score)))


def _corrected(view: View, fact: Instance) -> Instance | None:
    """Correct who was there: the first seat's outcome flips."""
    if fact.start > view.now or not list(seats(view, fact)):
        return None
    kept = next(seats(view, fact))
    flipped = kept._replace(outcome="No-Show" if kept.outcome == "Attended" else "Attended")
    registrations = tuple(flipped if seat == kept else seat for seat in fact.registrations)
    return fact._replace(registrations=registrations, version=fact.version + 1)


def _spread(view: View, kind: Kind[Any], per_day: int | None) -> Iterator[Any]:
    """Yield existing facts from all over history, in an order that never changes."""
    today = view.organisation.day(view.now)
    for day in sorted(range(today + 1), key=lambda day: fingerprint(kind.name, day)):
        yield from islice(view.on_day(kind, day), per_day)


Candidates = Callable[[View, int], Iterator[Edit]]
"""Takes a view and how many edits are wanted, returns edits; perhaps too many or too few."""


def _facts(
    kind: Kind[Any],
    change: Callable[[View, Any], Any],
    key: Callable[[Organisation, Any], str] | None = None,
) -> Candidates:
    """Edit facts: `change` returns the new fact, or None for one it cannot be done to."""
    identify = key or kind.key

    def candidates(view: View, count: int) -> Iterator[Edit]:
        for per_day in (1 + count // 20, None):
            for fact in _spread(view, kind, per_day):
                new = change(view, fact)
                if new is not None:
                    identity = identify(view.organisation, fact)
                    yield Edit(identity, partial(Changes.with_fact, kind=kind.name, fact=new))

    return candidates


def _deletions(kind: Kind[Any]) -> Candidates:
    def candidates(view: View, count: int) -> Iterator[Edit]:
        for per_day in (1 + count // 20, None):
            for fact in _spread(view, kind, per_day):
                yield _deletion(kind.name, kind.key(view.organisation, fact))

    return candidates


def _deletion(kind: str, key: str) -> Edit:
    return Edit(key, lambda changes: changes.without(kind, frozenset({key})))


def _seat_deletions(view: View, count: int) -> Iterator[Edit]:
    for instance in _spread(view, INSTANCES, 1 + count):
        for seat in seats(view, instance):
            yield _deletion("seat", seat_key(view, instance, seat))


def _user_edits(view: View, _count: int) -> Iterator[Edit]:
    title = {"job_title": f"Promoted on {iso(view.now)}"}
    for user in view.users(view.now + 1):
        yield Edit(user.email, partial(Changes.with_user, index=user.index, columns=title))


def _manager_edits(view: View, _count: int) -> Iterator[Edit]:
    title = {"job_title": f"Promoted on {iso(view.now)}"}
    for user in view.users(view.now + 1):
        if user.columns["is_manager"]:
            yield Edit(user.email, partial(Changes.with_user, index=user.index, columns=title))


def _content_edits(view: View, _count: int) -> Iterator[Edit]:
    for item in view.contents(view.now + 1):
        new = {"title": f"{item.title} (revised)", "updated_at": iso(view.now)}
        yield Edit(item.id, partial(Changes.with_content, index=item.index, columns=new))


def _user_deletions(view: View, _count: int) -> Iterator[Edit]:
    return (_deletion("user", user.email) for user in view.users(view.now + 1))


def _content_deletions(view: View, _count: int) -> Iterator[Edit]:
    return (_deletion("content", item.id) for item in view.contents(view.now + 1))


TOUCHES: dict[str, Candidates] = {
    "content_completion": _facts(COMPLETIONS, _edited_completion),
    "user_content": _facts(COMPLETIONS, _edited_completion),
    "assignment_summary": _facts(ASSIGNMENTS, _extended, _item_key),
    "simplified_assignments": _facts(ASSIGNMENTS, _extended),
    "track_status": _facts(TRACK_ENROLMENTS, _marked),
    "scorm_status": _facts(SCORM_ENROLMENTS, _marked),
    "assessment_status": _facts(ASSESSMENT_ENROLMENTS, _retaken),
    "workshop_engagement": _facts(INSTANCES, _corrected),
    "workshop_status": _facts(INSTANCES, _corrected),
    "content_engagement": _content_edits,
    "user_engagement": _user_edits,
    "manager_summary": _manager_edits,
}

UNDOINGS: dict[str, Candidates] = {"assignment_summary": _facts(ASSIGNMENTS, _undone, _item_key)}

DELETIONS: dict[str, tuple[str, Candidates]] = {
    "content_completion": ("completion", _deletions(COMPLETIONS)),
    "user_content": ("completion", _deletions(COMPLETIONS)),
    "assignment_summary": ("assignment", _deletions(ASSIGNMENTS)),
    "simplified_assignments": ("assignment", _deletions(ASSIGNMENTS)),
    "pivoted_content_assignments": ("assignment", _deletions(ASSIGNMENTS)),
    "pivoted_user_assignments": ("assignment", _deletions(ASSIGNMENTS)),
    "track_status": ("track", _deletions(TRACK_ENROLMENTS)),
    "scorm_status": ("scorm", _deletions(SCORM_ENROLMENTS)),
    "assessment_status": ("assessment", _deletions(ASSESSMENT_ENROLMENTS)),
    "workshop_engagement": ("instance", _deletions(INSTANCES)),
    "workshop_status": ("seat", _seat_deletions),
    "content_engagement": ("content", _content_deletions),
    "user_engagement": ("user", _user_deletions),
    "manager_summary": ("user", _user_deletions),
}
"""By report, the kind of record that goes, and where to find some."""


def _apply(organisation: Organisation, view: View, candidates: Candidates, count: int) -> list[str]:
    chosen: dict[str, Edit] = {}
    if count < 1:
        return []
    for edit in candidates(view, count):
        chosen.setdefault(edit.key, edit)
        if len(chosen) >= count:
            break
    changes = organisation.changes
    for edit in chosen.values():
        changes = edit.apply(changes)
    organisation.changes = changes
    return list(chosen)


def touch(
    organisation: Organisation, now: int, report: str, count: int, *, undo: bool = False
) -> list[str]:
    """Edit `count` living records now; return their keys (parts joined by `|`).

    Reports of completions and assignments get a newer updated date and a changed value;
    tracks and SCORM packages are marked as completed; users get another job title, content
    another title. With `undo`, completions of assignment items are taken back.

    Raises:
        ValueError: The report's records cannot be edited so.
    """
    table = UNDOINGS if undo else TOUCHES
    if report not in table:
        raise ValueError(f"touch knows {sorted(table)}")
    with organisation.edits:
        return _apply(organisation, organisation.seen_at(now), table[report], count)


def delete(
    organisation: Organisation, now: int, report: str, count: int, ids: list[str] | None = None
) -> list[str]:
    """Delete the records with these keys, or `count` of them; return their keys.

    Raises:
        ValueError: There is no such report.
    """
    if report not in DELETIONS:
        raise ValueError(f"delete knows {sorted(DELETIONS)}")
    kind, candidates = DELETIONS[report]
    with organisation.edits:
        if ids is not None:
            organisation.changes = organisation.changes.without(kind, frozenset(ids))
            return ids
        return _apply(organisation, organisation.seen_at(now), candidates, count)
