"""Response times over a period: how many, how long, who still waits, which promises were kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.metrics import counting, reconciliation_queries
from helpdesk.metrics.definitions import ATTAINMENT, BASES, MEASURES, OUTCOMES, Basis, Measure, Outcome
from helpdesk.metrics.facts import Facts
from helpdesk.metrics.models import Reconciliation, ReconciliationDifference
from helpdesk.metrics.questions import Estimate, Figures, HourFigures, Question, Times, part_kept
from helpdesk.metrics.response_times import facts_by_measure
from helpdesk.people import queries as people_queries
from helpdesk.sla.words import WEEKDAYS
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.dashboards.addresses import csv_url, rows_url
from helpdesk.views.dashboards.asked import read_question
from helpdesk.views.dashboards.blueprint import blueprint
from helpdesk.views.dashboards.board import shown_tiles
from helpdesk.views.dashboards.charts import days_chart, distribution_chart
from helpdesk.views.dashboards.filters import CHANNELS, Filters, read_filters
from helpdesk.views.dashboards.frame import around
from helpdesk.views.rendering import duration, page_or_block

_NEVER = float("inf")

_ORDERS: dict[str, Callable[[Figures, Times], float]] = {
    "answers": lambda figures, _times: -figures.n,
    "median": lambda _figures, times: _or_last(times.median),
    "p90": lambda _figures, times: _or_last(times.p90),
    "kept": lambda figures, _times: _or_last(figures.attainment),
    "waiting": lambda figures, _times: -figures.waiting,
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a table of figures, with the addresses of the rows that it counts."""

    name: str
    network: str = ""
    is_person: bool = True
    figures: Figures
    estimate: Estimate | None = None
    urls: dict[str, str]
    """By outcome."""
    medians: Sequence[float] = ()
    """Of each day on which anything was answered, oldest first, in seconds."""


@blueprint.get("/response-times")
@open_to(Audience.AGENTS)
def response_times() -> ResponseReturnValue:
    at, filters = clock.now(), read_filters(request.args, current_standing())
    question = read_question(request.args, filters, zone=current_agent().time_zone, at=at)
    facts = facts_by_measure(question)
    measures = {measure: _line_of_measure(facts[measure], measure, filters) for measure in Measure}
    asked, chosen = facts[question.measure], measures[question.measure]
    return page_or_block(
        "dashboards/response_times.html",
        "report",
        **around(filters, current="times"),
        **_words(question, filters),
        tiles=shown_tiles(filters, at=at),
        measures=measures,
        chosen=chosen,
        days=days_chart(question, asked, chosen.figures, filters),
        bars=distribution_chart(question, asked, chosen.figures, filters),
        agents=_agents(asked, question, filters),
        sorted_by=_order(filters),
        networks=_networks(asked, question, filters),
        csv_url=csv_url(filters, outcome=Outcome.ANSWERED.value, measure=question.measure.value),
        recount=_recount(filters),
        before=_before(question, measures),
        heat=_heat(asked, question.basis),
        weekdays=[day[:3] for day in WEEKDAYS],
        broken_csv_url=csv_url(filters, outcome=Outcome.BROKEN.value, measure=question.measure.value),
    )


def _words(question: Question, filters: Filters) -> dict[str, Any]:
    """What the page says in words, and its choices."""
    return {
        "question": question,
        "period": question.period,
        "period_words": question.period.words,
        "period_options": filters.periods(question.period, at=question.at),
        "measure": question.measure.value,
        "basis": question.basis,
        "definition": MEASURES[question.measure],
        "definitions": MEASURES,
        "outcomes": OUTCOMES,
        "attainment": ATTAINMENT,
        "bases": BASES,
    }


def _line_of_measure(facts: Facts, measure: Measure, filters: Filters) -> Line:
    return Line(
        name=MEASURES[measure].name,
        figures=counting.figures(facts),
        estimate=counting.estimate(facts),
        urls=_urls(filters, measure=measure.value),
    )


def _agents(facts: Facts, question: Question, filters: Filters) -> list[Line]:
    order, basis = _ORDERS[_order(filters)], question.basis
    names = {one.id: one.name for one in people_queries.everybody()}
    medians = counting.medians_by_agent(facts, basis)
    lines = [
        Line(
            name=names.get(agent_id) or _nobody(figures),
            is_person=agent_id in names,
            figures=figures,
            urls=_urls(filters, measure=question.measure.value, agent=agent_id),
            medians=medians.get(agent_id, []),
        )
        for agent_id, figures in counting.figures_by_agent(facts).items()
    ]
    return sorted(
        lines, key=lambda line: (order(line.figures, line.figures.times(basis)), not line.is_person, line.name)
    )


@dataclass(frozen=True, kw_only=True)
class Change:
    """A number, what it was in the period before, and by how much it changed, in words; `is_better` None: neither."""

    label: str
    now: str
    before: str
    change: str
    is_better: bool | None


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One time beside the same in as many days before."""

    name: str
    changes: tuple[Change, ...]


def _before(question: Question, measures: dict[Measure, Line]) -> tuple[str, list[Compared]]:
    """The period before in words, and each time against it."""
    earlier = replace(question, period=question.period.before)
    facts = facts_by_measure(earlier)
    found = []
    for measure, line in measures.items():
        # Of the days before only this much is shown, so only this much is counted.
        then, now, basis = counting.counts_of(facts[measure]), line.figures, question.basis
        at_now, at_then = now.times(basis), counting.times_of(facts[measure].answered.seconds(basis))
        kept_then = part_kept(then[Outcome.KEPT], then[Outcome.BROKEN])
        found.append(
            Compared(
                name=line.name,
                changes=(
                    _change("Answered", now.n, then[Outcome.ANSWERED], str, is_less_better=None),
                    _change("Median", at_now.median, at_then.median, duration, is_less_better=True),
                    _change("p90", at_now.p90, at_then.p90, duration, is_less_better=True),
                    _change("Kept", now.attainment, kept_then, _per_cent, is_less_better=False),
                ),
            )
        )
    return earlier.period.words, found


def _change(
    label: str,
    now: float | None,
    then: float | None,
    written: Callable[[Any], str],
    *,
    is_less_better: bool | None,
) -> Change:
    change, is_better = "–", None
    if now is not None and then is not None:
        apart = written(abs(now - then))
        sign = "+" if now > then else "−"
        change = f"{sign}{apart}" if apart != written(0) else "±0"
        if change != "±0" and is_less_better is not None:
            is_better = (now < then) is is_less_better
    return Change(
        label=label,
        now="–" if now is None else written(now),
        before="–" if then is None else written(then),
        change=change,
        is_better=is_better,
    )


def _per_cent(share: float) -> str:
    return f"{100 * share:.1f} %"


_SHADES = 5


def _heat(facts: Facts, basis: Basis) -> list[tuple[str, list[tuple[HourFigures | None, int]]]]:
    """(hour, [(figures, shade)] by weekday), from the first hour with answers to the last; the longest are darkest."""
    found = counting.figures_by_hour_of_week(facts, basis)
    if not found:
        return []
    hours = [hour for _, hour in found]
    slowest = max(one.median for one in found.values()) or 1.0

    def cell(day: int, hour: int) -> tuple[HourFigures | None, int]:
        one = found.get((day, hour))
        return one, max(1, ceil(_SHADES * one.median / slowest)) if one else 0

    return [(f"{hour:02}:00", [cell(day, hour) for day in range(7)]) for hour in range(min(hours), max(hours) + 1)]


def _recount(filters: Filters) -> tuple[Reconciliation, Sequence[ReconciliationDifference]] | None:
    """The latest recount from messages, with what differs in the tickets that are looked at; None before the first."""
    latest = reconciliation_queries.latest()
    return (latest, reconciliation_queries.differences_of(latest.id, filters.scope)) if latest else None


def _nobody(figures: Figures) -> str:
    return "From the network's own app" if figures.n else "Nobody yet"


def _order(filters: Filters) -> str:
    asked = filters.args.get("sort", "")
    return asked if asked in _ORDERS else "answers"


def _networks(facts: Facts, question: Question, filters: Filters) -> list[Line]:
    networks = {account.id: account.network for account in filters.accounts}
    return [
        Line(
            name=CHANNELS.get(network, network),
            network=network,
            figures=figures,
            urls=_urls(filters, measure=question.measure.value, channel=network),
        )
        for network, figures in counting.figures_by_network(facts, networks)
    ]


def _urls(filters: Filters, **changes: object) -> dict[str, str]:
    return {outcome.value: rows_url(filters, outcome=outcome.value, **changes) for outcome in Outcome}


def _or_last(value: float | None) -> float:
    return _NEVER if value is None else value
