"""Users of the organisation, each a function of its number."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any

from sandbox.chance import below, dice, fingerprint, happens, object_id, pick, some
from sandbox.instants import DAY, HOUR, iso
from sandbox.names import invent_name

DEPARTMENTS = ("Sales", "Finance", "Entwicklung", "Operaciones", "研发部", "R&D / Labs")
LOCATIONS = ("Lisboa", "Zürich", "Kraków", "São Paulo", "東京", "Remote")
TEAMS = ("Blue Heron", "Kestrel", "Ωmega", "Night Shift", "Équipe Nord")
GROUPS = ("New hires", "Safety", "Führungskräfte", "مجموعة أ", "Beta testers", "Alumni")
GRADES = ("G1", "G2", "G3", "G4")
ORG_LEVELS = ("Individual", "Lead", "Director")
REGIONS = ("EMEA", "AMER", "APAC")
ROLES = ("learner", "learner", "learner", "learner", "admin", "external", "Creator")
JOB_TITLES = ("Analyst", "Ingénieure", "Lagerist:in", "Консультант", "店長", 'Clerk "B"', "Welder")
PARTNERS = ("Marsh & Dell", "Ørsund ApS")
STREETS = ("Linden Way", "Rua do Sol", "Mühlgasse", "桜通り")

MANAGER_EVERY = 12
"""Every user whose number is a multiple of this is a manager."""

FOUNDING_SHARE = 0.8
"""Share of users who are there from the first day; the others join over five years."""

GROWTH_SECONDS = 1826 * DAY


@dataclass(frozen=True, slots=True)
class User:
    """One user.

    Attributes:
        index: The user's number, from 0.
        id: 24-hex id; documented flags have none for it, filters do (`id`).
        columns: The 32 documented user columns in canonical form.
        is_author: Only ever seen through user_filter.
        unsuspended_at: When a suspension ended, if ever; only seen through
            unsuspended_from and unsuspended_to.
    """

    index: int
    id: str
    created_at: int
    columns: dict[str, Any]
    is_author: bool
    unsuspended_at: int | None

    @property
    def email(self) -> str:
        """The login, unique."""
        return str(self.columns["email"])

    def as_object(self) -> dict[str, Any]:
        """Return the user as the nested object of other records (shape inferred)."""
        names = ("email", "first_name", "last_name", "job_title", "is_manager", "userid")
        return {"_id": self.id, **{name: self.columns[name] for name in names}}


@lru_cache(200_000)
def email_of(seed: int, index: int) -> str:
    """Return the unique login of a user, made of the name as far as that is Latin."""
    first, last, _ = invent_name(dice(seed, "name", index))
    plain = unicodedata.normalize("NFKD", f"{first}.{last}").encode("ascii", "ignore").decode()
    word = re.sub(r"[^a-z.]+", "", plain.lower()).strip(".") or "user"
    return f"{word}.{index}@example.{'org' if index % 3 else 'com'}"


@dataclass(frozen=True, slots=True)
class People:
    """Knows every user by number without holding any.

    Attributes:
        start: Epoch second of the organisation's first midnight (UTC).
        size: How many users there are in the end.
    """

    seed: int
    start: int
    size: int

    @property
    def founders(self) -> int:
        """How many users there are from the first day."""
        return max(1, int(self.size * FOUNDING_SHARE))

    def created_at(self, index: int) -> int:
        """Return when user `index` was created; never decreases with `index`."""
        if index < self.founders:
            return self.start + index * 12 * HOUR // self.founders
        late = index - self.founders + 1
        return self.start + DAY + late * GROWTH_SECONDS // (self.size - self.founders + 1)

    def manager_of(self, index: int) -> int | None:
        """Return the number of a user's manager, who was created no later than the user."""
        chance = dice(self.seed, "manager", index)
        rank, position = divmod(index, MANAGER_EVERY)
        if position:
            return below(chance, rank + 1) * MANAGER_EVERY if happens(chance, 0.9) else None
        return below(chance, rank) * MANAGER_EVERY if rank and happens(chance, 0.7) else None

    def user(self, index: int) -> User:
        """Make user `index`; attributes never change by themselves."""
        chance = dice(self.seed, "user", index)
        first, last, language = invent_name(dice(self.seed, "name", index))
        created = self.created_at(index)
        manager = self.manager_of(index)
        buddy = below(chance, index) if index and happens(chance, 0.3) else None
        suspended = happens(chance, 0.04)
        arrived = None if happens(chance, 0.1) else created
        groups = some(chance, GROUPS, 3)
        partner = pick(chance, PARTNERS) if happens(chance, 0.12) else None
        columns: dict[str, Any] = {
            "address": _address(chance),
            "buddy_email": None if buddy is None else email_of(self.seed, buddy),
            "created_at": iso(created),
            "departments": some(chance, DEPARTMENTS, 2),
            "distributor": "North Loop" if happens(chance, 0.07) else None,
            "email": email_of(self.seed, index),
            "first_login": iso(arrived),
            "first_name": first,
            "grade": None if happens(chance, 0.11) else pick(chance, GRADES),
            "group": groups[0] if groups else None,
            "groups": groups,
            "hired_on": None
            if happens(chance, 0.17)
            else iso((created - below(chance, 1500) * DAY) // DAY * DAY),
            "image": f"https://img.example.com/u/{index}.png" if happens(chance, 0.5) else None,
            "is_collaborator": happens(chance, 0.14),
            "is_manager": index % MANAGER_EVERY == 0,
            "is_purchaser": happens(chance, 0.05),
            "job_title": None if happens(chance, 0.08) else pick(chance, JOB_TITLES),
            "language": language,
            "last_login": iso(arrived),
            "last_name": last,
            "locations": some(chance, LOCATIONS, 2),
            "manager_email": None if manager is None else email_of(self.seed, manager),
            "org_level": pick(chance, ORG_LEVELS),
            "partner": None if partner is None else object_id(self.start, fingerprint(partner), 1),
            "partner_name": partner,
            "region": None if happens(chance, 0.1) else pick(chance, REGIONS),
            "role": pick(chance, ROLES),
            "suspended": suspended,
            "suspended_on": iso(created) if suspended else None,
            "teams": some(chance, TEAMS, 2),
            "user_metadata": _metadata(chance),
            "userid": f"E{self.seed % 100:02d}-{index:06d}",
        }
        return User(
            index=index,
            id=object_id(created, fingerprint(self.seed, "user"), index),
            created_at=created,
            columns=columns,
            is_author=happens(chance, 0.09),
            unsuspended_at=created if not suspended and happens(chance, 0.05) else None,
        )


def _address(chance: Random) -> str | None:
    if happens(chance, 0.33):
        return None
    return f"{1 + below(chance, 200)} {pick(chance, STREETS)}\n{10_000 + below(chance, 80_000)}"


def _metadata(chance: Random) -> dict[str, Any] | None:
    if happens(chance, 0.2):
        return None
    return {"costCentre": f"CC{below(chance, 900):03d}", "remote": happens(chance, 0.33)}
