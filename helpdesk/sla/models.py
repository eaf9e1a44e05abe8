"""Promises: calendars, policies, and one clock row for each interval in which a promise is timed."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, Double, Enum, ForeignKey, Identity, Index, Text, UniqueConstraint, event, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.orm import Base, Json


class ClockKind(StrEnum):
    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


RESPONSES = (ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)


class PauseReason(StrEnum):
    """Why a clock stood still: the ticket was pending, snoozed, or resolved and then reopened."""

    PENDING = "pending"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


class Calendar(Base):
    """Opening hours by name; what they are at a time is in its versions."""

    __tablename__ = "calendar"
    __table_args__ = (UniqueConstraint("brand_id", "name"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)


class CalendarVersion(Base):
    """Opening hours as published once; never changed afterwards.

    `definition` is what `calendar.to_definition` makes of BusinessHours.
    """

    __tablename__ = "calendar_version"
    __table_args__ = (UniqueConstraint("calendar_id", "version"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    calendar_id: Mapped[int] = mapped_column(ForeignKey("calendar.id", ondelete="CASCADE"))
    version: Mapped[int]
    definition: Mapped[Json]
    published_at: Mapped[dt.datetime]
    published_by_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))


class Policy(Base):
    """One rule in a brand's ordered list; what it promises at a time is in its versions.

    `position` orders the list, lowest first; a withdrawn policy has none.
    """

    __tablename__ = "policy"
    __table_args__ = (
        # Deferred, so that two rules can change places in one transaction.
        UniqueConstraint("brand_id", "position", deferrable=True, initially="DEFERRED"),
        UniqueConstraint("brand_id", "name"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id", ondelete="CASCADE"))
    position: Mapped[int | None]
    name: Mapped[str] = mapped_column(Text)


class PolicyVersion(Base):
    """What a policy promises and to which tickets, as published once; never changed afterwards.

    `conditions` is {"priorities": [str], "networks": [str], "account_ids": [int], "team_ids": [int],
    "tags": [str]}; an empty list means any. A target that is null is not promised. Without a calendar
    all hours count. `warn_fractions` are parts of the target, above 0 and below 1, lowest first. `actions` is what
    `escalations.to_actions` makes of what is to be done at a warning and at a breach.
    """

    __tablename__ = "policy_version"
    __table_args__ = (UniqueConstraint("policy_id", "version"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    policy_id: Mapped[int] = mapped_column(ForeignKey("policy.id", ondelete="CASCADE"))
    version: Mapped[int]
    conditions: Mapped[Json]
    calendar_version_id: Mapped[int | None] = mapped_column(ForeignKey("calendar_version.id"))
    first_response_seconds: Mapped[int | None]
    next_response_seconds: Mapped[int | None]
    resolution_seconds: Mapped[int | None]
    pause_while_pending: Mapped[bool]
    pause_while_snoozed: Mapped[bool]
    warn_fractions: Mapped[list[float]] = mapped_column(ARRAY(Double))
    actions: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    published_at: Mapped[dt.datetime]
    published_by_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))


RUNNING = "stopped_at IS NULL AND superseded_at IS NULL"

# A clock that stopped or paused too late before anybody looked still counts as unfired, so a worker that slept
# fires the same as one that did not. The claims use the same words, or their index would not serve them.
UNFIRED_BREACH = (
    "superseded_at IS NULL AND breach_fired_at IS NULL AND due_at IS NOT NULL"
    " AND (stopped_at IS NULL OR stopped_at > due_at) AND (paused_at IS NULL OR paused_at > due_at)"
)
# A warning is due at its instant, a breach only after the due time: what stopped or paused just then had been warned.
UNFIRED_WARNING = (
    "superseded_at IS NULL AND next_warn_at IS NOT NULL"
    " AND (stopped_at IS NULL OR stopped_at >= next_warn_at) AND (paused_at IS NULL OR paused_at >= next_warn_at)"
)


class Clock(Base):
    """One interval in which one promise of a ticket is timed; also the row that response times are read from.

    Running: neither stopped nor superseded. Without a promise `due_at` is null and the interval is still timed.
    `due_at` and `next_warn_at` hold every finished pause; while `paused_at` is set they stand still.
    `business_seconds` is filled at the stop: open time from start to stop, less pauses.
    `warned` are the fractions of the target whose warning has fired.
    `revoked_stops` is [{"stopped_at": iso, "message_id": int, "revoked_at": iso}], oldest first.
    """

    __tablename__ = "clock"
    __table_args__ = (
        CheckConstraint("stopped_at IS NULL OR stopped_at >= started_at", name="stops_after_its_start"),
        CheckConstraint("stopped_at IS NULL OR paused_at IS NULL", name="stopped_is_not_paused"),
        # These two decide races: one running interval of a kind, and one first response and resolution an episode.
        Index("uq_clock_running", "ticket_id", "kind", unique=True, postgresql_where=text(RUNNING)),
        Index(
            "uq_clock_once_an_episode",
            "ticket_id",
            "kind",
            unique=True,
            postgresql_where=text("superseded_at IS NULL AND kind <> 'next_response'"),
        ),
        Index("ix_clock_ticket_id", "ticket_id", "started_at"),
        Index(
            "ix_clock_running_by_due",
            "due_at",
            postgresql_where=text(f"{RUNNING} AND paused_at IS NULL AND due_at IS NOT NULL"),
        ),
        Index("ix_clock_unfired_breach", "due_at", postgresql_where=text(UNFIRED_BREACH)),
        Index("ix_clock_unfired_warning", "next_warn_at", postgresql_where=text(UNFIRED_WARNING)),
        Index(
            "ix_clock_stopped",
            "kind",
            "stopped_at",
            postgresql_where=text("stopped_at IS NOT NULL AND superseded_at IS NULL"),
        ),
        Index(
            "ix_clock_stopped_by_message_id",
            "stopped_by_message_id",
            postgresql_where=text("stopped_by_message_id IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id", ondelete="CASCADE"))
    kind: Mapped[ClockKind] = mapped_column(
        Enum(
            ClockKind,
            name="kind_is_known",
            native_enum=False,
            create_constraint=True,
            values_callable=lambda kinds: [k.value for k in kinds],
        )
    )
    policy_version_id: Mapped[int | None] = mapped_column(ForeignKey("policy_version.id"))
    calendar_version_id: Mapped[int | None] = mapped_column(ForeignKey("calendar_version.id"))
    matched: Mapped[str] = mapped_column(Text)
    target_seconds: Mapped[int | None]
    started_at: Mapped[dt.datetime]
    due_at: Mapped[dt.datetime | None]
    paused_at: Mapped[dt.datetime | None]
    next_warn_at: Mapped[dt.datetime | None]
    warned: Mapped[list[float]] = mapped_column(ARRAY(Double), server_default=text("'{}'"))
    breach_fired_at: Mapped[dt.datetime | None]
    stopped_at: Mapped[dt.datetime | None]
    stopped_by_message_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"))
    stopped_by_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    held_by_agent_id: Mapped[int | None] = mapped_column(ForeignKey("agent.id"))
    business_seconds: Mapped[float | None]
    superseded_at: Mapped[dt.datetime | None]
    revoked_stops: Mapped[list[Json]] = mapped_column(JSONB, server_default=text("'[]'"))

    @property
    def is_running(self) -> bool:
        return self.stopped_at is None and self.superseded_at is None


class ClockPause(Base):
    """A span in which a clock stood still, [started_at, ended_at); the pauses of one clock never overlap."""

    __tablename__ = "clock_pause"
    __table_args__ = (
        CheckConstraint("ended_at IS NULL OR ended_at >= started_at", name="ends_after_its_start"),
        Index("uq_clock_pause_open", "clock_id", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("ix_clock_pause_clock_id", "clock_id", "started_at"),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clock.id", ondelete="CASCADE"))
    started_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    reason: Mapped[PauseReason] = mapped_column(
        Enum(
            PauseReason,
            name="reason_is_known",
            native_enum=False,
            create_constraint=True,
            values_callable=lambda reasons: [r.value for r in reasons],
        )
    )


def _refuse_change(_mapper: object, _connection: object, version: CalendarVersion | PolicyVersion) -> None:
    raise TypeError(f"{type(version).__name__} {version.id} is published and never changes; publish a new version")


event.listen(CalendarVersion, "before_update", _refuse_change)
event.listen(PolicyVersion, "before_update", _refuse_change)
