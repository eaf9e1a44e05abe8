"""What agents do with a ticket: whose it is, where it stands, how urgent it is, which tags it has."""

from collections.abc import Callable
from datetime import datetime

from flask import request
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Act, check_assign
from helpdesk.tickets import assignment, lifecycle, queries, tagging
from helpdesk.tickets.models import PRIORITY_OF_WORD, Status, Ticket
from helpdesk.tickets.queries import place_of
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.console.blueprint import blueprint
from helpdesk.views.console.coming_times import instant_of
from helpdesk.views.console.tickets import after_a_change


@blueprint.post("/tickets/<int:ticket_id>/status")
@open_to(Audience.AGENTS)
def change_status(ticket_id: int) -> ResponseReturnValue:
    move = _STATUS_MOVES.get(request.form.get("status", ""))
    if move is None:
        raise InvalidInput("Choose a status.", field="status")
    with transaction():
        move(queries.lock_ticket(ticket_id, current_standing(), Act.MOVE), current_agent(), clock.now())
    return after_a_change(ticket_id)


def _snooze(ticket: Ticket, by: Agent, at: datetime) -> None:
    until = instant_of(request.form.get("until", ""), by.time_zone, at=at)
    lifecycle.snooze(ticket, until=until, by=by, at=at)


_STATUS_MOVES: dict[str, Callable[[Ticket, Agent, datetime], None]] = {
    Status.OPEN: lambda ticket, by, at: lifecycle.open_again(ticket, by=by, at=at),
    Status.PENDING: lambda ticket, by, at: lifecycle.wait_for_customer(ticket, by=by, at=at),
    Status.SNOOZED: _snooze,
    Status.RESOLVED: lambda ticket, by, at: lifecycle.resolve(ticket, by=by, at=at),
}


@blueprint.post("/tickets/<int:ticket_id>/priority")
@open_to(Audience.AGENTS)
def change_priority(ticket_id: int) -> ResponseReturnValue:
    chosen = PRIORITY_OF_WORD.get(request.form.get("priority", ""))
    if chosen is None:
        raise InvalidInput("Choose a priority.", field="priority")
    with transaction():
        ticket = queries.lock_ticket(ticket_id, current_standing(), Act.MOVE)
        lifecycle.set_priority(ticket, chosen, by=current_agent(), at=clock.now())
    return after_a_change(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/tags")
@open_to(Audience.AGENTS)
def change_tags(ticket_id: int) -> ResponseReturnValue:
    """Adds `tag`, or takes `remove` away."""
    removed = request.form.get("remove", "")
    with transaction():
        ticket = queries.lock_ticket(ticket_id, current_standing(), Act.MOVE)
        if removed:
            tagging.remove_tag(ticket, removed, by=current_agent(), at=clock.now())
        else:
            tagging.add_tag(ticket, request.form.get("tag", ""), by=current_agent(), at=clock.now())
    return after_a_change(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/customer-tags")
@open_to(Audience.AGENTS)
def change_customer_tags(ticket_id: int) -> ResponseReturnValue:
    """Adds `tag` to the customer, and to this ticket, or takes `remove` from the customer."""
    removed = request.form.get("remove", "")
    with transaction():
        ticket = queries.lock_ticket(ticket_id, current_standing(), Act.MOVE)
        if removed:
            tagging.untag_customer(ticket, removed, by=current_agent(), at=clock.now())
        else:
            tagging.tag_customer(ticket, request.form.get("tag", ""), by=current_agent(), at=clock.now())
    return after_a_change(ticket_id)


# Whose it is


@blueprint.post("/tickets/<int:ticket_id>/assignment")
@open_to(Audience.AGENTS)
def change_assignment(ticket_id: int) -> ResponseReturnValue:
    """`to` is `me`, `nobody` or an agent's id; `team` a team's id."""
    with transaction():
        ticket = queries.lock_ticket(ticket_id, current_standing(), Act.ASSIGN)
        if "team" in request.form:
            _hand_to_team(ticket, request.form["team"])
        elif request.form.get("to") == "me":
            assignment.take(ticket, by=current_agent(), at=clock.now())
        else:
            _give(ticket, request.form.get("to", ""))
    return after_a_change(ticket_id)


@blueprint.post("/tickets/<int:ticket_id>/take-over")
@open_to(Audience.AGENTS)
def take_over(ticket_id: int) -> ResponseReturnValue:
    """A lead makes another team's ticket their own."""
    with transaction():
        ticket = queries.lock_ticket(ticket_id, current_standing(), Act.TAKE_OVER)
        assignment.take_over(ticket, by=current_agent(), at=clock.now())
    return after_a_change(ticket_id)


def _give(ticket: Ticket, to: str) -> None:
    check_assign(current_standing(), team_id=ticket.team_id, place=place_of(ticket, ticket.team))
    agent = None if to == "nobody" else _agent(ticket, to)
    assignment.assign(ticket, to=agent, by=current_agent(), at=clock.now())


def _agent(ticket: Ticket, number: str) -> Agent:
    """Somebody who works in the ticket's team. Raises InvalidInput."""
    found = {str(agent.id): agent for agent in people_queries.agents_of_teams([ticket.team_id])}
    if number not in found:
        raise InvalidInput("Choose somebody who works in this ticket's team.", field="to")
    return found[number]


def _hand_to_team(ticket: Ticket, number: str) -> None:
    team = {str(team.id): team for team in people_queries.teams_of_brands([ticket.brand_id])}.get(number)
    if team is None:
        raise NotFound("no such team")
    check_assign(current_standing(), team_id=team.id, place=place_of(ticket, ticket.team))
    assignment.hand_to_team(ticket, team, by=current_agent(), at=clock.now())
