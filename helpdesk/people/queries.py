"""The SELECTs of people."""

from collections.abc import Collection, Sequence
from functools import cache

from sqlalchemy import Row, Select, bindparam, func, or_, select

from helpdesk.errors import NotFound
from helpdesk.orm import db
from helpdesk.people.models import Agent, Brand, Invitation, Member, Role, Team, TeamMembership
from helpdesk.people.permissions import Standing


def standing_of(agent: Agent) -> Standing:
    """The agent's role, teams and brands as they are now: one query."""
    rows = db.session.execute(_teams_and_own(), {"agent_id": agent.id}).all()
    own_teams = frozenset(row.id for row in rows if row.own)
    is_admin = agent.role == Role.ADMIN
    brands = frozenset(row.brand_id for row in rows if row.own or is_admin)
    sees_whole_brand = agent.role in (Role.LEAD, Role.MANAGER, Role.ADMIN)
    readable = frozenset(
        row.id
        for row in rows
        if row.own or (row.brand_id in brands and (sees_whole_brand or row.is_open_to_all_agents))
    )
    return Standing(
        agent_id=agent.id,
        role=Role(agent.role),
        own_team_ids=own_teams,
        own_brand_ids=brands,
        readable_team_ids=readable,
    )


@cache
def _teams_and_own() -> Select[int, int, bool, bool]:
    """Made once: every request of an agent runs it."""
    own = select(TeamMembership.team_id).where(TeamMembership.agent_id == bindparam("agent_id"))
    return select(Team.id, Team.brand_id, Team.is_open_to_all_agents, Team.id.in_(own).label("own"))


def agent_by_email(email: str) -> Agent | None:
    return db.session.scalars(select(Agent).where(func.lower(Agent.email) == email.strip().lower())).one_or_none()


def agent_name(agent_id: int) -> str:
    return db.session.scalars(select(Agent.name).where(Agent.id == agent_id)).one()


def member_by_username(username: str) -> Member | None:
    return db.session.scalars(select(Member).where(Member.username == username.strip().lower())).one_or_none()


def members_like(words: str, *, limit: int = 8) -> Sequence[Member]:
    """Members whose username or name begins with or holds `words`, the closest first. Three letters use the index."""
    pattern = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return db.session.scalars(
        select(Member)
        .where(
            Member.is_active,
            or_(Member.username.ilike(f"%{pattern}%"), Member.name.ilike(f"%{pattern}%"))
            if len(words) >= 3
            else Member.username.startswith(words.lower(), autoescape=True),
        )
        .order_by(func.similarity(Member.username, words).desc(), Member.username)
        .limit(limit)
    ).all()


def brand_by_handle(handle: str) -> Brand:
    """Raises NotFound."""
    brand = db.session.scalars(select(Brand).where(Brand.handle == handle.strip().lower())).one_or_none()
    if brand is None:
        raise NotFound(f"no brand with the handle {handle!r}")
    return brand


def brands_like(words: str, *, limit: int = 4) -> Sequence[Brand]:
    return db.session.scalars(
        select(Brand)
        .where(or_(Brand.handle.icontains(words, autoescape=True), Brand.name.icontains(words, autoescape=True)))
        .order_by(Brand.handle)
        .limit(limit)
    ).all()


def is_brand_handle(word: str) -> bool:
    return db.session.scalars(select(Brand.id).where(Brand.handle == word)).one_or_none() is not None


def brands(brand_ids: Collection[int]) -> Sequence[Brand]:
    return db.session.scalars(select(Brand).where(Brand.id.in_(brand_ids)).order_by(Brand.name)).all()


def all_brands() -> Sequence[Brand]:
    return db.session.scalars(select(Brand).order_by(Brand.handle)).all()


def only_brand_name() -> str | None:
    """The name of the installation's brand; None when it has none yet, or several."""
    names = db.session.scalars(select(Brand.name).limit(2)).all()
    return names[0] if len(names) == 1 else None


def invitation_with(token_hash: str) -> Invitation | None:
    return db.session.scalars(select(Invitation).where(Invitation.token_hash == token_hash)).one_or_none()


def team_by_name(brand_id: int, name: str) -> Team:
    """Raises NotFound."""
    team = db.session.scalars(select(Team).where(Team.brand_id == brand_id, Team.name == name)).one_or_none()
    if team is None:
        raise NotFound(f"no team named {name!r}")
    return team


def teams(team_ids: Collection[int]) -> Sequence[Team]:
    return db.session.scalars(select(Team).where(Team.id.in_(team_ids)).order_by(Team.name)).all()


def teams_of_brands(brand_ids: Collection[int]) -> Sequence[Team]:
    return db.session.scalars(select(Team).where(Team.brand_id.in_(brand_ids)).order_by(Team.brand_id, Team.name)).all()


def is_in_team(agent_id: int, team_id: int) -> bool:
    return db.session.get(TeamMembership, (agent_id, team_id)) is not None


def agents_of_teams(team_ids: Collection[int]) -> Sequence[Agent]:
    """Active agents of any of these teams, by name."""
    member = select(TeamMembership.agent_id).where(TeamMembership.team_id.in_(team_ids))
    return db.session.scalars(
        select(Agent).where(Agent.id.in_(member), Agent.is_active).order_by(Agent.name, Agent.id)
    ).all()


def everybody() -> Sequence[Row[int, str, str, str, bool, str | None]]:
    """(id, name, email, role, is active, teams as words) of the whole staff, by name."""
    teams = (
        select(func.string_agg(Brand.handle + "/" + Team.name, ", "))
        .select_from(TeamMembership)
        .join(Team, Team.id == TeamMembership.team_id)
        .join(Brand, Brand.id == Team.brand_id)
        .where(TeamMembership.agent_id == Agent.id)
        .scalar_subquery()
    )
    return db.session.execute(
        select(Agent.id, Agent.name, Agent.email, Agent.role, Agent.is_active, teams.label("teams")).order_by(
            Agent.name
        )
    ).all()
