"""Tags: short words by which a brand sorts its tickets, and its customers into segments.

A customer's tag is on every ticket that they open from then on, so whatever looks at a ticket's tags (rules, reports,
queues) sees the segment; taken from the customer, it stays on the tickets that have it.
"""

import re
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from helpdesk.arrays import arrays_of, insert_of
from helpdesk.errors import InvalidInput
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets import promises, tagging_queries
from helpdesk.tickets.models import CustomerTag, Status, Tag, Ticket, TicketTag
from helpdesk.tickets.notices import ticket_changed
from helpdesk.tickets.timeline import record_event

_LONGEST = 40


def add_tag(ticket: Ticket, name: str, *, by: Agent | None, at: datetime) -> None:
    word = clean_tag(name)
    db.session.execute(insert(Tag).values(brand_id=ticket.brand_id, name=word).on_conflict_do_nothing())
    added = db.session.execute(
        insert(TicketTag)
        .values(ticket_id=ticket.id, tag_id=tagging_queries.tag_id(ticket.brand_id, word))
        .on_conflict_do_nothing()
        .returning(TicketTag.tag_id)
    ).one_or_none()
    if added is not None:
        _changed(ticket, "tagged", word, by=by, at=at)


def remove_tag(ticket: Ticket, name: str, *, by: Agent, at: datetime) -> None:
    word = clean_tag(name)
    removed = db.session.execute(
        delete(TicketTag)
        .where(TicketTag.ticket_id == ticket.id, TicketTag.tag_id == tagging_queries.tag_id(ticket.brand_id, word))
        .returning(TicketTag.tag_id)
    ).one_or_none()
    if removed is not None:
        _changed(ticket, "untagged", word, by=by, at=at)


def tag_customer(ticket: Ticket, name: str, *, by: Agent, at: datetime) -> None:
    """Put the tag on the ticket's customer, and on this ticket unless it is over for good."""
    word, contact_id = clean_tag(name), _contact_of(ticket)
    db.session.execute(insert(Tag).values(brand_id=ticket.brand_id, name=word).on_conflict_do_nothing())
    added = db.session.execute(
        insert(CustomerTag)
        .values(contact_id=contact_id, tag_id=tagging_queries.tag_id(ticket.brand_id, word))
        .on_conflict_do_nothing()
        .returning(CustomerTag.tag_id)
    ).one_or_none()
    if added is not None:
        record_event(ticket, "customer tagged", by=by, at=at, tag=word)
        ticket_changed(ticket)
    if ticket.status != Status.CLOSED:
        add_tag(ticket, word, by=by, at=at)


def untag_customer(ticket: Ticket, name: str, *, by: Agent, at: datetime) -> None:
    word = clean_tag(name)
    tag_id = tagging_queries.tag_id(ticket.brand_id, word)
    removed = db.session.execute(
        delete(CustomerTag)
        .where(CustomerTag.contact_id == _contact_of(ticket), CustomerTag.tag_id == tag_id)
        .returning(CustomerTag.tag_id)
    ).one_or_none()
    if removed is not None:
        record_event(ticket, "customer untagged", by=by, at=at, tag=word)
        ticket_changed(ticket)


def tag_as_their_customers(tickets: Collection[Ticket]) -> dict[int, tuple[str, ...]]:
    """Put on each of these new tickets what its customer is tagged; ticket id → those tags."""
    by_id = {ticket.id: ticket for ticket in tickets}
    found = tagging_queries.customer_tags(by_id)
    if found:
        rows = [{"ticket_id": ticket_id, "tag_id": tag_id} for ticket_id, tag_id, _ in found]
        db.session.execute(insert_of(TicketTag, rows).on_conflict_do_nothing(), arrays_of(rows))
    named: dict[int, tuple[str, ...]] = {}
    for ticket_id, _, name in found:
        named[ticket_id] = (*named.get(ticket_id, ()), name)
        record_event(by_id[ticket_id], "tagged", by=None, at=by_id[ticket_id].opened_at, tag=name)
    return named


def _contact_of(ticket: Ticket) -> int:
    if ticket.customer.contact_id is None:
        raise InvalidInput("Nobody is known behind this conversation.", field="tag")
    return ticket.customer.contact_id


def clean_tag(name: str) -> str:
    """Lower case, words joined by hyphens, without the `#` people type."""
    word = re.sub(r"[^\w]+", "-", name.casefold().strip().lstrip("#")).strip("-")
    if not word:
        raise InvalidInput("A tag needs a letter or a digit.", field="tag")
    if len(word) > _LONGEST:
        raise InvalidInput(f"A tag has at most {_LONGEST} characters.", field="tag")
    return word


def _changed(ticket: Ticket, kind: str, word: str, *, by: Agent | None, at: datetime) -> None:
    promises.apply_policy_again(ticket, at=at)
    record_event(ticket, kind, by=by, at=at, tag=word)
    ticket_changed(ticket)
