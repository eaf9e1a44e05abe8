"""The SELECTs of what was said and done in one episode, in its order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from helpdesk.channels.port import PartKind
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Delivery, Direction, Message, Origin, Part
from helpdesk.orm import db
from helpdesk.tickets.models import TicketMessage, TimelineEvent


@dataclass(frozen=True, kw_only=True)
class SaidInEpisode:
    """A message as the fold of its episode sees it."""

    message_id: int
    counts_from: datetime
    origin: str
    direction: str
    text: str

    @property
    def is_from_desk(self) -> bool:
        return self.direction == Direction.OUT and self.origin != Origin.NATIVE_APP

    @property
    def is_from_app(self) -> bool:
        return self.origin == Origin.NATIVE_APP


def said_in(ticket_id: int) -> list[SaidInEpisode]:
    """In the order in which it counts."""
    text = (
        select(func.string_agg(Part.text, "\n"))
        .where(Part.message_id == Message.id, Part.kind == PartKind.TEXT)
        .scalar_subquery()
    )
    counts_from = func.coalesce(TicketMessage.counts_from, Message.platform_time)
    rows = db.session.execute(
        select(Message.id, counts_from.label("counts_from"), Message.origin, Message.direction, text.label("text"))
        .join(TicketMessage, TicketMessage.message_id == Message.id)
        .where(TicketMessage.ticket_id == ticket_id)
        .order_by(counts_from, Message.platform_time, Message.id)
    )
    return [
        SaidInEpisode(
            message_id=row.id,
            counts_from=row.counts_from,
            origin=row.origin,
            direction=row.direction,
            text=row.text or "",
        )
        for row in rows
    ]


def events_of(ticket_id: int) -> Sequence[TimelineEvent]:
    """In the order in which they were written."""
    return db.session.scalars(
        select(TimelineEvent).where(TimelineEvent.ticket_id == ticket_id).order_by(TimelineEvent.id)
    ).all()


def was_reopened_after(ticket_id: int, instant: datetime) -> bool:
    """Whether the staff opened the ticket again at the instant or later."""
    reopened = select(TimelineEvent.id).where(
        TimelineEvent.ticket_id == ticket_id,
        TimelineEvent.kind == "reopened",
        TimelineEvent.agent_id.is_not(None),
        TimelineEvent.at >= instant,
    )
    return db.session.scalars(select(reopened.exists())).one()


def counts_something_after(ticket_id: int, instant: datetime) -> bool:
    """Whether some message counts from later than the instant, though it was said at another time."""
    later = select(TicketMessage.message_id).where(
        TicketMessage.ticket_id == ticket_id, TicketMessage.counts_from > instant
    )
    return db.session.scalars(select(later.exists())).one()


def holds_backfilled(ticket_id: int) -> bool:
    """Whether some of it was read from the network's own record."""
    backfilled = (
        select(Message.id)
        .join(TicketMessage, TicketMessage.message_id == Message.id)
        .where(TicketMessage.ticket_id == ticket_id, Message.is_backfilled)
    )
    return db.session.scalars(select(backfilled.exists())).one()


def replies_in_vain(ticket_id: int) -> set[int]:
    """Ids of messages of ours that failed or were taken back."""
    return set(
        db.session.scalars(
            select(Delivery.message_id)
            .join(TicketMessage, TicketMessage.message_id == Delivery.message_id)
            .where(
                TicketMessage.ticket_id == ticket_id,
                Delivery.state.in_((DeliveryState.FAILED, DeliveryState.CANCELLED)),
            )
        )
    )
