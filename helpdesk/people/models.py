"""Brands and their staff, and the members of the native network."""

import datetime as dt
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from helpdesk.orm import Base


class Role(StrEnum):
    """What a person on the staff may do, least first (behaviour.md 6)."""

    AGENT = "agent"
    LEAD = "lead"
    MANAGER = "manager"
    ADMIN = "admin"


class Brand(Base):
    __tablename__ = "brand"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    handle: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    bio: Mapped[str] = mapped_column(default="")
    time_zone: Mapped[str] = mapped_column(default="UTC")
    reopen_hours: Mapped[int] = mapped_column(default=72)
    undo_seconds: Mapped[int] = mapped_column(default=8, server_default=text("8"))
    """How long a reply waits after it was sent, so that it can be taken back; 0: it goes at once."""
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class Team(Base):
    __tablename__ = "team"
    __table_args__ = (Index("uq_team_brand_id_name", "brand_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    brand_id: Mapped[int] = mapped_column(ForeignKey("brand.id"))
    name: Mapped[str]
    is_open_to_all_agents: Mapped[bool] = mapped_column(default=False)

    brand: Mapped[Brand] = relationship(lazy="raise_on_sql")


class Person:
    """What a signed-in agent or member tells Flask-Login."""

    is_authenticated = True
    is_anonymous = False
    kind = ""
    id: Mapped[int]
    session_version: Mapped[int]

    def get_id(self) -> str:
        """Such as `agent:7:1`; raising the version ends every session that carries the old one."""
        return f"{self.kind}:{self.id}:{self.session_version}"


class Agent(Person, Base):
    """A person on the staff. Own brands are the brands of the teams one belongs to; an admin's are all."""

    __tablename__ = "agent"
    kind = "agent"
    __table_args__ = (
        CheckConstraint("role in ('agent', 'lead', 'manager', 'admin')", name="role"),
        Index("uq_agent_lower_email", text("lower(email)"), unique=True),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str] = mapped_column(default=Role.AGENT)
    password_hash: Mapped[str | None]
    """None until the invitation is taken up: nobody can sign in with it."""
    session_version: Mapped[int] = mapped_column(default=1)
    """Raised to end every session that is open."""
    is_active: Mapped[bool] = mapped_column(default=True)
    time_zone: Mapped[str] = mapped_column(default="UTC")
    last_seen_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())


class TeamMembership(Base):
    __tablename__ = "team_membership"
    __table_args__ = (Index("ix_team_membership_team_id", "team_id"),)

    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"), primary_key=True)


class Invitation(Base):
    """A link by which an invited agent sets a password; only its hash is kept, and it works once."""

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[dt.datetime]
    expires_at: Mapped[dt.datetime]
    accepted_at: Mapped[dt.datetime | None]


class ApiToken(Base):
    """By which a program acts as an agent; only its hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    agent_id: Mapped[int] = mapped_column(ForeignKey("agent.id"), index=True)
    name: Mapped[str]
    """What it is for, in the agent's words."""
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[dt.datetime]
    last_used_at: Mapped[dt.datetime | None]
    revoked_at: Mapped[dt.datetime | None]


class Member(Person, Base):
    """A person with a sign-in on the native network; its identity there carries the member's id."""

    __tablename__ = "member"
    kind = "member"
    __table_args__ = (
        CheckConstraint("username = lower(username)", name="username_lower"),
        Index(
            "ix_member_username_trgm", "username", postgresql_using="gin", postgresql_ops={"username": "gin_trgm_ops"}
        ),
        Index("ix_member_name_trgm", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    bio: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str]
    session_version: Mapped[int] = mapped_column(default=1)
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[dt.datetime] = mapped_column(server_default=func.now())
