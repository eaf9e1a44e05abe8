"""Carrying replies: claim, send, record (behaviour.md 4), against a stand-in of X on loopback."""

import dataclasses
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text, update

from helpdesk import clock
from helpdesk.arrays import arrays_of, insert_of
from helpdesk.channels.port import Accepted, FailureClass, SendFailed
from helpdesk.messaging import delivery_queries, outbound, queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import (
    ChannelAccount,
    Conversation,
    Delivery,
    DeliveryAttempt,
    Direction,
    Health,
    Message,
    Origin,
)
from helpdesk.orm import db
from helpdesk.people.permissions import Act
from helpdesk.simulator.x import XSimulator
from helpdesk.sla import queries as sla_queries
from helpdesk.sla.models import ClockKind
from helpdesk.tickets import lifecycle, replying
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets.models import Status, Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear, larkpost_says_on_x, newest_ticket, reply, standing
from worker import deliver

MINUTE = timedelta(minutes=1)


@pytest.fixture
def now() -> datetime:
    """Deliveries are compared with the database's own clock, so these happen now."""
    return clock.now() - timedelta(minutes=5)


@pytest.fixture
def ticket(cast: Cast, x: XSimulator, now: datetime) -> Ticket:
    hear(cast.x, dana_says("My order never came", at=now, customer=x.customer("dana").id))
    return newest_ticket()


def delivery_of(message: Message) -> Delivery:
    return db.session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()


def attempts(delivery: Delivery) -> list[str]:
    rows = db.session.scalars(
        select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == delivery.id).order_by(DeliveryAttempt.number)
    )
    return [row.outcome for row in rows]


def test_a_reply_reaches_the_customer_and_shows_that_it_was_accepted(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    message = reply(ticket, "On its way", by=cast.amal, at=now)

    deliver.drain(cast.x.id)

    assert [m.text for m in x.sent_messages] == ["On its way"]
    delivery = delivery_of(message)
    assert (delivery.state, attempts(delivery)) == (DeliveryState.ACCEPTED, ["accepted"])
    assert message.external_id == x.sent_messages[0].id


def test_replies_of_a_conversation_go_in_their_order(cast: Cast, x: XSimulator, ticket: Ticket, now: datetime) -> None:
    for n in range(5):
        reply(ticket, f"line {n}", by=cast.amal, at=now + timedelta(seconds=n))

    deliver.drain(cast.x.id)

    assert [m.text for m in x.sent_messages] == [f"line {n}" for n in range(5)]


def test_a_refused_reply_holds_those_behind_it_until_the_agent_decides(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    first = reply(ticket, "first", by=cast.amal, at=now)
    second = reply(ticket, "second", by=cast.amal, at=now + timedelta(seconds=1))
    x.fail_next("349")

    deliver.drain(cast.x.id)

    assert (delivery_of(first).state, delivery_of(first).failure) == (DeliveryState.FAILED, "recipient")
    assert delivery_of(second).state == DeliveryState.QUEUED

    with transaction():
        locked = ticket_queries.lock_ticket(ticket.id, standing(cast.amal), Act.REPLY)
        replying.send_past_reply(locked, delivery_of(first), by=cast.amal, at=now)
    deliver.drain(cast.x.id)

    assert [m.text for m in x.sent_messages] == ["second"]


def test_failing_for_good_lets_the_clock_run_on_and_a_retry_stops_it_again(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    message = reply(ticket, "On its way", by=cast.amal, at=now + MINUTE)
    x.fail_next("349")
    deliver.drain(cast.x.id)

    running = {c.kind: c for c in sla_queries.running_clocks([ticket.id])[ticket.id]}
    assert running[ClockKind.FIRST_RESPONSE].started_at == now
    assert newest_ticket().waiting_since == now

    with transaction():
        locked = ticket_queries.lock_ticket(ticket.id, standing(cast.amal), Act.REPLY)
        replying.retry_reply(locked, delivery_of(message), by=cast.amal, at=now + 2 * MINUTE)
    deliver.drain(cast.x.id)

    assert (delivery_of(message).state, attempts(delivery_of(message))) == (
        DeliveryState.ACCEPTED,
        ["recipient", "accepted"],
    )
    assert newest_ticket().waiting_since is None
    assert [m.text for m in x.sent_messages] == ["On its way"]


def test_a_resolved_ticket_whose_last_reply_failed_opens_again(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    reply(ticket, "All done", by=cast.amal, at=now + MINUTE)
    with transaction():
        locked = ticket_queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE)
        lifecycle.resolve(locked, by=cast.amal, at=now + 2 * MINUTE)
    x.fail_next("349")

    deliver.drain(cast.x.id)

    assert (newest_ticket().status, newest_ticket().waiting_since) == (Status.OPEN, now)


def test_a_resolved_ticket_whose_last_reply_is_discarded_opens_again(cast: Cast, ticket: Ticket, now: datetime) -> None:
    message = reply(ticket, "All done", by=cast.amal, at=now + MINUTE)
    with transaction():
        locked = ticket_queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE)
        lifecycle.resolve(locked, by=cast.amal, at=now + 2 * MINUTE)
    with transaction():
        locked = ticket_queries.lock_ticket(ticket.id, standing(cast.amal), Act.REPLY)
        delivery = delivery_queries.lock_delivery_of(message.id)
        assert delivery is not None
        replying.discard_reply(locked, delivery, by=cast.amal, at=now + 3 * MINUTE)

    assert (newest_ticket().status, newest_ticket().waiting_since) == (Status.OPEN, now)


def test_an_answer_that_never_came_is_unknown_and_not_sent_again(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    message = reply(ticket, "On its way", by=cast.amal, at=now)
    x.fail_next("drop")

    deliver.drain(cast.x.id)
    deliver.drain(cast.x.id)

    assert delivery_of(message).state == DeliveryState.UNKNOWN
    assert len(x.sent_messages) == 1


def test_the_echo_settles_what_was_unknown(cast: Cast, x: XSimulator, ticket: Ticket, now: datetime) -> None:
    message = reply(ticket, "On its way", by=cast.amal, at=now)
    claim_and_lose(cast.x)
    deliver_after_lease(message)

    echo = larkpost_says_on_x("On its way", at=now + MINUTE, customer=x.customer("dana").id, external_id="991")
    hear(cast.x, echo)

    assert (delivery_of(message).state, message.external_id) == (DeliveryState.ACCEPTED, "991")
    assert len(db.session.scalars(select(Message)).all()) == 2


def test_a_claim_that_was_never_recorded_becomes_unknown_and_not_queued(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    message = reply(ticket, "On its way", by=cast.amal, at=now)
    claim_and_lose(cast.x)

    deliver_after_lease(message)
    deliver.drain(cast.x.id)

    assert delivery_of(message).state == DeliveryState.UNKNOWN
    assert x.sent_messages == []


def test_a_refusal_that_comes_after_the_lease_is_certain_all_the_same(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    message = reply(ticket, "On its way", by=cast.amal, at=now)
    with transaction():
        claimed = outbound.claim_heads(cast.x, limit=20, at=queries.database_time())
    deliver_after_lease(message)

    deliver._record_all(cast.x.id, claimed, [SendFailed(FailureClass.CONTENT, "X could not process the file")])

    assert (delivery_of(message).state, delivery_of(message).reason) == (
        DeliveryState.FAILED,
        "X could not process the file",
    )


def test_on_the_native_network_a_lost_claim_goes_back_into_the_queue(cast: Cast, now: datetime) -> None:
    hear(cast.native, dataclasses.replace(dana_says("hi", at=now, customer="member:1"), conversation_key="dm:1"))
    message = reply(newest_ticket(), "Hello", by=cast.amal, at=now)
    claim_and_lose(cast.native)

    deliver_after_lease(message)
    deliver.drain(cast.native.id)

    assert (delivery_of(message).state, attempts(delivery_of(message))) == (
        DeliveryState.DELIVERED,
        ["not sent", "accepted"],
    )
    assert message.released_at is not None


def test_a_failure_that_passes_keeps_its_place_in_line(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    first = reply(ticket, "first", by=cast.amal, at=now)
    second = reply(ticket, "second", by=cast.amal, at=now + timedelta(seconds=1))
    x.fail_next("130")
    deliver.drain(cast.x.id)

    assert (delivery_of(first).state, delivery_of(second).state) == (DeliveryState.QUEUED, DeliveryState.QUEUED)
    assert delivery_of(first).retry_at is not None

    delivery_of(first).retry_at = now
    db.session.commit()
    deliver.drain(cast.x.id)

    assert [m.text for m in x.sent_messages] == ["first", "second"]


def test_a_refusal_without_a_reason_is_tried_once_more_and_again_when_the_agent_retries(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    message = reply(ticket, "On its way", by=cast.amal, at=now)
    for fault in ("130", "151", "151"):
        x.fail_next(fault)
        deliver.drain(cast.x.id)
        with transaction():
            delivery_of(message).retry_at = None
    assert (delivery_of(message).state, delivery_of(message).failure) == (DeliveryState.FAILED, "transient")

    with transaction():
        locked = ticket_queries.lock_ticket(ticket.id, standing(cast.amal), Act.REPLY)
        replying.retry_reply(locked, delivery_of(message), by=cast.amal, at=clock.now())
    x.fail_next("151")
    deliver.drain(cast.x.id)

    assert delivery_of(message).state == DeliveryState.QUEUED
    assert attempts(delivery_of(message)) == ["transient"] * 4


def test_an_old_reply_that_is_retried_is_tried_again_when_a_failure_passes(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    long_ago = now - outbound.GIVE_UP_AFTER
    message = reply(ticket, "On its way", by=cast.amal, at=long_ago)
    x.fail_next("349")
    deliver.drain(cast.x.id)
    with transaction():
        locked = ticket_queries.lock_ticket(ticket.id, standing(cast.amal), Act.REPLY)
        replying.retry_reply(locked, delivery_of(message), by=cast.amal, at=now)

    x.fail_next("130")
    deliver.drain(cast.x.id)

    delivery = delivery_of(message)
    assert (delivery.state, attempts(delivery)) == (DeliveryState.QUEUED, ["recipient", "transient"])
    assert delivery.retry_at is not None
    assert delivery.not_before == long_ago


@pytest.mark.parametrize("is_retried", [False, True], ids=["never retried", "retried long ago"])
def test_a_failure_that_does_not_pass_for_hours_is_given_up(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime, is_retried: bool
) -> None:
    long_ago = now - outbound.GIVE_UP_AFTER
    message = reply(ticket, "On its way", by=cast.amal, at=long_ago)
    if is_retried:
        delivery_of(message).retried_at = long_ago

    x.fail_next("130")
    deliver.drain(cast.x.id)

    assert (delivery_of(message).state, delivery_of(message).failure) == (DeliveryState.FAILED, "transient")


def test_the_networks_limit_is_kept_and_scarce_sends_go_to_the_promise_due_soonest(
    cast: Cast, x: XSimulator, now: datetime
) -> None:
    replies = {}
    for name, minutes in (("later", 20), ("sooner", 5)):
        hear(cast.x, dana_says("hi", at=now, customer=x.customer(name).id, name=name))
        message = reply(newest_ticket(), f"to {name}", by=cast.amal, at=now)
        delivery_of(message).promise_due_at = now + minutes * MINUTE
        replies[name] = message
    cast.x.quota_limit, cast.x.quota_remaining, cast.x.quota_resets_at = 15, 1, clock.now() + 15 * MINUTE
    db.session.commit()

    with transaction():
        claimed = outbound.claim_heads(
            db.session.get_one(ChannelAccount, cast.x.id), limit=20, at=queries.database_time()
        )

    assert [c.text for c in claimed] == ["to sooner"]


def test_a_throttled_reply_waits_until_the_time_the_network_names(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    message = reply(ticket, "On its way", by=cast.amal, at=now)
    x.fail_next("88")

    deliver.drain(cast.x.id)

    delivery = delivery_of(message)
    assert (delivery.state, delivery.failure) == (DeliveryState.QUEUED, "throttled")
    assert delivery.retry_at is not None
    assert delivery.retry_at > clock.now()


def test_a_lost_authorisation_pauses_the_account_and_keeps_the_rest_queued(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    x.access_token = "another"
    first = reply(ticket, "first", by=cast.amal, at=now)
    deliver.drain(cast.x.id)
    hear(cast.x, dana_says("hi", at=now, customer=x.customer("other").id, name="Other"))
    second = reply(newest_ticket(), "second", by=cast.amal, at=now)

    deliver.drain(cast.x.id)

    assert delivery_of(first).state == DeliveryState.FAILED
    assert db.session.get_one(ChannelAccount, cast.x.id).health == Health.AUTH_LOST
    assert delivery_of(second).state == DeliveryState.QUEUED


def test_an_echo_with_other_words_than_ours_does_not_stand_twice(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    message = reply(ticket, "see https://larkpost.example/track", by=cast.amal, at=now)
    with transaction():
        claimed = outbound.claim_heads(
            db.session.get_one(ChannelAccount, cast.x.id), limit=20, at=queries.database_time()
        )
    hear(
        cast.x,
        larkpost_says_on_x("see https://t.co/abc", at=now + MINUTE, customer=x.customer("dana").id, external_id="992"),
    )

    deliver._record_all(cast.x.id, claimed, [Accepted(external_id="992", conversation_key=claimed[0].conversation_key)])

    said = db.session.scalars(select(Message).where(Message.direction == "out")).all()
    assert [(m.id, m.external_id) for m in said] == [(message.id, "992")]


def claim_and_lose(account: ChannelAccount) -> None:
    """A worker claims what may go and dies before it records."""
    with transaction():
        claimed = outbound.claim_heads(
            db.session.get_one(ChannelAccount, account.id), limit=20, at=queries.database_time()
        )
    assert len(claimed) == 1


def deliver_after_lease(message: Message) -> None:
    """The lease runs out and the sweep looks."""
    delivery_of(message).lease_until = clock.now() - MINUTE
    db.session.commit()
    assert deliver.end_expired_leases() == 1


def test_a_reply_that_failed_takes_its_ticket_out_of_pending(
    cast: Cast, x: XSimulator, ticket: Ticket, now: datetime
) -> None:
    reply(ticket, "Which colour?", by=cast.amal, at=now + MINUTE)
    with transaction():
        locked = ticket_queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE)
        lifecycle.wait_for_customer(locked, by=cast.amal, at=now + MINUTE)
    x.fail_next("349")

    deliver.drain(cast.x.id)

    assert (newest_ticket().status, newest_ticket().waiting_since) == (Status.OPEN, now)


def test_claiming_after_an_outage_takes_no_longer_the_more_waits(cast: Cast, now: datetime) -> None:
    """The database's statistics are of the day before, when next to nothing was queued."""
    with transaction():
        queue_in_many_conversations(cast.x, 1000, at=now)
        db.session.execute(update(Delivery).values(state=DeliveryState.ACCEPTED))
        db.session.execute(text("analyze delivery, message, conversation"))
        queue_in_many_conversations(cast.x, 400, at=now)
    with transaction():
        before = looked_at()

        heads = delivery_queries.conversations_with_heads(cast.x.id, at=queries.database_time(), limit=200)

        assert len(heads) == 200
        assert looked_at() - before <= 2 * 800


def looked_at() -> int:
    """How many of what may hold up its conversation this transaction has looked at."""
    asked = text("select pg_stat_get_xact_tuples_returned('ix_delivery_unsettled'::regclass)")
    return int(db.session.scalars(asked).one())


def queue_in_many_conversations(account: ChannelAccount, number: int, *, at: datetime) -> None:
    """Two replies in each of so many conversations; by rows, since only their number counts."""
    conversations = [
        {"public_id": uuid4(), "network": "x", "account_id": account.id, "external_key": str(uuid4())}
        for _ in range(number)
    ]
    made = insert_of(Conversation, conversations).returning(Conversation.id)
    messages = [
        {
            "conversation_id": conversation_id,
            "author_identity_id": account.identity_id,
            "direction": Direction.OUT,
            "origin": Origin.DESK_AGENT,
            "platform_time": at,
            "received_at": at,
        }
        for conversation_id in 2 * list(db.session.scalars(made, arrays_of(conversations)))
    ]
    said = insert_of(Message, messages).returning(Message.id, Message.conversation_id)
    deliveries = [
        {"message_id": row.id, "conversation_id": row.conversation_id, "account_id": account.id, "not_before": at}
        for row in db.session.execute(said, arrays_of(messages))
    ]
    db.session.execute(insert_of(Delivery, deliveries), arrays_of(deliveries))
