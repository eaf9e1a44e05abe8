"""The intervals of a question: those of packed days as they lie there, all others from their rows."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from uuid import UUID

import numpy as np
from cachetools import LRUCache

from helpdesk.metrics import packed, packed_queries
from helpdesk.metrics.definitions import Measure
from helpdesk.metrics.fact_queries import Span, facts_in
from helpdesk.metrics.facts import Facts, Resolutions, joined
from helpdesk.metrics.packed import LAYOUT, Records
from helpdesk.metrics.questions import Question
from helpdesk.metrics.resolution_queries import resolutions_in

Read = TypeVar("Read")

_DAY = timedelta(days=1)
_TRIES = 3


def read_facts(question: Question, also: Collection[Measure] = ()) -> Facts:
    """The intervals that are asked for, and those that are `also` asked for: of other measures, in the same period."""
    records, rest = _beside(question, lambda spans: facts_in(spans, question, also))
    return joined(packed.facts_from(packed.asked(records, question, also), question.period.zone), rest)


def read_resolutions(question: Question) -> Resolutions:
    """The question is of resolutions: what is read here are the intervals that it counts as answered."""
    records, rest = _beside(question, lambda spans: resolutions_in(spans, question))
    return joined(packed.resolutions_from(packed.asked(records, question)), rest)


def _beside(question: Question, read: Callable[[Sequence[Span]], Read]) -> tuple[Records, Read]:
    """The records of packed days of the period, and what is read of the spans between them, all as of one instant."""
    whole = [(question.period.since, question.period.until)]
    if not packed.can_answer(question):
        return packed.NONE, read(whole)
    first, last = _whole_days(question)
    for _ in range(_TRIES):
        versions = packed_queries.fresh_days(first, last, layout=LAYOUT)
        kept = _kept(versions)
        rest = read(_between(kept, question))
        now = packed_queries.fresh_days(first, last, layout=LAYOUT)
        # Nothing was changed of these days until after the rest was read.
        if all(now.get(day) == versions[day] for day in kept):
            return np.concatenate([packed.NONE, *kept.values()]), rest
    return packed.NONE, read(whole)


def _whole_days(question: Question) -> tuple[date, date]:
    """The first and the last day in UTC that lie in the period whole; the last before the first: none does."""
    since, until = question.period.since.astimezone(UTC), question.period.until.astimezone(UTC)
    first = since.date() if since.time() == time() else since.date() + _DAY
    return first, until.date() - _DAY


def _between(days: Iterable[date], question: Question) -> list[Span]:
    """What of the period lies on none of these days."""
    spans, since = [], question.period.since
    for day in sorted(days):
        begin = datetime.combine(day, time(), UTC)
        if since < begin:
            spans.append((since, begin))
        since = begin + _DAY
    if since < question.period.until:
        spans.append((since, question.period.until))
    return spans


def _kept(versions: Mapping[date, UUID]) -> dict[date, Records]:
    """day → its records, of the days whose version is still there."""
    missing = [day for day, version in versions.items() if version not in _memory]
    read = {version: packed.unpacked(one) for version, one in packed_queries.packed_records(missing).items()}
    found = {day: read[v] if v in read else _memory.get(v) for day, v in versions.items()}
    _memory.update({v: records for v, records in read.items() if len(records) < _memory.maxsize})
    return {day: records for day, records in found.items() if records is not None}


_memory: LRUCache[UUID, Records] = LRUCache(maxsize=500_000, getsizeof=lambda records: len(records) + 1)
"""The records that this process read last, 80 bytes each: a page that is looked at again has most of them."""
