"""The SELECTs of the backlog: what is not resolved, how old it is, and what was left at the end of past days."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Double,
    ScalarSelect,
    TableValuedAlias,
    cast,
    column,
    extract,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from helpdesk.messaging.models import ChannelAccount
from helpdesk.metrics.definitions import Dimension
from helpdesk.metrics.grouping import named_by
from helpdesk.metrics.periods import Period, midnight
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.scope_queries import customer_of, lies_in
from helpdesk.metrics.workload import ANY_AGE, AgeBar, AgeRange, Ages, BacklogDay, BacklogTicket
from helpdesk.orm import db
from helpdesk.people.models import Agent, Team
from helpdesk.sla.timing import Span
from helpdesk.tickets.models import Status, Ticket
from helpdesk.tickets.queries import ACTIVE

_INSTANT = DateTime(timezone=True)
_NEVER = datetime.max.replace(tzinfo=UTC)

_HOUR = 3600
EDGES = tuple(_HOUR * hours for hours in (1, 4, 24, 3 * 24, 7 * 24, 28 * 24))
"""Seconds of age at which a bar ends and the next begins."""


def ages_by(scope: Scope, *, zone: str, at: datetime, dimension: Dimension | None) -> dict[str | None, Ages]:
    """name → the backlog under it; see `named_by`. Without a dimension all, under None.

    By hour, or weekday: that in the zone at which a ticket was opened.
    """
    name, joined = named_by(
        dimension,
        Ticket.__table__,
        ticket_id=Ticket.id,
        team_id=Ticket.team_id,
        account_id=Ticket.account_id,
        agent_id=Ticket.assignee_id,
        local=func.timezone(zone, Ticket.opened_at),
    )
    age = _age(at)
    counted = (
        select(
            name.label("name"),
            func.count().label("n"),
            *(func.percentile_cont(share).within_group(age).label(label) for share, label in _SHARES),
            func.max(age).label("oldest"),
        )
        .select_from(joined)
        .where(*_is_left(scope))
    )
    rows = db.session.execute(counted.group_by(name) if dimension else counted)
    return {row.name: Ages(n=row.n, median=row.median, p90=row.p90, oldest=row.oldest) for row in rows}


_SHARES = ((0.5, "median"), (0.9, "p90"))


def age_bars(scope: Scope, *, at: datetime) -> list[AgeBar]:
    """How many are how old, the youngest first; a bar for each, empty or not."""
    bucket = func.width_bucket(_age(at), literal([float(edge) for edge in EDGES], ARRAY(Double)))
    found = select(bucket.label("bucket"), func.count().label("n")).where(*_is_left(scope)).group_by("bucket")
    counted = {row.bucket: row.n for row in db.session.execute(found)}
    return [
        AgeBar(
            from_seconds=EDGES[index - 1] if index else 0,
            to_seconds=EDGES[index] if index < len(EDGES) else None,
            n=counted.get(index, 0),
        )
        for index in range(len(EDGES) + 1)
    ]


def count_backlog(scope: Scope, *, at: datetime, ages: AgeRange = ANY_AGE) -> int:
    return db.session.scalars(
        select(func.count()).select_from(Ticket).where(*_is_left(scope), *_of_age(at, ages))
    ).one()


def backlog(
    scope: Scope,
    *,
    at: datetime,
    ages: AgeRange = ANY_AGE,
    limit: int | None = None,
    offset: int = 0,
) -> list[BacklogTicket]:
    """The tickets that are counted, the oldest first; all of them without `limit`."""
    # Found before they are ordered: for the first few the planner might read all tickets by age.
    left = (
        select(
            Ticket.id,
            Ticket.account_id,
            Ticket.team_id,
            Ticket.assignee_id,
            Ticket.status,
            Ticket.opened_at,
            Ticket.waiting_since,
            _age(at).label("age_seconds"),
        )
        .where(*_is_left(scope), *_of_age(at, ages))
        .cte("left_over")
        .prefix_with("MATERIALIZED")
    )
    customer = customer_of(left.c.id)
    found = (
        select(
            left.c.id.label("ticket_id"),
            customer.c.name.label("customer"),
            ChannelAccount.network,
            Team.name.label("team"),
            Agent.name.label("agent"),
            left.c.status,
            left.c.opened_at,
            left.c.waiting_since,
            left.c.age_seconds,
        )
        .select_from(left)
        .join(customer, true())
        .join(ChannelAccount, ChannelAccount.id == left.c.account_id)
        .join(Team, Team.id == left.c.team_id)
        .outerjoin(Agent, Agent.id == left.c.assignee_id)
        .order_by(left.c.opened_at, left.c.id)
        .limit(limit)
        .offset(offset)
    )
    return [BacklogTicket(**row._mapping) for row in db.session.execute(found)]


def backlog_by_day(scope: Scope, period: Period, *, at: datetime) -> list[BacklogDay]:
    """One for each day of the period that has begun, oldest first.

    Counted back from what is left now, so the cost follows the time since the period began.
    """
    days = [day for day in period.days if day <= at.astimezone(period.since.tzinfo).date()]
    if not days:
        return []
    # The last span is whatever came after these days.
    begins = [midnight(day, period.zone) for day in [*days, days[-1] + timedelta(days=1)]]
    spans = list(pairwise([*begins, _NEVER]))
    each = _unnested(spans)
    closed = (Ticket.status == Status.CLOSED, Ticket.resolved_at.is_(None))
    # In one statement, so that nothing can happen between the counts.
    counted = db.session.execute(
        select(
            _count_in(each, scope, Ticket.opened_at).label("opened"),
            # What was closed without a resolve, in imported history, was never in a backlog.
            _count_in(each, scope, Ticket.opened_at, *closed).label("passed_by"),
            _count_in(each, scope, Ticket.resolved_at).label("resolved"),
            select(func.count()).select_from(Ticket).where(*_is_left(scope)).scalar_subquery().label("left"),
        )
        .select_from(each)
        .order_by(each.c.since, each.c.until)
    ).all()
    left = counted[0].left
    found: list[BacklogDay] = []
    for day, row in reversed(list(zip([*days, None], counted, strict=True))):
        if day is not None:
            found.append(BacklogDay(day=day, opened=row.opened, resolved=row.resolved, left=left))
        left += row.resolved - (row.opened - row.passed_by)
    return found[::-1]


def _unnested(spans: Sequence[Span]) -> TableValuedAlias:
    edges = (literal(list(side), ARRAY(_INSTANT)) for side in zip(*spans, strict=True))
    return func.unnest(*edges).table_valued(column("since", _INSTANT), column("until", _INSTANT)).render_derived()


def _count_in(each: TableValuedAlias, scope: Scope, instant: Any, *those: ColumnElement[bool]) -> ScalarSelect[int]:
    """How many tickets have the instant in each span; counted in an index alone."""
    is_in = (instant >= each.c.since, instant < each.c.until)
    return select(func.count()).select_from(Ticket).where(*is_in, *those, *_lies(scope)).scalar_subquery()


def _is_active() -> ColumnElement[bool]:
    return Ticket.status.in_(ACTIVE)


def _is_left(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    return (_is_active(), *_lies(scope))


def _lies(scope: Scope) -> list[ColumnElement[bool]]:
    found = lies_in(Ticket.__table__, scope)
    if scope.agent_id is not None:
        found.append(Ticket.assignee_id == scope.agent_id)
    return found


def _age(at: datetime) -> ColumnElement[float]:
    return cast(extract("epoch", literal(at) - Ticket.opened_at), Double)


def _of_age(at: datetime, ages: AgeRange) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if ages.at_least is not None:
        found.append(Ticket.opened_at <= at - timedelta(seconds=ages.at_least))
    if ages.under is not None:
        found.append(Ticket.opened_at > at - timedelta(seconds=ages.under))
    return found
