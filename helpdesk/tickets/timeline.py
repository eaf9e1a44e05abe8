"""What happened to a ticket, for people to read: an event row in the transaction of its cause."""

from collections.abc import Collection
from datetime import datetime

from helpdesk.arrays import arrays_of, insert_of
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets.models import Ticket, TimelineEvent


def record_event(ticket: Ticket, kind: str, *, by: Agent | None, at: datetime, **details: object) -> None:
    """`by` None: nobody on the staff did it (the customer, the clock)."""
    db.session.add(
        TimelineEvent(ticket_id=ticket.id, kind=kind, agent_id=by.id if by else None, details=details, at=at)
    )
    ticket.updated_at = max(ticket.updated_at, at)


def record_opened(tickets: Collection[Ticket]) -> None:
    """That each of these, at least one, began when it was opened; nobody on the staff did it."""
    rows = [{"ticket_id": ticket.id, "kind": "opened", "at": ticket.opened_at} for ticket in tickets]
    db.session.execute(insert_of(TimelineEvent, rows), arrays_of(rows))
