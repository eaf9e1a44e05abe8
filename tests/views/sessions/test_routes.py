"""Coming in, signing up, an invitation taken up, going out."""

import pytest
from flask.testing import FlaskClient

from helpdesk import clock
from helpdesk.orm import db
from helpdesk.people import queries, staff
from helpdesk.people.models import Member, Role
from helpdesk.transaction import transaction
from tests.support.cast import PASSWORD, Cast
from tests.support.members import a_member


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/staff", "/sign-up"])
def test_the_forms_are_there(client: FlaskClient, cast: Cast, path: str) -> None:
    page = client.get(path)

    assert page.status_code == 200
    assert 'name="csrf_token"' in page.text
    assert 'name="password"' in page.text


def test_a_member_signs_up_and_is_in(client: FlaskClient, cast: Cast) -> None:
    answer = client.post("/sign-up", data={"username": "@Mei_Ling", "name": "Mei-Ling Chen", "password": PASSWORD})

    assert (answer.status_code, answer.location) == (302, "/messages")
    assert queries.member_by_username("mei_ling") is not None
    assert client.get("/messages").status_code == 200
    assert client.get("/").location == "/messages"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"username": ""}, "3 to 20 letters"),
        ({"username": "a\x00b"}, "3 to 20 letters"),
        ({"username": "Größe!"}, "3 to 20 letters"),
        ({"username": "larkpost"}, "@larkpost is taken"),
        ({"username": "dana"}, "@dana is taken"),
        ({"name": "   "}, "1 to 50 characters"),
        ({"name": "x" * 100_000}, "1 to 50 characters"),
        ({"password": "short"}, "at least 10"),
        ({"password": "x" * 201}, "at most 200"),
    ],
    ids=[
        "empty",
        "control",
        "letters",
        "a brand's",
        "taken",
        "no name",
        "long name",
        "short password",
        "long password",
    ],
)
def test_a_sign_up_that_does_not_go_says_why(
    client: FlaskClient, cast: Cast, given: dict[str, str], words: str
) -> None:
    a_member("dana", "Dana Okafor")

    answer = client.post("/sign-up", data={"username": "mei", "name": "Mei", "password": PASSWORD} | given)

    assert answer.status_code == 422
    assert words in answer.text
    assert db.session.query(Member).count() == 1


def test_names_without_deceiving_characters(client: FlaskClient, cast: Cast) -> None:
    client.post("/sign-up", data={"username": "mei", "name": "\u202eMei\x07  Ling", "password": PASSWORD})

    member = queries.member_by_username("mei")
    assert member is not None
    assert member.name == "Mei Ling"


@pytest.mark.parametrize("name", ["", "dana", "nobody", "dana\x00", "x" * 10_000])
def test_a_wrong_password_and_an_unknown_name_sound_the_same(client: FlaskClient, cast: Cast, name: str) -> None:
    a_member("dana", "Dana Okafor")

    for path in ("/sign-in", "/sign-in/staff"):
        answer = client.post(path, data={"name": name, "password": "wrong\x00 password"})
        assert answer.status_code == 422
        assert "do not belong together" in answer.text


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/messages/people/larkpost", "/messages/people/larkpost"),
        ("//evil.example", "/messages"),
        ("https://evil.example/", "/messages"),
        ("/\\evil.example", "/messages"),
        ("", "/messages"),
    ],
)
def test_after_signing_in_one_is_where_one_wanted_to_be(
    client: FlaskClient, cast: Cast, asked: str, led_to: str
) -> None:
    a_member("dana", "Dana Okafor")

    answer = client.post("/sign-in", query_string={"next": asked}, data={"name": "@dana", "password": PASSWORD})

    assert answer.location == led_to


def test_staying_signed_in_is_a_choice(client: FlaskClient, cast: Cast) -> None:
    a_member("dana", "Dana Okafor")
    form = {"name": "dana", "password": PASSWORD}

    brief = client.post("/sign-in", data=form).headers.getlist("Set-Cookie")
    lasting = client.post("/sign-in", data=form | {"stay": "1"}).headers.getlist("Set-Cookie")

    assert not any("remember_token=dana" in c or "remember_token=member" in c for c in brief)
    assert any("remember_token=member" in c and "HttpOnly" in c and "SameSite=Lax" in c for c in lasting)


def test_signing_out_ends_it(client: FlaskClient, cast: Cast) -> None:
    a_member("dana", "Dana Okafor")
    client.post("/sign-in", data={"name": "dana", "password": PASSWORD, "stay": "1"})

    assert client.post("/sign-out").status_code == 302
    assert client.get("/messages").status_code == 302


def test_an_invited_agent_chooses_a_password_once(client: FlaskClient, cast: Cast) -> None:
    with transaction():
        agent = staff.add_agent(email="new@example.org", name="New Person", role=Role.AGENT, teams=[cast.support])
        secret = staff.invite(agent, at=clock.now())

    assert "Welcome, New" in client.get(f"/invitations/{secret}").text
    assert client.post(f"/invitations/{secret}", data={"password": "short"}).status_code == 422
    assert client.post(f"/invitations/{secret}", data={"password": PASSWORD}).location == "/console"
    assert client.get(f"/invitations/{secret}").status_code == 404


@pytest.mark.parametrize("secret", ["x", "%00", "y" * 3000])
def test_an_invitation_that_was_never_sent_is_not_there(client: FlaskClient, cast: Cast, secret: str) -> None:
    assert client.get(f"/invitations/{secret}").status_code == 404
    assert client.post(f"/invitations/{secret}", data={"password": PASSWORD}).status_code == 404


def test_an_office_signs_in_from_one_address_but_nobody_guesses_from_it(client: FlaskClient, cast: Cast) -> None:
    a_member("dana", "Dana Okafor")
    right, wrong = {"name": "dana", "password": PASSWORD}, {"name": "dana", "password": "a guess of mine"}

    office = [client.post("/sign-in", data=right).status_code for _ in range(25)]
    guesses = [client.post("/sign-in", data=wrong).status_code for _ in range(21)]

    assert set(office) == {302}
    assert guesses == [422] * 20 + [429]
