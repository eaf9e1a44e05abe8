"""Mail that waits to go out. A mail may arrive twice where a worker dies in the middle of sending; it is never lost.

The domain writes a mail in the transaction of its cause; what is rolled back was never mailed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from helpdesk import bells
from helpdesk.mail import queries
from helpdesk.mail.models import OutgoingMail
from helpdesk.orm import db

ATTEMPTS = 8
_FIRST_WAIT = timedelta(minutes=1)
_LEASE = timedelta(minutes=5)
"""Longer than sending one mail may take."""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    name: str
    content: bytes


def post(
    to_address: str,
    subject: str,
    body: str,
    *,
    at: datetime,
    path: str = "",
    attachment: Attachment | None = None,
) -> None:
    """Have a mail sent soon after this transaction has committed; `path` is where in the desk it leads."""
    db.session.add(
        OutgoingMail(
            to_address=to_address,
            # A header is one line.
            subject=" ".join(subject.split()),
            body=body,
            path=path,
            attachment_name=attachment.name if attachment else "",
            attachment=attachment.content if attachment else None,
            made_at=at,
            not_before=at,
        )
    )
    bells.ring_after_commit(bells.MAIL, bells.EVERYTHING)


@dataclass(frozen=True, kw_only=True)
class ClaimedMail:
    """A mail as it is to be sent; plain, so that nothing of the database is held while it is."""

    id: int
    to_address: str
    subject: str
    body: str
    path: str
    attachment: Attachment | None
    made_at: datetime


def claim_next(*, at: datetime) -> ClaimedMail | None:
    """The next mail to send, nobody else's for some minutes.

    One at which workers died again and again is given up: nobody recorded what it was.
    """
    while (mail := queries.lock_next(at=at)) is not None and mail.attempts >= ATTEMPTS:
        mail.not_before, mail.problem = None, mail.problem or "It broke off whoever tried to send it."
    if mail is None:
        return None
    mail.attempts += 1
    mail.not_before = at + _LEASE
    return ClaimedMail(
        id=mail.id,
        to_address=mail.to_address,
        subject=mail.subject,
        body=mail.body,
        path=mail.path,
        attachment=(
            Attachment(name=mail.attachment_name, content=mail.attachment) if mail.attachment is not None else None
        ),
        made_at=mail.made_at,
    )


def record_sent(mail_id: int, *, at: datetime) -> None:
    mail = queries.lock_mail(mail_id)
    mail.sent_at, mail.not_before, mail.problem = at, None, ""
    # What was sent is with who asked for it.
    mail.attachment = None


def record_failed(mail_id: int, reason: str, *, is_final: bool, at: datetime) -> None:
    """Try again, each time later; `is_final`, or after the last attempt, it is given up."""
    mail = queries.lock_mail(mail_id)
    mail.problem = reason
    mail.not_before = None if is_final or mail.attempts >= ATTEMPTS else at + _FIRST_WAIT * 2 ** (mail.attempts - 1)
