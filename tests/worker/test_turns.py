"""How long one job keeps an account: until its turn is over, and what is left rings again."""

from datetime import datetime, timedelta

import pytest
from redis import Redis
from sqlalchemy import select

from helpdesk import bells, clock
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Delivery
from helpdesk.orm import db
from helpdesk.simulator.x import XSimulator
from tests.support.cast import Cast, a_ticket, reply
from worker import deliver, turns

CUSTOMERS = 2 * deliver.AT_ONCE


@pytest.fixture
def now() -> datetime:
    """Deliveries are compared with the database's own clock, so these happen now."""
    return clock.now() - timedelta(minutes=5)


@pytest.fixture(autouse=True)
def no_quota(x: XSimulator) -> None:
    x.limit.limit = 10_000


def write_replies(cast: Cast, x: XSimulator, *, at: datetime, each: int) -> None:
    """So many numbered replies to each of the customers."""
    for number in range(CUSTOMERS):
        customer = x.customer(f"customer{number}", f"Customer {number}").id
        ticket = a_ticket(cast, at=at, customer=customer)
        for nth in range(each):
            reply(ticket, f"{number}-{nth}", by=cast.amal, at=at + timedelta(seconds=1 + nth))


def states() -> set[str]:
    return set(db.session.scalars(select(Delivery.state)))


def test_batches_that_overlap_keep_each_conversation_in_order(
    cast: Cast, x: XSimulator, redis: Redis, now: datetime
) -> None:
    write_replies(cast, x, at=now, each=3)

    deliver.drain(cast.x.id)

    said = [message.text.split("-") for message in x.sent_messages]
    for number in range(CUSTOMERS):
        assert [nth for of, nth in said if of == str(number)] == ["0", "1", "2"]
    assert states() == {DeliveryState.ACCEPTED}


def test_what_fails_while_more_is_claimed_already_holds_up_only_its_own(
    cast: Cast, x: XSimulator, redis: Redis, now: datetime
) -> None:
    write_replies(cast, x, at=now, each=3)
    x.fail_next("349")

    deliver.drain(cast.x.id)

    failed = db.session.scalars(select(Delivery).where(Delivery.state == DeliveryState.FAILED)).one()
    behind = db.session.scalars(
        select(Delivery).where(
            Delivery.conversation_id == failed.conversation_id, Delivery.state != DeliveryState.ACCEPTED
        )
    ).all()
    queued = [delivery.id for delivery in behind if delivery.state == DeliveryState.QUEUED]
    assert all(delivery_id > failed.id for delivery_id in queued)
    assert len(x.sent_messages) == 3 * CUSTOMERS - 1 - len(queued)


def test_a_turn_that_is_over_leaves_the_rest_and_rings_for_it(
    cast: Cast, x: XSimulator, redis: Redis, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_replies(cast, x, at=now, each=1)
    monkeypatch.setattr(turns, "LONGEST_SECONDS", 0.0)

    deliver.drain(cast.x.id)

    assert states() == {DeliveryState.QUEUED}
    assert bells.ring(bells.DELIVER, cast.x.id) is False, "it hangs already"
    monkeypatch.undo()
    deliver.drain(cast.x.id)
    assert states() == {DeliveryState.ACCEPTED}
