"""Tickets for programs: listed, read and answered as the agent whose token it is."""

import msgspec
from flask import jsonify, request, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import InvalidInput
from helpdesk.messaging import queries as messaging_queries
from helpdesk.people import queries as people_queries
from helpdesk.people.permissions import Act, Standing
from helpdesk.tickets import queries, queue_queries, replying, tagging_queries
from helpdesk.tickets.queue_queries import Queue
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, calling_agent, open_to
from helpdesk.views.api.blueprint import blueprint
from helpdesk.views.api.documents import said, ticket_in_list, whole_ticket

LARGEST_PAGE, USUAL_PAGE = 100, 50
LONGEST_KEY = 100


class NewReply(msgspec.Struct, forbid_unknown_fields=True):
    body: str


@blueprint.get("/tickets")
@open_to(Audience.PROGRAMS)
def list_tickets() -> ResponseReturnValue:
    """A page of a queue; `next` is the address of the one behind it, null at the end."""
    queue, limit, after_id = _queue(), _number("limit", USUAL_PAGE, most=LARGEST_PAGE), _number("after", 0)
    rows = queue_queries.list_tickets(queue, _standing(), limit=limit, after_id=after_id or None)
    following = (
        url_for("api.list_tickets", queue=queue.value, limit=limit, after=rows[-1].id) if len(rows) == limit else None
    )
    return jsonify(tickets=[ticket_in_list(row) for row in rows], next=following)


@blueprint.get("/tickets/<int:ticket_id>")
@open_to(Audience.PROGRAMS)
def show_ticket(ticket_id: int) -> ResponseReturnValue:
    ticket = queries.find_ticket(ticket_id, _standing())
    messages = messaging_queries.messages_before(ticket.conversation_id)
    return jsonify(whole_ticket(ticket, tagging_queries.tags_of(ticket.id), messages))


@blueprint.post("/tickets/<int:ticket_id>/replies")
@open_to(Audience.PROGRAMS)
def create_reply(ticket_id: int) -> ResponseReturnValue:
    """Answer the customer. The same Idempotency-Key again answers with the first reply and sends nothing."""
    agent, standing = calling_agent(), _standing()
    queries.find_ticket(ticket_id, standing, Act.REPLY)
    key, reply = _idempotency_key(), _new_reply()
    with transaction():
        ticket = queries.lock_ticket(ticket_id, standing, Act.REPLY)
        message = replying.reply_to_ticket(ticket, reply.body, key=f"api-{agent.id}-{key}", by=agent, at=clock.now())
        message_id = message.id
    return jsonify(said(messaging_queries.message_as_shown(message_id))), 201


def _standing() -> Standing:
    return people_queries.standing_of(calling_agent())


def _queue() -> Queue:
    name = request.args.get("queue", Queue.ALL_OPEN)
    if name not in tuple(Queue):
        raise InvalidInput(f"queue is one of {', '.join(Queue)}.", field="queue")
    return Queue(name)


def _number(name: str, otherwise: int, *, most: int = 2**63 - 1) -> int:
    """A number of the address. Raises InvalidInput for what is none, or is too large."""
    words = request.args.get(name)
    if words is None:
        return otherwise
    if not (words.isascii() and words.isdigit() and len(words) <= 19 and 1 <= int(words) <= most):
        raise InvalidInput(f"{name} is a whole number from 1 to {most}.", field=name)
    return int(words)


def _idempotency_key() -> str:
    key = request.headers.get("Idempotency-Key", "").strip()
    if not (1 <= len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise InvalidInput(
            f"Send an Idempotency-Key header of 1 to {LONGEST_KEY} characters: your own name for this reply."
        )
    return key


def _new_reply() -> NewReply:
    try:
        return msgspec.json.decode(request.get_data(), type=NewReply)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f'The body is to be {{"body": "words"}}: {error}', field="body") from error
