"""The second half of an import: conversations, their messages, and the tickets that follow from them."""

from collections.abc import Mapping, Sequence

from psycopg.types.json import Jsonb
from sqlalchemy import delete

from helpdesk.arrays import any_of
from helpdesk.channels.port import PartKind
from helpdesk.copying import copy_in, take_ids
from helpdesk.importing.conversations import Told, ToldConversation, Written, open_conversations
from helpdesk.importing.records import Record
from helpdesk.importing.ticket_rows import Surroundings, write_tickets
from helpdesk.messaging.inbound import move_last_message
from helpdesk.messaging.models import ChannelAccount, Message, Origin, Part
from helpdesk.orm import db
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Draft, Presence, Ticket, TicketMessage, TicketTag, TimelineEvent


def write_conversations(
    told: Sequence[Told], accounts: Mapping[tuple[str, str], ChannelAccount], around: Surroundings
) -> Written:
    """Write what is new of these conversations; one that an earlier import brought is told anew as a whole."""
    written = Written()
    changed = open_conversations(told, accounts, written)
    retold = [ticket.id for conversation in changed for ticket in conversation.retold]
    _take_away(retold)
    _write_messages(changed, around)
    written.tickets += write_tickets(changed, around) - len(retold)
    written.conversations += len(changed)
    return written


def _take_away(ticket_ids: Sequence[int]) -> None:
    """Tickets that are told anew; their messages stay."""
    if not ticket_ids:
        return
    for model in (TicketMessage, TicketTag, TimelineEvent, Presence, Draft, Clock):
        db.session.execute(delete(model).where(any_of(model.ticket_id, ticket_ids)))
    db.session.execute(delete(Ticket).where(any_of(Ticket.id, ticket_ids)))


def _write_messages(conversations: Sequence[ToldConversation], around: Surroundings) -> None:
    said = [(conversation, record) for conversation in conversations for record in conversation.new]
    if not said:
        return
    # Ids grow with time, as they do where messages come one by one.
    said.sort(key=lambda one: one[1].at)
    for message_id, (conversation, record) in zip(take_ids(Message, len(said)), said, strict=True):
        conversation.ids[record.external_id] = message_id
    copy_in(
        Message,
        (
            "id",
            "conversation_id",
            "author_identity_id",
            "author_agent_id",
            "direction",
            "origin",
            "external_id",
            "platform_time",
            "received_at",
            "released_at",
            "is_backfilled",
            "version",
        ),
        (
            (
                conversation.ids[record.external_id],
                conversation.id,
                conversation.customer_id if record.direction == "in" else conversation.account.identity_id,
                around.people.get(record.author) if record.direction == "out" else None,
                record.direction,
                _origin(record),
                record.external_id,
                record.at,
                around.now,
                record.at,
                True,
                0,
            )
            for conversation, record in said
        ),
    )
    copy_in(
        Part,
        ("message_id", "position", "kind", "text", "details"),
        (
            (conversation.ids[record.external_id], 0, PartKind.TEXT.value, record.text, _details(record, around))
            for conversation, record in said
        ),
    )
    move_last_message((conversation.id, conversation.ids[r.external_id], r.at) for conversation, r in said)


def _origin(record: Record) -> str:
    if record.direction == "in":
        return Origin.CUSTOMER.value
    return Origin.DESK_AUTOMATION.value if record.is_automatic else Origin.NATIVE_APP.value


def _details(record: Record, around: Surroundings) -> Jsonb:
    """Who wrote it, where it was nobody whom we know."""
    is_stranger = record.direction == "out" and record.author and record.author not in around.people
    return Jsonb({"author": record.author} if is_stranger else {})
