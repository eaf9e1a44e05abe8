"""The SELECTs of arrivals: when customers began to wait for a reply."""

from datetime import date

from sqlalchemy import Date, and_, cast, extract, func, or_, select, true

from helpdesk.metrics.periods import Period
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.scope_queries import lies_in, place_of
from helpdesk.orm import db
from helpdesk.sla.models import RESPONSES, Clock


def arrivals_by_hour(scope: Scope, period: Period) -> dict[tuple[date, int], int]:
    """(day, hour of the day) in the period's zone → turns that began then; hours without any are left out.

    A turn ends after it begins, or still runs: so it is found by the indexes of ends, and the cost follows the time
    since the period began.
    """
    place = place_of(Clock.ticket_id)
    local = func.timezone(period.zone, Clock.started_at)
    day, hour = cast(local, Date).label("day"), extract("hour", local).label("hour")
    rows = db.session.execute(
        select(day, hour, func.count().label("n"))
        .join(place, true())
        .where(
            Clock.kind.in_(RESPONSES),
            Clock.superseded_at.is_(None),
            or_(
                and_(Clock.stopped_at.is_not(None), Clock.stopped_at >= period.since),
                Clock.stopped_at.is_(None),
            ),
            Clock.started_at >= period.since,
            Clock.started_at < period.until,
            *lies_in(place, scope),
        )
        .group_by(day, hour)
    )
    return {(row.day, int(row.hour)): row.n for row in rows}
