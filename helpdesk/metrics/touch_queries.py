"""What a ticket took until it was resolved, looked up for one ticket after the other."""

from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import LateralFromClause

from helpdesk.metrics.definitions import Touch
from helpdesk.sla.models import RESPONSES, Clock
from helpdesk.tickets.models import Ticket


def touches_of(ticket_id: Any) -> LateralFromClause:
    """`answers`, `reopened_count`, `transfer_count` of a ticket."""
    turn, ticket = aliased(Clock), aliased(Ticket)
    answers = (
        select(func.count())
        .where(
            turn.ticket_id == ticket.id,
            turn.kind.in_(RESPONSES),
            turn.superseded_at.is_(None),
            turn.stopped_by_message_id.is_not(None),
        )
        .scalar_subquery()
    )
    return (
        select(answers.label("answers"), ticket.reopened_count, ticket.transfer_count)
        .where(ticket.id == ticket_id)
        .limit(1)
        .lateral()
    )


def is_of(touches: LateralFromClause, touch: Touch) -> ColumnElement[bool]:
    match touch:
        case Touch.ONE_TOUCH:
            return and_(touches.c.answers == 1, touches.c.reopened_count == 0)
        case Touch.REOPENED:
            return touches.c.reopened_count > 0
        case Touch.TRANSFERRED:
            return touches.c.transfer_count > 0
