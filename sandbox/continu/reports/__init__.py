"""The 14 reports of the Reporting API; documented: R-oas, R-pm."""

from __future__ import annotations

from sandbox.continu.report import Report
from sandbox.continu.reports.assignments import ASSIGNMENT_SUMMARY, SIMPLIFIED_ASSIGNMENTS
from sandbox.continu.reports.completions import CONTENT_COMPLETION, USER_CONTENT
from sandbox.continu.reports.engagement import (
    CONTENT_ENGAGEMENT,
    MANAGER_SUMMARY,
    USER_ENGAGEMENT,
)
from sandbox.continu.reports.pivots import PIVOTED_CONTENT_ASSIGNMENTS, PIVOTED_USER_ASSIGNMENTS
from sandbox.continu.reports.progress import ASSESSMENT_STATUS, SCORM_STATUS, TRACK_STATUS
from sandbox.continu.reports.workshops import WORKSHOP_ENGAGEMENT, WORKSHOP_STATUS

REPORTS: dict[str, Report] = {
    report.name: report
    for report in (
        CONTENT_COMPLETION,
        USER_CONTENT,
        CONTENT_ENGAGEMENT,
        USER_ENGAGEMENT,
        ASSIGNMENT_SUMMARY,
        PIVOTED_CONTENT_ASSIGNMENTS,
        PIVOTED_USER_ASSIGNMENTS,
        SIMPLIFIED_ASSIGNMENTS,
        ASSESSMENT_STATUS,
        TRACK_STATUS,
        SCORM_STATUS,
        WORKSHOP_ENGAGEMENT,
        WORKSHOP_STATUS,
        MANAGER_SUMMARY,
    )
}
"""By snake-case name."""
