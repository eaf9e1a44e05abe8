"""The SELECTs of replaying the past: intervals, the tickets they belong to, and what happened to those."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Row, Select, select, true

from helpdesk.arrays import any_of
from helpdesk.messaging.models import ChannelAccount
from helpdesk.metrics.periods import Period
from helpdesk.metrics.replaying import Change, PastInterval, PastTicket, put_away
from helpdesk.metrics.scope import Scope
from helpdesk.metrics.scope_queries import lies_in, place_of
from helpdesk.orm import Json, db
from helpdesk.sla.models import Clock, ClockKind
from helpdesk.tickets.models import Priority, Tag, Ticket, TicketTag, TimelineEvent

MOVES = ("opened", "reopened", "pending", "snoozed", "resolved")
CHANGES = ("priority", "team", "tagged", "untagged")


def past_intervals(scope: Scope, period: Period, *, at: datetime) -> list[PastInterval]:
    """All that ended in the period, or began before its end and still runs, by ticket and start."""
    ended = _in_scope(scope).where(Clock.stopped_at >= period.since, Clock.stopped_at < period.until)
    running = _in_scope(scope).where(Clock.stopped_at.is_(None), Clock.started_at < period.until)
    rows = [*db.session.execute(ended), *db.session.execute(running)]
    found = [
        PastInterval(
            clock_id=row.id,
            ticket_id=row.ticket_id,
            kind=row.kind,
            started_at=row.started_at,
            stopped_at=row.stopped_at,
            is_answered=row.stopped_by_message_id is not None,
            ends_at=row.stopped_at or at,
            due_at=row.due_at,
            paused_at=row.paused_at,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: (one.ticket_id, one.started_at, one.clock_id))


def past_tickets(ticket_ids: Collection[int]) -> dict[int, PastTicket]:
    """As they are now, with all that moved or changed them."""
    tickets = db.session.execute(
        select(Ticket.id, Ticket.brand_id, Ticket.priority, Ticket.team_id, Ticket.account_id, ChannelAccount.network)
        .join(ChannelAccount, ChannelAccount.id == Ticket.account_id)
        .where(any_of(Ticket.id, ticket_ids))
    ).all()
    tags: dict[int, set[str]] = {}
    for ticket_id, name in db.session.execute(
        select(TicketTag.ticket_id, Tag.name)
        .join(Tag, Tag.id == TicketTag.tag_id)
        .where(any_of(TicketTag.ticket_id, ticket_ids))
    ):
        tags.setdefault(ticket_id, set()).add(name)
    moves: dict[int, list[tuple[datetime, str]]] = {}
    changes: dict[int, list[Change]] = {}
    for event in _events(ticket_ids):
        if event.kind in MOVES:
            moves.setdefault(event.ticket_id, []).append((event.at, event.kind))
        else:
            change = Change(at=event.at, kind=event.kind, details=event.details)
            changes.setdefault(event.ticket_id, []).append(change)
    return {
        row.id: PastTicket(
            brand_id=row.brand_id,
            priority=Priority(row.priority).word,
            network=row.network,
            account_id=row.account_id,
            team_id=row.team_id,
            tags=frozenset(tags.get(row.id, ())),
            away=put_away(moves.get(row.id, ())),
            changes=changes.get(row.id, ()),
        )
        for row in tickets
    }


def _in_scope(
    scope: Scope,
) -> Select[int, int, ClockKind, datetime, datetime | None, datetime | None, int | None, datetime | None]:
    place = place_of(Clock.ticket_id)
    return (
        select(
            Clock.id,
            Clock.ticket_id,
            Clock.kind,
            Clock.started_at,
            Clock.stopped_at,
            Clock.paused_at,
            Clock.stopped_by_message_id,
            Clock.due_at,
        )
        .join(place, true())
        .where(Clock.superseded_at.is_(None), *lies_in(place, scope))
    )


def _events(ticket_ids: Collection[int]) -> Sequence[Row[int, str, datetime, Json]]:
    return db.session.execute(
        select(TimelineEvent.ticket_id, TimelineEvent.kind, TimelineEvent.at, TimelineEvent.details)
        .where(any_of(TimelineEvent.ticket_id, ticket_ids), TimelineEvent.kind.in_((*MOVES, *CHANGES)))
        .order_by(TimelineEvent.ticket_id, TimelineEvent.at, TimelineEvent.id)
    ).all()
