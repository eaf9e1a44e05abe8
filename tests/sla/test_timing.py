"""Arithmetic of one row: pauses, due times and response times agree with each other."""

import datetime as dt
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.sla.calendar import BusinessHours, between
from helpdesk.sla.models import Clock
from helpdesk.sla.timing import Span, due_after, is_breached, run_time, warnings
from tests.sla.conftest import OFFICE

START = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)

all_hours_or_office = st.sampled_from([None, OFFICE])
targets = st.timedeltas(MINUTE, dt.timedelta(days=10))
borders = st.lists(st.timedeltas(dt.timedelta(0), dt.timedelta(days=10)), max_size=8)
pauses = borders.map(
    lambda offsets: [(START + a, START + b) for a, b in pairwise(sorted(offsets))][::2],
)


@settings(deadline=None)
@given(all_hours_or_office, targets, pauses)
def test_what_ran_until_the_due_time_is_the_target(
    hours: BusinessHours | None, target: dt.timedelta, pauses: list[Span]
) -> None:
    due = due_after(START, target, hours, pauses)

    assert run_time(START, due, hours, pauses) == target


@settings(deadline=None)
@given(all_hours_or_office, targets, pauses, st.timedeltas(dt.timedelta(0), dt.timedelta(days=20)))
def test_a_response_that_took_longer_than_its_target_was_late(
    hours: BusinessHours | None, target: dt.timedelta, pauses: list[Span], offset: dt.timedelta
) -> None:
    stopped_at = START + offset
    clock = Clock(started_at=START, stopped_at=stopped_at, due_at=due_after(START, target, hours, pauses))

    took = run_time(START, stopped_at, hours, pauses)

    assert not took > target or is_breached(clock, stopped_at)
    assert not took < target or not is_breached(clock, stopped_at)


@settings(deadline=None)
@given(all_hours_or_office, targets, pauses)
def test_a_pause_moves_the_due_time_by_the_open_time_it_held(
    hours: BusinessHours | None, target: dt.timedelta, pauses: list[Span]
) -> None:
    for count in range(len(pauses)):
        before = due_after(START, target, hours, pauses[:count])
        after = due_after(START, target, hours, pauses[: count + 1])
        began, ended = pauses[count]
        moved = between(began, ended, hours) if began <= before else dt.timedelta(0)
        assert between(before, after, hours) == moved


def test_warnings_come_in_order_before_the_due_time() -> None:
    due = due_after(START, dt.timedelta(hours=10), OFFICE, [])

    told = warnings(START, dt.timedelta(hours=10), [0.75, 0.5], OFFICE, [])

    assert told == [
        (0.5, dt.datetime(2026, 11, 23, 15, tzinfo=dt.UTC)),
        (0.75, dt.datetime(2026, 11, 23, 17, 30, tzinfo=dt.UTC)),
    ]
    assert due == dt.datetime(2026, 11, 24, 11, tzinfo=dt.UTC)


def test_a_superseded_clock_is_as_late_as_when_another_took_its_place() -> None:
    due = START + 10 * MINUTE

    assert not is_breached(Clock(due_at=due, superseded_at=due), due + MINUTE)
    assert is_breached(Clock(due_at=due, superseded_at=due + MINUTE), due + 2 * MINUTE)


def test_lateness_can_be_seen_as_of_an_earlier_instant() -> None:
    clock = Clock(due_at=START + 10 * MINUTE, stopped_at=START + 20 * MINUTE)

    assert not is_breached(clock, START + 10 * MINUTE)
    assert is_breached(clock, START + 11 * MINUTE)
