"""Staffing: the aim in the address, agents by hour of the week, and words beside what cannot be."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.messaging.models import Message
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.tickets import tagging
from helpdesk.tickets.models import Handling, Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear, reply
from tests.views.dashboards.conftest import SignIn


@pytest.fixture
def a_week(cast: Cast) -> None:
    """Twelve customers wrote in one hour of last week."""
    now = clock.now()
    monday = (now - timedelta(days=now.weekday() + 7)).replace(hour=10, minute=15)
    for number in range(12):
        hear(cast.x, dana_says("Hello", at=monday + timedelta(minutes=number), customer=f"c{number}"))


def roster(page: str) -> list[str]:
    return [cell for cell in re.findall(r'heat__\d" title="[^"]*">([^<]+)<', page) if cell != "–"]


def test_it_says_how_many_are_needed_and_how_good_the_forecast_is(cast: Cast, sign_in: SignIn, a_week: None) -> None:
    page = sign_in(cast.chidi).get("/dashboards/staffing").text
    assert roster(page) == ["2"]
    assert "12.0 expected" in page
    assert "not two whole weeks" in page


def test_a_stricter_aim_needs_more(cast: Cast, sign_in: SignIn, a_week: None) -> None:
    strict = "/dashboards/staffing?part=99&within=1&handle=12&concurrency=1&shrinkage=0"
    browser = sign_in(cast.chidi)
    assert int(roster(browser.get(strict).text)[0]) > 4
    assert int(roster(browser.get(f"{strict}&patience=5").text)[0]) > 1


def test_too_few_agents_are_told_in_words(cast: Cast, sign_in: SignIn, a_week: None) -> None:
    browser = sign_in(cast.chidi)
    few = browser.get("/dashboards/staffing?handle=60&concurrency=1&agents=12").text
    assert "12.0 hours of work come in every hour and at most 12 can be done" in few
    enough = browser.get("/dashboards/staffing?handle=4&concurrency=1&agents=3").text
    assert re.search(r"with 3 agents at work, \d+ % are answered in time", enough)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("part=0", "from 1 to 99.9"),
        ("part=all", "from 1 to 99.9"),
        ("part=nan", "from 1 to 99.9"),
        ("within=-1", "from 0 to 10,080"),
        ("handle=0", "from 0.1 to 480"),
        ("handle=1e99", "from 0.1 to 480"),
        ("concurrency=1.5", "whole number from 1 to 20"),
        ("concurrency=many", "whole number from 1 to 20"),
        ("concurrency=٣", "whole number from 1 to 20"),
        ("shrinkage=100", "from 0 to 90"),
        ("patience=0", "from 1 to 10,080"),
        ("agents=0", "from 1 to 10,000"),
        ("agents=" + "9" * 400, "from 1 to 10,000"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(cast: Cast, sign_in: SignIn, query: str, reason: str) -> None:
    answer = sign_in(cast.chidi).get(f"/dashboards/staffing?{query}")
    assert answer.status_code == 422
    assert reason in answer.text
    assert f'id="field-{query.split("=")[0]}-error"' in answer.text


def test_every_wrong_field_has_its_words(cast: Cast, sign_in: SignIn) -> None:
    page = sign_in(cast.chidi).get("/dashboards/staffing?part=0&concurrency=1.5&agents=x&within=20").text
    assert re.findall(r'id="field-(\w+)-error"', page) == ["part", "concurrency", "agents"]
    assert 'value="1.5"' in page
    assert 'value="20"' in page


def test_filters_and_the_form_keep_one_another(cast: Cast, sign_in: SignIn, a_week: None) -> None:
    with transaction():
        tagging.add_tag(db.session.scalars(select(Ticket)).all()[0], "vip", by=cast.chidi, at=clock.now())

    page = sign_in(cast.chidi).get("/dashboards/staffing?within=5&tag=vip&priority=normal").text

    assert "1.0 expected" in page
    form = page[page.index('<form class="staffing"') :]
    assert '<input type="hidden" name="tag" value="vip">' in form
    assert '<input type="hidden" name="priority" value="normal">' in form
    other = re.search(r'href="(\?[^"]*priority=high[^"]*)"', page)
    assert other is not None
    assert "within=5" in other[1]
    assert "tag=vip" in other[1]


def test_it_is_for_leads_and_managers(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.amal).get("/dashboards/staffing").status_code in (403, 404)
    assert sign_in(cast.lena).get("/dashboards/staffing").status_code == 200


def test_without_traffic_it_says_so(cast: Cast, sign_in: SignIn) -> None:
    assert "Nobody wrote in the last eight weeks" in sign_in(cast.chidi).get("/dashboards/staffing").text


def test_the_last_weeks_are_played_through_beside_what_was_measured(cast: Cast, sign_in: SignIn, a_week: None) -> None:
    """Twelve waited from one minute to the next and were answered by one agent, two minutes after the last had come."""
    last = db.session.scalars(select(Message.platform_time).order_by(Message.platform_time.desc())).first()
    assert last is not None
    for ticket in db.session.scalars(select(Ticket).order_by(Ticket.id)).all():
        reply(ticket, "Here", by=cast.amal, at=last + timedelta(minutes=2))

    page = sign_in(cast.chidi).get("/dashboards/staffing?within=5&handle=1&concurrency=1&agents=12").text

    played = page[page.index('id="played"') :]
    assert "12 waits" in played
    assert "Too few handle times were recorded" in played
    rows = re.findall(r'<th scope="row">([^<]+)</th><td[^>]*>([\d.]+)%', played)
    assert [name for name, _ in rows] == [
        "Measured",
        "Played as it was",
        "Played with the plan",
        "Played with 12 at work",
    ]
    # Of waits from 13 minutes down to 2, four are at most five.
    assert rows[0][1] == "33.3"
    assert float(rows[3][1]) >= float(rows[1][1])


def test_work_on_a_reply_is_measured_once_enough_of_it_was_seen(cast: Cast, sign_in: SignIn, a_week: None) -> None:
    """Twelve tickets; two agents were at each of them for a minute, then a third."""
    now = clock.now()
    since = (now - timedelta(days=now.weekday() + 1)).replace(hour=12)
    tickets = db.session.scalars(select(Ticket).order_by(Ticket.id)).all()
    for ticket in tickets:
        reply(ticket, "Here", by=cast.amal, at=since)

    def are_at_each(*agents: Agent) -> str:
        for agent in agents:
            for number, ticket in enumerate(tickets):
                at = since + timedelta(minutes=2 * number)
                span = {"started_at": at, "ended_at": at + timedelta(minutes=1)}
                db.session.add(Handling(ticket_id=ticket.id, agent_id=agent.id, **span))
        db.session.flush()
        return sign_in(cast.chidi).get("/dashboards/staffing").text

    assert "Measured in" not in are_at_each(cast.amal, cast.bruno)
    assert re.search(r"Measured in [^:]+: 3 min\.", are_at_each(cast.chidi))
