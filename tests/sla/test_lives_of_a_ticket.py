"""A model of a desk with one customer, driven at random: whatever happens, the stored rows are what the log tells.

Customers write, also late; staff reply, also from the network's own app and heard of late, put away, resolve, reopen,
hand on, raise; replies fail; rules and opening hours are published, and applied or not; the worker looks, or sleeps
through it all. After every step the intervals
are counted again from messages and the event log. In the end every promise is recomputed with `between`, another
function than the one that timed it, and the whole life is lived again with a worker that slept until the end.
"""

import datetime as dt
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from redis import Redis
from sqlalchemy import select

from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Delivery
from helpdesk.metrics.reconciliation_queries import stored_of
from helpdesk.orm import db
from helpdesk.people.permissions import Act
from helpdesk.sla import firing, queries, timing
from helpdesk.sla.calendar import BusinessHours, Interval, between
from helpdesk.sla.models import CalendarVersion, Clock
from helpdesk.sla.policies import hours_from
from helpdesk.sla.publishing import PolicyDraft, publish_calendar, publish_policy
from helpdesk.sla.recounting import compare, recount
from helpdesk.tickets import assignment, lifecycle, reminders, repromising
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets.happened_queries import happened_in
from helpdesk.tickets.models import Priority, Status, Ticket, TimelineEvent
from helpdesk.tickets.replying import reply_failed
from helpdesk.transaction import transaction
from tests.support import cast as casting
from tests.support.cast import Cast, dana_says, hear, larkpost_says_on_x, reply, standing
from tests.support.sessions import rolled_back

START = dt.datetime(2026, 3, 27, 15, tzinfo=dt.UTC)
"""A Friday afternoon; clocks change on the Sunday."""

MINUTE = dt.timedelta(minutes=1)
WHEN_ALL_IS_OVER = START + dt.timedelta(days=400)

LIVES = int(os.environ.get("LIVES", "12"))
"""How many are lived; `LIVES=2000 make test ONLY=tests/sla/test_lives_of_a_ticket.py` is the longer run."""

Step = tuple[str, tuple[Any, ...]]

HOURS = (
    BusinessHours(zone="Europe/London", weekly=((Interval.parse("09:00", "17:30"),),) * 5 + ((), ())),
    BusinessHours(zone="Australia/Lord_Howe", weekly=((Interval.parse("22:00", "03:00"),),) * 7),
    BusinessHours(zone="UTC", weekly=((Interval.parse("00:00", "00:00"),),) * 7),
)


@dataclass
class Life:
    """One world, and the instant that it is in it."""

    cast: Cast
    at: dt.datetime = START
    was_answered_unheard: bool = False
    """An answer from the app was heard of late. What had been told till then of its promise cannot be untold."""

    def lives(self, name: str, given: tuple[Any, ...], *, looks: bool = True) -> None:
        """One step; no two happen at one instant."""
        self.at += dt.timedelta(seconds=1)
        if looks or name != "worker_looks":
            getattr(self, name)(*given)

    def goes_by(self, minutes: int) -> None:
        self.at += minutes * MINUTE

    def customer_writes(self, late: int) -> None:
        hear(self.cast.x, dana_says("Hello?", at=self.at - late * MINUTE), at=self.at)

    def staff_replies(self) -> None:
        ticket = self.ticket
        reply(ticket, "On its way", by=self.cast.chidi, at=self.at)

    def staff_answers_from_the_app(self, late: int) -> None:
        self.was_answered_unheard |= late > 0
        hear(self.cast.x, larkpost_says_on_x("From the app", at=self.at - late * MINUTE), at=self.at)

    def reply_fails(self) -> None:
        delivery = self.undecided
        assert delivery is not None
        with transaction():
            delivery.state, delivery.reason = DeliveryState.FAILED, "It was refused."
            reply_failed(delivery, at=self.at)

    def is_moved(self, how: str) -> None:
        ticket, by = self.locked(Act.MOVE), self.cast.chidi
        with transaction():
            match how:
                case "resolve":
                    lifecycle.resolve(ticket, by=by, at=self.at)
                case "reopen":
                    lifecycle.reopen(ticket, by=by, at=self.at)
                case "pend":
                    lifecycle.wait_for_customer(ticket, by=by, at=self.at)
                case "snooze":
                    lifecycle.snooze(ticket, until=WHEN_ALL_IS_OVER, by=by, at=self.at)
                case "open":
                    lifecycle.open_again(ticket, by=by, at=self.at)

    def is_raised(self, priority: Priority) -> None:
        ticket = self.locked(Act.MOVE)
        with transaction():
            lifecycle.set_priority(ticket, priority, by=self.cast.chidi, at=self.at)

    def is_handed_on(self) -> None:
        ticket = self.locked(Act.MOVE)
        team = self.cast.returns if ticket.team_id == self.cast.support.id else self.cast.support
        with transaction():
            assignment.hand_to_team(ticket, team, by=self.cast.chidi, at=self.at)

    def rules_change(self, minutes: int, pausing: bool, applied: bool) -> None:
        brand_id = self.cast.larkpost.id
        calendar = queries.calendar_named(brand_id, "Opening hours")
        assert calendar is not None
        promised = minutes * MINUTE
        with transaction():
            for policy in queries.policies_of_brand(brand_id):
                draft = PolicyDraft(
                    calendar_id=calendar.id,
                    first_response=promised,
                    next_response=2 * promised,
                    resolution=9 * promised,
                    pause_while_pending=pausing,
                    pause_while_snoozed=pausing,
                    warn_fractions=(0.5, 0.75),
                )
                publish_policy(brand_id, policy.name, draft, at=self.at)
        self.apply(applied)

    def hours_change(self, which: int, applied: bool) -> None:
        with transaction():
            publish_calendar(self.cast.larkpost.id, "Opening hours", HOURS[which], at=self.at)
        self.apply(applied)

    def apply(self, applied: bool) -> None:
        if applied:
            repromising.apply_to_open_tickets(self.cast.larkpost.id, at=self.at)

    def worker_looks(self) -> None:
        with transaction():
            reminders.note([*firing.claim_warnings(at=self.at), *firing.claim_breaches(at=self.at)], at=self.at)

    # What there is

    @property
    def ticket(self) -> Ticket:
        return db.session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).one()

    @property
    def status(self) -> Status | None:
        found = db.session.scalar(select(Ticket.status).order_by(Ticket.id.desc()).limit(1))
        return Status(found) if found else None

    @property
    def undecided(self) -> Delivery | None:
        """The newest reply, where nobody knows yet what became of it."""
        newest = db.session.scalars(select(Delivery).order_by(Delivery.id.desc()).limit(1)).one_or_none()
        return newest if newest is not None and newest.state == DeliveryState.QUEUED else None

    def locked(self, act: Act) -> Ticket:
        return ticket_queries.lock_ticket(self.ticket.id, standing(self.cast.chidi), act)


@contextmanager
def a_life() -> Iterator[Life]:
    with rolled_back():
        yield Life(cast=casting.assemble(at=START - dt.timedelta(days=1)))


class LivesOfATicket(RuleBasedStateMachine):
    """Each rule is a step of the life; the steps are kept, to be lived again."""

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []
        self.context = a_life()
        self.life = self.context.__enter__()
        self.worker_slept: list[Any] | None = None

    def do(self, name: str, *given: Any) -> None:
        self.steps.append((name, given))
        self.life.lives(name, given)

    @initialize()
    def somebody_writes(self) -> None:
        self.do("customer_writes", 0)

    @rule(minutes=st.sampled_from([0, 1, 7, 29, 30, 60, 61, 240, 900, 2900]))
    def time_goes_by(self, minutes: int) -> None:
        self.do("goes_by", minutes)

    @rule(late=st.sampled_from([0, 0, 0, 3, 45, 700]))
    def customer_writes(self, late: int) -> None:
        self.do("customer_writes", late)

    @precondition(lambda self: self.life.status in (Status.OPEN, Status.PENDING, Status.SNOOZED))
    @rule()
    def staff_replies(self) -> None:
        self.do("staff_replies")

    @rule(late=st.sampled_from([0, 3, 45]))
    def staff_answers_from_the_app(self, late: int) -> None:
        self.do("staff_answers_from_the_app", late)

    @precondition(lambda self: self.life.undecided is not None and self.life.status != Status.CLOSED)
    @rule()
    def reply_fails(self) -> None:
        self.do("reply_fails")

    @precondition(lambda self: self.life.status == Status.OPEN)
    @rule(how=st.sampled_from(["resolve", "pend", "snooze"]))
    def is_moved(self, how: str) -> None:
        self.do("is_moved", how)

    @precondition(lambda self: self.life.status in (Status.PENDING, Status.SNOOZED))
    @rule(how=st.sampled_from(["open", "resolve"]))
    def is_taken_up(self, how: str) -> None:
        self.do("is_moved", how)

    @precondition(lambda self: self.life.status == Status.RESOLVED)
    @rule()
    def is_reopened(self) -> None:
        self.do("is_moved", "reopen")

    @precondition(lambda self: self.life.status in (Status.OPEN, Status.PENDING, Status.SNOOZED))
    @rule(priority=st.sampled_from(Priority))
    def is_raised(self, priority: Priority) -> None:
        self.do("is_raised", priority)

    @precondition(lambda self: self.life.status in (Status.OPEN, Status.PENDING, Status.SNOOZED))
    @rule()
    def is_handed_on(self) -> None:
        self.do("is_handed_on")

    @rule(minutes=st.sampled_from([10, 60, 480]), pausing=st.booleans(), applied=st.booleans())
    def rules_change(self, minutes: int, pausing: bool, applied: bool) -> None:
        self.do("rules_change", minutes, pausing, applied)

    @rule(which=st.sampled_from(range(len(HOURS))), applied=st.booleans())
    def hours_change(self, which: int, applied: bool) -> None:
        self.do("hours_change", which, applied)

    @rule()
    def worker_looks(self) -> None:
        self.do("worker_looks")

    @invariant()
    def the_intervals_are_what_the_log_tells(self) -> None:
        ids = db.session.scalars(select(Ticket.id)).all()
        happened, stored = happened_in(ids), stored_of(ids)
        for ticket_id in ids:
            found = compare(recount(happened[ticket_id]), stored[ticket_id])
            assert found is None, found.words

    def teardown(self) -> None:
        try:
            looked = end_of(self.life)
        finally:
            self.context.__exit__(None, None, None)
        with a_life() as again:
            for name, given in self.steps:
                again.lives(name, given, looks=False)
            assert end_of(again) == looked, "when the worker looks must change nothing"


def end_of(life: Life) -> list[Any]:
    """Every clock that counts, and what was told of promises, once all of it was looked at; checked on the way.

    Of a promise that another took over it is told only what was seen before, so such tickets' stories are left out;
    and of one that turns out to have been answered, so what was told in such lives is.
    """
    life.at = WHEN_ALL_IS_OVER
    life.worker_looks()
    db.session.expire_all()
    clocks = db.session.scalars(select(Clock).order_by(Clock.id)).all()
    for clock in clocks:
        check_promise(clock, may_be_told_in_vain=life.was_answered_unheard)
    first = min((clock.ticket_id for clock in clocks), default=0)
    retimed = {clock.ticket_id for clock in clocks if clock.superseded_at is not None}
    told = db.session.scalars(
        select(TimelineEvent).where(TimelineEvent.kind.in_(("due soon", "overdue"))).order_by(TimelineEvent.id)
    )
    return [
        *(
            (
                clock.ticket_id - first,
                clock.kind,
                clock.started_at,
                clock.stopped_at,
                clock.due_at,
                clock.paused_at,
                clock.business_seconds,
                None if life.was_answered_unheard else (sorted(clock.warned), clock.breach_fired_at is not None),
            )
            for clock in clocks
            if clock.superseded_at is None
        ),
        *sorted(
            (one.ticket_id - first, one.at, one.kind, str(one.details.get("promise")))
            for one in told
            if one.ticket_id not in retimed and not life.was_answered_unheard
        ),
    ]


def check_promise(clock: Clock, *, may_be_told_in_vain: bool) -> None:
    """The due time leaves exactly the target of open time; a breach was told of what was late, and of nothing else."""
    version = db.session.get(CalendarVersion, clock.calendar_version_id) if clock.calendar_version_id else None
    hours = hours_from(version.definition) if version else None
    pauses = timing.finished(queries.pauses_of([clock.id])[clock.id])
    if clock.superseded_at is not None:
        return
    if clock.stopped_at is not None:
        assert clock.business_seconds == open_time(clock.started_at, clock.stopped_at, pauses, hours)
    if clock.due_at is None or clock.target_seconds is None:
        return
    assert open_time(clock.started_at, clock.due_at, pauses, hours) == clock.target_seconds
    ended_at = clock.stopped_at or clock.paused_at or WHEN_ALL_IS_OVER
    was_told, is_late = clock.breach_fired_at is not None, ended_at > clock.due_at
    assert was_told is is_late or (may_be_told_in_vain and was_told)


def open_time(begin: dt.datetime, end: dt.datetime, pauses: list[timing.Span], hours: BusinessHours | None) -> float:
    stood = sum(
        (between(max(a, begin), min(b, end), hours) for a, b in pauses if max(a, begin) < min(b, end)),
        dt.timedelta(0),
    )
    return (between(begin, end, hours) - stood).total_seconds()


def test_whatever_happens_the_rows_are_what_the_log_tells(app: Flask, redis: "Redis") -> None:
    with app.app_context():
        run_state_machine_as_test(
            LivesOfATicket,
            settings=settings(
                deadline=None,
                max_examples=LIVES,
                stateful_step_count=18,
                # Shrinking a life takes minutes; what failed is short enough to be read.
                phases=(Phase.explicit, Phase.reuse, Phase.generate),
                suppress_health_check=list(HealthCheck),
            ),
        )


WRITES, LATE, REPLIES, FAILS = (
    ("customer_writes", (0,)),
    ("customer_writes", (3,)),
    ("staff_replies", ()),
    ("reply_fails", ()),
)
LONG_LATE = ("customer_writes", (700,))
LATE_IN_APP = ("staff_answers_from_the_app", (3,))
RESOLVED, REOPENED, LATER = ("is_moved", ("resolve",)), ("is_moved", ("reopen",)), ("goes_by", (7,))


@pytest.mark.parametrize(
    "steps",
    [
        [WRITES, REPLIES, RESOLVED, FAILS],
        [WRITES, REPLIES, RESOLVED, FAILS, RESOLVED],
        [WRITES, REPLIES, WRITES, RESOLVED, FAILS],
        [WRITES, REPLIES, WRITES, RESOLVED, WRITES, FAILS],
        [WRITES, REPLIES, LATER, RESOLVED, WRITES, FAILS, LATER, RESOLVED],
        [WRITES, REPLIES, LATER, WRITES, REPLIES, LATER, RESOLVED, FAILS, LATER, RESOLVED],
        [WRITES, WRITES, REPLIES, LATER, RESOLVED, REOPENED, FAILS, LATE],
        [WRITES, REPLIES, RESOLVED, FAILS, LATE],
        [WRITES, REPLIES, LATER, RESOLVED, WRITES, FAILS, LATE, LATER, RESOLVED],
        [WRITES, REPLIES, RESOLVED, FAILS, LATER, WRITES, LATE_IN_APP],
    ],
)
def test_a_reply_that_fails_after_the_ticket_was_resolved(app: Flask, redis: "Redis", steps: list[Step]) -> None:
    check_life(app, steps)


@pytest.mark.parametrize(
    "steps",
    [
        # Before the customer's first message.
        [WRITES, RESOLVED, LATE_IN_APP],
        [WRITES, WRITES, RESOLVED, LATE, RESOLVED, LATE_IN_APP],
        # Between two messages of one turn, which so was two.
        [WRITES, LATER, WRITES, REPLIES, LATE_IN_APP],
        [WRITES, LATER, WRITES, RESOLVED, LATE_IN_APP],
        [WRITES, LATER, WRITES, REPLIES, WRITES, LATE_IN_APP],
        [WRITES, LATER, WRITES, REPLIES, RESOLVED, FAILS, LATE_IN_APP],
        # Before a question that was asked earlier still, and counts from when it was heard.
        [WRITES, REPLIES, LATER, WRITES, LATER, LONG_LATE, LATE_IN_APP],
        [WRITES, REPLIES, LATER, LONG_LATE, LATE_IN_APP],
    ],
)
def test_an_answer_from_the_app_that_is_heard_of_after_ours(app: Flask, redis: "Redis", steps: list[Step]) -> None:
    check_life(app, steps)


def test_what_was_said_before_a_resolve_and_is_heard_of_after_the_staff_reopened(app: Flask, redis: "Redis") -> None:
    """Nobody had read it: it counts from when it came."""
    check_life(app, [WRITES, LATER, RESOLVED, REOPENED, LATE])


def check_life(app: Flask, steps: list[Step]) -> None:
    with app.app_context(), a_life() as life:
        for name, given in steps:
            life.lives(name, given)
        for ticket_id in db.session.scalars(select(Ticket.id)):
            found = compare(recount(happened_in([ticket_id])[ticket_id]), stored_of([ticket_id])[ticket_id])
            assert found is None, found.words
