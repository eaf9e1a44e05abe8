"""The SELECTs of outgoing mail."""

from datetime import datetime

from sqlalchemy import select

from helpdesk.mail.models import OutgoingMail
from helpdesk.orm import db


def lock_next(*, at: datetime) -> OutgoingMail | None:
    """What waits longest of what may go now, and nobody else has."""
    return db.session.scalars(
        select(OutgoingMail)
        .where(OutgoingMail.not_before <= at)
        .order_by(OutgoingMail.not_before, OutgoingMail.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    ).one_or_none()


def is_waiting(*, at: datetime) -> bool:
    return db.session.scalar(select(OutgoingMail.id).where(OutgoingMail.not_before <= at).limit(1)) is not None


def lock_mail(mail_id: int) -> OutgoingMail:
    return db.session.scalars(
        select(OutgoingMail).where(OutgoingMail.id == mail_id).with_for_update(key_share=True)
    ).one()
