"""Warnings and breaches fire once each, at the instant that the row says, however late the worker looks."""

import datetime as dt
from collections.abc import Callable, Iterable

import pytest

from helpdesk.orm import db
from helpdesk.sla import clocks, firing, queries
from helpdesk.sla.clocks import ClockStart
from helpdesk.sla.firing import Fired
from helpdesk.sla.models import Clock, ClockKind, PauseReason
from helpdesk.sla.policies import Conditions
from helpdesk.sla.publishing import PolicyDraft, publish_policy
from tests.sla.conftest import World

FIRST, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION
START = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def after(minutes: float) -> dt.datetime:
    return START + dt.timedelta(minutes=minutes)


@pytest.fixture(autouse=True)
def promises(world: World) -> None:
    """An hour for the first response, warned of at half and at three quarters."""
    publish_policy(
        world.brand,
        "Standard",
        PolicyDraft(conditions=Conditions(), first_response=HOUR, warn_fractions=(0.75, 0.5)),
        at=START - HOUR,
    )


def begin(world: World, ticket: int) -> Clock:
    (clock,) = clocks.start([ClockStart(ticket_id=ticket, kind=FIRST, started_at=START, facts=world.facts())], at=START)
    return clock


def told(fired: Iterable[Fired]) -> list[tuple[float | None, dt.datetime]]:
    return [(one.fraction, one.at) for one in fired]


def test_a_warning_fires_once_at_its_fraction_of_the_target(world: World, ticket: int) -> None:
    clock = begin(world, ticket)

    assert firing.claim_warnings(at=after(29.9)) == []
    assert told(firing.claim_warnings(at=after(30))) == [(0.5, after(30))]
    assert firing.claim_warnings(at=after(31)) == []
    assert told(firing.claim_warnings(at=after(45))) == [(0.75, after(45))]
    assert firing.claim_warnings(at=after(600)) == []
    assert clock.warned == [0.5, 0.75]


def test_a_breach_fires_once_after_the_due_time(world: World, ticket: int) -> None:
    clock = begin(world, ticket)

    assert firing.claim_breaches(at=after(60)) == []
    (breach,) = firing.claim_breaches(at=after(60.1))
    assert firing.claim_breaches(at=after(61)) == []

    assert breach == Fired(
        clock_id=clock.id,
        ticket_id=ticket,
        kind=FIRST,
        at=after(60),
        fraction=None,
        due_at=after(60),
        matched="matched rule 1 ‘Standard’ because it takes every ticket",
        is_running=True,
    )


def test_a_worker_that_slept_changes_no_number(world: World) -> None:
    awake, slept = world.ticket(), world.ticket()
    looks = [after(minutes) for minutes in range(180)]
    told_awake: list[tuple[float | None, dt.datetime]] = []

    first = begin(world, awake)
    for at in looks:
        told_awake += told(firing.claim_warnings(at=at)) + told(firing.claim_breaches(at=at))
        if at == after(100):
            clocks.stop(awake, at=at)
    second = begin(world, slept)
    clocks.stop(slept, at=after(100))
    told_late = told(firing.claim_warnings(at=after(900))) + told(firing.claim_breaches(at=after(900)))

    assert told_awake == told_late == [(0.5, after(30)), (0.75, after(45)), (None, after(60))]
    assert (first.due_at, first.stopped_at, first.business_seconds, first.warned) == (
        second.due_at,
        second.stopped_at,
        second.business_seconds,
        second.warned,
    )


def test_what_stopped_in_time_tells_only_what_came_before(world: World, ticket: int) -> None:
    begin(world, ticket)
    clocks.stop(ticket, at=after(40))

    assert told(firing.claim_warnings(at=after(900))) == [(0.5, after(30))]
    assert firing.claim_warnings(at=after(900)) == []
    assert firing.claim_breaches(at=after(900)) == []


def test_what_stopped_too_late_is_told_as_over(world: World, ticket: int) -> None:
    begin(world, ticket)
    clocks.stop(ticket, at=after(70))

    (breach,) = firing.claim_breaches(at=after(80))

    assert not breach.is_running


def test_a_paused_clock_warns_and_breaks_after_its_pause(world: World, ticket: int) -> None:
    begin(world, ticket)
    clocks.pause([ticket], at=after(20), reason=PauseReason.SNOOZED)
    assert firing.claim_warnings(at=after(200)) == []
    assert firing.claim_breaches(at=after(200)) == []

    clocks.resume([ticket], at=after(120))

    assert told(firing.claim_warnings(at=after(129))) == []
    assert told(firing.claim_warnings(at=after(145))) == [(0.5, after(130)), (0.75, after(145))]
    assert told(firing.claim_breaches(at=after(161))) == [(None, after(160))]


def test_after_a_pause_the_next_warning_is_one_that_was_not_told(world: World, ticket: int) -> None:
    clock = begin(world, ticket)
    firing.claim_warnings(at=after(30))

    clocks.pause([ticket], at=after(35), reason=PauseReason.SNOOZED)
    clocks.resume([ticket], at=after(55))

    assert clock.next_warn_at == after(65)


def test_a_pause_after_the_due_time_hides_no_breach(world: World, ticket: int) -> None:
    begin(world, ticket)
    clocks.pause([ticket], at=after(61), reason=PauseReason.SNOOZED)

    assert told(firing.claim_breaches(at=after(200))) == [(None, after(60))]


def test_a_revoked_stop_breaks_at_the_old_due_time_and_once(world: World, ticket: int) -> None:
    begin(world, ticket)
    message = world.reply(ticket)
    clocks.stop(ticket, at=after(50), by_message_id=message)
    clocks.revoke_stop(message, at=after(90))

    assert told(firing.claim_breaches(at=after(91))) == [(None, after(60))]
    clocks.stop(ticket, at=after(95), by_message_id=message)
    clocks.revoke_stop(message, at=after(99))
    assert firing.claim_breaches(at=after(120)) == []


def test_a_claim_takes_the_longest_due_first_and_no_more_than_asked(world: World) -> None:
    for minutes in (3, 1, 2):
        clocks.start(
            [ClockStart(ticket_id=world.ticket(), kind=FIRST, started_at=after(minutes), facts=world.facts())],
            at=after(minutes),
        )

    assert [one.at for one in firing.claim_breaches(at=after(200), limit=2)] == [after(61), after(62)]
    assert [one.at for one in firing.claim_breaches(at=after(200), limit=2)] == [after(63)]


def test_who_held_it_when_it_fell_due_stays_after_a_later_stop(world: World, ticket: int) -> None:
    clock = begin(world, ticket)
    firing.claim_breaches(at=after(61))
    firing.record_holders({clock.id: world.bruno})
    db.session.refresh(clock)

    clocks.stop(ticket, at=after(70), by_agent_id=world.amal, held_by_agent_id=world.amal)

    assert clock.held_by_agent_id == world.bruno


def test_the_work_is_in_proportion_to_what_is_due(world: World, statements: Callable[[], int]) -> None:
    tickets = [world.ticket() for _ in range(40)]
    clocks.start(
        [ClockStart(ticket_id=ticket, kind=FIRST, started_at=START, facts=world.facts()) for ticket in tickets],
        at=START,
    )
    statements()

    assert len(firing.claim_warnings(at=after(30))) == 40
    assert statements() <= 4
    assert len(firing.claim_breaches(at=after(61))) == 40
    assert statements() <= 3
    assert firing.claim_breaches(at=after(62)) == []
    assert statements() == 1


def test_a_clock_without_a_target_never_fires(world: World, ticket: int) -> None:
    start = ClockStart(ticket_id=ticket, kind=RESOLUTION, started_at=START, facts=world.facts())
    clocks.start([start], at=START)

    assert firing.claim_warnings(at=after(9999)) == []
    assert firing.claim_breaches(at=after(9999)) == []
    assert queries.earliest_due([ticket]) == {}
