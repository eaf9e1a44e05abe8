"""Answering: a public reply is saved, its clocks stop, and a worker carries it to the network."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from helpdesk.channels import registry
from helpdesk.channels.limits import max_bytes_for
from helpdesk.channels.port import Capabilities
from helpdesk.errors import InvalidInput, InvalidTransition
from helpdesk.messaging import deciding, outbound
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Delivery, File, Message
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets import drafts, lifecycle, promises, queries
from helpdesk.tickets.models import Status, Ticket, TicketMessage
from helpdesk.tickets.notices import ticket_changed
from helpdesk.tickets.timeline import record_event


def reply_to_ticket(
    ticket: Ticket,
    body: str,
    *,
    files: Sequence[File] = (),
    key: str,
    undo: timedelta = timedelta(0),
    by: Agent,
    at: datetime,
) -> Message:
    """Queue a public reply; the ticket must be locked. It leaves once the undo time is over.

    `key` is the composer's: a second submit with it gives the first one's message back. Raises InvalidInput for
    what the channel cannot carry, InvalidTransition for a closed ticket.
    """
    already = messaging_queries.message_by_client_key(ticket.conversation_id, key)
    if already is not None:
        return already
    message = write(ticket, body, files=files, key=key, not_before=at + undo, by=by, at=at)
    answered(ticket, message_id=message.id, by=by, at=at)
    return message


def write(
    ticket: Ticket,
    body: str,
    *,
    files: Sequence[File],
    key: str,
    not_before: datetime,
    awaits_release: bool = False,
    by: Agent,
    at: datetime,
) -> Message:
    """The agent's message in the ticket's conversation, queued, and their draft gone."""
    if ticket.status not in lifecycle.ACTIVE:
        raise InvalidTransition("This ticket is resolved. Reopen it to write again.")
    text = clean_text(body)
    _check_carried(ticket, text, files)
    message = outbound.queue_message(
        messaging_queries.conversation(ticket.conversation_id),
        account=ticket.account,
        text=text,
        files=files,
        client_key=key,
        by_agent_id=by.id,
        at=at,
        not_before=not_before,
        promise_due_at=ticket.due_at,
        awaits_release=awaits_release,
    )
    db.session.add(TicketMessage(message_id=message.id, ticket_id=ticket.id))
    drafts.discard(ticket, by=by)
    ticket_changed(ticket)
    return message


def answered(ticket: Ticket, *, message_id: int, by: Agent | None, at: datetime) -> None:
    """The customer has our answer: the turn ends. `by` None: from the network's own app, by somebody unknown."""
    ticket.waiting_since = None
    ticket.last_reply_at = max(at, ticket.last_reply_at or at)
    promises.answered(ticket, message_id=message_id, by=by, at=at)
    record_event(ticket, "replied", by=by, at=at, message_id=message_id)


def clean_text(body: str) -> str:
    """The words as they are kept: line ends made one kind, characters that no screen shows taken out."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in lines if c in "\n\t" or not _is_control(c)).strip()


def _is_control(character: str) -> bool:
    return ord(character) < 32 or 0x7F <= ord(character) < 0xA0


def _check_carried(ticket: Ticket, text: str, files: Sequence[File]) -> None:
    limits = registry.capabilities(ticket.account.network)
    if not text and not files:
        raise InvalidInput("Write something first, or add a file.", field="body")
    if len(text) > limits.text_max:
        raise InvalidInput(f"This channel carries {limits.text_max:,} characters; this is {len(text):,}.", field="body")
    if len(files) > limits.attachments_max:
        raise InvalidInput(
            f"This channel carries {limits.attachments_max} file{'s' if limits.attachments_max > 1 else ''} a message.",
            field="files",
        )
    for file in files:
        _check_file(file, limits)


def _check_file(file: File, limits: Capabilities) -> None:
    # Its type was looked at when it was uploaded for this channel.
    largest = max_bytes_for(file.mime, limits) or limits.file_max_bytes
    if largest == 0:
        raise InvalidInput(f"{file.name}: this channel does not carry files of this type.", field="files")
    if file.size > largest:
        raise InvalidInput(f"{file.name}: this channel carries up to {largest // 1_048_576} MB.", field="files")


# When a reply does not arrive


def reply_failed(delivery: Delivery, *, at: datetime) -> None:
    """It failed for good: the customer still waits, and the clock runs on from its old start."""
    ticket = queries.lock_ticket_of_message(delivery.message_id)
    if ticket is None:
        return
    take_back_answer(ticket, delivery, by=None, at=at)
    record_event(ticket, "not delivered", by=None, at=at, message_id=delivery.message_id, reason=delivery.reason)
    ticket_changed(ticket)


def is_answer(delivery: Delivery) -> bool:
    """Whether it ended the customer's turn: not while it waits to be sent later, nor once it failed for good."""
    return delivery.state != DeliveryState.FAILED and not delivery.awaits_release


def take_back_answer(ticket: Ticket, delivery: Delivery, *, by: Agent | None, at: datetime) -> None:
    """The customer never got it and waits again: what was resolved or left to them with it is open work again.

    A ticket that is closed by now takes nothing back; nobody could stop its clock.
    """
    if ticket.status == Status.CLOSED:
        return
    if ticket.status == Status.RESOLVED:
        lifecycle.reopen(ticket, by=by, at=at)
    promises.answer_revoked(ticket, message_id=delivery.message_id, at=at)
    if ticket.status == Status.PENDING and ticket.waiting_since is not None:
        lifecycle.open_again(ticket, by=by, at=at)


def retry_reply(ticket: Ticket, delivery: Delivery, *, by: Agent, at: datetime) -> None:
    """Send it again; the agent decided, so an unknown one too."""
    was_failed = delivery.state == DeliveryState.FAILED
    deciding.retry(delivery, at=at)
    if was_failed:
        answered(ticket, message_id=delivery.message_id, by=by, at=at)
    record_event(ticket, "retried", by=by, at=at, message_id=delivery.message_id)
    ticket_changed(ticket)


def discard_reply(ticket: Ticket, delivery: Delivery, *, by: Agent, at: datetime) -> None:
    """It will not be sent: as if it had never been submitted."""
    was_answer = is_answer(delivery)
    deciding.discard(delivery)
    if was_answer:
        take_back_answer(ticket, delivery, by=by, at=at)
    record_event(ticket, "discarded", by=by, at=at, message_id=delivery.message_id)
    ticket_changed(ticket)


def send_past_reply(ticket: Ticket, delivery: Delivery, *, by: Agent, at: datetime) -> None:
    """Let the replies behind it go."""
    deciding.send_past(delivery)
    record_event(ticket, "sent past", by=by, at=at, message_id=delivery.message_id)
    ticket_changed(ticket)


def confirm_reply_arrived(ticket: Ticket, delivery: Delivery, *, by: Agent, at: datetime) -> None:
    """The agent looked on the network and found what was unknown there."""
    deciding.confirm_arrived(delivery, at=at)
    record_event(ticket, "arrived", by=by, at=at, message_id=delivery.message_id)
    ticket_changed(ticket)
