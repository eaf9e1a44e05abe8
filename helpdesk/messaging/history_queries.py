"""The SELECTs of what was read from networks' records, and of what is to be read or looked for there."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import joinedload

from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import (
    ChannelAccount,
    ChannelLink,
    Delivery,
    DeliveryAttempt,
    DeliveryLookup,
    Direction,
    Health,
    Message,
    Origin,
)
from helpdesk.orm import db

_ELSEWHERE = (Origin.NATIVE_APP, Origin.OTHER_APP)

_MAY_BE_ASKED = and_(ChannelAccount.health == Health.OK, ChannelAccount.paused_at.is_(None))


def last_answers_from_the_app(conversation_ids: Collection[int]) -> dict[int, datetime]:
    """conversation id → when the brand last said something there that did not come from us."""
    rows = db.session.execute(
        select(Message.conversation_id, func.max(Message.platform_time).label("at"))
        .where(
            Message.conversation_id.in_(conversation_ids),
            Message.direction == Direction.OUT,
            Message.origin.in_(_ELSEWHERE),
        )
        .group_by(Message.conversation_id)
    )
    return {row.conversation_id: row.at for row in rows}


def accounts_with_history_due(networks: Collection[str], *, at: datetime) -> Sequence[int]:
    return db.session.scalars(
        select(ChannelAccount.id)
        .outerjoin(ChannelLink, ChannelLink.account_id == ChannelAccount.id)
        .where(
            ChannelAccount.network.in_(networks),
            _MAY_BE_ASKED,
            or_(ChannelLink.history_due_at.is_(None), ChannelLink.history_due_at <= at),
            or_(
                ChannelLink.reads_remaining.is_(None),
                ChannelLink.reads_remaining > 0,
                ChannelLink.reads_reset_at <= at,
            ),
        )
        .order_by(ChannelAccount.id)
    ).all()


def accounts_of(networks: Collection[str]) -> Sequence[int]:
    return db.session.scalars(
        select(ChannelAccount.id).where(ChannelAccount.network.in_(networks), _MAY_BE_ASKED)
    ).all()


def link(account_id: int) -> ChannelLink | None:
    return db.session.get(ChannelLink, account_id)


def accounts_with_webhook_unwatched(*, since: datetime, limit: int) -> Sequence[int]:
    """Those that have one and where it was last looked at before `since`, the longest ago first."""
    return db.session.scalars(
        select(ChannelAccount.id)
        .join(ChannelLink, ChannelLink.account_id == ChannelAccount.id)
        .where(
            ChannelAccount.health == Health.OK,
            ChannelLink.webhook_id != "",
            or_(ChannelLink.webhook_checked_at.is_(None), ChannelLink.webhook_checked_at < since),
        )
        .order_by(ChannelLink.webhook_checked_at.asc().nulls_first())
        .limit(limit)
    ).all()


def lock_link(account_id: int) -> ChannelLink:
    return db.session.scalars(
        select(ChannelLink)
        .where(ChannelLink.account_id == account_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def unknown_deliveries_not_looked_for(networks: Collection[str], *, limit: int) -> Sequence[Delivery]:
    """The oldest first."""
    return db.session.scalars(
        select(Delivery)
        .join(ChannelAccount, ChannelAccount.id == Delivery.account_id)
        .where(
            Delivery.state == DeliveryState.UNKNOWN,
            ChannelAccount.network.in_(networks),
            ~exists().where(DeliveryLookup.delivery_id == Delivery.id),
        )
        .order_by(Delivery.id)
        .limit(limit)
    ).all()


def accounts_with_lookups_due(*, at: datetime) -> Sequence[int]:
    return db.session.scalars(
        select(ChannelAccount.id).where(
            _MAY_BE_ASKED,
            exists().where(
                DeliveryLookup.account_id == ChannelAccount.id, ~DeliveryLookup.is_over, DeliveryLookup.due_at <= at
            ),
        )
    ).all()


def lock_lookup_due(account_id: int, *, at: datetime) -> DeliveryLookup | None:
    """The longest due; those another worker holds are passed over."""
    return db.session.scalars(
        select(DeliveryLookup)
        .where(DeliveryLookup.account_id == account_id, ~DeliveryLookup.is_over, DeliveryLookup.due_at <= at)
        .order_by(DeliveryLookup.due_at, DeliveryLookup.delivery_id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def lock_lookups_of(conversation_id: int) -> Sequence[DeliveryLookup]:
    """All that one look into this conversation serves."""
    return db.session.scalars(
        select(DeliveryLookup)
        .join(Delivery, Delivery.id == DeliveryLookup.delivery_id)
        .where(Delivery.conversation_id == conversation_id, ~DeliveryLookup.is_over)
        .order_by(DeliveryLookup.delivery_id)
        .with_for_update(of=DeliveryLookup, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def delivery_with_conversation(delivery_id: int) -> Delivery:
    return db.session.scalars(
        select(Delivery).where(Delivery.id == delivery_id).options(joinedload(Delivery.conversation))
    ).one()


def attempted_between(delivery_id: int) -> tuple[datetime, datetime] | None:
    """From the first call for this delivery to the end of the last; None before the first."""
    first, last = db.session.execute(
        select(
            func.min(DeliveryAttempt.started_at),
            func.max(func.coalesce(DeliveryAttempt.ended_at, DeliveryAttempt.started_at)),
        ).where(DeliveryAttempt.delivery_id == delivery_id)
    ).one()
    return None if first is None else (first, last)
