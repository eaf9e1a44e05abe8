"""How a ticket was timed, in sentences that a person can check."""

from datetime import datetime, timedelta

from helpdesk.orm import db
from helpdesk.people.permissions import Act
from helpdesk.sla.publishing import PolicyDraft, order_policies, publish_policy
from helpdesk.tickets import lifecycle, queries
from helpdesk.tickets.models import Priority, Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, dana_says, hear, reply, standing
from tests.tickets.test_reply_failed_after_late import fail_for_good
from tests.views.console.conftest import SignIn

MINUTE = timedelta(minutes=1)


def promise(cast: Cast, at: datetime) -> None:
    with transaction():
        order_policies(cast.larkpost.id, [])
        draft = PolicyDraft(first_response=10 * MINUTE, next_response=5 * MINUTE)
        publish_policy(cast.larkpost.id, "Quick", draft, at=at - timedelta(days=1))


def page(sign_in: SignIn, cast: Cast, ticket: Ticket) -> str:
    answer = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}/promises")
    assert answer.status_code == 200
    return answer.text


def test_kept_and_broken_promises_say_when_and_by_how_much(cast: Cast, sign_in: SignIn, just_now: datetime) -> None:
    promise(cast, just_now)
    ticket = a_ticket(cast, at=just_now)
    reply(ticket, "Coming", by=cast.amal, at=just_now + 4 * MINUTE)
    hear(cast.x, dana_says("And?", at=just_now + 6 * MINUTE))
    reply(ticket, "Tomorrow", by=cast.amal, at=just_now + 13 * MINUTE)

    shown = page(sign_in, cast, ticket)

    assert "Promised within 10 min day and night." in shown
    assert "Matched rule 1 ‘Quick’ because it takes every ticket." in shown
    assert "with Amal Haddad’s reply, after 4 min; 6 min before it was due." in shown
    assert "with Amal Haddad’s reply, after 7 min; 2 min too late." in shown
    assert shown.count(">Kept<") == 1
    assert shown.count(">Broken<") == 1


def test_what_stood_still_was_replaced_or_ran_on_is_told(cast: Cast, sign_in: SignIn, just_now: datetime) -> None:
    ticket = a_ticket(cast, at=just_now)
    answer = reply(ticket, "Never arrives", by=cast.amal, at=just_now + 2 * MINUTE)
    fail_for_good(answer, at=just_now + 3 * MINUTE)
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE)
        lifecycle.wait_for_customer(locked, by=cast.amal, at=just_now + 4 * MINUTE)
        lifecycle.open_again(locked, by=cast.amal, at=just_now + 9 * MINUTE)
    with transaction():
        order_policies(cast.larkpost.id, [])
        publish_policy(cast.larkpost.id, "Quick", PolicyDraft(first_response=10 * MINUTE), at=just_now)
        lifecycle.set_priority(
            db.session.get_one(Ticket, ticket.id), Priority.HIGH, by=cast.amal, at=just_now + 10 * MINUTE
        )

    shown = page(sign_in, cast, ticket)

    assert "that one was taken back or failed" in shown
    assert "it waited for the customer." in shown
    assert "when something else came to be promised" in shown
    assert ">Replaced<" in shown
    assert "of “Opening hours”." in shown
    assert "It is still running." in shown


def test_the_ticket_links_to_it_and_strangers_find_nothing(cast: Cast, sign_in: SignIn, ticket: Ticket) -> None:
    assert f"/console/tickets/{ticket.id}/promises" in sign_in(cast.amal).get(f"/console/tickets/{ticket.id}").text
    sign_in(cast.amal).post("/sign-out")
    assert sign_in(cast.eve).get(f"/console/tickets/{ticket.id}/promises").status_code == 404
