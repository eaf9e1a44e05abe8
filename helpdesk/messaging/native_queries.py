"""The SELECTs of the native network as its members see it: released messages of conversations they take part in.

What the staff has not released is in none of these, not even as the time of a last message.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, true, tuple_
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.sql.selectable import LateralFromClause

from helpdesk.errors import NotFound
from helpdesk.messaging.models import (
    ChannelAccount,
    Conversation,
    File,
    Identity,
    Message,
    Part,
    Participant,
    Receipt,
    ReceiptKind,
)
from helpdesk.orm import db

UNREAD_AT_MOST = 100
"""Unread messages are counted among so many of the latest; more is shown as that many."""


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


@dataclass(frozen=True, kw_only=True)
class InboxEntry:
    """A conversation in a member's inbox: its last released message, and how many unread ones it has."""

    conversation: Conversation
    last: Message
    unread: int


def inbox_of(identity_id: int, *, before: tuple[datetime, int] | None = None, limit: int = 40) -> Sequence[InboxEntry]:
    """A member's conversations, the latest words first; `before` is (platform time, id) of a last message."""
    last, unread = _last_released(), _unread_messages(identity_id)
    statement = (
        select(Conversation, Message, unread.c.count)
        .join(Participant, Participant.conversation_id == Conversation.id)
        .join(last, true())
        .join(Message, Message.id == last.c.id)
        .join(unread, true())
        .where(Participant.identity_id == identity_id)
        .options(selectinload(Message.parts).joinedload(Part.file))
        .order_by(Message.platform_time.desc(), Message.id.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(tuple_(Message.platform_time, Message.id) < tuple_(*before))
    rows = db.session.execute(statement)
    return [InboxEntry(conversation=c, last=message, unread=count) for c, message, count in rows]


def count_unread_conversations(identity_id: int) -> int:
    unread = _unread_messages(identity_id)
    return db.session.scalars(
        select(func.count())
        .select_from(Participant)
        .join(Conversation, Conversation.id == Participant.conversation_id)
        .join(unread, true())
        .where(Participant.identity_id == identity_id, unread.c.count > 0)
    ).one()


def _last_released() -> LateralFromClause:
    """The conversation's last message that its members may see."""
    return (
        select(Message.id)
        .where(Message.conversation_id == Conversation.id, Message.released_at.is_not(None))
        .order_by(Message.platform_time.desc(), Message.id.desc())
        .limit(1)
        .correlate(Conversation)
        .lateral()
    )


def _unread_messages(identity_id: int) -> LateralFromClause:
    """How many messages of the conversation were released since this identity last read it."""
    latest = (
        select(Message.released_at, Message.author_identity_id)
        .where(Message.conversation_id == Conversation.id, Message.released_at.is_not(None))
        .order_by(Message.platform_time.desc(), Message.id.desc())
        .limit(UNREAD_AT_MOST)
        .correlate(Conversation)
        .subquery()
    )
    read_up_to = (
        select(Receipt.up_to_at)
        .where(
            Receipt.conversation_id == Conversation.id,
            Receipt.identity_id == identity_id,
            Receipt.kind == ReceiptKind.READ,
        )
        .correlate(Conversation)
        .scalar_subquery()
    )
    return (
        select(func.count().label("count"))
        .select_from(latest)
        .where(
            latest.c.author_identity_id != identity_id,
            or_(read_up_to.is_(None), latest.c.released_at > read_up_to),
        )
        .lateral()
    )


def others_in(conversation_ids: Collection[int], identity_id: int) -> dict[int, Identity]:
    """conversation id → the other side of a direct conversation."""
    rows = db.session.execute(
        select(Participant.conversation_id, Identity)
        .join(Identity, Identity.id == Participant.identity_id)
        .where(Participant.conversation_id.in_(conversation_ids), Participant.identity_id != identity_id)
    )
    return dict(rows.all())


def direct_conversation(account_id: int | None, key: str) -> Conversation | None:
    return db.session.scalars(
        select(Conversation).where(Conversation.account_id == account_id, Conversation.external_key == key)
    ).one_or_none()


def released_before(
    conversation_id: int, *, before: tuple[datetime, int] | None = None, limit: int = 50
) -> Sequence[Message]:
    """The last released messages (before a place in the conversation), oldest first."""
    statement = _messages_for_pages().where(
        Message.conversation_id == conversation_id, Message.released_at.is_not(None)
    )
    if before is not None:
        statement = statement.where(tuple_(Message.platform_time, Message.id) < tuple_(*before))
    newest_first = statement.order_by(Message.platform_time.desc(), Message.id.desc()).limit(limit)
    return list(reversed(db.session.scalars(newest_first).all()))


def released_from(conversation_id: int, place: tuple[datetime, int], *, limit: int) -> Sequence[Message]:
    """Released messages from a place in the conversation on, oldest first."""
    return db.session.scalars(
        _messages_for_pages()
        .where(
            Message.conversation_id == conversation_id,
            Message.released_at.is_not(None),
            tuple_(Message.platform_time, Message.id) >= tuple_(*place),
        )
        .order_by(Message.platform_time, Message.id)
        .limit(limit)
    ).all()


def released_since(conversation_id: int, version: int, *, limit: int) -> Sequence[Message]:
    """Released messages that are new or different since `version`, in their order in the conversation."""
    return db.session.scalars(
        _messages_for_pages()
        .where(
            Message.conversation_id == conversation_id,
            Message.version > version,
            Message.released_at.is_not(None),
        )
        .order_by(Message.platform_time, Message.id)
        .limit(limit)
    ).all()


def released_by_key(conversation_id: int, key: str) -> Message | None:
    """A released message of the native network by its key, which is its external id there."""
    return db.session.scalars(
        _messages_for_pages().where(
            Message.conversation_id == conversation_id,
            Message.external_id == key,
            Message.released_at.is_not(None),
        )
    ).one_or_none()


def last_released_by(conversation_id: int, identity_id: int) -> Message | None:
    return db.session.scalars(
        _messages_for_pages()
        .where(
            Message.conversation_id == conversation_id,
            Message.author_identity_id == identity_id,
            Message.released_at.is_not(None),
        )
        .order_by(Message.platform_time.desc(), Message.id.desc())
        .limit(1)
    ).one_or_none()


def newest_unread(conversation_id: int, identity_id: int, *, up_to: tuple[datetime, int] | None) -> datetime | None:
    """When the newest message was released that this identity has not read, of those up to a place; None: none."""
    shown = select(Message.released_at, Message.author_identity_id).where(
        Message.conversation_id == conversation_id, Message.released_at.is_not(None)
    )
    if up_to is not None:
        shown = shown.where(tuple_(Message.platform_time, Message.id) <= tuple_(*up_to))
    latest = shown.order_by(Message.platform_time.desc(), Message.id.desc()).limit(UNREAD_AT_MOST).subquery()
    statement = select(func.max(latest.c.released_at)).where(latest.c.author_identity_id != identity_id)
    read = receipt(conversation_id, identity_id)
    if read is not None:
        statement = statement.where(latest.c.released_at > read.up_to_at)
    return db.session.scalars(statement).one_or_none()


def receipt(conversation_id: int, identity_id: int) -> Receipt | None:
    """How far this identity has read."""
    return db.session.get(Receipt, (conversation_id, identity_id, ReceiptKind.READ), populate_existing=True)


def pictures_in(conversation_id: int, *, limit: int) -> Sequence[File]:
    """Pictures among the latest messages of a conversation, newest first."""
    latest = (
        select(Message.id, Message.platform_time)
        .where(Message.conversation_id == conversation_id, Message.released_at.is_not(None))
        .order_by(Message.platform_time.desc(), Message.id.desc())
        .limit(500)
        .subquery()
    )
    return db.session.scalars(
        select(File)
        .join(Part, Part.file_id == File.id)
        .join(latest, latest.c.id == Part.message_id)
        .where(File.has_preview)
        .order_by(latest.c.platform_time.desc(), latest.c.id.desc(), Part.position)
        .limit(limit)
    ).all()


def file_shown_to(public_id: UUID, identity_id: int) -> File:
    """The file, if it was said and released in a conversation of this identity. Raises NotFound."""
    file = db.session.scalars(
        select(File)
        .join(Part, Part.file_id == File.id)
        .join(Message, Message.id == Part.message_id)
        .join(Participant, Participant.conversation_id == Message.conversation_id)
        .where(
            File.public_id == public_id,
            Participant.identity_id == identity_id,
            Message.released_at.is_not(None),
        )
        .limit(1)
    ).one_or_none()
    if file is None:
        raise NotFound("no such file")
    return file


def native_accounts(brand_ids: Collection[int]) -> dict[int, ChannelAccount]:
    """brand id → its account on the native network."""
    rows = db.session.scalars(
        select(ChannelAccount).where(ChannelAccount.network == "native", ChannelAccount.brand_id.in_(brand_ids))
    )
    return {account.brand_id: account for account in rows}


def native_identities(external_ids: Collection[str]) -> dict[str, Identity]:
    rows = db.session.scalars(
        select(Identity).where(Identity.network == "native", Identity.external_id.in_(external_ids))
    )
    return {identity.external_id: identity for identity in rows}


def _messages_for_pages() -> Select[Message]:
    return select(Message).options(
        selectinload(Message.parts).joinedload(Part.file),
        joinedload(Message.author),
        joinedload(Message.author_agent),
    )
