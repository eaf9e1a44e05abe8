"""Looking in X's record for what was sent without an answer (behaviour.md 4.4)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk import clock
from helpdesk.messaging import history_queries, lookups, outbound, queries
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Delivery, DeliveryLookup, Message
from helpdesk.orm import db
from helpdesk.simulator.x import XSimulator
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear, newest_ticket, reply
from worker import deliver, ingest
from worker.history import read_waiting

MINUTE = timedelta(minutes=1)
WINDOW = timedelta(minutes=15)


@pytest.fixture
def ticket(cast: Cast, x: XSimulator) -> Ticket:
    heard = x.customer_writes("dana", "My order never came", at=clock.now() - 5 * MINUTE)
    hear(cast.x, dana_says("My order never came", at=heard.created_at, external_id=heard.id, customer=heard.sender_id))
    return newest_ticket()


def send_into_silence(cast: Cast, x: XSimulator, ticket: Ticket, *texts: str, fault: str = "drop") -> list[Delivery]:
    """Replies whose answers never came; "drop": X took them, "lost": it did not."""
    made = []
    for text in texts:
        message = reply(ticket, text, by=cast.amal, at=clock.now() - MINUTE)
        x.fail_next(fault)
        deliver.drain(cast.x.id)
        delivery = db.session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()
        assert delivery.state == DeliveryState.UNKNOWN
        with transaction():
            delivery.is_passed = True
        made.append(delivery)
    return made


def look(cast: Cast, times: int = 1) -> None:
    """What the sweep and the jobs do, each wait being over."""
    for _ in range(times):
        with transaction():
            lookups.begin(at=clock.now())
            for lookup in db.session.scalars(select(DeliveryLookup)):
                lookup.due_at = clock.now() - MINUTE
        read_waiting(cast.x.id)
        ingest.drain(cast.x.id)


def states(deliveries: list[Delivery]) -> list[str]:
    return [d.state for d in deliveries]


def external_ids(deliveries: list[Delivery]) -> list[str | None]:
    return [db.session.get_one(Message, d.message_id).external_id for d in deliveries]


def test_what_x_took_without_an_answer_is_found_in_its_record(cast: Cast, x: XSimulator, ticket: Ticket) -> None:
    sent = send_into_silence(cast, x, ticket, "On its way")

    look(cast)

    assert states(sent) == [DeliveryState.ACCEPTED]
    assert external_ids(sent) == [x.sent_messages[0].id]
    assert len(db.session.scalars(select(Message)).all()) == 2


def test_the_same_words_twice_are_matched_one_to_one_in_order(cast: Cast, x: XSimulator, ticket: Ticket) -> None:
    sent = send_into_silence(cast, x, ticket, "On its way", "On its way")

    look(cast)

    assert states(sent) == [DeliveryState.ACCEPTED] * 2
    assert external_ids(sent) == [m.id for m in x.sent_messages]


def test_the_same_words_of_another_day_are_another_message(cast: Cast, x: XSimulator, ticket: Ticket) -> None:
    x.world.write("7001", x.customer("dana").id, "On its way", at=clock.now() - timedelta(days=2))
    sent = send_into_silence(cast, x, ticket, "On its way", fault="lost")

    look(cast)

    assert states(sent) == [DeliveryState.UNKNOWN]


def test_what_is_not_found_stays_unknown_says_so_and_is_not_looked_for_for_ever(
    cast: Cast, x: XSimulator, ticket: Ticket
) -> None:
    sent = send_into_silence(cast, x, ticket, "On its way", fault="lost")

    look(cast, times=len(lookups.WAITS) + 1)

    assert states(sent) == [DeliveryState.UNKNOWN]
    assert sent[0].reason.endswith(lookups.NOT_FOUND)
    assert not history_queries.accounts_with_lookups_due(at=clock.now() + timedelta(days=1))


def test_a_worker_that_died_while_sending_is_cleared_up_by_the_record(
    cast: Cast, x: XSimulator, ticket: Ticket
) -> None:
    message = reply(ticket, "On its way", by=cast.amal, at=clock.now() - MINUTE)
    with transaction():
        outbound.claim_heads(cast.x, limit=1, at=queries.database_time())
    x.world.write("7001", x.customer("dana").id, "On its way")
    delivery = db.session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()
    with transaction():
        delivery.lease_until = clock.now() - MINUTE
    deliver.end_expired_leases()
    assert delivery.state == DeliveryState.UNKNOWN

    look(cast)

    assert delivery.state == DeliveryState.ACCEPTED


def test_looking_keeps_to_the_networks_limit(cast: Cast, x: XSimulator, ticket: Ticket) -> None:
    x.events.limit_reads(1, WINDOW)
    sent = send_into_silence(cast, x, ticket, "On its way", fault="lost")
    look(cast)
    read_before = x.events.events_read

    look(cast)

    assert x.events.events_read == read_before
    assert states(sent) == [DeliveryState.UNKNOWN]
    assert history_queries.lock_link(cast.x.id).lookups_remaining == 0


def test_an_unknown_delivery_is_first_given_time_for_its_echo(cast: Cast, x: XSimulator, ticket: Ticket) -> None:
    send_into_silence(cast, x, ticket, "On its way")

    with transaction():
        lookups.begin(at=queries.database_time())

    assert not history_queries.accounts_with_lookups_due(at=queries.database_time())
    assert history_queries.accounts_with_lookups_due(at=queries.database_time() + lookups.WAITS[0])
