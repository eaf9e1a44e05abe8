"""Days are packed: written once more, as what every figure of their intervals is counted from.

A busy desk has a million intervals in a year, and to read the rows of the few weeks that a page shows took a second.
What ended hardly ever changes; so of each day it is kept as one value (packed.py), and read as it lies. Today is packed
as far as it is settled, and again each quarter of an hour.

A packed day is never more than a copy. Triggers note the day of whatever becomes another, in the transaction that
changes it, and a day that is noted is read from its rows until it was packed anew. So the figures are the same with and
without: reading.py puts both together.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from time import monotonic
from uuid import uuid4

from sqlalchemy import delete, text

from helpdesk import clock
from helpdesk.metrics import packed_queries
from helpdesk.metrics.definitions import Measure
from helpdesk.metrics.fact_queries import facts_in
from helpdesk.metrics.handle_time_queries import handlings_in
from helpdesk.metrics.models import ChangedDay, PackedDay
from helpdesk.metrics.packed import LAYOUT, Records, Subject, handlings_of, intervals_of
from helpdesk.metrics.periods import LONGEST_DAYS, Period, midnight
from helpdesk.metrics.questions import Question
from helpdesk.metrics.resolution_queries import resolutions_in
from helpdesk.metrics.scope import Scope
from helpdesk.orm import db
from helpdesk.people import queries as people_queries
from helpdesk.transaction import transaction

DAYS = 2 * LONGEST_DAYS
"""The longest period that can be asked for, and the one before it."""


def pack_days(*, seconds: float = 5.0) -> int:
    """Pack what is not packed as it is now, the latest day first, for about so long; how many days."""
    with transaction():
        _lock()
        db.session.execute(delete(PackedDay).where(PackedDay.day < clock.now().date() - timedelta(days=DAYS + 2)))
        # Whoever packs such a day sees what was noted of it.
        db.session.execute(delete(ChangedDay).where(~packed_queries.is_packed(ChangedDay.subject, ChangedDay.day)))
        left = [
            (day, subject)
            for subject in Subject
            for day in packed_queries.days_to_pack(subject, days=DAYS, layout=LAYOUT)
        ]
    until, packed = monotonic() + seconds, 0
    for day, subject in sorted(left, reverse=True):
        pack(subject, day)
        packed += 1
        if monotonic() > until:
            break
    return packed


def pack(subject: Subject, day: date) -> None:
    """In a transaction of its own; what is changed in the meantime is noted, and stays so. Nothing is settled of a day
    that has just begun."""
    with transaction():
        _lock()
        until = packed_queries.settled_until(day)
        if until <= midnight(day, "UTC"):
            return
        db.session.execute(delete(ChangedDay).where(ChangedDay.subject == subject, ChangedDay.day == day))
        records = _READ[subject](day, until)
        db.session.execute(delete(PackedDay).where(PackedDay.subject == subject, PackedDay.day == day))
        kept = {"version": uuid4(), "layout": LAYOUT, "records": records.tobytes()}
        db.session.add(PackedDay(subject=subject, day=day, until=until, **kept))


def _lock() -> None:
    """Of two that pack at once, the one that read first could write last."""
    db.session.execute(text("lock table packed_day in share row exclusive mode"))


def _intervals(day: date, until: datetime) -> Records:
    period = Period(first=day, last=day, zone="UTC")
    spans = [(period.since, until)]
    question = Question(scope=_everything(), measure=Measure.REPLY, period=period, at=clock.now())
    facts = facts_in(spans, question, [Measure.RESOLUTION], with_running=False)
    return intervals_of(facts, resolutions_in(spans, replace(question, measure=Measure.RESOLUTION)))


def _handling(day: date, until: datetime) -> Records:
    return handlings_of(handlings_in([(midnight(day, "UTC"), until)], _everything()))


_READ: Mapping[Subject, Callable[[date, datetime], Records]] = {
    Subject.INTERVALS: _intervals,
    Subject.HANDLING: _handling,
}


def _everything() -> Scope:
    brands = [brand.id for brand in people_queries.all_brands()]
    return Scope(team_ids=frozenset(team.id for team in people_queries.teams_of_brands(brands)))
