"""What was counted again, and where it differed; reports that people keep; past days, packed."""

import datetime as dt
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.dialects.postgresql import JSONB
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


class SavedReport(Base):
    """A report that somebody keeps: to look at again, to have mailed, to show to others by a link.

    It counts what its owner may count when it is made, narrowed by `brand_id`, `team_id`, `network`, `priority`
    (its word) and `tag` (its name), over the last `days` whole days in `zone`. `by` is a dimension, or "" for all in
    one row.
    """

    __tablename__ = "saved_report"
    __table_args__ = (
        Index("ix_saved_report_next_at", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        CheckConstraint("every IN ('', 'day', 'week', 'month')", name="every_is_known"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), index=True)
    name: Mapped[str]
    kind: Mapped[str]
    by: Mapped[str]
    brand_id: Mapped[int | None] = mapped_column(ForeignKey("brand.id", ondelete="CASCADE"))
    team_id: Mapped[int | None] = mapped_column(ForeignKey("team.id", ondelete="CASCADE"))
    network: Mapped[str]
    priority: Mapped[str] = mapped_column(server_default=text("''"))
    tag: Mapped[str] = mapped_column(server_default=text("''"))
    days: Mapped[int]
    zone: Mapped[str]
    created_at: Mapped[dt.datetime]
    every: Mapped[str]
    """How often it is mailed; "" never."""
    hour: Mapped[int]
    """The hour of the day, in `zone`, at which it is mailed."""
    recipients: Mapped[list[str]] = mapped_column(JSONB)
    form: Mapped[str]
    """Of what is attached: csv or parquet."""
    next_at: Mapped[dt.datetime | None]
    """When it is mailed next."""
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    """Of the link by which anybody may read it; only its hash is kept."""
    link_expires_at: Mapped[dt.datetime | None]


class PackedDay(Base):
    """What of a subject ended on one day (UTC) until an instant, as packed.py has it.

    It holds while no ChangedDay names the day.
    """

    __tablename__ = "packed_day"

    subject: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    until: Mapped[dt.datetime] = mapped_column(server_default=text("'infinity'"))
    """What ended later is not in it: the end of the day, or of today as far as it was settled. Without it write
    processes of the release before, in a layout of theirs."""
    version: Mapped[UUID]
    """Another one each time that the day is packed."""
    layout: Mapped[int]
    records: Mapped[bytes]


class ChangedDay(Base):
    """Something that ended on this day, long enough ago to be packed, is now another. Written by triggers only."""

    __tablename__ = "changed_day"
    __table_args__ = (Index("ix_changed_day_subject_day", "subject", "day"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    subject: Mapped[str]
    day: Mapped[dt.date]
