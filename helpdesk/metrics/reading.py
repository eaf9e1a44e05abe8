"""What ended in a period: of packed days as it lies there, all else from its rows."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from uuid import UUID

import numpy as np
from cachetools import LRUCache

from helpdesk.metrics import packed, packed_queries
from helpdesk.metrics.definitions import Measure
from helpdesk.metrics.fact_queries import facts_in
from helpdesk.metrics.facts import Facts, Resolutions, joined
from helpdesk.metrics.handle_time_queries import handlings_in
from helpdesk.metrics.handled import AtTickets, Handlings, together
from helpdesk.metrics.packed import LAYOUT, Records, Subject
from helpdesk.metrics.periods import Period
from helpdesk.metrics.questions import Question
from helpdesk.metrics.resolution_queries import resolutions_in
from helpdesk.metrics.scope import Scope
from helpdesk.sla.timing import Span

Read = TypeVar("Read")

_DAY = timedelta(days=1)
_TRIES = 3


def read_facts(question: Question, also: Collection[Measure] = ()) -> Facts:
    """The intervals that are asked for, and those that are `also` asked for: of other measures, in the same period."""
    records, rest = _beside_intervals(question, lambda spans: facts_in(spans, question, also))
    return joined(packed.facts_from(packed.asked(records, question, also), question.period.zone), rest)


def read_resolutions(question: Question) -> Resolutions:
    """The question is of resolutions: what is read here are the intervals that it counts as answered."""
    records, rest = _beside_intervals(question, lambda spans: resolutions_in(spans, question))
    return joined(packed.resolutions_from(packed.asked(records, question)), rest)


def read_at_tickets(scope: Scope, period: Period) -> AtTickets:
    """How long agents were at tickets, by the spans that ended in the period."""

    def read(spans: Sequence[Span]) -> Handlings:
        return handlings_in(spans, scope)

    if not packed.knows(scope):
        return together(read([(period.since, period.until)]))
    records, rest = _beside(Subject.HANDLING, period, read)
    return together(joined(packed.handlings_from(records, scope), rest))


def _beside_intervals(question: Question, read: Callable[[Sequence[Span]], Read]) -> tuple[Records, Read]:
    # What a question says of touches, it asks of tickets.
    if question.touch is not None or not packed.knows(question.scope):
        return packed.nothing(Subject.INTERVALS), read([(question.period.since, question.period.until)])
    return _beside(Subject.INTERVALS, question.period, read)


def _beside(subject: Subject, period: Period, read: Callable[[Sequence[Span]], Read]) -> tuple[Records, Read]:
    """The records of packed days of the period, and what is read of the spans between them, all as of one instant."""
    first, last = _whole_days(period)
    nothing = packed.nothing(subject)
    unsteady: set[date] = set()
    for _ in range(_TRIES):
        fresh = packed_queries.fresh_days(subject, first, last, layout=LAYOUT)
        kept = _kept(subject, {day: version for day, version in fresh.items() if day not in unsteady})
        rest = read(_between(kept, period))
        now = packed_queries.fresh_days(subject, first, last, layout=LAYOUT)
        changed = {day for day in kept if now.get(day) != fresh[day]}
        # Nothing was changed of these days until after the rest was read.
        if not changed:
            return np.concatenate([nothing, *kept.values()]), rest
        unsteady |= changed
    return nothing, read([(period.since, period.until)])


def _whole_days(period: Period) -> tuple[date, date]:
    """The first and the last day in UTC that lie in the period whole; the last before the first: none does."""
    since, until = period.since.astimezone(UTC), period.until.astimezone(UTC)
    first = since.date() if since.time() == time() else since.date() + _DAY
    return first, until.date() - _DAY


def _between(days: Iterable[date], period: Period) -> list[Span]:
    """What of the period lies on none of these days."""
    spans, since = [], period.since
    for day in sorted(days):
        begin = datetime.combine(day, time(), UTC)
        if since < begin:
            spans.append((since, begin))
        since = begin + _DAY
    if since < period.until:
        spans.append((since, period.until))
    return spans


def _kept(subject: Subject, versions: Mapping[date, UUID]) -> dict[date, Records]:
    """day → its records, of the days whose version is still there."""
    held = {version: _memory.get(version) for version in versions.values()}
    missing = {day: version for day, version in versions.items() if held[version] is None}
    read = {
        version: packed.unpacked(records, subject)
        for version, records in packed_queries.packed_records(subject, missing).items()
    }
    _memory.update({v: records for v, records in read.items() if len(records) < _memory.maxsize})
    found = {day: read.get(version, held[version]) for day, version in versions.items()}
    return {day: records for day, records in found.items() if records is not None}


_memory: LRUCache[UUID, Records] = LRUCache(maxsize=500_000, getsizeof=lambda records: len(records) + 1)
"""The records that this process read last, 88 bytes each: a page that is looked at again has most of them."""
