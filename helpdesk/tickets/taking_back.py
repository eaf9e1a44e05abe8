"""Undo and cancel: a reply that has not left becomes a draft again, and the customer waits as before."""

from datetime import datetime

from helpdesk.channels.port import PartKind
from helpdesk.messaging import deciding
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.models import Delivery
from helpdesk.people.models import Agent
from helpdesk.tickets import drafts
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.notices import ticket_changed
from helpdesk.tickets.replying import is_answer, take_back_answer
from helpdesk.tickets.timeline import record_event


def take_back_reply(ticket: Ticket, delivery: Delivery, *, by: Agent, at: datetime) -> None:
    """Its words go into the composer of whoever took it back, before what stands there; the clock runs on.

    Raises Conflict once it has left.
    """
    was_answer, reopened_count = is_answer(delivery), ticket.reopened_count
    deciding.take_back(delivery)
    if was_answer:
        take_back_answer(ticket, delivery, by=by, at=at)
        # A ticket that was resolved with it is as if it had never been: nobody had to come back to it.
        ticket.reopened_count = reopened_count
    message = messaging_queries.message_as_shown(delivery.message_id)
    words = "\n".join(part.text for part in message.parts if part.kind == PartKind.TEXT)
    drafts.give_back(ticket, words, by=by, at=at)
    record_event(ticket, "taken back", by=by, at=at, message_id=delivery.message_id)
    ticket_changed(ticket)
