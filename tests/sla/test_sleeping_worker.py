"""Whatever happens to a ticket, when the worker looks changes neither the rows nor what is told in the end."""

import datetime as dt
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from helpdesk.orm import db
from helpdesk.sla import clocks, firing, queries
from helpdesk.sla.clocks import ClockStart
from helpdesk.sla.models import ClockKind, PauseReason
from helpdesk.sla.publishing import PolicyDraft, publish_calendar, publish_policy
from tests.sla.conftest import OFFICE, World

START = dt.datetime(2026, 11, 23, 16, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)
WHEN_ALL_IS_OVER = START + dt.timedelta(days=30)

moves = st.sampled_from(["pause", "resume", "reply", "reply fails", "customer writes"])
histories = st.lists(st.tuples(moves, st.integers(0, 300)), max_size=7)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(history=histories)
@example(history=[("pause", 45), ("resume", 30)])  # paused at that of one, and resumed
@example(history=[("reply", 75), ("customer writes", 795), ("pause", 210)])  # paused at the instant of the warning
@example(
    history=[("pause", 210), ("reply", 300), ("customer writes", 300), ("reply fails", 270)]
)  # superseded at that of one
def test_when_the_worker_looks_changes_nothing(world: World, history: list[tuple[str, int]]) -> None:
    if not queries.policies_of_brand(world.brand):
        publish(world)

    *awake, told_in_vain = lived(world, history, looks=True)
    *slept, never_told = lived(world, history, looks=False)

    assert awake == slept
    # An interval that counts no more is told of by who was awake while it counted, and by nobody afterwards.
    assert all(at <= ended_at for at, ended_at in told_in_vain)
    assert never_told == []


def publish(world: World) -> None:
    calendar = publish_calendar(world.brand, "Office", OFFICE, at=START - MINUTE)
    hour = 60 * MINUTE
    publish_policy(
        world.brand,
        "Standard",
        PolicyDraft(
            calendar_id=calendar.calendar_id,
            first_response=hour,
            next_response=2 * hour,
            resolution=8 * hour,
            warn_fractions=(0.5, 0.75),
        ),
        at=START - MINUTE,
    )


def lived(world: World, history: list[tuple[str, int]], *, looks: bool) -> tuple[list[Any], list[Any], list[Any]]:
    """The rows of a ticket with this history, all that was told of them, and of intervals that count no more.

    Of these last: (the instant that was told of, when the interval was superseded).
    """
    ticket, message = world.ticket(), None
    told: list[firing.Fired] = []
    begin(world, ticket, START, (ClockKind.FIRST_RESPONSE, ClockKind.RESOLUTION))
    at = START
    for move, minutes in history:
        for _ in range(minutes // 30 if looks else 0):
            at += 30 * MINUTE
            told += look(ticket, at)
        at += (minutes % 30 if looks else minutes) * MINUTE
        match move:
            case "pause":
                clocks.pause([ticket], at=at, reason=PauseReason.PENDING)
            case "resume":
                clocks.resume([ticket], at=at)
            case "reply":
                message = world.reply(ticket)
                clocks.stop(ticket, at=at, by_message_id=message)
            case "reply fails" if message is not None:
                clocks.revoke_stop(message, at=at)
            case "customer writes":
                begin(world, ticket, at, (ClockKind.NEXT_RESPONSE,))
    told += look(ticket, WHEN_ALL_IS_OVER)
    db.session.expire_all()
    ended = {clock.id: clock.superseded_at for clock in queries.clocks_of_ticket(ticket) if clock.superseded_at}
    told_of_them = sorted((one.kind, one.at, one.fraction or 1) for one in told if one.clock_id not in ended)
    return rows(ticket), told_of_them, [(one.at, ended[one.clock_id]) for one in told if one.clock_id in ended]


def begin(world: World, ticket: int, at: dt.datetime, kinds: tuple[ClockKind, ...]) -> None:
    starts = [ClockStart(ticket_id=ticket, kind=kind, started_at=at, facts=world.facts()) for kind in kinds]
    clocks.start(starts, at=at)


def look(ticket: int, at: dt.datetime) -> list[firing.Fired]:
    fired = firing.claim_warnings(at=at) + firing.claim_breaches(at=at)
    return [one for one in fired if one.ticket_id == ticket]


def rows(ticket: int) -> list[Any]:
    return [
        (clock.kind, clock.started_at, clock.due_at, clock.stopped_at, clock.business_seconds, clock.paused_at)
        for clock in queries.clocks_of_ticket(ticket)
        if clock.superseded_at is None
    ]
