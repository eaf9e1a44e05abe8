"""The SELECTs of handle time: how long agents were at which tickets, by spans that ended in the period."""

from typing import Any

from sqlalchemy import Double, Select, cast, extract, func, select, true

from helpdesk.messaging.models import ChannelAccount
from helpdesk.metrics.definitions import Dimension
from helpdesk.metrics.grouping import named_by
from helpdesk.metrics.periods import Period
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.scope_queries import customer_of, lies_in, place_of
from helpdesk.metrics.workload import Handled, HandledTicket
from helpdesk.orm import db
from helpdesk.people.models import Agent, Team
from helpdesk.tickets.models import Handling


def handled(scope: Scope, period: Period, dimension: Dimension | None) -> dict[str | None, Handled]:
    """name → the handle times under it; see `named_by`. Without a dimension all, under None.

    By hour: that at which an agent was last at the ticket in the period.
    """
    one = _by_agent_and_ticket(scope, period).subquery()
    name, joined = named_by(
        dimension,
        one,
        ticket_id=one.c.ticket_id,
        team_id=one.c.team_id,
        account_id=one.c.account_id,
        agent_id=one.c.agent_id,
        local=func.timezone(period.zone, one.c.last_at),
    )
    counted = select(
        name.label("name"),
        func.count().label("n"),
        func.coalesce(func.sum(one.c.seconds), 0.0).label("total"),
        func.avg(one.c.seconds).label("mean"),
        func.percentile_cont(0.5).within_group(one.c.seconds).label("median"),
        func.percentile_cont(0.9).within_group(one.c.seconds).label("p90"),
    ).select_from(joined)
    rows = db.session.execute(counted.group_by(name) if dimension else counted)
    return {row.name: Handled(n=row.n, total=row.total, mean=row.mean, median=row.median, p90=row.p90) for row in rows}


def count_handled(scope: Scope, period: Period) -> int:
    one = _by_agent_and_ticket(scope, period).subquery()
    return db.session.scalars(select(func.count()).select_from(one)).one()


def handled_tickets(scope: Scope, period: Period, *, limit: int | None = None, offset: int = 0) -> list[HandledTicket]:
    """What is counted, the longest first; all of it without `limit`."""
    one = _by_agent_and_ticket(scope, period).subquery()
    customer = customer_of(one.c.ticket_id)
    found = (
        select(
            one.c.ticket_id,
            customer.c.name.label("customer"),
            ChannelAccount.network,
            Team.name.label("team"),
            Agent.name.label("agent"),
            one.c.spans,
            one.c.last_at,
            one.c.seconds,
        )
        .select_from(one)
        .join(customer, true())
        .join(ChannelAccount, ChannelAccount.id == one.c.account_id)
        .join(Team, Team.id == one.c.team_id)
        .join(Agent, Agent.id == one.c.agent_id)
        .order_by(one.c.seconds.desc(), one.c.ticket_id, one.c.agent_id)
        .limit(limit)
        .offset(offset)
    )
    return [HandledTicket(**row._mapping) for row in db.session.execute(found)]


def _by_agent_and_ticket(scope: Scope, period: Period) -> Select[*tuple[Any, ...]]:
    place = place_of(Handling.ticket_id)
    found = (
        select(
            Handling.agent_id,
            Handling.ticket_id,
            place.c.team_id,
            place.c.account_id,
            func.count().label("spans"),
            func.max(Handling.ended_at).label("last_at"),
            func.sum(cast(extract("epoch", Handling.ended_at - Handling.started_at), Double)).label("seconds"),
        )
        .join(place, true())
        .where(Handling.ended_at >= period.since, Handling.ended_at < period.until, *lies_in(place, scope))
        .group_by(Handling.agent_id, Handling.ticket_id, place.c.team_id, place.c.account_id)
    )
    return found if scope.agent_id is None else found.where(Handling.agent_id == scope.agent_id)


def handle_seconds(scope: Scope, period: Period) -> list[float]:
    """What `handled` counts, each for itself, in no order."""
    return list(db.session.scalars(select(_by_agent_and_ticket(scope, period).subquery().c.seconds)))
