"""The SELECTs of what did not arrive or of which nobody knows, through the fence of a person's standing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Integer, Select, and_, bindparam, func, literal, select

from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Conversation, Delivery, Identity, Message, Part
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Standing
from helpdesk.tickets.models import Ticket, TicketMessage
from helpdesk.tickets.queries import IS_READABLE, fence

UNDELIVERED = (DeliveryState.FAILED, DeliveryState.UNKNOWN)


@dataclass(frozen=True, kw_only=True)
class Undelivered:
    """A reply that waits for somebody's decision."""

    message_id: int
    ticket_id: int
    team_id: int
    account_id: int
    network: str
    account_handle: str
    conversation_key: str
    customer_name: str
    author_name: str | None
    state: str
    failure: str
    reason: str
    tries: int
    words: str | None
    written_at: datetime


@dataclass(frozen=True, kw_only=True)
class Cause:
    """What several replies failed for: the same account, class and reason."""

    account_id: int
    state: str
    failure: str
    reason: str


def undelivered(standing: Standing, *, limit: int = 500) -> list[Undelivered]:
    """Those this person may see, by cause, the newest first."""
    rows = db.session.execute(_undelivered(), fence(standing) | {"limit": limit})
    return [Undelivered(**row._mapping) for row in rows]


def failed_for(cause: Cause, standing: Standing, *, limit: int) -> Sequence[tuple[int, int]]:
    """(ticket, message) of those that failed for this cause, the first in line first."""
    rows = db.session.execute(
        select(Ticket.id, Delivery.message_id)
        .join(TicketMessage, TicketMessage.ticket_id == Ticket.id)
        .join(Delivery, Delivery.message_id == TicketMessage.message_id)
        .where(
            Delivery.state == DeliveryState.FAILED,
            Delivery.account_id == cause.account_id,
            Delivery.failure == cause.failure,
            Delivery.reason == cause.reason,
            IS_READABLE,
        )
        .order_by(Delivery.not_before, Delivery.id)
        .limit(limit),
        fence(standing),
    )
    return [(row.id, row.message_id) for row in rows]


@cache
def _undelivered() -> Select[*tuple[Any, ...]]:
    first_part = and_(Part.message_id == Message.id, Part.position == 0)
    customer_name = func.coalesce(func.nullif(Identity.display_name, ""), Identity.handle)
    return (
        select(Message.id.label("message_id"), Ticket.id.label("ticket_id"), Ticket.team_id, Delivery.account_id)
        .add_columns(ChannelAccount.network, ChannelAccount.handle.label("account_handle"))
        .add_columns(Conversation.external_key.label("conversation_key"))
        .add_columns(customer_name.label("customer_name"), Agent.name.label("author_name"))
        .add_columns(Delivery.state, Delivery.failure, Delivery.reason, Delivery.attempts.label("tries"))
        .add_columns(func.left(Part.text, 160).label("words"), Message.platform_time.label("written_at"))
        .select_from(Delivery)
        .join(Message, Message.id == Delivery.message_id)
        .join(Conversation, Conversation.id == Delivery.conversation_id)
        .join(TicketMessage, TicketMessage.message_id == Message.id)
        .join(Ticket, Ticket.id == TicketMessage.ticket_id)
        .join(ChannelAccount, ChannelAccount.id == Delivery.account_id)
        .join(Identity, Identity.id == Ticket.customer_identity_id)
        .outerjoin(Agent, Agent.id == Message.author_agent_id)
        .outerjoin(Part, first_part)
        .where(Delivery.state.in_(UNDELIVERED), IS_READABLE)
        .order_by(Delivery.account_id, Delivery.state, Delivery.failure, Delivery.reason, Message.id.desc())
        .limit(bindparam("limit", type_=Integer))
    )


def counted(limit: Any) -> Select[int]:
    """One row for each that may be seen; for the counts of queues."""
    return (
        select(literal(1))
        .select_from(Delivery)
        .join(TicketMessage, TicketMessage.message_id == Delivery.message_id)
        .join(Ticket, Ticket.id == TicketMessage.ticket_id)
        .where(Delivery.state.in_(UNDELIVERED), IS_READABLE)
        .limit(limit)
    )
