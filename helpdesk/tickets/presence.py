"""Who else has a ticket open or is writing on it.

Pages say so every 20 seconds; what is older than a minute is over.
"""

from datetime import datetime, timedelta

from sqlalchemy.dialects.postgresql import insert

from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets import alerts
from helpdesk.tickets.handling import at_work
from helpdesk.tickets.models import Presence, Ticket
from helpdesk.tickets.native_intake import seen_by_staff
from helpdesk.tickets.notices import ticket_changed

HERE_FOR = timedelta(seconds=60)
TYPING_FOR = timedelta(seconds=8)
"""How long a customer's typing sign stands; networks repeat it every few seconds."""

WRITING_FOR = timedelta(seconds=30)
"""How long a colleague counts as writing without saying so again."""


def look(ticket: Ticket, *, by: Agent, is_typing: bool, at: datetime) -> None:
    """This agent has the ticket open now. Colleagues are told when that is news, a member that they were read."""
    # First of all, since it locks the conversation: whoever writes there takes that lock before any other.
    seen_by_staff(ticket, at=at)
    alerts.see_of_ticket(by, ticket, at=at)
    be_here(by, on=ticket, at=at)
    before = db.session.get(Presence, (ticket.id, by.id))
    is_news = before is None or before.seen_at < at - HERE_FOR or is_typing != _is_typing(before, at)
    statement = insert(Presence).values(
        ticket_id=ticket.id, agent_id=by.id, seen_at=at, typing_at=at if is_typing else None
    )
    new = statement.excluded
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["ticket_id", "agent_id"], set_={"seen_at": new.seen_at, "typing_at": new.typing_at}
        )
    )
    if is_news:
        ticket_changed(ticket)


def be_here(agent: Agent, *, on: Ticket | None, at: datetime) -> None:
    """This agent has the console open now, with a ticket or without."""
    agent.last_seen_at = at
    at_work(agent, on=on, at=at)


def go_away(agent: Agent, *, at: datetime) -> None:
    """This agent's page was hidden, or not touched for a while; when they were last here stays as it was."""
    at_work(agent, on=None, at=at)


def _is_typing(presence: Presence, at: datetime) -> bool:
    return presence.typing_at is not None and presence.typing_at > at - WRITING_FOR
