"""Who approves whose course enrolments; documented: H:add-one-approver, org-wide pairs."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.coursebase.model import Approval, User

TEAM = 8


def make_approvals(users: Sequence[User]) -> dict[tuple[str, str], Approval]:
    """Return approvals by pair: teams with a lead, and every fourth lead asks the first one."""
    made: dict[tuple[str, str], Approval] = {}
    for place, user in enumerate(users):
        lead = users[place - place % TEAM]
        if lead is user:
            lead = users[0]
        if lead is not user and (place % TEAM or place % (4 * TEAM) == 0):
            pair = lead.user_id, user.user_id
            made[pair] = Approval(len(made), *pair)
    return made
