"""The SELECTs of a ticket's page, beside and between its messages: few queries for much."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Select, and_, any_, bindparam, case, cast, exists, func, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

from helpdesk.errors import NotFound
from helpdesk.messaging.models import File, Identity, Message, Part, Participant
from helpdesk.orm import db
from helpdesk.people.models import Agent, Role, Team, TeamMembership
from helpdesk.people.permissions import Standing
from helpdesk.sla.models import Calendar, CalendarVersion, Clock, Policy, PolicyVersion
from helpdesk.tickets.models import CustomerTag, Draft, Note, Presence, Tag, Ticket, TicketTag, TimelineEvent
from helpdesk.tickets.queries import ACTIVE, IS_READABLE, ME, fence

_TICKET = bindparam("ticket_id", type_=Ticket.id.type)


@dataclass(frozen=True, kw_only=True)
class ShownPromise:
    """A running promise with what explains it."""

    kind: str
    started_at: datetime
    due_at: datetime | None
    paused_at: datetime | None
    target_seconds: int | None
    matched: str
    policy: str | None
    calendar: str | None


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What stands beside a ticket's messages."""

    tags: tuple[str, ...]
    customer_tags: tuple[str, ...]
    draft: str
    draft_mode: str
    customer_typing_at: datetime | None
    promises: tuple[ShownPromise, ...]
    """The running ones, soonest first."""


def beside(ticket_id: int, *, agent_id: int) -> Beside:
    """Tags, the customer's too, this agent's draft, the customer's typing sign and running promises: one query."""
    rows = db.session.execute(_beside(), {"ticket_id": ticket_id, "agent_id": agent_id}).all()
    tags, customer_tags, typing_at, draft, mode, *_ = rows[0]
    promises = tuple(ShownPromise(**dict(zip(_PROMISE, row[5:], strict=True))) for row in rows if row.kind)
    return Beside(
        tags=tuple(tags or ()),
        customer_tags=tuple(customer_tags or ()),
        customer_typing_at=typing_at,
        draft=draft or "",
        draft_mode=mode or "reply",
        promises=promises,
    )


_PROMISE = tuple(field.name for field in fields(ShownPromise))


@cache
def _beside() -> Select[*tuple[Any, ...]]:
    """A row for each promise that runs, or one without; the rest is the same in all."""
    tags = (
        select(func.array_agg(aggregate_order_by(Tag.name, Tag.name)))
        .join(TicketTag, TicketTag.tag_id == Tag.id)
        .where(TicketTag.ticket_id == Ticket.id)
        .scalar_subquery()
    )
    customer_tags = (
        select(func.array_agg(aggregate_order_by(Tag.name, Tag.name)))
        .join(CustomerTag, CustomerTag.tag_id == Tag.id)
        .join(Identity, Identity.contact_id == CustomerTag.contact_id)
        .where(Identity.id == Ticket.customer_identity_id, Tag.brand_id == Ticket.brand_id)
        .scalar_subquery()
    )
    typing_at = (
        select(Participant.typing_at)
        .where(
            Participant.conversation_id == Ticket.conversation_id,
            Participant.identity_id == Ticket.customer_identity_id,
        )
        .scalar_subquery()
    )
    runs = and_(Clock.ticket_id == Ticket.id, Clock.stopped_at.is_(None), Clock.superseded_at.is_(None))
    return (
        select(tags, customer_tags, typing_at, Draft.body, Draft.mode)
        .add_columns(Clock.kind, Clock.started_at, Clock.due_at, Clock.paused_at, Clock.target_seconds, Clock.matched)
        .add_columns(Policy.name.label("policy"), Calendar.name.label("calendar"))
        .select_from(Ticket)
        .outerjoin(Draft, and_(Draft.ticket_id == Ticket.id, Draft.agent_id == ME))
        .outerjoin(Clock, runs)
        .outerjoin(PolicyVersion, PolicyVersion.id == Clock.policy_version_id)
        .outerjoin(Policy, Policy.id == PolicyVersion.policy_id)
        .outerjoin(CalendarVersion, CalendarVersion.id == Clock.calendar_version_id)
        .outerjoin(Calendar, Calendar.id == CalendarVersion.calendar_id)
        .where(Ticket.id == _TICKET)
        .order_by(Clock.due_at.asc().nulls_last(), Clock.id)
    )


@dataclass(frozen=True, kw_only=True)
class Happening:
    """A note or an event in a conversation's tickets, to stand between its messages."""

    id: int
    ticket_id: int
    kind: str
    """`note`, or the event's kind."""
    at: datetime
    agent_name: str | None
    body: str
    details: dict[str, Any]

    @property
    def is_note(self) -> bool:
        return self.kind == "note"


_NOT_SHOWN = ("replied", "not delivered")
"""Events that the messages themselves tell."""


def happenings(conversation_id: int, standing: Standing, *, limit: int = 200) -> list[Happening]:
    """The newest notes and events of a conversation's tickets that this person may see, oldest first: one query."""
    asked = fence(standing) | {"conversation_id": conversation_id, "limit": limit}
    return [Happening(**row._mapping) for row in db.session.execute(_happenings(), asked)]


@cache
def _happenings() -> Select[*tuple[Any, ...]]:
    of_conversation = select(Ticket.id).where(Ticket.conversation_id == bindparam("conversation_id"), IS_READABLE)
    limit = bindparam("limit", type_=Integer)
    no_details, no_body = cast({}, TimelineEvent.details.type), literal("")
    said = (
        select(Note.id, Note.ticket_id, literal("note").label("kind"), Note.at, Note.author_id.label("agent_id"))
        .add_columns(Note.body, no_details.label("details"))
        .where(Note.ticket_id.in_(of_conversation))
        .order_by(Note.id.desc())
        .limit(limit)
    )
    happened = (
        select(TimelineEvent.id, TimelineEvent.ticket_id, TimelineEvent.kind, TimelineEvent.at, TimelineEvent.agent_id)
        .add_columns(no_body.label("body"), TimelineEvent.details)
        .where(TimelineEvent.ticket_id.in_(of_conversation), TimelineEvent.kind.not_in(_NOT_SHOWN))
        .order_by(TimelineEvent.id.desc())
        .limit(limit)
    )
    both = union_all(select(said.subquery()), select(happened.subquery())).subquery()
    return (
        select(both.c.id, both.c.ticket_id, both.c.kind, both.c.at, Agent.name.label("agent_name"))
        .add_columns(both.c.body, both.c.details)
        .outerjoin(Agent, Agent.id == both.c.agent_id)
        .order_by(both.c.at, both.c.id)
    )


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody on the staff, in one of their teams."""

    agent_id: int
    name: str
    role: str
    team_id: int | None
    team_name: str | None
    last_seen_at: datetime | None
    load: int | None
    """Tickets they hold; counted only for those seen since."""
    here_at: datetime | None
    """When they last said that they have the ticket open."""
    typing_at: datetime | None


def colleagues(brand_ids: Collection[int], *, ticket_id: int | None, since: datetime) -> list[Colleague]:
    """The staff of these brands and all admins, a row for each team they are in, by team and name: one query."""
    asked = {"brand_ids": list(brand_ids), "ticket_id": ticket_id or 0, "since": since}
    return [Colleague(**row._mapping) for row in db.session.execute(_colleagues(), asked)]


@cache
def _colleagues() -> Select[*tuple[Any, ...]]:
    brand_ids = bindparam("brand_ids", type_=ARRAY(Team.brand_id.type))
    held = select(func.count()).where(Ticket.assignee_id == Agent.id, Ticket.status.in_(ACTIVE)).scalar_subquery()
    return (
        select(Agent.id.label("agent_id"), Agent.name, Agent.role)
        .add_columns(
            Team.id.label("team_id"),
            Team.name.label("team_name"),
            Agent.last_seen_at,
            case((Agent.last_seen_at > bindparam("since"), held)).label("load"),
            Presence.seen_at.label("here_at"),
            Presence.typing_at,
        )
        .outerjoin(TeamMembership, TeamMembership.agent_id == Agent.id)
        .outerjoin(Team, and_(Team.id == TeamMembership.team_id, Team.brand_id == any_(brand_ids)))
        .outerjoin(Presence, and_(Presence.ticket_id == _TICKET, Presence.agent_id == Agent.id))
        .where(Agent.is_active, or_(Team.id.is_not(None), Agent.role == Role.ADMIN))
        .order_by(Team.name, Agent.name, Agent.id)
    )


@dataclass(frozen=True, kw_only=True)
class OtherTicket:
    """Another ticket of the same customer."""

    id: int
    status: str
    opened_at: datetime


def other_tickets_of(identity_id: int, *, but: int, standing: Standing) -> list[OtherTicket]:
    """The customer's newest other tickets that this person may see, at most five."""
    asked = fence(standing) | {"identity_id": identity_id, "but": but}
    return [OtherTicket(**row._mapping) for row in db.session.execute(_other_tickets(), asked)]


@cache
def _other_tickets() -> Select[*tuple[Any, ...]]:
    return (
        select(Ticket.id, Ticket.status, Ticket.opened_at)
        .where(Ticket.customer_identity_id == bindparam("identity_id"), Ticket.id != bindparam("but"), IS_READABLE)
        .order_by(Ticket.id.desc())
        .limit(5)
    )


def find_file(public_id: UUID, standing: Standing) -> File:
    """A file said in a conversation that has a ticket this person may see. Raises NotFound."""
    statement = select(File).where(
        File.public_id == public_id,
        exists()
        .where(Part.file_id == File.id, Message.id == Part.message_id)
        .where(Ticket.conversation_id == Message.conversation_id, IS_READABLE),
    )
    file = db.session.scalars(statement, fence(standing)).one_or_none()
    if file is None:
        raise NotFound("no such file")
    return file
