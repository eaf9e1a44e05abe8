"""The SELECTs of what was set aside, each over its own partial index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from helpdesk.errors import NotFound
from helpdesk.messaging.models import ChannelAccount, InboundEvent, InboundState, ParkedEvent
from helpdesk.orm import db

SET_ASIDE = (InboundState.QUARANTINED, InboundState.UNREADABLE)


@dataclass(frozen=True, kw_only=True)
class SetAsideEvent:
    """A raw event without its body."""

    id: int
    network: str
    handle: str
    state: str
    error: str
    size: int
    """Bytes of the body."""
    received_at: datetime


def set_aside_events(*, limit: int = 200) -> list[SetAsideEvent]:
    """The newest first."""
    rows = db.session.execute(
        select(InboundEvent.id, ChannelAccount.network, ChannelAccount.handle, InboundEvent.state, InboundEvent.error)
        .add_columns(func.length(InboundEvent.body).label("size"), InboundEvent.received_at)
        .join(ChannelAccount, ChannelAccount.id == InboundEvent.account_id)
        .where(InboundEvent.state.in_(SET_ASIDE))
        .order_by(InboundEvent.id.desc())
        .limit(limit)
    )
    return [SetAsideEvent(**row._mapping) for row in rows]


def discarded_events(*, limit: int = 100) -> Sequence[InboundEvent]:
    """The newest first, with who discarded them."""
    return db.session.scalars(
        select(InboundEvent)
        .where(InboundEvent.state == InboundState.DISCARDED)
        .options(joinedload(InboundEvent.discarded_by))
        .order_by(InboundEvent.id.desc())
        .limit(limit)
    ).all()


def find_set_aside(event_id: int) -> InboundEvent:
    """One that is set aside or discarded, locked. Raises NotFound, also for one that is neither (any more)."""
    event = db.session.scalars(
        select(InboundEvent)
        .where(InboundEvent.id == event_id, InboundEvent.state.in_((*SET_ASIDE, InboundState.DISCARDED)))
        .with_for_update(key_share=True)
    ).one_or_none()
    if event is None:
        raise NotFound("no such event")
    return event


def overdue_parked(*, limit: int = 200) -> Sequence[ParkedEvent]:
    """What waited too long for its message, and nobody discarded; the newest first."""
    return db.session.scalars(
        select(ParkedEvent)
        .where(ParkedEvent.set_aside_at.is_not(None), ParkedEvent.discarded_at.is_(None))
        .order_by(ParkedEvent.id.desc())
        .limit(limit)
    ).all()


def find_overdue_parked(event_id: int) -> ParkedEvent:
    """Locked. Raises NotFound, also when its message came after all."""
    event = db.session.scalars(
        select(ParkedEvent)
        .where(ParkedEvent.id == event_id, ParkedEvent.set_aside_at.is_not(None), ParkedEvent.discarded_at.is_(None))
        .with_for_update(key_share=True)
    ).one_or_none()
    if event is None:
        raise NotFound("no such event")
    return event
