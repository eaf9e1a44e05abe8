"""Who may use a route. Every view says so with `open_to`; one that does not is closed to all, and a test names it."""

from collections.abc import Callable
from enum import StrEnum
from hmac import compare_digest
from typing import TypeVar, cast

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from config import Settings
from helpdesk import clock
from helpdesk.extensions import login_manager
from helpdesk.orm import db
from helpdesk.people import api_tokens
from helpdesk.people import queries as people_queries
from helpdesk.people.models import Agent, Member, Role
from helpdesk.people.permissions import Standing
from helpdesk.transaction import transaction
from helpdesk.views.rendering import wants_fragment

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])


class Audience(StrEnum):
    EVERYONE = "everyone"
    AGENTS = "agents"
    LEADS = "leads"
    MANAGERS = "managers"
    ADMINS = "admins"
    MEMBERS = "members"
    NETWORKS = "networks, by their signature"
    PROGRAMS = "programs, by an agent's token"
    OPERATOR = "the operator, by a token"


_ROLES: dict[Audience, frozenset[Role]] = {
    Audience.AGENTS: frozenset(Role),
    Audience.LEADS: frozenset({Role.LEAD, Role.MANAGER, Role.ADMIN}),
    Audience.MANAGERS: frozenset({Role.MANAGER, Role.ADMIN}),
    Audience.ADMINS: frozenset({Role.ADMIN}),
}


def open_to(audience: Audience) -> Callable[[View], View]:
    """Declare who may use a view; checked before it runs."""

    def declare(view: View) -> View:
        view.audience = audience  # type: ignore[attr-defined]
        return view

    return declare


def audience_of(app: Flask, endpoint: str) -> Audience | None:
    return getattr(app.view_functions.get(endpoint), "audience", None)


def set_up(app: Flask) -> None:
    app.before_request(_check)
    login_manager.user_loader(load_person)


def load_person(session_id: str) -> Agent | Member | None:
    """The agent or member of a session id such as `agent:7:1`; None once the version was raised or they left."""
    kind, number, version = [*session_id.split(":"), "", ""][:3]
    if not number.isdigit() or kind not in (Agent.kind, Member.kind):
        return None
    person = _find(kind, int(number))
    if person is None or not person.is_active or str(person.session_version) != version:
        return None
    return person


def _find(kind: str, person_id: int) -> Agent | Member | None:
    if person_id >= 2**63:
        return None
    return db.session.get(Agent, person_id) if kind == Agent.kind else db.session.get(Member, person_id)


def current_agent() -> Agent:
    """The agent whose request this is; only in views that are open to agents."""
    agent = current_user._get_current_object()
    assert isinstance(agent, Agent)
    return agent


def current_member() -> Member:
    """The member whose request this is; only in views that are open to members."""
    member = current_user._get_current_object()
    assert isinstance(member, Member)
    return member


def current_standing() -> Standing:
    """What the agent may see and do, read once in a request."""
    if "standing" not in g:
        g.standing = people_queries.standing_of(current_agent())
    return cast(Standing, g.standing)


def _check() -> ResponseReturnValue | None:
    if request.endpoint is None:
        return None
    audience = audience_of(current_app, request.endpoint)
    match audience:
        case Audience.EVERYONE | Audience.NETWORKS:
            pass
        case Audience.OPERATOR:
            _check_operator()
        case Audience.PROGRAMS:
            _check_token()
        case Audience.MEMBERS:
            if not _is_signed_in(Member):
                return _ask_to_sign_in("sessions.sign_in_member")
        case None:
            abort(404)
        case _:
            return _check_agent(audience)
    return None


def _check_agent(audience: Audience) -> ResponseReturnValue | None:
    if not _is_signed_in(Agent):
        return _ask_to_sign_in("sessions.sign_in")
    if current_agent().role not in _ROLES[audience]:
        abort(404)
    return None


def _is_signed_in(kind: type[Agent] | type[Member]) -> bool:
    return isinstance(current_user._get_current_object(), kind)


def _check_operator() -> None:
    settings: Settings = current_app.config["SETTINGS"]
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.metrics_token or not compare_digest(given.encode(), settings.metrics_token.encode()):
        abort(404)


def _check_token() -> None:
    """A program says its token with every call; a browser's session is no token."""
    with transaction():
        agent = api_tokens.agent_with(bearer_token(), at=clock.now())
    if agent is None:
        abort(401)
    g.api_agent = agent


def bearer_token() -> str:
    """What the call carries in its Authorization header, or ""."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def calling_agent() -> Agent:
    """The agent whose token the call carries; only in views that are open to programs."""
    return cast(Agent, g.api_agent)


def _ask_to_sign_in(endpoint: str) -> ResponseReturnValue:
    """A page is sent to the sign-in form; a fragment is told to go there, since fetch follows a 302 unseen."""
    if request.accept_mimetypes.best == "text/event-stream":
        return "event: signed-out\ndata: \n\n", 200, {"Content-Type": "text/event-stream"}
    if wants_fragment():
        return "Please sign in again.", 401, {"HX-Redirect": url_for(endpoint)}
    return redirect(url_for(endpoint, next=request.full_path.rstrip("?") if request.method == "GET" else None))
