"""The page of what did not arrive: who sees it, why, and what may be done."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Delivery, Message
from helpdesk.orm import db
from helpdesk.tickets import queries
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear, newest_ticket, reply
from tests.views.console.conftest import PARTIAL, SignIn

REFUSED = (DeliveryState.FAILED, "recipient", "You cannot send messages to this user")
AWAY = (DeliveryState.FAILED, "transient", "X could not be reached")
NOT_KNOWN = (DeliveryState.UNKNOWN, "", "")

Outcome = tuple[DeliveryState, str, str]


def a_reply(cast: Cast, name: str, outcome: Outcome, *, at: datetime) -> Message:
    customer = str(int.from_bytes(name.encode(), "big"))
    hear(cast.x, dana_says("Where is it?", at=at, customer=customer, name=name))
    message = reply(newest_ticket(), f"Hello {name}", by=cast.amal, at=at + timedelta(minutes=1))
    delivery = delivery_of(message)
    delivery.state, delivery.failure, delivery.reason = outcome
    db.session.flush()
    return message


def delivery_of(message: Message) -> Delivery:
    statement = select(Delivery).where(Delivery.message_id == message.id).execution_options(populate_existing=True)
    return db.session.scalars(statement).one()


def ticket_of(message: Message) -> Ticket:
    ticket = queries.lock_ticket_of_message(message.id)
    assert ticket is not None
    return ticket


def decide(browser: Any, message: Message, decision: str) -> Any:
    data = {"ticket": ticket_of(message).id, "message": message.id, "decision": decision}
    return browser.post("/console/undelivered", data=data, headers=PARTIAL)


def retry_all(browser: Any, cast: Cast, outcome: Outcome) -> Any:
    data = {"account": cast.x.id, "failure": outcome[1], "reason": outcome[2]}
    return browser.post("/console/undelivered/retries", data=data, headers=PARTIAL)


def test_replies_stand_together_by_what_they_failed_for(cast: Cast, sign_in: SignIn, just_now: datetime) -> None:
    for name, outcome in (("Ann", AWAY), ("Ben", REFUSED), ("Cem", AWAY), ("Dee", NOT_KNOWN)):
        a_reply(cast, name, outcome, at=just_now)

    page = sign_in(cast.amal).get("/console/undelivered").text

    sections = re.split(r'<section class="page__section"', page)[1:]
    customers = [re.findall(r'href="/console/tickets/\d+" dir="auto">(\w+)<', section) for section in sections]
    assert customers == [["Ben"], ["Cem", "Ann"], ["Dee"]]
    assert "You cannot send messages to this user. Sending again will not help." in sections[0]
    assert "X could not be reached. Nothing arrived, so sending again is safe." in sections[1]
    assert "Retry all 2" in sections[1]
    assert "Look there first" in sections[2]
    assert "Retry all" not in sections[0] + sections[2]


def test_nothing_undelivered_says_so(cast: Cast, sign_in: SignIn) -> None:
    assert "Everything arrived" in sign_in(cast.amal).get("/console/undelivered").text


@pytest.mark.parametrize(
    ("decision", "state"),
    [("retry", DeliveryState.QUEUED), ("discard", DeliveryState.CANCELLED)],
)
def test_one_is_sent_again_or_given_up(
    cast: Cast, sign_in: SignIn, just_now: datetime, decision: str, state: DeliveryState
) -> None:
    message, other = (a_reply(cast, name, AWAY, at=just_now) for name in ("Ann", "Ben"))

    answer = decide(sign_in(cast.amal), message, decision)

    assert delivery_of(message).state == state
    assert delivery_of(other).state == DeliveryState.FAILED
    assert "Hello Ann" not in answer.text
    assert re.search(r'id="queue-undelivered".*?queue__count--bad">1<', answer.text, re.DOTALL)


def test_an_unknown_one_is_said_to_have_arrived(cast: Cast, sign_in: SignIn, just_now: datetime) -> None:
    message = a_reply(cast, "Ann", NOT_KNOWN, at=just_now)

    decide(sign_in(cast.amal), message, "arrived")

    assert delivery_of(message).state == DeliveryState.ACCEPTED


def test_all_that_failed_for_one_reason_are_sent_again_and_their_clocks_stop(
    cast: Cast, sign_in: SignIn, just_now: datetime
) -> None:
    again = [a_reply(cast, name, AWAY, at=just_now) for name in ("Ann", "Ben")]
    other = a_reply(cast, "Cem", REFUSED, at=just_now)
    for message in again:
        ticket_of(message).waiting_since = just_now

    answer = retry_all(sign_in(cast.amal), cast, AWAY)

    assert [delivery_of(message).state for message in again] == [DeliveryState.QUEUED] * 2
    assert [ticket_of(message).waiting_since for message in again] == [None, None]
    assert delivery_of(other).state == DeliveryState.FAILED
    assert answer.headers["HX-Trigger"] == '{"toast": "2 replies are sent again"}'


def test_what_is_unknown_is_never_sent_again_with_the_others(cast: Cast, sign_in: SignIn, just_now: datetime) -> None:
    message = a_reply(cast, "Ann", NOT_KNOWN, at=just_now)

    retry_all(sign_in(cast.amal), cast, NOT_KNOWN)

    assert delivery_of(message).state == DeliveryState.UNKNOWN


def test_who_may_only_read_sends_nothing_again(cast: Cast, sign_in: SignIn, just_now: datetime) -> None:
    message = a_reply(cast, "Ann", AWAY, at=just_now)
    with transaction():
        ticket_of(message).team_id = cast.returns.id
    browser = sign_in(cast.lena)

    page = browser.get("/console/undelivered").text
    assert "Hello Ann" in page
    assert 'value="retry"' not in page

    assert "0 replies" in retry_all(browser, cast, AWAY).headers["HX-Trigger"]
    assert decide(browser, message, "retry").status_code == 403
    assert delivery_of(message).state == DeliveryState.FAILED


@pytest.mark.parametrize("who", ["bruno", "eve"])
def test_other_teams_and_brands_see_and_do_nothing(cast: Cast, sign_in: SignIn, just_now: datetime, who: str) -> None:
    message = a_reply(cast, "Ann", AWAY, at=just_now)
    browser = sign_in(getattr(cast, who))

    page = browser.get("/console/undelivered").text
    assert "Everything arrived" in page
    assert re.search(r'id="queue-undelivered".*?queue__count">0<', page, re.DOTALL)
    assert decide(browser, message, "retry").status_code == 404
    retry_all(browser, cast, AWAY)
    assert delivery_of(message).state == DeliveryState.FAILED


@pytest.mark.parametrize("field", ["", "-1", "x", "9" * 30, "١"])
def test_what_names_no_reply_is_not_there(cast: Cast, sign_in: SignIn, field: str) -> None:
    browser = sign_in(cast.amal)

    answer = browser.post("/console/undelivered", data={"ticket": field, "message": "1", "decision": "retry"})
    group = browser.post("/console/undelivered/retries", data={"account": field, "failure": "\x00", "reason": ""})

    assert (answer.status_code, group.status_code) == (404, 404)


def test_a_cause_that_no_row_can_have_finds_nothing(cast: Cast, sign_in: SignIn) -> None:
    assert (
        "0 replies" in retry_all(sign_in(cast.amal), cast, (DeliveryState.FAILED, "\x00", "\x00")).headers["HX-Trigger"]
    )


def test_without_script_one_is_led_back_to_the_page(cast: Cast, sign_in: SignIn, just_now: datetime) -> None:
    message = a_reply(cast, "Ann", AWAY, at=just_now)
    data = {"ticket": ticket_of(message).id, "message": message.id, "decision": "retry"}

    answer = sign_in(cast.amal).post("/console/undelivered", data=data)

    assert (answer.status_code, answer.location) == (303, "/console/undelivered")


def test_the_console_counts_them_beside_the_queues(cast: Cast, sign_in: SignIn, just_now: datetime) -> None:
    a_reply(cast, "Ann", AWAY, at=just_now)

    page = sign_in(cast.amal).get("/console/queues/mine").text

    assert re.search(r'id="queue-undelivered".*?queue__count--bad">1<', page, re.DOTALL)
