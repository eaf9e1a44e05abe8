"""Who is here, and what a member learns of it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from helpdesk import clock
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.models import Receipt, ReceiptKind
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets import presence, queries
from helpdesk.tickets.models import Presence, Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, assemble, dana_says, hear, newest_ticket, standing
from tests.tickets.test_intake_races import wait_until_somebody_waits_for_a_lock


def test_a_member_sees_that_an_agent_has_read_their_words(cast: Cast, at: datetime) -> None:
    hear(cast.native, dana_says("hello", at=at, customer="member:1"))

    with transaction():
        presence.look(newest_ticket(), by=cast.amal, is_typing=False, at=at + timedelta(minutes=1))

    seen = db.session.scalars(select(Receipt).where(Receipt.identity_id == cast.native.identity_id)).one()
    assert (seen.kind, seen.up_to_at) == (ReceiptKind.READ, at)


def test_on_x_nobody_is_told(cast: Cast, at: datetime) -> None:
    hear(cast.x, dana_says("hello", at=at))

    with transaction():
        presence.look(newest_ticket(), by=cast.amal, is_typing=False, at=at)

    assert db.session.scalars(select(Receipt)).all() == []


def test_who_looks_never_stands_in_the_way_of_who_answers(committed: Flask) -> None:
    """The page tells that somebody writes a second before the reply is sent."""
    at = clock.now()
    cast = assemble(at=at)
    hear(cast.native, dana_says("hello", at=at, customer="member:1"))
    ticket_id, conversation_id, amal_id = newest_ticket().id, newest_ticket().conversation_id, cast.amal.id
    db.session.remove()

    def page() -> None:
        with committed.app_context(), transaction():
            amal = db.session.get_one(Agent, amal_id)
            ticket = queries.find_ticket(ticket_id, standing(amal))
            presence.look(ticket, by=amal, is_typing=True, at=clock.now())

    with ThreadPoolExecutor(1) as pool:
        with transaction():
            messaging_queries.lock_conversation(conversation_id)
            looked = pool.submit(page)
            wait_until_somebody_waits_for_a_lock()
            db.session.execute(select(Ticket.id).where(Ticket.id == ticket_id).with_for_update())
        looked.result()

    assert db.session.scalars(select(Presence.agent_id)).all() == [amal_id]
