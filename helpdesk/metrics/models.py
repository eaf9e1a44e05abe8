"""What was counted again, and where it differed."""

import datetime as dt

from sqlalchemy import ForeignKey, Identity
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.orm import Base


class Reconciliation(Base):
    """One recount of stored intervals from messages, over the days `first` to `last`.

    `checked` tickets were counted again; `skipped` ones cannot be: imported, or read from a network's record.
    """

    __tablename__ = "reconciliation"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    at: Mapped[dt.datetime]
    first: Mapped[dt.date]
    last: Mapped[dt.date]
    checked: Mapped[int]
    skipped: Mapped[int]


class ReconciliationDifference(Base):
    """A ticket whose stored intervals are not those that its messages tell; `words` says what differs."""

    __tablename__ = "reconciliation_difference"

    reconciliation_id: Mapped[int] = mapped_column(
        ForeignKey("reconciliation.id", ondelete="CASCADE"), primary_key=True
    )
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True)
    words: Mapped[str]
