"""Who one is here, and the way out."""

from flask.testing import FlaskClient

from tests.support.cast import PASSWORD, Cast


def test_an_agent_sees_name_role_and_teams_and_signs_out(client: FlaskClient, cast: Cast) -> None:
    client.post("/sign-in/staff", data={"name": "amal@example.org", "password": PASSWORD})

    page = client.get("/account").text
    client.post("/sign-out")

    assert "Amal Haddad" in page
    assert "agent in Support" in page
    assert client.get("/account").status_code == 302


def test_the_theme_that_was_chosen_is_drawn_by_the_server(client: FlaskClient, cast: Cast) -> None:
    client.set_cookie("theme", "dark")

    assert 'data-theme="dark"' in client.get("/sign-in/staff").text


def test_a_theme_that_is_none_is_not_drawn(client: FlaskClient, cast: Cast) -> None:
    client.set_cookie("theme", '"><script>')

    page = client.get("/sign-in/staff").text
    assert "data-theme" not in page
    assert "<script>" not in page
