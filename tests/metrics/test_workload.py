"""Backlog, what resolved tickets took and handle time, recounted in plain Python from a random month."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from helpdesk.metrics import backlog_queries, counting, handle_time_queries, handled, interval_queries
from helpdesk.metrics.definitions import Dimension, Measure, Outcome, Touch
from helpdesk.metrics.fact_queries import names_of
from helpdesk.metrics.periods import Period, period_of
from helpdesk.metrics.questions import Question
from helpdesk.metrics.reading import read_at_tickets, read_facts, read_resolutions
from helpdesk.metrics.scope import Scope, scope_of
from helpdesk.metrics.workload import AgeRange
from helpdesk.orm import db
from helpdesk.people.permissions import Act
from helpdesk.tickets import assignment, presence, queries
from helpdesk.tickets.models import Status, Ticket
from helpdesk.transaction import transaction
from tests.metrics.history import History, Told
from tests.metrics.test_recount import in_period, percentile
from tests.support.cast import Cast, a_ticket, standing

LOOKED_AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
ZONE = "America/St_Johns"


@pytest.fixture
def history(cast: Cast) -> History:
    played = History(cast=cast, random=Random(3), resolving=8)
    played.play(customers=60, since=LOOKED_AT - timedelta(days=40), until=LOOKED_AT)
    return played


@pytest.fixture
def period() -> Period:
    return period_of("2026-10-15", "2026-11-23", zone=ZONE, at=LOOKED_AT)


def test_a_month_counted_by_hand(history: History, period: Period) -> None:
    """One history for all of them: to play it takes longer than to count it."""
    check_what_resolved_tickets_took(history, period)
    check_that_parts_add_up(history, period)
    check_the_backlog_of_each_day(history, period)
    check_the_backlog_by_age(history)


def scope(history: History) -> Scope:
    return scope_of(standing(history.cast.ada))


def touched(history: History, told: Sequence[Told]) -> dict[int, set[Touch]]:
    """Ticket → its touches, by its messages and moves alone."""
    found: dict[int, set[Touch]] = {}
    for ticket_id in {one.ticket_id for one in told}:
        answers = sum(one.is_answered and not one.is_resolution for one in told if one.ticket_id == ticket_id)
        statuses = [move.status for move in history.moves.get(ticket_id, [])]
        reopened = any(before == Status.RESOLVED and after == Status.OPEN for before, after in pairwise(statuses))
        found[ticket_id] = {
            touch
            for touch, is_so in (
                (Touch.ONE_TOUCH, answers == 1 and not reopened),
                (Touch.REOPENED, reopened),
                (Touch.TRANSFERRED, ticket_id in history.transferred),
            )
            if is_so
        }
    return found


def check_what_resolved_tickets_took(history: History, period: Period) -> None:
    told = history.told()
    touches = touched(history, told)
    ended = [one for one in in_period(told, period) if one.is_resolution and one.is_answered]
    answers = {
        one.ticket_id: sum(r.is_answered and not r.is_resolution for r in told if r.ticket_id == one.ticket_id)
        for one in ended
    }
    question = Question(scope=scope(history), measure=Measure.RESOLUTION, period=period, at=LOOKED_AT)

    found = counting.resolved(read_resolutions(question))

    assert found.n == len(ended) > 10
    assert found.answers == sum(answers.values())
    for touch in Touch:
        rows = {one.ticket_id for one in ended if touch in touches[one.ticket_id]}
        assert rows, f"the month has no {touch.value}: it proves nothing"
        asked = Question(scope=question.scope, measure=question.measure, period=period, at=LOOKED_AT, touch=touch)
        assert found.touches[touch] == len(rows)
        assert {row.ticket_id for row in interval_queries.intervals(asked, Outcome.ANSWERED)} == rows
        assert len(counting.listed(read_facts(asked), Outcome.ANSWERED)) == len(rows)


def check_that_parts_add_up(history: History, period: Period) -> None:
    question = Question(scope=scope(history), measure=Measure.RESOLUTION, period=period, at=LOOKED_AT)
    everything = counting.resolved(read_resolutions(question))
    for dimension in set(Dimension) - {Dimension.TAG}:
        names = names_of(question, dimension)
        apart = [counting.resolved(those) for _, those in read_resolutions(question).named(names)]
        assert sum(one.n for one in apart) == everything.n
        assert sum(one.answers for one in apart) == everything.answers
        for touch in Touch:
            assert sum(one.touches[touch] for one in apart) == everything.touches[touch]


def left_at(history: History, instant: datetime) -> set[int]:
    """Opened before, and by the last move not resolved before."""
    found = set()
    for ticket in db.session.scalars(select(Ticket)):
        moves = history.moves.get(ticket.id, [])
        resolved_at = moves[-1].at if moves and moves[-1].status == Status.RESOLVED else None
        if ticket.opened_at < instant and (resolved_at is None or resolved_at >= instant):
            found.add(ticket.id)
    return found


def check_the_backlog_of_each_day(history: History, period: Period) -> None:
    days = backlog_queries.backlog_by_day(scope(history), period, at=LOOKED_AT)

    assert [day.day for day in days] == period.days
    assert len({day.left for day in days}) > 5
    for day in days:
        end = datetime.combine(day.day + timedelta(days=1), time(), ZoneInfo(ZONE))
        assert day.left == len(left_at(history, min(end, LOOKED_AT))), day.day
        assert day.opened == sum(
            local_day(opened_at) == day.day for opened_at in db.session.scalars(select(Ticket.opened_at))
        )


def local_day(instant: datetime) -> date:
    return instant.astimezone(ZoneInfo(ZONE)).date()


def check_the_backlog_by_age(history: History) -> None:
    mine = left_at(history, LOOKED_AT)
    ages = {
        ticket.id: (LOOKED_AT - ticket.opened_at).total_seconds()
        for ticket in db.session.scalars(select(Ticket))
        if ticket.id in mine
    }

    found = backlog_queries.ages_by(scope(history), zone=ZONE, at=LOOKED_AT, dimension=None)[None]

    assert found.n == len(mine) > 3
    assert found.median == pytest.approx(percentile(list(ages.values()), 0.5), abs=1e-3)
    assert found.p90 == pytest.approx(percentile(list(ages.values()), 0.9), abs=1e-3)
    assert found.oldest == pytest.approx(max(ages.values()), abs=1e-3)
    seen: list[int] = []
    for bar in backlog_queries.age_bars(scope(history), at=LOOKED_AT):
        of_age = AgeRange(at_least=bar.from_seconds or None, under=bar.to_seconds)
        opened = backlog_queries.backlog(scope(history), at=LOOKED_AT, ages=of_age)
        assert bar.n == len(opened) == backlog_queries.count_backlog(scope(history), at=LOOKED_AT, ages=of_age)
        assert all(bar.from_seconds <= ages[one.ticket_id] < (bar.to_seconds or 1e12) for one in opened)
        seen += [one.ticket_id for one in opened]
    assert sorted(seen) == sorted(mine)


def test_taken_first_or_put_back_is_no_transfer(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    counted = []
    for to in (cast.amal, None, cast.lena, cast.amal, cast.amal):
        with transaction():
            locked = queries.lock_ticket(ticket.id, standing(cast.chidi), Act.ASSIGN)
            assignment.assign(locked, to=to, by=cast.chidi, at=at)
        counted.append(locked.transfer_count)
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(cast.chidi), Act.MOVE)
        assignment.hand_to_team(locked, cast.returns, by=cast.chidi, at=at)
    assert [*counted, locked.transfer_count] == [0, 0, 0, 1, 1, 2]


def test_handle_time_is_the_sum_of_spans_once_for_each_agent_and_ticket(cast: Cast, at: datetime) -> None:
    one, other = a_ticket(cast, at=at, customer="1"), a_ticket(cast, at=at, customer="2")
    for ticket, agent, begins, beats in (
        (one, cast.amal, 0, 4),
        (one, cast.amal, 600, 2),
        (one, cast.lena, 100, 1),
        (other, cast.amal, 2000, 10),
    ):
        for beat in range(beats + 1):
            with transaction():
                seen_at = at + timedelta(seconds=begins + 20 * beat)
                presence.look(ticket, by=agent, is_typing=False, at=seen_at)
    everything = scope_of(standing(cast.chidi))
    period = period_of("", "", zone=ZONE, at=at + timedelta(days=1))

    at_tickets = read_at_tickets(everything, period)
    found = handled.figures(at_tickets)
    rows = handle_time_queries.handled_tickets(everything, period)

    assert [(row.ticket_id, row.agent, row.seconds, row.spans) for row in rows] == [
        (other.id, cast.amal.name, 200, 1),
        (one.id, cast.amal.name, 120, 2),
        (one.id, cast.lena.name, 20, 1),
    ]
    assert (found.n, found.total, found.median) == (3, 340, 120)
    by_agent = handled.named(at_tickets, handle_time_queries.names_of(everything, period, Dimension.AGENT))
    assert {name: (len(each), each.seconds.sum()) for name, each in by_agent} == {
        f"{cast.amal.name} <{cast.amal.email}>": (2, 320),
        f"{cast.lena.name} <{cast.lena.email}>": (1, 20),
    }
    own = scope_of(standing(cast.amal))
    assert [row.seconds for row in handle_time_queries.handled_tickets(own, period)] == [200, 120], "an agent's own"
    listed = handled.listed(at_tickets, slice(None))
    assert [row.seconds for row in handle_time_queries.handled_tickets(everything, period, listed[1:])] == [120, 20]
    assert listed == [(other.id, cast.amal.id), (one.id, cast.amal.id), (one.id, cast.lena.id)]
    assert not len(read_at_tickets(everything, period.before))
