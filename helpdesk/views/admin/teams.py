"""Teams: added, renamed, opened to all agents of their brand."""

from collections.abc import Mapping

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue

from helpdesk.errors import Conflict, InvalidInput
from helpdesk.people import staff, staff_queries
from helpdesk.people.models import Team
from helpdesk.people.queries import teams_of_brands
from helpdesk.transaction import transaction
from helpdesk.views.access import Audience, current_standing, open_to
from helpdesk.views.admin.blueprint import blueprint
from helpdesk.views.admin.forms import given, is_ticked, numbers, typed, words_beside
from helpdesk.views.admin.frame import page


@blueprint.get("/teams")
@open_to(Audience.MANAGERS)
def list_teams() -> ResponseReturnValue:
    return _list_page({}, {})


@blueprint.post("/teams")
@open_to(Audience.MANAGERS)
def create_team() -> ResponseReturnValue:
    brand_id = next(iter(numbers("brand")), 0)
    brand = staff_queries.find_brand(brand_id, current_standing())
    try:
        with transaction():
            team = staff.add_team(brand, name=typed("name"), is_open_to_all_agents=is_ticked("is_open_to_all_agents"))
    except (InvalidInput, Conflict) as error:
        return _list_page(given("name", "brand"), words_beside(error, otherwise="name"), 422)
    flash(f"{team.name} is added.")
    return redirect(url_for("admin.list_teams"))


@blueprint.get("/teams/<int:team_id>")
@open_to(Audience.MANAGERS)
def show_team(team_id: int) -> ResponseReturnValue:
    return _team_page(staff_queries.find_team(team_id, current_standing()), {}, {})


@blueprint.post("/teams/<int:team_id>")
@open_to(Audience.MANAGERS)
def change_team(team_id: int) -> ResponseReturnValue:
    team = staff_queries.find_team(team_id, current_standing())
    try:
        with transaction():
            staff.change_team(team, name=typed("name"), is_open_to_all_agents=is_ticked("is_open_to_all_agents"))
    except (InvalidInput, Conflict) as error:
        return _team_page(team, given("name"), words_beside(error, otherwise="name"), 422)
    flash(f"{team.name} is changed.")
    return redirect(url_for("admin.list_teams"))


def _list_page(said: Mapping[str, str], errors: Mapping[str, str], status: int = 200) -> ResponseReturnValue:
    brands = staff_queries.brands_managed_by(current_standing())
    return page(
        "teams.html",
        "teams",
        status,
        teams=teams_of_brands([brand.id for brand in brands]),
        brands=[(brand.id, brand.name) for brand in brands],
        brand_names={brand.id: brand.name for brand in brands},
        given=said,
        errors=errors,
    )


def _team_page(
    team: Team, said: Mapping[str, str], errors: Mapping[str, str], status: int = 200
) -> ResponseReturnValue:
    return page("team.html", "teams", status, team=team, given=said, errors=errors)
