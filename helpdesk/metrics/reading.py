"""What ended in a period: of packed days as it lies there, all else from its rows."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from uuid import UUID

import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray

from helpdesk.metrics import packed, packed_queries
from helpdesk.metrics.columns import Columns, together
from helpdesk.metrics.definitions import Measure
from helpdesk.metrics.fact_queries import facts_in
from helpdesk.metrics.facts import Facts, Resolutions
from helpdesk.metrics.handle_time_queries import handlings_in
from helpdesk.metrics.handled import AtTickets, Handlings, at_tickets
from helpdesk.metrics.packed import LAYOUT, Packed, Records, Subject
from helpdesk.metrics.periods import Period
from helpdesk.metrics.questions import Question
from helpdesk.metrics.resolution_queries import resolutions_in
from helpdesk.metrics.scope import Scope
from helpdesk.sla.timing import Span

Read = TypeVar("Read")

_TRIES = 3


def read_facts(question: Question, also: Collection[Measure] = (), *, with_running: bool = True) -> Facts:
    """The intervals that are asked for, and those that are `also` asked for: of other measures, in the same period.

    Without those that run: what has ended.
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
    return at_tickets(read_handlings(scope, period))


def read_handlings(scope: Scope, period: Period) -> Handlings:
    """The spans that ended in the period."""

    def read(spans: Sequence[Span]) -> Handlings:
        return handlings_in(spans, scope)

    if not packed.knows(scope):
        return read([(period.since, period.until)])
    days, rest = _beside(Subject.HANDLING, period, read)
    return together(Handlings, [packed.handlings_from(days, scope), rest])


def _beside_intervals(question: Question, read: Callable[[Sequence[Span]], Read]) -> tuple[Packed, Read]:
    # What a question says of touches, it asks of tickets.
    if question.touch is not None or not packed.knows(question.scope):
        period = question.period
        return packed.columns_of([], Subject.INTERVALS), read([(period.since, period.until)])
    return _beside(Subject.INTERVALS, question.period, read)


def _beside(subject: Subject, period: Period, read: Callable[[Sequence[Span]], Read]) -> tuple[Any, Read]:
    """What is packed of the period's days, and what is read of the spans between them, all as of one instant."""

    def fresh_days() -> dict[date, packed_queries.Packed]:
        return packed_queries.fresh_days(subject, _first_whole_day(period), period.until, layout=LAYOUT)

    unsteady: set[date] = set()
    for _ in range(_TRIES):
        fresh = fresh_days()
        days, columns = _packed(subject, {day: fresh[day].version for day in sorted(fresh) if day not in unsteady})
        rest = read(_between({day: fresh[day].until for day in days}, period))
        now = fresh_days()
        changed = {day for day in days if now.get(day) != fresh[day]}
        # Nothing was changed of these days until after the rest was read.
        if not changed:
            return columns, rest
        unsteady |= changed
    return packed.columns_of([], subject), read([(period.since, period.until)])


def _first_whole_day(period: Period) -> date:
    """In UTC."""
    since = period.since.astimezone(UTC)
    return since.date() if since.time() == time() else since.date() + timedelta(days=1)


def _between(packed_until: Mapping[date, datetime], period: Period) -> list[Span]:
    """What of the period is packed of none of these days, each until its instant."""
    spans, since = [], period.since
    for day, until in sorted(packed_until.items()):
        begin = datetime.combine(day, time(), UTC)
        if since < begin:
            spans.append((since, begin))
        since = until
    if since < period.until:
        spans.append((since, period.until))
    return spans


def _packed(subject: Subject, versions: Mapping[date, UUID]) -> tuple[Collection[date], Any]:
    """The days whose version is still there, and what is packed of them."""
    wanted = tuple(versions.values())
    for held in list(_stretches):
        if _place(wanted, held) is not None:
            return versions.keys(), _stretches[held].part(wanted)
    days = _days(subject, versions)
    stretch = _Stretch(
        versions=tuple(versions[day] for day in days),
        ends=np.cumsum([len(records) for records in days.values()]),
        columns=packed.columns_of(days.values(), subject),
    )
    if days and len(stretch) < _stretches.maxsize:
        _stretches[stretch.versions] = stretch
    return days.keys(), stretch.columns


@dataclass(frozen=True, kw_only=True, eq=False)
class _Stretch:
    """Days one after the other, by their versions, and where in the columns each ends."""

    versions: tuple[UUID, ...]
    ends: NDArray[np.int64]
    columns: Columns

    def __len__(self) -> int:
        return int(self.ends[-1])

    def part(self, versions: tuple[UUID, ...]) -> Columns:
        """Of days that lie in it beside each other."""
        first = _place(versions, self.versions)
        assert first is not None
        begin = self.ends[first - 1] if first else 0
        return self.columns.at(slice(begin, self.ends[first + len(versions) - 1]))


def _place(few: tuple[UUID, ...], many: tuple[UUID, ...]) -> int | None:
    """Where these versions are among the others, one after the other."""
    if not few or few[0] not in many:
        return None
    first = many.index(few[0])
    return first if many[first : first + len(few)] == few else None


def _days(subject: Subject, versions: Mapping[date, UUID]) -> dict[date, Records]:
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
"""The days that this process read last, 88 bytes an interval: the next period is made of almost the same."""

_stretches: LRUCache[tuple[UUID, ...], _Stretch] = LRUCache(maxsize=500_000, getsizeof=lambda days: len(days) + 1)
"""Days as columns, at most 104 bytes an interval: a page that is looked at again, narrowed, or of a part of them."""
