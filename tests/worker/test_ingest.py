"""The ingest job: batches, the one bad event, what cannot be read."""

import logging
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import func, select, update

from helpdesk.messaging.inbound import RawCall, store_events
from helpdesk.messaging.models import InboundEvent, InboundState, Message
from helpdesk.orm import db
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast
from tests.support.x_bodies import dm
from worker import ingest


def store(cast: Cast, *bodies: bytes, at: datetime) -> None:
    store_events([RawCall(account_id=cast.x.id, body=body, headers={}, received_at=at) for body in bodies])


def states() -> list[str]:
    return list(db.session.scalars(select(InboundEvent.state).order_by(InboundEvent.id)))


def count(model: type) -> int:
    return db.session.scalars(select(func.count()).select_from(model)).one()


def test_a_drain_takes_in_all_that_waits(cast: Cast, at: datetime) -> None:
    store(cast, *[dm(n, at=at + timedelta(seconds=n)) for n in range(250)], at=at + timedelta(hours=1))

    ingest.drain(cast.x.id)

    assert (count(Message), count(Ticket)) == (250, 1)
    assert set(states()) == {InboundState.PROCESSED}


def test_what_cannot_be_read_is_set_aside_and_the_rest_go_on(cast: Cast, at: datetime) -> None:
    store(cast, dm(1, at=at), b"\xff not json", dm(2, at=at), at=at)

    ingest.drain(cast.x.id)

    assert states() == [InboundState.PROCESSED, InboundState.UNREADABLE, InboundState.PROCESSED]
    assert count(Message) == 2


@pytest.mark.parametrize("place", [0, 3, 6], ids=["first", "middle", "last"])
def test_one_event_that_breaks_its_batch_ends_up_alone_in_quarantine(cast: Cast, at: datetime, place: int) -> None:
    bodies = [dm(n, at=at) for n in range(6)]
    # Readable for the adapter, refused by the database: an index holds no key as long as this.
    endless = "".join(sha256(str(n).encode()).hexdigest() for n in range(200)).encode()
    bodies.insert(place, dm(99, at=at).replace(b"2080000000000000099", endless))
    store(cast, *bodies, at=at)

    ingest.drain(cast.x.id)

    expected = [InboundState.PROCESSED] * 7
    expected[place] = InboundState.QUARANTINED
    assert states() == expected
    assert count(Message) == 6


def test_only_the_event_that_failed_is_set_aside_whatever_other_workers_do_meanwhile(cast: Cast, at: datetime) -> None:
    endless = "".join(sha256(str(n).encode()).hexdigest() for n in range(200)).encode()
    store(cast, dm(99, at=at).replace(b"2080000000000000099", endless), dm(1, at=at), at=at)
    bad = db.session.scalars(select(func.min(InboundEvent.id))).one()

    class AnotherWorker(logging.Handler):
        """Settles the bad event between its failure here and its being set aside."""

        def emit(self, record: logging.LogRecord) -> None:
            with transaction():
                settled = update(InboundEvent).where(InboundEvent.id == bad).values(state=InboundState.UNREADABLE)
                db.session.execute(settled)

    meanwhile = AnotherWorker()
    ingest.logger.addHandler(meanwhile)
    try:
        ingest.drain(cast.x.id)
    finally:
        ingest.logger.removeHandler(meanwhile)

    assert states() == [InboundState.UNREADABLE, InboundState.PROCESSED]
    assert count(Message) == 1


def test_draining_twice_changes_nothing(cast: Cast, at: datetime) -> None:
    store(cast, dm(1, at=at), dm(1, at=at), at=at)
    ingest.drain(cast.x.id)
    db.session.execute(update(InboundEvent).values(state=InboundState.RECEIVED))
    db.session.commit()

    ingest.drain(cast.x.id)

    assert (count(Message), count(Ticket)) == (1, 1)
