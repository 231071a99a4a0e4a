"""The writing methods; a client that only reads never calls one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sandbox.coursebase import edits
from sandbox.coursebase.errors import MethodError
from sandbox.coursebase.fields import written_profile
from sandbox.coursebase.languages import LANGUAGES, time_zones
from sandbox.coursebase.model import WRITABLE_ROLES, Person, State, User
from sandbox.coursebase.opaque import opaque
from sandbox.coursebase.organisation import Organisation
from sandbox.coursebase.reads import Arguments, find_user, need_approvers, need_group
from sandbox.coursebase.settings import Settings

SHORTEST_PASSWORD = 8
TEXTS = ("last_name", "first_name", "language", "time_zone")


def _check_role(arguments: Arguments) -> None:
    if arguments["role"] not in WRITABLE_ROLES:
        raise MethodError("invalid_role")


def _check_person(state: State, arguments: Arguments, own_id: str | None) -> None:
    """Check what user.create and user.update have in common."""
    login = arguments.get("login_id")
    if login is not None and any(
        user.login_id == login and user.user_id != own_id for user in state.users.values()
    ):
        raise MethodError("login_id_exists")
    if arguments.get("time_zone", "UTC") not in time_zones():
        raise MethodError("invalid_time_zone")
    if arguments.get("language", "en") not in LANGUAGES:
        raise MethodError("invalid_language")


def create(organisation: Organisation, _settings: Settings, arguments: Arguments) -> Any:
    """user.create."""
    state = organisation.state
    _check_person(state, arguments, None)
    if len(arguments["password"]) < SHORTEST_PASSWORD:
        raise MethodError("invalid_password")
    _check_role(arguments)
    profile = written_profile(state.fields, arguments.get("profile", []))
    number = state.next_number
    user = User(
        number,
        opaque(organisation.seed, "user", "created", number),
        arguments["login_id"],
        person=Person(**{name: arguments[name] for name in TEXTS}, profile=profile),
    )
    organisation.edit(lambda state: edits.add_user(state, user, arguments["role"]))
    return {"user_id": user.user_id}


def update(organisation: Organisation, _settings: Settings, arguments: Arguments) -> None:
    """user.update: a field that is written loses the values it had (documented: M)."""
    state = organisation.state
    user = find_user(state, arguments["user_id"])
    _check_person(state, arguments, user.user_id)
    person = organisation.person(user)
    profile = written_profile(state.fields, arguments.get("profile", []))
    changed: Mapping[str, Any] = {name: arguments[name] for name in TEXTS if name in arguments}
    edited = replace(
        user,
        login_id=arguments.get("login_id", user.login_id),
        person=replace(person, **changed, profile={**person.profile, **profile}),
    )
    organisation.edit(lambda state: edits.put_user(state, edited))


def delete(organisation: Organisation, settings: Settings, arguments: Arguments) -> None:
    """user.delete; documented as asynchronous."""
    user_id = find_user(organisation.state, arguments["user_id"]).user_id
    organisation.edit(lambda state: edits.delete_user(state, user_id), after=settings.async_seconds)


def merge(organisation: Organisation, settings: Settings, arguments: Arguments) -> None:
    """user.merge; documented as asynchronous."""
    state = organisation.state
    base = find_user(state, arguments["base_user_id"]).user_id
    merged = find_user(state, arguments["merge_user_id"]).user_id
    if base == merged:
        raise MethodError("cant_merge_same_user")
    organisation.edit(
        lambda state: edits.merge_users(state, base, merged), after=settings.async_seconds
    )


def deactivate(organisation: Organisation, _settings: Settings, arguments: Arguments) -> None:
    """user.deactivate."""
    user = find_user(organisation.state, arguments["user_id"])
    if not user.active:
        raise MethodError("user_already_deactivated")
    organisation.edit(lambda state: edits.put_user(state, replace(user, active=False)))


def reactivate(organisation: Organisation, _settings: Settings, arguments: Arguments) -> None:
    """user.reactivate."""
    user = find_user(organisation.state, arguments["user_id"])
    if user.active:
        raise MethodError("user_already_activated")
    organisation.edit(lambda state: edits.put_user(state, replace(user, active=True)))


def _check_membership(organisation: Organisation, arguments: Arguments) -> tuple[str, str, str]:
    state = organisation.state
    need_group(state, arguments["group_id"])
    find_user(state, arguments["user_id"])
    _check_role(arguments)
    return arguments["group_id"], arguments["user_id"], arguments["role"]


def group_add(organisation: Organisation, _settings: Settings, arguments: Arguments) -> None:
    """group.user.add; inferred: adding a member again changes nothing and is no error."""
    wanted = _check_membership(organisation, arguments)
    organisation.edit(lambda state: edits.join(state, *wanted))


def group_remove(organisation: Organisation, settings: Settings, arguments: Arguments) -> None:
    """group.user.remove; documented as asynchronous.

    Inferred: removing who is no member changes nothing and is no error.
    """
    wanted = _check_membership(organisation, arguments)
    organisation.edit(lambda state: edits.leave(state, *wanted), after=settings.async_seconds)


def _check_pair(organisation: Organisation, arguments: Arguments) -> tuple[State, str, str]:
    state = organisation.state
    need_approvers(state)
    approver = find_user(state, arguments["approver_id"], "approver_not_found")
    requester = find_user(state, arguments["requester_id"], "requester_not_found")
    return state, approver.user_id, requester.user_id


def approvers_add(organisation: Organisation, _settings: Settings, arguments: Arguments) -> None:
    """course.approvers.add."""
    state, *pair = _check_pair(organisation, arguments)
    if tuple(pair) in state.approvals:
        raise MethodError("relationship_exists")
    organisation.edit(lambda state: edits.approve(state, *pair))


def approvers_remove(organisation: Organisation, _settings: Settings, arguments: Arguments) -> None:
    """course.approvers.remove."""
    state, *pair = _check_pair(organisation, arguments)
    if tuple(pair) not in state.approvals:
        raise MethodError("relationship_not_found")
    organisation.edit(lambda state: edits.disapprove(state, *pair))
