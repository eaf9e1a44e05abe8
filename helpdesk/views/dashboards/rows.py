"""The rows behind a number of response times: a page of them, and all of them as CSV."""

from datetime import datetime

from flask import request
from flask.typing import ResponseReturnValue

from helpdesk import clock
from helpdesk.metrics import counting, interval_queries
from helpdesk.metrics.definitions import BASES, MEASURES, OUTCOMES, TOUCHES
from helpdesk.metrics.questions import Interval, Question
from helpdesk.metrics.reading import read_facts
from helpdesk.views.access import Audience, current_agent, current_standing, open_to
from helpdesk.views.dashboards.addresses import csv_url
from helpdesk.views.dashboards.asked import read_outcome, read_question
from helpdesk.views.dashboards.blueprint import blueprint
from helpdesk.views.dashboards.downloads import download
from helpdesk.views.dashboards.filters import CHANNELS, Filters, read_filters
from helpdesk.views.dashboards.frame import around
from helpdesk.views.dashboards.paging import read_page
from helpdesk.views.rendering import page_or_block

PAGE = 100
NARROWED = ("outcome", "agent", "at_least", "under", "touch")

_COLUMNS = (
    "ticket",
    "customer",
    "channel",
    "team",
    "agent",
    "interval",
    "started_at",
    "ended_at",
    "due_at",
    "clock_seconds",
    "business_seconds",
    "target_seconds",
    "promise",
    "message",
)


@blueprint.get("/response-times/rows")
@open_to(Audience.AGENTS)
def response_time_rows() -> ResponseReturnValue:
    at, filters = clock.now(), read_filters(request.args, current_standing())
    question, outcome = _asked(filters, at=at), read_outcome(request.args)
    listed = counting.listed(read_facts(question), outcome)
    paging = read_page(request.args, total=len(listed), size=PAGE)
    narrowed = {name: request.args.get(name) for name in NARROWED}
    return page_or_block(
        "dashboards/rows.html",
        "rows",
        **around(filters, current="times"),
        period_words=question.period.words,
        channel_name=CHANNELS.get(filters.channel or "", filters.channel or ""),
        definition=MEASURES[question.measure],
        outcome=OUTCOMES[outcome],
        touch=TOUCHES[question.touch] if question.touch else None,
        basis=BASES[question.basis],
        narrowed=narrowed,
        intervals=interval_queries.intervals(question, outcome, listed[paging.offset : paging.offset + PAGE]),
        paging=paging,
        csv_url=csv_url(filters, **narrowed),
    )


@blueprint.get("/response-times/rows.<form>")
@open_to(Audience.AGENTS)
def download_response_time_rows(form: str) -> ResponseReturnValue:
    at, filters = clock.now(), read_filters(request.args, current_standing())
    question, outcome = _asked(filters, at=at), read_outcome(request.args)
    name = f"{question.measure.value}-{outcome.value}-{question.period.first}-{question.period.last}"
    return download(name, _COLUMNS, map(_cells, interval_queries.intervals(question, outcome)), form)


def _asked(filters: Filters, *, at: datetime) -> Question:
    return read_question(request.args, filters, zone=current_agent().time_zone, at=at)


def _cells(one: Interval) -> tuple[object, ...]:
    return (
        one.ticket_id,
        one.customer,
        one.network,
        one.team,
        one.agent,
        one.kind,
        one.started_at,
        one.stopped_at,
        one.due_at,
        round(one.clock_seconds, 3),
        None if one.business_seconds is None else round(one.business_seconds, 3),
        one.target_seconds,
        "kept" if one.is_kept else "broken" if one.is_broken else "",
        one.message_id,
    )
