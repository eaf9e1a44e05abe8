"""Brands, teams, agents and their invitations."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from redis import Redis
from redis.client import PubSub

from helpdesk.errors import Conflict, InvalidInput, NotFound
from helpdesk.live.notices import redis_channel
from helpdesk.people import queries, staff
from helpdesk.people.models import Role
from helpdesk.people.signing_in import agent_with
from helpdesk.transaction import transaction
from tests.support.cast import Cast, standing

LONG_ENOUGH = "a new long password"


@pytest.fixture
def published(cast: Cast, redis: Redis) -> Iterator[PubSub]:
    """What is published from now on."""
    with redis.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(redis_channel())
        subscription.get_message(timeout=1)
        yield subscription


def rights_changed(published: PubSub) -> bool:
    message = published.get_message(timeout=1)
    return message is not None and b'"subjects":["people"]' in message["data"]


def test_an_invitation_works_once(cast: Cast, at: datetime) -> None:
    with transaction():
        secret = staff.invite(cast.amal, at=at)
        staff.accept_invitation(secret, password=LONG_ENOUGH, at=at)

    assert agent_with("amal@example.org", LONG_ENOUGH) is cast.amal
    with pytest.raises(NotFound):
        staff.invited(secret, at=at)


def test_an_invitation_lasts_a_week(cast: Cast, at: datetime) -> None:
    with transaction():
        secret = staff.invite(cast.amal, at=at)

    assert staff.invited(secret, at=at + timedelta(days=7) - timedelta(seconds=1)) is cast.amal
    with pytest.raises(NotFound):
        staff.invited(secret, at=at + timedelta(days=7))


def test_a_new_invitation_ends_the_one_before(cast: Cast, at: datetime) -> None:
    with transaction():
        first, second = staff.invite(cast.amal, at=at), staff.invite(cast.amal, at=at + timedelta(hours=1))

    assert staff.invited(second, at=at + timedelta(hours=1)) is cast.amal
    with pytest.raises(NotFound):
        staff.invited(first, at=at + timedelta(hours=1))


def test_who_was_deactivated_takes_up_no_invitation(cast: Cast, at: datetime) -> None:
    with transaction():
        secret = staff.invite(cast.amal, at=at)
        staff.deactivate(cast.amal)

    with pytest.raises(NotFound):
        staff.invited(secret, at=at)


def test_a_password_that_is_too_short_leaves_the_invitation(cast: Cast, at: datetime) -> None:
    with transaction():
        secret = staff.invite(cast.amal, at=at)

    with pytest.raises(InvalidInput), transaction():
        staff.accept_invitation(secret, password="short", at=at)

    assert staff.invited(secret, at=at).id == cast.amal.id


def test_a_new_password_and_leaving_end_open_sessions(cast: Cast, at: datetime) -> None:
    before = cast.amal.get_id()
    with transaction():
        staff.accept_invitation(staff.invite(cast.amal, at=at), password=LONG_ENOUGH, at=at)
    then = cast.amal.get_id()
    with transaction():
        staff.deactivate(cast.amal)

    assert len({before, then, cast.amal.get_id()}) == 3


def test_the_reactivated_have_their_role_and_teams_again(cast: Cast) -> None:
    with transaction():
        staff.deactivate(cast.lena)
        staff.reactivate(cast.lena)

    assert (cast.lena.is_active, cast.lena.role) == (True, Role.LEAD)
    assert standing(cast.lena).own_team_ids == {cast.support.id}


def test_an_email_is_taken_whatever_its_capitals(cast: Cast) -> None:
    with pytest.raises(Conflict), transaction():
        staff.add_agent(email="AMAL@Example.org", name="Amal", role=Role.AGENT, teams=[])


def test_a_name_is_one_line_of_what_can_be_seen(cast: Cast) -> None:
    with transaction():
        team = staff.add_team(cast.larkpost, name="  Night\u202e\tshift \x07")

    assert team.name == "Night shift"


@pytest.mark.parametrize("hours", [-1, 24 * 365 + 1])
def test_a_reopen_time_is_between_nothing_and_a_year(cast: Cast, hours: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        staff.change_brand(cast.larkpost, name="Larkpost", time_zone="UTC", reopen_hours=hours, undo_seconds=8)

    assert refused.value.field == "reopen_hours"
    assert cast.larkpost.reopen_hours == 72


def test_opening_a_team_changes_rights_and_renaming_it_does_not(cast: Cast, published: PubSub) -> None:
    with transaction():
        staff.change_team(cast.support, name="Care", is_open_to_all_agents=False)
    assert not rights_changed(published)

    with transaction():
        staff.change_team(cast.support, name="Care", is_open_to_all_agents=True)
    assert rights_changed(published)


def test_a_new_team_is_heard_of_by_who_sees_the_whole_brand(cast: Cast, published: PubSub) -> None:
    with transaction():
        staff.add_team(cast.larkpost, name="Repairs")

    assert rights_changed(published)
    assert queries.team_by_name(cast.larkpost.id, "Repairs").id in standing(cast.lena).readable_team_ids
