"""Replies for a later time: their clocks stop at their release, for until then the customer still waits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from helpdesk.errors import InvalidInput
from helpdesk.messaging import delivery_queries, sending_later
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.models import Delivery, File, Message
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets import queries
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.notices import ticket_changed
from helpdesk.tickets.replying import answered, write
from helpdesk.tickets.timeline import record_event

LONGEST_WAIT = timedelta(days=366)


def schedule_reply(
    ticket: Ticket, body: str, *, files: Sequence[File] = (), key: str, send_at: datetime, by: Agent, at: datetime
) -> Message:
    """Keep a reply until `send_at`; the ticket must be locked. The same key gives the first one's message back.

    Raises InvalidInput for a time that is over or too far away, and all that replying.write raises.
    """
    already = messaging_queries.message_by_client_key(ticket.conversation_id, key)
    if already is not None:
        return already
    _check_time(send_at, at=at)
    message = write(ticket, body, files=files, key=key, not_before=send_at, awaits_release=True, by=by, at=at)
    record_event(ticket, "scheduled", by=by, at=at, message_id=message.id, until=send_at.isoformat())
    return message


def reschedule_reply(ticket: Ticket, delivery: Delivery, *, send_at: datetime, by: Agent, at: datetime) -> None:
    """Another time for a reply that waits for its own, or is held."""
    _check_time(send_at, at=at)
    sending_later.postpone(delivery, until=send_at)
    record_event(ticket, "rescheduled", by=by, at=at, message_id=delivery.message_id, until=send_at.isoformat())
    ticket_changed(ticket)


def send_reply_now(ticket: Ticket, delivery: Delivery, *, by: Agent, at: datetime) -> None:
    """Its time is now, also when it is held."""
    sending_later.postpone(delivery, until=at)
    record_event(ticket, "sent now", by=by, at=at, message_id=delivery.message_id)
    _release(ticket, delivery)


def _check_time(send_at: datetime, *, at: datetime) -> None:
    if send_at <= at:
        raise InvalidInput("Choose a time that is still to come.", field="later")
    if send_at - at > LONGEST_WAIT:
        raise InvalidInput("Choose a time within a year.", field="later")


def release_due(account_id: int, *, at: datetime, limit: int = 200) -> bool:
    """Release what was to be sent by `at`; False when nothing is left. A late look changes no clock."""
    due = delivery_queries.to_release(account_id, at=at, limit=limit)
    messaging_queries.lock_conversations_by_id([row.conversation_id for row in due])
    for delivery in delivery_queries.lock_deliveries([row.id for row in due]):
        if delivery.awaits_release and delivery.held_at is None and delivery.not_before <= at:
            _release_by_itself(delivery)
    return len(due) == limit


def _release_by_itself(delivery: Delivery) -> None:
    ticket = queries.lock_ticket_of_message(delivery.message_id)
    assert ticket is not None
    _release(ticket, delivery)


def _release(ticket: Ticket, delivery: Delivery) -> None:
    delivery.promise_due_at = ticket.due_at
    sending_later.release(delivery)
    author_id = delivery.message.author_agent_id
    author = db.session.get(Agent, author_id) if author_id is not None else None
    answered(ticket, message_id=delivery.message_id, by=author, at=delivery.not_before)
    ticket_changed(ticket)
