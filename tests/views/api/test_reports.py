"""Reports for programs: the numbers that the agent may count, in columns and rows."""

from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from helpdesk import clock
from helpdesk.people.models import Agent
from tests.support.cast import Cast, dana_says, hear, newest_ticket, reply
from tests.views.api.test_tickets import bearer, is_problem, token_of


@pytest.fixture
def answered(cast: Cast) -> datetime:
    """Amal answered Dana after 90 seconds, an hour ago."""
    at = clock.now() - timedelta(hours=1)
    hear(cast.x, dana_says("My order never came", at=at))
    reply(newest_ticket(), "On its way", by=cast.amal, at=at + timedelta(seconds=90))
    return at


def asked(client: FlaskClient, agent: Agent, query: str) -> dict[str, object]:
    answer = client.get(f"/api/v1/reports/{query}", headers=bearer(token_of(agent, at=clock.now())))
    assert answer.status_code == 200
    document: dict[str, object] = answer.get_json()
    return document


def cells(document: dict[str, object], row: int = -1) -> dict[str, object]:
    columns, rows = document["columns"], document["rows"]
    assert isinstance(columns, list)
    assert isinstance(rows, list)
    return dict(zip(columns, rows[row], strict=True))


def test_a_manager_reads_the_brand(client: FlaskClient, cast: Cast, answered: datetime) -> None:
    found = asked(client, cast.chidi, "first-response?by=agent&zone=Asia/Tokyo")
    assert found["zone"] == "Asia/Tokyo"
    assert cells(found, 0)["agent"] == "Amal Haddad <amal@example.org>"
    assert (cells(found)["n"], cells(found)["median_seconds"]) == (1, 90.0)


def test_an_agent_reads_their_own_only(client: FlaskClient, cast: Cast, answered: datetime) -> None:
    assert cells(asked(client, cast.amal, "first-response"))["n"] == 1
    assert cells(asked(client, cast.bruno, "first-response"))["n"] == 0


def test_business_time_in_hours_that_are_asked_for(client: FlaskClient, cast: Cast, answered: datetime) -> None:
    found = asked(client, cast.chidi, "first-response?business_hours=Opening%20hours&brand=larkpost")
    usual = asked(client, cast.chidi, "first-response")
    assert cells(found)["median_business_seconds"] == cells(usual)["median_business_seconds"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("mood", 404),
        ("first-response?brand=marlow", 404),
        ("first-response?brand=nobody", 404),
        ("first-response?by=mood", 422),
        ("first-response?from=yesterday", 422),
        ("first-response?zone=Atlantis/Capital", 422),
        ("first-response?business_hours=Never", 422),
        ("volume?from=2020-01-01&to=2022-01-01", 422),
    ],
)
def test_what_cannot_be_answered_is_a_problem(client: FlaskClient, cast: Cast, query: str, status: int) -> None:
    answer = client.get(f"/api/v1/reports/{query}", headers=bearer(token_of(cast.chidi, at=clock.now())))
    assert is_problem(answer, status)
