"""The SELECTs of who was at which ticket."""

from sqlalchemy import select

from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets.models import Handling


def lock_agent(agent_id: int) -> None:
    """Until the transaction ends, what else tells of this agent waits."""
    db.session.execute(select(Agent.id).where(Agent.id == agent_id).with_for_update(key_share=True))


def last_handling(agent_id: int) -> Handling | None:
    """The newest; of two that ended at one instant, the later begun."""
    return db.session.scalars(
        select(Handling)
        .where(Handling.agent_id == agent_id)
        .order_by(Handling.ended_at.desc(), Handling.id.desc())
        .limit(1)
    ).one_or_none()
