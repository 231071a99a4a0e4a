"""What the vendors' references say of flags and columns, and by what the tap knows a row.

It is written out here once more, derived from neither the tap and its schemas nor the sandbox,
which are both compared with it.
"""

from __future__ import annotations

from collections.abc import Mapping


def words(text: str) -> frozenset[str]:
    """Return the names in a text, each of which may stand there only once."""
    names = text.split()
    if len(names) != len(set(names)):
        raise ValueError(f"A name is listed twice: {names}")
    return frozenset(names)


# Continu: the documented flags of each report.

U32 = words("""
    address buddy_email created_at departments distributor email first_login first_name
    grade group groups hired_on image is_collaborator is_manager is_purchaser job_title
    language last_login last_name locations manager_email org_level partner partner_name
    region role suspended suspended_on teams user_metadata userid
    """)
M8 = words("""
    manual_completed_by manual_completed_by_email manual_completed_by_first_name
    manual_completed_by_image manual_completed_by_is_manager manual_completed_by_job_title
    manual_completed_by_last_name manual_completed_by_userid
    """)
M9 = M8 | {"manual_completed_by_is_suspended"}

COMPLETION = U32 | {"assignment", "content", "content_metadata", "journey", "track"}

FLAGS: Mapping[str, frozenset[str]] = {
    "content_completion": COMPLETION,
    "user_content": COMPLETION,
    "content_engagement": words("""
        archived assignments_completed assignments_pending comments created_at created_by
        creator creator_email creator_first_name creator_image creator_is_manager
        creator_job_title creator_last_name creator_userid id in_track_title likes
        linked_categories metadata on_explore privacy_collaborators privacy_departments
        privacy_grade privacy_locations privacy_org_level privacy_teams published ratings
        ratings_average shares tags title type updated_at url views
        """),
    "user_engagement": U32
    | words("""
        assignments_completed assignments_pending comments likes ratings ratings_average
        seconds_viewed sessions shares tracks_completed tracks_started views
        workshops_attended
        """),
    "assignment_summary": (U32 - {"suspended_on", "user_metadata"})
    | M9
    | words("""
        assigned_date assignee_metadata assigner assigner_email assigner_first_name
        assigner_image assigner_is_manager assigner_is_purchaser assigner_is_suspended
        assigner_job_title assigner_last_name assigner_userid assignment_id
        assignment_status completed_date content_archived content_completed_on content_id
        content_metadata content_title content_type due_date updated_date
        """),
    "pivoted_content_assignments": frozenset({"assignee", "assigner", "manual_completed_by"}),
    "pivoted_user_assignments": frozenset({"all_assignments"}),
    "simplified_assignments": frozenset({"assignee", "assigner", "manual_completed_by"}),
    "assessment_status": U32
    | words("""
        assessment_attempts assessment_completed_date assessment_id assessment_score
        assessment_started_date assessment_status assessment_title containing_journey
        containing_journey_id containing_track containing_track_id
        """),
    "track_status": U32
    | M8
    | words("""
        containing_journey containing_journey_id track_completed_date track_id
        track_progress track_status track_title
        """),
    "scorm_status": U32
    | M8
    | words("""
        containing_journey containing_journey_id containing_track containing_track_id
        scorm_id scorm_last_updated_date scorm_started_date scorm_status scorm_title
        """),
    "workshop_engagement": words("""
        archived canceled_registrations host_name offered_seats registered_seats
        registration_disabled total_absentees total_attendees total_waiting
        waitlist_enabled waitlist_seats workshop_duration workshop_end_date workshop_id
        workshop_instance_id workshop_start_date workshop_status workshop_title
        """),
    "workshop_status": U32
    | words("""
        workshop_duration workshop_end_date workshop_id workshop_instance_id
        workshop_start_date workshop_status workshop_title
        """),
    "manager_summary": (U32 - {"partner", "partner_name", "user_metadata"})
    | words("""
        assignments_completed assignments_pending comments direct_reports likes new_hires
        ratings sessions shares tracks_completed tracks_started views workshops_attended
        """),
}

SUB_OBJECTS = words("""
    all_assignments assignee assignee_metadata assigner assignment containing_journey
    containing_track content content_metadata creator journey manual_completed_by metadata
    track user_metadata
    """)
"""The flags that ask for an object."""

COMPLETED = {
    "content_id": "content",
    "content_title": "content",
    "content_type": "content",
    "assignment_id": "assignment",
}
INSIDE: Mapping[str, Mapping[str, str]] = {
    "content_completion": COMPLETED,
    "user_content": COMPLETED,
    "simplified_assignments": {
        f"{person}_{field}": person
        for person in ("assignee", "assigner", "manual_completed_by")
        for field in ("email", "userid")
    },
}
"""The columns that are read inside of an object, with the flag that asks for it."""

UNFLAGGED: Mapping[str, Mapping[str, str]] = {
    "simplified_assignments": {
        "assigned_date": "assignedDate",
        "assignment_status": "assignmentStatus",
        "due_date": "dueDate",
        "updated_date": "updatedAt",
    },
}
"""Columns that no flag asks for, named like those of another report, as the sandbox sends them."""


def asked_by_default(report: str) -> frozenset[str]:
    """Return the flags that a report is asked with unless something else is selected."""
    return (FLAGS[report] - SUB_OBJECTS).union(INSIDE.get(report, {}).values())


# Continu: the key of each stream.

CONTINU_KEYS: Mapping[str, tuple[str, ...]] = {
    "content_completion": ("completion_id",),
    "user_content": ("completion_id",),
    "content_engagement": ("window_from", "id"),
    "user_engagement": ("window_from", "email"),
    "assignment_summary": ("assignment_id", "content_id", "email"),
    "pivoted_content_assignments": ("window_from", "record_key"),
    "pivoted_user_assignments": ("window_from", "record_key"),
    "simplified_assignments": ("assignment_id",),
    "assessment_status": (
        "assessment_id",
        "email",
        "containing_track_id",
        "containing_journey_id",
    ),
    "track_status": ("track_id", "email", "containing_journey_id"),
    "scorm_status": ("scorm_id", "email", "containing_track_id", "containing_journey_id"),
    "workshop_engagement": ("workshop_instance_id",),
    "workshop_status": ("workshop_instance_id", "email"),
    "manager_summary": ("window_from", "email"),
}
RANGE_TARGETS: Mapping[str, str] = dict.fromkeys(
    ("assignment_summary", "content_completion", "scorm_status", "track_status", "user_content"),
    "updated_date",
)
"""The date that windows go by where none is set: the broadest, so that changes are carried."""
NO_ID = "(none)"
"""What stands for an absent part of a key."""
LEDGER_KEY = ("stream", "window_from", "window_until")
REJECTED_KEY = ("stream", "row_digest")
AGGREGATES = frozenset(name for name, key in CONTINU_KEYS.items() if "window_from" in key)
"""The reports whose rows are counted over their window."""

# What each table can be joined to, by which columns.

PEOPLE = ("email", "userid")
USER_ASSIGNED_CONTENT = {
    "people": PEOPLE,
    "content": ("content_id",),
    "assignments": ("assignment_id",),
}
WORKSHOPS = ("workshop_id", "workshop_instance_id")
JOINS: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "continu": {
        "content_completion": USER_ASSIGNED_CONTENT,
        "user_content": USER_ASSIGNED_CONTENT,
        "content_engagement": {
            "content": ("id",),
            "people": ("creator_email", "creator_userid"),
        },
        "user_engagement": {"people": PEOPLE},
        "assignment_summary": USER_ASSIGNED_CONTENT,
        "pivoted_content_assignments": {"content": ("record_key",)},
        "pivoted_user_assignments": {"people": ("record_key",)},
        "simplified_assignments": {
            "people": ("assignee_email", "assignee_userid"),
            "assignments": ("assignment_id",),
        },
        "assessment_status": {
            "people": PEOPLE,
            "assessments": ("assessment_id",),
            "tracks": ("containing_track_id",),
        },
        "track_status": {"people": PEOPLE, "tracks": ("track_id",)},
        "scorm_status": {
            "people": PEOPLE,
            "SCORM packages": ("scorm_id",),
            "tracks": ("containing_track_id",),
        },
        "workshop_engagement": {"workshops": WORKSHOPS},
        "workshop_status": {"people": PEOPLE, "workshops": WORKSHOPS},
        "manager_summary": {"people": PEOPLE},
    },
    "coursebase": {
        "users": {"people": ("user_id",)},
        "user_search": {"people": ("user_id",)},
        "user_details": {"people": ("user_id",)},
        "user_groups": {"people": ("user_id",), "groups": ("group_id",)},
        "groups": {"groups": ("group_id", "parent_id")},
        "group_users": {"people": ("user_id",), "groups": ("group_id",)},
        "courses": {"courses": ("course_id",)},
        "course_details": {"courses": ("course_id",)},
        "profile_fields": {},
        "reports": {"saved reports": ("report_id",)},
        "course_approvers": {"people": ("approver_user_id", "requester_user_id")},
    },
}


def joins(found: Mapping[str, tuple[str, ...]]) -> str:
    """Say what a table can be joined to."""
    told = [f"{what} by {' or '.join(columns)}" for what, columns in found.items()]
    return f"Joins {', '.join(told) or 'nothing by a column'}."


# Coursebase: the key of each stream; those of all exports are alike.

COURSEBASE_KEYS: Mapping[str, tuple[str, ...]] = {
    "users": ("user_id",),
    "user_search": ("user_id",),
    "user_details": ("user_id",),
    "user_groups": ("user_id", "group_id"),
    "groups": ("group_id",),
    "group_users": ("group_id", "user_id", "role"),
    "courses": ("course_id",),
    "course_details": ("course_id",),
    "profile_fields": ("field_id",),
    "reports": ("report_id",),
    "course_approvers": ("approver_user_id", "requester_user_id"),
    "report": ("report_type", "row_number"),
    "saved_report": ("report_id", "row_number"),
}
LISTS = tuple(
    name for name in COURSEBASE_KEYS if name not in {"user_search", "report", "saved_report"}
)
"""The streams that are neither exports nor a search."""
REPORT_TYPES = (
    "activities",
    "activity_solutions",
    "courses",
    "learners",
    "people",
    "submission_answers",
    "submission_rates",
    "submissions",
    "udemy_user_activity",
    "udemy_user_course_activity",
    "udemy_user_progress",
    "video_analytics",
)
