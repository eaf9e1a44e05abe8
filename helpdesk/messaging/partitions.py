"""Monthly partitions of the raw events: made ahead, and dropped whole when their time is over.

A default partition catches what no month was made for, so nothing is refused; it also keeps what a dropped month had
that somebody must still look at.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from helpdesk.messaging import raw_event_queries
from helpdesk.orm import db

BATCH = 1_000

_PREFIX = "inbound_event_"


def ensure(at: datetime) -> None:
    """Make the partitions of this month and the next, where they are missing."""
    first = at.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    following = _next_month(first)
    there = set(raw_event_queries.partitions())
    spans = ((first, following), (following, _next_month(following)))
    missing = [(start, end) for start, end in spans if _name(start) not in there]
    if missing:
        _wait_a_moment_for_locks()
        # Step by step, the first month would hold the default partition while the second waits for the table: whoever
        # stores an event has the table, and wants the partition.
        db.session.execute(text("lock table inbound_event in access exclusive mode"))
    for start, end in missing:
        _make(start, end)


def _make(start: datetime, end: datetime) -> None:
    """A month's table; what lies in the default one by now, because nobody made it in time, moves over."""
    name, span = _name(start), {"start": start, "end": end}
    bounds = f"for values from ('{start.isoformat()}') to ('{end.isoformat()}')"
    if not raw_event_queries.is_in_default(since=start, until=end):
        db.session.execute(text(f"create table {name} partition of inbound_event {bounds}"))
        return
    db.session.execute(text(f"create table {name} (like inbound_event including defaults including constraints)"))
    _copy(from_="inbound_event_default", to=name, where="received_at >= :start and received_at < :end", **span)
    db.session.execute(text(_DELETE_DEFAULT), span)
    db.session.execute(text(f"alter table inbound_event attach partition {name} {bounds}"))


def drop_before(before: datetime) -> list[str]:
    """Drop the months that ended by then; their names. The caller's transaction holds one short lock for each.

    What was never taken in, and what was set aside, is kept: it moves to the default partition. Of what an operator
    discarded stays who, when and why, without the body.
    """
    dropped = []
    for name in raw_event_queries.partitions():
        if _end_of(name) > before:
            continue
        _wait_a_moment_for_locks()
        db.session.execute(text(f"alter table inbound_event detach partition {name}"))
        _copy(from_=name, to="inbound_event", where="state <> 'processed'")
        db.session.execute(text(f"drop table {name}"))
        dropped.append(name)
    if dropped:
        db.session.execute(text("update inbound_event_default set body = '' where state = 'discarded'"))
    return dropped


def delete_settled(before: datetime) -> int:
    """Delete what the default partition kept and was taken in since; how many, at most a batch."""
    rows = raw_event_queries.settled_in_default(before=before, limit=BATCH)
    if rows:
        db.session.execute(
            text("delete from inbound_event_default where id = any(:ids)"), {"ids": [row.id for row in rows]}
        )
    return len(rows)


_DELETE_DEFAULT = "delete from inbound_event_default where received_at >= :start and received_at < :end"


def _copy(*, from_: str, to: str, where: str, **values: datetime) -> None:
    """Move rows with the ids they have; named columns, because two tables may have them in another order."""
    columns = ", ".join(column.name for column in db.metadata.tables["inbound_event"].columns)
    overriding = "overriding system value" if to == "inbound_event" else ""
    # Names of our own tables and columns; values are bound.
    statement = f"insert into {to} ({columns}) {overriding} select {columns} from {from_} where {where}"  # noqa: S608
    db.session.execute(text(statement), values)


def _wait_a_moment_for_locks() -> None:
    """Everybody who stores an event waits behind us: better to come back in some hours than to keep them waiting."""
    db.session.execute(text("set local lock_timeout = '2s'"))


def _name(first: datetime) -> str:
    return f"{_PREFIX}{first:%Y_%m}"


def _end_of(name: str) -> datetime:
    first = datetime.strptime(name.removeprefix(_PREFIX), "%Y_%m").replace(tzinfo=UTC)
    return _next_month(first)


def _next_month(first: datetime) -> datetime:
    return (first + timedelta(days=31)).replace(day=1)
