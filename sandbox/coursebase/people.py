"""Users, each a function of its number: ids at once, everything else on demand."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.chance import dice, happens, pick
from sandbox.coursebase.fields import draw_profile
from sandbox.coursebase.languages import LANGUAGES
from sandbox.coursebase.model import Field, Person, User
from sandbox.coursebase.opaque import opaque
from sandbox.names import invent_name

DOMAINS = ("example.com", "example.org", "example.co.jp")
HANDLES = ("heron", "o'linden", "Kestrel", "maru.yama", "night+shift", "zoe_b", "tsubame")
ZONES = ("Asia/Tokyo", "Europe/Paris", "America/Argentina/Ushuaia", "UTC", "Asia/Kathmandu")
DEACTIVATED_EVERY = 23
TAGS = {"zh": "zh_CN"}
"""Languages of invented names that Coursebase writes in another way."""


def make_users(seed: int, count: int, logins: Mapping[int, str]) -> dict[str, User]:
    """Return `count` users by id; cheap, for there may be many.

    Args:
        seed: Decides every draw.
        count: How many.
        logins: Login ids by number, for those whose login is not drawn.
    """
    made = {}
    for number in range(count):
        user_id = opaque(seed, "user", number)
        draw = ord(user_id[0]) + ord(user_id[1])
        login = f"{HANDLES[draw % len(HANDLES)]}.{number}@{DOMAINS[ord(user_id[2]) % len(DOMAINS)]}"
        active = number % DEACTIVATED_EVERY != DEACTIVATED_EVERY - 1
        made[user_id] = User(number, user_id, logins.get(number, login), active)
    return made


def make_person(seed: int, fields: Mapping[str, Field], number: int) -> Person:
    """Return what the user of a number is like before anybody edits them."""
    chance = dice(seed, "person", number)
    first, last, tag = invent_name(chance)
    tag = TAGS.get(tag, tag)
    language = tag if tag in LANGUAGES and happens(chance, 0.8) else pick(chance, LANGUAGES)
    return Person(last, first, language, pick(chance, ZONES), draw_profile(fields, chance))
