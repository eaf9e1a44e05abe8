"""The staff: who is here, invited, with which role and teams, and who has left."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from config import Settings
from helpdesk import clock
from helpdesk.errors import Conflict, InvalidInput
from helpdesk.people import staff, staff_queries
from helpdesk.people.models import Agent, Role, Team
from helpdesk.people.queries import teams_of_brands
from helpdesk.tickets import staffing
from helpdesk.tickets.staffing_queries import count_active_tickets_of
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.forms import given, numbers, typed, words_beside
from helpdesk.views.admin.frame import first_page, page


@blueprint.get("")
@open_to(Audience.LEADS)
def index() -> ResponseReturnValue:
    return redirect(first_page())


@blueprint.get("/people")
@open_to(Audience.MANAGERS)
def list_people() -> ResponseReturnValue:
    return page("people.html", "people", people=staff_queries.staff_of(current_standing()), me_id=current_agent().id)


@blueprint.get("/people/new")
@open_to(Audience.MANAGERS)
def new_person() -> ResponseReturnValue:
    return _new_page({}, {})


@blueprint.post("/people")
@open_to(Audience.MANAGERS)
def create_person() -> ResponseReturnValue:
    try:
        with transaction():
            role = _chosen_role()
            agent = staff.add_agent(email=typed("email"), name=typed("name"), role=role, teams=_chosen_teams(role))
            secret = staff.invite(agent, at=clock.now())
    except (InvalidInput, Conflict) as error:
        return _new_page(given("email", "name", "role"), words_beside(error, otherwise="email"), 422)
    return _link_page(agent, secret)


@blueprint.get("/people/<int:agent_id>")
@open_to(Audience.MANAGERS)
def show_person(agent_id: int) -> ResponseReturnValue:
    return _person_page(staff_queries.find_agent(agent_id, current_standing()), {})


@blueprint.post("/people/<int:agent_id>/role")
@open_to(Audience.MANAGERS)
def change_role(agent_id: int) -> ResponseReturnValue:
    agent = staff_queries.find_agent(agent_id, current_standing())
    try:
        with transaction():
            handed_on = staffing.change_role(agent, _chosen_role(), by=current_agent(), at=clock.now())
    except InvalidInput as error:
        return _person_page(agent, words_beside(error, otherwise="role"), 422)
    flash(f"{agent.name} is {_with_article(agent.role)} now. {_handed_on_words(handed_on)}")
    return redirect(url_for("admin.show_person", agent_id=agent.id))


@blueprint.post("/people/<int:agent_id>/teams")
@open_to(Audience.MANAGERS)
def change_teams(agent_id: int) -> ResponseReturnValue:
    agent = staff_queries.find_agent(agent_id, current_standing())
    try:
        with transaction():
            teams = _chosen_teams(Role(agent.role))
            handed_on = staffing.change_teams(agent, teams, by=current_agent(), at=clock.now())
    except InvalidInput as error:
        return _person_page(agent, words_beside(error, otherwise="teams"), 422)
    flash(f"The teams of {agent.name} are changed. {_handed_on_words(handed_on)}")
    return redirect(url_for("admin.show_person", agent_id=agent.id))


@blueprint.get("/people/<int:agent_id>/deactivation")
@open_to(Audience.MANAGERS)
def confirm_deactivation(agent_id: int) -> ResponseReturnValue:
    agent = staff_queries.find_agent(agent_id, current_standing())
    return page("deactivation.html", "people", person=agent, held=count_active_tickets_of(agent.id))


@blueprint.post("/people/<int:agent_id>/deactivation")
@open_to(Audience.MANAGERS)
def deactivate(agent_id: int) -> ResponseReturnValue:
    agent = staff_queries.find_agent(agent_id, current_standing())
    with transaction():
        handed_on = staffing.let_go(agent, by=current_agent(), at=clock.now())
    flash(f"{agent.name} is deactivated and signed out. {_handed_on_words(handed_on)}")
    return redirect(url_for("admin.list_people"))


@blueprint.post("/people/<int:agent_id>/reactivation")
@open_to(Audience.MANAGERS)
def reactivate(agent_id: int) -> ResponseReturnValue:
    agent = staff_queries.find_agent(agent_id, current_standing())
    with transaction():
        staff.reactivate(agent)
    flash(f"{agent.name} may sign in again.")
    return redirect(url_for("admin.show_person", agent_id=agent.id))


@blueprint.post("/people/<int:agent_id>/invitations")
@open_to(Audience.MANAGERS)
def create_invitation(agent_id: int) -> ResponseReturnValue:
    agent = staff_queries.find_agent(agent_id, current_standing())
    with transaction():
        secret = staff.invite(agent, at=clock.now())
    return _link_page(agent, secret)


def _chosen_role() -> Role:
    """Raises InvalidInput for a role that is none, or not this person's to give."""
    if typed("role") not in current_standing().roles_to_give:
        raise InvalidInput("Choose a role.", field="role")
    return Role(typed("role"))


def _chosen_teams(role: Role) -> list[Team]:
    """Raises InvalidInput where none is chosen; an admin, who sees all brands, may do without."""
    chosen = set(numbers("teams"))
    teams = [team for team in _teams_to_give() if team.id in chosen]
    if not teams and role != Role.ADMIN:
        raise InvalidInput("Choose at least one team.", field="teams")
    return teams


def _teams_to_give() -> Sequence[Team]:
    return teams_of_brands([brand.id for brand in staff_queries.brands_managed_by(current_standing())])


def _choices(chosen: set[int]) -> dict[str, Any]:
    """The roles and teams that this person may give."""
    brands = {brand.id: brand.name for brand in staff_queries.brands_managed_by(current_standing())}
    return {
        "roles": [(role.value, role.value.capitalize()) for role in current_standing().roles_to_give],
        "team_choices": [
            {"id": team.id, "label": _place(team, brands), "is_chosen": team.id in chosen} for team in _teams_to_give()
        ],
    }


def _place(team: Team, brands: Mapping[int, str]) -> str:
    return team.name if len(brands) == 1 else f"{brands[team.brand_id]}: {team.name}"


def _new_page(said: Mapping[str, str], errors: Mapping[str, str], status: int = 200) -> ResponseReturnValue:
    chosen = set(numbers("teams")) if request.method == "POST" else set()
    return page("new_person.html", "people", status, given=said, errors=errors, **_choices(chosen))


def _person_page(agent: Agent, errors: Mapping[str, str], status: int = 200) -> ResponseReturnValue:
    chosen = {team.id for team in staff_queries.teams_of(agent.id)}
    is_self = agent.id == current_agent().id
    return page("person.html", "people", status, person=agent, is_self=is_self, errors=errors, **_choices(chosen))


def _link_page(agent: Agent, secret: str) -> ResponseReturnValue:
    settings: Settings = current_app.config["SETTINGS"]
    link = settings.public_url + url_for("sessions.show_invitation", secret=secret)
    return page("invitation_link.html", "people", person=agent, link=link, days=staff.INVITATION_LASTS.days)


def _handed_on_words(n: int) -> str:
    match n:
        case 0:
            return "No open tickets were handed on."
        case 1:
            return "1 open ticket went back to its team."
        case _:
            return f"{n} open tickets went back to their teams."


def _with_article(role: str) -> str:
    return f"an {role}" if role[0] == "a" else f"a {role}"
