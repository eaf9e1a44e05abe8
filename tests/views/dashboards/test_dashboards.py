"""The managers' pages: who sees which numbers, and that each number opens what it counts."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from helpdesk import clock
from helpdesk.metrics.definitions import LiveNumber
from helpdesk.people.permissions import Act
from helpdesk.tickets import lifecycle, queries, tagging
from helpdesk.tickets.models import Priority, Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, reply, standing
from tests.views.dashboards.conftest import SignIn

PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
ROWS = "/dashboards/response-times/rows"
PAGES = ("/dashboards", "/dashboards/tiles", "/dashboards/tickets?number=open", "/dashboards/response-times", ROWS)


def tickets_in(page: str) -> list[int]:
    """The tickets that a list links to, in its order."""
    main = page[page.index("<section") :]
    return [int(number) for number in re.findall(r'href="/console/tickets/(\d+)"', main)]


@pytest.mark.parametrize("path", PAGES)
def test_each_page_is_whole_for_a_browser_and_a_part_for_htmx(cast: Cast, sign_in: SignIn, path: str) -> None:
    client = sign_in(cast.chidi)

    page, part = client.get(path), client.get(path, headers=PARTIAL)

    assert page.status_code == part.status_code == 200
    assert "<html" in page.text
    assert "<html" not in part.text
    assert "HX-Request-Type" in page.headers["Vary"]


@pytest.mark.parametrize("path", PAGES)
def test_a_stranger_is_asked_to_sign_in(client: FlaskClient, cast: Cast, path: str) -> None:
    assert client.get(path).location.startswith("/sign-in/staff")


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("amal", {"dana"}),
        ("bruno", {"ines"}),
        ("lena", {"dana"}),
        ("chidi", {"dana", "ines"}),
        ("ada", {"dana", "ines"}),
        ("eve", set()),
    ],
)
def test_everybody_sees_the_numbers_that_are_theirs(
    cast: Cast, sign_in: SignIn, answered: dict[str, Ticket], who: str, expected: set[str]
) -> None:
    client = sign_in(getattr(cast, who))

    opened = tickets_in(client.get(f"{ROWS}?measure=first-response").text)
    downloaded = list(csv.DictReader(io.StringIO(client.get(f"{ROWS}.csv?measure=first-response").text)))

    assert {name for name, ticket in answered.items() if ticket.id in opened} == expected
    assert sorted(int(row["ticket"]) for row in downloaded) == sorted(opened)


def test_a_tile_opens_as_many_tickets_as_it_says(cast: Cast, sign_in: SignIn, answered: dict[str, Ticket]) -> None:
    client = sign_in(cast.chidi)
    board = client.get("/dashboards").text

    for number in LiveNumber:
        said = re.search(rf'id="tile-{number.value}-number"[^>]*>(\d+)<', board)
        assert said is not None
        if number is not LiveNumber.HERE:
            opened = tickets_in(client.get(f"/dashboards/tickets?number={number.value}").text)
            assert len(opened) == int(said[1]), number


def test_filters_narrow_what_is_counted(cast: Cast, sign_in: SignIn, answered: dict[str, Ticket]) -> None:
    client = sign_in(cast.chidi)

    def opened(**choices: object) -> list[int]:
        return tickets_in(client.get(ROWS, query_string=choices).text)

    assert opened(team=cast.returns.id) == [answered["ines"].id]
    assert opened(channel="x", agent=cast.amal.id) == [answered["dana"].id]
    assert opened(at_least=900) == [answered["ines"].id]
    assert opened(channel="native") == []
    assert opened(outcome="waiting") == [answered["omar"].id]


def test_tag_and_priority_narrow_every_page(cast: Cast, sign_in: SignIn, answered: dict[str, Ticket]) -> None:
    with transaction():
        ines = queries.lock_ticket(answered["ines"].id, standing(cast.chidi), Act.MOVE)
        tagging.add_tag(ines, "vip", by=cast.chidi, at=clock.now())
        omar = queries.lock_ticket(answered["omar"].id, standing(cast.chidi), Act.MOVE)
        lifecycle.set_priority(omar, Priority.URGENT, by=cast.chidi, at=clock.now())
    client = sign_in(cast.chidi)

    def opened(path: str, **choices: object) -> list[int]:
        return tickets_in(client.get(path, query_string=choices).text)

    assert opened(ROWS, tag="vip") == [ines.id]
    assert opened(ROWS, priority="urgent") == []
    assert opened(ROWS, priority="urgent", outcome="waiting") == [omar.id]
    for path in ("/dashboards/tickets", "/dashboards/workload/backlog"):
        assert opened(path, number="open", tag="vip") == [ines.id]
        assert opened(path, number="open", priority="urgent") == [omar.id]
        assert opened(path, number="open", priority="urgent", tag="vip") == []
    page = client.get("/dashboards/response-times?tag=vip").text
    assert "tag=vip" in re.findall(r'href="(/dashboards/workload[^"]*)"', page)[0], "the other pages keep the filter"
    assert re.search(r'href="[^"]*tag=vip[^"]*" aria-current="true"', page)


@pytest.mark.parametrize(
    "query",
    [
        "brand=999",
        "team=999",
        "team=x",
        "channel=fax",
        "tag=none",
        "priority=dire",
        "measure=mood",
        "outcome=luck",
        "agent=-1",
        f"agent={2**63}",
    ],
)
def test_what_one_does_not_see_is_not_there(cast: Cast, sign_in: SignIn, query: str) -> None:
    assert sign_in(cast.chidi).get(f"{ROWS}?{query}").status_code == 404


def test_another_brands_team_is_not_there(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.eve).get(f"/dashboards?team={cast.support.id}").status_code == 404


@pytest.mark.parametrize(
    "query", ["from=yesterday", "from=2026-02-30", "from=2026-11-20&to=2026-11-01", "from=2001-01-01"]
)
def test_a_period_that_makes_no_sense_is_said_so(cast: Cast, sign_in: SignIn, query: str) -> None:
    assert sign_in(cast.chidi).get(f"/dashboards/response-times?{query}").status_code == 422


def test_a_name_like_a_formula_does_nothing_in_a_spreadsheet() -> None:
    from helpdesk.spreadsheets import harmless

    assert [harmless(name) for name in ("=1+1", "@sum", "Dana")] == ["'=1+1", "'@sum", "Dana"]


def test_times_stand_beside_those_of_the_period_before(cast: Cast, sign_in: SignIn, just_now: datetime) -> None:
    for days, minutes in ((1, 2), (8, 10)):
        at = just_now - timedelta(days=days)
        dana = a_ticket(cast, at=at, customer=f"before {days}")
        reply(dana, "Here", by=cast.amal, at=at + timedelta(minutes=minutes))
    today = clock.now().astimezone(UTC).date()
    asked = f"from={today - timedelta(days=3)}&to={today}"

    page = sign_in(cast.chidi).get(f"/dashboards/response-times?{asked}").text

    assert re.search(r'data-label="Now">2 min<.*?data-label="Before">–<', page, re.S)
    week = sign_in(cast.chidi).get(f"/dashboards/response-times?from={today - timedelta(days=6)}&to={today}").text
    assert re.search(r'data-label="Before">10 min</td><td[^>]*><span class="better">−8 min<', week)
    assert 'title="1 answers, 0 late"' in week or 'title="1 answers, 1 late"' in week
