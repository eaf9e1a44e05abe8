"""The SELECTs of messaging, and the small statements that lock."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import aliased, contains_eager, joinedload, selectinload

from helpdesk.errors import NotFound
from helpdesk.messaging.delivery_states import UNSETTLED, DeliveryState
from helpdesk.messaging.models import (
    ChannelAccount,
    Conversation,
    Delivery,
    Direction,
    File,
    Identity,
    InboundEvent,
    InboundState,
    Message,
    ParkedEvent,
    Part,
    Participant,
    ParticipantRole,
)
from helpdesk.orm import db


def database_time() -> datetime:
    """The database's clock: leases and `not_before` are compared with it, one instant per job."""
    now: datetime = db.session.scalars(select(func.clock_timestamp())).one()
    return now


def channel_account(network: str, account_id: int) -> ChannelAccount:
    """Raises NotFound."""
    account = db.session.get(ChannelAccount, account_id)
    if account is None or account.network != network:
        raise NotFound("no such channel account")
    return account


def channel_accounts() -> Sequence[ChannelAccount]:
    return db.session.scalars(select(ChannelAccount).order_by(ChannelAccount.id)).all()


def network_of(account_id: int) -> str:
    return db.session.get_one(ChannelAccount, account_id).network


def customers_on(network: str, *, limit: int = 10_000) -> Sequence[Identity]:
    """The newest customers of a network, by handle."""
    return db.session.scalars(
        select(Identity)
        .where(Identity.network == network, Identity.contact_id.is_not(None), Identity.handle != "")
        .order_by(Identity.id.desc())
        .limit(limit)
    ).all()


def native_account(brand_id: int) -> ChannelAccount | None:
    return db.session.scalars(
        select(ChannelAccount).where(
            ChannelAccount.network == "native", ChannelAccount.external_id == f"brand:{brand_id}"
        )
    ).one_or_none()


def identity_ids(network: str, external_ids: Collection[str]) -> dict[str, int]:
    if not external_ids:
        return {}
    rows = db.session.execute(
        select(Identity.external_id, Identity.id).where(
            Identity.network == network, Identity.external_id.in_(external_ids)
        )
    )
    return {row.external_id: row.id for row in rows}


def lock_conversations(account_id: int | None, keys: Collection[str]) -> dict[str, int]:
    """external key → id, every row locked, in id order so that lockers never meet in a circle."""
    rows = db.session.execute(
        select(Conversation.external_key, Conversation.id)
        .where(Conversation.account_id.is_not_distinct_from(account_id), Conversation.external_key.in_(keys))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
    )
    return {row.external_key: row.id for row in rows}


def lock_conversation(conversation_id: int) -> Conversation:
    return db.session.scalars(
        select(Conversation)
        .where(Conversation.id == conversation_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).one()


def lock_conversations_by_id(conversation_ids: Collection[int]) -> None:
    """Lock before anything inside is locked: conversation first, then its deliveries and tickets."""
    db.session.execute(
        select(Conversation.id)
        .where(Conversation.id.in_(conversation_ids))
        .order_by(Conversation.id)
        .with_for_update(key_share=True)
    ).all()


def bump_versions(conversation_ids: Collection[int]) -> dict[int, int]:
    """conversation id → its next version; rows that change now carry it.

    Counted in the conversation's own row inside the writing transaction, so versions become visible in order
    and a page that asks "since 42" can skip nothing.
    """
    rows = db.session.execute(
        update(Conversation)
        .where(Conversation.id.in_(conversation_ids))
        .values(version=Conversation.version + 1)
        .returning(Conversation.id, Conversation.version)
        .execution_options(synchronize_session=False)
    )
    return {row.id: row.version for row in rows}


WaitingEvent = Row[int, datetime, bytes]
"""(id, received at, body) of a raw event."""


def waiting_events(account_id: int, *, limit: int) -> Sequence[WaitingEvent]:
    """The oldest raw events that wait, locked; those another worker holds are passed over."""
    return db.session.execute(
        select(InboundEvent.id, InboundEvent.received_at, InboundEvent.body)
        .where(InboundEvent.account_id == account_id, InboundEvent.state == InboundState.RECEIVED)
        .order_by(InboundEvent.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def accounts_with_waiting_events() -> Sequence[int]:
    return db.session.scalars(
        select(ChannelAccount.id).where(
            exists().where(InboundEvent.account_id == ChannelAccount.id, InboundEvent.state == InboundState.RECEIVED)
        )
    ).all()


def backlog(account_id: int) -> tuple[int, datetime | None]:
    """How many raw events wait, and when the oldest of them came."""
    count, oldest = db.session.execute(
        select(func.count(), func.min(InboundEvent.received_at)).where(
            InboundEvent.account_id == account_id, InboundEvent.state == InboundState.RECEIVED
        )
    ).one()
    return count, oldest


def count_unsettled(account_id: int) -> dict[str, int]:
    """state → how many deliveries of the account are in it, of those that are not settled."""
    rows = db.session.execute(
        select(Delivery.state, func.count().label("n"))
        .where(Delivery.account_id == account_id, Delivery.state.in_(UNSETTLED), ~Delivery.is_passed)
        .group_by(Delivery.state)
    )
    return {row.state: row.n for row in rows}


# Messages as pages show them


def messages_before(
    conversation_id: int, *, before: tuple[datetime, int] | None = None, limit: int = 50
) -> Sequence[Message]:
    """The last messages of a conversation (before a place in it), oldest first, with parts, files and delivery."""
    statement = _messages_for_pages().where(Message.conversation_id == conversation_id)
    if before is not None:
        statement = statement.where(tuple_(Message.platform_time, Message.id) < tuple_(*before))
    newest_first = statement.order_by(Message.platform_time.desc(), Message.id.desc()).limit(limit)
    return list(reversed(db.session.scalars(newest_first).all()))


def message_as_shown(message_id: int) -> Message:
    """The message with all that a page shows of it."""
    return db.session.scalars(_messages_for_pages().where(Message.id == message_id)).one()


def message_said(message_id: int) -> Message:
    """The message alone, without its parts."""
    return db.session.get_one(Message, message_id)


def newest_customer_message_id(conversation_id: int) -> int | None:
    return db.session.scalars(
        select(Message.id)
        .where(Message.conversation_id == conversation_id, Message.direction == Direction.IN)
        .order_by(Message.platform_time.desc(), Message.id.desc())
        .limit(1)
    ).one_or_none()


def _messages_for_pages() -> Select[Message]:
    return select(Message).options(
        selectinload(Message.parts).joinedload(Part.file),
        joinedload(Message.delivery),
        joinedload(Message.author),
        joinedload(Message.author_agent),
    )


# Receipts


def conversation(conversation_id: int) -> Conversation:
    return db.session.get_one(Conversation, conversation_id)


def message_by_client_key(conversation_id: int, key: str) -> Message | None:
    return db.session.scalars(
        select(Message).where(Message.conversation_id == conversation_id, Message.client_key == key)
    ).one_or_none()


def message_by_external_id(conversation_id: int, external_id: str) -> Message | None:
    return db.session.scalars(
        select(Message).where(Message.conversation_id == conversation_id, Message.external_id == external_id)
    ).one_or_none()


def customers_of(conversation_ids: Collection[int]) -> dict[int, str]:
    """conversation id → external id of the customer in it."""
    rows = db.session.execute(
        select(Participant.conversation_id, Identity.external_id)
        .join(Identity, Identity.id == Participant.identity_id)
        .where(Participant.conversation_id.in_(conversation_ids), Participant.role == ParticipantRole.CUSTOMER)
    )
    return {row.conversation_id: row.external_id for row in rows}


def known_external_ids(conversation_ids: Collection[int], external_ids: Collection[str]) -> set[str]:
    rows = db.session.scalars(
        select(Message.external_id).where(
            Message.conversation_id.in_(conversation_ids), Message.external_id.in_(external_ids)
        )
    )
    return {external_id for external_id in rows if external_id is not None}


def conversation_ids(account_id: int, keys: Collection[str]) -> dict[str, int]:
    """external key → id, without a lock."""
    rows = db.session.execute(
        select(Conversation.external_key, Conversation.id).where(
            Conversation.account_id == account_id, Conversation.external_key.in_(keys)
        )
    )
    return {row.external_key: row.id for row in rows}


def parked_events(account_id: int, external_ids: Collection[str]) -> Sequence[ParkedEvent]:
    if not external_ids:
        return []
    return db.session.scalars(
        select(ParkedEvent)
        .where(ParkedEvent.account_id == account_id, ParkedEvent.target_external_id.in_(external_ids))
        .order_by(ParkedEvent.id)
    ).all()


def participants(conversation_id: int) -> Sequence[Participant]:
    return db.session.scalars(select(Participant).where(Participant.conversation_id == conversation_id)).all()


# Deliveries


def conversations_with_heads(account_id: int, *, at: datetime, limit: int) -> Sequence[int]:
    """Conversations whose next delivery may go now, the most pressing promise first."""
    return db.session.scalars(
        select(Delivery.conversation_id)
        .where(Delivery.account_id == account_id, *_is_head(at))
        .order_by(Delivery.promise_due_at.asc().nulls_last(), Delivery.not_before, Delivery.id)
        .limit(limit)
    ).all()


def lock_heads(account_id: int, conversation_ids: Collection[int], *, at: datetime) -> Sequence[Delivery]:
    """The next delivery of each of these (locked) conversations, the most pressing promise first."""
    return db.session.scalars(
        select(Delivery)
        .where(Delivery.account_id == account_id, Delivery.conversation_id.in_(conversation_ids), *_is_head(at))
        .order_by(Delivery.promise_due_at.asc().nulls_last(), Delivery.not_before, Delivery.id)
        .options(
            joinedload(Delivery.message).selectinload(Message.parts).joinedload(Part.file),
            joinedload(Delivery.conversation),
        )
        .with_for_update(of=Delivery)
        .execution_options(populate_existing=True)
    ).all()


def _is_head(at: datetime) -> tuple[ColumnElement[bool], ...]:
    """The first delivery of its conversation that is not settled, and free to go.

    While that one is on its way, failed or unknown, nothing behind it goes, unless an agent sent past it.
    """
    ahead = aliased(Delivery)
    held_up = exists().where(
        ahead.conversation_id == Delivery.conversation_id,
        ahead.state.in_(UNSETTLED),
        ~ahead.is_passed,
        tuple_(ahead.not_before, ahead.id) < tuple_(Delivery.not_before, Delivery.id),
    )
    return (
        Delivery.state == DeliveryState.QUEUED,
        Delivery.not_before <= at,
        or_(Delivery.retry_at.is_(None), Delivery.retry_at <= at),
        ~held_up,
    )


def lock_deliveries(delivery_ids: Collection[int]) -> Sequence[Delivery]:
    """In id order, with their messages."""
    return db.session.scalars(
        select(Delivery)
        .where(Delivery.id.in_(delivery_ids))
        .order_by(Delivery.id)
        .options(joinedload(Delivery.message), joinedload(Delivery.conversation))
        .with_for_update(of=Delivery)
        .execution_options(populate_existing=True)
    ).all()


def lock_delivery_of(message_id: int) -> Delivery | None:
    return db.session.scalars(
        select(Delivery)
        .where(Delivery.message_id == message_id)
        .options(joinedload(Delivery.message), joinedload(Delivery.conversation))
        .with_for_update(of=Delivery)
        .execution_options(populate_existing=True)
    ).one_or_none()


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
                Delivery.not_before <= at,
                or_(Delivery.retry_at.is_(None), Delivery.retry_at <= at),
            )
        )
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
        .with_for_update(of=Delivery)
    ).all()


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
        .with_for_update(of=Delivery)
    ).all()


# The native network


def identity_of_member(member_id: int) -> int | None:
    return db.session.scalars(
        select(Identity.id).where(Identity.network == "native", Identity.external_id == f"member:{member_id}")
    ).one_or_none()


def conversation_of_identity(public_id: UUID, identity_id: int) -> Conversation:
    """The conversation, if this identity takes part in it. Raises NotFound."""
    conversation = db.session.scalars(
        select(Conversation)
        .join(Participant, and_(Participant.conversation_id == Conversation.id, Participant.identity_id == identity_id))
        .where(Conversation.public_id == public_id)
    ).one_or_none()
    if conversation is None:
        raise NotFound("no such conversation")
    return conversation


# Media


def accounts_with_waiting_media(*, at: datetime) -> Sequence[int]:
    return db.session.scalars(
        select(ChannelAccount.id).where(exists().where(File.account_id == ChannelAccount.id, *_is_due_media(at)))
    ).all()


def lock_waiting_media(account_id: int, *, at: datetime) -> File | None:
    """One medium that is due for a try; those another worker holds are passed over."""
    return db.session.scalars(
        select(File)
        .where(File.account_id == account_id, *_is_due_media(at))
        .order_by(File.next_attempt_at.asc().nulls_first(), File.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def _is_due_media(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return File.state == "waiting", or_(File.next_attempt_at.is_(None), File.next_attempt_at <= at)


def lock_file(file_id: int) -> File:
    return db.session.scalars(
        select(File).where(File.id == file_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).one()


def conversations_showing(file_id: int) -> list[int]:
    """In id order."""
    statement = (
        select(Message.conversation_id)
        .join(Part, Part.message_id == Message.id)
        .where(Part.file_id == file_id)
        .distinct()
        .order_by(Message.conversation_id)
    )
    return list(db.session.scalars(statement))


def messages_showing(file_id: int) -> Sequence[Message]:
    statement = select(Message).where(exists().where(Part.message_id == Message.id, Part.file_id == file_id))
    return db.session.scalars(statement).all()
