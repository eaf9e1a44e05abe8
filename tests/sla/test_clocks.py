"""Clocks start, stop, pause, run again and are late exactly as the rules of clocks say."""

import datetime as dt
from collections.abc import Callable

import pytest
from sqlalchemy.exc import IntegrityError

from helpdesk.orm import db
from helpdesk.sla import clocks, queries
from helpdesk.sla.clocks import ClockStart, ClockStop
from helpdesk.sla.models import RESPONSES, Clock, ClockKind, ClockPause, PauseReason
from helpdesk.sla.policies import TicketFacts
from helpdesk.sla.publishing import PolicyDraft, publish_calendar, publish_policy
from helpdesk.sla.timing import is_breached
from tests.sla.conftest import OFFICE, World

FIRST, NEXT, RESOLUTION = ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE, ClockKind.RESOLUTION
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
NO_RULE_TAKES_IT = TicketFacts(brand_id=-1, priority="low", network="x", account_id=-1, team_id=-1)


def on(day: int, time: str) -> dt.datetime:
    """An instant in November 2026; the 23rd is a Monday."""
    return dt.datetime.fromisoformat(f"2026-11-{day:02} {time}").replace(tzinfo=dt.UTC)


def monday(time: str) -> dt.datetime:
    return on(23, time)


@pytest.fixture(autouse=True)
def promises(world: World) -> None:
    """First response in 15 minutes, the next in 30, resolution in 4 hours, counted in office hours."""
    calendar = publish_calendar(world.brand, "Office", OFFICE, at=on(1, "00:00"))
    publish_policy(
        world.brand,
        "Standard",
        PolicyDraft(
            calendar_id=calendar.calendar_id,
            first_response=15 * MINUTE,
            next_response=30 * MINUTE,
            resolution=4 * HOUR,
        ),
        at=on(1, "00:00"),
    )


def begin(
    world: World, ticket: int, kind: ClockKind, started_at: dt.datetime, *, heard_at: dt.datetime | None = None
) -> list[Clock]:
    one = ClockStart(ticket_id=ticket, kind=kind, started_at=started_at, facts=world.facts())
    return clocks.start([one], at=heard_at or started_at)


def clock_of(ticket: int, kind: ClockKind) -> Clock:
    """The one interval of this kind that is not superseded."""
    (clock,) = [one for one in queries.clocks_of_ticket(ticket) if one.kind is kind and one.superseded_at is None]
    return clock


# Starts.


def test_a_clock_is_due_when_its_target_has_run_in_office_hours(world: World, ticket: int) -> None:
    (clock,) = begin(world, ticket, FIRST, monday("17:50"))

    assert clock.started_at == monday("17:50")
    assert clock.due_at == on(24, "09:05")
    assert clock.target_seconds == 15 * 60
    assert clock.matched == "matched rule 1 ‘Standard’ because it takes every ticket"
    assert clock.is_running


def test_a_target_that_runs_out_at_closing_is_due_at_closing(world: World, ticket: int) -> None:
    (clock,) = begin(world, ticket, FIRST, monday("17:45"))

    assert clock.due_at == monday("18:00")
    assert not is_breached(clock, monday("18:00"))
    assert is_breached(clock, on(24, "09:00"))


def test_platform_time_starts_the_clock_not_the_time_we_heard_of_it(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"), heard_at=monday("11:00"))

    assert clock_of(ticket, FIRST).started_at == monday("10:00")
    assert clock_of(ticket, FIRST).due_at == monday("10:15")


def test_a_platform_time_after_we_heard_of_it_is_clamped(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:05"), heard_at=monday("10:00"))

    assert clock_of(ticket, FIRST).started_at == monday("10:00")


def test_a_running_next_response_is_not_restarted(world: World, ticket: int) -> None:
    begin(world, ticket, NEXT, monday("10:00"))

    again = begin(world, ticket, NEXT, monday("10:20"))

    assert again == []
    assert clock_of(ticket, NEXT).started_at == monday("10:00")
    assert clock_of(ticket, NEXT).due_at == monday("10:30")


def test_a_next_response_does_not_start_while_the_first_is_owed(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))

    assert begin(world, ticket, NEXT, monday("10:05")) == []


def test_a_next_response_does_not_start_beside_a_first_one_of_the_same_batch(world: World, ticket: int) -> None:
    asked = [
        ClockStart(ticket_id=ticket, kind=kind, started_at=monday(time), facts=world.facts())
        for kind, time in [(NEXT, "10:05"), (FIRST, "10:00"), (RESOLUTION, "10:00")]
    ]

    started = clocks.start(asked, at=monday("10:06"))

    assert {clock.kind for clock in started} == {FIRST, RESOLUTION}


def test_an_episode_has_one_first_response_and_one_resolution(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))
    begin(world, ticket, RESOLUTION, monday("10:00"))
    clocks.stop(ticket, [FIRST, RESOLUTION], at=monday("10:10"))

    assert begin(world, ticket, FIRST, monday("10:20")) == []
    assert begin(world, ticket, RESOLUTION, monday("10:20")) == []
    assert len(begin(world, ticket, NEXT, monday("10:20"))) == 1


def test_a_late_message_moves_the_start_back(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:05"))
    begin(world, ticket, RESOLUTION, monday("10:05"))

    begin(world, ticket, FIRST, monday("10:01"), heard_at=monday("10:07"))
    begin(world, ticket, RESOLUTION, monday("10:01"), heard_at=monday("10:07"))

    assert clock_of(ticket, FIRST).started_at == monday("10:01")
    assert clock_of(ticket, FIRST).due_at == monday("10:16")
    assert clock_of(ticket, RESOLUTION).due_at == monday("14:01")


def test_a_late_message_moves_the_start_of_a_first_response_that_has_stopped(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:05"))
    clocks.stop(ticket, at=monday("10:10"))

    begin(world, ticket, FIRST, monday("10:01"), heard_at=monday("10:12"))

    assert clock_of(ticket, FIRST).business_seconds == 9 * 60


def test_a_turn_does_not_reach_back_over_an_earlier_reply(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))
    clocks.stop(ticket, at=monday("10:05"))
    begin(world, ticket, NEXT, monday("10:10"))

    begin(world, ticket, NEXT, monday("10:04"), heard_at=monday("10:12"))
    assert clock_of(ticket, NEXT).started_at == monday("10:10")

    begin(world, ticket, NEXT, monday("10:07"), heard_at=monday("10:12"))
    assert clock_of(ticket, NEXT).started_at == monday("10:07")


def test_a_ticket_without_a_promise_is_timed_all_the_same(world: World, ticket: int) -> None:
    one = ClockStart(ticket_id=ticket, kind=FIRST, started_at=monday("17:00"), facts=NO_RULE_TAKES_IT)

    clocks.start([one], at=on(24, "00:00"))
    (clock,) = clocks.stop(ticket, at=on(24, "09:00"))

    assert (clock.due_at, clock.policy_version_id, clock.matched) == (None, None, "no rule matched")
    assert clock.business_seconds == 16 * 3600
    assert not is_breached(clock, on(30, "09:00"))


def test_a_policy_may_promise_one_kind_and_not_another(world: World, ticket: int) -> None:
    publish_policy(world.brand, "Standard", PolicyDraft(resolution=HOUR), at=on(2, "00:00"))

    (clock,) = begin(world, ticket, FIRST, monday("10:00"))

    assert clock.policy_version_id is not None
    assert clock.due_at is None
    assert clock.next_warn_at is None


def test_many_tickets_take_few_statements(world: World, statements: Callable[[], int]) -> None:
    tickets = [world.ticket() for _ in range(60)]
    begins = [
        ClockStart(ticket_id=ticket, kind=kind, started_at=monday("10:00"), facts=world.facts())
        for ticket in tickets
        for kind in (FIRST, RESOLUTION)
    ]
    statements()

    assert len(clocks.start(begins, at=monday("10:00"))) == 120
    assert statements() <= 3
    assert clocks.start(begins, at=monday("10:00")) == []
    assert statements() <= 4
    clocks.pause(tickets, at=monday("10:01"), reason=PauseReason.SNOOZED)
    assert statements() <= 6
    clocks.resume(tickets, at=monday("10:02"))
    assert statements() <= 6
    stops = [ClockStop(ticket_id=ticket, at=monday("10:10")) for ticket in tickets]
    assert len(clocks.stop_many(stops)) == 60
    assert statements() <= 4


# Stops.


def test_a_reply_stops_the_response_at_its_instant(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))
    begin(world, ticket, RESOLUTION, monday("10:00"))
    message = world.reply(ticket)

    (clock,) = clocks.stop(
        ticket,
        at=monday("10:10"),
        by_message_id=message,
        by_agent_id=world.amal,
        held_by_agent_id=world.bruno,
    )

    assert clock.kind is FIRST
    assert clock.stopped_at == monday("10:10")
    assert clock.business_seconds == 600
    assert (clock.stopped_by_message_id, clock.stopped_by_agent_id) == (message, world.amal)
    assert clock.held_by_agent_id == world.bruno
    assert not is_breached(clock, monday("23:00"))
    assert clock_of(ticket, RESOLUTION).is_running


@pytest.mark.parametrize(
    ("stopped_at", "late"),
    [
        pytest.param("10:14:59.999999", False, id="before"),
        pytest.param("10:15", False, id="at the due time"),
        pytest.param("10:15:00.000001", True, id="after"),
    ],
)
def test_a_promise_is_broken_when_it_stops_after_it_was_due(
    world: World, ticket: int, stopped_at: str, late: bool
) -> None:
    begin(world, ticket, FIRST, monday("10:00"))

    (clock,) = clocks.stop(ticket, at=monday(stopped_at))

    assert is_breached(clock, monday("10:16")) is late


def test_a_promise_is_broken_while_it_runs_on_after_it_was_due(world: World, ticket: int) -> None:
    (clock,) = begin(world, ticket, FIRST, monday("10:00"))

    assert not is_breached(clock, monday("10:15"))
    assert is_breached(clock, monday("10:15:01"))


def test_office_hours_alone_count_in_a_response_time(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("17:50"))

    (clock,) = clocks.stop(ticket, at=on(24, "09:20"))

    assert clock.business_seconds == 30 * 60


def test_a_reply_does_not_stop_what_was_asked_after_it(world: World, ticket: int) -> None:
    begin(world, ticket, NEXT, monday("10:02"))

    assert clocks.stop(ticket, at=monday("10:01")) == []
    assert clock_of(ticket, NEXT).is_running


def test_the_earlier_of_two_replies_stops_the_clock_in_whatever_order_they_come(world: World) -> None:
    outcomes = []
    for order in (["10:03", "10:08"], ["10:08", "10:03"]):
        ticket = world.ticket()
        begin(world, ticket, FIRST, monday("10:00"))
        for time in order:
            clocks.stop(ticket, at=monday(time))
        outcomes.append((clock_of(ticket, FIRST).stopped_at, clock_of(ticket, FIRST).business_seconds))

    assert outcomes == [(monday("10:03"), 180.0)] * 2


def test_two_replies_of_one_batch_stop_the_clock_once(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))

    stopped = clocks.stop_many(
        [ClockStop(ticket_id=ticket, at=monday("10:08")), ClockStop(ticket_id=ticket, at=monday("10:03"))]
    )

    assert [clock.stopped_at for clock in stopped] == [monday("10:03")]


def test_a_second_reply_changes_nothing(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))
    clocks.stop(ticket, at=monday("10:03"), by_agent_id=world.amal)

    assert clocks.stop(ticket, at=monday("10:08"), by_agent_id=world.bruno) == []
    assert clock_of(ticket, FIRST).stopped_by_agent_id == world.amal


# A reply taken back.


def test_a_revoked_stop_runs_again_with_its_old_start_and_due_time(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))
    message = world.reply(ticket)
    clocks.stop(ticket, at=monday("10:10"), by_message_id=message, held_by_agent_id=world.amal)

    (clock,) = clocks.revoke_stop(message, at=monday("10:12"))

    assert clock.is_running
    assert (clock.started_at, clock.due_at) == (monday("10:00"), monday("10:15"))
    assert (clock.stopped_by_message_id, clock.held_by_agent_id, clock.business_seconds) == (None, None, None)
    assert clock.revoked_stops == [
        {
            "stopped_at": "2026-11-23T10:10:00+00:00",
            "message_id": message,
            "revoked_at": "2026-11-23T10:12:00+00:00",
        }
    ]
    assert is_breached(clock, monday("10:16"))


def test_a_stop_is_revoked_once(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))
    message = world.reply(ticket)
    clocks.stop(ticket, at=monday("10:10"), by_message_id=message)
    clocks.revoke_stop(message, at=monday("10:12"))

    assert clocks.revoke_stop(message, at=monday("10:13")) == []
    assert len(clock_of(ticket, FIRST).revoked_stops) == 1


def test_a_reply_that_is_tried_again_stops_the_clock_again(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))
    message = world.reply(ticket)
    clocks.stop(ticket, at=monday("10:10"), by_message_id=message)
    clocks.revoke_stop(message, at=monday("10:12"))

    clocks.stop(ticket, at=monday("10:14"), by_message_id=message)

    assert clock_of(ticket, FIRST).business_seconds == 14 * 60


@pytest.mark.parametrize("kind", [FIRST, NEXT])
def test_what_the_customer_wrote_after_a_revoked_reply_is_the_same_turn(
    world: World, ticket: int, kind: ClockKind
) -> None:
    begin(world, ticket, kind, monday("10:00"))
    message = world.reply(ticket)
    clocks.stop(ticket, at=monday("10:05"), by_message_id=message)
    begin(world, ticket, NEXT, monday("10:10"))

    clocks.revoke_stop(message, at=monday("10:12"))

    (running,) = queries.running_clocks([ticket])[ticket]
    assert (running.kind, running.started_at) == (kind, monday("10:00"))
    assert [clock.superseded_at for clock in queries.clocks_of_ticket(ticket)] == [None, monday("10:12")]


def test_a_revoked_stop_takes_over_the_answer_to_the_same_turn(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))
    failed, answer = world.reply(ticket), world.reply(ticket)
    clocks.stop(ticket, at=monday("10:05"), by_message_id=failed, by_agent_id=world.amal)
    begin(world, ticket, NEXT, monday("10:10"))
    clocks.stop(ticket, at=monday("10:20"), by_message_id=answer, by_agent_id=world.bruno)

    clocks.revoke_stop(failed, at=monday("10:30"))

    first = clock_of(ticket, FIRST)
    assert (first.stopped_at, first.stopped_by_message_id) == (monday("10:20"), answer)
    assert first.stopped_by_agent_id == world.bruno
    assert first.business_seconds == 20 * 60
    assert ticket not in queries.running_clocks([ticket])


def test_a_reply_that_followed_the_revoked_one_takes_its_place(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))
    failed, second = world.reply(ticket), world.reply(ticket)
    clocks.stop(ticket, at=monday("10:05"), by_message_id=failed)
    begin(world, ticket, NEXT, monday("10:10"))

    followed = ClockStop(ticket_id=ticket, at=monday("10:06"), by_message_id=second)
    clocks.revoke_stop(failed, at=monday("10:30"), next_reply=followed)

    assert clock_of(ticket, FIRST).stopped_at == monday("10:06")
    assert clock_of(ticket, FIRST).stopped_by_message_id == second
    assert clock_of(ticket, NEXT).is_running


# Pauses.


def test_a_pause_moves_the_due_time_by_the_paused_office_hours(world: World, ticket: int) -> None:
    begin(world, ticket, RESOLUTION, monday("16:00"))
    assert clock_of(ticket, RESOLUTION).due_at == on(24, "11:00")

    clocks.pause([ticket], at=monday("17:00"), reason=PauseReason.PENDING)
    assert clock_of(ticket, RESOLUTION).paused_at == monday("17:00")
    clocks.resume([ticket], at=on(24, "10:00"))

    clock = clock_of(ticket, RESOLUTION)
    assert (clock.due_at, clock.paused_at) == (on(24, "13:00"), None)
    assert clock.next_warn_at == on(24, "12:00")


def test_a_paused_clock_is_not_late_and_a_late_one_stays_late(world: World) -> None:
    in_time, too_late = world.ticket(), world.ticket()
    for ticket in (in_time, too_late):
        begin(world, ticket, FIRST, monday("10:00"))

    clocks.pause([in_time], at=monday("10:15"), reason=PauseReason.SNOOZED)
    clocks.pause([too_late], at=monday("10:16"), reason=PauseReason.SNOOZED)

    assert not is_breached(clock_of(in_time, FIRST), monday("17:00"))
    assert is_breached(clock_of(too_late, FIRST), monday("17:00"))
    clocks.resume([in_time, too_late], at=monday("12:00"))
    assert clock_of(in_time, FIRST).due_at == monday("12:00")
    assert clock_of(too_late, FIRST).due_at == monday("10:15")


def test_many_pauses_never_overlap_and_all_count(world: World, ticket: int) -> None:
    begin(world, ticket, RESOLUTION, monday("10:00"))
    for begins, ends in [("10:10", "10:20"), ("10:30", "10:45"), ("10:40", "11:00")]:
        clocks.pause([ticket], at=monday(begins), reason=PauseReason.PENDING)
        clocks.resume([ticket], at=monday(ends))

    clock = clock_of(ticket, RESOLUTION)
    spans = [(pause.started_at, pause.ended_at) for pause in queries.pauses_of([clock.id])[clock.id]]
    assert spans == [
        (monday("10:10"), monday("10:20")),
        (monday("10:30"), monday("10:45")),
        (monday("10:45"), monday("11:00")),
    ]
    assert clock.due_at == monday("14:40")


def test_pausing_twice_is_one_pause(world: World, ticket: int) -> None:
    begin(world, ticket, RESOLUTION, monday("10:00"))
    clocks.pause([ticket], at=monday("10:10"), reason=PauseReason.PENDING)

    assert clocks.pause([ticket], at=monday("10:20"), reason=PauseReason.PENDING) == []
    clocks.resume([ticket], at=monday("10:30"))

    assert clock_of(ticket, RESOLUTION).due_at == monday("14:20")


def test_a_policy_says_whether_its_clocks_pause(world: World, ticket: int) -> None:
    draft = PolicyDraft(resolution=4 * HOUR, pause_while_pending=True, pause_while_snoozed=False)
    publish_policy(world.brand, "Standard", draft, at=on(2, "00:00"))
    begin(world, ticket, RESOLUTION, monday("10:00"))

    assert clocks.pause([ticket], at=monday("10:05"), reason=PauseReason.SNOOZED) == []
    clocks.pause([ticket], at=monday("10:10"), reason=PauseReason.PENDING)
    clocks.pause([ticket], at=monday("10:20"), reason=PauseReason.SNOOZED)

    clock = clock_of(ticket, RESOLUTION)
    assert clock.paused_at is None
    assert clock.due_at == monday("14:10")


def test_a_clock_without_a_policy_does_not_pause(world: World, ticket: int) -> None:
    start = ClockStart(ticket_id=ticket, kind=RESOLUTION, started_at=monday("10:00"), facts=NO_RULE_TAKES_IT)
    clocks.start([start], at=monday("10:00"))

    assert clocks.pause([ticket], at=monday("10:10"), reason=PauseReason.PENDING) == []


def test_a_response_time_leaves_pauses_out(world: World, ticket: int) -> None:
    begin(world, ticket, RESOLUTION, monday("10:00"))
    clocks.pause([ticket], at=monday("10:10"), reason=PauseReason.PENDING)
    clocks.resume([ticket], at=monday("10:40"))
    clocks.pause([ticket], at=monday("10:50"), reason=PauseReason.SNOOZED)

    (clock,) = clocks.stop(ticket, [RESOLUTION], at=monday("11:00"))

    assert clock.business_seconds == 20 * 60
    assert clock.paused_at is None
    assert clock.due_at == monday("14:40")


def test_a_message_sent_before_the_pause_began_leaves_no_pause(world: World, ticket: int) -> None:
    begin(world, ticket, RESOLUTION, monday("10:00"))
    clocks.pause([ticket], at=monday("10:10"), reason=PauseReason.PENDING)

    clocks.resume_each({ticket: monday("10:09")})

    assert clock_of(ticket, RESOLUTION).due_at == monday("14:00")
    assert clock_of(ticket, RESOLUTION).paused_at is None


def test_the_database_allows_one_open_pause(world: World, ticket: int) -> None:
    (clock,) = begin(world, ticket, RESOLUTION, monday("10:00"))
    for _ in range(2):
        db.session.add(ClockPause(clock_id=clock.id, started_at=monday("10:10"), reason=PauseReason.PENDING))

    with pytest.raises(IntegrityError, match="uq_clock_pause_open"):
        db.session.flush()


# Reopening.


def test_a_reopened_ticket_goes_on_with_the_same_clock(world: World, ticket: int) -> None:
    begin(world, ticket, RESOLUTION, monday("10:00"))
    clocks.stop(ticket, [RESOLUTION], at=monday("11:00"), by_agent_id=world.amal)

    (clock,) = clocks.continue_resolution(ticket, at=on(24, "10:00"))

    assert clock.is_running
    assert (clock.started_at, clock.due_at) == (monday("10:00"), on(24, "13:00"))
    (pause,) = queries.pauses_of([clock.id])[clock.id]
    assert (pause.started_at, pause.ended_at) == (monday("11:00"), on(24, "10:00"))
    assert pause.reason is PauseReason.RESOLVED


def test_the_last_resolve_is_the_one_that_counts(world: World, ticket: int) -> None:
    begin(world, ticket, RESOLUTION, monday("10:00"))
    clocks.stop(ticket, [RESOLUTION], at=monday("11:00"), by_agent_id=world.amal)
    clocks.continue_resolution(ticket, at=monday("15:00"))

    (clock,) = clocks.stop(ticket, [RESOLUTION], at=monday("16:00"), by_agent_id=world.bruno)

    assert (clock.stopped_at, clock.stopped_by_agent_id) == (monday("16:00"), world.bruno)
    assert clock.business_seconds == 2 * 3600
    assert not is_breached(clock, on(30, "00:00"))


def test_a_resolution_that_was_late_stays_late_when_reopened(world: World, ticket: int) -> None:
    begin(world, ticket, RESOLUTION, monday("10:00"))
    clocks.stop(ticket, [RESOLUTION], at=monday("15:00"))

    (clock,) = clocks.continue_resolution(ticket, at=monday("16:00"))

    assert clock.due_at == monday("14:00")
    assert is_breached(clock, monday("16:00"))


def test_reopening_leaves_the_responses_alone(world: World, ticket: int) -> None:
    begin(world, ticket, FIRST, monday("10:00"))
    begin(world, ticket, RESOLUTION, monday("10:00"))
    clocks.stop(ticket, [*RESPONSES, RESOLUTION], at=monday("11:00"))

    clocks.continue_resolution(ticket, at=monday("12:00"))

    assert not clock_of(ticket, FIRST).is_running


# What others ask.


def test_the_earliest_due_time_of_each_ticket(world: World) -> None:
    both, paused, stopped, none = (world.ticket() for _ in range(4))
    for ticket in (both, paused, stopped):
        begin(world, ticket, FIRST, monday("10:00"))
        begin(world, ticket, RESOLUTION, monday("10:00"))
    clocks.pause([paused], at=monday("10:01"), reason=PauseReason.SNOOZED)
    clocks.stop(stopped, at=monday("10:01"))

    due = queries.earliest_due([both, paused, stopped, none])

    assert due == {both: monday("10:15"), stopped: monday("14:00")}
