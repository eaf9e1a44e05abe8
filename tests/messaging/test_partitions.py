"""Raw events are kept for a set time, month by month; what nobody took in is never lost with them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import select, text

from helpdesk.messaging import partitions, raw_event_queries, set_aside
from helpdesk.messaging.inbound import RawCall, store_events
from helpdesk.messaging.models import InboundEvent, InboundState
from helpdesk.orm import db
from helpdesk.transaction import transaction
from tests.support.cast import Cast, assemble
from tests.tickets.test_intake_races import wait_until_somebody_waits_for_a_lock

JUNE = datetime(2020, 6, 10, tzinfo=UTC)
DAY = timedelta(days=1)


def store(cast: Cast, state: InboundState, *, at: datetime = JUNE) -> int:
    store_events([RawCall(account_id=cast.x.id, body=b"a customer's words", headers={}, received_at=at)])
    event = db.session.scalars(select(InboundEvent).order_by(InboundEvent.id.desc()).limit(1)).one()
    event.state = state
    db.session.flush()
    return event.id


def kept() -> dict[int, tuple[str, bytes]]:
    db.session.expire_all()
    return {event.id: (event.state, event.body) for event in db.session.scalars(select(InboundEvent))}


def where_they_lie() -> set[str]:
    return set(db.session.scalars(text("select distinct tableoid::regclass::text from inbound_event")))


def test_this_month_and_the_next_have_a_partition(cast: Cast) -> None:
    partitions.ensure(JUNE)
    store(cast, InboundState.RECEIVED)
    store(cast, InboundState.RECEIVED, at=JUNE + 30 * DAY)

    assert where_they_lie() == {"inbound_event_2020_06", "inbound_event_2020_07"}


def test_a_month_that_was_made_late_gets_what_lay_in_the_default_partition(cast: Cast) -> None:
    event_id = store(cast, InboundState.RECEIVED)
    assert where_they_lie() == {"inbound_event_default"}

    partitions.ensure(JUNE)
    partitions.ensure(JUNE)

    assert where_they_lie() == {"inbound_event_2020_06"}
    assert kept() == {event_id: (InboundState.RECEIVED, b"a customer's words")}
    assert store(cast, InboundState.RECEIVED) > event_id


def test_a_month_is_dropped_when_its_last_day_is_over(cast: Cast) -> None:
    partitions.ensure(JUNE)
    store(cast, InboundState.PROCESSED)

    assert partitions.drop_before(datetime(2020, 6, 30, 23, tzinfo=UTC)) == []
    assert len(kept()) == 1

    assert partitions.drop_before(datetime(2020, 7, 1, tzinfo=UTC)) == ["inbound_event_2020_06"]
    assert kept() == {}
    assert "inbound_event_2020_06" not in raw_event_queries.partitions()


def test_what_waits_or_was_set_aside_outlives_its_month(cast: Cast) -> None:
    partitions.ensure(JUNE)
    states = [InboundState.RECEIVED, InboundState.QUARANTINED, InboundState.UNREADABLE]
    ids = [store(cast, state) for state in (InboundState.PROCESSED, *states)]

    partitions.drop_before(datetime(2020, 7, 1, tzinfo=UTC))

    expected = {n: (state, b"a customer's words") for n, state in zip(ids[1:], states, strict=True)}
    assert kept() == expected


def test_of_what_was_discarded_stays_who_when_and_why(cast: Cast) -> None:
    partitions.ensure(JUNE)
    event = db.session.get_one(InboundEvent, (store(cast, InboundState.UNREADABLE), JUNE))
    set_aside.discard(event, "Not ours", by=cast.ada, at=JUNE + DAY)
    db.session.flush()

    partitions.drop_before(datetime(2020, 7, 1, tzinfo=UTC))

    db.session.expire_all()
    event = db.session.scalars(select(InboundEvent)).one()
    assert (event.state, event.body, event.discard_reason) == (InboundState.DISCARDED, b"", "Not ours")
    assert (event.discarded_by_id, event.discarded_at) == (cast.ada.id, JUNE + DAY)


def test_what_outlived_its_month_goes_once_it_was_taken_in(cast: Cast) -> None:
    partitions.ensure(JUNE)
    store(cast, InboundState.QUARANTINED)
    partitions.drop_before(datetime(2020, 7, 1, tzinfo=UTC))
    event = db.session.scalars(select(InboundEvent)).one()

    assert partitions.delete_settled(JUNE + 40 * DAY) == 0
    event.state = InboundState.PROCESSED
    db.session.flush()

    assert partitions.delete_settled(JUNE + 40 * DAY) == 1
    assert kept() == {}


def test_who_makes_a_month_and_who_stores_an_event_never_wait_in_a_circle(committed: Flask) -> None:
    """An event of a month that nobody made in time moves over, while the next one comes."""
    account_id = assemble(at=JUNE).x.id
    calls = [RawCall(account_id=account_id, body=b"a customer's words", headers={}, received_at=JUNE)]
    store_events(calls)
    db.session.remove()

    def make() -> None:
        with committed.app_context(), transaction():
            partitions.ensure(JUNE)

    with ThreadPoolExecutor(1) as pool, transaction():
        # As an insert holds it before it knows the partition.
        db.session.execute(text("lock table only inbound_event in row exclusive mode"))
        made = pool.submit(make)
        wait_until_somebody_waits_for_a_lock()
        db.session.execute(text("lock table inbound_event_default in row exclusive mode"))
        db.session.commit()
        made.result()

    assert where_they_lie() == {"inbound_event_2020_06"}
    with transaction():
        partitions.drop_before(JUNE + 90 * DAY)
