"""The SELECTs of those who manage the staff. What lies outside one's reach is not there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.orm import db
from helpdesk.people.models import Agent, ApiToken, Brand, Role, Team, TeamMembership
from helpdesk.people.permissions import Standing


@dataclass(frozen=True, kw_only=True)
class StaffMember:
    """A person on the staff, with where they work."""

    id: int
    name: str
    email: str
    role: Role
    is_active: bool
    has_password: bool
    """False until the invitation is taken up."""
    last_seen_at: datetime | None
    team_names: tuple[str, ...]
    brand_ids: frozenset[int]


def staff_of(standing: Standing) -> list[StaffMember]:
    """Everybody this person manages, by name."""
    places: dict[int, list[tuple[int, str]]] = {}
    rows = db.session.execute(
        select(TeamMembership.agent_id, Team.brand_id, Team.name)
        .join(Team, Team.id == TeamMembership.team_id)
        .order_by(Team.brand_id, Team.name)
    )
    for agent_id, brand_id, name in rows:
        places.setdefault(agent_id, []).append((brand_id, name))
    everybody = db.session.scalars(select(Agent).order_by(Agent.name, Agent.id))
    members = [_member(agent, places.get(agent.id, [])) for agent in everybody]
    return [member for member in members if standing.manages_person(member.role, member.brand_ids)]


def find_agent(agent_id: int, standing: Standing) -> Agent:
    """Raises NotFound for somebody this person does not manage."""
    agent = db.session.get(Agent, agent_id)
    if agent is None or not standing.manages_person(Role(agent.role), brand_ids_of(agent_id)):
        raise NotFound("nobody there")
    return agent


def brand_ids_of(agent_id: int) -> frozenset[int]:
    return frozenset(team.brand_id for team in teams_of(agent_id))


def teams_of(agent_id: int) -> Sequence[Team]:
    own = select(TeamMembership.team_id).where(TeamMembership.agent_id == agent_id)
    return db.session.scalars(select(Team).where(Team.id.in_(own)).order_by(Team.brand_id, Team.name)).all()


def brands_managed_by(standing: Standing) -> Sequence[Brand]:
    """An admin's are all, also one that has no team yet."""
    statement = select(Brand).order_by(Brand.name)
    if not standing.is_admin:
        statement = statement.where(Brand.id.in_(standing.own_brand_ids))
    return db.session.scalars(statement).all()


def find_brand(brand_id: int, standing: Standing) -> Brand:
    """Raises NotFound for a brand this person does not work for."""
    brand = db.session.get(Brand, brand_id) if 0 < brand_id < 2**63 else None
    if brand is None or not (standing.is_admin or brand.id in standing.own_brand_ids):
        raise NotFound("no such brand")
    return brand


def find_team(team_id: int, standing: Standing) -> Team:
    """Raises NotFound for a team this person does not manage."""
    team = db.session.get(Team, team_id)
    if team is None or not standing.manages_teams_of(team.brand_id):
        raise NotFound("no such team")
    return team


def api_token_with(token_hash: str) -> ApiToken | None:
    return db.session.scalars(select(ApiToken).where(ApiToken.token_hash == token_hash)).one_or_none()


def _member(agent: Agent, places: Sequence[tuple[int, str]]) -> StaffMember:
    return StaffMember(
        id=agent.id,
        name=agent.name,
        email=agent.email,
        role=Role(agent.role),
        is_active=agent.is_active,
        has_password=agent.password_hash is not None,
        last_seen_at=agent.last_seen_at,
        team_names=tuple(name for _, name in places),
        brand_ids=frozenset(brand_id for brand_id, _ in places),
    )


def names_of(agent_ids: Collection[int]) -> dict[int, str]:
    """id → name."""
    if not agent_ids:
        return {}
    rows = db.session.execute(select(Agent.id, Agent.name).where(Agent.id.in_(agent_ids)))
    return {row.id: row.name for row in rows}
