"""Every number, recomputed in plain Python from the messages of a random month, and the rows that it opens."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import floor
from random import Random
from zoneinfo import ZoneInfo

import pytest

from helpdesk.metrics import counting, interval_queries, response_times
from helpdesk.metrics.definitions import Basis, Measure, Outcome
from helpdesk.metrics.periods import Period, period_of
from helpdesk.metrics.questions import NOBODY, Figures, Question, Times
from helpdesk.metrics.reading import read_facts
from helpdesk.metrics.scope import scope_of
from tests.metrics.history import History, Told
from tests.support.cast import Cast, standing

LOOKED_AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def is_of(measure: Measure) -> Callable[[Told], bool]:
    match measure:
        case Measure.FIRST_RESPONSE:
            return lambda one: one.is_first
        case Measure.REPLY:
            return lambda one: not one.is_resolution
        case Measure.RESOLUTION:
            return lambda one: one.is_resolution


def percentile(values: list[float], share: float) -> float | None:
    """Between the two nearest ranks, in proportion."""
    if not values:
        return None
    ordered, place = sorted(values), share * (len(values) - 1)
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def times_of(values: list[float]) -> Times:
    mean = sum(values) / len(values) if values else None
    median, p90, p95, p99 = (percentile(values, share) for share in (0.5, 0.9, 0.95, 0.99))
    return Times(mean=mean, median=median, p90=p90, p95=p95, p99=p99)


def survival_median(told: list[Told], *, at: datetime) -> float | None:
    """Kaplan–Meier by hand: the first time at which half or fewer are still without an answer."""
    left = 1.0
    for time in sorted({one.seconds(at) for one in told}):
        lasted = sum(one.seconds(at) >= time for one in told)
        answered = sum(one.is_answered and one.seconds(at) == time for one in told)
        left *= 1 - answered / lasted
        if left <= 0.5 + 1e-9:
            return time
    return None


def in_period(told: list[Told], period: Period) -> list[Told]:
    return [
        one
        for one in told
        if (one.ended_at is None and one.started_at < period.until)
        or (one.ended_at is not None and period.since <= one.ended_at < period.until)
    ]


def check_figures(figures: Figures, told: list[Told]) -> None:
    answered = [one for one in told if one.is_answered]
    assert figures.n == len(answered)
    assert figures.waiting == sum(one.ended_at is None for one in told)
    assert figures.unanswered == sum(one.ended_at is not None and not one.is_answered for one in told)
    check_times(figures.times(Basis.CLOCK), [one.seconds(LOOKED_AT) for one in answered])
    check_times(figures.times(Basis.BUSINESS), [one.business_seconds or 0.0 for one in answered])


def check_times(times: Times, values: list[float]) -> None:
    expected = times_of(values)
    for name in ("mean", "median", "p90", "p95", "p99"):
        assert getattr(times, name) == pytest.approx(getattr(expected, name), abs=1e-3), name


@pytest.fixture(params=[1, 5], ids=["one month", "another month"])
def history(request: pytest.FixtureRequest, cast: Cast) -> History:
    played = History(cast=cast, random=Random(request.param))
    played.play(customers=22, since=LOOKED_AT - timedelta(days=40), until=LOOKED_AT)
    return played


def test_numbers_recomputed_from_the_messages_are_the_same_and_open_their_rows(history: History) -> None:
    told, ada = history.told(), standing(history.cast.ada)
    check_worth_counting(told)
    for zone, first, last in (("Europe/London", "", ""), ("Pacific/Auckland", "2026-10-25", "2026-11-05")):
        period = period_of(first, last, zone=zone, at=LOOKED_AT)
        for measure in Measure:
            question = Question(scope=scope_of(ada), measure=measure, period=period, at=LOOKED_AT)
            mine = in_period([one for one in told if is_of(measure)(one)], period)

            figures = response_times.figures(question)

            check_figures(figures, mine)
            assert counting.estimate(read_facts(question)).median == pytest.approx(
                survival_median(mine, at=LOOKED_AT), abs=1e-3
            )
            check_rows(question, figures, mine)
            check_agents(question, mine)
            check_days(question, mine)
            check_hours_of_week(question, mine)
            assert sum(bar.n for bar in counting.distribution(read_facts(question), question.basis)) == figures.n
            assert [
                (network, f.n)
                for network, f in counting.figures_by_network(read_facts(question), {history.cast.x.id: "x"})
            ] == [("x", figures.n)]


def check_rows(question: Question, figures: Figures, told: list[Told]) -> None:
    """Each number opens exactly the intervals that it counts."""
    for outcome, n in (
        (Outcome.ANSWERED, figures.n),
        (Outcome.WAITING, figures.waiting),
        (Outcome.UNANSWERED, figures.unanswered),
        (Outcome.KEPT, figures.kept),
        (Outcome.BROKEN, figures.broken),
    ):
        rows = interval_queries.intervals(question, outcome)
        assert len(rows) == n
        assert counting.listed(read_facts(question), outcome) == [row.clock_id for row in rows]
    opened = interval_queries.intervals(question, Outcome.ANSWERED)
    assert sorted((row.ticket_id, row.started_at, row.stopped_at) for row in opened) == sorted(
        (one.ticket_id, one.started_at, one.ended_at) for one in told if one.is_answered
    )
    listed = counting.listed(read_facts(question), Outcome.ANSWERED)
    paged = [
        row
        for n in range(0, figures.n, 7)
        for row in interval_queries.intervals(question, Outcome.ANSWERED, listed[n : n + 7])
    ]
    assert paged == opened


def check_agents(question: Question, told: list[Told]) -> None:
    facts = read_facts(question)
    found, medians = counting.figures_by_agent(facts), counting.medians_by_agent(facts, question.basis)
    assert set(found) == {one.agent_id or NOBODY for one in told}
    for agent_id, figures in found.items():
        theirs = [one for one in told if (one.agent_id or NOBODY) == agent_id]
        check_figures(figures, theirs)
        asked = replace(question, agent_id=agent_id)
        days = counting.figures_by_day(read_facts(asked), question.period, question.basis)
        assert medians.get(agent_id, []) == pytest.approx([day.median for day in days if day.n])
        assert len(interval_queries.intervals(asked, Outcome.ANSWERED)) == figures.n
        check_figures(response_times.figures(asked), theirs)


def check_hours_of_week(question: Question, told: list[Told]) -> None:
    by_hour: dict[tuple[int, int], list[float]] = {}
    for one in told:
        if one.is_answered and one.ended_at is not None:
            local = one.ended_at.astimezone(ZoneInfo(question.period.zone))
            by_hour.setdefault((local.weekday(), local.hour), []).append(one.seconds(LOOKED_AT))
    found = counting.figures_by_hour_of_week(read_facts(question), question.basis)
    assert {at: figures.n for at, figures in found.items()} == {at: len(values) for at, values in by_hour.items()}
    for at, values in by_hour.items():
        assert found[at].median == pytest.approx(percentile(values, 0.5), abs=1e-3)


def check_days(question: Question, told: list[Told]) -> None:
    """A day's numbers are those of a period of that day alone."""
    days = counting.figures_by_day(read_facts(question), question.period, question.basis)
    assert [day.day for day in days] == question.period.days
    assert sum(day.n for day in days) == sum(one.is_answered for one in told)
    busiest = max(days, key=lambda day: day.n)
    alone = replace(question, period=replace(question.period, first=busiest.day, last=busiest.day))
    figures = response_times.figures(alone)
    assert (figures.n, figures.clock.median, figures.clock.p90) == (busiest.n, busiest.median, busiest.p90)


def check_worth_counting(told: list[Told]) -> None:
    answered = [one for one in told if one.is_answered and not one.is_resolution]
    assert len(answered) > 20
    assert len({one.agent_id for one in answered}) >= 4, "several agents, and the network's own app"
    assert any(one.ended_at is not None and not one.is_answered for one in told), "some resolved without a reply"
    assert any(one.ended_at is None and not one.is_resolution for one in told), "some still waiting"
    assert any(one.is_resolution and one.is_answered for one in told)
