"""The SELECTs of handle time: how long agents were at which tickets, by spans that ended in the period."""

from collections.abc import Collection, Sequence
from typing import Any
from typing import cast as typed

from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    Select,
    and_,
    cast,
    extract,
    false,
    func,
    or_,
    select,
    true,
    tuple_,
)

from helpdesk.columns import read_columns
from helpdesk.messaging.models import ChannelAccount
from helpdesk.metrics.definitions import Dimension
from helpdesk.metrics.grouping import named_by
from helpdesk.metrics.handled import Handlings
from helpdesk.metrics.periods import Period
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.scope_queries import customer_of, lies_in, place_of
from helpdesk.metrics.workload import HandledTicket
from helpdesk.orm import db
from helpdesk.people.models import Agent, Team
from helpdesk.sla.timing import Span
from helpdesk.tickets.models import Handling


def handlings_in(spans: Sequence[Span], scope: Scope) -> Handlings:
    """What ended in these spans of time, and where the tickets lie."""
    place = place_of(Handling.ticket_id)
    found = (
        select(Handling.ticket_id, Handling.agent_id, place.c.team_id, place.c.account_id, Handling.ended_at, _SECONDS)
        .join(place, true())
        .where(or_(false(), *(and_(Handling.ended_at >= since, Handling.ended_at < until) for since, until in spans)))
        .where(*_of(place, scope))
        .subquery("found")
    )
    columns = read_columns(
        found,
        floats={"seconds": found.c.seconds, "ended": extract("epoch", found.c.ended_at)},
        integers={name: found.c[name] for name in ("ticket_id", "agent_id", "team_id", "account_id")},
    )
    return Handlings(**typed(Any, columns))


def names_of(scope: Scope, period: Period, dimension: Dimension) -> Sequence[tuple[int, int, str]]:
    """(ticket, agent, what their time counts under); see `named_by`. By hour: when they were last there."""
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
    rows = db.session.execute(select(one.c.ticket_id, one.c.agent_id, name.label("name")).select_from(joined))
    return [(row.ticket_id, row.agent_id, row.name) for row in rows]


def handled_tickets(scope: Scope, period: Period, of: Collection[tuple[int, int]] | None = None) -> list[HandledTicket]:
    """What is counted, or what of it is of these (ticket, agent); the longest first, as `handled.listed`."""
    one = _by_agent_and_ticket(scope, period, of).subquery()
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
    )
    return [HandledTicket(**row._mapping) for row in db.session.execute(found)]


def _by_agent_and_ticket(
    scope: Scope, period: Period, of: Collection[tuple[int, int]] | None = None
) -> Select[*tuple[Any, ...]]:
    place = place_of(Handling.ticket_id)
    found = (
        select(
            Handling.agent_id,
            Handling.ticket_id,
            place.c.team_id,
            place.c.account_id,
            func.count().label("spans"),
            func.max(Handling.ended_at).label("last_at"),
            func.sum(_SECONDS).label("seconds"),
        )
        .join(place, true())
        .where(Handling.ended_at >= period.since, Handling.ended_at < period.until, *_of(place, scope))
        .group_by(Handling.agent_id, Handling.ticket_id, place.c.team_id, place.c.account_id)
    )
    return found if of is None else found.where(tuple_(Handling.ticket_id, Handling.agent_id).in_(of))


def _of(place: FromClause, scope: Scope) -> list[ColumnElement[bool]]:
    found = lies_in(place, scope)
    return found if scope.agent_id is None else [*found, Handling.agent_id == scope.agent_id]


_SECONDS = cast(extract("epoch", Handling.ended_at - Handling.started_at), Double).label("seconds")
