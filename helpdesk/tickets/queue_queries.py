"""The SELECTs of queues: lists of tickets and their counts, through the fence of a person's standing.

Every list runs over one partial index per readable team and takes its first rows from each, so its cost follows
the page and the number of teams, not the number of tickets.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Integer,
    ScalarSelect,
    Select,
    and_,
    any_,
    bindparam,
    case,
    column,
    func,
    join,
    literal,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import aliased

from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Conversation, Delivery, Direction, Identity, Message, Part
from helpdesk.orm import db
from helpdesk.people.models import Agent, Team
from helpdesk.people.permissions import Standing
from helpdesk.sla.models import Clock
from helpdesk.tickets import undelivered_queries
from helpdesk.tickets.models import Draft, Presence, Status, Ticket
from helpdesk.tickets.queries import ACTIVE, IS_READABLE, ME, READABLE_TEAMS, fence


class Queue(StrEnum):
    """The built-in queues, in the order they are shown."""

    MINE = "mine"
    UNASSIGNED = "unassigned"
    DUE_SOONEST = "due-soonest"
    WAITING_LONGEST = "waiting-longest"
    ALL_OPEN = "all-open"


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
    later_reply: str | None
    """`scheduled` or `held` where a reply in the conversation is to be sent later."""
    clock_kind: str | None
    clock_started_at: datetime | None
    clock_due_at: datetime | None
    clock_paused_at: datetime | None
    draft: str | None
    is_unread: bool

    @property
    def last_is_ours(self) -> bool:
        return self.last_direction == Direction.OUT


_KEY = dict.fromkeys(Queue, "due_at") | {Queue.WAITING_LONGEST: "waiting_since", Queue.ALL_OPEN: "updated_at"}
"""What a queue is sorted by; ids part equals."""

_IDS = bindparam("ticket_ids", type_=ARRAY(Ticket.id.type))
_LIMIT = bindparam("limit", type_=Integer)


def list_tickets(queue: Queue, standing: Standing, *, limit: int = 50, after_id: int | None = None) -> list[TicketRow]:
    """The front of a queue, or what comes behind one of its tickets, as this person may see it."""
    if not standing.readable_team_ids:
        return []
    asked = fence(standing) | {"limit": limit}
    if after_id is None:
        return _rows(_list(queue), asked)
    ticket = db.session.get(Ticket, after_id) if 0 < after_id < 2**63 else None
    if ticket is None:
        return []
    key = getattr(ticket, _KEY[queue])
    place: _Place = "behind one without a key" if key is None else "behind"
    return _rows(_list(queue, place), asked | {"after_key": key, "after_id": ticket.id})


def tickets_by_id(ticket_ids: Collection[int], standing: Standing) -> list[TicketRow]:
    """Rows of these tickets, those the person may see."""
    return _rows(_list_by_id(), fence(standing) | {"ticket_ids": list(ticket_ids)})


def still_in_queue(queue: Queue, ticket_ids: Collection[int], standing: Standing) -> set[int]:
    """Which of these tickets still belong to the queue, as this person may see it."""
    belonging = select(Ticket.id).where(Ticket.id == any_(_IDS), *_belongs(queue), IS_READABLE)
    return set(db.session.scalars(belonging, fence(standing) | {"ticket_ids": list(ticket_ids)}))


UNDELIVERED = "undelivered"
"""Among the counts of queues: replies that did not arrive, or of which nobody knows."""


def count_queues(standing: Standing, *, cap: int = 1000) -> dict[str, int]:
    """How many tickets each queue holds, and how many replies are UNDELIVERED.

    Counting stops at `cap`, which is shown as "999+".
    """
    if not standing.readable_team_ids:
        return dict.fromkeys((*Queue, UNDELIVERED), 0)
    rows = db.session.execute(_counts(), fence(standing) | {"limit": cap})
    return {row.name: row.n for row in rows}


def _rows(statement: Select[*tuple[Any, ...]], asked: dict[str, Any]) -> list[TicketRow]:
    return [TicketRow(**row._mapping) for row in db.session.execute(statement, asked)]


# The statements

_Place = Literal["at the front", "behind", "behind one without a key"]


@cache
def _list(queue: Queue, place: _Place = "at the front") -> Select[*tuple[Any, ...]]:
    ids = _ids(queue, place).subquery()
    return _row_select(join(ids, Ticket, Ticket.id == ids.c.id)).order_by(*_sorted(queue, Ticket))


@cache
def _list_by_id() -> Select[*tuple[Any, ...]]:
    return _row_select(Ticket).where(Ticket.id == any_(_IDS), IS_READABLE).order_by(Ticket.id)


@cache
def _counts() -> CompoundSelect[*tuple[Any, ...]]:
    capped = {queue.value: _capped(queue) for queue in Queue} | {UNDELIVERED: undelivered_queries.counted(_LIMIT)}
    return union_all(
        *(
            select(literal(name).label("name"), func.count().label("n")).select_from(rows.subquery())
            for name, rows in capped.items()
        )
    )


def _capped(queue: Queue) -> Select[int]:
    return select(literal(1)).select_from(Ticket).where(*_belongs(queue), IS_READABLE).limit(_LIMIT)


def _ids(queue: Queue, place: _Place) -> Any:
    """Ids of the first so many: the first of each readable team, each from one index, then of these.

    Cut off before anything is looked up for a row: a planner that expects a page of each team reads whole tables.
    """
    belongs = (*_belongs(queue), *_lies(queue, place))
    if queue == Queue.MINE:
        return select(Ticket.id).where(*belongs, IS_READABLE).order_by(*_sorted(queue, Ticket)).limit(_LIMIT)
    team = func.unnest(READABLE_TEAMS).table_valued(column("id", Team.id.type), name="readable").render_derived()
    first = (
        select(Ticket.id, Ticket.due_at, Ticket.waiting_since, Ticket.updated_at)
        .where(Ticket.team_id == team.c.id, *belongs)
        .order_by(*_sorted(queue, Ticket))
        .limit(_LIMIT)
        .lateral()
    )
    return select(first.c.id).select_from(team).join(first, true()).order_by(*_sorted(queue, first.c)).limit(_LIMIT)


def _belongs(queue: Queue) -> tuple[ColumnElement[bool], ...]:
    match queue:
        case Queue.MINE:
            return (Ticket.assignee_id == ME, Ticket.status.in_(ACTIVE))
        case Queue.UNASSIGNED:
            return (Ticket.status == Status.OPEN, Ticket.assignee_id.is_(None))
        case Queue.DUE_SOONEST:
            return (Ticket.status == Status.OPEN, Ticket.due_at.is_not(None))
        case Queue.WAITING_LONGEST:
            return (Ticket.status == Status.OPEN, Ticket.waiting_since.is_not(None))
        case Queue.ALL_OPEN:
            return (Ticket.status.in_(ACTIVE),)


def _sorted(queue: Queue, rows: Any) -> tuple[ColumnElement[Any], ...]:
    """The queue's order, over tickets or over rows that carry their columns."""
    key = getattr(rows, _KEY[queue])
    return (key.desc(), rows.id.desc()) if queue == Queue.ALL_OPEN else (key.asc().nulls_last(), rows.id.asc())


def _lies(queue: Queue, place: _Place) -> tuple[ColumnElement[bool], ...]:
    key, after_id = getattr(Ticket, _KEY[queue]), bindparam("after_id", type_=Ticket.id.type)
    own, other = tuple_(key, Ticket.id), tuple_(bindparam("after_key", type_=key.type), after_id)
    match place:
        case "at the front":
            return ()
        case "behind one without a key":
            return key.is_(None), Ticket.id > after_id
        case "behind":
            return (own < other,) if queue == Queue.ALL_OPEN else (or_(own > other, key.is_(None)),)


def _row_select(tickets: Any) -> Select[*tuple[Any, ...]]:
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
            _later_reply().label("later_reply"),
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
        .outerjoin(Draft, and_(Draft.ticket_id == Ticket.id, Draft.agent_id == ME))
        .outerjoin(seen, and_(seen.ticket_id == Ticket.id, seen.agent_id == ME))
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


def _later_reply() -> ScalarSelect[str]:
    return (
        select(case((Delivery.held_at.is_not(None), "held"), else_="scheduled"))
        .where(
            Delivery.conversation_id == Ticket.conversation_id,
            Delivery.state == DeliveryState.QUEUED,
            Delivery.awaits_release,
        )
        .order_by(Delivery.held_at.asc().nulls_last())
        .limit(1)
        .scalar_subquery()
    )
