"""What was promised changes: from the original start, the old interval kept, and seen before it is done."""

import datetime as dt
from collections.abc import Sequence

import pytest

from helpdesk.sla import clocks, firing, queries
from helpdesk.sla.clocks import ClockStart
from helpdesk.sla.models import Clock, ClockKind, PauseReason
from helpdesk.sla.policies import Conditions
from helpdesk.sla.publishing import PolicyDraft, publish_calendar, publish_policy
from helpdesk.sla.retargeting import Retargeting, preview_calendar, preview_policy, preview_rules, retarget
from helpdesk.sla.timing import is_breached
from tests.sla.conftest import OFFICE, World

FIRST, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION
START = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def after(minutes: float) -> dt.datetime:
    return START + dt.timedelta(minutes=minutes)


@pytest.fixture(autouse=True)
def promises(world: World) -> None:
    """Urgent tickets in 20 minutes, which pause while snoozed; the others in an hour, which pause while pending."""
    urgent = PolicyDraft(
        conditions=Conditions(priorities=("urgent",)),
        first_response=HOUR / 3,
        resolution=2 * HOUR,
        pause_while_pending=False,
        warn_fractions=(0.5,),
    )
    publish_policy(world.brand, "Urgent", urgent, at=START - HOUR)
    others = PolicyDraft(
        first_response=HOUR, resolution=8 * HOUR, pause_while_snoozed=False, warn_fractions=(0.5, 0.75)
    )
    publish_policy(world.brand, "Standard", others, at=START - HOUR)


def begin(world: World, *tickets: int, kinds: Sequence[ClockKind] = (FIRST,)) -> None:
    starts = [
        ClockStart(ticket_id=ticket, kind=kind, started_at=START, facts=world.facts())
        for ticket in tickets
        for kind in kinds
    ]
    clocks.start(starts, at=START)


def urgent(world: World, ticket: int, waiting: PauseReason | None = None) -> Retargeting:
    return Retargeting(ticket_id=ticket, facts=world.facts(priority="urgent"), waiting=waiting)


def as_it_is(world: World, ticket: int) -> Retargeting:
    return Retargeting(ticket_id=ticket, facts=world.facts())


def running(ticket: int) -> Clock:
    (clock,) = queries.running_clocks([ticket])[ticket]
    return clock


def test_a_raised_priority_counts_from_the_original_start(world: World, ticket: int) -> None:
    begin(world, ticket)

    (new,) = retarget([urgent(world, ticket)], at=after(15))

    assert (new.started_at, new.due_at) == (START, after(20))
    assert new.matched == "matched rule 1 ‘Urgent’ because priority is urgent"
    assert running(ticket) is new


def test_the_old_interval_is_kept_as_superseded(world: World, ticket: int) -> None:
    begin(world, ticket)

    retarget([urgent(world, ticket)], at=after(15))

    old, new = queries.clocks_of_ticket(ticket)
    assert (old.superseded_at, old.due_at, old.stopped_at) == (after(15), after(60), None)
    assert old.matched == "matched rule 2 ‘Standard’ because it takes every ticket"
    assert new.superseded_at is None
    assert not is_breached(old, after(600))


def test_a_promise_already_passed_is_broken_at_its_due_time(world: World, ticket: int) -> None:
    begin(world, ticket)

    (new,) = retarget([urgent(world, ticket)], at=after(30))

    assert new.due_at == after(20)
    assert is_breached(new, after(30))
    (breach,) = firing.claim_breaches(at=after(31))
    assert breach.at == after(20)


def test_nothing_is_written_where_the_same_version_still_applies(world: World, ticket: int) -> None:
    begin(world, ticket)

    assert retarget([as_it_is(world, ticket)], at=after(15)) == []
    assert len(queries.clocks_of_ticket(ticket)) == 1


def test_what_has_stopped_stays_as_it_was_promised(world: World, ticket: int) -> None:
    begin(world, ticket, kinds=(FIRST, RESOLUTION))
    clocks.stop(ticket, at=after(30))

    (new,) = retarget([urgent(world, ticket)], at=after(40))

    assert new.kind is RESOLUTION
    stopped = next(clock for clock in queries.clocks_of_ticket(ticket) if clock.kind is FIRST)
    assert (stopped.due_at, stopped.superseded_at) == (after(60), None)


def test_pauses_that_were_counted_stay_counted(world: World, ticket: int) -> None:
    begin(world, ticket)
    clocks.pause([ticket], at=after(5), reason=PauseReason.PENDING)
    clocks.resume([ticket], at=after(15))

    (new,) = retarget([urgent(world, ticket)], at=after(18))

    assert new.due_at == after(30)
    (stopped,) = clocks.stop(ticket, at=after(29))
    assert stopped.business_seconds == 19 * 60


def test_a_pause_that_the_new_policy_does_not_grant_ends(world: World, ticket: int) -> None:
    begin(world, ticket)
    clocks.pause([ticket], at=after(5), reason=PauseReason.PENDING)

    (new,) = retarget([urgent(world, ticket, PauseReason.PENDING)], at=after(15))

    assert (new.paused_at, new.due_at) == (None, after(30))
    old = queries.clocks_of_ticket(ticket)[0]
    assert not is_breached(old, after(900))


def test_a_pause_that_the_new_policy_grants_begins(world: World, ticket: int) -> None:
    begin(world, ticket)

    (new,) = retarget([urgent(world, ticket, PauseReason.SNOOZED)], at=after(15))
    assert new.paused_at == after(15)
    clocks.resume([ticket], at=after(45))

    assert running(ticket).due_at == after(50)


def test_what_was_told_is_not_told_again_while_it_is_still_true(world: World, ticket: int) -> None:
    begin(world, ticket)
    firing.claim_warnings(at=after(30))

    retarget([urgent(world, ticket)], at=after(31))
    assert firing.claim_warnings(at=after(32)) == []
    assert len(firing.claim_breaches(at=after(32))) == 1
    publish_policy(world.brand, "Urgent", PolicyDraft(first_response=HOUR / 2), at=after(33))
    retarget([urgent(world, ticket)], at=after(33))
    assert firing.claim_breaches(at=after(34)) == []


def test_a_warning_that_the_new_promise_makes_due_is_told(world: World, ticket: int) -> None:
    begin(world, ticket)

    retarget([urgent(world, ticket)], at=after(15))

    assert [one.at for one in firing.claim_warnings(at=after(16))] == [after(10)]


def test_a_longer_promise_can_be_warned_of_and_broken_again(world: World, ticket: int) -> None:
    begin(world, ticket)
    retarget([urgent(world, ticket)], at=after(1))
    firing.claim_warnings(at=after(21))
    firing.claim_breaches(at=after(21))

    (new,) = retarget([as_it_is(world, ticket)], at=after(22))

    assert (new.breach_fired_at, new.warned) == (None, [])
    assert not is_breached(new, after(22))
    assert [one.at for one in firing.claim_warnings(at=after(46))] == [after(30), after(45)]
    assert [one.at for one in firing.claim_breaches(at=after(61))] == [after(60)]


def test_many_tickets_are_changed_at_once(world: World) -> None:
    tickets = [world.ticket() for _ in range(10)]
    begin(world, *tickets, kinds=(FIRST, RESOLUTION))

    new = retarget([urgent(world, ticket) for ticket in tickets], at=after(5))

    assert len(new) == 20
    assert queries.earliest_due(tickets) == dict.fromkeys(tickets, after(20))


def test_no_ticket_is_no_work(world: World) -> None:
    assert retarget([], at=START) == []


def test_a_draft_says_how_many_change_and_which_would_be_late(world: World) -> None:
    soon, later, gone = (world.ticket() for _ in range(3))
    begin(world, soon)
    clocks.start([ClockStart(ticket_id=later, kind=FIRST, started_at=after(25), facts=world.facts())], at=after(25))
    tickets = [as_it_is(world, ticket) for ticket in (soon, later, gone)]

    preview = preview_policy(world.brand, "Standard", PolicyDraft(first_response=HOUR / 4), tickets, at=after(30))

    assert preview.changed == {soon, later}
    assert preview.late_then == {soon}
    assert preview.late_now == frozenset()
    assert preview.newly_late == {soon}
    assert len(queries.clocks_of_ticket(soon)) == 1


def test_what_was_previewed_is_what_happens(world: World) -> None:
    tickets = [world.ticket() for _ in range(3)]
    begin(world, *tickets)
    changes = [as_it_is(world, ticket) for ticket in tickets]
    draft = PolicyDraft(first_response=HOUR / 4)

    foreseen = preview_policy(world.brand, "Standard", draft, changes, at=after(30))
    publish_policy(world.brand, "Standard", draft, at=after(30))
    published = preview_rules(world.brand, changes, at=after(30))
    new = retarget(changes, at=after(30))

    assert foreseen == published
    assert foreseen.changed == {clock.ticket_id for clock in new}
    assert foreseen.late_then == {clock.ticket_id for clock in new if is_breached(clock, after(30))}


def test_a_draft_rule_takes_only_the_tickets_that_no_rule_before_it_takes(world: World, ticket: int) -> None:
    begin(world, ticket)

    behind = preview_policy(world.brand, "Last", PolicyDraft(), [as_it_is(world, ticket)], at=after(1))
    instead = preview_policy(world.brand, "Urgent", PolicyDraft(), [as_it_is(world, ticket)], at=after(1))

    assert behind.changed == frozenset()
    assert instead.changed == {ticket}


def test_new_hours_are_previewed_for_the_policies_that_count_in_them(world: World, ticket: int) -> None:
    calendar = publish_calendar(world.brand, "Office", OFFICE, at=START)
    draft = PolicyDraft(calendar_id=calendar.calendar_id, first_response=HOUR)
    publish_policy(world.brand, "Standard", draft, at=START)
    begin(world, ticket)
    shut = type(OFFICE)(weekly=OFFICE.weekly, exceptions=((START.date(), ()),))

    preview = preview_calendar(world.brand, calendar.calendar_id, shut, [as_it_is(world, ticket)], at=after(70))

    assert preview.changed == preview.late_now == {ticket}
    assert preview.late_then == frozenset()
