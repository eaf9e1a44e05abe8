"""kill -9 of the worker, of Valkey and of PostgreSQL during traffic: nothing lost, nothing twice.

What cannot be known (a send whose answer never came) is shown as unknown, not guessed.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.messaging import deciding, delivery_queries
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Delivery, Message
from helpdesk.orm import db
from helpdesk.simulator.x import XSimulator
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import newest_ticket
from tests.support.desk import Desk, an_x, opened, settings_for
from tests.support.stack import Stack

MESSAGES = 60

A_WHILE = 15.0
"""Seconds in which whatever was on its way has arrived."""


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Larkpost on a stack with a PostgreSQL and a Valkey of its own, which may be killed."""
    with an_x() as x:
        stack = Stack(environment=settings_for(x))
        try:
            with opened(stack.start(), x) as desk:
                yield desk
        finally:
            stack.stop()


@pytest.fixture(autouse=True)
def quiet(desk: Desk) -> None:
    desk.x.echo = "none"


@contextmanager
def writing(x: XSimulator, customer: str) -> Iterator[None]:
    """The customer writes line after line while the test does its worst; at the end all are written."""
    is_under_way = threading.Event()

    def write() -> None:
        for n in range(MESSAGES):
            x.customer_writes(customer, f"{customer} {n:03}")
            if n == MESSAGES // 3:
                is_under_way.set()
            # The pace of the traffic.
            time.sleep(0.05)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert is_under_way.wait(timeout=60)
        yield
    finally:
        thread.join()


def lines_of(desk: Desk, customer: str) -> list[str]:
    return [line for line in desk.said() if line.startswith(f"{customer} ")]


@pytest.mark.parametrize("victim", ["postgres", "valkey", "worker", "web"])
def test_whatever_is_killed_during_traffic_every_message_arrives_once_and_in_order(desk: Desk, victim: str) -> None:
    tickets_before = desk.count(Ticket)
    customer = f"{victim}_customer"

    with writing(desk.x, customer):
        desk.stack.kill(victim)

    expected = [f"{customer} {n:03}" for n in range(MESSAGES)]
    desk.stack.wait_until(lambda: desk.stack.answers())
    desk.stack.wait_until(lambda: len(answered(desk, customer)) >= MESSAGES)
    assert lines_of(desk, customer) == expected
    assert desk.count(Ticket) == tickets_before + 1


def answered(desk: Desk, customer: str) -> list[str]:
    """The customer's lines as they are now; none while the database is away."""
    try:
        return lines_of(desk, customer)
    except Exception:
        return []


def test_a_worker_killed_between_claim_and_record_sends_nothing_twice_and_says_unknown(desk: Desk) -> None:
    ticket_id = a_ticket_of(desk, "claimed_customer")
    desk.x.fail_next("hang")
    sent_before = len(desk.x.sent_messages)
    desk.reply(ticket_id, "On its way", key="killed-between")
    desk.stack.wait_until(lambda: len(desk.x.sent_messages) > sent_before)

    desk.stack.restart("worker")
    desk.let_leases_run_out()

    desk.stack.wait_until(lambda: desk.deliveries()[-1] == DeliveryState.UNKNOWN)
    assert [m.text for m in desk.x.sent_messages[sent_before:]] == ["On its way"]

    # X tells of it after all, and the unknown is known.
    desk.x.tell_of_send(desk.x.sent_messages[-1], at_once=True)
    desk.stack.wait_until(lambda: desk.deliveries()[-1] == DeliveryState.ACCEPTED)
    assert desk.said().count("On its way") == 1


@pytest.mark.parametrize("victim", ["valkey", "worker"])
def test_replies_queued_while_something_dies_are_each_sent_once_and_in_order(desk: Desk, victim: str) -> None:
    ticket_id = a_ticket_of(desk, f"replies_{victim}")
    sent_before = len(desk.x.sent_messages)
    replies = [f"{victim} reply {n}" for n in range(8)]

    for n, text in enumerate(replies):
        desk.reply(ticket_id, text, key=f"{victim}-{n}")
        if n == 3:
            desk.stack.kill(victim)

    def settled() -> bool:
        desk.let_leases_run_out()
        return set(desk.deliveries()[-8:]) <= {DeliveryState.ACCEPTED, DeliveryState.UNKNOWN}

    missing_since: dict[int, float] = {}

    def go_on() -> bool:
        # What a kill left unknown holds those behind it until X's echo, or an agent, settles it.
        for message in desk.x.sent_messages[sent_before:]:
            desk.x.tell_of_send(message, at_once=True)
        send_again_what_never_left(desk, missing_since)
        return settled() and len(desk.x.sent_messages) - sent_before >= len(replies)

    desk.stack.wait_until(go_on, seconds=90)
    assert [m.text for m in desk.x.sent_messages[sent_before:]] == replies
    assert [line for line in desk.said() if line in replies] == replies


def send_again_what_never_left(desk: Desk, missing_since: dict[int, float]) -> None:
    """The worker died between its claim and its call: the agent looks on X for a while in vain, and sends it again.

    `missing_since` is what was looked for before: delivery → when first, by the monotonic clock.
    """
    with desk.app.app_context(), transaction():
        unknown = db.session.scalars(select(Delivery.id).where(Delivery.state == DeliveryState.UNKNOWN)).all()
        for delivery in delivery_queries.lock_deliveries(unknown):
            first = missing_since.setdefault(delivery.id, time.monotonic())
            text = messaging_queries.parts_of(delivery.message_id)[0].text
            if time.monotonic() - first > A_WHILE and text not in [m.text for m in desk.x.sent_messages]:
                deciding.retry(delivery, at=clock.now())


def a_ticket_of(desk: Desk, customer: str) -> int:
    before = desk.count(Message)
    desk.x.customer_writes(customer, f"{customer} 000")
    desk.stack.wait_until(lambda: desk.count(Message) > before)
    return desk.look(lambda: newest_ticket_id())


def newest_ticket_id() -> int:
    return newest_ticket().id
