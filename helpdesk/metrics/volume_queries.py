"""The SELECTs of how much came in: tickets by when they were opened."""

from sqlalchemy import func, select

from helpdesk.metrics.definitions import Dimension
from helpdesk.metrics.grouping import named_by
from helpdesk.metrics.periods import Period
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.scope_queries import lies_in
from helpdesk.orm import db
from helpdesk.tickets.models import Ticket


def opened_by(scope: Scope, period: Period, dimension: Dimension) -> dict[str, int]:
    """name → tickets opened in the period; an agent's are those they have now."""
    name, joined = named_by(
        dimension,
        Ticket.__table__,
        ticket_id=Ticket.id,
        team_id=Ticket.team_id,
        account_id=Ticket.account_id,
        agent_id=Ticket.assignee_id,
        local=func.timezone(period.zone, Ticket.opened_at),
    )
    opened = (
        select(name.label("name"), func.count())
        .select_from(joined)
        .where(
            *lies_in(Ticket.__table__, scope),
            Ticket.opened_at >= period.since,
            Ticket.opened_at < period.until,
        )
        .group_by(name)
    )
    if scope.agent_id is not None:
        opened = opened.where(Ticket.assignee_id == scope.agent_id)
    return {row[0]: row[1] for row in db.session.execute(opened)}
