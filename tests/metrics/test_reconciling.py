"""Stored intervals are those that the messages tell; what is tampered with is found."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from flask import Flask
from sqlalchemy import update

from helpdesk.messaging.models import Delivery
from helpdesk.metrics import reconciliation_queries as queries
from helpdesk.metrics.models import Reconciliation
from helpdesk.metrics.periods import Period, period_of
from helpdesk.metrics.reconciling import reconcile
from helpdesk.metrics.scope import Scope
from helpdesk.orm import db
from helpdesk.people.permissions import Act
from helpdesk.sla.models import Clock, ClockKind
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets import replying
from helpdesk.tickets.models import PeriodicRun, Ticket
from helpdesk.transaction import transaction
from tests.metrics.test_what_if import ChangingHistory
from tests.support import cast as casting
from tests.support.cast import PASSWORD, Cast, dana_says, hear, larkpost_says_on_x, newest_ticket, reply, standing
from tests.tickets.test_reply_failed_after_late import fail_for_good
from worker import periodic

LOOKED_AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cast(committed: Flask) -> Cast:
    return casting.assemble(at=LOOKED_AT - timedelta(days=60))


@pytest.fixture
def period() -> Period:
    return period_of("2026-10-01", "2026-11-23", zone="UTC", at=LOOKED_AT)


def differences(period: Period) -> dict[int, str]:
    run = reconcile(period, at=LOOKED_AT)
    return {one.ticket_id: one.words for one in queries.all_differences(run.id, limit=100)}


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
def test_a_random_month_is_stored_as_its_messages_tell_it(cast: Cast, period: Period, seed: int) -> None:
    played = ChangingHistory(cast=cast, random=Random(seed))
    played.play(customers=15, since=LOOKED_AT - timedelta(days=40), until=LOOKED_AT)

    run = reconcile(period, at=LOOKED_AT)

    assert queries.all_differences(run.id, limit=100) == []
    assert (run.checked, run.skipped) == (db.session.query(Ticket).count(), 0)
    assert run.checked >= 15


def test_late_failed_taken_back_and_sent_again(cast: Cast, period: Period) -> None:
    at = LOOKED_AT - timedelta(days=2)
    hear(cast.x, dana_says("one", at=at, customer="1"))
    late = newest_ticket()
    reply(late, "answer", by=cast.amal, at=at + 5 * MINUTE)
    hear(cast.x, dana_says("said before it", at=at + 3 * MINUTE, customer="1"), at=at + 6 * MINUTE)
    hear(cast.x, dana_says("thanks!", at=at + 7 * MINUTE, customer="1"))

    hear(cast.x, dana_says("two", at=at, customer="2"))
    failed = newest_ticket()
    first = reply(failed, "never arrives", by=cast.amal, at=at + 4 * MINUTE)
    fail_for_good(first, at=at + 5 * MINUTE)
    hear(cast.x, dana_says("hello?", at=at + 6 * MINUTE, customer="2"))

    hear(cast.x, dana_says("three", at=at, customer="3"))
    again = newest_ticket()
    second = reply(again, "arrives at last", by=cast.amal, at=at + 4 * MINUTE)
    fail_for_good(second, at=at + 5 * MINUTE)
    with transaction():
        locked = ticket_queries.lock_ticket(again.id, standing(cast.amal), Act.REPLY)
        delivery = db.session.query(Delivery).filter_by(message_id=second.id).one()
        replying.retry_reply(locked, delivery, by=cast.amal, at=at + 9 * MINUTE)

    hear(cast.x, dana_says("four", at=at, customer="4"))
    hear(cast.x, larkpost_says_on_x("from the app", at=at + 2 * MINUTE, customer="4"))

    assert differences(period) == {}
    stops = [clock.stopped_at for clock in db.session.query(Clock).filter_by(ticket_id=again.id) if clock.stopped_at]
    assert stops == [at + 9 * MINUTE], "the customer had nothing before"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stopped_at": Clock.stopped_at + MINUTE}, "by its messages first response"),
        ({"started_at": Clock.started_at - MINUTE}, "stored first response"),
        ({"kind": "next_response"}, "stored next response"),
        ({"stopped_by_message_id": None}, "by its messages first response"),
        ({"superseded_at": LOOKED_AT}, "by its messages first response"),
    ],
)
def test_what_was_tampered_with_is_found(cast: Cast, period: Period, change: dict[str, object], words: str) -> None:
    hear(cast.x, dana_says("one", at=LOOKED_AT - timedelta(days=1)))
    ticket = newest_ticket()
    reply(ticket, "answer", by=cast.amal, at=LOOKED_AT - timedelta(days=1) + MINUTE)
    assert differences(period) == {}

    with transaction():
        first = (Clock.ticket_id == ticket.id) & (Clock.kind == ClockKind.FIRST_RESPONSE)
        db.session.execute(update(Clock).where(first).values(change))

    assert words in differences(period)[ticket.id]


def test_managers_read_of_their_own_tickets_only(committed: Flask, cast: Cast, period: Period) -> None:
    hear(cast.x, dana_says("one", at=LOOKED_AT - timedelta(days=1)))
    ticket = newest_ticket()
    with transaction():
        db.session.execute(update(Clock).values(started_at=Clock.started_at - MINUTE))
    run = reconcile(period, at=LOOKED_AT)

    assert [d.ticket_id for d in queries.differences_of(run.id, Scope(team_ids=frozenset({cast.support.id})))] == [
        ticket.id
    ]
    assert list(queries.differences_of(run.id, Scope(team_ids=frozenset({cast.returns.id})))) == []
    browser = committed.test_client()
    browser.post("/sign-in/staff", data={"name": cast.chidi.email, "password": PASSWORD})
    page = browser.get("/dashboards/response-times").text
    assert "1 differ" in page
    assert f'href="/console/tickets/{ticket.id}"' in page


def test_the_nightly_job_counts_a_day_once(committed: Flask, cast: Cast) -> None:
    for _ in range(2):
        with transaction():
            db.session.execute(update(PeriodicRun).values(last_at=datetime(2020, 1, 1, tzinfo=UTC)))
        periodic.reconcile_yesterday()
    assert db.session.query(Reconciliation).count() == 1
