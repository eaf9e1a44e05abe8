"""The queues: lists, counts, and what changed in a list that stands open."""

import re
from datetime import datetime, timedelta

import pytest

from helpdesk.tickets.models import Ticket
from tests.support.cast import Cast, a_ticket, dana_says, hear
from tests.views.console.conftest import PARTIAL, SignIn, counted_statements

QUEUES = ("mine", "unassigned", "due-soonest", "waiting-longest", "all-open")


def shown_in(page: str) -> str:
    found = re.findall(r'id="ticket-(\d+)-link".*?data-digest="([0-9a-f]{6})"', page, re.DOTALL)
    return "-".join(f"{number}.{digest}" for number, digest in found)


def test_the_console_opens_at_ones_own_tickets(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.amal).get("/console").location.endswith("/console/queues/mine")


@pytest.mark.parametrize("queue", QUEUES)
def test_every_queue_is_a_page_and_a_list(cast: Cast, ticket: Ticket, sign_in: SignIn, queue: str) -> None:
    browser = sign_in(cast.amal)
    browser.post(f"/console/tickets/{ticket.id}/assignment", data={"to": "me"} if queue == "mine" else {})

    page = browser.get(f"/console/queues/{queue}")
    part = browser.get(f"/console/queues/{queue}", headers=PARTIAL)

    assert (page.status_code, part.status_code) == (200, 200)
    assert "<!doctype html>" in page.text
    assert "Dana Okafor" in page.text
    assert part.text.lstrip().startswith('<ol id="ticket-list"')


def test_an_unknown_queue_is_not_there(cast: Cast, sign_in: SignIn) -> None:
    assert sign_in(cast.amal).get("/console/queues/yours").status_code == 404


def test_the_list_takes_at_most_eight_statements(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)

    with counted_statements() as statements:
        assert browser.get("/console/queues/unassigned").status_code == 200

    assert len(statements) <= 8, "\n\n".join(statements)


def test_another_teams_tickets_are_in_no_queue_and_no_count(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.bruno)

    assert all("Dana" not in browser.get(f"/console/queues/{queue}").text for queue in QUEUES)
    assert 'queue__count">1' not in browser.get("/console/queues/counts", headers=PARTIAL).text


def test_counts_follow_what_happens(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)
    assert 'queue__count">1' in browser.get("/console/queues/counts?queue=unassigned", headers=PARTIAL).text

    browser.post(f"/console/tickets/{ticket.id}/status", data={"status": "resolved"})

    assert 'queue__count">1' not in browser.get("/console/queues/counts?queue=unassigned", headers=PARTIAL).text


def test_an_unchanged_list_is_204(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)
    shown = shown_in(browser.get("/console/queues/unassigned").text)

    answer = browser.get(f"/console/queues/unassigned/changes?shown={shown}", headers=PARTIAL)

    assert shown
    assert answer.status_code == 204


def test_a_changed_row_comes_alone_and_in_place(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    browser = sign_in(cast.amal)
    hear(cast.x, dana_says("Hello", at=just_now, customer="9", name="Kat Wren"))
    shown = shown_in(browser.get("/console/queues/unassigned").text)
    hear(cast.x, dana_says("Anybody?", at=just_now + timedelta(minutes=1)))

    part = browser.get(f"/console/queues/unassigned/changes?shown={shown}", headers=PARTIAL).text

    assert f'hx-target="#ticket-{ticket.id}"' in part
    assert "Anybody?" in part
    assert "Kat Wren" not in part


def test_what_is_new_is_announced_and_not_put_in(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    browser = sign_in(cast.amal)
    shown = shown_in(browser.get("/console/queues/all-open").text)
    hear(cast.x, dana_says("Hello", at=just_now + timedelta(minutes=5), customer="9", name="Kat Wren"))

    part = browser.get(f"/console/queues/all-open/changes?shown={shown}", headers=PARTIAL).text

    assert "1 newer above" in part
    assert "Kat Wren" not in part


def test_a_ticket_that_left_the_queue_fades_until_the_list_is_put_in_order(
    cast: Cast, ticket: Ticket, sign_in: SignIn
) -> None:
    browser = sign_in(cast.amal)
    shown = shown_in(browser.get("/console/queues/unassigned").text)
    browser.post(f"/console/tickets/{ticket.id}/assignment", data={"to": "me"})

    part = browser.get(f"/console/queues/unassigned/changes?shown={shown}", headers=PARTIAL).text

    assert "data-gone" in part
    assert "Some have changed places" in part
    assert "Dana" not in browser.get("/console/queues/unassigned", headers=PARTIAL).text


def test_a_ticket_handed_to_another_team_is_taken_out_of_an_open_list(
    cast: Cast, ticket: Ticket, sign_in: SignIn
) -> None:
    shown = shown_in(sign_in(cast.amal).get("/console/queues/unassigned").text)
    handed = sign_in(cast.chidi).post(f"/console/tickets/{ticket.id}/assignment", data={"team": cast.returns.id})
    assert handed.status_code == 303

    part = sign_in(cast.amal).get(f"/console/queues/unassigned/changes?shown={shown}", headers=PARTIAL).text

    assert f'<hx-partial hx-target="#ticket-{ticket.id}" hx-swap="delete">' in part
    assert "Dana" not in part


@pytest.mark.parametrize("shown", ["", "x", "1.zzzzzz", "99999999999999999999.abcdef", "1.abcdef" * 500])
def test_nonsense_about_what_is_shown_does_no_harm(cast: Cast, ticket: Ticket, sign_in: SignIn, shown: str) -> None:
    answer = sign_in(cast.amal).get(f"/console/queues/all-open/changes?shown={shown}", headers=PARTIAL)

    assert answer.status_code == 200


def test_a_long_queue_goes_on_behind_its_last_row(cast: Cast, sign_in: SignIn, just_now: datetime) -> None:
    for n in range(53):
        a_ticket(cast, at=just_now + timedelta(seconds=n), text=f"word-{n:02}", customer=f"c{n}")
    browser = sign_in(cast.amal)

    first = browser.get("/console/queues/unassigned").text
    more = re.search(r'hx-get="([^"]+/more\?after=\d+)"', first)
    assert more is not None
    second = browser.get(more[1], headers=PARTIAL).text

    words = re.findall(r"word-\d\d", first + second)
    assert words == [f"word-{n:02}" for n in range(53)]


def test_a_closed_console_says_who_is_here(cast: Cast, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)
    assert "Here now" not in browser.get("/console/queues/mine").text

    assert browser.post("/console/presence", data={"state": "reading"}).status_code == 204

    assert "Here now" in browser.get("/console/queues/mine").text


def test_behind_a_number_that_is_no_tickets_there_is_nothing(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    answer = sign_in(cast.amal).get(f"/console/queues/all-open/more?after={'9' * 30}", headers=PARTIAL)

    assert answer.status_code == 200
    assert "My order never came" not in answer.text
