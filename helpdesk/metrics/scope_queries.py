"""The SELECTs by which numbers keep to a scope: where a ticket lies."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import LateralFromClause

from helpdesk.metrics.scope import Scope
from helpdesk.tickets.models import Ticket


def place_of(ticket_id: Any) -> LateralFromClause:
    """Where a ticket lies now, and its priority.

    Looked up by its key: a join might as well read every ticket there is.
    """
    ticket = aliased(Ticket)
    return (
        select(ticket.team_id, ticket.account_id, ticket.assignee_id, ticket.priority)
        .where(ticket.id == ticket_id)
        .limit(1)
        .lateral()
    )


def lies_in(place: LateralFromClause, scope: Scope) -> tuple[ColumnElement[bool], ...]:
    of_teams = place.c.team_id.in_(sorted(scope.team_ids))
    return (of_teams,) if scope.account_ids is None else (of_teams, place.c.account_id.in_(sorted(scope.account_ids)))
