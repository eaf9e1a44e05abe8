"""How long agents are at which ticket, told by the heartbeats of open pages: what handle time is counted from.

A page is silent while it is hidden, and after two minutes without a hand on mouse or keys.
"""

from datetime import datetime, timedelta

from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets import handling_queries
from helpdesk.tickets.models import Handling, Ticket

BEAT = timedelta(seconds=30)
"""Pages tell every 20 seconds; who was silent for longer than this was not there in between."""


def at_work(agent: Agent, *, on: Ticket | None, at: datetime) -> None:
    """The agent is at this ticket now, or (None) at none.

    The time since the last heartbeat was spent on the ticket of that heartbeat.
    """
    # Two pages of one agent may tell at once; the second has to see what the first told.
    handling_queries.lock_agent(agent.id)
    last = handling_queries.last_handling(agent.id)
    if last is not None and at <= last.ended_at:
        return
    goes_on = last is not None and at - last.ended_at <= BEAT
    if last is not None and goes_on:
        last.ended_at = at
    if on is not None and not (last is not None and goes_on and last.ticket_id == on.id):
        db.session.add(Handling(ticket_id=on.id, agent_id=agent.id, started_at=at, ended_at=at))
