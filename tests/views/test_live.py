"""Who hears of what in their open pages: the same fence as everywhere (behaviour.md 6)."""

from collections.abc import Iterator
from datetime import datetime
from typing import TypeVar
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import inspect

from helpdesk.live.hub import hub
from helpdesk.live.notices import Notice, publish
from helpdesk.messaging import native_queries
from helpdesk.messaging.notices import tell_members
from helpdesk.orm import Base, db
from helpdesk.people import staff
from helpdesk.people.models import Agent, Member, Role, Team
from helpdesk.people.permissions import Act, Standing
from helpdesk.tickets import assignment, queries, staffing
from helpdesk.transaction import transaction
from helpdesk.views.live import may_hear
from tests.support.cast import PASSWORD, Cast, a_ticket, dana_says, hear, newest_ticket, standing
from tests.support.members import a_member

Row = TypeVar("Row", bound=Base)

OWN_BRAND, OTHER_BRAND = 1, 2
OWN_TEAM, OTHER_TEAM = 11, 12
AMAL = Standing(
    agent_id=7,
    role=Role.AGENT,
    own_team_ids=frozenset({OWN_TEAM}),
    own_brand_ids=frozenset({OWN_BRAND}),
    readable_team_ids=frozenset({OWN_TEAM}),
)


@pytest.mark.parametrize(
    ("notice", "hears"),
    [
        pytest.param({"brand_id": OWN_BRAND, "team_id": OWN_TEAM}, True, id="own team"),
        pytest.param({"brand_id": OWN_BRAND, "team_id": OTHER_TEAM}, False, id="other team"),
        pytest.param({"brand_id": OWN_BRAND}, True, id="own brand's staff"),
        pytest.param({"brand_id": OTHER_BRAND}, False, id="other brand's staff"),
        pytest.param({"agent_ids": (7,)}, True, id="themselves"),
        pytest.param({"agent_ids": (8,)}, False, id="somebody else"),
        pytest.param({"agent_ids": (8,), "brand_id": OWN_BRAND}, False, id="somebody else of the brand"),
        pytest.param({"identity_ids": (7,)}, False, id="a member"),
        pytest.param({}, False, id="nobody named"),
    ],
)
def test_what_an_agent_hears(notice: dict[str, object], hears: bool) -> None:
    assert may_hear(AMAL, Notice(subjects=("ticket-12",), **notice)) is hears  # type: ignore[arg-type]


def test_a_stranger_is_told_that_nobody_is_signed_in(client: FlaskClient) -> None:
    answer = client.get("/live")

    assert answer.text == "event: signed-out\ndata: \n\n"
    assert answer.mimetype == "text/event-stream"


def test_an_open_page_is_greeted_and_hears_of_its_teams_tickets(cast: Cast, client: FlaskClient, at: datetime) -> None:
    page = open_page(client, cast.amal)

    hear(again(cast.x), dana_says("My order never came", at=at))

    assert f"ticket-{newest_ticket_id()}" in heard(page, team=cast.support)


def test_another_teams_agent_hears_nothing_that_names_the_ticket(cast: Cast, client: FlaskClient, at: datetime) -> None:
    page = open_page(client, cast.bruno)

    hear(again(cast.x), dana_says("My order never came", at=at))

    assert heard(page, team=cast.returns) == {"marker"}


def test_after_a_reassignment_the_old_team_hears_nothing_that_names_it(
    cast: Cast, client: FlaskClient, at: datetime
) -> None:
    a_ticket(cast, at=at)
    page = open_page(client, cast.amal)

    hand_to_returns(cast, newest_ticket_id(), at=at)
    hear(again(cast.x), dana_says("Are you there?", at=at))

    assert heard(page, team=cast.support) == {"queues", "marker"}


def test_after_a_reassignment_the_new_team_hears_of_it(cast: Cast, client: FlaskClient, at: datetime) -> None:
    a_ticket(cast, at=at)
    page = open_page(client, cast.bruno)

    hand_to_returns(cast, newest_ticket_id(), at=at)

    assert f"ticket-{newest_ticket_id()}" in heard(page, team=cast.returns)


def test_other_teams_end_the_stream(cast: Cast, client: FlaskClient) -> None:
    page = open_page(client, cast.amal)

    with transaction():
        staff.set_teams(again(cast.amal), [again(cast.returns)])

    assert list(page) == ["event: bye\ndata: \n\n"]


def test_somebody_elses_teams_do_not_end_it(cast: Cast, client: FlaskClient) -> None:
    page = open_page(client, cast.amal)

    with transaction():
        staff.set_teams(again(cast.bruno), [again(cast.support)])

    assert heard(page, team=cast.support) == {"marker"}


def test_who_was_deactivated_is_told_so_when_the_page_comes_back(cast: Cast, client: FlaskClient, at: datetime) -> None:
    page = open_page(client, cast.amal)

    with transaction():
        staffing.let_go(again(cast.amal), by=again(cast.chidi), at=at)

    assert list(page) == ["event: bye\ndata: \n\n"]
    assert client.get("/live").text == "event: signed-out\ndata: \n\n"


def test_a_member_hears_only_of_own_conversations(cast: Cast, client: FlaskClient, at: datetime) -> None:
    dana, kat = a_member("dana", "Dana Okafor"), a_member("kat", "Kat Wren")
    own, other = uuid4(), uuid4()
    client.post("/sign-in", data={"name": "dana", "password": PASSWORD})
    page = greeted(client)

    hear(again(cast.native), dana_says("Staff hear of this", at=at))
    with transaction():
        tell_members(other, [identity_of(kat)])
        tell_members(own, [identity_of(dana)])

    assert next(page) == f"event: changed\ndata: conversation-{own} inbox\n\n"


def open_page(client: FlaskClient, agent: Agent) -> Iterator[str]:
    client.post("/sign-in/staff", data={"name": agent.email, "password": PASSWORD})
    return greeted(client)


def greeted(client: FlaskClient) -> Iterator[str]:
    """The events of an open page after its greeting. The view has given its session back: see `again`."""
    everything_is_heard()
    events = (chunk.decode() for chunk in client.get("/live").iter_encoded())
    assert [next(events), next(events)] == ["retry: 1000\n\n", "event: hello\ndata: \n\n"]
    return events


def everything_is_heard() -> None:
    """What was published before, of the cast's rights among it, has been dispatched: it ends no page from now on."""
    is_heard = False
    while not is_heard:
        events = hub.stream(lambda _: True, lambda _: False, as_of=hub.listen())
        next(events)
        publish(Notice(subjects=("heard",), brand_id=OWN_BRAND, team_id=OWN_TEAM))
        # It ends without it when the subscription itself came only now.
        is_heard = any("heard" in event for event in events)


def heard(page: Iterator[str], *, team: Team) -> set[str]:
    """All subjects that the page is told of what was published so far: up to a marker for the team."""
    team = again(team)
    publish(Notice(subjects=("marker",), brand_id=team.brand_id, team_id=team.id))
    subjects: set[str] = set()
    while "marker" not in subjects:
        event = next(page)
        assert event.startswith("event: changed\ndata: "), event
        subjects.update(event.removeprefix("event: changed\ndata: ").split())
    return subjects


def again(row: Row) -> Row:
    """The same row in the session of now."""
    return db.session.get_one(type(row), inspect(row).identity)


def hand_to_returns(cast: Cast, ticket_id: int, *, at: datetime) -> None:
    chidi = again(cast.chidi)
    with transaction():
        ticket = queries.lock_ticket(ticket_id, standing(chidi), Act.ASSIGN)
        assignment.hand_to_team(ticket, again(cast.returns), by=chidi, at=at)


def newest_ticket_id() -> int:
    return newest_ticket().id


def identity_of(member: Member) -> int:
    found = native_queries.identity_of_member(again(member).id)
    assert found is not None
    return found
