"""The SELECTs of media: which are to be fetched, what shows them, and which nothing names."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select

from helpdesk.messaging.models import ChannelAccount, File, Message, Part
from helpdesk.orm import db


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


def lock_unshown_files(share: str, *, before: datetime, limit: int) -> Sequence[File]:
    """Stored files from before that instant, their keys beginning with `share`, that no message shows."""
    return db.session.scalars(
        select(File)
        .where(
            File.storage_key.between(share.ljust(32, "0"), share.ljust(32, "f")),
            File.created_at < before,
            ~exists().where(Part.file_id == File.id),
        )
        .order_by(File.id)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()


def named_keys(keys: Collection[str]) -> set[str]:
    """Those of the keys under which a file is stored."""
    return set(db.session.scalars(select(File.storage_key).where(File.storage_key.in_(keys))))


def newest_keys(*, limit: int) -> Sequence[str]:
    return db.session.scalars(
        select(File.storage_key).where(File.storage_key != "").order_by(File.id.desc()).limit(limit)
    ).all()
