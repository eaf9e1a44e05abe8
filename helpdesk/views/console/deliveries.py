"""What an agent decides about a reply: undo, cancel, now, later, again, never, past it, or that it arrived."""

from collections.abc import Callable
from datetime import datetime

from flask import request, url_for
from flask.typing import ResponseReturnValue

from helpdesk.channels.port import PartKind
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.messaging import delivery_queries
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.models import Delivery
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Act
from helpdesk.tickets import queries, replying, sending_later, taking_back
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.console.blueprint import blueprint
from helpdesk.views.console.coming_times import instant_of
from helpdesk.views.console.composer import PutBack, PutBackFile
from helpdesk.views.console.tickets import after_a_change


def _reschedule(ticket: Ticket, delivery: Delivery, *, by: Agent, at: datetime) -> None:
    send_at = instant_of(request.form.get("later", ""), by.time_zone, at=at, field="later")
    sending_later.reschedule_reply(ticket, delivery, send_at=send_at, by=by, at=at)


_DECISIONS: dict[str, Callable[..., None]] = {
    "retry": replying.retry_reply,
    "discard": replying.discard_reply,
    "send-past": replying.send_past_reply,
    "arrived": replying.confirm_reply_arrived,
    "take-back": taking_back.take_back_reply,
    "send-now": sending_later.send_reply_now,
    "reschedule": _reschedule,
}


@blueprint.post("/tickets/<int:ticket_id>/deliveries/<int:message_id>")
@open_to(Audience.AGENTS)
def decide_delivery(ticket_id: int, message_id: int) -> ResponseReturnValue:
    """`decision` is one of _DECISIONS; `later` the new time where there is one. 409 says that it has left."""
    decision = request.form.get("decision", "")
    carry_out(decision, ticket_id, message_id)
    if decision == "take-back":
        return after_a_change(ticket_id, put_back=_put_back(message_id))
    return after_a_change(ticket_id)


def carry_out(decision: str, ticket_id: int, message_id: int) -> None:
    """Raises InvalidInput for a decision that there is not, NotFound, Refused, or Conflict where it comes too late."""
    decide = _DECISIONS.get(decision)
    if decide is None:
        raise InvalidInput("Choose what is to become of the message.", field="decision")
    with transaction():
        ticket = queries.lock_ticket(ticket_id, current_standing(), Act.REPLY)
        delivery = _delivery(ticket, message_id)
        decide(ticket, delivery, by=current_agent(), at=messaging_queries.database_time())


def _put_back(message_id: int) -> PutBack:
    message = messaging_queries.message_as_shown(message_id)
    files = [part.file for part in message.parts if part.file is not None]
    return PutBack(
        words="\n".join(part.text for part in message.parts if part.kind == PartKind.TEXT),
        files=tuple(
            PutBackFile(name=f.name, mime=f.mime, url=url_for("console.show_file", public_id=f.public_id))
            for f in files
        ),
    )


def _delivery(ticket: Ticket, message_id: int) -> Delivery:
    """Raises NotFound for a message of another conversation, or one without a delivery."""
    delivery = delivery_queries.lock_delivery_of(message_id)
    if delivery is None or delivery.conversation_id != ticket.conversation_id:
        raise NotFound("no such message")
    return delivery
