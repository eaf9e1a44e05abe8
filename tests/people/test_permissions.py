"""Who may see and do what (behaviour.md 6), row by row: as the pure table, and as what the queries give."""

from datetime import datetime
from uuid import uuid4

import pytest

from helpdesk.channels.port import PartKind
from helpdesk.errors import NotFound, Refused
from helpdesk.messaging.models import File, Part
from helpdesk.orm import db
from helpdesk.people import staff
from helpdesk.people.models import Agent, Role
from helpdesk.people.permissions import (
    EVERYTHING,
    NOTHING,
    READ_AND_NOTE,
    READ_AND_TAKE_OVER,
    Act,
    Place,
    Standing,
    acts,
    check,
    may_assign_to,
)
from helpdesk.tickets import assignment, page_queries, queries, queue_queries
from helpdesk.tickets.models import Ticket, TicketMessage
from helpdesk.tickets.queue_queries import Queue
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, standing

OWN_BRAND, OTHER_BRAND = 1, 2
OWN_TEAM, OTHER_TEAM, OPEN_TEAM, FOREIGN_TEAM = 11, 12, 13, 21

PLACES = {
    "own team": Place(brand_id=OWN_BRAND, team_id=OWN_TEAM, is_open_to_all_agents=False),
    "other team": Place(brand_id=OWN_BRAND, team_id=OTHER_TEAM, is_open_to_all_agents=False),
    "open team": Place(brand_id=OWN_BRAND, team_id=OPEN_TEAM, is_open_to_all_agents=True),
    "other brand": Place(brand_id=OTHER_BRAND, team_id=FOREIGN_TEAM, is_open_to_all_agents=True),
}


def somebody(role: Role) -> Standing:
    """One who works in OWN_TEAM of OWN_BRAND."""
    return Standing(
        agent_id=7,
        role=role,
        own_team_ids=frozenset({OWN_TEAM}),
        own_brand_ids=frozenset({OWN_BRAND}),
        readable_team_ids=frozenset({OWN_TEAM}),
    )


@pytest.mark.parametrize(
    ("role", "place", "allowed"),
    [
        (Role.AGENT, "own team", EVERYTHING),
        (Role.AGENT, "other team", NOTHING),
        (Role.AGENT, "open team", READ_AND_NOTE),
        (Role.AGENT, "other brand", NOTHING),
        (Role.LEAD, "own team", EVERYTHING),
        (Role.LEAD, "other team", READ_AND_TAKE_OVER),
        (Role.LEAD, "open team", READ_AND_TAKE_OVER),
        (Role.LEAD, "other brand", NOTHING),
        (Role.MANAGER, "own team", EVERYTHING),
        (Role.MANAGER, "other team", EVERYTHING),
        (Role.MANAGER, "open team", EVERYTHING),
        (Role.MANAGER, "other brand", NOTHING),
        (Role.ADMIN, "own team", EVERYTHING),
        (Role.ADMIN, "other team", EVERYTHING),
        (Role.ADMIN, "open team", EVERYTHING),
        (Role.ADMIN, "other brand", EVERYTHING),
    ],
)
def test_what_each_role_may_do_where(role: Role, place: str, allowed: frozenset[Act]) -> None:
    assert acts(somebody(role), PLACES[place]) == allowed


@pytest.mark.parametrize(
    ("role", "place", "team_id", "may"),
    [
        (Role.AGENT, "own team", OWN_TEAM, True),
        (Role.AGENT, "own team", OTHER_TEAM, False),
        (Role.AGENT, "open team", OPEN_TEAM, False),
        (Role.LEAD, "own team", OWN_TEAM, True),
        (Role.LEAD, "other team", OWN_TEAM, True),
        (Role.LEAD, "own team", OTHER_TEAM, False),
        (Role.MANAGER, "own team", OTHER_TEAM, True),
        (Role.ADMIN, "other brand", FOREIGN_TEAM, True),
    ],
)
def test_to_whom_each_role_may_assign(role: Role, place: str, team_id: int, may: bool) -> None:
    assert may_assign_to(somebody(role), team_id=team_id, place=PLACES[place]) is may


def test_what_one_may_not_see_is_not_there() -> None:
    with pytest.raises(NotFound):
        check(somebody(Role.AGENT), Act.READ, PLACES["other team"])


def test_what_one_sees_but_may_not_do_is_refused() -> None:
    with pytest.raises(Refused):
        check(somebody(Role.AGENT), Act.REPLY, PLACES["open team"])


@pytest.mark.parametrize(
    ("role", "sees"), [(Role.AGENT, False), (Role.LEAD, False), (Role.MANAGER, True), (Role.ADMIN, True)]
)
def test_settings_are_for_managers_and_admins(role: Role, sees: bool) -> None:
    assert somebody(role).sees_settings is sees


# The same through the queries. The ticket lies in Support of Larkpost; Bruno works in Returns, Eve for another brand.

SEES = [("amal", True), ("bruno", False), ("lena", True), ("chidi", True), ("ada", True), ("eve", False)]


@pytest.fixture
def ticket(cast: Cast, at: datetime) -> Ticket:
    return a_ticket(cast, at=at)


def of(cast: Cast, name: str) -> Agent:
    agent: Agent = getattr(cast, name)
    return agent


@pytest.mark.parametrize(("name", "sees"), SEES)
def test_who_finds_a_ticket(cast: Cast, ticket: Ticket, name: str, sees: bool) -> None:
    assert finds(ticket, of(cast, name)) is sees


@pytest.mark.parametrize(("name", "sees"), SEES)
def test_whose_lists_and_counts_hold_it(cast: Cast, ticket: Ticket, name: str, sees: bool) -> None:
    who = standing(of(cast, name))

    for queue in (Queue.UNASSIGNED, Queue.DUE_SOONEST, Queue.WAITING_LONGEST, Queue.ALL_OPEN):
        assert [row.id for row in queue_queries.list_tickets(queue, who)] == [ticket.id] * sees
        assert queue_queries.count_queues(who)[queue] == sees
    assert queue_queries.list_tickets(Queue.MINE, who) == []
    assert [row.id for row in queue_queries.tickets_by_id([ticket.id], who)] == [ticket.id] * sees
    assert queue_queries.still_in_queue(Queue.ALL_OPEN, [ticket.id], who) == ({ticket.id} if sees else set())
    assert [t.id for t in page_queries.other_tickets_of(ticket.customer_identity_id, but=0, standing=who)] == (
        [ticket.id] * sees
    )


@pytest.mark.parametrize(("name", "sees"), SEES)
def test_who_finds_a_file_said_in_it(cast: Cast, ticket: Ticket, name: str, sees: bool) -> None:
    file = a_file_in(ticket)

    if sees:
        assert page_queries.find_file(file.public_id, standing(of(cast, name))).id == file.id
    else:
        with pytest.raises(NotFound):
            page_queries.find_file(file.public_id, standing(of(cast, name)))


def test_in_a_team_open_to_all_an_agent_of_the_brand_reads_and_notes(cast: Cast, ticket: Ticket) -> None:
    with transaction():
        cast.support.is_open_to_all_agents = True

    assert queries.find_ticket(ticket.id, standing(cast.bruno), Act.NOTE).id == ticket.id
    assert [row.id for row in queue_queries.list_tickets(Queue.ALL_OPEN, standing(cast.bruno))] == [ticket.id]
    with pytest.raises(Refused):
        queries.find_ticket(ticket.id, standing(cast.bruno), Act.REPLY)
    assert not finds(ticket, cast.eve)


def test_a_lead_reads_another_teams_ticket_and_takes_it_over(cast: Cast, ticket: Ticket, at: datetime) -> None:
    hand_to_returns(cast, ticket, at=at)

    with pytest.raises(Refused):
        queries.find_ticket(ticket.id, standing(cast.lena), Act.REPLY)
    with transaction():
        assignment.take_over(queries.lock_ticket(ticket.id, standing(cast.lena), Act.TAKE_OVER), by=cast.lena, at=at)

    assert (ticket.team_id, ticket.assignee_id) == (cast.support.id, cast.lena.id)


def test_after_a_reassignment_it_is_not_there_for_the_old_team(cast: Cast, ticket: Ticket, at: datetime) -> None:
    file = a_file_in(ticket)
    with transaction():
        assignment.take(queries.lock_ticket(ticket.id, standing(cast.amal), Act.ASSIGN), by=cast.amal, at=at)

    hand_to_returns(cast, ticket, at=at)

    assert not finds(ticket, cast.amal)
    assert finds(ticket, cast.bruno)
    assert ticket.assignee_id is None
    assert queue_queries.list_tickets(Queue.MINE, standing(cast.amal)) == []
    assert set(queue_queries.count_queues(standing(cast.amal)).values()) == {0}
    assert queue_queries.tickets_by_id([ticket.id], standing(cast.amal)) == []
    with pytest.raises(NotFound):
        page_queries.find_file(file.public_id, standing(cast.amal))


def test_a_lock_looks_again_at_who_may(cast: Cast, ticket: Ticket, at: datetime) -> None:
    was = standing(cast.amal)
    hand_to_returns(cast, ticket, at=at)

    with pytest.raises(NotFound):
        queries.lock_ticket(ticket.id, was, Act.REPLY)


def test_an_agent_without_a_team_sees_nothing(cast: Cast, ticket: Ticket) -> None:
    with transaction():
        staff.set_teams(cast.amal, [])

    assert not finds(ticket, cast.amal)
    assert queue_queries.list_tickets(Queue.ALL_OPEN, standing(cast.amal)) == []
    assert set(queue_queries.count_queues(standing(cast.amal)).values()) == {0}


def test_a_file_that_nobody_has_said_is_nobodys(cast: Cast) -> None:
    with pytest.raises(NotFound):
        page_queries.find_file(uuid4(), standing(cast.ada))


def finds(ticket: Ticket, agent: Agent) -> bool:
    try:
        return queries.find_ticket(ticket.id, standing(agent)).id == ticket.id
    except NotFound:
        return False


def hand_to_returns(cast: Cast, ticket: Ticket, *, at: datetime) -> None:
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(cast.chidi), Act.ASSIGN)
        assignment.hand_to_team(locked, cast.returns, by=cast.chidi, at=at)


def a_file_in(ticket: Ticket) -> File:
    """A photo said in the ticket's conversation."""
    message_id = db.session.query(TicketMessage.message_id).filter_by(ticket_id=ticket.id).limit(1).scalar()
    with transaction():
        file = File(name="lamp.jpg", mime="image/jpeg", size=3)
        db.session.add(file)
        db.session.flush()
        db.session.add(Part(message_id=message_id, position=1, kind=PartKind.IMAGE, file_id=file.id))
    return file
