"""Notes: staff-only text on a ticket. They stop no clock."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert

from helpdesk.errors import InvalidInput
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets import drafts
from helpdesk.tickets.models import Note, Ticket
from helpdesk.tickets.notices import ticket_changed
from helpdesk.tickets.replying import clean_text

LONGEST = 10_000


def add_note(ticket: Ticket, body: str, *, key: str, by: Agent, at: datetime) -> None:
    """One submit is one note: a second with the same key changes nothing."""
    text = clean_text(body)
    if not text:
        raise InvalidInput("Write something first.", field="body")
    if len(text) > LONGEST:
        raise InvalidInput(f"A note holds {LONGEST:,} characters; this is {len(text):,}.", field="body")
    db.session.execute(
        insert(Note)
        .values(ticket_id=ticket.id, author_id=by.id, body=text, client_key=key, at=at)
        .on_conflict_do_nothing(index_elements=["ticket_id", "client_key"])
    )
    drafts.discard(ticket, by=by)
    ticket_changed(ticket)
