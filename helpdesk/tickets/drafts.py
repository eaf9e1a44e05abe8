"""What an agent has begun to write, kept per ticket until it is sent."""

from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets.models import Draft, Ticket

LONGEST = 20_000


def keep(ticket: Ticket, body: str, *, mode: str, by: Agent, at: datetime) -> None:
    """Keep what stands in the composer now; nothing in it means no draft."""
    if not body.strip():
        discard(ticket, by=by)
        return
    _put(ticket, body.replace("\x00", "")[:LONGEST], mode="note" if mode == "note" else "reply", by=by, at=at)


def give_back(ticket: Ticket, words: str, *, by: Agent, at: datetime) -> None:
    """What was written once is a draft again, before what was begun since."""
    begun = find(ticket.id, by.id)
    if begun is not None:
        # A note that was begun stays a note: it must not go out with the words for the customer.
        _put(ticket, "\n".join(filter(None, (words, begun.body))), mode=begun.mode, by=by, at=at)
    elif words:
        _put(ticket, words, mode="reply", by=by, at=at)


def _put(ticket: Ticket, body: str, *, mode: str, by: Agent, at: datetime) -> None:
    statement = insert(Draft).values(ticket_id=ticket.id, agent_id=by.id, body=body, mode=mode, updated_at=at)
    new = statement.excluded
    db.session.execute(
        statement.on_conflict_do_update(
            index_elements=["ticket_id", "agent_id"],
            set_={"body": new.body, "mode": new.mode, "updated_at": new.updated_at},
        )
    )


def discard(ticket: Ticket, *, by: Agent) -> None:
    db.session.execute(delete(Draft).where(Draft.ticket_id == ticket.id, Draft.agent_id == by.id))


def find(ticket_id: int, agent_id: int) -> Draft | None:
    return db.session.get(Draft, (ticket_id, agent_id))
