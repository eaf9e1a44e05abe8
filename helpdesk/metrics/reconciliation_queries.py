"""The SELECTs of counting again: which tickets, and what is stored of them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, true

from helpdesk.arrays import any_of
from helpdesk.channels.registry import IMPORTED
from helpdesk.messaging.models import ChannelAccount, Message
from helpdesk.metrics.models import Reconciliation, ReconciliationDifference
from helpdesk.metrics.periods import Period
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.scope_queries import lies_in, place_of
from helpdesk.orm import db
from helpdesk.sla.models import Clock
from helpdesk.sla.recounting import Counted
from helpdesk.tickets.models import Ticket, TicketMessage


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
