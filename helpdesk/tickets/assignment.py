"""Who has a ticket: taken, given, handed to a team.

An assignee is always a member of the ticket's team (or sees the whole brand), so what one owns one may see.
"""

from datetime import datetime

from helpdesk.errors import Conflict, InvalidInput
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent, Role, Team
from helpdesk.tickets import queries
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.notices import left_team, ticket_changed
from helpdesk.tickets.promises import apply_policy_again
from helpdesk.tickets.timeline import record_event


def take(ticket: Ticket, *, by: Agent, at: datetime) -> None:
    """Make it mine if nobody has it. Two who click at once: the second is told who was first."""
    if ticket.assignee_id == by.id:
        return
    if ticket.assignee_id is not None:
        raise Conflict(f"{people_queries.agent_name(ticket.assignee_id)} has taken this ticket.")
    assign(ticket, to=by, by=by, at=at)


def assign(ticket: Ticket, *, to: Agent | None, by: Agent | None, at: datetime) -> None:
    """Give it to somebody, or to nobody (None)."""
    if to is not None and not _can_hold(to, ticket):
        raise InvalidInput(f"{to.name} does not work in this ticket's team.", field="assignee")
    if ticket.assignee_id == (to.id if to else None):
        return
    if to is not None and ticket.assignee_id is not None:
        ticket.transfer_count += 1
    ticket.assignee_id = to.id if to else None
    if to is not None:
        record_event(ticket, "assigned", by=by, at=at, to=to.name, to_id=to.id)
    else:
        record_event(ticket, "unassigned", by=by, at=at)
    ticket_changed(ticket)


def hand_to_team(ticket: Ticket, team: Team, *, by: Agent | None, at: datetime) -> None:
    """Another team's work now: whoever has it keeps it only if they work there too."""
    if team.brand_id != ticket.brand_id:
        raise InvalidInput("That team answers for another brand.", field="team")
    if team.id == ticket.team_id:
        return
    left_team(brand_id=ticket.brand_id, team_id=ticket.team_id)
    before, ticket.team_id = ticket.team_id, team.id
    ticket.transfer_count += 1
    if ticket.assignee_id is not None and not people_queries.is_in_team(ticket.assignee_id, team.id):
        assign(ticket, to=None, by=by, at=at)
    apply_policy_again(ticket, at=at)
    record_event(ticket, "team", by=by, at=at, to=team.name, before_id=before)
    ticket_changed(ticket)


def take_over(ticket: Ticket, *, by: Agent, at: datetime) -> None:
    """A lead takes another team's ticket into a team of their own, and becomes its owner."""
    own = [
        t for t in people_queries.teams(people_queries.standing_of(by).own_team_ids) if t.brand_id == ticket.brand_id
    ]
    if not own:
        raise InvalidInput("You work in none of this brand's teams.", field="team")
    hand_to_team(ticket, own[0], by=by, at=at)
    assign(ticket, to=by, by=by, at=at)


def hand_on_all(agent: Agent, *, by: Agent | None, at: datetime) -> int:
    """Put back what a leaving agent holds, for their teams to take; how many tickets that was."""
    held = queries.lock_active_tickets_of(agent.id)
    for ticket in held:
        assign(ticket, to=None, by=by, at=at)
    return len(held)


def hand_on_out_of_reach(agent: Agent, *, by: Agent | None, at: datetime) -> int:
    """Put back what an agent holds but, by role and teams as they are now, may not; how many tickets that was."""
    out_of_reach = [ticket for ticket in queries.lock_active_tickets_of(agent.id) if not _can_hold(agent, ticket)]
    for ticket in out_of_reach:
        assign(ticket, to=None, by=by, at=at)
    return len(out_of_reach)


def _can_hold(agent: Agent, ticket: Ticket) -> bool:
    if not agent.is_active:
        return False
    if agent.role == Role.ADMIN or people_queries.is_in_team(agent.id, ticket.team_id):
        return True
    return agent.role == Role.MANAGER and ticket.brand_id in people_queries.standing_of(agent).own_brand_ids
