"""Handle time, told by heartbeats: what counts as being at a ticket."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise

from flask import Flask
from sqlalchemy import select

from helpdesk import clock
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets import presence, queries
from helpdesk.tickets.models import Handling, Ticket
from helpdesk.transaction import transaction
from tests.support import cast as casting
from tests.support.cast import Cast, a_ticket, standing

SECOND = timedelta(seconds=1)


def look(ticket: Ticket, by: Agent, at: datetime) -> None:
    with transaction():
        presence.look(ticket, by=by, is_typing=False, at=at)


def spans() -> list[tuple[int, int, float]]:
    """(agent, ticket, seconds), in order."""
    found = db.session.scalars(select(Handling).order_by(Handling.id)).all()
    return [(one.agent_id, one.ticket_id, (one.ended_at - one.started_at).total_seconds()) for one in found]


def test_heartbeats_in_a_row_are_one_span(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    for beat in range(7):
        look(ticket, cast.amal, at + 20 * beat * SECOND)
    assert spans() == [(cast.amal.id, ticket.id, 120)]


def test_silence_does_not_count(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    for seconds in (0, 20, 300, 320, 340):
        look(ticket, cast.amal, at + seconds * SECOND)
    assert spans() == [(cast.amal.id, ticket.id, 20), (cast.amal.id, ticket.id, 40)]


def test_going_from_ticket_to_ticket_counts_each_second_once(cast: Cast, at: datetime) -> None:
    first, second = a_ticket(cast, at=at, customer="1"), a_ticket(cast, at=at, customer="2")
    for seconds, ticket in ((0, first), (20, first), (27, second), (47, second), (50, first)):
        look(ticket, cast.amal, at + seconds * SECOND)
    assert spans() == [(cast.amal.id, first.id, 27), (cast.amal.id, second.id, 23), (cast.amal.id, first.id, 0)]


def test_leaving_ends_it_there(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    look(ticket, cast.amal, at)
    with transaction():
        presence.go_away(cast.amal, at=at + 12 * SECOND)
    look(ticket, cast.amal, at + 62 * SECOND)
    with transaction():
        presence.be_here(cast.amal, on=None, at=at + 70 * SECOND)
    assert spans() == [(cast.amal.id, ticket.id, 12), (cast.amal.id, ticket.id, 8)]


def test_two_agents_each_count(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    for seconds in (0, 20):
        look(ticket, cast.amal, at + seconds * SECOND)
        look(ticket, cast.lena, at + (seconds + 5) * SECOND)
    assert sorted(spans()) == sorted([(cast.amal.id, ticket.id, 20), (cast.lena.id, ticket.id, 20)])


def test_a_clock_that_goes_back_takes_nothing_away(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    for seconds in (0, 20, 10, 30):
        look(ticket, cast.amal, at + seconds * SECOND)
    assert spans() == [(cast.amal.id, ticket.id, 30)]


def test_two_pages_of_one_agent_at_once_never_overlap(committed: Flask) -> None:
    cast = casting.assemble(at=clock.now())
    at = clock.now()
    tickets = [a_ticket(cast, at=at, customer=str(number)).id for number in range(4)]
    agent_id = cast.amal.id
    db.session.remove()

    def open_page(number: int) -> None:
        with committed.app_context(), transaction():
            agent = db.session.get_one(Agent, agent_id)
            ticket = queries.find_ticket(tickets[number % 4], standing(agent))
            presence.look(ticket, by=agent, is_typing=False, at=at + number * SECOND)

    with ThreadPoolExecutor(4) as pages:
        list(pages.map(open_page, range(24)))

    found = db.session.scalars(select(Handling).order_by(Handling.started_at, Handling.id)).all()
    assert all(one.ended_at <= after.started_at for one, after in pairwise(found))
    assert {one.agent_id for one in found} == {agent_id}
