"""Managing the staff, as managers and admins do it, without JavaScript."""

import re
from datetime import datetime

import pytest
from flask.testing import FlaskClient

from helpdesk.people import queries, staff_queries
from helpdesk.people.models import Role
from helpdesk.tickets import assignment, queue_queries
from helpdesk.tickets.queue_queries import Queue
from helpdesk.transaction import transaction
from tests.support.cast import PASSWORD, Cast, a_ticket, standing
from tests.views.admin.conftest import SignIn


def test_an_agent_has_no_settings(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)

    assert browser.get("/admin").status_code == 404
    assert browser.get("/admin/people").status_code == 404


def test_settings_begin_with_what_one_may_change(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.lena).get("/admin").location == "/admin/canned-replies"
    assert sign_in(cast.chidi).get("/admin").location == "/admin/people"


def test_a_stranger_is_asked_to_sign_in(cast: Cast, client: FlaskClient) -> None:
    assert client.get("/admin/people").location.startswith("/sign-in/staff")


def test_a_manager_sees_the_people_of_own_brands_only(cast: Cast, sign_in: SignIn) -> None:
    shown = sign_in(cast.chidi).get("/admin/people").text

    assert "amal@example.org" in shown
    assert "bruno@example.org" in shown
    assert "eve@example.org" not in shown
    assert "ada@example.org" not in shown


def test_an_admin_sees_everybody(cast: Cast, sign_in: SignIn) -> None:
    shown = sign_in(cast.ada).get("/admin/people").text

    for name in ("amal", "bruno", "lena", "chidi", "eve", "ada"):
        assert f"{name}@example.org" in shown


def test_an_invitation_gives_a_link_once_by_which_one_comes_in(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.chidi)

    made = browser.post(
        "/admin/people",
        data={"name": "Noor Haddad", "email": "noor@example.org", "role": "lead", "teams": [cast.support.id]},
    )

    secret = secret_in(made.text)
    assert secret not in browser.get("/admin/people").text
    noor = queries.agent_by_email("noor@example.org")
    assert noor is not None
    assert (noor.role, noor.password_hash) == (Role.LEAD, None)
    assert [team.name for team in staff_queries.teams_of(noor.id)] == ["Support"]
    browser.post("/sign-out")
    browser.post(f"/invitations/{secret}", data={"password": "a new long password"})
    assert browser.get("/admin").location == "/admin/canned-replies"
    assert browser.get(f"/invitations/{secret}").status_code == 404


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "A name has 1 to 80 characters."),
        ({"name": "x" * 100_000}, "A name has 1 to 80 characters."),
        ({"email": "nonsense"}, "That is not an e-mail address."),
        ({"email": "AMAL@example.org"}, "is on the staff already."),
        ({"role": "admin"}, "Choose a role."),
        ({"role": "king"}, "Choose a role."),
        ({"teams": []}, "Choose at least one team."),
        ({"teams": ["none"]}, "Choose at least one team."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_invitation_that_cannot_be_is_refused_beside_its_field(
    cast: Cast, sign_in: SignIn, change: dict[str, object], words: str
) -> None:
    form = {"name": "Noor Haddad", "email": "noor@example.org", "role": "agent", "teams": [cast.support.id]}

    refused = sign_in(cast.chidi).post("/admin/people", data=form | change)

    assert refused.status_code == 422
    assert words in refused.text
    assert queries.agent_by_email("noor@example.org") is None


def test_a_manager_gives_no_team_of_another_brand(cast: Cast, sign_in: SignIn) -> None:
    foreign = staff_queries.teams_of(cast.eve.id)[0]
    form = {"name": "Noor", "email": "noor@example.org", "role": "agent", "teams": [foreign.id]}

    assert sign_in(cast.chidi).post("/admin/people", data=form).status_code == 422


@pytest.mark.parametrize("name", ["eve", "ada"])
@pytest.mark.parametrize("what", ["", "/role", "/teams", "/deactivation", "/reactivation", "/invitations"])
def test_other_brands_people_and_admins_are_not_there_for_a_manager(
    cast: Cast, sign_in: SignIn, name: str, what: str
) -> None:
    address = f"/admin/people/{getattr(cast, name).id}{what}"
    browser = sign_in(cast.chidi)

    assert (browser.post(address) if what else browser.get(address)).status_code == 404


def test_a_manager_makes_no_admin(cast: Cast, sign_in: SignIn) -> None:
    refused = sign_in(cast.chidi).post(f"/admin/people/{cast.amal.id}/role", data={"role": "admin"})

    assert (refused.status_code, cast.amal.role) == (422, Role.AGENT)


def test_an_admin_makes_an_admin(cast: Cast, sign_in: SignIn) -> None:
    sign_in(cast.ada).post(f"/admin/people/{cast.chidi.id}/role", data={"role": "admin"})

    assert cast.chidi.role == Role.ADMIN


def test_nobody_changes_the_own_role_or_goes_by_oneself(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.chidi)

    assert browser.post(f"/admin/people/{cast.chidi.id}/role", data={"role": "agent"}).status_code == 403
    assert browser.post(f"/admin/people/{cast.chidi.id}/deactivation").status_code == 403
    assert (cast.chidi.role, cast.chidi.is_active) == (Role.MANAGER, True)


def test_another_team_hands_on_what_was_held_in_the_old(cast: Cast, sign_in: SignIn, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    with transaction():
        assignment.assign(ticket, to=cast.amal, by=cast.amal, at=at)

    moved = sign_in(cast.chidi).post(
        f"/admin/people/{cast.amal.id}/teams", data={"teams": [cast.returns.id]}, follow_redirects=True
    )

    assert "1 open ticket went back to its team." in moved.text
    assert ticket.assignee_id is None
    assert [team.name for team in staff_queries.teams_of(cast.amal.id)] == ["Returns"]


def test_deactivation_is_confirmed_and_tells_how_many_tickets_were_handed_on(
    cast: Cast, sign_in: SignIn, at: datetime
) -> None:
    tickets = [a_ticket(cast, at=at, customer=customer) for customer in ("8002", "8003")]
    with transaction():
        for ticket in tickets:
            assignment.assign(ticket, to=cast.amal, by=cast.amal, at=at)
    browser = sign_in(cast.chidi)

    asked = browser.get(f"/admin/people/{cast.amal.id}/deactivation")
    done = browser.post(f"/admin/people/{cast.amal.id}/deactivation", follow_redirects=True)

    assert "2 open tickets that they hold go back to their teams." in asked.text
    assert "2 open tickets went back to their teams." in done.text
    assert cast.amal.is_active is False
    assert [t.assignee_id for t in tickets] == [None, None]
    assert queue_queries.count_queues(standing(cast.amal))[Queue.MINE] == 0


def test_the_deactivated_are_signed_out_and_come_back_when_reactivated(cast: Cast, sign_in: SignIn) -> None:
    app = sign_in(cast.amal).application
    with app.app_context():
        amals = app.test_client()
    amals.post("/sign-in/staff", data={"name": cast.amal.email, "password": PASSWORD})
    browser = sign_in(cast.chidi)

    browser.post(f"/admin/people/{cast.amal.id}/deactivation")
    assert amals.get("/console").status_code == 302
    assert amals.post("/sign-in/staff", data={"name": cast.amal.email, "password": PASSWORD}).status_code == 422

    browser.post(f"/admin/people/{cast.amal.id}/reactivation")
    assert amals.post("/sign-in/staff", data={"name": cast.amal.email, "password": PASSWORD}).status_code == 302


def test_a_new_link_ends_the_one_before(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.chidi)
    first = secret_in(browser.post(f"/admin/people/{cast.amal.id}/invitations").text)

    second = secret_in(browser.post(f"/admin/people/{cast.amal.id}/invitations").text)

    assert browser.get(f"/invitations/{first}").status_code == 404
    assert browser.get(f"/invitations/{second}").status_code == 200


def test_the_page_of_a_person_holds_no_secret(cast: Cast, sign_in: SignIn) -> None:
    shown = sign_in(cast.ada).get(f"/admin/people/{cast.amal.id}").text

    assert "amal@example.org" in shown
    assert "argon2" not in shown


def secret_in(page: str) -> str:
    found = re.search(r"/invitations/([\w-]+)", page)
    assert found is not None
    return found[1]
