"""Groups as a tree, and who is in them."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.chance import below, dice, happens, pick
from sandbox.coursebase.model import Group, Member, User
from sandbox.coursebase.opaque import opaque

ROOT_NAME = "Quillfeather Holdings (全社)"
NAMES = (
    "Sales",
    "営業部",
    "Entwicklung",
    "Équipe Nord",
    "R&D, Labs",
    'Night "B" shift',
    "新人研修",
)
BRANCHING = 6
MEMBERSHIPS = 2
"""Groups a user is in besides the root, at most."""
ADMIN_SHARE, INSTRUCTOR_SHARE, SECOND_ROLE_SHARE = 0.04, 0.06, 0.03


def make_groups(seed: int, count: int) -> dict[str, Group]:
    """Return groups by id: one root without a parent, the others below it (documented: M)."""
    ids = [opaque(seed, "group", number) for number in range(count)]
    return {
        group_id: Group(
            number,
            group_id,
            f"{NAMES[number % len(NAMES)]} {number}" if number else ROOT_NAME,
            ids[(number - 1) // BRANCHING] if number else None,
        )
        for number, group_id in enumerate(ids)
    }


def make_members(
    seed: int, groups: Sequence[Group], users: Sequence[User]
) -> dict[str, tuple[Member, ...]]:
    """Return memberships by group id.

    Everybody is in the root: user.create makes a user "at the org level", and the example of
    user.groups.list shows the group that org.groups.list shows without a parent. Inferred:
    lists hold direct members only.
    """
    chance = dice(seed, "members")
    held: dict[str, list[Member]] = {group.group_id: [] for group in groups}
    number = 0

    def join(group: Group, user: User, role: str) -> None:
        nonlocal number
        held[group.group_id].append(Member(number, user.user_id, role))
        number += 1

    for user in users:
        join(groups[0], user, "admin" if happens(chance, ADMIN_SHARE) else "learner")
        wanted = below(chance, MEMBERSHIPS + 1) if len(groups) > 1 else 0
        chosen = {1 + below(chance, len(groups) - 1) for _ in range(wanted)}
        for place in sorted(chosen):
            first = "instructor" if happens(chance, INSTRUCTOR_SHARE) else "learner"
            join(groups[place], user, first)
            if happens(chance, SECOND_ROLE_SHARE):
                others = [role for role in ("learner", "admin", "instructor") if role != first]
                join(groups[place], user, pick(chance, others))
    return {group_id: tuple(members) for group_id, members in held.items()}
