"""The SELECTs of what was said and done in tickets, as what their intervals are counted from again."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, false, func, not_, or_, select

from helpdesk.arrays import any_of
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Delivery, Direction, Message, Origin
from helpdesk.orm import db
from helpdesk.sla.recounting import Deed, Happened
from helpdesk.tickets.models import TicketMessage, TimelineEvent

_ABOUT_REPLIES = ("retried", "not delivered", "discarded", "taken back")
_DEEDS = {"resolved": Deed.RESOLVED, "reopened": Deed.REOPENED}


def happened_in(ticket_ids: Collection[int]) -> dict[int, list[Happened]]:
    """What was said that counts, and what the staff did; a reply that still waits for its time is left out.

    A reply that was sent again counts from then: until then the customer had nothing.
    """
    found: dict[int, list[Happened]] = {ticket_id: [] for ticket_id in ticket_ids}
    sent_again: dict[int, datetime] = {}
    revoked: dict[int, datetime] = {}
    asks_nothing: set[int] = set()
    for event in _events(ticket_ids):
        message_id: int = event.details.get("message_id", 0)
        match event.kind:
            case "retried":
                sent_again[message_id] = event.at
                revoked.pop(message_id, None)
            case "not delivered" | "discarded" | "taken back":
                revoked.setdefault(message_id, event.at)
            case "closing message":
                asks_nothing.add(message_id)
            case _:
                found[event.ticket_id].append(Happened(at=event.at, deed=_DEEDS[event.kind], agent_id=event.agent_id))
    for message in db.session.execute(_said(ticket_ids)):
        if message.direction == Direction.OUT:
            at = sent_again.get(message.id, message.counts_from)
            deed = Deed.REPLIED_IN_VAIN if message.is_in_vain else Deed.REPLIED
            replied = Happened(
                at=at,
                deed=deed,
                message_id=message.id,
                agent_id=message.author_agent_id,
                revoked_at=revoked.get(message.id),
            )
            found[message.ticket_id].append(replied)
        elif message.id not in asks_nothing:
            asked = Happened(
                at=message.counts_from, deed=Deed.ASKED, message_id=message.id, heard_at=message.received_at
            )
            found[message.ticket_id].append(asked)
    return found


def _said(ticket_ids: Collection[int]) -> Select[int, int, datetime, datetime, str, int | None, bool]:
    """The customer's messages, and the replies of people, whether or not they arrived."""
    has_left = not_(func.coalesce(Delivery.awaits_release, false()))
    by_a_person = and_(Message.origin != Origin.DESK_AUTOMATION, has_left)
    return (
        select(
            TicketMessage.ticket_id,
            Message.id,
            func.coalesce(TicketMessage.counts_from, Message.platform_time).label("counts_from"),
            Message.received_at,
            Message.direction,
            Message.author_agent_id,
            func.coalesce(Delivery.state.in_((DeliveryState.FAILED, DeliveryState.CANCELLED)), false()).label(
                "is_in_vain"
            ),
        )
        .join(Message, Message.id == TicketMessage.message_id)
        .outerjoin(Delivery, Delivery.message_id == Message.id)
        .where(any_of(TicketMessage.ticket_id, ticket_ids), or_(Message.direction == Direction.IN, by_a_person))
    )


def _events(ticket_ids: Collection[int]) -> Sequence[TimelineEvent]:
    return db.session.scalars(
        select(TimelineEvent)
        .where(
            any_of(TimelineEvent.ticket_id, ticket_ids),
            TimelineEvent.kind.in_((*_DEEDS, *_ABOUT_REPLIES, "closing message")),
        )
        .order_by(TimelineEvent.id)
    ).all()
