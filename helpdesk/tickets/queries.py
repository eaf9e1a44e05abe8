"""The SELECTs of tickets. Everything a person sees goes through the fence of their standing.

Every list runs over one partial index per readable team and takes its first rows from each, so its cost follows
the page and the number of teams, not the number of tickets.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    cast,
    column,
    exists,
    false,
    func,
    join,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import aliased, joinedload

from helpdesk.errors import NotFound
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import (
    Conversation,
    Delivery,
    Direction,
    File,
    Identity,
    Message,
    Origin,
    Part,
    Participant,
)
from helpdesk.orm import db
from helpdesk.people.models import Agent, Role, Team, TeamMembership
from helpdesk.people.permissions import Act, Place, Standing, check
from helpdesk.sla.clocks import ClockStop
from helpdesk.sla.models import Calendar, CalendarVersion, Clock, ClockKind, Policy, PolicyVersion
from helpdesk.tickets.models import (
    CannedReply,
    Draft,
    Note,
    Presence,
    Status,
    Tag,
    Ticket,
    TicketMessage,
    TicketTag,
    TimelineEvent,
)

ACTIVE = (Status.OPEN, Status.PENDING, Status.SNOOZED)


class Queue(StrEnum):
    """The built-in queues, in the order they are shown."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    DUE_SOONEST = "due-soonest"
    WAITING_LONGEST = "waiting-longest"
    ALL_OPEN = "all-open"


# One ticket


def place_of(ticket: Ticket, team: Team) -> Place:
    return Place(brand_id=ticket.brand_id, team_id=team.id, is_open_to_all_agents=team.is_open_to_all_agents)


def find_ticket(ticket_id: int, standing: Standing, act: Act = Act.READ) -> Ticket:
    """The ticket with all that its page needs. Raises NotFound, or Refused where it may only be read."""
    ticket = db.session.scalars(_whole_tickets().where(Ticket.id == ticket_id)).one_or_none()
    if ticket is None:
        raise NotFound("no such ticket")
    check(standing, act, place_of(ticket, ticket.team))
    return ticket


def lock_ticket(ticket_id: int, standing: Standing, act: Act) -> Ticket:
    """The same, locked with its conversation, as it is now. Conversation first: the order every writer keeps."""
    found = find_ticket(ticket_id, standing, act)
    db.session.execute(
        select(Conversation.id).where(Conversation.id == found.conversation_id).with_for_update(key_share=True)
    )
    ticket = db.session.scalars(
        _whole_tickets()
        .where(Ticket.id == ticket_id)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    ).one()
    check(standing, act, place_of(ticket, ticket.team))
    return ticket


def _whole_tickets() -> Select[Ticket]:
    return select(Ticket).options(
        joinedload(Ticket.team).joinedload(Team.brand),
        joinedload(Ticket.account),
        joinedload(Ticket.assignee),
        joinedload(Ticket.conversation),
        joinedload(Ticket.customer),
    )


def lock_ticket_of_message(message_id: int) -> Ticket | None:
    """The ticket whose episode the message belongs to; its conversation must be locked."""
    return db.session.scalars(
        select(Ticket)
        .join(TicketMessage, TicketMessage.ticket_id == Ticket.id)
        .where(TicketMessage.message_id == message_id)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    ).one_or_none()


def lock_latest_tickets(brand_id: int, conversation_ids: Collection[int]) -> dict[int, Ticket]:
    """conversation id → its latest ticket that was not made by a split, locked."""
    newest = (
        select(Ticket.id)
        .where(Ticket.conversation_id == Conversation.id, Ticket.brand_id == brand_id, ~Ticket.is_split)
        .order_by(Ticket.id.desc())
        .limit(1)
        .lateral()
    )
    ids = (
        select(newest.c.id).select_from(Conversation).join(newest, true()).where(Conversation.id.in_(conversation_ids))
    )
    found = db.session.scalars(
        select(Ticket)
        .where(Ticket.id.in_(ids))
        .order_by(Ticket.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {ticket.conversation_id: ticket for ticket in found}


def latest_tickets(conversation_ids: Collection[int]) -> Sequence[Ticket]:
    """The latest ticket of each conversation, without a lock."""
    if not conversation_ids:
        return []
    newest = (
        select(func.max(Ticket.id)).where(Ticket.conversation_id.in_(conversation_ids)).group_by(Ticket.conversation_id)
    )
    return db.session.scalars(select(Ticket).where(Ticket.id.in_(newest))).all()


def tickets(ticket_ids: Collection[int]) -> Sequence[Ticket]:
    return db.session.scalars(select(Ticket).where(Ticket.id.in_(ticket_ids))).all()


def latest_ticket_of_conversation(account_id: int, conversation_key: str) -> Ticket:
    return db.session.scalars(
        select(Ticket)
        .join(Conversation, Conversation.id == Ticket.conversation_id)
        .where(Conversation.account_id == account_id, Conversation.external_key == conversation_key)
        .order_by(Ticket.id.desc())
        .limit(1)
    ).one()


def lock_active_tickets_of(agent_id: int) -> Sequence[Ticket]:
    return db.session.scalars(
        select(Ticket)
        .where(Ticket.assignee_id == agent_id, Ticket.status.in_(ACTIVE))
        .order_by(Ticket.id)
        .with_for_update()
    ).all()


def lock_snoozed_until(at: datetime, *, limit: int) -> Sequence[Ticket]:
    return db.session.scalars(
        select(Ticket)
        .where(Ticket.status == Status.SNOOZED, Ticket.snoozed_until <= at)
        .order_by(Ticket.snoozed_until)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()


def first_customer_message_after(ticket_id: int, instant: datetime) -> datetime | None:
    """Platform time of the episode's first customer message after `instant`."""
    return db.session.scalars(
        select(func.min(Message.platform_time))
        .join(TicketMessage, TicketMessage.message_id == Message.id)
        .where(TicketMessage.ticket_id == ticket_id, Message.direction == Direction.IN, Message.platform_time > instant)
    ).one()


def next_reply(ticket_id: int, *, after_message_id: int) -> ClockStop | None:
    """The next public reply in the episode after a message, as what would stop a clock in its place.

    A reply that failed or was taken back is none.
    """
    reply = aliased(Message)
    taken_back = exists().where(
        Delivery.message_id == reply.id, Delivery.state.in_((DeliveryState.FAILED, DeliveryState.CANCELLED))
    )
    row = db.session.execute(
        select(reply.id, reply.platform_time, reply.author_agent_id)
        .join(TicketMessage, TicketMessage.message_id == reply.id)
        .join(Message, Message.id == after_message_id)
        .where(
            TicketMessage.ticket_id == ticket_id,
            reply.direction == Direction.OUT,
            reply.origin != Origin.DESK_AUTOMATION,
            tuple_(reply.platform_time, reply.id) > tuple_(Message.platform_time, Message.id),
            ~taken_back,
        )
        .order_by(reply.platform_time, reply.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return ClockStop(ticket_id=ticket_id, at=row.platform_time, by_message_id=row.id, by_agent_id=row.author_agent_id)


def held_by(ticket_id: int, *, at: datetime) -> int | None:
    """Whose ticket it was at that instant, from its history; None: nobody's."""
    last = db.session.scalars(
        select(TimelineEvent.details)
        .where(
            TimelineEvent.ticket_id == ticket_id,
            TimelineEvent.kind.in_(("assigned", "unassigned")),
            TimelineEvent.at <= at,
        )
        .order_by(TimelineEvent.at.desc(), TimelineEvent.id.desc())
        .limit(1)
    ).one_or_none()
    return last.get("to_id") if last else None


# Lists


@dataclass(frozen=True, kw_only=True)
class TicketRow:
    """One row of a ticket list: everything it shows, in plain values."""

    id: int
    conversation_id: int
    status: str
    priority: int
    team_id: int
    network: str
    customer_name: str
    customer_handle: str
    assignee_id: int | None
    assignee_name: str | None
    waiting_since: datetime | None
    snoozed_until: datetime | None
    updated_at: datetime
    last_at: datetime | None
    last_direction: str | None
    last_kind: str | None
    last_text: str | None
    undecided_delivery: str | None
    """`failed` or `unknown` where a reply in the conversation waits for an agent's decision."""
    clock_kind: str | None
    clock_started_at: datetime | None
    clock_due_at: datetime | None
    clock_paused_at: datetime | None
    draft: str | None
    is_unread: bool

    @property
    def last_is_ours(self) -> bool:
        return self.last_direction == Direction.OUT


def _sorted(queue: Queue, rows: Any) -> tuple[ColumnElement[Any], ...]:
    """The queue's order, over tickets or over rows that carry their columns."""
    match queue:
        case Queue.ALL_OPEN:
            return rows.updated_at.desc(), rows.id.desc()
        case Queue.WAITING_LONGEST:
            return rows.waiting_since.asc().nulls_last(), rows.id.asc()
        case _:
            return rows.due_at.asc().nulls_last(), rows.id.asc()


_ORDER: dict[Queue, tuple[ColumnElement[Any], ...]] = {queue: _sorted(queue, Ticket) for queue in Queue}


def _belongs(queue: Queue, standing: Standing) -> tuple[ColumnElement[bool], ...]:
    match queue:
        case Queue.MINE:
            return (Ticket.assignee_id == standing.agent_id, Ticket.status.in_(ACTIVE))
        case Queue.UNASSIGNED:
            return (Ticket.status == Status.OPEN, Ticket.assignee_id.is_(None))
        case Queue.DUE_SOONEST:
            return (Ticket.status == Status.OPEN, Ticket.due_at.is_not(None))
        case Queue.WAITING_LONGEST:
            return (Ticket.status == Status.OPEN, Ticket.waiting_since.is_not(None))
        case Queue.ALL_OPEN:
            return (Ticket.status.in_(ACTIVE),)


def _front(queue: Queue, standing: Standing, *, limit: int, behind: Sequence[ColumnElement[bool]] = ()) -> Any:
    """Ids of the queue's first `limit`: the first of each readable team, each from one index, then of these.

    Cut off before anything is looked up for a row: a planner that expects a page of each team reads whole tables.
    """
    belongs = (*_belongs(queue, standing), *behind)
    if queue == Queue.MINE:
        return select(Ticket.id).where(*belongs, _readable(standing)).order_by(*_ORDER[queue]).limit(limit)
    # An array, not VALUES: a statement that holds those is compiled anew at every call.
    readable = literal(sorted(standing.readable_team_ids), ARRAY(Team.id.type))
    team = func.unnest(readable).table_valued(column("id", Team.id.type), name="readable").render_derived()
    first = (
        select(Ticket.id, Ticket.due_at, Ticket.waiting_since, Ticket.updated_at)
        .where(Ticket.team_id == team.c.id, *belongs)
        .order_by(*_ORDER[queue])
        .limit(limit)
        .lateral()
    )
    return select(first.c.id).select_from(team).join(first, true()).order_by(*_sorted(queue, first.c)).limit(limit)


def _readable(standing: Standing) -> ColumnElement[bool]:
    return Ticket.team_id.in_(sorted(standing.readable_team_ids))


def list_tickets(queue: Queue, standing: Standing, *, limit: int = 50, after_id: int | None = None) -> list[TicketRow]:
    """The front of a queue, or what comes behind one of its tickets, as this person may see it."""
    if not standing.readable_team_ids:
        return []
    behind = () if after_id is None else _behind(queue, after_id)
    ids = _front(queue, standing, limit=limit, behind=behind).subquery()
    return _rows(_row_select(standing, join(ids, Ticket, Ticket.id == ids.c.id)).order_by(*_ORDER[queue]))


def _behind(queue: Queue, ticket_id: int) -> Sequence[ColumnElement[bool]]:
    """What follows this ticket in the queue's order; nothing where the ticket is not there."""
    ticket = db.session.get(Ticket, ticket_id) if 0 < ticket_id < 2**63 else None
    if ticket is None:
        return (false(),)
    if queue == Queue.ALL_OPEN:
        return (tuple_(Ticket.updated_at, Ticket.id) < tuple_(ticket.updated_at, ticket.id),)
    waits = queue == Queue.WAITING_LONGEST
    key, value = (Ticket.waiting_since, ticket.waiting_since) if waits else (Ticket.due_at, ticket.due_at)
    if value is None:
        return key.is_(None), Ticket.id > ticket.id
    return (or_(tuple_(key, Ticket.id) > tuple_(value, ticket.id), key.is_(None)),)


def tickets_by_id(ticket_ids: Collection[int], standing: Standing) -> list[TicketRow]:
    """Rows of these tickets, those the person may see."""
    return _rows(_row_select(standing).where(Ticket.id.in_(ticket_ids), _readable(standing)).order_by(Ticket.id))


def count_queues(standing: Standing, *, cap: int = 1000) -> dict[Queue, int]:
    """How many tickets each queue holds; counting stops at `cap`, which is shown as "999+"."""
    if not standing.readable_team_ids:
        return dict.fromkeys(Queue, 0)
    counted = [
        select(literal(queue.value), func.count()).select_from(_capped(queue, standing, cap).subquery())
        for queue in Queue
    ]
    return {Queue(name): n for name, n in db.session.execute(union_all(*counted))}


def _capped(queue: Queue, standing: Standing, cap: int) -> Select[int]:
    return select(literal(1)).select_from(Ticket).where(*_belongs(queue, standing), _readable(standing)).limit(cap)


def _rows(statement: Select[*tuple[Any, ...]]) -> list[TicketRow]:
    return [TicketRow(**row._mapping) for row in db.session.execute(statement)]


def _row_select(standing: Standing, tickets: Any = Ticket) -> Select[*tuple[Any, ...]]:
    """A ticket with its customer, last words, nearest clock and what is this person's own: one statement."""
    customer, assignee = aliased(Identity), aliased(Agent)
    last, first_part = aliased(Message), aliased(Part)
    clock = (
        select(Clock.kind, Clock.started_at, Clock.due_at, Clock.paused_at)
        .where(Clock.ticket_id == Ticket.id, Clock.stopped_at.is_(None), Clock.superseded_at.is_(None))
        .order_by(Clock.due_at.asc().nulls_last(), Clock.id)
        .limit(1)
        .lateral("nearest_clock")
    )
    seen = aliased(Presence)
    return (
        select(
            Ticket.id,
            Ticket.conversation_id,
            Ticket.status,
            Ticket.priority,
            Ticket.team_id,
            customer.network,
            func.coalesce(func.nullif(customer.display_name, ""), customer.handle).label("customer_name"),
            customer.handle.label("customer_handle"),
            Ticket.assignee_id,
            assignee.name.label("assignee_name"),
            Ticket.waiting_since,
            Ticket.snoozed_until,
            Ticket.updated_at,
            last.platform_time.label("last_at"),
            last.direction.label("last_direction"),
            first_part.kind.label("last_kind"),
            func.left(first_part.text, 160).label("last_text"),
            _undecided_delivery().label("undecided_delivery"),
            clock.c.kind.label("clock_kind"),
            clock.c.started_at.label("clock_started_at"),
            clock.c.due_at.label("clock_due_at"),
            clock.c.paused_at.label("clock_paused_at"),
            func.left(Draft.body, 160).label("draft"),
            and_(
                last.direction == Direction.IN,
                or_(seen.seen_at.is_(None), seen.seen_at < Conversation.last_message_at),
                Ticket.waiting_since.is_not(None),
            ).label("is_unread"),
        )
        # First, since the planner keeps the order of joins when there are many.
        .select_from(tickets)
        .join(customer, customer.id == Ticket.customer_identity_id)
        .join(Conversation, Conversation.id == Ticket.conversation_id)
        .outerjoin(assignee, assignee.id == Ticket.assignee_id)
        .outerjoin(last, last.id == Conversation.last_message_id)
        .outerjoin(first_part, and_(first_part.message_id == last.id, first_part.position == 0))
        .outerjoin(clock, true())
        .outerjoin(Draft, and_(Draft.ticket_id == Ticket.id, Draft.agent_id == standing.agent_id))
        .outerjoin(seen, and_(seen.ticket_id == Ticket.id, seen.agent_id == standing.agent_id))
    )


def _undecided_delivery() -> ScalarSelect[str]:
    return (
        select(Delivery.state)
        .where(
            Delivery.conversation_id == Ticket.conversation_id,
            Delivery.state.in_((DeliveryState.FAILED, DeliveryState.UNKNOWN)),
            ~Delivery.is_passed,
        )
        .order_by(Delivery.not_before, Delivery.id)
        .limit(1)
        .scalar_subquery()
    )


# What a ticket's page shows


def tags_of(ticket_id: int) -> Sequence[str]:
    return db.session.scalars(
        select(Tag.name)
        .join(TicketTag, TicketTag.tag_id == Tag.id)
        .where(TicketTag.ticket_id == ticket_id)
        .order_by(Tag.name)
    ).all()


def tags_of_many(ticket_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    rows = db.session.execute(
        select(TicketTag.ticket_id, Tag.name)
        .join(Tag, Tag.id == TicketTag.tag_id)
        .where(TicketTag.ticket_id.in_(ticket_ids))
        .order_by(TicketTag.ticket_id, Tag.name)
    )
    found: dict[int, tuple[str, ...]] = {}
    for ticket_id, name in rows:
        found[ticket_id] = (*found.get(ticket_id, ()), name)
    return found


def tag_id(brand_id: int, name: str) -> int | None:
    return db.session.scalars(select(Tag.id).where(Tag.brand_id == brand_id, Tag.name == name)).one_or_none()


def other_tickets_of(identity_id: int, *, but: int, standing: Standing, limit: int = 5) -> Sequence[Ticket]:
    """The customer's other tickets that this person may see, newest first."""
    return db.session.scalars(
        select(Ticket)
        .where(Ticket.customer_identity_id == identity_id, Ticket.id != but, _readable(standing))
        .order_by(Ticket.id.desc())
        .limit(limit)
    ).all()


# Canned replies


def canned_replies(brand_id: int, agent_id: int) -> Sequence[CannedReply]:
    """Shared ones and the agent's own, the most used first."""
    return db.session.scalars(
        select(CannedReply)
        .where(CannedReply.brand_id == brand_id, or_(CannedReply.owner_id.is_(None), CannedReply.owner_id == agent_id))
        .order_by(CannedReply.use_count.desc(), CannedReply.shortcut)
        .limit(500)
    ).all()


def canned_reply_named(brand_id: int, owner_id: int | None, shortcut: str) -> CannedReply | None:
    return db.session.scalars(
        select(CannedReply).where(
            CannedReply.brand_id == brand_id,
            CannedReply.owner_id.is_not_distinct_from(owner_id),
            CannedReply.shortcut == shortcut,
        )
    ).one_or_none()


# Files


def find_file(public_id: UUID, standing: Standing) -> File:
    """A file said in a conversation that has a ticket this person may see. Raises NotFound."""
    file = db.session.scalars(
        select(File).where(
            File.public_id == public_id,
            exists()
            .where(Part.file_id == File.id, Message.id == Part.message_id)
            .where(Ticket.conversation_id == Message.conversation_id, _readable(standing)),
        )
    ).one_or_none()
    if file is None:
        raise NotFound("no such file")
    return file


# The console: what a page shows beside the messages, few queries for much


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What stands beside a ticket's messages."""

    tags: tuple[str, ...]
    draft: str
    draft_mode: str
    customer_typing_at: datetime | None


def beside(ticket: Ticket, *, agent_id: int) -> Beside:
    """Tags, this agent's draft and the customer's typing sign: one query."""
    tags = (
        select(func.array_agg(aggregate_order_by(Tag.name, Tag.name)))
        .join(TicketTag, TicketTag.tag_id == Tag.id)
        .where(TicketTag.ticket_id == ticket.id)
        .scalar_subquery()
    )
    typing_at = (
        select(Participant.typing_at)
        .where(
            Participant.conversation_id == ticket.conversation_id,
            Participant.identity_id == ticket.customer_identity_id,
        )
        .scalar_subquery()
    )
    row = db.session.execute(
        select(tags, typing_at, Draft.body, Draft.mode)
        .select_from(Ticket)
        .outerjoin(Draft, and_(Draft.ticket_id == Ticket.id, Draft.agent_id == agent_id))
        .where(Ticket.id == ticket.id)
    ).one()
    return Beside(tags=tuple(row[0] or ()), customer_typing_at=row[1], draft=row[2] or "", draft_mode=row[3] or "reply")


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
    of_conversation = select(Ticket.id).where(Ticket.conversation_id == conversation_id, _readable(standing))
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
    rows = db.session.execute(
        select(both.c.id, both.c.ticket_id, both.c.kind, both.c.at, Agent.name.label("agent_name"))
        .add_columns(both.c.body, both.c.details)
        .outerjoin(Agent, Agent.id == both.c.agent_id)
        .order_by(both.c.at, both.c.id)
    )
    return [Happening(**row._mapping) for row in rows]


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


def shown_promises(ticket_id: int) -> list[ShownPromise]:
    """The running promises of a ticket, soonest first: one query."""
    rows = db.session.execute(
        select(Clock.kind, Clock.started_at, Clock.due_at, Clock.paused_at, Clock.target_seconds, Clock.matched)
        .add_columns(Policy.name.label("policy"), Calendar.name.label("calendar"))
        .outerjoin(PolicyVersion, PolicyVersion.id == Clock.policy_version_id)
        .outerjoin(Policy, Policy.id == PolicyVersion.policy_id)
        .outerjoin(CalendarVersion, CalendarVersion.id == Clock.calendar_version_id)
        .outerjoin(Calendar, Calendar.id == CalendarVersion.calendar_id)
        .where(Clock.ticket_id == ticket_id, Clock.stopped_at.is_(None), Clock.superseded_at.is_(None))
        .order_by(Clock.due_at.asc().nulls_last(), Clock.id)
    )
    return [ShownPromise(**row._mapping) for row in rows]


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
    held = select(func.count()).where(Ticket.assignee_id == Agent.id, Ticket.status.in_(ACTIVE)).scalar_subquery()
    rows = db.session.execute(
        select(Agent.id.label("agent_id"), Agent.name, Agent.role)
        .add_columns(
            Team.id.label("team_id"),
            Team.name.label("team_name"),
            Agent.last_seen_at,
            case((Agent.last_seen_at > since, held)).label("load"),
            Presence.seen_at.label("here_at"),
            Presence.typing_at,
        )
        .outerjoin(TeamMembership, TeamMembership.agent_id == Agent.id)
        .outerjoin(Team, and_(Team.id == TeamMembership.team_id, Team.brand_id.in_(brand_ids)))
        .outerjoin(Presence, and_(Presence.ticket_id == (ticket_id or 0), Presence.agent_id == Agent.id))
        .where(Agent.is_active, or_(Team.id.is_not(None), Agent.role == Role.ADMIN))
        .order_by(Team.name, Agent.name, Agent.id)
    )
    return [Colleague(**row._mapping) for row in rows]


def still_in_queue(queue: Queue, ticket_ids: Collection[int], standing: Standing) -> set[int]:
    """Which of these tickets still belong to the queue, as this person may see it."""
    belonging = select(Ticket.id).where(Ticket.id.in_(ticket_ids), *_belongs(queue, standing), _readable(standing))
    return set(db.session.scalars(belonging))


# What customers are told


@dataclass(frozen=True, kw_only=True)
class UsualAnswer:
    """How many answers a brand gave, and the opening time within which 9 in 10 of them came."""

    answers: int
    p90_seconds: float | None


def usual_answer(brand_id: int, *, since: datetime) -> UsualAnswer:
    # Looked up by its key for each answer: a join might as well read every ticket there is.
    place = select(Ticket.brand_id).where(Ticket.id == Clock.ticket_id).limit(1).lateral()
    row = db.session.execute(
        select(func.count(), func.percentile_cont(0.9).within_group(Clock.business_seconds))
        .join(place, true())
        .where(
            place.c.brand_id == brand_id,
            Clock.kind.in_((ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)),
            Clock.stopped_at >= since,
            Clock.superseded_at.is_(None),
            Clock.stopped_by_message_id.is_not(None),
        )
    ).one()
    return UsualAnswer(answers=row[0], p90_seconds=row[1])
