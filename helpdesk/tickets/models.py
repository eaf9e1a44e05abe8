"""The work that conversations cause, and what the staff keeps beside it."""

import datetime as dt
from collections.abc import Mapping
from enum import IntEnum, StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.messaging.models import ChannelAccount, Conversation
from helpdesk.messaging.models import Identity as CustomerIdentity
from helpdesk.orm import Base, Json
from helpdesk.people.models import Agent, Team


class Status(StrEnum):
    OPEN = "open"
    PENDING = "pending"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Priority(IntEnum):
    """Stored as a number, so that it sorts."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    URGENT = 4

    @property
    def word(self) -> str:
        return self.name.lower()


PRIORITY_OF_WORD: Mapping[str, Priority] = {priority.word: priority for priority in reversed(Priority)}
"""The most urgent first."""


_ACTIVE = "status in ('open', 'pending', 'snoozed')"


class Ticket(Base):
    """One episode of work in a conversation with a brand."""

    __tablename__ = "ticket"
    __table_args__ = (
        # Two first messages at once make one ticket: this decides, not a look-up.
        Index(
            "uq_ticket_one_active",
            "conversation_id",
            "brand_id",
            unique=True,
            postgresql_where=text(f"{_ACTIVE} and not is_split"),
        ),
        Index("ix_ticket_conversation_id", "conversation_id", "id"),
        # One partial index per queue; each holds only what is open, in the queue's order.
        Index("ix_ticket_due_soonest", "team_id", "due_at", "id", postgresql_where=text("status = 'open'")),
        Index("ix_ticket_waiting_longest", "team_id", "waiting_since", "id", postgresql_where=text("status = 'open'")),
        Index(
            "ix_ticket_unassigned",
            "team_id",
            "due_at",
            "id",
            postgresql_where=text("status = 'open' and assignee_id is null"),
        ),
        Index("ix_ticket_mine", "assignee_id", "due_at", "id", postgresql_where=text(_ACTIVE)),
        Index("ix_ticket_snoozed_until", "snoozed_until", postgresql_where=text("status = 'snoozed'")),
        Index("ix_ticket_active_updated", "team_id", "updated_at", "id", postgresql_where=text(_ACTIVE)),
        Index("ix_ticket_resolved_at", "brand_id", "resolved_at", postgresql_where=text("resolved_at is not null")),
        Index("ix_ticket_team_opened", "team_id", "opened_at"),
        Index(
            "ix_ticket_never_resolved",
            "team_id",
            "opened_at",
            postgresql_where=text("status = 'closed' and resolved_at is null"),
        ),
        Index("ix_ticket_team_resolved", "team_id", "resolved_at", postgresql_where=text("resolved_at is not null")),
        CheckConstraint("status in ('open', 'pending', 'snoozed', 'resolved', 'closed')", name="status"),
        CheckConstraint("priority between 1 and 4", name="priority"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_account.id"))
    customer_identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    status: Mapped[str] = mapped_column(default=Status.OPEN)
    priority: Mapped[int] = mapped_column(default=Priority.NORMAL)
    is_split: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[dt.datetime]
    """Platform time of the episode's first message."""
    updated_at: Mapped[dt.datetime]
    waiting_since: Mapped[dt.datetime | None]
    """Platform time of the oldest customer message without an answer; None when it is the customer's turn."""
    last_reply_at: Mapped[dt.datetime | None]
    """When we last answered in this episode."""
    due_at: Mapped[dt.datetime | None]
    """When the next running promise is due; kept by promises.refresh_due in the transaction that moves a clock."""
    resolved_at: Mapped[dt.datetime | None]
    resolved_by_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    snoozed_until: Mapped[dt.datetime | None]
    reopened_count: Mapped[int] = mapped_column(default=0)
    transfer_count: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """How often it went from one team, or one assignee, to another; taken first, or put back, it was not."""
    matched: Mapped[str] = mapped_column(default="")
    """Which policy applies and why, in words."""

    conversation: Mapped[Conversation] = relationship(lazy="raise_on_sql")
    account: Mapped[ChannelAccount] = relationship(lazy="raise_on_sql")
    customer: Mapped[CustomerIdentity] = relationship(lazy="raise_on_sql")
    team: Mapped[Team] = relationship(lazy="raise_on_sql")
    assignee: Mapped[Agent | None] = relationship(lazy="raise_on_sql", foreign_keys=[assignee_id])


class TicketMessage(Base):
    """Which episode a message belongs to; exactly one."""

    __tablename__ = "ticket_message"
    __table_args__ = (Index("ix_ticket_message_ticket_id", "ticket_id", "message_id"),)

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    counts_from: Mapped[dt.datetime | None]
    """When it begins a turn; None: when it was said. Later for what we heard of after something we did."""


class Tag(Base):
    __tablename__ = "tag"
    __table_args__ = (Index("uq_tag_brand_id_name", "brand_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    name: Mapped[str]


class TicketTag(Base):
    __tablename__ = "ticket_tag"
    __table_args__ = (Index("ix_ticket_tag_tag_id", "tag_id", "ticket_id"),)

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)


class CustomerTag(Base):
    """A tag of the customer: a brand's own word for a segment. Every ticket they open has it from its beginning."""

    __tablename__ = "customer_tag"
    __table_args__ = (Index("ix_customer_tag_tag_id", "tag_id"),)

    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id", ondelete="CASCADE"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(ForeignKey("tag.id"), primary_key=True)


class Note(Base):
    """Staff-only text on a ticket."""

    __tablename__ = "note"
    __table_args__ = (Index("uq_note_ticket_id_client_key", "ticket_id", "client_key", unique=True),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    body: Mapped[str]
    client_key: Mapped[str]
    at: Mapped[dt.datetime]

    author: Mapped[Agent] = relationship(lazy="raise_on_sql")


class TimelineEvent(Base):
    """Something that happened to a ticket, for its history; append-only."""

    __tablename__ = "timeline_event"
    __table_args__ = (Index("ix_timeline_event_ticket_id", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str]
    agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    """None when nobody on the staff did it."""
    details: Mapped[Json] = mapped_column(default=dict, server_default=text("'{}'"))
    at: Mapped[dt.datetime]

    agent: Mapped[Agent | None] = relationship(lazy="raise_on_sql")


class Draft(Base):
    """What an agent has begun to write on a ticket, kept until it is sent."""

    __tablename__ = "draft"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    body: Mapped[str]
    mode: Mapped[str] = mapped_column(default="reply")
    updated_at: Mapped[dt.datetime]


class CannedReply(Base):
    __tablename__ = "canned_reply"
    __table_args__ = (
        Index(
            "uq_canned_reply_brand_id_owner_id_shortcut",
            "brand_id",
            "owner_id",
            "shortcut",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    """None: shared by the brand's staff."""
    shortcut: Mapped[str]
    title: Mapped[str]
    body: Mapped[str]
    use_count: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Presence(Base):
    """Who has a ticket open now; a row older than a minute means nobody."""

    __tablename__ = "presence"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    seen_at: Mapped[dt.datetime]
    typing_at: Mapped[dt.datetime | None]


class Handling(Base):
    """A span in which an agent had a ticket open and was at it; the spans of one agent never overlap."""

    __tablename__ = "handling"
    __table_args__ = (
        CheckConstraint("ended_at >= started_at", name="ends_after_its_start"),
        Index("ix_handling_agent_id", "agent_id", "ended_at"),
        Index("ix_handling_ended_at", "ended_at"),
        Index("ix_handling_ticket_id", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime]
    """The latest heartbeat."""


class Alert(Base):
    """A line for one of the staff: this ticket needs them."""

    __tablename__ = "alert"
    __table_args__ = (
        Index("ix_alert_agent_id", "agent_id", "id"),
        Index("ix_alert_unseen", "agent_id", "id", postgresql_where=text("seen_at IS NULL")),
        Index("ix_alert_ticket_id", "ticket_id"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    words: Mapped[str]
    at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime | None]


class PeriodicRun(Base):
    """When a scheduled job last ran; two schedulers then do no harm."""

    __tablename__ = "periodic_run"

    name: Mapped[str] = mapped_column(primary_key=True)
    last_at: Mapped[dt.datetime]
