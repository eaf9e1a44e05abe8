"""The SELECTs of one ticket that counted rows are asked about: where it lies, and whose it is."""

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import LateralFromClause

from helpdesk.messaging.models import Identity
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


def customer_of(ticket_id: Any) -> LateralFromClause:
    """The `name` that a ticket's customer is shown under, looked up by key as well."""
    ticket = aliased(Ticket)
    return (
        select(func.coalesce(func.nullif(Identity.display_name, ""), Identity.handle).label("name"))
        .join(ticket, ticket.customer_identity_id == Identity.id)
        .where(ticket.id == ticket_id)
        .limit(1)
        .lateral("customer")
    )


def lies_in(place: LateralFromClause, scope: Scope) -> tuple[ColumnElement[bool], ...]:
    of_teams = place.c.team_id.in_(sorted(scope.team_ids))
    return (of_teams,) if scope.account_ids is None else (of_teams, place.c.account_id.in_(sorted(scope.account_ids)))
