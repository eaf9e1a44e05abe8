"""Who may see and do what, as one table (behaviour.md 6). Pure: told the person's standing and the ticket's place."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from helpdesk.errors import NotFound, Refused
from helpdesk.people.models import Role


class Act(StrEnum):
    READ = "read"
    NOTE = "note"
    REPLY = "reply"
    MOVE = "move"
    """Status, priority and tags."""
    ASSIGN = "assign"
    TAKE_OVER = "take over"


EVERYTHING = frozenset(Act)
READ_ONLY = frozenset({Act.READ})
READ_AND_NOTE = frozenset({Act.READ, Act.NOTE})
READ_AND_TAKE_OVER = frozenset({Act.READ, Act.TAKE_OVER})
NOTHING: frozenset[Act] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What one agent's role and teams come to, read once per request."""

    agent_id: int
    role: Role
    own_team_ids: frozenset[int]
    own_brand_ids: frozenset[int]
    readable_team_ids: frozenset[int]
    """Teams whose tickets this agent may read: the fence around every query of tickets."""

    @property
    def sees_settings(self) -> bool:
        return self.role in (Role.MANAGER, Role.ADMIN)

    @property
    def is_admin(self) -> bool:
        return self.role == Role.ADMIN

    def keeps_canned_replies_of(self, brand_id: int) -> bool:
        """Whether they write the prepared text that the brand's staff shares."""
        return self.is_admin or (self.role in (Role.LEAD, Role.MANAGER) and brand_id in self.own_brand_ids)

    def manages_teams_of(self, brand_id: int) -> bool:
        return self.is_admin or (self.role == Role.MANAGER and brand_id in self.own_brand_ids)

    def manages_person(self, role: Role, brand_ids: Collection[int]) -> bool:
        """Whether a person of that role, working for those brands, is theirs to manage.

        A manager's are those who work for brands of their own and for no other, and never admins.
        """
        if self.is_admin:
            return True
        is_within = bool(brand_ids) and self.own_brand_ids.issuperset(brand_ids)
        return self.role == Role.MANAGER and role != Role.ADMIN and is_within

    @property
    def roles_to_give(self) -> tuple[Role, ...]:
        if self.is_admin:
            return tuple(Role)
        return (Role.AGENT, Role.LEAD, Role.MANAGER) if self.role == Role.MANAGER else ()


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a ticket lies: all that permissions need to know of it."""

    brand_id: int
    team_id: int
    is_open_to_all_agents: bool


def acts(standing: Standing, place: Place) -> frozenset[Act]:
    """What this person may do with a ticket that lies there; nothing means it is not there for them."""
    if standing.role == Role.ADMIN:
        return EVERYTHING
    if place.brand_id not in standing.own_brand_ids:
        return NOTHING
    if standing.role == Role.MANAGER or place.team_id in standing.own_team_ids:
        return EVERYTHING
    if standing.role == Role.LEAD:
        return READ_AND_TAKE_OVER
    return READ_AND_NOTE if place.is_open_to_all_agents else NOTHING


def teams_to_reply_for(standing: Standing) -> frozenset[int]:
    """The teams in whose tickets this person may answer."""
    is_above_teams = standing.role in (Role.MANAGER, Role.ADMIN)
    return standing.readable_team_ids if is_above_teams else standing.own_team_ids


def check(standing: Standing, act: Act, place: Place) -> None:
    """Raises NotFound where the person may not even see it, Refused where it may only be seen."""
    allowed = acts(standing, place)
    if Act.READ not in allowed:
        raise NotFound("no such ticket")
    if act not in allowed:
        raise Refused(f"Your role does not let you {act} on this team's tickets.")


def check_assign(standing: Standing, *, team_id: int, place: Place) -> None:
    """Raises Refused where a ticket may not be handed to that team or somebody in it."""
    if not may_assign_to(standing, team_id=team_id, place=place):
        raise Refused("Your role does not let you hand tickets to that team.")


def may_assign_to(standing: Standing, *, team_id: int, place: Place) -> bool:
    """Whether a ticket may be handed to `team_id` or somebody in it."""
    if standing.role in (Role.MANAGER, Role.ADMIN):
        return True
    if standing.role == Role.LEAD:
        return team_id in standing.own_team_ids
    return team_id == place.team_id and team_id in standing.own_team_ids
