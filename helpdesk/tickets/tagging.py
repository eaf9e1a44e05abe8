"""Tags: short words by which a brand sorts its tickets."""

import re
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert

from helpdesk.errors import InvalidInput
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets import promises, tagging_queries
from helpdesk.tickets.models import Tag, Ticket, TicketTag
from helpdesk.tickets.notices import ticket_changed
from helpdesk.tickets.timeline import record_event

_LONGEST = 40


def add_tag(ticket: Ticket, name: str, *, by: Agent | None, at: datetime) -> None:
    word = clean_tag(name)
    db.session.execute(insert(Tag).values(brand_id=ticket.brand_id, name=word).on_conflict_do_nothing())
    added = db.session.execute(
        insert(TicketTag)
        .values(ticket_id=ticket.id, tag_id=tagging_queries.tag_id(ticket.brand_id, word))
        .on_conflict_do_nothing()
        .returning(TicketTag.tag_id)
    ).one_or_none()
    if added is not None:
        _changed(ticket, "tagged", word, by=by, at=at)


def remove_tag(ticket: Ticket, name: str, *, by: Agent, at: datetime) -> None:
    word = clean_tag(name)
    removed = db.session.execute(
        delete(TicketTag)
        .where(TicketTag.ticket_id == ticket.id, TicketTag.tag_id == tagging_queries.tag_id(ticket.brand_id, word))
        .returning(TicketTag.tag_id)
    ).one_or_none()
    if removed is not None:
        _changed(ticket, "untagged", word, by=by, at=at)


def clean_tag(name: str) -> str:
    """Lower case, words joined by hyphens, without the `#` people type."""
    word = re.sub(r"[^\w]+", "-", name.casefold().strip().lstrip("#")).strip("-")
    if not word:
        raise InvalidInput("A tag needs a letter or a digit.", field="tag")
    if len(word) > _LONGEST:
        raise InvalidInput(f"A tag has at most {_LONGEST} characters.", field="tag")
    return word


def _changed(ticket: Ticket, kind: str, word: str, *, by: Agent | None, at: datetime) -> None:
    promises.apply_policy_again(ticket, at=at)
    record_event(ticket, kind, by=by, at=at, tag=word)
    ticket_changed(ticket)
