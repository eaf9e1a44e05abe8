"""Alerts: a line for somebody of the staff that a ticket needs them, seen once they had it before their eyes."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, update

from helpdesk.live.notices import Notice, notify_after_commit
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets.models import Alert, Ticket


def alert(ticket: Ticket, words: str, agents: Sequence[Agent], *, at: datetime) -> None:
    """Show these agents the line, on whatever page of the staff they have open."""
    db.session.add_all(Alert(agent_id=agent.id, ticket_id=ticket.id, words=words, at=at) for agent in agents)
    _tell([agent.id for agent in agents])


def see_of_ticket(agent: Agent, ticket: Ticket, *, at: datetime) -> None:
    _see(agent, Alert.ticket_id == ticket.id, at=at)


def see_up_to(agent: Agent, newest_id: int, *, at: datetime) -> None:
    """The agent has seen a list that began with this alert."""
    _see(agent, Alert.id <= newest_id, at=at)


def _see(agent: Agent, which: ColumnElement[bool], *, at: datetime) -> None:
    unseen = update(Alert).where(Alert.agent_id == agent.id, Alert.seen_at.is_(None), which)
    if db.session.execute(unseen.values(seen_at=at).returning(Alert.id)).all():
        _tell([agent.id])


def _tell(agent_ids: Sequence[int]) -> None:
    for agent_id in agent_ids:
        notify_after_commit(Notice(subjects=("alerts",), agent_ids=(agent_id,)))
