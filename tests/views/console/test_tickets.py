"""The page of a ticket, what changed on it, and what was said earlier."""

import re
from datetime import datetime, timedelta

import pytest
from flask.testing import FlaskClient

from helpdesk.tickets import assignment, lifecycle, notes
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear, newest_ticket, reply
from tests.views.console.conftest import PARTIAL, SignIn, counted_statements


def version_of(page: str) -> str:
    found = re.search(r'id="version" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def test_the_page_shows_list_conversation_and_customer(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    page = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}?queue=unassigned")

    assert page.status_code == 200
    assert "<!doctype html>" in page.text
    assert page.text.count("My order never came") == 2
    assert 'id="composer"' in page.text
    assert "Dana Okafor" in page.text


def test_a_fragment_has_the_panes_alone(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    part = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}", headers=PARTIAL)

    assert part.status_code == 200
    assert "<!doctype html>" not in part.text
    assert '<main class="thread" id="main"' in part.text
    assert '<hx-partial hx-target="#details"' in part.text
    assert "HX-Request-Type" in part.headers["Vary"]


def test_the_page_takes_at_most_twelve_statements(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}"
    browser.get(address)

    with counted_statements() as statements:
        browser.get(address)

    assert len(statements) <= 12, "\n\n".join(statements)


@pytest.mark.parametrize("path", ["", "/changes", "/messages?before=1763890000000000.1", "/canned-replies"])
def test_another_teams_ticket_is_not_there(cast: Cast, ticket: Ticket, sign_in: SignIn, path: str) -> None:
    answer = sign_in(cast.bruno).get(f"/console/tickets/{ticket.id}{path}")

    assert answer.status_code == 404
    assert "Dana" not in answer.text


def test_nobody_sees_a_ticket_without_signing_in(ticket: Ticket, client: FlaskClient) -> None:
    answer = client.get(f"/console/tickets/{ticket.id}")

    assert answer.status_code == 302
    assert "/sign-in/staff" in answer.location


def test_nothing_new_is_204(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}"
    seen = version_of(browser.get(address).text)

    assert browser.get(f"{address}/changes?since={seen}", headers=PARTIAL).status_code == 204


def test_a_new_message_comes_alone_with_the_new_version(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}"
    for minutes in range(1, 4):
        hear(cast.x, dana_says(f"Earlier {minutes}", at=just_now + timedelta(minutes=minutes)))
    seen = version_of(browser.get(address).text)
    hear(cast.x, dana_says("Are you there?", at=just_now + timedelta(minutes=20)))

    part = browser.get(f"{address}/changes?since={seen}", headers=PARTIAL)

    assert part.status_code == 200
    assert "Are you there?" in part.text
    assert "My order never came" not in part.text
    assert version_of(part.text) != seen


def test_a_changed_head_is_sent_with_the_line_that_tells_it(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}"
    seen = version_of(browser.get(address).text)
    browser.post(f"{address}/assignment", data={"to": "me"})

    part = browser.get(f"{address}/changes?since={seen}", headers=PARTIAL)

    assert 'hx-target="#head"' in part.text
    assert "took this" in part.text
    assert 'id="composer"' not in part.text


def test_an_unreadable_version_gets_everything(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    part = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}/changes?since=x.'.é.%00", headers=PARTIAL)

    assert part.status_code == 200
    assert "My order never came" in part.text


def test_earlier_messages_come_in_pages_without_a_gap(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    said = [dana_says(f"word-{n:03}", at=just_now + timedelta(seconds=n)) for n in range(100)]
    hear(cast.x, *said)
    browser = sign_in(cast.amal)

    page, found = browser.get(f"/console/tickets/{ticket.id}").text, set[str]()
    for _ in range(4):
        found |= set(re.findall(r"word-\d{3}", page))
        older = re.search(r'hx-get="([^"]+/messages\?before=[^"]+)"', page)
        if older is None:
            break
        page = browser.get(older[1].replace("&amp;", "&"), headers=PARTIAL).text

    assert len(found) == 100
    assert "My order never came" in page


@pytest.mark.parametrize("before", ["", "x.y", "99999999999999999999.1", "1.99999999999999999999", "12"])
def test_a_place_that_cannot_be_read_is_not_there(cast: Cast, ticket: Ticket, sign_in: SignIn, before: str) -> None:
    answer = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}/messages?before={before}", headers=PARTIAL)

    assert answer.status_code == 404


def test_messages_of_one_speaker_within_five_minutes_stand_together(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    hear(cast.x, dana_says("And the box is bent", at=just_now + timedelta(minutes=4)))
    hear(cast.x, dana_says("Hello?", at=just_now + timedelta(minutes=10)))

    page = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}").text

    assert page.count("message--continues") == 1


def test_the_state_stands_under_our_last_message_only(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    reply(ticket, "First", by=cast.amal, at=just_now + timedelta(minutes=1))
    reply(ticket, "Second", by=cast.amal, at=just_now + timedelta(minutes=9))

    page = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}").text

    # Both wait to be sent, so both say so; once sent only the last does. The pending template says it once more.
    assert page.count('class="delivery delivery--sending"') == 3


def test_markup_in_a_message_stays_words(cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime) -> None:
    nasty = '<script>alert(1)</script><hx-partial hx-target="body">x</hx-partial><img src=x onerror=alert(1)>'
    hear(cast.x, dana_says(nasty, at=just_now + timedelta(minutes=1)))

    page = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}").text

    assert "<script>alert" not in page
    assert '<hx-partial hx-target="body">' not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_tickets_customer_may_write_right_to_left_or_at_length(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    hear(cast.x, dana_says("وصل الطلب ناقص قطعة واحدة", at=just_now, customer="9", name="ليلى " + "حداد" * 60))

    page = sign_in(cast.amal).get("/console/queues/unassigned")

    assert page.status_code == 200
    assert 'dir="auto"' in page.text


def test_notes_and_events_of_another_teams_earlier_ticket_are_not_shown(
    cast: Cast, ticket: Ticket, sign_in: SignIn, just_now: datetime
) -> None:
    long_ago = just_now - timedelta(days=10)
    with transaction():
        notes.add_note(ticket, "Chidi suspects fraud here", key="note-1", by=cast.chidi, at=just_now)
        lifecycle.resolve(ticket, by=cast.chidi, at=long_ago)
        assignment.hand_to_team(ticket, cast.returns, by=cast.chidi, at=just_now)
    hear(cast.x, dana_says("Me again", at=just_now + timedelta(minutes=1)))
    later = newest_ticket()
    assert later.id != ticket.id

    page = sign_in(cast.amal).get(f"/console/tickets/{later.id}").text

    assert "Me again" in page
    assert "My order never came" in page
    assert "fraud" not in page
    assert "Returns" not in page
    assert "fraud" in sign_in(cast.chidi).get(f"/console/tickets/{later.id}").text
