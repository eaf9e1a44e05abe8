"""The staff: brands, teams, agents; invited, moved, given roles."""

import re
import secrets
import unicodedata
from datetime import datetime, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from helpdesk.errors import Conflict, InvalidInput, NotFound
from helpdesk.live.notices import people_changed
from helpdesk.orm import db
from helpdesk.people import queries
from helpdesk.people.models import Agent, Brand, Invitation, Role, Team, TeamMembership
from helpdesk.people.signing_in import hash_password

INVITATION_LASTS = timedelta(days=7)
LONGEST_REOPEN_HOURS = 24 * 365
LONGEST_UNDO_SECONDS = 60

_HANDLE = re.compile(r"[a-z0-9][a-z0-9_]{1,29}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")


def add_brand(*, handle: str, name: str, time_zone: str = "UTC", bio: str = "") -> Brand:
    word = handle.strip().lower().removeprefix("@")
    if not _HANDLE.fullmatch(word):
        raise InvalidInput("A handle has 2 to 30 letters, digits or underscores.", field="handle")
    brand = Brand(handle=word, name=_named(name), time_zone=_zone(time_zone), bio=bio)
    _add(brand, f"The handle {word} is taken.")
    return brand


def change_brand(brand: Brand, *, name: str, time_zone: str, reopen_hours: int, undo_seconds: int) -> None:
    """`reopen_hours`: how long after resolution a customer's message reopens the ticket, 0 for never.

    `undo_seconds`: how long a reply can be taken back before it leaves, 0 for not at all.
    """
    if not 0 <= reopen_hours <= LONGEST_REOPEN_HOURS:
        raise InvalidInput(f"Between 0 and {LONGEST_REOPEN_HOURS} hours.", field="reopen_hours")
    if not 0 <= undo_seconds <= LONGEST_UNDO_SECONDS:
        raise InvalidInput(f"Between 0 and {LONGEST_UNDO_SECONDS} seconds.", field="undo_seconds")
    brand.undo_seconds = undo_seconds
    brand.name, brand.time_zone, brand.reopen_hours = _named(name), _zone(time_zone), reopen_hours


def add_team(brand: Brand, *, name: str, is_open_to_all_agents: bool = False) -> Team:
    team = Team(brand_id=brand.id, name=_named(name), is_open_to_all_agents=is_open_to_all_agents)
    _add(team, f"{brand.name} has a team named {team.name} already.")
    # Leads and managers of the brand read it from now on.
    people_changed()
    return team


def change_team(team: Team, *, name: str, is_open_to_all_agents: bool) -> None:
    """Its name, and whether the brand's other agents may read and note. Raises Conflict for a name that is taken."""
    before = team.is_open_to_all_agents
    named = _named(name)
    try:
        with db.session.begin_nested():
            team.name, team.is_open_to_all_agents = named, is_open_to_all_agents
    except IntegrityError as error:
        raise Conflict(f"This brand has a team named {named} already.") from error
    if before != is_open_to_all_agents:
        people_changed()


def add_agent(
    *, email: str, name: str, role: Role, teams: list[Team], password: str | None = None, time_zone: str = "UTC"
) -> Agent:
    """A new person on the staff; without a password they come in by an invitation."""
    address = email.strip()
    if not _EMAIL.fullmatch(address) or not address.isprintable():
        raise InvalidInput("That is not an e-mail address.", field="email")
    agent = Agent(
        email=address,
        name=_named(name),
        role=role,
        password_hash=hash_password(password) if password is not None else None,
        time_zone=_zone(time_zone),
    )
    _add(agent, f"Somebody with the e-mail {address} is on the staff already.")
    set_teams(agent, teams)
    return agent


def set_teams(agent: Agent, teams: list[Team]) -> None:
    """Exactly these teams."""
    db.session.execute(delete(TeamMembership).where(TeamMembership.agent_id == agent.id))
    rows = [{"agent_id": agent.id, "team_id": team.id} for team in teams]
    if rows:
        db.session.execute(insert(TeamMembership).on_conflict_do_nothing(), rows)
    people_changed(agent.id)


def invite(agent: Agent, *, at: datetime) -> str:
    """The secret of a link by which the agent sets a password; it works once, for a week. Only its hash is kept.

    Links given before work no more.
    """
    secret = secrets.token_urlsafe(32)
    db.session.execute(
        update(Invitation)
        .where(Invitation.agent_id == agent.id, Invitation.accepted_at.is_(None), Invitation.expires_at > at)
        .values(expires_at=at)
    )
    db.session.add(
        Invitation(agent_id=agent.id, token_hash=_hash(secret), created_at=at, expires_at=at + INVITATION_LASTS)
    )
    return secret


def invited(secret: str, *, at: datetime) -> Agent:
    """Who was invited with this secret. Raises NotFound when it is unknown, used or too old, or they have left."""
    invitation = queries.invitation_with(_hash(secret))
    if invitation is None or invitation.accepted_at is not None or invitation.expires_at <= at:
        raise NotFound("no such invitation")
    agent = db.session.get_one(Agent, invitation.agent_id)
    if not agent.is_active:
        raise NotFound("no such invitation")
    return agent


def accept_invitation(secret: str, *, password: str, at: datetime) -> Agent:
    """Set the password; the secret works no more."""
    agent = invited(secret, at=at)
    password_hash = hash_password(password)
    taken_up = db.session.execute(
        update(Invitation)
        .where(Invitation.token_hash == _hash(secret), Invitation.accepted_at.is_(None))
        .values(accepted_at=at)
        .returning(Invitation.id)
    ).one_or_none()
    if taken_up is None:
        raise NotFound("no such invitation")
    agent.password_hash = password_hash
    end_sessions(agent)
    return agent


def set_role(agent: Agent, role: Role) -> None:
    agent.role = role
    people_changed(agent.id)


def end_sessions(agent: Agent) -> None:
    """Sign this agent out everywhere."""
    agent.session_version += 1
    people_changed(agent.id)


def deactivate(agent: Agent) -> None:
    """They can no longer sign in; tickets.staffing hands on what they hold."""
    agent.is_active = False
    end_sessions(agent)


def reactivate(agent: Agent) -> None:
    """They may sign in again, with the password, role and teams they had."""
    agent.is_active = True
    people_changed(agent.id)


def _named(name: str) -> str:
    """One line, without characters that no screen shows or that turn the writing round."""
    cleaned = " ".join("".join(c for c in name if c.isspace() or unicodedata.category(c)[0] != "C").split())
    if not 1 <= len(cleaned) <= 80:
        raise InvalidInput("A name has 1 to 80 characters.", field="name")
    return cleaned


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InvalidInput(
            f"There is no time zone {name[:40]!r}; write one such as Europe/London.", field="time_zone"
        ) from error
    return name


def _hash(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def _add(row: Brand | Team | Agent, taken: str) -> None:
    """Add a row whose name may be taken; a unique index decides."""
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError as error:
        raise Conflict(taken) from error
