from __future__ import annotations

import dataclasses
from itertools import combinations

from sandbox.__main__ import parse_arguments
from sandbox.continu.organisation import Organisation
from sandbox.coursebase.api import build_coursebase
from sandbox.coursebase.model import Person
from sandbox.options import Options

SHARE = 0.4


def addresses(options: Options) -> set[str]:
    organisation = Organisation(options.seed, options.users, options.start)
    return {organisation.user(index).email for index in range(options.users)}


def logins(options: Options) -> list[str]:
    state = build_coursebase(options).organisation.state
    return [user.login_id for user in state.users.values()]


def test_by_default_nobody_is_in_both() -> None:
    assert Options().shared_share == 0
    assert addresses(Options(users=500)).isdisjoint(map(str.lower, logins(Options(users=500))))


def test_a_share_of_coursebase_logs_in_with_addresses_of_continu() -> None:
    options = Options(users=500, coursebase_users=1000, shared_share=SHARE)
    found = logins(options)
    assert len({login.lower() for login in found}) == len(found)
    shared = [login for login in found if login.lower() in addresses(options)]
    assert 0.9 * SHARE < len(shared) / len(found) < 1.1 * SHARE
    capitals = [login for login in shared if login != login.lower()]
    assert 0.5 < len(capitals) / (len(shared) / 4) < 1.5


def test_a_larger_coursebase_has_no_more_of_continu_than_there_are() -> None:
    options = Options(users=50, coursebase_users=1000, shared_share=SHARE)
    assert addresses(options) <= set(map(str.lower, logins(options)))


def test_they_have_one_name_and_all_else_is_as_without_them() -> None:
    without = build_coursebase(Options(users=100)).organisation
    options = Options(users=100, shared_share=SHARE)
    shared = build_coursebase(options).organisation
    continu = Organisation(options.seed, options.users, options.start)
    people = {
        user.email: (user.columns["first_name"], user.columns["last_name"])
        for user in map(continu.user, range(options.users))
    }
    for user_id, user in shared.state.users.items():
        as_without = without.state.users[user_id]
        person = shared.person(user)
        if user.login_id.lower() in people:
            assert (person.first_name, person.last_name) == people[user.login_id.lower()]
            assert _nameless(person) == _nameless(without.person(as_without))
        else:
            assert (user, person) == (as_without, without.person(as_without))
    for part in ("groups", "members", "courses", "enrolments", "approvals", "reports"):
        assert getattr(shared.state, part) == getattr(without.state, part)


def test_who_is_shared_is_drawn() -> None:
    seeds = [set(logins(Options(users=100, shared_share=SHARE, seed=seed))) for seed in (1, 2, 3)]
    assert all(first != second for first, second in combinations(seeds, 2))


def test_on_the_command_line() -> None:
    assert parse_arguments(["--shared-share", "0.4"]).options.shared_share == SHARE


def _nameless(person: Person) -> Person:
    return dataclasses.replace(person, first_name="", last_name="")
