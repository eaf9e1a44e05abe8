"""What an agent decides about a reply that did not arrive, or of which nobody knows."""

from collections.abc import Callable

from flask import request
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.messaging import delivery_queries
from helpdesk.messaging.models import Delivery
from helpdesk.people.permissions import Act
from helpdesk.tickets import queries, replying
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.console.blueprint import blueprint
from helpdesk.views.console.tickets import after_a_change

_DECISIONS: dict[str, Callable[..., None]] = {
    "retry": replying.retry_reply,
    "discard": replying.discard_reply,
    "send-past": replying.send_past_reply,
}


@blueprint.post("/tickets/<int:ticket_id>/deliveries/<int:message_id>")
@open_to(Audience.AGENTS)
def decide_delivery(ticket_id: int, message_id: int) -> ResponseReturnValue:
    """`decision` is `retry`, `discard` or `send-past`."""
    decide = _DECISIONS.get(request.form.get("decision", ""))
    if decide is None:
        raise InvalidInput("Choose what is to become of the message.", field="decision")
    with transaction():
        ticket = queries.lock_ticket(ticket_id, current_standing(), Act.REPLY)
        decide(ticket, _delivery(ticket, message_id), by=current_agent(), at=clock.now())
    return after_a_change(ticket_id)


def _delivery(ticket: Ticket, message_id: int) -> Delivery:
    """Raises NotFound for a message of another conversation, or one without a delivery."""
    delivery = delivery_queries.lock_delivery_of(message_id)
    if delivery is None or delivery.conversation_id != ticket.conversation_id:
        raise NotFound("no such message")
    return delivery
