"""What a perfect client would have loaded: the rows of every stream."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sandbox.coursebase import reads
from sandbox.coursebase.exports import make_report, type_of
from sandbox.coursebase.files import Shape
from sandbox.coursebase.jobs import Selector
from sandbox.coursebase.organisation import Organisation
from sandbox.coursebase.paging import Listing
from sandbox.coursebase.settings import Settings
from sandbox.coursebase.timekeeper import iso_milliseconds

Row = dict[str, Any]
Truth = Callable[[Organisation, Settings], Iterator[Row]]


def _whole(read: Callable[[Organisation, Settings, reads.Arguments], Listing]) -> Truth:
    def rows(organisation: Organisation, settings: Settings) -> Iterator[Row]:
        found = read(organisation, settings, {})
        yield from found.show(0, len(found.numbers))

    return rows


def _plain(read: Callable[[Organisation, reads.Arguments], list[Row]]) -> Truth:
    return lambda organisation, _settings: iter(read(organisation, {}))


def _user_details(organisation: Organisation, settings: Settings) -> Iterator[Row]:
    for user in reads.listed_users(organisation.state, settings):
        yield reads.user_info(organisation, {"user_id": user.user_id})


def _user_groups(organisation: Organisation, settings: Settings) -> Iterator[Row]:
    for user in reads.listed_users(organisation.state, settings):
        for row in reads.user_groups(organisation, {"user_id": user.user_id}):
            yield {"user_id": user.user_id, **row}


def _group_users(organisation: Organisation, settings: Settings) -> Iterator[Row]:
    for group_id in organisation.state.groups:
        found = reads.group_users(organisation, settings, {"group_id": group_id})
        for row in found.show(0, len(found.numbers)):
            yield {"group_id": group_id, **row}


def _course_details(organisation: Organisation, _settings: Settings) -> Iterator[Row]:
    for course_id in organisation.state.courses:
        yield reads.course_info(organisation, {"course_id": course_id})


TRUTHS: Mapping[str, Truth] = {
    "users": _whole(reads.users_list),
    "user_details": _user_details,
    "user_groups": _user_groups,
    "groups": _plain(reads.groups_list),
    "group_users": _group_users,
    "courses": _whole(reads.courses_list),
    "course_details": _course_details,
    "profile_fields": _plain(reads.profile_list),
    "reports": _whole(reads.reports_list),
    "course_approvers": _whole(reads.approvers_list),
}


def report_truth(
    organisation: Organisation, selector: Selector, language: str, time_zone: str, encoding: str
) -> Row:
    """Return what an export that is started now would hold.

    Args:
        organisation: Whose report.
        selector: Which one.
        language: In which language.
        time_zone: In which time zone.
        encoding: Codec of the file; what it lacks is `?` here, too.
    """
    scene = organisation.scene()
    table = make_report(scene, selector, language, time_zone)

    def heard(text: str) -> str:
        if encoding == Shape().encoding:
            return text
        return text.encode(encoding, errors="replace").decode(encoding)

    return {
        "header": [heard(title) for title in table.header],
        "rows": [[heard(cell) for cell in row] for row in table.rows],
        "data_updated_at": iso_milliseconds(scene.state.updated[type_of(scene.state, selector)]),
    }
