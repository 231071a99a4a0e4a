"""Things that can be learned: content, tracks, journeys, SCORM packages, assessments, workshops."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sandbox.chance import below, dice, fingerprint, happens, object_id, pick, some
from sandbox.continu.people import (
    DEPARTMENTS,
    GRADES,
    GROWTH_SECONDS,
    LOCATIONS,
    ORG_LEVELS,
    TEAMS,
    People,
)
from sandbox.instants import DAY, HOUR, iso

CATEGORIES = ("Compliance", "Onboarding", "Sécurité", "営業", "Soft skills", "Produkt")
TAGS = ("2025", "must-see", "Ω-team", "draft?", "été", "안전")
CONTENT_TYPES = ("article", "video", "course", "workshop", "assessment")
TOPICS = ("Forklifts", "Données personnelles", "Verhandeln", "Безопасность", "礼儀", "C++ & <XML>")
FORMS = ("Basics of", "Advanced", "Refresher:", "“Hands-on”", "All about")

MOST_CONTENT = 2000
TRACKS, JOURNEYS, SCORM_PACKAGES, ASSESSMENTS, WORKSHOPS = 120, 30, 80, 60, 40
TRACKS_A_JOURNEY = 3


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to learn, of whatever kind.

    Attributes:
        index: Its number among its kind, from 0.
        columns: What content-engagement and the content filters know of it, canonical.
        creator: Number of the user who made it.
    """

    index: int
    id: str
    title: str
    type: str
    created_at: int
    creator: int
    columns: dict[str, Any]

    def as_object(self) -> dict[str, Any]:
        """Return the item as the nested object of other records (shape inferred)."""
        return {
            "_id": self.id,
            "title": self.title,
            "type": self.type,
            "url": self.columns["url"],
            "archived": self.columns["archived"],
            "linkedCategories": self.columns["linked_categories"],
            "createdAt": self.columns["created_at"],
        }


class Place(NamedTuple):
    """An item as users meet it: alone, in a track, in a journey; numbers among their kinds."""

    item: int
    track: int | None
    journey: int | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Knows every item by kind and number without holding any.

    Kinds are `content`, `track`, `journey`, `scorm`, `assessment`, `workshop`. Content is
    created over five years, one half on the first day; the rest all on the first day.
    """

    seed: int
    people: People

    @property
    def size(self) -> int:
        """How many content items there are in the end."""
        return min(MOST_CONTENT, 30 + self.people.size // 20)

    def content_created_at(self, index: int) -> int:
        """Return when content item `index` was created; never decreases with `index`."""
        first_day = self.people.start + 12 * HOUR
        early = self.size // 2
        if index < early:
            return first_day + index * 11 * HOUR // early
        return (
            self.people.start
            + DAY
            + (index - early + 1) * GROWTH_SECONDS // (self.size - early + 1)
        )

    def item(self, kind: str, index: int) -> Item:
        """Make item `index` of `kind`."""
        chance = dice(self.seed, kind, index)
        people = self.people
        created = self.content_created_at(index) if kind == "content" else people.start + 12 * HOUR
        item_id = object_id(created, fingerprint(self.seed, kind), index)
        title = f"{pick(chance, FORMS)} {pick(chance, TOPICS)} {index + 1}"
        creator = below(chance, people.founders)
        columns: dict[str, Any] = {
            "archived": happens(chance, 0.06),
            "created_at": iso(created),
            "created_by": people.user(creator).id,
            "id": item_id,
            "in_track_title": f"Track {below(chance, TRACKS) + 1}"
            if happens(chance, 0.3)
            else None,
            "linked_categories": some(chance, CATEGORIES, 3),
            "metadata": {"minutes": below(chance, 90), "source": None}
            if happens(chance, 0.8)
            else None,
            "on_explore": happens(chance, 0.5),
            "privacy_collaborators": [people.user(below(chance, people.founders)).id],
            "privacy_departments": some(chance, DEPARTMENTS, 2),
            "privacy_grade": some(chance, GRADES, 2),
            "privacy_locations": some(chance, LOCATIONS, 2),
            "privacy_org_level": some(chance, ORG_LEVELS, 1),
            "privacy_teams": some(chance, TEAMS, 1),
            "published": happens(chance, 0.9),
            "tags": some(chance, TAGS, 3),
            "title": title,
            "type": pick(chance, CONTENT_TYPES) if kind == "content" else kind,
            "updated_at": iso(created),
            "url": f"https://learn.example.com/{kind}/{index}" if happens(chance, 0.9) else None,
        }
        return Item(index, item_id, title, columns["type"], created, creator, columns)


def _tracks_of(journey: int) -> range:
    return range(journey * TRACKS_A_JOURNEY, (journey + 1) * TRACKS_A_JOURNEY)


JOURNEY_OF_TRACK = {track: journey for journey in range(JOURNEYS) for track in _tracks_of(journey)}


def _nested(items: int) -> Sequence[Place]:
    alone = [Place(item, None, None) for item in range(items)]
    in_track = [Place(item, item % TRACKS, None) for item in range(items)]
    in_journey = [Place(item, item % TRACKS, JOURNEY_OF_TRACK.get(item)) for item in range(items)]
    return alone + in_track + [place for place in in_journey if place.journey is not None]


TRACK_PLACES: Sequence[Place] = [
    *(Place(track, None, None) for track in range(TRACKS)),
    *(Place(track, None, journey) for track, journey in JOURNEY_OF_TRACK.items()),
]
"""Every way to meet a track, each once: alone, or in the journey that contains it."""

SCORM_PLACES = _nested(SCORM_PACKAGES)
ASSESSMENT_PLACES = _nested(ASSESSMENTS)
