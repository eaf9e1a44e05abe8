"""The charts of response times: what is drawn, and the table that says the same."""

from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from helpdesk.metrics import counting
from helpdesk.metrics.definitions import Outcome
from helpdesk.metrics.facts import Facts
from helpdesk.metrics.questions import Bar, DayFigures, Figures, Question
from helpdesk.views.dashboards.addresses import rows_url
from helpdesk.views.dashboards.filters import Filters
from helpdesk.views.rendering import duration

_LABELLED = frozenset(60 * minutes for minutes in (0, 5, 15, 30, 60, 240, 2880))
"""Seconds at which the distribution's axis says where it is."""

_MARK_WIDTH = 0.14
"""How much of the distribution's width the words of a mark take."""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """An upright line in the distribution; `at` is from 0 to 1."""

    label: str
    value: str
    at: float
    dashed: bool


def days_chart(question: Question, facts: Facts, figures: Figures, filters: Filters) -> dict[str, Any]:
    """The line chart over days, in minutes, and its table."""
    days = counting.figures_by_day(facts, question.period, question.basis)
    return {
        "chart": _chart(question, days, figures.target_seconds),
        "is_empty": not any(day.n for day in days),
        "rows": [
            (day, rows_url(filters, outcome="answered", measure=question.measure.value, from_=day.day, to=day.day))
            for day in reversed(days)
            if day.n
        ],
    }


def _chart(question: Question, days: list[DayFigures], target_seconds: int | None) -> dict[str, Any]:
    zone = ZoneInfo(question.period.zone)
    medians, p90s = [day.median for day in days], [day.p90 for day in days]
    return {
        "x": [int(datetime.combine(day.day, time(), zone).timestamp()) for day in days],
        "lines": [
            {"label": _last("p90", p90s), "values": _minutes(p90s), "kind": "second"},
            {"label": _last("median", medians), "values": _minutes(medians), "kind": "main"},
        ],
        "target": None if target_seconds is None else round(target_seconds / 60),
        "unit": "min",
        "zone": question.period.zone,
    }


def _last(name: str, values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{name} {duration(known[-1])}" if known else name


def _minutes(values: list[float | None]) -> list[float | None]:
    return [None if value is None else round(value / 60, 2) for value in values]


def distribution_chart(question: Question, facts: Facts, figures: Figures, filters: Filters) -> dict[str, Any]:
    """The distribution: bars, marks at the percentiles, and its table."""
    bars = counting.distribution(facts, question.basis)
    times = figures.times(question.basis)
    shares = (("p50", times.median, False), ("p90", times.p90, True), ("p95", times.p95, True))
    return {
        "values": [bar.n for bar in bars],
        "labels": [_edge(bar) if bar.from_seconds in _LABELLED else "" for bar in bars],
        "late_from": _late_from(bars, figures.target_seconds),
        "marks": _apart(
            [
                Mark(label=label, value=duration(seconds), at=_place(bars, seconds), dashed=dashed)
                for label, seconds, dashed in shares
                if seconds is not None
            ]
        ),
        "rows": [(bar, _range(bar), _bar_url(bar, question, filters)) for bar in bars if bar.n],
    }


def _apart(marks: list[Mark]) -> list[Mark]:
    """Those that can stand beside one another, from the left."""
    kept: list[Mark] = []
    for mark in marks:
        if not kept or mark.at - kept[-1].at >= _MARK_WIDTH:
            kept.append(mark)
    return kept


def _edge(bar: Bar) -> str:
    return duration(bar.from_seconds) if bar.from_seconds else "0"


def _range(bar: Bar) -> str:
    if bar.to_seconds is None:
        return f"{duration(bar.from_seconds)} and longer"
    return f"{_edge(bar)} to {duration(bar.to_seconds)}"


def _bar_url(bar: Bar, question: Question, filters: Filters) -> str:
    return rows_url(
        filters,
        outcome=Outcome.ANSWERED.value,
        measure=question.measure.value,
        at_least=int(bar.from_seconds),
        under=None if bar.to_seconds is None else int(bar.to_seconds),
    )


def _late_from(bars: list[Bar], target_seconds: int | None) -> int | None:
    if target_seconds is None:
        return None
    return next((index for index, bar in enumerate(bars) if bar.from_seconds >= target_seconds), None)


def _place(bars: list[Bar], seconds: float) -> float:
    """Where this time stands on the widening scale."""
    for index, bar in enumerate(bars):
        if bar.to_seconds is None:
            return (index + 0.5) / len(bars)
        if seconds < bar.to_seconds:
            within = (seconds - bar.from_seconds) / (bar.to_seconds - bar.from_seconds)
            return (index + within) / len(bars)
    return 1.0
