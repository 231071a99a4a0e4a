"""Reports that administrators set up and saved: columns of their choice, in any order."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.chance import dice
from sandbox.coursebase.model import SavedReport
from sandbox.coursebase.opaque import REPORT_ID_LENGTH, opaque
from sandbox.coursebase.reports.types import TYPES

TITLES = (
    ("Learner progress report", "learners"),
    ("受講状況 (四半期)", "learners"),
    ("Confirm certification", "people"),
    ("Annuaire, « tous »", "people"),
    ("Course catalogue", "courses"),
    ("Open submissions", "submissions"),
    ("Answers\twith tab", "submission_answers"),
    ("Videos", "video_analytics"),
    ("Rates", "submission_rates"),
)


def choose_columns(seed: object, columns: Sequence[str]) -> tuple[str, ...]:
    """Choose some columns, in an order of their own."""
    chance = dice("columns", seed)
    return tuple(chance.sample(columns, max(2, len(columns) - 2)))


def make_saved(seed: int, profile: Iterable[str]) -> dict[str, SavedReport]:
    """Return the saved reports by id.

    Args:
        seed: Decides ids and columns.
        profile: Names of the profile fields, which reports about people may show.
    """
    profile = tuple(profile)
    made = {}
    for number, (title, kind) in enumerate(TITLES):
        report_id = opaque(seed, "report", number, length=REPORT_ID_LENGTH)
        declared = TYPES[kind]
        columns = choose_columns(
            report_id, declared.columns + (profile if declared.profile else ())
        )
        made[report_id] = SavedReport(number, report_id, title, kind, columns)
    return made
