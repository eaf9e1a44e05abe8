"""People's accounts on networks, their conversations and what was said; knows no tickets.

Keys are bigint identities, so they grow with time. `public_id` is what leaves the house.
Indexes that queues and jobs live on are partial: they hold the rows that are waiting, not the history.
"""

import datetime as dt
import uuid
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, PrimaryKeyConstraint, func
from sqlalchemy import Identity as IdentityColumn
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.orm import Base, Json
from helpdesk.people.models import Agent


class Health(StrEnum):
    """Whether a channel account can do its work; what is not OK waits for a person."""

    OK = "ok"
    AUTH_LOST = "auth_lost"
    RESTRICTED = "restricted"
    MISCONFIGURED = "misconfigured"
    BILLING = "billing"


class ParticipantRole(StrEnum):
    CUSTOMER = "customer"
    BRAND = "brand"


class Direction(StrEnum):
    """Seen from the brand; between two members every message is IN."""

    IN = "in"
    OUT = "out"


class Origin(StrEnum):
    """Who really made the message. This, not the direction, stops loops and decides what stops a clock."""

    CUSTOMER = "customer"
    DESK_AGENT = "desk_agent"
    DESK_AUTOMATION = "desk_automation"
    NATIVE_APP = "native_app"
    OTHER_APP = "other_app"


class ReceiptKind(StrEnum):
    DELIVERED = "delivered"
    READ = "read"


class InboundState(StrEnum):
    RECEIVED = "received"
    PROCESSED = "processed"
    QUARANTINED = "quarantined"
    UNREADABLE = "unreadable"
    DISCARDED = "discarded"
    """Set aside, looked at, and not to be taken in: an operator decided, with a reason."""


class ChannelAccount(Base):
    """A brand's account on one network."""

    __tablename__ = "channel_account"
    __table_args__ = (Index("uq_channel_account_network_external_id", "network", "external_id", unique=True),)

    id: Mapped[int] = mapped_column(IdentityColumn(), primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"), index=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    """Unassigned tickets belong to this team."""
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    network: Mapped[str]
    external_id: Mapped[str]
    handle: Mapped[str] = mapped_column(default="")
    credentials: Mapped[bytes] = mapped_column(LargeBinary)
    """Encrypted JSON; see messaging/credentials.py."""
    health: Mapped[str] = mapped_column(default=Health.OK)
    health_reason: Mapped[str] = mapped_column(default="")
    resumed_at: Mapped[dt.datetime | None]
    """When somebody last said that it works again; what a network said of our access before that is old news."""
    paused_at: Mapped[dt.datetime | None]
    """Since when nothing is sent, because somebody decided so; what comes in is still taken in."""
    paused_by_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    last_event_at: Mapped[dt.datetime | None]
    quota_limit: Mapped[int | None]
    quota_remaining: Mapped[int | None]
    quota_resets_at: Mapped[dt.datetime | None]
    quota_window_seconds: Mapped[int | None]
    """How long the network counts before `quota_limit` begins anew; None while we suppose that it has begun."""
    day_quota_limit: Mapped[int | None]
    """The same over 24 hours, on networks that limit both."""
    day_quota_remaining: Mapped[int | None]
    day_quota_resets_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Contact(Base):
    """A customer: one or more identities joined."""

    __tablename__ = "contact"

    id: Mapped[int] = mapped_column(IdentityColumn(), primary_key=True)
    name: Mapped[str]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Identity(Base):
    """One account on one network: a member, an X user, a brand's own account."""

    __tablename__ = "identity"
    __table_args__ = (Index("uq_identity_network_external_id", "network", "external_id", unique=True),)

    id: Mapped[int] = mapped_column(IdentityColumn(), primary_key=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"), index=True)
    """None for a brand's own account."""
    network: Mapped[str]
    external_id: Mapped[str]
    """The network's id. On the native network `member:<id>` or `brand:<channel account's brand id>`."""
    display_name: Mapped[str] = mapped_column(default="")
    handle: Mapped[str] = mapped_column(default="")
    avatar_url: Mapped[str] = mapped_column(default="")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Conversation(Base):
    """A lasting thread between identities. `version` counts every change that an open page should see."""

    __tablename__ = "conversation"
    __table_args__ = (
        # Between members there is no channel account; PostgreSQL then still must see two equal keys as equal.
        Index(
            "uq_conversation_account_id_external_key",
            "account_id",
            "external_key",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        CheckConstraint("kind in ('direct', 'group')", name="kind"),
    )

    id: Mapped[int] = mapped_column(IdentityColumn(), primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4, unique=True)
    network: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(ForeignKey("channel_account.id"))
    external_key: Mapped[str]
    kind: Mapped[str] = mapped_column(default="direct")
    title: Mapped[str] = mapped_column(default="")
    version: Mapped[int] = mapped_column(default=0)
    last_message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", use_alter=True))
    last_message_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Participant(Base):
    __tablename__ = "participant"
    __table_args__ = (Index("ix_participant_identity_id", "identity_id", "conversation_id"),)

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"), primary_key=True)
    role: Mapped[str] = mapped_column(default=ParticipantRole.CUSTOMER)
    joined_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
    left_at: Mapped[dt.datetime | None]
    typing_at: Mapped[dt.datetime | None]


class Message(Base):
    """What was said. Order in a conversation: platform time, then id."""

    __tablename__ = "message"
    __table_args__ = (
        Index(
            "uq_message_conversation_id_external_id",
            "conversation_id",
            "external_id",
            unique=True,
            postgresql_where=sql("external_id is not null"),
        ),
        Index(
            "uq_message_conversation_id_client_key",
            "conversation_id",
            "client_key",
            unique=True,
            postgresql_where=sql("client_key is not null"),
        ),
        Index("ix_message_conversation_id_platform_time_id", "conversation_id", "platform_time", "id"),
        Index("ix_message_conversation_id_version", "conversation_id", "version"),
        CheckConstraint("direction in ('in', 'out')", name="direction"),
    )

    id: Mapped[int] = mapped_column(IdentityColumn(), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    author_identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    author_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    """Who on the staff wrote it, for origin `desk_agent`."""
    direction: Mapped[str]
    origin: Mapped[str]
    external_id: Mapped[str | None]
    client_key: Mapped[str | None]
    """The composer's idempotency key."""
    platform_time: Mapped[dt.datetime]
    """When it was said, by the network; never later than `received_at`. Of a reply to be sent later: when that is."""
    received_at: Mapped[dt.datetime]
    released_at: Mapped[dt.datetime | None]
    """When the other side could see it; None while an outgoing message waits."""
    is_backfilled: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    """Learnt from the network's own record, not told by it when it was said."""
    version: Mapped[int] = mapped_column(default=0)
    """The conversation's version when this message last changed; pages ask for what is newer."""

    parts: Mapped[list["Part"]] = relationship(
        lazy="raise_on_sql", order_by="Part.position", cascade="all, delete-orphan", passive_deletes=True
    )
    delivery: Mapped["Delivery | None"] = relationship(lazy="raise_on_sql", back_populates="message", uselist=False)
    author: Mapped[Identity] = relationship(lazy="raise_on_sql")
    author_agent: Mapped[Agent | None] = relationship(lazy="raise_on_sql")


class Part(Base):
    """One ordered piece of a message."""

    __tablename__ = "part"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(default="")
    file_id: Mapped[int | None] = mapped_column(ForeignKey("file.id"), index=True)
    details: Mapped[Json] = mapped_column(default=dict, server_default=sql("'{}'"))

    file: Mapped["File | None"] = relationship(lazy="raise_on_sql")


class File(Base):
    """A stored medium, or one that is still to be fetched from its network."""

    __tablename__ = "file"
    __table_args__ = (
        CheckConstraint("state in ('stored', 'waiting', 'failed')", name="state"),
        Index("ix_file_waiting", "next_attempt_at", postgresql_where=sql("state = 'waiting'")),
    )

    id: Mapped[int] = mapped_column(IdentityColumn(), primary_key=True)
    public_id: Mapped[uuid.UUID] = mapped_column(default=uuid.uuid4, unique=True)
    state: Mapped[str] = mapped_column(default="stored")
    name: Mapped[str] = mapped_column(default="")
    mime: Mapped[str] = mapped_column(default="application/octet-stream")
    size: Mapped[int] = mapped_column(default=0)
    """Bytes."""
    sha256: Mapped[str] = mapped_column(default="")
    width: Mapped[int | None]
    height: Mapped[int | None]
    storage_key: Mapped[str] = mapped_column(default="", index=True)
    has_preview: Mapped[bool] = mapped_column(default=False)
    source_url: Mapped[str] = mapped_column(default="")
    account_id: Mapped[int | None] = mapped_column(ForeignKey("channel_account.id"))
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[dt.datetime | None]
    last_error: Mapped[str] = mapped_column(default="")
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Receipt(Base):
    """How far a participant has read (or been delivered to): every message up to `up_to_at`."""

    __tablename__ = "receipt"

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"), primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    up_to_at: Mapped[dt.datetime]
    at: Mapped[dt.datetime]


class Reaction(Base):
    __tablename__ = "reaction"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"), primary_key=True)
    emoji: Mapped[str] = mapped_column(primary_key=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    at: Mapped[dt.datetime]


class Edit(Base):
    """One version of a message's parts before it was changed; append-only."""

    __tablename__ = "edit"

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    parts_before: Mapped[Json]
    editor_identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"))
    at: Mapped[dt.datetime]


class Deletion(Base):
    """A tombstone: who took the message away, from everyone or from themselves only."""

    __tablename__ = "deletion"
    __table_args__ = (CheckConstraint("scope in ('everyone', 'actor_only')", name="scope"),)

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), primary_key=True)
    identity_id: Mapped[int] = mapped_column(ForeignKey("identity.id"), primary_key=True)
    scope: Mapped[str]
    at: Mapped[dt.datetime]


class ParkedEvent(Base):
    """An event that came before the message it refers to; applied when that arrives, set aside after 7 days."""

    __tablename__ = "parked_event"
    __table_args__ = (
        Index("ix_parked_event_target", "account_id", "target_external_id"),
        # A network repeats itself, and a replay repeats it all: the same event waits once.
        Index("uq_parked_event_fingerprint", "account_id", "fingerprint", unique=True),
        Index("ix_parked_event_set_aside", "id", postgresql_where=sql("set_aside_at is not null")),
        Index("ix_parked_event_waiting", "parked_at", postgresql_where=sql("set_aside_at is null")),
    )

    id: Mapped[int] = mapped_column(IdentityColumn(), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_account.id"))
    target_external_id: Mapped[str]
    conversation_key: Mapped[str]
    reader_external_id: Mapped[str]
    """Who did it: read, reacted, edited or deleted."""
    kind: Mapped[str]
    at: Mapped[dt.datetime]
    parked_at: Mapped[dt.datetime]
    details: Mapped[Json] = mapped_column(default=dict, server_default=sql("'{}'"))
    """What only its kind has: the emoji, or the new words."""
    fingerprint: Mapped[str | None]
    """Hash of all that it says; None for those parked by a release that knew none."""
    set_aside_at: Mapped[dt.datetime | None]
    discarded_at: Mapped[dt.datetime | None]
    discarded_by_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    discard_reason: Mapped[str] = mapped_column(default="", server_default="")

    discarded_by: Mapped[Agent | None] = relationship(lazy="raise_on_sql")


class InboundEvent(Base):
    """One webhook call as it came: the row is the work. Partitioned by month of `received_at`."""

    __tablename__ = "inbound_event"
    __table_args__ = (
        PrimaryKeyConstraint("id", "received_at"),
        CheckConstraint("state in ('received', 'processed', 'quarantined', 'unreadable', 'discarded')", name="state"),
        Index("ix_inbound_event_waiting", "account_id", "id", postgresql_where=sql("state = 'received'")),
        Index(
            "ix_inbound_event_set_aside",
            "account_id",
            "id",
            postgresql_where=sql("state in ('quarantined', 'unreadable')"),
        ),
        Index("ix_inbound_event_discarded", "id", postgresql_where=sql("state = 'discarded'")),
        # Rows come in the order of their time: block ranges find a span of it and cost an INSERT next to nothing.
        Index(
            "ix_inbound_event_received_at",
            "received_at",
            postgresql_using="brin",
            postgresql_with={"pages_per_range": 32, "autosummarize": True},
        ),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )

    id: Mapped[int] = mapped_column(IdentityColumn())
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_account.id"))
    received_at: Mapped[dt.datetime]
    is_backfilled: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    """A page of the network's own record that we asked for, not a call that it made."""
    headers: Mapped[Json]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    body_hash: Mapped[str]
    state: Mapped[str] = mapped_column(default=InboundState.RECEIVED)
    error: Mapped[str] = mapped_column(default="")
    processed_at: Mapped[dt.datetime | None]
    discarded_at: Mapped[dt.datetime | None]
    discarded_by_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    discard_reason: Mapped[str] = mapped_column(default="", server_default="")

    discarded_by: Mapped[Agent | None] = relationship(lazy="raise_on_sql")


class RefusedCalls(Base):
    """How many calls with a bad signature came on a day; nothing else of them is kept."""

    __tablename__ = "refused_calls"

    account_id: Mapped[int] = mapped_column(ForeignKey("channel_account.id"), primary_key=True)
    day: Mapped[dt.date] = mapped_column(primary_key=True)
    count: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[dt.datetime | None]


class Delivery(Base):
    """The carrying of one outgoing message, with its state (behaviour.md 4)."""

    __tablename__ = "delivery"
    __table_args__ = (
        CheckConstraint(f"state in ({', '.join(repr(s.value) for s in DeliveryState)})", name="state"),
        # Everything that may still hold up its conversation, in the order it is to go.
        Index(
            "ix_delivery_unsettled",
            "conversation_id",
            "not_before",
            "id",
            postgresql_where=sql("state in ('queued', 'sending', 'failed', 'unknown') and not is_passed"),
        ),
        # An echo is matched to these in the order of sending, also where somebody sent past one.
        Index(
            "ix_delivery_awaiting_echo",
            "conversation_id",
            "not_before",
            "id",
            postgresql_where=sql("state in ('sending', 'unknown')"),
        ),
        Index("ix_delivery_queued", "account_id", "not_before", postgresql_where=sql("state = 'queued'")),
        Index("ix_delivery_lease", "lease_until", postgresql_where=sql("state = 'sending'")),
        Index("ix_delivery_unknown", "account_id", "id", postgresql_where=sql("state = 'unknown'")),
        Index("ix_delivery_undelivered", "account_id", "id", postgresql_where=sql("state in ('failed', 'unknown')")),
        # What is to be sent later: asked for when its customer writes, and when its time comes.
        Index(
            "ix_delivery_send_later",
            "conversation_id",
            postgresql_where=sql("state = 'queued' and awaits_release"),
        ),
        Index(
            "ix_delivery_to_release",
            "account_id",
            "not_before",
            postgresql_where=sql("state = 'queued' and awaits_release and held_at is null"),
        ),
    )

    id: Mapped[int] = mapped_column(IdentityColumn(), primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), unique=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversation.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_account.id"))
    state: Mapped[str] = mapped_column(default=DeliveryState.QUEUED)
    not_before: Mapped[dt.datetime]
    """Its place in line, and the earliest instant it may go."""
    promise_due_at: Mapped[dt.datetime | None]
    """When the clock that this reply stopped was due; the earliest goes first when sends are scarce."""
    awaits_release: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    """It is to be sent later: until its time comes it stops no clock and holds up nothing."""
    held_at: Mapped[dt.datetime | None]
    """The customer wrote before its release: an agent decides whether it still fits."""
    is_taken_back: Mapped[bool] = mapped_column(default=False, server_default=sql("false"))
    """Its words went back into the composer, so the conversation does not show it."""
    expected_at: Mapped[dt.datetime | None]
    """About when the network's limit lets it go; None where nothing is scarce."""
    attempts: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[dt.datetime | None]
    """The next try after a failure that passes; it does not lose its place in line."""
    retried_at: Mapped[dt.datetime | None]
    """When an agent last asked for it to be sent again; None where nobody has."""
    lease_until: Mapped[dt.datetime | None]
    failure: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(default="")
    is_passed: Mapped[bool] = mapped_column(default=False)
    """An agent let those behind a failed or unknown one go past it."""
    accepted_at: Mapped[dt.datetime | None]
    delivered_at: Mapped[dt.datetime | None]
    read_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())

    message: Mapped[Message] = relationship(lazy="raise_on_sql", back_populates="delivery")
    conversation: Mapped[Conversation] = relationship(lazy="raise_on_sql")


class DeliveryAttempt(Base):
    """One call to the network for a delivery: a retry is a new row."""

    __tablename__ = "delivery_attempt"

    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    """"" while it runs; then accepted, unknown or a failure class."""
    detail: Mapped[str] = mapped_column(default="")


class ChannelLink(Base):
    """What is kept of an account's network beside its credentials: how far its record is read, and our webhook.

    Apart from `channel_account`, whose row every send locks.
    """

    __tablename__ = "channel_link"

    account_id: Mapped[int] = mapped_column(ForeignKey("channel_account.id"), primary_key=True)
    history_cursor: Mapped[str] = mapped_column(default="")
    """Id of the newest event up to which the record is read without a gap; "" before the first reading."""
    history_token: Mapped[str] = mapped_column(default="")
    """Asks for the next page of the reading under way; "" between readings."""
    history_newest: Mapped[str] = mapped_column(default="")
    """Where the cursor goes when the reading under way ends."""
    history_due_at: Mapped[dt.datetime | None]
    """When to read next; None: at once. While a page is read, when its reader is given up."""
    history_read_at: Mapped[dt.datetime | None]
    """When the last reading ended."""
    history_words: Mapped[str] = mapped_column(default="")
    """Why the last try came to nothing."""
    history_failures: Mapped[int] = mapped_column(default=0)
    """Tries in a row that came to nothing."""
    reads_remaining: Mapped[int | None]
    reads_reset_at: Mapped[dt.datetime | None]
    lookups_remaining: Mapped[int | None]
    """Of reading single conversations, which the network counts apart."""
    lookups_reset_at: Mapped[dt.datetime | None]
    webhook_id: Mapped[str] = mapped_column(default="")
    """The network's id of the webhook that leads here; "" when none is known."""
    webhook_is_valid: Mapped[bool] = mapped_column(default=False)
    webhook_checked_at: Mapped[dt.datetime | None]
    webhook_words: Mapped[str] = mapped_column(default="")
    """What the network said of it when that was not good."""


class DeliveryLookup(Base):
    """An unknown delivery that is looked for in the network's record."""

    __tablename__ = "delivery_lookup"
    __table_args__ = (Index("ix_delivery_lookup_due", "account_id", "due_at", postgresql_where=sql("not is_over")),)

    delivery_id: Mapped[int] = mapped_column(ForeignKey("delivery.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("channel_account.id"))
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[dt.datetime]
    is_over: Mapped[bool] = mapped_column(default=False)
