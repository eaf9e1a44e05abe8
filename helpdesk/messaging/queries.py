"""The SELECTs of accounts, raw events, conversations and messages, and the small statements that lock."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import (
    BigInteger,
    DateTime,
    Integer,
    Row,
    Select,
    bindparam,
    column,
    exists,
    false,
    func,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import joinedload, selectinload

from helpdesk.arrays import any_of
from helpdesk.channels.registry import IMPORTED
from helpdesk.errors import NotFound
from helpdesk.messaging.models import (
    ChannelAccount,
    Conversation,
    Delivery,
    Direction,
    Edit,
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

_RENEWING = 7_301_146
"""Any number that nothing else locks; an account's id beside it is 31 bits wide, and wraps beyond."""

MESSAGES_A_PAGE = 40
"""How much of a conversation a page shows at once."""


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


def find_channel_account(account_id: int) -> ChannelAccount:
    """Raises NotFound."""
    account = db.session.get(ChannelAccount, account_id)
    if account is None:
        raise NotFound(f"there is no channel account {account_id}")
    return account


def take_turns_renewing(account_id: int) -> None:
    """Wait until nobody else renews this account's access; ours until this transaction ends.

    A lock of its own, which no send or webhook waits for.
    """
    db.session.execute(select(func.pg_advisory_xact_lock(_RENEWING, account_id % 2**31)))


def channel_accounts() -> Sequence[ChannelAccount]:
    """Those that messages come and go over."""
    return [account for account in all_accounts() if account.network != IMPORTED]


def all_accounts() -> Sequence[ChannelAccount]:
    """Also those that only hold what was imported."""
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
            Identity.network == network, any_of(Identity.external_id, external_ids)
        )
    )
    return {row.external_id: row.id for row in rows}


def lock_conversations(account_id: int | None, keys: Collection[str]) -> dict[str, int]:
    """external key → id, every row locked, in id order so that lockers never meet in a circle."""
    rows = db.session.execute(
        select(Conversation.external_key, Conversation.id)
        # IS NULL for a conversation without an account. IS NOT DISTINCT FROM would do for both, by no index.
        .where(Conversation.account_id == account_id, any_of(Conversation.external_key, keys))
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
        .where(any_of(Conversation.id, conversation_ids))
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
        .where(any_of(Conversation.id, conversation_ids))
        .values(version=Conversation.version + 1)
        .returning(Conversation.id, Conversation.version)
        .execution_options(synchronize_session=False)
    )
    return {row.id: row.version for row in rows}


def bump_versions_of_talk(conversation_ids: Collection[int]) -> dict[int, tuple[int, datetime | None]]:
    """conversation id → its next version, and when its last message was said."""
    rows = db.session.execute(
        update(Conversation)
        .where(any_of(Conversation.id, conversation_ids))
        .values(version=Conversation.version + 1)
        .returning(Conversation.id, Conversation.version, Conversation.last_message_at)
        .execution_options(synchronize_session=False)
    )
    return {row.id: (row.version, row.last_message_at) for row in rows}


WaitingEvent = Row[int, datetime, bytes, bool]
"""(id, received at, body, whether it is a page of the network's record) of a raw event."""


def waiting_events(account_id: int, *, limit: int) -> Sequence[WaitingEvent]:
    """The oldest raw events that wait, locked; those another worker holds are passed over."""
    return db.session.execute(
        select(InboundEvent.id, InboundEvent.received_at, InboundEvent.body, InboundEvent.is_backfilled)
        .where(InboundEvent.account_id == account_id, InboundEvent.state == InboundState.RECEIVED)
        .order_by(InboundEvent.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
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


def messages_before(
    conversation_id: int, *, before: tuple[datetime, int] | None = None, limit: int = 50
) -> Sequence[Message]:
    """The last messages of a conversation (before a place in it), oldest first, with parts, files and delivery."""
    statement = _newest_messages()
    if before is not None:
        statement = statement.where(tuple_(Message.platform_time, Message.id) < tuple_(*before))
    newest_first = db.session.scalars(statement, {"conversation_id": conversation_id, "limit": limit}).all()
    return list(reversed(newest_first))


@cache
def _newest_messages() -> Select[Message]:
    return (
        _messages_for_pages()
        .where(Message.conversation_id == bindparam("conversation_id"))
        .order_by(Message.platform_time.desc(), Message.id.desc())
        .limit(bindparam("limit", type_=Integer))
    )


Neighbour = Row[int, int, str | None, datetime]
"""(id, conversation, external id, platform time) of a message that the network has named."""


def messages_at(instants: Collection[tuple[int, datetime]], length: timedelta) -> Sequence[Neighbour]:
    """What a network named in each of these (conversation, from) for so long."""
    conversations, times = zip(*instants, strict=True)
    at = (
        func.unnest(literal(conversations, ARRAY(BigInteger)), literal(times, ARRAY(DateTime(timezone=True))))
        .table_valued(column("conversation_id", BigInteger), column("since", DateTime(timezone=True)))
        .render_derived()
    )
    return db.session.execute(
        select(Message.id, Message.conversation_id, Message.external_id, Message.platform_time).join(
            at,
            (Message.conversation_id == at.c.conversation_id)
            & (Message.platform_time >= at.c.since)
            & (Message.platform_time < at.c.since + length)
            & Message.external_id.is_not(None),
        )
    ).all()


def message_as_shown(message_id: int) -> Message:
    """The message with all that a page shows of it."""
    return db.session.scalars(_messages_for_pages().where(Message.id == message_id)).one()


def message_said(message_id: int) -> Message:
    """The message alone, without its parts."""
    return db.session.get_one(Message, message_id)


def newest_customer_message_id(conversation_id: int) -> int | None:
    """The last to arrive of what a page shows; one that arrived late stands above what was read before it."""
    latest = (
        select(Message.id, Message.direction)
        .where(Message.conversation_id == conversation_id)
        .order_by(Message.platform_time.desc(), Message.id.desc())
        .limit(MESSAGES_A_PAGE)
        .subquery()
    )
    newest: int | None = db.session.scalars(
        select(func.max(latest.c.id)).where(latest.c.direction == Direction.IN)
    ).one()
    return newest


def last_said(conversation_id: int) -> tuple[int | None, datetime | None]:
    """(message, platform time) of what was said last, but for what was taken back or is to be sent later."""
    row = db.session.execute(
        select(Message.id, Message.platform_time)
        .outerjoin(Delivery, Delivery.message_id == Message.id)
        .where(
            Message.conversation_id == conversation_id,
            ~func.coalesce(Delivery.is_taken_back, false()),
            ~func.coalesce(Delivery.awaits_release, false()),
        )
        .order_by(Message.platform_time.desc(), Message.id.desc())
        .limit(1)
    ).one_or_none()
    return (row.id, row.platform_time) if row is not None else (None, None)


def _messages_for_pages() -> Select[Message]:
    return select(Message).options(
        selectinload(Message.parts).joinedload(Part.file),
        joinedload(Message.delivery),
        joinedload(Message.author),
        joinedload(Message.author_agent),
    )


def conversation(conversation_id: int) -> Conversation:
    return db.session.get_one(Conversation, conversation_id)


def message_by_client_key(conversation_id: int, key: str) -> Message | None:
    return db.session.scalars(
        select(Message).where(Message.conversation_id == conversation_id, Message.client_key == key)
    ).one_or_none()


def messages_by_external_id(
    conversation_ids: Collection[int], external_ids: Collection[str]
) -> dict[tuple[int, str], Message]:
    """(conversation, external id) → message."""
    if not conversation_ids or not external_ids:
        return {}
    found = db.session.scalars(
        select(Message).where(
            any_of(Message.conversation_id, conversation_ids), any_of(Message.external_id, external_ids)
        )
    )
    return {(message.conversation_id, message.external_id or ""): message for message in found}


def parts_of(message_id: int) -> Sequence[Part]:
    """As they are in the database, whatever the session holds."""
    return db.session.scalars(
        select(Part)
        .where(Part.message_id == message_id)
        .order_by(Part.position)
        .execution_options(populate_existing=True)
    ).all()


def edits_of(message_id: int) -> Sequence[Edit]:
    return db.session.scalars(
        select(Edit)
        .where(Edit.message_id == message_id)
        .order_by(Edit.number)
        .execution_options(populate_existing=True)
    ).all()


def customers_of(conversation_ids: Collection[int]) -> dict[int, str]:
    """conversation id → external id of the customer in it."""
    rows = db.session.execute(
        select(Participant.conversation_id, Identity.external_id)
        .join(Identity, Identity.id == Participant.identity_id)
        .where(any_of(Participant.conversation_id, conversation_ids), Participant.role == ParticipantRole.CUSTOMER)
    )
    return {row.conversation_id: row.external_id for row in rows}


def known_external_ids(conversation_ids: Collection[int], external_ids: Collection[str]) -> set[str]:
    rows = db.session.scalars(
        select(Message.external_id).where(
            any_of(Message.conversation_id, conversation_ids), any_of(Message.external_id, external_ids)
        )
    )
    return {external_id for external_id in rows if external_id is not None}


def conversation_ids(account_id: int, keys: Collection[str]) -> dict[str, int]:
    """external key → id, without a lock."""
    rows = db.session.execute(
        select(Conversation.external_key, Conversation.id).where(
            Conversation.account_id == account_id, any_of(Conversation.external_key, keys)
        )
    )
    return {row.external_key: row.id for row in rows}


def parked_events(account_id: int, external_ids: Collection[str]) -> Sequence[ParkedEvent]:
    if not external_ids:
        return []
    return db.session.scalars(
        select(ParkedEvent)
        .where(
            ParkedEvent.account_id == account_id,
            any_of(ParkedEvent.target_external_id, external_ids),
            ParkedEvent.discarded_at.is_(None),
        )
        .order_by(ParkedEvent.id)
    ).all()


def parked_with_target(*, limit: int) -> Sequence[Row[int, str]]:
    """(account, external id of the message) of parked events whose message is there."""
    return db.session.execute(
        select(ParkedEvent.account_id, ParkedEvent.target_external_id)
        .join(
            Conversation,
            (Conversation.account_id == ParkedEvent.account_id)
            & (Conversation.external_key == ParkedEvent.conversation_key),
        )
        .join(
            Message,
            (Message.conversation_id == Conversation.id) & (Message.external_id == ParkedEvent.target_external_id),
        )
        .where(ParkedEvent.discarded_at.is_(None))
        .order_by(ParkedEvent.id)
        .limit(limit)
    ).all()


def participants(conversation_id: int) -> Sequence[Participant]:
    return db.session.scalars(select(Participant).where(Participant.conversation_id == conversation_id)).all()
