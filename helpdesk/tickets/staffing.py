"""Changes in the staff that reach into their tickets: what one may no longer hold goes back to its team."""

from collections.abc import Sequence
from datetime import datetime

from helpdesk.errors import Refused
from helpdesk.people import staff
from helpdesk.people.models import Agent, Role, Team
from helpdesk.tickets import assignment


def change_role(agent: Agent, role: Role, *, by: Agent, at: datetime) -> int:
    """Give another role; how many tickets were handed on. Raises Refused for one's own."""
    if agent.id == by.id:
        raise Refused("Your own role is changed by somebody else.")
    staff.set_role(agent, role)
    return assignment.hand_on_out_of_reach(agent, by=by, at=at)


def change_teams(agent: Agent, teams: Sequence[Team], *, by: Agent, at: datetime) -> int:
    """Exactly these teams; how many tickets were handed on."""
    staff.set_teams(agent, list(teams))
    return assignment.hand_on_out_of_reach(agent, by=by, at=at)


def let_go(agent: Agent, *, by: Agent | None, at: datetime) -> int:
    """Sign a person out for good; how many open tickets went back to their teams. Raises Refused for oneself."""
    if by is not None and agent.id == by.id:
        raise Refused("You cannot deactivate yourself.")
    handed_on = assignment.hand_on_all(agent, by=by, at=at)
    staff.deactivate(agent)
    return handed_on
