"""The SELECTs of packed days."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Date, cast, func, select, text
from sqlalchemy.orm import InstrumentedAttribute

from helpdesk.metrics.models import ChangedDay, PackedDay
from helpdesk.orm import db

_SETTLED = text("interval '1 hour'")
"""For so long after its end a day is left alone: whatever ended on it, and was not noted, is committed by then."""


def fresh_days(subject: str, first: date, last: date, *, layout: int) -> dict[date, UUID]:
    """day → version of what is packed of it and still holds, from the first to the last day."""
    rows = db.session.execute(
        select(PackedDay.day, PackedDay.version).where(
            PackedDay.subject == subject, PackedDay.day.between(first, last), *_holds(layout)
        )
    )
    return {row.day: row.version for row in rows}


def packed_records(subject: str, versions: Mapping[date, UUID]) -> dict[UUID, bytes]:
    """version → what is packed of its day, of the versions that are still there."""
    if not versions:
        return {}
    is_one = PackedDay.day.in_(versions), PackedDay.version.in_(versions.values())
    rows = db.session.execute(select(PackedDay.version, PackedDay.records).where(PackedDay.subject == subject, *is_one))
    return {row.version: row.records for row in rows}


def days_to_pack(subject: str, *, days: int, layout: int) -> Sequence[date]:
    """Of so many days up to now those that are over and not packed, or not as they are now; the latest first.

    By the database's clock, as what is noted of days that are over.
    """
    over = cast(func.timezone("UTC", func.clock_timestamp() - _SETTLED), Date)
    day = cast(func.generate_series(over - days, over - 1, text("interval '1 day'")), Date).label("day")
    each = select(day).subquery("each_day")
    is_subject = PackedDay.subject == subject
    holds = select(PackedDay.day).where(is_subject, PackedDay.day == each.c.day, *_holds(layout)).exists()
    return db.session.scalars(select(each.c.day).where(~holds).order_by(each.c.day.desc())).all()


def is_packed(subject: InstrumentedAttribute[str], day: InstrumentedAttribute[date]) -> ColumnElement[bool]:
    return select(PackedDay.day).where(PackedDay.subject == subject, PackedDay.day == day).exists()


def _holds(layout: int) -> Sequence[ColumnElement[bool]]:
    is_of_it = ChangedDay.subject == PackedDay.subject, ChangedDay.day == PackedDay.day
    has_changed = select(ChangedDay.id).where(*is_of_it).exists()
    return PackedDay.layout == layout, ~has_changed
