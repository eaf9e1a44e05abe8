"""Mail that goes out: a row is written with its cause, and a worker carries it to the mail server."""

import datetime as dt

from sqlalchemy import Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.orm import Base


class OutgoingMail(Base):
    """One mail to one address. `path` is where in the desk it leads, such as /console/tickets/7; "" nowhere."""

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        Index("ix_outgoing_mail_not_before", "not_before", postgresql_where=text("not_before IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    to_address: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    path: Mapped[str] = mapped_column(default="")
    attachment_name: Mapped[str] = mapped_column(default="")
    attachment: Mapped[bytes | None]
    made_at: Mapped[dt.datetime]
    not_before: Mapped[dt.datetime | None]
    """When it is to be tried next; None: it was sent, or given up."""
    attempts: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[dt.datetime | None]
    problem: Mapped[str] = mapped_column(default="")
    """Why it was not sent at the last attempt."""
