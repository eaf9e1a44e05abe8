"""Replies for a later time (behaviour.md 2.4, 4.7)."""

import dataclasses
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict, InvalidInput
from helpdesk.messaging import outbound
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Conversation, Delivery, Message
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Act
from helpdesk.sla.models import Clock, ClockKind
from helpdesk.tickets import queries, replying, sending_later, taking_back
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, dana_says, hear, larkpost_says_on_x, newest_ticket, reply, standing

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.fixture
def ticket(cast: Cast, at: datetime) -> Ticket:
    return a_ticket(cast, at=at)


def schedule(ticket: Ticket, text: str, *, send_at: datetime, by: Agent, at: datetime) -> Message:
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(by), Act.REPLY)
        return sending_later.schedule_reply(locked, text, key=f"key-{text}", send_at=send_at, by=by, at=at)


def delivery_of(message: Message) -> Delivery:
    return db.session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()


def decide(message: Message, verb: str, *, by: Agent, at: datetime, send_at: datetime | None = None) -> None:
    with transaction():
        ticket = queries.lock_ticket(newest_ticket().id, standing(by), Act.REPLY)
        delivery = delivery_of(message)
        match verb:
            case "now":
                sending_later.send_reply_now(ticket, delivery, by=by, at=at)
            case "cancel":
                taking_back.take_back_reply(ticket, delivery, by=by, at=at)
            case "delete":
                replying.discard_reply(ticket, delivery, by=by, at=at)
            case "move":
                assert send_at is not None
                sending_later.reschedule_reply(ticket, delivery, send_at=send_at, by=by, at=at)


def release_and_claim(account: ChannelAccount, *, at: datetime) -> list[str]:
    """What the worker does at `at`."""
    with transaction():
        sending_later.release_due(account.id, at=at)
    with transaction():
        return [c.text for c in outbound.claim_heads(account, limit=20, at=at)]


def response_clock(ticket: Ticket) -> Clock:
    return db.session.scalars(
        select(Clock).where(Clock.ticket_id == ticket.id, Clock.kind == ClockKind.FIRST_RESPONSE)
    ).one()


def test_it_goes_at_its_time_and_not_before(cast: Cast, ticket: Ticket, at: datetime) -> None:
    schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)

    assert release_and_claim(cast.x, at=at + HOUR - MINUTE) == []
    assert release_and_claim(cast.x, at=at + HOUR) == ["Good morning"]


def test_the_customer_waits_until_its_release_however_late_the_worker_looks(
    cast: Cast, ticket: Ticket, at: datetime
) -> None:
    message = schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)
    assert newest_ticket().waiting_since == at
    assert response_clock(ticket).stopped_at is None

    release_and_claim(cast.x, at=at + 3 * HOUR)

    clock = response_clock(ticket)
    assert (clock.stopped_at, clock.stopped_by_message_id) == (at + HOUR, message.id)
    assert clock.stopped_by_agent_id == cast.amal.id
    assert newest_ticket().waiting_since is None


def test_it_holds_up_nothing_that_is_said_before(cast: Cast, ticket: Ticket, at: datetime) -> None:
    schedule(ticket, "tomorrow", send_at=at + 24 * HOUR, by=cast.amal, at=at + MINUTE)
    reply(ticket, "today", by=cast.amal, at=at + 2 * MINUTE)

    assert release_and_claim(cast.x, at=at + 3 * MINUTE) == ["today"]


def test_its_time_is_its_place_in_line(cast: Cast, ticket: Ticket, at: datetime) -> None:
    schedule(ticket, "written first", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)
    reply(ticket, "to go before", by=cast.amal, at=at + HOUR - MINUTE)
    reply(ticket, "to go behind", by=cast.amal, at=at + HOUR + MINUTE)

    gone = []
    for _ in range(3):
        gone += release_and_claim(cast.x, at=at + 2 * HOUR)
        for delivery in db.session.scalars(select(Delivery).where(Delivery.state == DeliveryState.SENDING)):
            delivery.state = DeliveryState.ACCEPTED

    assert gone == ["to go before", "written first", "to go behind"]


def test_an_answer_given_meanwhile_stops_the_clock(cast: Cast, ticket: Ticket, at: datetime) -> None:
    schedule(ticket, "tomorrow", send_at=at + 24 * HOUR, by=cast.amal, at=at + MINUTE)
    answer = reply(ticket, "today", by=cast.amal, at=at + 2 * MINUTE)

    release_and_claim(cast.x, at=at + 24 * HOUR)

    assert response_clock(ticket).stopped_by_message_id == answer.id


def test_a_scheduled_reply_does_not_answer_for_one_that_is_taken_back(cast: Cast, ticket: Ticket, at: datetime) -> None:
    schedule(ticket, "tomorrow", send_at=at + 24 * HOUR, by=cast.amal, at=at + MINUTE)
    answer = reply(ticket, "today", by=cast.amal, at=at + 2 * MINUTE)

    decide(answer, "cancel", by=cast.amal, at=at + 3 * MINUTE)

    assert response_clock(ticket).stopped_at is None
    assert newest_ticket().waiting_since == at


def test_it_is_held_when_the_customer_writes_first(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)
    hear(cast.x, dana_says("Never mind", at=at + 30 * MINUTE))

    assert delivery_of(message).held_at == at + 30 * MINUTE
    assert release_and_claim(cast.x, at=at + 2 * HOUR) == []
    assert newest_ticket().waiting_since == at


def test_a_held_one_holds_up_nothing(cast: Cast, ticket: Ticket, at: datetime) -> None:
    schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)
    hear(cast.x, dana_says("Never mind", at=at + 30 * MINUTE))
    reply(ticket, "As you like", by=cast.amal, at=at + 2 * HOUR)

    assert release_and_claim(cast.x, at=at + 2 * HOUR) == ["As you like"]


def test_it_is_held_also_when_we_hear_of_the_message_late(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)

    hear(cast.x, dana_says("Never mind", at=at + 30 * MINUTE), at=at + 2 * HOUR)

    assert delivery_of(message).held_at is not None


def test_another_customers_message_and_our_own_hold_nothing(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)
    hear(cast.x, larkpost_says_on_x("From the app", at=at + 5 * MINUTE))
    hear(cast.x, dana_says("Hi", at=at + 30 * MINUTE, customer="8003", name="Priya"))

    assert delivery_of(message).held_at is None


def test_a_message_after_its_release_holds_it_no_more(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)
    with transaction():
        sending_later.release_due(cast.x.id, at=at + HOUR)
    hear(cast.x, dana_says("Hello?", at=at + HOUR + MINUTE))

    assert delivery_of(message).held_at is None
    assert release_and_claim(cast.x, at=at + HOUR + MINUTE) == ["Good morning"]


@pytest.mark.parametrize("is_held", [False, True])
def test_it_can_be_sent_now(cast: Cast, ticket: Ticket, at: datetime, is_held: bool) -> None:
    message = schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)
    if is_held:
        hear(cast.x, dana_says("Never mind", at=at + 2 * MINUTE))

    decide(message, "now", by=cast.lena, at=at + 5 * MINUTE)

    clock = response_clock(ticket)
    assert (clock.stopped_at, clock.stopped_by_agent_id) == (at + 5 * MINUTE, cast.amal.id)
    assert release_and_claim(cast.x, at=at + 5 * MINUTE) == ["Good morning"]


def test_its_time_can_be_changed_and_then_it_is_held_no_more(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)
    hear(cast.x, dana_says("Never mind", at=at + 2 * MINUTE))

    decide(message, "move", by=cast.amal, at=at + 5 * MINUTE, send_at=at + 2 * HOUR)

    assert release_and_claim(cast.x, at=at + 2 * HOUR - MINUTE) == []
    assert release_and_claim(cast.x, at=at + 2 * HOUR) == ["Good morning"]
    assert message.platform_time == at + 2 * HOUR


@pytest.mark.parametrize("verb", ["cancel", "delete"])
def test_cancelling_it_changes_no_clock_and_no_status(cast: Cast, ticket: Ticket, at: datetime, verb: str) -> None:
    message = schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)

    decide(message, verb, by=cast.amal, at=at + 5 * MINUTE)

    assert release_and_claim(cast.x, at=at + 2 * HOUR) == []
    assert (newest_ticket().waiting_since, response_clock(ticket).stopped_at) == (at, None)


def test_a_message_that_has_gone_is_not_moved(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)
    release_and_claim(cast.x, at=at + HOUR)

    for verb in ("now", "move"):
        with pytest.raises(Conflict, match="no longer waits"):
            decide(message, verb, by=cast.amal, at=at + HOUR, send_at=at + 2 * HOUR)


@pytest.mark.parametrize("days", [-1, 0, 367])
def test_a_time_that_is_over_or_too_far_away_is_refused(cast: Cast, ticket: Ticket, at: datetime, days: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        schedule(ticket, "Good morning", send_at=at + timedelta(days=days), by=cast.amal, at=at)

    assert refused.value.field == "later"
    assert db.session.scalars(select(Delivery)).all() == []


def test_until_its_release_the_list_shows_what_was_said_last(cast: Cast, ticket: Ticket, at: datetime) -> None:
    before = db.session.get_one(Conversation, ticket.conversation_id).last_message_id
    message = schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)
    assert db.session.get_one(Conversation, ticket.conversation_id, populate_existing=True).last_message_id == before

    release_and_claim(cast.x, at=at + HOUR)

    conversation = db.session.get_one(Conversation, ticket.conversation_id, populate_existing=True)
    assert conversation.last_message_id == message.id


@pytest.mark.parametrize("was_answered", [True, False])
def test_of_what_the_networks_record_brings_only_what_waits_for_an_answer_holds(
    cast: Cast, ticket: Ticket, at: datetime, was_answered: bool
) -> None:
    message = schedule(ticket, "Good morning", send_at=at + HOUR, by=cast.amal, at=at + MINUTE)
    told = [dana_says("Are you there?", at=at + 2 * MINUTE, external_id="2")]
    if was_answered:
        told.append(larkpost_says_on_x("We are", at=at + 3 * MINUTE, external_id="3"))

    hear(cast.x, *(dataclasses.replace(one, is_backfilled=True) for one in told), at=at + 5 * MINUTE)

    assert (delivery_of(message).held_at is None) is was_answered
