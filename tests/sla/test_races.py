"""The database decides when two workers want the same clock; and every due row is found by its own index."""

import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import TypeVar

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from helpdesk.orm import db
from helpdesk.sla import clocks, firing, queries
from helpdesk.sla.clocks import ClockStart
from helpdesk.sla.models import Clock, ClockKind
from helpdesk.sla.publishing import PolicyDraft, publish_policy
from helpdesk.transaction import transaction
from tests.sla.conftest import World, build_world

START = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
Result = TypeVar("Result")


def first_response(world: World, ticket: int) -> ClockStart:
    return ClockStart(ticket_id=ticket, kind=ClockKind.FIRST_RESPONSE, started_at=START, facts=world.facts())


def at_once(app: Flask, times: int, work: Callable[[], Result]) -> list[Result]:
    """What `work` returns in so many threads that begin together, each in a transaction of its own."""
    barrier = Barrier(times)

    def one() -> Result:
        with app.app_context(), transaction():
            db.session.execute(text("select 1"))
            barrier.wait()
            return work()

    with ThreadPoolExecutor(times) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(times)]]


def a_committed_world(tickets: int) -> tuple[World, list[int]]:
    with transaction():
        world = build_world()
        publish_policy(world.brand, "All", PolicyDraft(first_response=HOUR), at=START - HOUR)
        return world, [world.ticket() for _ in range(tickets)]


def test_two_first_messages_at_once_start_one_clock(committed: Flask) -> None:
    world, (ticket,) = a_committed_world(1)
    start = first_response(world, ticket)

    started = at_once(committed, 4, lambda: len(clocks.start([start], at=START)))

    assert sorted(started) == [0, 0, 0, 1]
    assert len(queries.clocks_of_ticket(ticket)) == 1


def test_two_workers_never_tell_the_same_breach(committed: Flask) -> None:
    world, tickets = a_committed_world(30)
    with transaction():
        clocks.start([first_response(world, ticket) for ticket in tickets], at=START)

    def claim() -> list[int]:
        return [fired.ticket_id for fired in firing.claim_breaches(at=START + 2 * HOUR, limit=20)]

    claimed = at_once(committed, 2, claim)
    with transaction():
        claimed.append(claim())

    assert sorted(ticket for claim in claimed for ticket in claim) == sorted(tickets)


def test_a_worker_passes_over_what_another_has_in_hand(committed: Flask) -> None:
    world, (ticket, other) = a_committed_world(2)
    with transaction():
        clocks.start([first_response(world, ticket)], at=START)
    in_hand, may_end = Event(), Event()

    def slow_worker() -> int:
        with committed.app_context(), transaction():
            claimed = len(firing.claim_breaches(at=START + 2 * HOUR))
            in_hand.set()
            may_end.wait(timeout=10)
            return claimed

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(slow_worker)
        in_hand.wait(timeout=10)
        with transaction():
            clocks.start([first_response(world, other)], at=START)
            db.session.execute(text("set local lock_timeout = '2s'"))
            claimed = [fired.ticket_id for fired in firing.claim_breaches(at=START + 2 * HOUR)]
        may_end.set()

    assert claimed == [other]
    assert slow.result() == 1


def test_a_clock_whose_ticket_somebody_works_on_is_passed_over(committed: Flask) -> None:
    world, (held, free) = a_committed_world(2)
    with transaction():
        clocks.start([first_response(world, ticket) for ticket in (held, free)], at=START)
    in_hand, may_end = Event(), Event()

    def agent() -> None:
        with committed.app_context(), transaction():
            db.session.execute(text("select from ticket where id = :id for update"), {"id": held})
            in_hand.set()
            may_end.wait(timeout=10)

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(agent)
        in_hand.wait(timeout=10)
        with transaction():
            db.session.execute(text("set local lock_timeout = '2s'"))
            claimed = [fired.ticket_id for fired in firing.claim_breaches(at=START + 2 * HOUR)]
        may_end.set()
        working.result()
    with transaction():
        claimed_later = [fired.ticket_id for fired in firing.claim_breaches(at=START + 2 * HOUR)]

    assert (claimed, claimed_later) == ([free], [held])


@pytest.mark.parametrize("kind", list(ClockKind))
def test_the_database_allows_one_running_clock_of_a_kind(world: World, ticket: int, kind: ClockKind) -> None:
    for _ in range(2):
        db.session.add(Clock(ticket_id=ticket, kind=kind, matched="", started_at=START))

    with pytest.raises(IntegrityError):
        db.session.flush()


def test_the_database_allows_one_first_response_an_episode(world: World, ticket: int) -> None:
    for _ in range(2):
        db.session.add(
            Clock(
                ticket_id=ticket,
                kind=ClockKind.FIRST_RESPONSE,
                matched="",
                started_at=START,
                stopped_at=START,
            )
        )

    with pytest.raises(IntegrityError, match="uq_clock_once_an_episode"):
        db.session.flush()
