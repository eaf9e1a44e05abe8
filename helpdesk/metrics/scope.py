"""Whose numbers a person sees (behaviour.md 6, the column "numbers"), and how they narrow them."""

from collections.abc import Collection
from dataclasses import dataclass, replace

from helpdesk.people.models import Role
from helpdesk.people.permissions import Standing
from helpdesk.tickets.models import Priority


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Tickets of these teams; with `agent_id` only what this agent did or has.

    With accounts only those that came in there; with a priority, or with tags (each brand has its own of a name), only
    those that have it now.
    """

    team_ids: frozenset[int]
    agent_id: int | None = None
    account_ids: frozenset[int] | None = None
    priority: Priority | None = None
    tag_ids: frozenset[int] | None = None

    def narrowed(
        self,
        *,
        team_ids: Collection[int] | None = None,
        account_ids: Collection[int] | None = None,
        priority: Priority | None = None,
        tag_ids: Collection[int] | None = None,
    ) -> "Scope":
        """Less than before, never more."""
        return replace(
            self,
            team_ids=self.team_ids if team_ids is None else self.team_ids & frozenset(team_ids),
            account_ids=self.account_ids if account_ids is None else frozenset(account_ids),
            priority=self.priority if priority is None else priority,
            tag_ids=self.tag_ids if tag_ids is None else frozenset(tag_ids),
        )


def scope_of(standing: Standing) -> Scope:
    """An agent's own, a lead's own teams, a manager's own brands, an admin's all."""
    match standing.role:
        case Role.AGENT:
            return Scope(team_ids=standing.own_team_ids, agent_id=standing.agent_id)
        case Role.LEAD:
            return Scope(team_ids=standing.own_team_ids)
        case _:
            return Scope(team_ids=standing.readable_team_ids)
