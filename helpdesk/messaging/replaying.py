"""Stored raw events, put back to be taken in again: known ids change nothing, so a range may be replayed twice."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from helpdesk import bells
from helpdesk.errors import InvalidInput
from helpdesk.messaging import raw_event_queries
from helpdesk.messaging.models import InboundEvent, InboundState
from helpdesk.orm import db

REPLAYABLE = (InboundState.PROCESSED, InboundState.QUARANTINED, InboundState.UNREADABLE, InboundState.DISCARDED)
"""What waits already is not put back: it comes by itself."""

USUAL = (InboundState.PROCESSED, InboundState.QUARANTINED, InboundState.UNREADABLE)
"""What an operator discarded comes back only when they name it."""


@dataclass(frozen=True, kw_only=True)
class Range:
    """Raw events of one channel account that came from `since` on and before `until`."""

    account_id: int
    since: datetime
    until: datetime
    states: Collection[InboundState] = USUAL

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise InvalidInput("the range ends before it begins", field="until")


def put_back_some(wanted: Range, *, after_id: int, limit: int) -> tuple[int, int]:
    """Put back the oldest after `after_id`: (how many, the last one's id). (0, after_id) when there are none left."""
    ids = raw_event_queries.lock_events_received(
        wanted.account_id,
        since=wanted.since,
        until=wanted.until,
        states=wanted.states,
        after_id=after_id,
        limit=limit,
    )
    if not ids:
        return 0, after_id
    db.session.execute(
        update(InboundEvent)
        .where(
            InboundEvent.id.in_(ids),
            # Only so are the months that cannot hold them left alone.
            InboundEvent.received_at >= wanted.since,
            InboundEvent.received_at < wanted.until,
        )
        .values(state=InboundState.RECEIVED, error="", processed_at=None)
        .execution_options(synchronize_session=False)
    )
    bells.ring_after_commit(bells.INGEST, wanted.account_id)
    return len(ids), ids[-1]
