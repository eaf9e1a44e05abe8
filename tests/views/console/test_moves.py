"""Status, priority, tags, assignment, presence, and what is decided about a reply that did not arrive."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.messaging.models import Delivery
from helpdesk.orm import db
from helpdesk.tickets import tagging_queries
from helpdesk.tickets.models import Presence, Ticket
from tests.support.cast import Cast, a_ticket, reply
from tests.views.console.conftest import PARTIAL, SignIn


@pytest.mark.parametrize("status", ["resolved", "pending"])
def test_a_status_is_changed_with_script_and_without(cast: Cast, ticket: Ticket, sign_in: SignIn, status: str) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}/status"

    changed = browser.post(address, data={"status": status}, headers=PARTIAL)
    back = browser.post(address, data={"status": "open"})

    assert changed.status_code == 200
    assert 'hx-target="#head"' in changed.text
    assert back.status_code == 303
    assert ticket.status == "open"


def test_a_move_that_is_not_in_the_table_says_so(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    answer = sign_in(cast.amal).post(f"/console/tickets/{ticket.id}/status", data={"status": "open"}, headers=PARTIAL)

    assert answer.status_code == 409
    assert answer.text == "A ticket that is open cannot become open."


@pytest.mark.parametrize("until", ["1h", "3h", "tomorrow", "monday", "2099-01-01T09:00"])
def test_a_ticket_is_put_away_until_an_instant(cast: Cast, ticket: Ticket, sign_in: SignIn, until: str) -> None:
    answer = sign_in(cast.amal).post(
        f"/console/tickets/{ticket.id}/status", data={"status": "snoozed", "until": until}, headers=PARTIAL
    )

    assert answer.status_code == 200
    assert ticket.status == "snoozed"
    assert ticket.snoozed_until is not None
    assert ticket.snoozed_until > clock.now()


@pytest.mark.parametrize("until", ["", "soon", "2001-01-01T09:00", "9999-99-99"])
def test_a_time_that_is_none_or_past_is_refused(cast: Cast, ticket: Ticket, sign_in: SignIn, until: str) -> None:
    answer = sign_in(cast.amal).post(
        f"/console/tickets/{ticket.id}/status", data={"status": "snoozed", "until": until}, headers=PARTIAL
    )

    assert answer.status_code == 422
    assert ticket.status == "open"


def test_the_customer_is_tagged_and_untagged(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}"

    changed = browser.post(f"{address}/customer-tags", data={"tag": "VIP"}, headers=PARTIAL).text

    assert 'id="customer-tags"' in changed
    assert "Remove #vip" in browser.get(address).text
    assert tagging_queries.tags_of(ticket.id) == ["vip"]
    browser.post(f"{address}/customer-tags", data={"remove": "vip"}, headers=PARTIAL)
    assert tagging_queries.customer_tags([ticket.id]) == []
    assert tagging_queries.tags_of(ticket.id) == ["vip"]


def test_priority_and_tags_are_changed(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}"

    assert browser.post(f"{address}/priority", data={"priority": "urgent"}, headers=PARTIAL).status_code == 200
    assert "#lost-parcel" in browser.post(f"{address}/tags", data={"tag": "#Lost parcel"}, headers=PARTIAL).text
    assert ticket.priority == 4
    assert tagging_queries.tags_of(ticket.id) == ["lost-parcel"]

    browser.post(f"{address}/tags", data={"remove": "lost-parcel"}, headers=PARTIAL)
    assert tagging_queries.tags_of(ticket.id) == []


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("priority", {"priority": "highest"}),
        ("status", {"status": "closed"}),
        ("tags", {"tag": "!!!"}),
        ("customer-tags", {"tag": "!!!"}),
        ("tags", {"tag": "x" * 41}),
        ("assignment", {"to": "12345678"}),
        ("assignment", {"to": ""}),
    ],
)
def test_a_choice_that_is_none_is_refused(
    cast: Cast, ticket: Ticket, sign_in: SignIn, path: str, data: dict[str, str]
) -> None:
    answer = sign_in(cast.amal).post(f"/console/tickets/{ticket.id}/{path}", data=data, headers=PARTIAL)

    assert answer.status_code == 422


# Whose it is


def test_taking_giving_and_putting_back(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}/assignment"

    assert "took this" in browser.post(address, data={"to": "me"}, headers=PARTIAL).text
    assert "gave this to Lena Vogt" in browser.post(address, data={"to": cast.lena.id}, headers=PARTIAL).text
    assert browser.post(address, data={"to": "nobody"}, headers=PARTIAL).status_code == 200
    assert ticket.assignee_id is None


def test_the_second_who_takes_it_is_told_who_was_first(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    address = f"/console/tickets/{ticket.id}/assignment"
    sign_in(cast.lena).post(address, data={"to": "me"})

    answer = sign_in(cast.amal).post(address, data={"to": "me"}, headers=PARTIAL)

    assert answer.status_code == 409
    assert "Lena Vogt has taken this ticket." in answer.text


def test_an_agent_does_not_hand_a_ticket_to_another_team(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    answer = sign_in(cast.amal).post(
        f"/console/tickets/{ticket.id}/assignment", data={"team": cast.returns.id}, headers=PARTIAL
    )

    assert answer.status_code == 403
    assert ticket.team_id == cast.support.id


def test_a_lead_takes_over_what_another_team_has(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    sign_in(cast.chidi).post(f"/console/tickets/{ticket.id}/assignment", data={"team": cast.returns.id})

    answer = sign_in(cast.lena).post(f"/console/tickets/{ticket.id}/take-over", headers=PARTIAL)

    assert answer.status_code == 200
    assert (ticket.team_id, ticket.assignee_id) == (cast.support.id, cast.lena.id)


# Who is here


def test_a_colleague_who_writes_is_shown_until_they_stop(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    address = f"/console/tickets/{ticket.id}"
    assert sign_in(cast.lena).post(f"{address}/presence", data={"state": "writing"}).status_code == 204
    assert "Lena Vogt is writing" in sign_in(cast.amal).get(address).text

    sign_in(cast.lena).post(f"{address}/presence", data={"state": "reading"})

    assert "Lena Vogt is looking" in sign_in(cast.amal).get(address).text


def test_a_hidden_page_is_not_here(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    sign_in(cast.lena).post(f"/console/tickets/{ticket.id}/presence", data={"state": "away"})

    assert db.session.scalars(select(Presence)).all() == []


# A reply that did not arrive


@pytest.fixture
def failed(cast: Cast, ticket: Ticket, just_now: datetime) -> Delivery:
    """A reply of Amal's that failed for good, and one that waits behind it."""
    first = reply(ticket, "On its way", by=cast.amal, at=just_now + timedelta(minutes=1))
    reply(ticket, "It arrives on Thursday", by=cast.amal, at=just_now + timedelta(minutes=2))
    delivery = db.session.scalars(select(Delivery).where(Delivery.message_id == first.id)).one()
    delivery.state, delivery.failure, delivery.reason, delivery.attempts = "failed", "recipient", "No DMs taken", 2
    db.session.commit()
    return delivery


def test_a_failure_says_what_and_why_and_holds_those_behind(
    cast: Cast, ticket: Ticket, failed: Delivery, sign_in: SignIn
) -> None:
    page = sign_in(cast.amal).get(f"/console/tickets/{ticket.id}?queue=all-open").text

    assert "No DMs taken. Tried 2 times. Sending again will not help." in page
    assert "Waits for the message above" in page
    assert 'ticket-row__lead--bad">Not delivered' in page


@pytest.mark.parametrize(
    ("decision", "state", "is_passed"),
    [("retry", "queued", False), ("discard", "cancelled", False), ("send-past", "failed", True)],
)
def test_the_agent_decides(
    cast: Cast, ticket: Ticket, failed: Delivery, sign_in: SignIn, decision: str, state: str, is_passed: bool
) -> None:
    answer = sign_in(cast.amal).post(
        f"/console/tickets/{ticket.id}/deliveries/{failed.message_id}", data={"decision": decision}, headers=PARTIAL
    )

    assert answer.status_code == 200
    assert (failed.state, failed.is_passed) == (state, is_passed)
    assert "Waits for the message above" not in answer.text


def test_a_decision_about_another_conversations_message_is_not_there(
    cast: Cast, ticket: Ticket, failed: Delivery, sign_in: SignIn, just_now: datetime
) -> None:
    other = a_ticket(cast, at=just_now, customer="9")

    answer = sign_in(cast.amal).post(
        f"/console/tickets/{other.id}/deliveries/{failed.message_id}", data={"decision": "retry"}, headers=PARTIAL
    )

    assert answer.status_code == 404
    assert failed.state == "failed"


def test_an_unknown_decision_is_refused(cast: Cast, ticket: Ticket, failed: Delivery, sign_in: SignIn) -> None:
    answer = sign_in(cast.amal).post(
        f"/console/tickets/{ticket.id}/deliveries/{failed.message_id}", data={"decision": "pray"}, headers=PARTIAL
    )

    assert answer.status_code == 422


def test_a_ticket_cannot_be_put_away_until_the_end_of_the_calendar(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser = sign_in(cast.amal)
    answer = browser.post(
        f"/console/tickets/{ticket.id}/status",
        data={"status": "snoozed", "until": "9999-12-31T23:59:59-12:00"},
        headers=PARTIAL,
    )

    assert answer.status_code == 422
    assert ticket.status == "open"
    assert browser.get("/console/queues/all-open").status_code == 200


def test_taking_a_tag_away_bears_what_no_tag_holds(cast: Cast, ticket: Ticket, sign_in: SignIn) -> None:
    browser, address = sign_in(cast.amal), f"/console/tickets/{ticket.id}/tags"
    browser.post(address, data={"tag": "Refund"})

    assert browser.post(address, data={"remove": "a\x00b"}, headers=PARTIAL).status_code in (200, 204)
    assert tagging_queries.tags_of(ticket.id) == ["refund"]
    browser.post(address, data={"remove": "refund"}, headers=PARTIAL)
    assert tagging_queries.tags_of(ticket.id) == []
