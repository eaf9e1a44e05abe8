"""The SELECTs of raw events by when they came, and of the partitions that hold them."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Row, func, select, text

from helpdesk.messaging.models import InboundEvent, InboundState
from helpdesk.orm import db


def lock_events_received(
    account_id: int, *, since: datetime, until: datetime, states: Collection[InboundState], after_id: int, limit: int
) -> Sequence[int]:
    """Ids of raw events of a time (`until` not included), the oldest first, locked; those held by others are passed."""
    return db.session.scalars(
        select(InboundEvent.id)
        .where(
            InboundEvent.account_id == account_id,
            InboundEvent.received_at >= since,
            InboundEvent.received_at < until,
            InboundEvent.state.in_(states),
            InboundEvent.id > after_id,
        )
        .order_by(InboundEvent.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()


def count_received(account_id: int, *, since: datetime, until: datetime) -> dict[str, int]:
    """state → how many raw events of a time are in it."""
    rows = db.session.execute(
        select(InboundEvent.state, func.count().label("n"))
        .where(
            InboundEvent.account_id == account_id, InboundEvent.received_at >= since, InboundEvent.received_at < until
        )
        .group_by(InboundEvent.state)
    )
    return {row.state: row.n for row in rows}


def partitions() -> Sequence[str]:
    """Names of the tables that hold raw events, the default one not included."""
    return db.session.scalars(
        text(
            "select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid"
            " where i.inhparent = 'inbound_event'::regclass and c.relname <> 'inbound_event_default' order by c.relname"
        )
    ).all()


def is_in_default(*, since: datetime, until: datetime) -> bool:
    """Whether the default partition holds rows of a time that has no partition."""
    found = db.session.scalars(
        text("select exists (select from inbound_event_default where received_at >= :since and received_at < :until)"),
        {"since": since, "until": until},
    ).one()
    return bool(found)


def settled_in_default(*, before: datetime, limit: int) -> Sequence[Row[int, datetime]]:
    """(id, received at) of events in the default partition that were taken in and are older than this."""
    return db.session.execute(
        text(
            "select id, received_at from inbound_event_default"
            " where state = 'processed' and received_at < :before order by id limit :limit"
        ),
        {"before": before, "limit": limit},
    ).all()
