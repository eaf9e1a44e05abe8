"""The SELECTs of counting again: which tickets, what was said and done in them, what is stored of it."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, and_, false, func, not_, or_, select, true

from helpdesk.arrays import any_of
from helpdesk.channels.registry import IMPORTED
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Delivery, Direction, Message, Origin
from helpdesk.metrics.models import Reconciliation, ReconciliationDifference
from helpdesk.metrics.periods import Period
from helpdesk.metrics.recounting import Counted, Deed, Happened
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.scope_queries import lies_in, place_of
from helpdesk.orm import db
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Ticket, TicketMessage, TimelineEvent

_ABOUT_REPLIES = ("retried", "not delivered", "discarded", "taken back")
_DEEDS = {"resolved": Deed.RESOLVED, "reopened": Deed.REOPENED}


def tickets_of(period: Period) -> Sequence[int]:
    """Those with an interval that ended in the period, or began before its end and still runs; by id."""
    ended = select(Clock.ticket_id).where(
        Clock.superseded_at.is_(None), Clock.stopped_at >= period.since, Clock.stopped_at < period.until
    )
    running = select(Clock.ticket_id).where(
        Clock.superseded_at.is_(None), Clock.stopped_at.is_(None), Clock.started_at < period.until
    )
    return db.session.scalars(ended.union(running).order_by("ticket_id")).all()


def cannot_be_counted(ticket_ids: Collection[int]) -> set[int]:
    """Those of which the messages do not tell all: imported, or read in part from a network's record."""
    imported = (
        select(Ticket.id)
        .join(ChannelAccount, ChannelAccount.id == Ticket.account_id)
        .where(any_of(Ticket.id, ticket_ids), ChannelAccount.network == IMPORTED)
    )
    backfilled = (
        select(TicketMessage.ticket_id)
        .join(Message, Message.id == TicketMessage.message_id)
        .where(any_of(TicketMessage.ticket_id, ticket_ids), Message.is_backfilled)
    )
    return set(db.session.scalars(imported.union(backfilled)))


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
                found[event.ticket_id].append(Happened(at=event.at, deed=_DEEDS[event.kind]))
    for message in db.session.execute(_said(ticket_ids)):
        if message.direction == Direction.OUT:
            at = sent_again.get(message.id, message.counts_from)
            deed = Deed.REPLIED_IN_VAIN if message.is_in_vain else Deed.REPLIED
            replied = Happened(at=at, deed=deed, message_id=message.id, revoked_at=revoked.get(message.id))
            found[message.ticket_id].append(replied)
        elif message.id not in asks_nothing:
            asked = Happened(
                at=message.counts_from, deed=Deed.ASKED, message_id=message.id, heard_at=message.received_at
            )
            found[message.ticket_id].append(asked)
    return found


def _said(ticket_ids: Collection[int]) -> Select[int, int, datetime, datetime, str, bool]:
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


def stored_of(ticket_ids: Collection[int]) -> dict[int, list[Counted]]:
    """The intervals as they are kept."""
    found: dict[int, list[Counted]] = {ticket_id: [] for ticket_id in ticket_ids}
    rows = db.session.execute(
        select(Clock.ticket_id, Clock.kind, Clock.started_at, Clock.stopped_at, Clock.stopped_by_message_id)
        .where(any_of(Clock.ticket_id, ticket_ids), Clock.superseded_at.is_(None))
        .order_by(Clock.ticket_id, Clock.started_at)
    )
    for ticket_id, kind, started_at, stopped_at, message_id in rows:
        found[ticket_id].append(Counted(kind=kind, started_at=started_at, stopped_at=stopped_at, message_id=message_id))
    return found


def latest() -> Reconciliation | None:
    return db.session.scalars(select(Reconciliation).order_by(Reconciliation.id.desc()).limit(1)).one_or_none()


def all_differences(reconciliation_id: int, *, limit: int) -> Sequence[ReconciliationDifference]:
    """By ticket, whoever may see it: for the operator."""
    found = select(ReconciliationDifference).where(ReconciliationDifference.reconciliation_id == reconciliation_id)
    return db.session.scalars(found.order_by(ReconciliationDifference.ticket_id).limit(limit)).all()


def differences_of(reconciliation_id: int, scope: Scope) -> Sequence[ReconciliationDifference]:
    """Of tickets in the scope, by ticket."""
    place = place_of(ReconciliationDifference.ticket_id)
    return db.session.scalars(
        select(ReconciliationDifference)
        .join(place, true())
        .where(ReconciliationDifference.reconciliation_id == reconciliation_id, *lies_in(place, scope))
        .order_by(ReconciliationDifference.ticket_id)
    ).all()


def is_reconciled(period: Period, *, since: datetime) -> bool:
    """Whether the period was counted again after that instant."""
    found = select(Reconciliation.id).where(
        Reconciliation.first == period.first, Reconciliation.last == period.last, Reconciliation.at >= since
    )
    return db.session.scalar(found.limit(1)) is not None
