"""People who are in both companies: whom of Coursebase's users Continu knows, by address.

No vendor documents that organisations use both, nor that they log in to both alike: it is what
tables of the two can be joined by where they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sandbox.chance import dice, happens
from sandbox.continu.people import email_of
from sandbox.names import invent_name

CAPITALS_SHARE = 0.25


class Shared(NamedTuple):
    """What a user of Coursebase has of one of Continu's."""

    login_id: str
    first_name: str
    last_name: str


def shared_people(seed: int, share: float, users: int, others: int) -> Mapping[int, Shared]:
    """Draw which users of Coursebase are users of Continu, too.

    A quarter of them write their address with capitals, as Continu does not.

    Args:
        seed: Of the sandbox.
        share: Part of Coursebase's users that is in both.
        users: How many users Continu has in the end; the first ones are in both.
        others: How many Coursebase has.

    Returns:
        What they have of the other company, by their number in Coursebase.
    """
    drawn = (number for number in range(others) if happens(dice(seed, "shared", number), share))
    return {
        number: _shared(seed, index) for index, number in zip(range(users), drawn, strict=False)
    }


def _shared(seed: int, index: int) -> Shared:
    first, last, _ = invent_name(dice(seed, "name", index))
    local, _, domain = email_of(seed, index).partition("@")
    capitals = happens(dice(seed, "capitals", index), CAPITALS_SHARE)
    return Shared(f"{local.title() if capitals else local}@{domain}", first, last)
