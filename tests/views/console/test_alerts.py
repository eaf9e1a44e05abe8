"""The list of one's alerts, and the link to it with how many are new."""

from datetime import datetime

import pytest

from helpdesk.people.models import Agent
from helpdesk.tickets import alerts
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket
from tests.views.console.conftest import SignIn

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}


@pytest.fixture
def ticket(cast: Cast, at: datetime) -> Ticket:
    return a_ticket(cast, at=at)


def tell(ticket: Ticket, agent: Agent, *, at: datetime) -> None:
    with transaction():
        alerts.alert(ticket, "The first response is overdue", [agent], at=at)


def test_the_link_says_how_many_are_new_and_says_the_newest_once(
    cast: Cast, sign_in: SignIn, ticket: Ticket, at: datetime
) -> None:
    client = sign_in(cast.amal)
    assert 'aria-label="Alerts"' in client.get("/console/queues/mine").text
    before = client.get("/console/alerts/link?after=0")
    assert "HX-Trigger" not in before.headers

    tell(ticket, cast.amal, at=at)
    tell(ticket, cast.bruno, at=at)
    bell = client.get("/console/alerts/link?after=0")

    assert 'aria-label="Alerts, 1 new"' in bell.text
    assert bell.headers["HX-Trigger"] == '{"toast": "The first response is overdue: Dana Okafor"}'
    again = bell.text.split('hx-get="')[1].split('"')[0]
    assert "HX-Trigger" not in client.get(again).headers


def test_all_can_be_marked_as_seen(cast: Cast, sign_in: SignIn, ticket: Ticket, at: datetime) -> None:
    tell(ticket, cast.amal, at=at)
    client = sign_in(cast.amal)
    page = client.get("/console/alerts").text
    assert f'href="/console/tickets/{ticket.id}"' in page
    assert "All are seen" in page

    newest = page.split('name="newest" value="')[1].split('"')[0]
    tell(ticket, cast.amal, at=at)
    again = client.post("/console/alerts/seen", data={"newest": newest}, follow_redirects=True).text
    assert "All are seen" in again, "one came while the list was looked at"
    newest = again.split('name="newest" value="')[1].split('"')[0]

    seen = client.post("/console/alerts/seen", data={"newest": newest}, follow_redirects=True).text

    assert f'href="/console/tickets/{ticket.id}"' in seen
    assert "All are seen" not in seen
    assert 'aria-label="Alerts"' in client.get("/console/alerts/link", headers=PARTIAL).text


def test_nobody_reads_those_of_others(cast: Cast, sign_in: SignIn, ticket: Ticket, at: datetime) -> None:
    tell(ticket, cast.amal, at=at)

    assert f"/console/tickets/{ticket.id}" not in sign_in(cast.chidi).get("/console/alerts").text
