"""What a policy does to a ticket whose promise is nearly, or already, broken: raise it, hand it on, tag it, tell of it.

Nobody does it, so the history says what was done and not by whom. What cannot be done any more (the team is another
brand's, the person has left) is passed over: a promise must not fail to be told because of it.
"""

from collections.abc import Sequence
from datetime import datetime

from helpdesk.errors import InvalidInput
from helpdesk.mail import outbox
from helpdesk.orm import db
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent, Role, Team
from helpdesk.sla.escalations import Escalation
from helpdesk.tickets import alerts, assignment, lifecycle, tagging
from helpdesk.tickets.lifecycle import ACTIVE
from helpdesk.tickets.models import Priority, Ticket


def escalate(ticket: Ticket, escalation: Escalation, *, words: str, at: datetime) -> None:
    """The ticket must be locked. Doing it again changes nothing, but tells again; `words` say what happened."""
    if escalation.is_nothing or ticket.status not in ACTIVE:
        return
    if escalation.tag:
        tagging.add_tag(ticket, escalation.tag, by=None, at=at)
    if escalation.priority:
        wanted = Priority[escalation.priority.upper()]
        if wanted > ticket.priority:
            lifecycle.set_priority(ticket, wanted, by=None, at=at)
    if escalation.team_id is not None:
        team = db.session.get(Team, escalation.team_id)
        if team is not None and team.brand_id == ticket.brand_id:
            assignment.hand_to_team(ticket, team, by=None, at=at)
    if escalation.agent_id is not None:
        _give(ticket, escalation.agent_id, at=at)
    alerts.alert(ticket, words, _readers(ticket, escalation.alert_to), at=at)
    for agent in _readers(ticket, escalation.mail_to):
        outbox.post(agent.email, f"{words} (ticket {ticket.id})", words, path=f"/console/tickets/{ticket.id}", at=at)


def _readers(ticket: Ticket, told: str) -> Sequence[Agent]:
    """Who is told: who has the ticket by now, or the leads of its team; where it has none, everybody in it."""
    if not told:
        return []
    assignee = db.session.get(Agent, ticket.assignee_id) if ticket.assignee_id else None
    if told == "assignee" and assignee is not None:
        return [assignee]
    team = people_queries.agents_of_teams([ticket.team_id])
    return [agent for agent in team if agent.role == Role.LEAD] or team


def _give(ticket: Ticket, agent_id: int, *, at: datetime) -> None:
    agent = db.session.get(Agent, agent_id)
    if agent is None or not agent.is_active:
        return
    try:
        assignment.assign(ticket, to=agent, by=None, at=at)
    except InvalidInput:
        # They do not work in the team that the ticket is with by now.
        return
