"""What an agent submits from the composer: a reply, and perhaps what is to become of the ticket then.

A reply that was written while the customer wrote again is stopped once, so that the agent sees what came.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from helpdesk.errors import Conflict
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.models import File, Message
from helpdesk.people.models import Agent
from helpdesk.tickets import lifecycle
from helpdesk.tickets.models import Status, Ticket
from helpdesk.tickets.replying import reply_to_ticket
from helpdesk.tickets.sending_later import schedule_reply


class Then(StrEnum):
    """What becomes of the ticket once the reply is submitted."""

    NOTHING = ""
    RESOLVE = "resolve"
    WAIT = "wait"


class Overtaken(Conflict):
    """The customer wrote after what the agent had seen; `message_id` is the newest that came."""

    def __init__(self, message_id: int) -> None:
        super().__init__("A message came while you were typing.")
        self.message_id = message_id


def submit_reply(
    ticket: Ticket,
    body: str,
    *,
    files: Sequence[File],
    key: str,
    seen_message_id: int,
    then: Then,
    send_at: datetime | None = None,
    by: Agent,
    at: datetime,
) -> Message:
    """Queue the reply and move the ticket; the ticket must be locked.

    `seen_message_id` is the newest customer message that the agent had seen when the reply was begun. `send_at`: to
    be sent later. Without it, the brand's undo time passes before it leaves. Raises Overtaken when a newer message
    is there, and all that reply_to_ticket and schedule_reply raise.
    """
    already = messaging_queries.message_by_client_key(ticket.conversation_id, key)
    if already is not None:
        return already
    _check_not_overtaken(ticket, seen_message_id)
    if send_at is not None:
        return schedule_reply(ticket, body, files=files, key=key, send_at=send_at, by=by, at=at)
    undo = timedelta(seconds=ticket.team.brand.undo_seconds)
    message = reply_to_ticket(ticket, body, files=files, key=key, undo=undo, by=by, at=at)
    _MOVES[then](ticket, by, at)
    return message


def _check_not_overtaken(ticket: Ticket, seen_message_id: int) -> None:
    newest = messaging_queries.newest_customer_message_id(ticket.conversation_id)
    if newest is not None and newest > seen_message_id:
        raise Overtaken(newest)


def _stay(ticket: Ticket, by: Agent, at: datetime) -> None:
    """Nothing more."""


def _resolve(ticket: Ticket, by: Agent, at: datetime) -> None:
    lifecycle.resolve(ticket, by=by, at=at)


def _wait(ticket: Ticket, by: Agent, at: datetime) -> None:
    if ticket.status != Status.PENDING:
        lifecycle.wait_for_customer(ticket, by=by, at=at)


_MOVES: Mapping[Then, Callable[[Ticket, Agent, datetime], None]] = {
    Then.NOTHING: _stay,
    Then.RESOLVE: _resolve,
    Then.WAIT: _wait,
}
