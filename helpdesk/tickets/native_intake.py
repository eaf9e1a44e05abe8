"""A member's part in a conversation with a brand: their messages enter intake as those of any network do."""

from datetime import datetime

from helpdesk.channels.port import InboundIdentity, InboundMessage
from helpdesk.messaging import conversing, native_queries
from helpdesk.messaging.conversing import Draft, Place, conversation_key
from helpdesk.messaging.models import ChannelAccount, Conversation
from helpdesk.messaging.notices import tell_members
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets.intake import take_in
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.notices import ticket_changed


def write_to_brand(
    draft: Draft, *, sender: InboundIdentity, account: ChannelAccount, sender_id: int, at: datetime
) -> Conversation:
    """Say it to the brand; the first words make the conversation and its ticket. The same key again changes nothing."""
    key = conversation_key(account.external_id, sender.external_id)
    message = InboundMessage(
        conversation_key=key,
        external_id=draft.key,
        sender=sender,
        customer=sender,
        is_from_brand=False,
        sent_at=at,
        parts=draft.parts,
    )
    take_in(account, [(at, message)])
    conversation = native_queries.direct_conversation(account.id, key)
    assert conversation is not None
    conversing.stopped_typing(conversation.id, sender_id)
    tell_members(conversation.public_id, [sender_id])
    return conversation


def read_by_member(conversation: Conversation, *, identity_id: int, up_to: Place | None = None, at: datetime) -> None:
    """The member has seen what was released (up to a message); agents who have the ticket open are told."""
    if conversing.read(conversation.id, reader_id=identity_id, up_to=up_to, at=at):
        _tell_staff(conversation)


def typing_by_member(conversation: Conversation, *, identity_id: int, at: datetime) -> None:
    conversing.type_in(conversation, identity_id=identity_id, at=at)
    _tell_staff(conversation)


def seen_by_staff(ticket: Ticket, *, at: datetime) -> None:
    """An agent has the conversation before their eyes: a member sees that their words were seen.

    Does nothing on other networks, which are told by their own adapters.
    """
    if ticket.account.network == "native":
        conversing.read(ticket.conversation_id, reader_id=ticket.account.identity_id, at=at)


def _tell_staff(conversation: Conversation) -> None:
    if conversation.account_id is not None:
        for ticket in ticket_queries.latest_tickets({conversation.id}):
            ticket_changed(ticket)
