"""The work itself: what is left to do and how old it is, what resolved tickets took, how long agents were at it."""

from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass, replace
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from flask import request, url_for
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.metrics import backlog_queries, counting, handle_time_queries, handled
from helpdesk.metrics.definitions import (
    AGE,
    ANSWERS_PER_RESOLUTION,
    BACKLOG,
    HANDLE_TIME,
    TOUCHES,
    Measure,
    Outcome,
    Touch,
)
from helpdesk.metrics.facts import Resolutions
from helpdesk.metrics.handled import AtTickets
from helpdesk.metrics.questions import NOBODY, Question
from helpdesk.metrics.reading import read_at_tickets, read_facts, read_resolutions
from helpdesk.metrics.workload import ANY_AGE, AgeBar, BacklogDay, Handled, Resolved
from helpdesk.people import queries as people_queries
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.dashboards.addresses import csv_url, rows_url
from helpdesk.views.dashboards.asked import read_ages, read_question
from helpdesk.views.dashboards.blueprint import blueprint
from helpdesk.views.dashboards.downloads import download
from helpdesk.views.dashboards.filters import Filters, read_filters
from helpdesk.views.dashboards.frame import around
from helpdesk.views.dashboards.paging import read_page
from helpdesk.views.rendering import duration, page_or_block

PAGE = 100

_NOBODY = "Nobody we know"


@dataclass(frozen=True, kw_only=True)
class Took:
    """What the tickets took that were resolved under one name, and the addresses of the rows that are counted."""

    name: str
    is_person: bool
    resolved: Resolved
    urls: dict[str, str]
    """By touch; "all" of all that were resolved."""


@dataclass(frozen=True, kw_only=True)
class AtWork:
    name: str
    handled: Handled
    seconds_an_answer: float | None


@blueprint.get("/workload")
@open_to(Audience.AGENTS)
def show_workload() -> ResponseReturnValue:
    at, filters = clock.now(), read_filters(request.args, current_standing())
    question = replace(_asked(filters, at=at), measure=Measure.RESOLUTION)
    days = backlog_queries.backlog_by_day(filters.scope, question.period, at=at)
    resolutions, at_tickets = read_resolutions(question), read_at_tickets(filters.scope, question.period)
    return page_or_block(
        "dashboards/workload.html",
        "report",
        **around(filters, current="workload"),
        question=question,
        period=question.period,
        period_words=question.period.words,
        period_options=filters.periods(question.period, at=at),
        ages=backlog_queries.ages_by(filters.scope, zone=question.period.zone, at=at, dimension=None)[None],
        days=days,
        days_chart=_chart(days, question.period.zone),
        bars=_bars(filters, at=at),
        backlog_url=url_for("dashboards.show_backlog") + filters.query(),
        backlog_csv_url=url_for("dashboards.download_backlog", form="csv") + filters.query(),
        all_of_it=_took("All", resolutions, filters),
        teams=_teams(resolutions, filters),
        agents=_agents(resolutions, filters),
        resolved_csv_url=csv_url(filters, outcome=Outcome.ANSWERED.value, measure=Measure.RESOLUTION.value),
        handled=handled.figures(at_tickets),
        at_work=_at_work(at_tickets, question),
        handled_url=url_for("dashboards.show_handled") + filters.query(),
        handled_csv_url=url_for("dashboards.download_handled", form="csv") + filters.query(),
        definitions={
            "backlog": BACKLOG,
            "age": AGE,
            "handle_time": HANDLE_TIME,
            "answers": ANSWERS_PER_RESOLUTION,
        },
        touches=TOUCHES,
    )


@blueprint.get("/workload/backlog")
@open_to(Audience.AGENTS)
def show_backlog() -> ResponseReturnValue:
    at, filters, ages = clock.now(), read_filters(request.args, current_standing()), read_ages(request.args)
    narrowed = asdict(ages)
    paging = read_page(request.args, total=backlog_queries.count_backlog(filters.scope, at=at, ages=ages), size=PAGE)
    return page_or_block(
        "dashboards/backlog.html",
        "rows",
        **around(filters, current="workload"),
        definition=BACKLOG,
        age=AGE,
        narrowed=narrowed,
        range_words=_range_words(ages.at_least or 0, ages.under) if ages != ANY_AGE else "",
        tickets=backlog_queries.backlog(filters.scope, at=at, ages=ages, limit=PAGE, offset=paging.offset),
        paging=paging,
        csv_url=url_for("dashboards.download_backlog", form="csv") + filters.query(**narrowed),
    )


@blueprint.get("/workload/backlog.<form>")
@open_to(Audience.AGENTS)
def download_backlog(form: str) -> ResponseReturnValue:
    at, filters = clock.now(), read_filters(request.args, current_standing())
    columns = ("ticket", "customer", "channel", "team", "agent", "status", "opened_at", "waiting_since", "age_seconds")
    rows = backlog_queries.backlog(filters.scope, at=at, ages=read_ages(request.args))
    return download(f"backlog-{at:%Y-%m-%d}", columns, map(astuple, rows), form)


@blueprint.get("/workload/handled")
@open_to(Audience.AGENTS)
def show_handled() -> ResponseReturnValue:
    at, filters = clock.now(), read_filters(request.args, current_standing())
    period = _asked(filters, at=at).period
    those = read_at_tickets(filters.scope, period)
    paging = read_page(request.args, total=len(those), size=PAGE)
    shown = handled.listed(those, slice(paging.offset, paging.offset + PAGE))
    return page_or_block(
        "dashboards/handled.html",
        "rows",
        **around(filters, current="workload"),
        definition=HANDLE_TIME,
        period_words=period.words,
        tickets=handle_time_queries.handled_tickets(filters.scope, period, shown),
        paging=paging,
        csv_url=url_for("dashboards.download_handled", form="csv") + filters.query(),
    )


@blueprint.get("/workload/handled.<form>")
@open_to(Audience.AGENTS)
def download_handled(form: str) -> ResponseReturnValue:
    at, filters = clock.now(), read_filters(request.args, current_standing())
    period = _asked(filters, at=at).period
    columns = ("ticket", "customer", "channel", "team", "agent", "spans", "last_at", "handle_seconds")
    rows = handle_time_queries.handled_tickets(filters.scope, period)
    return download(f"handle-time-{period.first}-{period.last}", columns, map(astuple, rows), form)


def _asked(filters: Filters, *, at: datetime) -> Question:
    return read_question(request.args, filters, zone=current_agent().time_zone, at=at)


def _chart(days: list[BacklogDay], zone: str) -> dict[str, Any]:
    return {
        "x": [int(datetime.combine(day.day, time(), ZoneInfo(zone)).timestamp()) for day in days],
        "lines": [
            {"label": "opened", "values": [day.opened for day in days], "kind": "second"},
            {"label": "left", "values": [day.left for day in days], "kind": "main"},
        ],
        "target": None,
        "unit": "",
        "zone": zone,
    }


def _bars(filters: Filters, *, at: datetime) -> list[tuple[AgeBar, str, str]]:
    """Each with its range in words, and the address of its tickets."""
    backlog = url_for("dashboards.show_backlog")
    return [
        (
            bar,
            _range_words(bar.from_seconds, bar.to_seconds),
            backlog + filters.query(at_least=bar.from_seconds or None, under=bar.to_seconds),
        )
        for bar in backlog_queries.age_bars(filters.scope, at=at)
    ]


def _range_words(at_least: int, under: int | None) -> str:
    if under is None:
        return f"{duration(at_least)} and older"
    return f"{duration(at_least)} to {duration(under)}" if at_least else f"under {duration(under)}"


def _took(
    name: str, resolutions: Resolutions, filters: Filters, *, is_person: bool = False, **narrowed: object
) -> Took:
    """`narrowed` is what leads to the rows, beside what the page is narrowed to."""
    resolved = counting.resolved(resolutions)
    return Took(name=name, is_person=is_person, resolved=resolved, urls=_urls(filters, narrowed))


def _teams(resolutions: Resolutions, filters: Filters) -> list[Took]:
    """The most resolved first."""
    names = {team.id: team.name for team in filters.teams}
    found = resolutions.apart(resolutions.team_id)
    return _most_first(_took(names[team_id], its, filters, team=team_id) for team_id, its in found)


def _agents(resolutions: Resolutions, filters: Filters) -> list[Took]:
    """The most resolved first; those resolved by nobody we know come last."""
    names = {one.id: one.name for one in people_queries.everybody()} | {NOBODY: _NOBODY}
    found = resolutions.apart(resolutions.agent_id)
    return _most_first(
        _took(names[agent_id], theirs, filters, is_person=agent_id != NOBODY, agent=agent_id)
        for agent_id, theirs in found
    )


def _most_first(lines: Iterable[Took]) -> list[Took]:
    return sorted(lines, key=lambda line: (line.name == _NOBODY, -line.resolved.n, line.name))


def _urls(filters: Filters, narrowed: dict[str, object]) -> dict[str, str]:
    counted = {"outcome": Outcome.ANSWERED.value, "measure": Measure.RESOLUTION.value, **narrowed}
    return {"all": rows_url(filters, **counted)} | {
        touch.value: rows_url(filters, **counted, touch=touch.value) for touch in Touch
    }


def _at_work(at_tickets: AtTickets, question: Question) -> list[AtWork]:
    """By agent; the most time first."""
    if not len(at_tickets):
        return []
    names = {one.id: one.name for one in people_queries.everybody()}
    replies = read_facts(replace(question, measure=Measure.REPLY), with_running=False).answered
    answers = {agent_id: len(theirs) for agent_id, theirs in replies.apart(replies.agent_id)}
    found = [(agent_id, handled.figures(theirs)) for agent_id, theirs in at_tickets.apart(at_tickets.agent_id)]
    lines = [
        AtWork(
            name=names[agent_id],
            handled=one,
            seconds_an_answer=one.total / answers[agent_id] if agent_id in answers else None,
        )
        for agent_id, one in found
    ]
    return sorted(lines, key=lambda line: (-line.handled.total, line.name))
