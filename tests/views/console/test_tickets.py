"""The page of a ticket, what changed on it, and what was said earlier."""

from helpdesk.tickets.models import Ticket
from tests.support.cast import Cast
from tests.views.console.conftest import PARTIAL, SignIn, counted_statements


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
    assert part.headers["Vary"].count("HX-Request-Type") == 1


def test_the_page_takes_at_most_twelve_statements(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}"
    browser.get(address)

    with counted_statements() as statements:
        browser.get(address)

    assert len(statements) <= 12, "\n\n".join(statements)
