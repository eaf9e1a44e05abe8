"""Numbers that would look better for the wrong reason (behaviour.md 3.2)."""

from datetime import datetime, timedelta

import pytest

from helpdesk.metrics import counting, interval_queries, response_times
from helpdesk.metrics.definitions import Measure, Outcome
from helpdesk.metrics.periods import period_of
from helpdesk.metrics.questions import Question
from helpdesk.metrics.reading import read_facts
from helpdesk.metrics.scope import scope_of
from helpdesk.people.permissions import Act
from helpdesk.sla.retargeting import Retargeting, retarget
from helpdesk.tickets import lifecycle
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets.models import Priority, Ticket
from helpdesk.tickets.promises import facts_of
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, hear, larkpost_says_on_x, reply, standing

MINUTE = timedelta(minutes=1)


@pytest.fixture
def question(cast: Cast, at: datetime) -> Question:
    return Question(
        scope=scope_of(standing(cast.chidi)),
        measure=Measure.FIRST_RESPONSE,
        period=period_of("", "", zone="Europe/London", at=at),
        at=at,
    )


def answered(cast: Cast, n: int, *, at: datetime, after: timedelta, start: int = 0) -> list[Ticket]:
    tickets = [a_ticket(cast, at=at, customer=f"a{start + i}") for i in range(n)]
    for ticket in tickets:
        reply(ticket, "Let me look", by=cast.amal, at=at + after)
    return tickets


def test_a_team_that_stops_answering_does_not_look_better(cast: Cast, question: Question, at: datetime) -> None:
    answered(cast, 4, at=at - 100 * MINUTE, after=10 * MINUTE)
    before, estimated_before = response_times.figures(question), counting.estimate(read_facts(question))

    for i in range(6):
        a_ticket(cast, at=at - 90 * MINUTE, customer=f"w{i}")

    after, estimated = response_times.figures(question), counting.estimate(read_facts(question))
    assert before.clock.median == after.clock.median == 600
    assert (estimated_before.median, estimated.median) == (600, None), "more than half still wait"
    assert (before.attainment, after.attainment) == (1.0, 0.4)
    assert (before.waiting, after.waiting) == (0, 6)


def test_resolving_without_a_reply_is_no_response_and_hides_nothing(
    cast: Cast, question: Question, at: datetime
) -> None:
    answered(cast, 2, at=at - 100 * MINUTE, after=10 * MINUTE)
    for i in range(3):
        ticket = a_ticket(cast, at=at - 90 * MINUTE, customer=f"r{i}")
        with transaction():
            locked = ticket_queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE)
            lifecycle.resolve(locked, by=cast.amal, at=at - 20 * MINUTE)

    figures = response_times.figures(question)

    assert (figures.n, figures.unanswered, figures.clock.median) == (2, 3, 600)
    assert (figures.kept, figures.broken) == (2, 3), "they were late already when they were resolved"
    assert counting.estimate(read_facts(question)).median is None


def test_an_answer_from_the_networks_own_app_counts_and_belongs_to_nobody_we_know(
    cast: Cast, question: Question, at: datetime
) -> None:
    a_ticket(cast, at=at - 60 * MINUTE)
    hear(cast.x, larkpost_says_on_x("From the app", at=at - 55 * MINUTE))

    (row,) = interval_queries.intervals(question, Outcome.ANSWERED)

    assert (row.agent, row.clock_seconds, row.customer) == (None, 300, "Dana Okafor")
    assert list(counting.figures_by_agent(read_facts(question))) == [0]


def test_a_superseded_interval_never_counts(cast: Cast, question: Question, at: datetime) -> None:
    ticket = a_ticket(cast, at=at - 60 * MINUTE)
    with transaction():
        locked = ticket_queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE)
        lifecycle.set_priority(locked, Priority.URGENT, by=cast.amal, at=at - 50 * MINUTE)
        retarget([Retargeting(ticket_id=ticket.id, facts=facts_of(locked, network="x", tags=["vip"]))], at=at)
    reply(ticket, "Let me look", by=cast.amal, at=at - 30 * MINUTE)

    figures = response_times.figures(question)

    assert (figures.n, figures.waiting) == (1, 0)
    assert figures.clock.median == 1800


def test_a_time_is_counted_on_the_day_it_happened_where_the_viewer_is(
    cast: Cast, question: Question, at: datetime
) -> None:
    # Half past eleven in London is the next day in Auckland.
    said = datetime.fromisoformat("2026-11-19T23:00:00+00:00")
    reply(a_ticket(cast, at=said), "Let me look", by=cast.amal, at=said + 30 * MINUTE)

    found = {}
    for zone in ("Europe/London", "Pacific/Auckland"):
        asked = Question(
            scope=question.scope,
            measure=question.measure,
            period=period_of("2026-11-18", "2026-11-21", zone=zone, at=at),
            at=at,
        )
        days = counting.figures_by_day(read_facts(asked), asked.period, asked.basis)
        found[zone] = [str(day.day) for day in days if day.n]

    assert found == {"Europe/London": ["2026-11-19"], "Pacific/Auckland": ["2026-11-20"]}
