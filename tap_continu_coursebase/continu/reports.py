"""The 14 reports, declared: path, behaviour and the controls each takes.

Facts: the vendor's reference, one page an endpoint (documented). What a row is identified
by stands in ``schemas/continu/<name>.json``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

Behaviour = Literal["facts", "aggregates", "snapshot"]
Filters = Mapping[str, frozenset[str]]

USER_FILTER = frozenset(
    [
        "buddy_email",
        "departments",
        "email",
        "first_name",
        "grades",
        "groups",
        "id",
        "is_author",
        "is_collaborator",
        "is_manager",
        "is_purchaser",
        "last_name",
        "locations",
        "manager_email",
        "org_levels",
        "partner",
        "role",
        "suspended",
        "teams",
        "userid",
    ]
)
CONTENT_FILTER = frozenset(
    [
        "archived",
        "categories",
        "collaborators",
        "content_id",
        "created_by",
        "departments",
        "grades",
        "locations",
        "org_levels",
        "teams",
    ]
)
USER_CONTENT_FILTER = frozenset({"content_id", "content_type"})
ENTITY_FILTER = frozenset({"entity_id", "entity_type"})
ASSIGNMENT_FILTER = frozenset({"assigner_id", "assignment_id", "content_id"})

UPDATES = ("updated_date", "updated_at")
"""Documented: ``updated_date`` is a range_target, advised for assignments. Inferred: that other
reports take it, and that one may call it ``updated_at``, as content-engagement's flag does."""
HOURLY, DAILY = timedelta(hours=1), timedelta(days=1)
SCORM_UPDATED = "scorm_last_updated_date"
"""Documented as a flag of scorm-status; inferred as a range_target."""


@dataclass(frozen=True)
class Report:
    """One endpoint of the Reporting API.

    Attributes:
        name: The stream's name without its source, and its schema's file name.
        path: Below ``/reports/``.
        behaviour: ``facts``: a row is a thing that happened, windowed. ``aggregates``: a row
            sums up its window. ``snapshot``: no dates, always the current state.
        filters: The documented filter objects and their keys.
        bounds: Documented epoch-second bounds that are set like a filter.
        range_target: Whether the endpoint takes one.
        updates: The dates of last change to ask for unless one is set, the likeliest first. None
            where a change must not move a row: an aggregate that counts an item in the window of
            its last change would count it again in each later one.
        cadence: How often the vendor recommends to load it (documented, but for
            content-engagement; simplified assignments: on demand or daily).
        born: The column that tells when a row came about, in UTC and for good; empty if none does.
    """

    name: str
    path: str
    behaviour: Behaviour
    filters: Filters = field(default_factory=dict)
    bounds: frozenset[str] = frozenset()
    range_target: bool = False
    updates: tuple[str, ...] = ()
    cadence: timedelta = DAILY
    born: str = ""


REPORTS: tuple[Report, ...] = (
    Report(
        "content_completion",
        "content-completion",
        "facts",
        {"user_filter": USER_FILTER, "entity_filter": ENTITY_FILTER},
        range_target=True,
        updates=UPDATES,
        cadence=HOURLY,
        born="completed_on",
    ),
    Report(
        "user_content",
        "user-content",
        "facts",
        {"user_filter": USER_FILTER, "content_filter": USER_CONTENT_FILTER},
        range_target=True,
        updates=UPDATES,
        cadence=HOURLY,
        born="completed_on",
    ),
    Report(
        "content_engagement",
        "content-engagement",
        "aggregates",
        {"content_filter": CONTENT_FILTER},
    ),
    Report(
        "user_engagement",
        "user-engagement",
        "aggregates",
        {"user_filter": USER_FILTER},
        cadence=HOURLY,
    ),
    Report(
        "assignment_summary",
        "assignment-summary",
        "facts",
        {"user_filter": USER_FILTER, "assignment_filter": ASSIGNMENT_FILTER},
        range_target=True,
        updates=UPDATES,
    ),
    Report(
        "pivoted_content_assignments",
        "pivoted-content-assignments",
        "aggregates",
        {"user_filter": USER_FILTER, "content_filter": CONTENT_FILTER},
        range_target=True,
    ),
    Report(
        "pivoted_user_assignments",
        "pivoted-user-assignments",
        "aggregates",
        {"user_filter": USER_FILTER, "content_filter": CONTENT_FILTER},
        bounds=frozenset({"unsuspended_from", "unsuspended_to"}),
        range_target=True,
    ),
    Report("simplified_assignments", "simplified/assignments", "snapshot"),
    Report(
        "assessment_status",
        "assessment-status",
        "snapshot",
        {"user_filter": USER_FILTER, "assessment_filter": CONTENT_FILTER},
    ),
    Report(
        "track_status",
        "track-status",
        "facts",
        {"user_filter": USER_FILTER, "track_filter": CONTENT_FILTER},
        range_target=True,
        updates=UPDATES,
    ),
    Report(
        "scorm_status",
        "scorm-status",
        "facts",
        {"user_filter": USER_FILTER, "scorm_filter": CONTENT_FILTER},
        range_target=True,
        updates=(*UPDATES, SCORM_UPDATED),
    ),
    Report(
        "workshop_engagement",
        "workshop-engagement",
        "facts",
        {"workshop_filter": CONTENT_FILTER},
    ),
    Report(
        "workshop_status",
        "workshop-status",
        "snapshot",
        {"user_filter": USER_FILTER, "workshop_filter": CONTENT_FILTER},
    ),
    Report(
        "manager_summary",
        "manager-summary",
        "aggregates",
        {"user_filter": USER_FILTER, "manager_filter": USER_FILTER},
    ),
)
