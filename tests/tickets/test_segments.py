"""Segments: what a customer is tagged is on every ticket that they open, and is promised accordingly."""

from datetime import datetime, timedelta

import pytest

from helpdesk.errors import InvalidInput
from helpdesk.orm import db
from helpdesk.people.permissions import Act
from helpdesk.sla.queries import clocks_of_ticket
from helpdesk.tickets import lifecycle, queries, tagging, tagging_queries
from helpdesk.tickets.models import Ticket, TimelineEvent
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, dana_says, hear, newest_ticket, standing

DAY = timedelta(days=1)


def tag_customer(cast: Cast, ticket: Ticket, name: str, *, at: datetime) -> None:
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(cast.chidi), Act.MOVE)
        tagging.tag_customer(locked, name, by=cast.chidi, at=at)


def close(cast: Cast, ticket: Ticket, *, at: datetime) -> None:
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(cast.chidi), Act.MOVE)
        lifecycle.resolve(locked, by=cast.chidi, at=at)


def matched(ticket: Ticket) -> set[str]:
    return {clock.matched.split(" because")[0] for clock in clocks_of_ticket(ticket.id)}


def test_every_ticket_of_the_customer_has_it_from_its_beginning(cast: Cast, at: datetime) -> None:
    first = a_ticket(cast, at=at, customer="1")
    tag_customer(cast, first, "#VIP", at=at)
    assert tagging_queries.tags_of(first.id) == ["vip"], "the one at hand too"
    close(cast, first, at=at)

    later = at + 30 * DAY
    hear(cast.x, dana_says("Me again", at=later, customer="1"), dana_says("Hello", at=later, customer="2"))

    new = db.session.query(Ticket).order_by(Ticket.id).offset(1).all()
    hers, others = sorted(new, key=lambda one: one.conversation_id != first.conversation_id)
    assert tagging_queries.tags_of(hers.id) == ["vip"]
    assert tagging_queries.tags_of(others.id) == []
    assert matched(hers) == {"matched rule 1 ‘VIP’"}
    assert matched(others) == {"matched rule 2 ‘Standard’"}
    (event,) = db.session.query(TimelineEvent).filter_by(ticket_id=hers.id, kind="tagged").all()
    assert (event.agent_id, event.at, event.details) == (None, hers.opened_at, {"tag": "vip"})


def test_taken_from_the_customer_it_stays_where_it_is(cast: Cast, at: datetime) -> None:
    first = a_ticket(cast, at=at, customer="1")
    tag_customer(cast, first, "vip", at=at)
    with transaction():
        locked = queries.lock_ticket(first.id, standing(cast.chidi), Act.MOVE)
        tagging.untag_customer(locked, "vip", by=cast.chidi, at=at)
    told = db.session.query(TimelineEvent).filter_by(agent_id=cast.chidi.id).order_by(TimelineEvent.id)
    assert [event.kind for event in told] == ["customer tagged", "tagged", "customer untagged"]
    assert tagging_queries.tags_of(first.id) == ["vip"]
    close(cast, first, at=at)

    hear(cast.x, dana_says("Me again", at=at + 30 * DAY, customer="1"))

    assert newest_ticket().id != first.id
    assert tagging_queries.tags_of(newest_ticket().id) == []


def test_a_tag_of_signs_alone_is_none(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)

    with pytest.raises(InvalidInput, match="letter or a digit"):
        tag_customer(cast, ticket, "!!!", at=at)


def test_a_batch_is_tagged_as_its_messages_one_by_one(cast: Cast, at: datetime) -> None:
    for customer in ("1", "2"):
        ticket = a_ticket(cast, at=at, customer=customer)
        for tag in ("vip", "wholesale"):
            tag_customer(cast, ticket, tag, at=at)
        close(cast, ticket, at=at)

    hear(cast.x, *(dana_says("Me again", at=at + 30 * DAY, customer=customer) for customer in ("1", "2")))

    again = db.session.query(Ticket).order_by(Ticket.id.desc()).limit(2).all()
    assert [tagging_queries.tags_of(ticket.id) for ticket in again] == [["vip", "wholesale"]] * 2
