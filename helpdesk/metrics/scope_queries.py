"""The SELECTs of one ticket that counted rows are asked about: where it lies, and whose it is."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, exists, func, select
from sqlalchemy.sql.selectable import LateralFromClause

from helpdesk.messaging.models import Identity
from helpdesk.metrics.scope import Scope
from helpdesk.tickets.models import Ticket, TicketTag


def place_of(ticket_id: Any) -> LateralFromClause:
    """Where a ticket lies now, and its priority.

    Looked up by its key: a join might as well read every ticket there is.
    """
    ticket = Ticket.__table__.alias()
    return (
        select(*(ticket.c[name] for name in ("id", "team_id", "account_id", "assignee_id", "priority")))
        .where(ticket.c.id == ticket_id)
        .limit(1)
        .lateral()
    )


def customer_of(ticket_id: Any) -> LateralFromClause:
    """The `name` that a ticket's customer is shown under, looked up by key as well."""
    ticket = Ticket.__table__.alias()
    return (
        select(func.coalesce(func.nullif(Identity.display_name, ""), Identity.handle).label("name"))
        .join(ticket, ticket.c.customer_identity_id == Identity.id)
        .where(ticket.c.id == ticket_id)
        .limit(1)
        .lateral("customer")
    )


def lies_in(place: FromClause, scope: Scope) -> list[ColumnElement[bool]]:
    """Whether a ticket is in the scope, by its row or by what `place_of` says of it; whose it is, is another matter."""
    found: list[ColumnElement[bool]] = [place.c.team_id.in_(sorted(scope.team_ids))]
    if scope.account_ids is not None:
        found.append(place.c.account_id.in_(sorted(scope.account_ids)))
    if scope.priority is not None:
        found.append(place.c.priority == scope.priority)
    if scope.tag_ids is not None:
        # A name of its own: what is counted may be joined with all of its tags.
        has = TicketTag.__table__.alias()
        found.append(exists().where(has.c.ticket_id == place.c.id, has.c.tag_id.in_(sorted(scope.tag_ids))))
    return found
