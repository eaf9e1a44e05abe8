"""The SELECTs of intervals: the one relation that response times are counted from, and listed from.

Intervals are found by when they happened, then each of their tickets is asked where it lies: the cost follows the
period, not the number of tickets.
"""

from collections.abc import Collection, Sequence
from typing import Any
from typing import cast as typed

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Double,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    cast,
    extract,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    union_all,
)

from helpdesk.arrays import any_of
from helpdesk.columns import read_columns
from helpdesk.metrics.definitions import Basis, Dimension, Measure, Outcome
from helpdesk.metrics.facts import KINDS, Facts
from helpdesk.metrics.grouping import named_by, sum_of_flags
from helpdesk.metrics.questions import NOBODY, Question
from helpdesk.metrics.scope_queries import lies_in, place_of
from helpdesk.metrics.touch_queries import is_of, touches_of
from helpdesk.metrics.wall_clocks import wall_clock
from helpdesk.orm import db
from helpdesk.sla.models import Clock, ClockKind
from helpdesk.sla.timing import Span

AnySelect = Select[*tuple[Any, ...]]


def facts_in(
    spans: Sequence[Span], question: Question, also: Collection[Measure] = (), *, with_running: bool = True
) -> Facts:
    """Of the intervals that are asked for, and those that are `also` asked for, of other measures: those that ended in
    these spans of the period, and those that still run."""
    facts = facts_of(question, also, spans=spans, with_running=with_running)
    columns = read_columns(
        facts,
        floats={
            "clock_seconds": facts.c.clock_seconds,
            "business_seconds": facts.c.business_seconds,
            "target_seconds": facts.c.target_seconds,
            "started": extract("epoch", facts.c.started_at),
            "stopped": extract("epoch", facts.c.stopped_at),
        },
        integers={
            "clock_id": facts.c.clock_id,
            "kind": case({kind.value: place for place, kind in enumerate(KINDS)}, value=facts.c.kind),
            "team_id": facts.c.team_id,
            "agent_id": facts.c.agent_id,
            "account_id": facts.c.account_id,
            "outcomes": sum_of_flags((outcome, came_to(facts, outcome)) for outcome in Outcome),
        },
    )
    local = wall_clock(columns["stopped"].astype(np.float64), question.period.zone)
    return Facts(local=local, **typed(Any, columns))


def names_of(question: Question, dimension: Dimension) -> Sequence[tuple[int, str]]:
    """(clock id, what its interval counts under); see `named_by`. By hour: that at which it ended."""
    facts = facts_of(question)
    name, joined = named_facts(question, facts, dimension)
    return [
        (row.clock_id, row.name)
        for row in db.session.execute(select(facts.c.clock_id, name.label("name")).select_from(joined))
    ]


def facts_of(
    question: Question,
    also: Collection[Measure] = (),
    *,
    spans: Sequence[Span] | None = None,
    with_running: bool = True,
    clock_ids: Collection[int] | None = None,
) -> Subquery:
    """One row for each interval that ended in the period (or in these spans of it) or still runs: what became of it.

    With `clock_ids` of those only.
    """
    kinds = sorted({kind for measure in (question.measure, *also) for kind in measure.kinds})
    ended = _ended(kinds, [(question.period.since, question.period.until)] if spans is None else spans)
    each = [ended, _running(question, kinds)] if with_running else [ended]
    if clock_ids is not None:
        each = [one.where(any_of(Clock.id, clock_ids)) for one in each]
    happened = union_all(*each).cte("happened")
    # A ticket has several intervals, and is asked once.
    tickets = select(happened.c.ticket_id).distinct().subquery("tickets")
    place = place_of(tickets.c.ticket_id)
    placed = (
        select(tickets.c.ticket_id, place.c.team_id, place.c.account_id, place.c.assignee_id)
        .join(place, true())
        .where(*lies_in(place, question.scope))
        .subquery("placed")
    )
    agent_id = case((happened.c.is_waiting, placed.c.assignee_id), else_=happened.c.stopped_by_agent_id)
    found = select(happened, agent_id.label("agent_id"), placed.c.team_id, placed.c.account_id).join_from(
        happened, placed, placed.c.ticket_id == happened.c.ticket_id
    )
    return _asked(found, question, happened, agent_id).subquery("fact")


def _ended(kinds: Sequence[ClockKind], spans: Sequence[Span]) -> AnySelect:
    # A resolve answers nobody, and ends what it promises.
    replied = or_(Clock.kind == ClockKind.RESOLUTION, Clock.stopped_by_message_id.is_not(None))
    return select(
        *_ROW,
        cast(extract("epoch", Clock.stopped_at - Clock.started_at), Double).label("clock_seconds"),
        Clock.business_seconds,
        replied.label("is_answered"),
        (~replied).label("is_unanswered"),
        false().label("is_waiting"),
        and_(replied, func.coalesce(Clock.stopped_at <= Clock.due_at, false())).label("is_kept"),
        # A resolve without a reply keeps no promise; it was late already, or it is neither.
        func.coalesce(Clock.stopped_at > Clock.due_at, false()).label("is_broken"),
    ).where(
        Clock.kind.in_(kinds),
        Clock.superseded_at.is_(None),
        or_(false(), *(and_(Clock.stopped_at >= since, Clock.stopped_at < until) for since, until in spans)),
    )


def _running(question: Question, kinds: Sequence[ClockKind]) -> AnySelect:
    ran_until = func.coalesce(Clock.paused_at, question.at)
    return select(
        *_ROW,
        cast(extract("epoch", literal(question.at) - Clock.started_at), Double).label("clock_seconds"),
        cast(null(), Double).label("business_seconds"),
        false().label("is_answered"),
        false().label("is_unanswered"),
        true().label("is_waiting"),
        false().label("is_kept"),
        func.coalesce(and_(Clock.due_at < ran_until, Clock.due_at < question.period.until), false()).label("is_broken"),
    ).where(
        Clock.kind.in_(kinds),
        Clock.stopped_at.is_(None),
        Clock.superseded_at.is_(None),
        Clock.started_at < question.period.until,
    )


_ROW = (
    Clock.id.label("clock_id"),
    Clock.ticket_id,
    Clock.kind,
    Clock.started_at,
    Clock.stopped_at,
    Clock.due_at,
    Clock.target_seconds,
    Clock.stopped_by_message_id.label("message_id"),
    Clock.stopped_by_agent_id,
)


def _asked(found: AnySelect, question: Question, happened: FromClause, agent_id: Any) -> AnySelect:
    """Only what the person may count, and asked for."""
    if question.scope.agent_id is not None:
        found = found.where(agent_id == question.scope.agent_id)
    if question.agent_id is not None:
        found = found.where(agent_id.is_(None) if question.agent_id == NOBODY else agent_id == question.agent_id)
    seconds: ColumnElement[float] = happened.c.clock_seconds
    if question.basis is Basis.BUSINESS:
        # What still runs has none.
        seconds = case((happened.c.is_waiting, seconds), else_=happened.c.business_seconds)
    if question.at_least is not None:
        found = found.where(seconds >= question.at_least)
    if question.under is not None:
        found = found.where(seconds < question.under)
    if question.touch is not None:
        touches = touches_of(happened.c.ticket_id)
        found = found.join(touches, true()).where(is_of(touches, question.touch))
    return found


def named_facts(
    question: Question, facts: Subquery, dimension: Dimension | None
) -> tuple[ColumnElement[str], FromClause]:
    """What each of the facts counts under, and the facts joined with what names it; see `named_by`."""
    return named_by(
        dimension,
        facts,
        ticket_id=facts.c.ticket_id,
        team_id=facts.c.team_id,
        account_id=facts.c.account_id,
        agent_id=facts.c.agent_id,
        local=func.timezone(question.period.zone, facts.c.stopped_at),
    )


def came_to(facts: Subquery, outcome: Outcome) -> ColumnElement[bool]:
    is_it: ColumnElement[bool] = facts.c[f"is_{outcome.value}"]
    return is_it
