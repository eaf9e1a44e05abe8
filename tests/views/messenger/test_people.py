"""Finding people and brands, and their profiles."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.messaging.models import Conversation
from helpdesk.orm import db
from helpdesk.people.models import Member
from helpdesk.sla.models import Clock
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, reply
from tests.support.members import FRAGMENT


def test_members_and_brands_are_found_by_name_and_by_username(danas: FlaskClient, kat: Member) -> None:
    for words, found in [
        ("kat", "@kat"),
        ("Kat Wr", "@kat"),
        ("@kat", "@kat"),
        ("lark", "@larkpost"),
        ("LARKP", "@larkpost"),
    ]:
        assert found in danas.get("/messages/people", query_string={"q": words}, headers=FRAGMENT).text


def test_the_page_of_found_people_works_without_javascript(danas: FlaskClient, kat: Member) -> None:
    page = danas.get("/messages/people?q=kat").text

    assert "<!doctype html>" in page
    assert "/messages/people/kat" in page


def test_the_fragment_is_the_list_alone(danas: FlaskClient, kat: Member) -> None:
    fragment = danas.get("/messages/people?q=kat", headers=FRAGMENT).text

    assert "<!doctype" not in fragment
    assert "/messages/people/kat" in fragment


def test_one_does_not_find_oneself(danas: FlaskClient) -> None:
    assert "@dana" not in danas.get("/messages/people?q=dana", headers=FRAGMENT).text


def test_nobody_found_says_so(danas: FlaskClient) -> None:
    assert "Nobody found" in danas.get("/messages/people?q=zzzzzz", headers=FRAGMENT).text


@pytest.mark.parametrize("words", ["%", "_", "\x00", "' or 1=1 --", "x" * 5000, "‮abc", "\\"])
def test_strange_words_find_nothing_and_break_nothing(danas: FlaskClient, words: str) -> None:
    assert danas.get("/messages/people", query_string={"q": words}).status_code == 200


def test_who_has_left_is_neither_found_nor_shown(danas: FlaskClient, kat: Member) -> None:
    with transaction():
        kat.is_active = False

    assert "@kat" not in danas.get("/messages/people?q=kat", headers=FRAGMENT).text
    assert danas.get("/messages/people/kat").status_code == 404


def test_a_profile_leads_to_a_conversation(danas: FlaskClient, kat: Member) -> None:
    profile = danas.get("/messages/people/kat").text

    assert "Kat Wren" in profile
    assert "/messages/with/kat" in profile
    assert "Verified" not in profile


def test_a_brand_has_its_mark(danas: FlaskClient) -> None:
    assert "Verified" in danas.get("/messages/people/larkpost").text


def test_ones_own_profile_lets_one_out(danas: FlaskClient) -> None:
    profile = danas.get("/messages/people/dana").text

    assert "Sign out" in profile
    assert "/messages/with/dana" not in profile


@pytest.mark.parametrize("handle", ["nobody", "marlow", "%00", "x" * 500])
def test_a_profile_of_nobody_is_not_there(danas: FlaskClient, handle: str) -> None:
    """Marlow does not answer on this network."""
    assert danas.get(f"/messages/people/{handle}").status_code == 404


def test_the_profile_says_how_long_an_answer_takes_once_there_are_fifty(danas: FlaskClient, cast: Cast) -> None:
    now = clock.now()
    ticket = a_ticket(cast, at=now - timedelta(hours=3))
    reply(ticket, "Hello", by=cast.amal, at=now - timedelta(hours=2))
    assert "Usually answers" not in danas.get("/messages/people/larkpost").text

    stopped = db.session.scalars(select(Clock).where(Clock.stopped_at.is_not(None))).first()
    assert stopped is not None
    with transaction():
        stopped.business_seconds = 720.0
        copied = {c.name: getattr(stopped, c.name) for c in Clock.__table__.columns if c.name != "id"}
        db.session.add_all(Clock(**copied | {"kind": "next_response"}) for _ in range(50))

    assert "Usually answers within 12 min" in danas.get("/messages/people/larkpost").text


def test_looking_around_makes_no_conversation(danas: FlaskClient, kat: Member) -> None:
    for path in ("people", "people/kat", "with/kat", "with/larkpost"):
        assert danas.get(f"/messages/{path}").status_code == 200

    assert db.session.scalars(select(func.count()).select_from(Conversation)).one() == 0
