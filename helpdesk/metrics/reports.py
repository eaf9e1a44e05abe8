"""The reports of the command line and the API: the numbers of the pages, in rows and columns.

Times are exact seconds; percentiles lie between the two nearest ranks, in proportion (as `percentile_cont`).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import TypeVar

from helpdesk.metrics import (
    backlog_queries,
    counting,
    fact_queries,
    handle_time_queries,
    handled,
    response_times,
    volume_queries,
)
from helpdesk.metrics.counting import NO_TIMES
from helpdesk.metrics.definitions import Dimension, Measure, Touch
from helpdesk.metrics.other_hours import times_in
from helpdesk.metrics.periods import Period
from helpdesk.metrics.questions import Figures, Question, Times, part_kept
from helpdesk.metrics.reading import read_at_tickets, read_resolutions
from helpdesk.metrics.scope import Scope
from helpdesk.sla.calendar import BusinessHours

Cell = str | int | float | None

Counted = TypeVar("Counted")


class ReportKind(StrEnum):
    FIRST_RESPONSE = "first-response"
    REPLY_TIME = "reply-time"
    RESOLUTION = "resolution"
    ATTAINMENT = "attainment"
    VOLUME = "volume"
    RESOLVED = "resolved"
    BACKLOG = "backlog"
    HANDLE_TIME = "handle-time"


@dataclass(frozen=True, kw_only=True)
class Report:
    """`columns` name the cells of every row; those that end in _seconds are seconds."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]


_MEASURES: Mapping[ReportKind, Measure] = {
    ReportKind.FIRST_RESPONSE: Measure.FIRST_RESPONSE,
    ReportKind.REPLY_TIME: Measure.REPLY,
    ReportKind.RESOLUTION: Measure.RESOLUTION,
}

ALL = "all"
"""The last row."""

_SHARES = ("median", "p90", "p95", "p99", "mean")


def report(
    kind: ReportKind,
    *,
    scope: Scope,
    period: Period,
    at: datetime,
    by: Dimension | None,
    hours: BusinessHours | None = None,
) -> Report:
    """A row for each value of `by`, by name, and one of all under "all".

    `hours` are those in which business time is counted; without them, those of each promise.
    """
    match kind:
        case ReportKind.VOLUME:
            return _volume(scope, period, at, by)
        case ReportKind.ATTAINMENT:
            return _attainment(scope, period, at, by)
        case ReportKind.RESOLVED:
            return _resolved(scope, period, at, by)
        case ReportKind.BACKLOG:
            return _backlog(scope, period, at, by)
        case ReportKind.HANDLE_TIME:
            return _handle_time(scope, period, by)
        case _:
            return _times(Question(scope=scope, measure=_MEASURES[kind], period=period, at=at), by, hours)


def _times(question: Question, by: Dimension | None, hours: BusinessHours | None) -> Report:
    business = times_in(hours, question, by) if hours else None
    shares = tuple(f"{share}_{basis}seconds" for basis in ("", "business_") for share in _SHARES)
    return Report(
        columns=(by or "all", "n", *shares, "waiting", "unanswered", "kept", "broken", "attainment"),
        rows=[
            (
                ALL if name is None else name,
                found.n,
                *_cells(found.clock),
                *_cells(business.get(name, NO_TIMES) if business is not None else found.business),
                found.waiting,
                found.unanswered,
                found.kept,
                found.broken,
                found.attainment,
            )
            for name, found in _figures(question, by)
        ],
    )


def _attainment(scope: Scope, period: Period, at: datetime, by: Dimension | None) -> Report:
    """Of replies, the first included, and of resolutions; then of both."""
    counted: dict[str | None, list[int]] = {}
    for place, measure in enumerate((Measure.REPLY, Measure.RESOLUTION)):
        for name, found in _figures(Question(scope=scope, measure=measure, period=period, at=at), by):
            counted.setdefault(name, [0] * 4)[2 * place : 2 * place + 2] = [found.kept, found.broken]
    rows = [(name, *cells, part_kept(cells[0] + cells[2], cells[1] + cells[3])) for name, cells in _all_last(counted)]
    return Report(
        columns=(by or "all", "replies_kept", "replies_broken", "resolutions_kept", "resolutions_broken", "attainment"),
        rows=rows,
    )


def _volume(scope: Scope, period: Period, at: datetime, by: Dimension | None) -> Report:
    """What came in and what was done in the period: tickets opened, answers given, tickets resolved."""
    opened: dict[str | None, int] = dict(volume_queries.opened_by(scope, period, by).items() if by else ())
    # By brand each counts once; by tag one may count several times.
    opened[None] = sum(volume_queries.opened_by(scope, period, Dimension.BRAND).values())
    counted = {name: [number, 0, 0] for name, number in opened.items()}
    for place, measure in enumerate((Measure.REPLY, Measure.RESOLUTION), start=1):
        for name, found in _figures(Question(scope=scope, measure=measure, period=period, at=at), by):
            counted.setdefault(name, [0] * 3)[place] = found.n
    return Report(
        columns=(by or "all", "tickets_opened", "turns_answered", "tickets_resolved"),
        rows=[(name, *cells) for name, cells in _all_last(counted)],
    )


def _resolved(scope: Scope, period: Period, at: datetime, by: Dimension | None) -> Report:
    """What the tickets that were resolved in the period took."""
    question = Question(scope=scope, measure=Measure.RESOLUTION, period=period, at=at)
    resolutions = read_resolutions(question)
    apart = resolutions.named(fact_queries.names_of(question, by)) if by else ()
    found = [*((name, counting.resolved(those)) for name, those in apart), (ALL, counting.resolved(resolutions))]
    return Report(
        columns=(by or "all", "tickets_resolved", *(touch.name.lower() for touch in Touch), "answers_each"),
        rows=[(name, one.n, *(one.touches[touch] for touch in Touch), one.answers_each) for name, one in found],
    )


def _backlog(scope: Scope, period: Period, at: datetime, by: Dimension | None) -> Report:
    """What is not resolved now, whatever the period."""
    found = _apart_and_all(
        lambda dimension: backlog_queries.ages_by(scope, zone=period.zone, at=at, dimension=dimension), by
    )
    return Report(
        columns=(by or "all", "tickets", "median_age_seconds", "p90_age_seconds", "oldest_age_seconds"),
        rows=[(name, one.n, one.median, one.p90, one.oldest) for name, one in found],
    )


def _handle_time(scope: Scope, period: Period, by: Dimension | None) -> Report:
    """How long agents were at tickets; each agent and ticket once."""
    at_tickets = read_at_tickets(scope, period)
    apart = handled.named(at_tickets, handle_time_queries.names_of(scope, period, by)) if by else ()
    found = [*((name, handled.figures(those)) for name, those in apart), (ALL, handled.figures(at_tickets))]
    return Report(
        columns=(by or "all", "n", "total_seconds", "median_seconds", "p90_seconds", "mean_seconds"),
        rows=[(name, one.n, one.total, one.median, one.p90, one.mean) for name, one in found],
    )


def _apart_and_all(
    counted: Callable[[Dimension | None], Mapping[str | None, Counted]], by: Dimension | None
) -> list[tuple[str, Counted]]:
    """By name, then all."""
    apart = counted(by) if by else {}
    named = sorted(((name, one) for name, one in apart.items() if name is not None), key=itemgetter(0))
    return [*named, (ALL, counted(None)[None])]


def _figures(question: Question, by: Dimension | None) -> list[tuple[str | None, Figures]]:
    """By name; those of all, which a tag may be called too, have none."""
    apart = response_times.figures_by(question, by) if by else []
    return [*apart, (None, response_times.figures(question))]


def _all_last(counted: Mapping[str | None, list[int]]) -> list[tuple[str, list[int]]]:
    named = sorted((name, cells) for name, cells in counted.items() if name is not None)
    return [*named, (ALL, counted[None])]


def _cells(times: Times) -> tuple[float | None, ...]:
    return tuple(getattr(times, share) for share in _SHARES)
