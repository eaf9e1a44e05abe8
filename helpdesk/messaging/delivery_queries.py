"""The SELECTs of deliveries: which may go now, which an echo or a receipt could still move, whose worker is gone."""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Integer,
    Row,
    Select,
    any_,
    bindparam,
    exists,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased, contains_eager, joinedload

from helpdesk.arrays import any_of
from helpdesk.channels.port import FailureClass
from helpdesk.messaging.delivery_states import UNSETTLED, DeliveryState
from helpdesk.messaging.models import ChannelAccount, Delivery, DeliveryAttempt, Message, Part
from helpdesk.orm import db

# A batch runs these, and there are many batches a second: they are made once.
_ACCOUNT = bindparam("account_id", type_=Delivery.account_id.type)
_AT = bindparam("at", type_=Delivery.not_before.type)
_THE_MOST_PRESSING = (Delivery.promise_due_at.asc().nulls_last(), Delivery.not_before, Delivery.id)


def conversations_with_heads(account_id: int, *, at: datetime, limit: int) -> Sequence[int]:
    """Conversations whose next delivery may go now, the most pressing promise first."""
    return db.session.scalars(_conversations_with_heads(), {"account_id": account_id, "at": at, "most": limit}).all()


@cache
def _conversations_with_heads() -> Select[int]:
    return (
        select(Delivery.conversation_id)
        .where(Delivery.account_id == _ACCOUNT, *_is_head(_AT))
        .order_by(*_THE_MOST_PRESSING)
        .limit(bindparam("most", type_=Integer))
    )


def lock_heads(account_id: int, conversation_ids: Collection[int], *, at: datetime) -> Sequence[Delivery]:
    """The next delivery of each of these (locked) conversations, the most pressing promise first."""
    asked = {"account_id": account_id, "conversation_ids": list(conversation_ids), "at": at}
    return db.session.scalars(_heads(), asked).all()


@cache
def _heads() -> Select[Delivery]:
    theirs = Delivery.conversation_id == any_(bindparam("conversation_ids", type_=ARRAY(BigInteger)))
    return (
        select(Delivery)
        .where(Delivery.account_id == _ACCOUNT, theirs, *_is_head(_AT))
        .order_by(*_THE_MOST_PRESSING)
        .options(
            joinedload(Delivery.message).selectinload(Message.parts).joinedload(Part.file),
            joinedload(Delivery.conversation),
        )
        .with_for_update(of=Delivery, key_share=True)
        .execution_options(populate_existing=True)
    )


def _is_head(at: BindParameter[datetime]) -> tuple[ColumnElement[bool], ...]:
    """The first delivery of its conversation that is not settled, and free to go.

    While that one is on its way, failed or unknown, nothing behind it goes, unless an agent sent past it.
    """
    return (
        Delivery.state == DeliveryState.QUEUED,
        ~Delivery.awaits_release,
        Delivery.not_before <= at,
        or_(Delivery.retry_at.is_(None), Delivery.retry_at <= at),
        ~_is_behind(UNSETTLED),
    )


def _is_behind(states: Collection[DeliveryState]) -> ColumnElement[bool]:
    """Whether one in such a state is before it in its conversation, that nobody sent past.

    The OFFSET keeps the database at looking into that one conversation, each time. Left free, and told that next to
    nothing is queued, as it mostly is, it joins all that is queued with all that is: an hour's outage squared.
    """
    ahead = aliased(Delivery)
    before_it = select(ahead.id).where(
        ahead.conversation_id == Delivery.conversation_id,
        ahead.state.in_(states),
        ~ahead.is_passed,
        ~ahead.awaits_release,
        tuple_(ahead.not_before, ahead.id) < tuple_(Delivery.not_before, Delivery.id),
    )
    return before_it.offset(0).exists()


def to_release(account_id: int, *, at: datetime, limit: int) -> Sequence[Row[int, int]]:
    """(delivery, conversation) of what was to be sent later and whose time has come, the earliest first."""
    return db.session.execute(
        select(Delivery.id, Delivery.conversation_id)
        .where(
            Delivery.account_id == account_id,
            Delivery.state == DeliveryState.QUEUED,
            Delivery.awaits_release,
            Delivery.held_at.is_(None),
            Delivery.not_before <= at,
        )
        .order_by(Delivery.not_before, Delivery.id)
        .limit(limit)
    ).all()


def lock_to_be_sent_later(conversation_ids: Collection[int]) -> Sequence[Delivery]:
    """What waits for its time in these (locked) conversations and is not held yet."""
    return db.session.scalars(
        select(Delivery)
        .where(
            any_of(Delivery.conversation_id, conversation_ids),
            Delivery.state == DeliveryState.QUEUED,
            Delivery.awaits_release,
            Delivery.held_at.is_(None),
        )
        .order_by(Delivery.id)
        .options(joinedload(Delivery.message))
        .with_for_update(of=Delivery, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def lock_deliveries(delivery_ids: Collection[int]) -> Sequence[Delivery]:
    """In id order, with their messages."""
    return db.session.scalars(_deliveries(), {"ids": list(delivery_ids)}).all()


@cache
def _deliveries() -> Select[Delivery]:
    return (
        select(Delivery)
        .where(Delivery.id == any_(bindparam("ids", type_=ARRAY(BigInteger))))
        .order_by(Delivery.id)
        .options(joinedload(Delivery.message), joinedload(Delivery.conversation))
        .with_for_update(of=Delivery, key_share=True)
        .execution_options(populate_existing=True)
    )


def lock_delivery_of(message_id: int) -> Delivery | None:
    return db.session.scalars(
        select(Delivery)
        .where(Delivery.message_id == message_id)
        .options(joinedload(Delivery.message), joinedload(Delivery.conversation))
        .with_for_update(of=Delivery, key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def lock_deliveries_up_to(conversation_id: int, up_to: datetime) -> Sequence[Delivery]:
    """Deliveries of messages said up to that instant that a receipt could still move."""
    return db.session.scalars(
        select(Delivery)
        .join(Delivery.message)
        .where(
            Message.conversation_id == conversation_id,
            Message.platform_time <= up_to,
            Delivery.state.in_((DeliveryState.ACCEPTED, DeliveryState.SENT, DeliveryState.DELIVERED)),
        )
        .options(contains_eager(Delivery.message))
        .with_for_update(of=Delivery, key_share=True)
    ).all()


def deliveries_awaiting_echo(conversation_id: int) -> Sequence[Delivery]:
    """Deliveries whose outcome an echo could settle, in order of sending, with their messages and parts."""
    return db.session.scalars(
        select(Delivery)
        .where(
            Delivery.conversation_id == conversation_id,
            Delivery.state.in_((DeliveryState.SENDING, DeliveryState.UNKNOWN)),
        )
        .order_by(Delivery.not_before, Delivery.id)
        .options(joinedload(Delivery.message).selectinload(Message.parts))
        .with_for_update(of=Delivery, key_share=True)
    ).all()


def attempts_since(delivery_id: int, *, since: datetime) -> Sequence[DeliveryAttempt]:
    """The calls for this delivery, in their order."""
    return db.session.scalars(
        select(DeliveryAttempt)
        .where(DeliveryAttempt.delivery_id == delivery_id, DeliveryAttempt.started_at >= since)
        .order_by(DeliveryAttempt.number)
    ).all()


def expired_leases(*, at: datetime, limit: int) -> Sequence[Row[int, int]]:
    """(delivery, conversation) of those that are `sending` and whose worker has not been heard of in time."""
    return db.session.execute(
        select(Delivery.id, Delivery.conversation_id)
        .where(Delivery.state == DeliveryState.SENDING, Delivery.lease_until < at)
        .order_by(Delivery.lease_until)
        .limit(limit)
    ).all()


def accounts_with_deliveries_to_send(*, at: datetime) -> Sequence[int]:
    return db.session.scalars(
        select(ChannelAccount.id).where(
            exists().where(
                Delivery.account_id == ChannelAccount.id,
                Delivery.state == DeliveryState.QUEUED,
                Delivery.held_at.is_(None),
                Delivery.not_before <= at,
                or_(Delivery.retry_at.is_(None), Delivery.retry_at <= at),
            )
        )
    ).all()


InLine = Row[int, int, datetime | None, datetime, datetime | None]
"""(id, conversation, promise due at, not before, expected at) of a delivery."""


def in_line(account_id: int, *, at: datetime, limit: int) -> Sequence[InLine]:
    """What would go if the network took more: not what waits for an agent, or to be tried again."""
    return db.session.execute(
        select(
            Delivery.id, Delivery.conversation_id, Delivery.promise_due_at, Delivery.not_before, Delivery.expected_at
        )
        .where(
            Delivery.account_id == account_id,
            Delivery.state == DeliveryState.QUEUED,
            ~Delivery.awaits_release,
            Delivery.not_before <= at,
            or_(Delivery.retry_at.is_(None), Delivery.retry_at <= at, Delivery.failure == FailureClass.THROTTLED),
            ~_is_behind((DeliveryState.FAILED, DeliveryState.UNKNOWN)),
        )
        .order_by(Delivery.promise_due_at.asc().nulls_last(), Delivery.not_before, Delivery.id)
        .limit(limit)
    ).all()


def accounts_with_deliveries_due(*, since: datetime, at: datetime) -> Sequence[int]:
    """Accounts with a delivery that came to be free to go in this span, by its time or the network's limit."""
    account, free_at = ChannelAccount, func.greatest(Delivery.not_before, Delivery.retry_at)
    limit_ended = or_(account.quota_resets_at.between(since, at), account.day_quota_resets_at.between(since, at))
    return db.session.scalars(
        select(account.id).where(
            exists().where(
                Delivery.account_id == account.id,
                Delivery.state == DeliveryState.QUEUED,
                Delivery.held_at.is_(None),
                free_at <= at,
                or_(free_at > since, limit_ended),
            )
        )
    ).all()


def count_unsettled(account_id: int) -> dict[str, int]:
    """state → how many deliveries of the account are in it, of those that are not settled and whose time has come."""
    rows = db.session.execute(
        select(Delivery.state, func.count().label("n"))
        .where(
            Delivery.account_id == account_id,
            Delivery.state.in_(UNSETTLED),
            ~Delivery.is_passed,
            ~Delivery.awaits_release,
        )
        .group_by(Delivery.state)
    )
    return {row.state: row.n for row in rows}
