"""The SELECTs of response times: exact, counted in the database over partial indexes.

Every number of response times is counted from one relation, `facts_of`, and its rows are listed from the same one, so
what a number opens is what it counted. Intervals are found by when they happened, then each is asked where its
ticket lies: the cost follows the period, not the number of tickets.
"""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
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
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import LateralFromClause

from helpdesk.messaging.models import ChannelAccount
from helpdesk.metrics.definitions import Basis, Dimension, Outcome
from helpdesk.metrics.grouping import named_by
from helpdesk.metrics.questions import (
    NOBODY,
    AgentFigures,
    Answered,
    Bar,
    DayFigures,
    Estimate,
    Figures,
    HourFigures,
    Interval,
    Question,
    Times,
)
from helpdesk.metrics.scope_queries import customer_of, lies_in, place_of
from helpdesk.metrics.touch_queries import is_of, touches_of
from helpdesk.orm import db
from helpdesk.people.models import Agent, Team
from helpdesk.sla.models import Clock

AnySelect = Select[*tuple[Any, ...]]

SHARES = (0.5, 0.9, 0.95, 0.99)

_MINUTE = 60.0
EDGES = tuple(_MINUTE * m for m in (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 45, 60, 90, 120, 240, 480, 1440, 2880))
"""Seconds at which a bar of the distribution ends and the next begins; the scale widens to the right."""


def figures(question: Question) -> Figures:
    return _figures(db.session.execute(_measured(facts_of(question))).one())


def figures_by_agent(question: Question) -> list[AgentFigures]:
    """By whose the intervals are; the most answers first."""
    facts = facts_of(question)
    measured = (
        _measured(facts)
        .add_columns(facts.c.agent_id, Agent.name)
        .select_from(facts)
        .outerjoin(Agent, Agent.id == facts.c.agent_id)
        .group_by(facts.c.agent_id, Agent.name)
    )
    found = [
        AgentFigures(agent_id=row.agent_id or NOBODY, name=row.name or "", figures=_figures(row))
        for row in db.session.execute(measured)
    ]
    return sorted(found, key=lambda one: (one.agent_id == NOBODY, -one.figures.n, one.name, one.agent_id))


def figures_by_network(question: Question) -> list[tuple[str, Figures]]:
    """(network, its figures), by network."""
    facts = facts_of(question)
    measured = (
        _measured(facts)
        .add_columns(ChannelAccount.network)
        .select_from(facts)
        .join(ChannelAccount, ChannelAccount.id == facts.c.account_id)
        .group_by(ChannelAccount.network)
        .order_by(ChannelAccount.network)
    )
    return [(row.network, _figures(row)) for row in db.session.execute(measured)]


def figures_by(question: Question, dimension: Dimension) -> list[tuple[str, Figures]]:
    """(name, its figures), by name; see `named_by`. By hour: that at which an interval ended."""
    facts = facts_of(question)
    name, joined = named_facts(question, facts, dimension)
    rows = db.session.execute(_measured(facts).add_columns(name.label("name")).select_from(joined).group_by(name))
    return sorted(((row.name, _figures(row)) for row in rows), key=itemgetter(0))


def answered(question: Question, dimension: Dimension | None) -> list[Answered]:
    """Each answered interval by itself, with the name that it counts under (None without a dimension)."""
    facts = facts_of(question)
    name, joined = named_facts(question, facts, dimension)
    rows = db.session.execute(
        select(name.label("name"), facts.c.clock_id, facts.c.started_at, facts.c.stopped_at)
        .select_from(joined)
        .where(facts.c.is_answered)
    )
    return [Answered(**row._mapping) for row in rows]


def figures_by_day(question: Question) -> list[DayFigures]:
    """One for each day of the period, oldest first; a day begins at midnight in the period's zone."""
    facts = facts_of(question)
    day = cast(func.timezone(question.period.zone, facts.c.stopped_at), Date).label("day")
    seconds = _seconds(facts, question.basis)
    rows = db.session.execute(
        select(day, func.count(), *(func.percentile_cont(share).within_group(seconds) for share in (0.5, 0.9)))
        .where(facts.c.is_answered)
        .group_by(day)
    )
    found = {row[0]: DayFigures(day=row[0], n=row[1], median=row[2], p90=row[3]) for row in rows}
    return [found.get(d) or DayFigures(day=d, n=0, median=None, p90=None) for d in question.period.days]


def figures_by_hour_of_week(question: Question) -> dict[tuple[int, int], HourFigures]:
    """(weekday from Monday 0, hour of the day) at which answers came, in the period's zone; without any, left out."""
    facts = facts_of(question)
    local = func.timezone(question.period.zone, facts.c.stopped_at)
    weekday, hour = (extract("isodow", local) - 1).label("weekday"), extract("hour", local).label("hour")
    median = func.percentile_cont(0.5).within_group(_seconds(facts, question.basis))
    rows = db.session.execute(
        select(weekday, hour, func.count().label("n"), median.label("median"), func.count().filter(facts.c.is_broken))
        .where(facts.c.is_answered)
        .group_by(weekday, hour)
    )
    return {(int(row[0]), int(row[1])): HourFigures(n=row[2], median=row[3], late=row[4]) for row in rows}


def distribution(question: Question) -> list[Bar]:
    """How many answers took how long, from the first bar to the last that is not empty."""
    facts = facts_of(question)
    edges = literal(list(EDGES), ARRAY(Double))
    bucket = func.width_bucket(cast(_seconds(facts, question.basis), Double), edges).label("bucket")
    rows = db.session.execute(
        select(bucket, func.count(), func.count().filter(facts.c.is_broken)).where(facts.c.is_answered).group_by(bucket)
    )
    counted = {index: (n, late) for index, n, late in rows}
    return [_bar(index, *counted.get(index, (0, 0))) for index in range(max(counted, default=-1) + 1)]


def estimate(question: Question) -> Estimate:
    """Median and ninth decile of all intervals, also those of which it is only known that they took longer.

    At each time t with d answers among n intervals that lasted as long, the part still unanswered falls by
    (1 - d/n); the median is the first time at which it is a half or less.
    """
    facts = facts_of(question)
    is_in = or_(facts.c.is_answered, facts.c.is_waiting, facts.c.is_unanswered)
    at_time = (
        select(
            facts.c.clock_seconds.label("seconds"),
            cast(func.count().filter(facts.c.is_answered), Double).label("answers"),
            cast(func.count(), Double).label("count"),
        )
        .where(is_in)
        .group_by(facts.c.clock_seconds)
        .subquery()
    )
    lasted = (
        select(
            at_time.c.seconds,
            at_time.c.answers,
            func.sum(at_time.c.count).over(order_by=at_time.c.seconds.desc()).label("lasted"),
        )
    ).subquery()
    falls = case(
        (lasted.c.answers >= lasted.c.lasted, cast(literal("-Infinity"), Double)),
        else_=func.ln(1 - lasted.c.answers / lasted.c.lasted),
    )
    left = select(
        lasted.c.seconds, func.exp(func.sum(falls).over(order_by=lasted.c.seconds)).label("unanswered")
    ).subquery()
    # Sums of logarithms miss a half by a hair.
    row = db.session.execute(
        select(*(func.min(left.c.seconds).filter(left.c.unanswered <= part + 1e-9) for part in (0.5, 0.1)))
    ).one()
    return Estimate(median=row[0], p90=row[1])


def count_intervals(question: Question, outcome: Outcome) -> int:
    facts = facts_of(question)
    return db.session.scalars(select(func.count()).select_from(facts).where(_came_to(facts, outcome))).one()


def intervals(question: Question, outcome: Outcome, *, limit: int | None = None, offset: int = 0) -> list[Interval]:
    """The rows that a number counts; all of them without `limit`.

    Those still open come first, the longest first; then those that ended, the latest first.
    """
    facts = facts_of(question)
    counted = (
        select(facts)
        .where(_came_to(facts, outcome))
        .order_by(facts.c.stopped_at.desc().nulls_first(), facts.c.started_at, facts.c.clock_id)
        .limit(limit)
        .offset(offset)
        .subquery()
    )
    customer = customer_of(counted.c.ticket_id)
    named = (
        select(
            *(counted.c[name] for name in _SHOWN),
            customer.c.name.label("customer"),
            ChannelAccount.network,
            Team.name.label("team"),
            Agent.name.label("agent"),
        )
        .select_from(counted)
        .join(customer, true())
        .join(ChannelAccount, ChannelAccount.id == counted.c.account_id)
        .join(Team, Team.id == counted.c.team_id)
        .outerjoin(Agent, Agent.id == counted.c.agent_id)
        .order_by(counted.c.stopped_at.desc().nulls_first(), counted.c.started_at, counted.c.clock_id)
    )
    return [Interval(**row._mapping) for row in db.session.execute(named)]


_SHOWN = (
    "clock_id",
    "ticket_id",
    "kind",
    "message_id",
    "started_at",
    "stopped_at",
    "due_at",
    "target_seconds",
    "clock_seconds",
    "business_seconds",
    "is_kept",
    "is_broken",
)


def facts_of(question: Question) -> Subquery:
    """One row for each interval that ended in the period or still runs, with what became of it."""
    return union_all(_ended(question), _running(question)).subquery("fact")


def _ended(question: Question) -> AnySelect:
    place = place_of(Clock.ticket_id)
    replied = Clock.stopped_by_message_id.is_not(None) if question.measure.is_response else true()
    seconds = cast(extract("epoch", Clock.stopped_at - Clock.started_at), Double)
    found = select(
        *_row(place, agent_id=Clock.stopped_by_agent_id),
        seconds.label("clock_seconds"),
        Clock.business_seconds,
        replied.label("is_answered"),
        (~replied).label("is_unanswered"),
        false().label("is_waiting"),
        and_(replied, func.coalesce(Clock.stopped_at <= Clock.due_at, false())).label("is_kept"),
        # A resolve without a reply keeps no promise; it was late already, or it is neither.
        func.coalesce(Clock.stopped_at > Clock.due_at, false()).label("is_broken"),
    ).where(
        Clock.kind.in_(question.measure.kinds),
        Clock.superseded_at.is_(None),
        Clock.stopped_at >= question.period.since,
        Clock.stopped_at < question.period.until,
    )
    measured = seconds if question.basis is Basis.CLOCK else Clock.business_seconds
    return _asked(found, question, place, agent_id=Clock.stopped_by_agent_id, seconds=measured)


def _running(question: Question) -> AnySelect:
    place = place_of(Clock.ticket_id)
    seconds = cast(extract("epoch", literal(question.at) - Clock.started_at), Double)
    ran_until = func.coalesce(Clock.paused_at, question.at)
    found = select(
        *_row(place, agent_id=place.c.assignee_id),
        seconds.label("clock_seconds"),
        cast(null(), Double).label("business_seconds"),
        false().label("is_answered"),
        false().label("is_unanswered"),
        true().label("is_waiting"),
        false().label("is_kept"),
        func.coalesce(and_(Clock.due_at < ran_until, Clock.due_at < question.period.until), false()).label("is_broken"),
    ).where(
        Clock.kind.in_(question.measure.kinds),
        Clock.stopped_at.is_(None),
        Clock.superseded_at.is_(None),
        Clock.started_at < question.period.until,
    )
    return _asked(found, question, place, agent_id=place.c.assignee_id, seconds=seconds)


def _row(place: LateralFromClause, *, agent_id: Any) -> tuple[Any, ...]:
    return (
        Clock.id.label("clock_id"),
        Clock.ticket_id,
        Clock.kind,
        Clock.started_at,
        Clock.stopped_at,
        Clock.due_at,
        Clock.target_seconds,
        Clock.stopped_by_message_id.label("message_id"),
        agent_id.label("agent_id"),
        place.c.team_id,
        place.c.account_id,
    )


def _asked(found: AnySelect, question: Question, place: LateralFromClause, *, agent_id: Any, seconds: Any) -> AnySelect:
    """Only what the person may count, and asked for."""
    found = found.join(place, true()).where(*lies_in(place, question.scope))
    if question.scope.agent_id is not None:
        found = found.where(agent_id == question.scope.agent_id)
    if question.agent_id is not None:
        found = found.where(agent_id.is_(None) if question.agent_id == NOBODY else agent_id == question.agent_id)
    if question.at_least is not None:
        found = found.where(seconds >= question.at_least)
    if question.under is not None:
        found = found.where(seconds < question.under)
    if question.touch is not None:
        touches = touches_of(Clock.ticket_id)
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


def _came_to(facts: Subquery, outcome: Outcome) -> ColumnElement[bool]:
    is_it: ColumnElement[bool] = facts.c[f"is_{outcome.value}"]
    return is_it


def _seconds(facts: Subquery, basis: Basis) -> ColumnElement[float]:
    return facts.c.clock_seconds if basis is Basis.CLOCK else facts.c.business_seconds


def _measured(facts: Subquery) -> AnySelect:
    """Every figure of these facts, in the order in which `_figures` reads them."""
    is_answered = facts.c.is_answered
    times: list[ColumnElement[Any]] = []
    for seconds in (facts.c.clock_seconds, facts.c.business_seconds):
        shares = func.percentile_cont(literal(list(SHARES), ARRAY(Double))).within_group(seconds)
        times += [func.avg(seconds).filter(is_answered), shares.filter(is_answered)]
    counts = [func.count().filter(facts.c[f"is_{outcome.value}"]) for outcome in Outcome]
    targets = [func.min(facts.c.target_seconds), func.max(facts.c.target_seconds)]
    return select(*times, *counts, *targets)


def _figures(row: Any) -> Figures:
    outcomes = dict(zip(Outcome, row[4:9], strict=True))
    return Figures(
        n=outcomes[Outcome.ANSWERED],
        clock=_times(row[0], row[1]),
        business=_times(row[2], row[3]),
        waiting=outcomes[Outcome.WAITING],
        unanswered=outcomes[Outcome.UNANSWERED],
        kept=outcomes[Outcome.KEPT],
        broken=outcomes[Outcome.BROKEN],
        target_seconds=row[9] if row[9] == row[10] else None,
    )


def _times(mean: float | None, shares: Sequence[float] | None) -> Times:
    median, p90, p95, p99 = shares or (None, None, None, None)
    return Times(mean=mean, median=median, p90=p90, p95=p95, p99=p99)


def _bar(index: int, n: int, late: int) -> Bar:
    return Bar(
        from_seconds=EDGES[index - 1] if index else 0.0,
        to_seconds=EDGES[index] if index < len(EDGES) else None,
        n=n,
        late=late,
    )
