"""Monthly partitions of the raw events.

A default partition catches what no month was made for, so nothing is refused.
"""

from datetime import UTC, datetime

from sqlalchemy import text

from helpdesk.orm import db


def ensure(at: datetime) -> None:
    """Make the partitions of this month and the next, where they are missing."""
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = _next_month(first)
    for start, end in ((first, following), (following, _next_month(following))):
        db.session.execute(
            text(
                f"create table if not exists inbound_event_{start:%Y_%m} partition of inbound_event"
                f" for values from ('{start.isoformat()}') to ('{end.isoformat()}')"
            )
        )


def _next_month(first: datetime) -> datetime:
    return first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
