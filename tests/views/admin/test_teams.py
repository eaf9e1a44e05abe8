"""Teams and brands in settings."""

import pytest

from helpdesk.errors import NotFound
from helpdesk.people import queries, staff_queries
from helpdesk.people.models import Brand, Team
from helpdesk.sla import queries as sla_queries
from tests.support.cast import Cast, standing
from tests.views.admin.conftest import SignIn


def test_a_manager_adds_a_team_and_sees_those_of_own_brands_only(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.chidi)

    shown = browser.post(
        "/admin/teams", data={"brand": cast.larkpost.id, "name": "Repairs"}, follow_redirects=True
    ).text

    assert "Repairs" in shown
    assert "Front desk" not in shown
    assert queries.team_by_name(cast.larkpost.id, "Repairs").is_open_to_all_agents is False


def test_a_team_is_renamed_and_opened_to_all_agents(cast: Cast, sign_in: SignIn) -> None:
    sign_in(cast.chidi).post(f"/admin/teams/{cast.support.id}", data={"name": "Care", "is_open_to_all_agents": "1"})

    assert (cast.support.name, cast.support.is_open_to_all_agents) == ("Care", True)
    assert cast.support.id in standing(cast.bruno).readable_team_ids


@pytest.mark.parametrize("name", ["", " \x07 ", "x" * 81, "Returns"])
def test_a_name_that_cannot_be_is_refused_beside_its_field(cast: Cast, sign_in: SignIn, name: str) -> None:
    browser = sign_in(cast.chidi)

    changed = browser.post(f"/admin/teams/{cast.support.id}", data={"name": name})
    added = browser.post("/admin/teams", data={"brand": cast.larkpost.id, "name": name})

    assert (changed.status_code, added.status_code) == (422, 422)
    assert 'id="field-name-error"' in changed.text
    assert 'id="field-name-error"' in added.text
    assert cast.support.name == "Support"


def test_another_brands_teams_are_not_there(cast: Cast, sign_in: SignIn) -> None:
    foreign = foreign_team(cast)
    browser = sign_in(cast.chidi)

    assert browser.get(f"/admin/teams/{foreign.id}").status_code == 404
    assert browser.post(f"/admin/teams/{foreign.id}", data={"name": "Mine"}).status_code == 404
    assert browser.post("/admin/teams", data={"brand": foreign.brand_id, "name": "Mine"}).status_code == 404


def test_a_lead_manages_no_teams(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.lena).get("/admin/teams").status_code == 404


def test_brands_are_the_admins(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.chidi)

    assert browser.get("/admin/brands").status_code == 404
    assert browser.post(f"/admin/brands/{cast.larkpost.id}", data={"name": "Mine"}).status_code == 404


def test_an_admin_adds_a_brand_with_its_first_promises_and_then_its_team(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.ada)

    browser.post("/admin/brands", data={"name": "Tidewell", "handle": "@tidewell", "time_zone": "Asia/Tokyo"})
    brand = queries.brand_by_handle("tidewell")
    browser.post("/admin/teams", data={"brand": brand.id, "name": "Front desk"})

    assert brand.time_zone == "Asia/Tokyo"
    assert sla_queries.policies_of_brand(brand.id)
    assert queries.team_by_name(brand.id, "Front desk")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"time_zone": "../../etc/passwd"}, "time_zone"),
        ({"time_zone": "x" * 100_000}, "time_zone"),
        ({"reopen_hours": ""}, "reopen_hours"),
        ({"reopen_hours": "-1"}, "reopen_hours"),
        ({"reopen_hours": "99999"}, "reopen_hours"),
        ({"reopen_hours": "two"}, "reopen_hours"),
        ({"undo_seconds": ""}, "undo_seconds"),
        ({"undo_seconds": "-1"}, "undo_seconds"),
        ({"undo_seconds": "61"}, "undo_seconds"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_brand_that_cannot_be_is_refused_beside_the_field(
    cast: Cast, sign_in: SignIn, change: dict[str, str], field: str
) -> None:
    form = {"name": "Larkpost", "time_zone": "Europe/London", "reopen_hours": "48", "undo_seconds": "5"} | change

    refused = sign_in(cast.ada).post(f"/admin/brands/{cast.larkpost.id}", data=form)

    assert refused.status_code == 422
    assert f'id="field-{field}-error"' in refused.text
    assert (cast.larkpost.time_zone, cast.larkpost.reopen_hours) == ("Europe/London", 72)


def test_time_zone_reopen_time_and_undo_time_change(cast: Cast, sign_in: SignIn) -> None:
    form = {"name": "Larkpost", "time_zone": "Europe/Paris", "reopen_hours": "48", "undo_seconds": "20"}

    sign_in(cast.ada).post(f"/admin/brands/{cast.larkpost.id}", data=form)

    assert (cast.larkpost.time_zone, cast.larkpost.reopen_hours, cast.larkpost.undo_seconds) == ("Europe/Paris", 48, 20)


def test_a_taken_handle_is_refused(cast: Cast, sign_in: SignIn) -> None:
    form = {"name": "Another", "handle": "larkpost", "time_zone": "UTC"}

    refused = sign_in(cast.ada).post("/admin/brands", data=form)

    assert refused.status_code == 422
    assert "The handle larkpost is taken." in refused.text


def test_a_brand_that_is_not_there(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.ada).get("/admin/brands/999999").status_code == 404


def foreign_team(cast: Cast) -> Team:
    team = staff_queries.teams_of(cast.eve.id)[0]
    with pytest.raises(NotFound):
        staff_queries.find_brand(team.brand_id, standing(cast.chidi))
    assert isinstance(queries.brands([team.brand_id])[0], Brand)
    return team


@pytest.mark.parametrize("number", ["9" * 30, "9" * 5000])
def test_a_number_too_large_for_a_row_names_no_brand(cast: Cast, sign_in: SignIn, number: str) -> None:
    browser = sign_in(cast.ada)

    assert browser.post("/admin/teams", data={"brand": number, "name": "Repairs"}).status_code == 404
    assert browser.get(f"/admin/canned-replies/new?brand={number}").status_code == 404
