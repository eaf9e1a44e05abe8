"""The SELECTs of changes in the staff."""

from sqlalchemy import func, select

from helpdesk.orm import db
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.queries import ACTIVE


def count_active_tickets_of(agent_id: int) -> int:
    """How many tickets would be handed on if they left."""
    return db.session.scalars(
        select(func.count()).select_from(Ticket).where(Ticket.assignee_id == agent_id, Ticket.status.in_(ACTIVE))
    ).one()
