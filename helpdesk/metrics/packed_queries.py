"""The SELECTs of packed days."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Date, DateTime, cast, func, literal, select, text
from sqlalchemy.orm import InstrumentedAttribute

from helpdesk.metrics.models import ChangedDay, PackedDay
from helpdesk.orm import db

_SETTLED = text("interval '40 minutes'")
"""For so long after it ended a thing is left alone. Triggers note what is changed ten minutes after it ended; whatever
was changed earlier than that, and so was not noted, is committed by then."""

_STEP = text("interval '15 minutes'")
"""Today is packed anew as often."""


class Packing(NamedTuple):
    """Which packing of a day it is, and until when."""

    version: UUID
    until: datetime


def fresh_days(subject: str, first: date, last: date, *, layout: int) -> dict[date, Packing]:
    """day → what is packed of it and still holds, from the first to the last day."""
    rows = db.session.execute(
        select(PackedDay.day, PackedDay.version, PackedDay.until).where(
            PackedDay.subject == subject, PackedDay.day.between(first, last), *_holds(layout)
        )
    )
    return {row.day: Packing(row.version, row.until) for row in rows}


def packed_records(subject: str, versions: Mapping[date, UUID]) -> dict[UUID, bytes]:
    """version → what is packed of its day, of the versions that are still there."""
    if not versions:
        return {}
    is_one = PackedDay.day.in_(versions), PackedDay.version.in_(versions.values())
    rows = db.session.execute(select(PackedDay.version, PackedDay.records).where(PackedDay.subject == subject, *is_one))
    return {row.version: row.records for row in rows}


def days_to_pack(subject: str, *, days: int, layout: int) -> Sequence[date]:
    """Of so many days before today, and today, those that are not packed as they are now, or not as far as they are
    settled; the latest first.

    By the database's clock, as what is noted of them.
    """
    today = cast(func.timezone("UTC", func.clock_timestamp()), Date)
    day = cast(func.generate_series(today - days, today, text("interval '1 day'")), Date).label("day")
    each = select(day).subquery("each_day")
    reach = _settled_until(each.c.day)
    is_it = PackedDay.subject == subject, PackedDay.day == each.c.day, PackedDay.until >= reach
    holds = select(PackedDay.day).where(*is_it, *_holds(layout)).exists()
    return db.session.scalars(
        select(each.c.day).where(reach > _midnight(each.c.day), ~holds).order_by(each.c.day.desc())
    ).all()


def settled_until(day: date) -> datetime:
    """Until when a day can be packed: to its end, or as far as today is settled."""
    return db.session.scalars(select(_settled_until(literal(day)))).one()


def _settled_until(day: ColumnElement[date]) -> ColumnElement[datetime]:
    now = func.date_bin(_STEP, func.clock_timestamp() - _SETTLED, _midnight(day))
    return func.least(_midnight(day + 1), now)


def _midnight(day: ColumnElement[date]) -> ColumnElement[datetime]:
    return func.timezone("UTC", cast(day, DateTime))


def is_packed(subject: InstrumentedAttribute[str], day: InstrumentedAttribute[date]) -> ColumnElement[bool]:
    return select(PackedDay.day).where(PackedDay.subject == subject, PackedDay.day == day).exists()


def _holds(layout: int) -> Sequence[ColumnElement[bool]]:
    is_of_it = ChangedDay.subject == PackedDay.subject, ChangedDay.day == PackedDay.day
    has_changed = select(ChangedDay.id).where(*is_of_it).exists()
    return PackedDay.layout == layout, ~has_changed
