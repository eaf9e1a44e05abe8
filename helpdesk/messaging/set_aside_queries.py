"""The SELECTs of raw events that were set aside, over their own partial index."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from helpdesk.errors import NotFound
from helpdesk.messaging.models import ChannelAccount, InboundEvent, InboundState
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


def find_set_aside(event_id: int) -> InboundEvent:
    """Raises NotFound, also for one that is not set aside (any more)."""
    event = db.session.scalars(
        select(InboundEvent).where(InboundEvent.id == event_id, InboundEvent.state.in_(SET_ASIDE)).with_for_update()
    ).one_or_none()
    if event is None:
        raise NotFound("no such event")
    return event
