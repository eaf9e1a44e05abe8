"""What ended in a period: of packed days as it lies there, all else from its rows."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import TypeVar

from helpdesk.metrics import packed, packed_memory, packed_queries
from helpdesk.metrics.definitions import Measure
from helpdesk.metrics.fact_queries import facts_in
from helpdesk.metrics.facts import Facts, Resolutions
from helpdesk.metrics.handle_time_queries import handlings_in
from helpdesk.metrics.handled import AtTickets, Handlings, at_tickets
from helpdesk.metrics.lazy_columns import together
from helpdesk.metrics.packed import LAYOUT, SUBJECTS, Days, Packed
from helpdesk.metrics.periods import Period
from helpdesk.metrics.questions import Question
from helpdesk.metrics.resolution_queries import resolutions_in
from helpdesk.metrics.scope import Scope
from helpdesk.sla.timing import Span

Read = TypeVar("Read")

_TRIES = 3


def read_facts(question: Question, also: Collection[Measure] = (), *, with_running: bool = True) -> Facts:
    """The intervals that are asked for, and those that are `also` asked for: of other measures, in the same period.

    `with_running=False` leaves out those that have not ended.
    """
    days, rest = _beside_intervals(question, lambda spans: facts_in(spans, question, also, with_running=with_running))
    facts = packed.facts_from(packed.asked(days, question, also), question.period.zone)
    return together(Facts, [facts, rest])


def read_resolutions(question: Question) -> Resolutions:
    """The question is of resolutions: what is read here are the intervals that it counts as answered."""
    days, rest = _beside_intervals(question, lambda spans: resolutions_in(spans, question))
    return together(Resolutions, [packed.resolutions_from(packed.asked(days, question)), rest])


def read_at_tickets(scope: Scope, period: Period) -> AtTickets:
    """How long agents were at tickets, by the spans that ended in the period."""

    def read(spans: Sequence[Span]) -> Handlings:
        return handlings_in(spans, scope)

    if not packed.knows(scope):
        return at_tickets(read([(period.since, period.until)]))
    days, rest = _beside(Handlings, period, read)
    return at_tickets(together(Handlings, [packed.handlings_from(days, scope), rest]))


def _beside_intervals(question: Question, read: Callable[[Sequence[Span]], Read]) -> tuple[Packed, Read]:
    # What a question says of touches, it asks of tickets.
    if question.touch is not None or not packed.knows(question.scope):
        period = question.period
        return packed.of_days(Packed, []), read([(period.since, period.until)])
    return _beside(Packed, question.period, read)


def _beside(of: type[Days], period: Period, read: Callable[[Sequence[Span]], Read]) -> tuple[Days, Read]:
    """What is packed of the period, and what is read of the spans between, all as of one instant."""

    def fresh_days() -> dict[date, packed_queries.Packing]:
        first, last = period.since.astimezone(UTC).date(), period.until.astimezone(UTC).date()
        return packed_queries.fresh_days(SUBJECTS[of], first, last, layout=LAYOUT)

    unsteady: set[date] = set()
    for _ in range(_TRIES):
        fresh = fresh_days()
        days = packed_memory.days(of, {day: fresh[day].version for day in fresh if day not in unsteady})
        rest = read(_between({day: fresh[day].until for day in days}, period))
        now = fresh_days()
        changed = {day for day in days if now.get(day) != fresh[day]}
        # Nothing was changed of these days until after the rest was read.
        if not changed:
            return packed.ended_in(packed.of_days(of, days.values()), period), rest
        unsteady |= changed
    return packed.of_days(of, []), read([(period.since, period.until)])


def _between(packed_until: Mapping[date, datetime], period: Period) -> list[Span]:
    """What of the period is packed of none of these days, each until its instant."""
    spans, since = [], period.since
    for day, until in sorted(packed_until.items()):
        begin = min(datetime.combine(day, time(), UTC), period.until)
        if since < begin:
            spans.append((since, begin))
        since = max(since, until)
    if since < period.until:
        spans.append((since, period.until))
    return spans
