"""The SELECTs of the live board: what each tile counts, and which tickets or people those are.

A tile's number and its list come from one statement, `_live`, so what a number opens is what it counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, extract, func, literal, null, select, true, union_all

from helpdesk.messaging.models import ChannelAccount
from helpdesk.metrics.definitions import LiveNumber
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.scope_queries import lies_in, place_of
from helpdesk.orm import db
from helpdesk.people.models import Agent, TeamMembership
from helpdesk.sla.models import Clock
from helpdesk.tickets.models import Status, Ticket
from helpdesk.tickets.presence import HERE_FOR

AnySelect = Select[*tuple[Any, ...]]


@dataclass(frozen=True, kw_only=True)
class LiveDetails:
    """The line under each tile."""

    pending_or_snoozed: int
    oldest_unassigned_at: datetime | None
    median_waiting_seconds: float | None
    first_overdue_at: datetime | None
    staff: int


def count_live(scope: Scope, *, at: datetime) -> dict[LiveNumber, int]:
    """Every tile's number, in one statement."""
    counted = [
        select(literal(number.value), func.count()).select_from(_live(number, scope, at=at).subquery())
        for number in LiveNumber
    ]
    return {LiveNumber(name): n for name, n in db.session.execute(union_all(*counted))}


def live_details(scope: Scope, *, at: datetime) -> LiveDetails:
    waiting = _live(LiveNumber.WAITING, scope, at=at).with_only_columns(Ticket.waiting_since).subquery()
    unassigned = _live(LiveNumber.UNASSIGNED, scope, at=at).with_only_columns(Ticket.opened_at).subquery()
    put_away = _tickets(scope).where(Ticket.status.in_((Status.PENDING, Status.SNOOZED))).subquery()
    overdue = _live(LiveNumber.OVERDUE, scope, at=at).subquery()
    waited = extract("epoch", literal(at) - waiting.c.waiting_since)
    row = db.session.execute(
        select(
            select(func.count()).select_from(put_away).scalar_subquery(),
            select(func.min(unassigned.c.opened_at)).scalar_subquery(),
            select(func.percentile_cont(0.5).within_group(waited)).scalar_subquery(),
            select(func.min(overdue.c.press_at)).scalar_subquery(),
            select(func.count()).select_from(_staff(scope).subquery()).scalar_subquery(),
        )
    ).one()
    return LiveDetails(
        pending_or_snoozed=row[0],
        oldest_unassigned_at=row[1],
        median_waiting_seconds=row[2],
        first_overdue_at=row[3],
        staff=row[4],
    )


def live_ticket_ids(
    number: LiveNumber, scope: Scope, *, at: datetime, limit: int = 50, offset: int = 0
) -> Sequence[int]:
    """The tickets that a tile counts, the most pressing first."""
    counted = _live(number, scope, at=at).subquery()
    return db.session.scalars(
        select(counted.c.id).order_by(counted.c.press_at.asc().nulls_last(), counted.c.id).limit(limit).offset(offset)
    ).all()


def agents_here(scope: Scope, *, at: datetime) -> Sequence[Agent]:
    """The agents that the tile counts, by name."""
    here = _live(LiveNumber.HERE, scope, at=at).subquery()
    return db.session.scalars(select(Agent).where(Agent.id.in_(select(here.c.id))).order_by(Agent.name, Agent.id)).all()


def open_tickets_of(agent_ids: Sequence[int]) -> dict[int, int]:
    """agent id → how many tickets that agent has open."""
    rows = db.session.execute(
        select(Ticket.assignee_id, func.count())
        .where(Ticket.assignee_id.in_(agent_ids), Ticket.status == Status.OPEN)
        .group_by(Ticket.assignee_id)
    )
    return {agent_id: n for agent_id, n in rows if agent_id is not None}


def waiting_by_network(scope: Scope, *, at: datetime) -> Sequence[tuple[str, int, datetime]]:
    """(network, tickets that wait for us, since when the oldest of them waits), the most first."""
    waiting = (
        _live(LiveNumber.WAITING, scope, at=at).with_only_columns(Ticket.account_id, Ticket.waiting_since).subquery()
    )
    count = func.count()
    rows = db.session.execute(
        select(ChannelAccount.network, count, func.min(waiting.c.waiting_since))
        .join(waiting, waiting.c.account_id == ChannelAccount.id)
        .group_by(ChannelAccount.network)
        .order_by(count.desc(), ChannelAccount.network)
    )
    return [(network, n, since) for network, n, since in rows]


def _live(number: LiveNumber, scope: Scope, *, at: datetime) -> AnySelect:
    """Ids of what a tile counts, with the instant by which they are pressing."""
    match number:
        case LiveNumber.OPEN:
            return _open(_tickets(scope))
        case LiveNumber.UNASSIGNED:
            return _open(_tickets_of_teams(scope)).where(Ticket.assignee_id.is_(None))
        case LiveNumber.WAITING:
            waiting = _open(_tickets(scope)).where(Ticket.waiting_since.is_not(None))
            return waiting.with_only_columns(Ticket.id, Ticket.waiting_since.label("press_at"))
        case LiveNumber.AT_RISK:
            return _promised(scope, _soonest() >= at, _is_in_last_quarter(at))
        case LiveNumber.OVERDUE:
            return _promised(scope, _soonest() < at)
        case LiveNumber.HERE:
            return _staff(scope).where(Agent.last_seen_at > at - HERE_FOR)


def _tickets_of_teams(scope: Scope) -> AnySelect:
    return select(Ticket.id, Ticket.due_at.label("press_at")).where(*lies_in(Ticket.__table__, scope))


def _tickets(scope: Scope) -> AnySelect:
    found = _tickets_of_teams(scope)
    return found if scope.agent_id is None else found.where(Ticket.assignee_id == scope.agent_id)


def _open(tickets: AnySelect) -> AnySelect:
    return tickets.where(Ticket.status == Status.OPEN)


def _soonest() -> ColumnElement[Any]:
    due_at: ColumnElement[Any] = Clock.__table__.c.due_at
    return func.min(due_at)


def _is_in_last_quarter(at: datetime) -> ColumnElement[bool]:
    """Whether the last quarter of a promise has begun, as the clock beside it in the console has it."""
    gone, whole = (extract("epoch", end - Clock.started_at) for end in (literal(at), Clock.due_at))
    return func.bool_or(gone * 4 >= whole * 3)


def _promised(scope: Scope, *having: ColumnElement[bool]) -> AnySelect:
    """Tickets by their running promises, those that are paused left out."""
    promised = (
        select(Clock.ticket_id, _soonest().label("due_at"))
        .where(
            Clock.stopped_at.is_(None),
            Clock.superseded_at.is_(None),
            Clock.paused_at.is_(None),
            Clock.due_at.is_not(None),
        )
        .group_by(Clock.ticket_id)
        .having(and_(*having))
        .subquery()
    )
    place = place_of(promised.c.ticket_id)
    found = select(promised.c.ticket_id.label("id"), promised.c.due_at.label("press_at")).join(place, true())
    if scope.agent_id is not None:
        found = found.where(place.c.assignee_id == scope.agent_id)
    return found.where(*lies_in(place, scope))


def _staff(scope: Scope) -> AnySelect:
    """Active agents of the scope's teams."""
    members = select(TeamMembership.agent_id).where(TeamMembership.team_id.in_(sorted(scope.team_ids)))
    return select(Agent.id, null().label("press_at")).where(Agent.is_active, Agent.id.in_(members))
