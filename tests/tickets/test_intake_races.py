"""Batches of events and others who work in the same conversations at the same time."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
from flask import Flask
from sqlalchemy import select, text

from helpdesk import clock
from helpdesk.channels.port import InboundEvent, InboundIdentity, InboundReceipt
from helpdesk.messaging import queries
from helpdesk.messaging.models import ChannelAccount, Conversation, Message
from helpdesk.orm import db
from helpdesk.tickets.intake import take_in
from helpdesk.transaction import transaction
from tests.support.cast import assemble, dana_says, hear, larkpost_says_on_x

FIRST, LATER = "8002", "8003"


def echo_in_the_later(at: datetime) -> InboundEvent:
    return larkpost_says_on_x("We look into it", at=at, customer=LATER)


def receipt_in_the_first(at: datetime) -> InboundEvent:
    return InboundReceipt(
        conversation_key=f"dm:7001-{FIRST}",
        kind="read",
        reader=InboundIdentity(external_id=FIRST),
        up_to_external_id="nothing we know",
        at=at,
    )


@pytest.mark.parametrize("other", [lambda at: dana_says("Anybody?", at=at, customer=FIRST), receipt_in_the_first])
def test_a_batch_locks_its_conversations_in_order_whatever_it_holds(
    committed: Flask, other: Callable[[datetime], InboundEvent]
) -> None:
    at = clock.now()
    cast = assemble(at=at)
    account_id = cast.x.id
    hear(cast.x, dana_says("Hello", at=at, customer=FIRST))
    hear(cast.x, dana_says("Hello", at=at, customer=LATER))
    first_id, later_id = db.session.scalars(select(Conversation.id).order_by(Conversation.id)).all()
    db.session.remove()

    def worker() -> None:
        with committed.app_context(), transaction():
            account = db.session.get_one(ChannelAccount, account_id)
            take_in(account, [(at, echo_in_the_later(at)), (at, other(at))])

    with ThreadPoolExecutor(1) as pool:
        with transaction():
            queries.lock_conversation(first_id)
            batch = pool.submit(worker)
            wait_until_somebody_waits_for_a_lock()
            db.session.execute(text("set local lock_timeout = '3s'"))
            queries.lock_conversation(later_id)
        batch.result()

    assert db.session.query(Message).filter_by(conversation_id=later_id).count() == 2


def wait_until_somebody_waits_for_a_lock() -> None:
    waiting = text(
        "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
    )
    ends = time.monotonic() + 10
    while not db.session.scalars(waiting).one():
        assert time.monotonic() < ends, "nobody waits"
        # The statistics that a transaction has seen once stay as they were.
        db.session.execute(text("select pg_stat_clear_snapshot()"))
        time.sleep(0.02)
