"""The SELECTs of how channels do: one for each figure, over all accounts at once, from partial indexes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Select, and_, case, func, select, true

from helpdesk.messaging import queries
from helpdesk.messaging.delivery_states import UNSETTLED, DeliveryState
from helpdesk.messaging.models import (
    ChannelAccount,
    ChannelLink,
    Delivery,
    DeliveryLookup,
    File,
    InboundEvent,
    InboundState,
    ParkedEvent,
    RefusedCalls,
)
from helpdesk.messaging.set_aside_queries import SET_ASIDE
from helpdesk.orm import db


@dataclass(frozen=True, kw_only=True)
class Line:
    """Rows that wait for a worker, and since when the oldest could have gone."""

    rows: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ChannelFacts:
    """What is known of one channel account's work, at an instant."""

    account: ChannelAccount
    waiting: Line = field(default_factory=Line)
    """Raw events that are not taken in."""
    queued: Line = field(default_factory=Line)
    """Deliveries that may go now."""
    unknown: int = 0
    failed: int = 0
    set_aside: int = 0
    parked: int = 0
    overdue_parked: int = 0
    refused_today: int = 0
    refused_at: datetime | None = None
    link: ChannelLink | None = None
    """How far the network's record is read, and whether it calls us; None where neither was begun."""
    looked_for: Line = field(default_factory=Line)
    """Unknown deliveries that are looked for in the network's record; `oldest` is when the next is."""


def channel_facts(*, at: datetime) -> list[ChannelFacts]:
    """Of every channel account."""
    waiting, queued, looked_for = _by_account(_waiting()), _by_account(_queued(at)), _by_account(_looked_for())
    links = {link.account_id: link for link in db.session.scalars(select(ChannelLink))}
    states, set_aside = _states(), dict(_pairs(_set_aside()))
    parked = {row.account_id: row for row in db.session.execute(_parked())}
    refused = {row.account_id: row for row in db.session.execute(_refused(at))}
    return [
        ChannelFacts(
            account=account,
            waiting=waiting.get(account.id, Line()),
            queued=queued.get(account.id, Line()),
            unknown=states.get((account.id, DeliveryState.UNKNOWN), 0),
            failed=states.get((account.id, DeliveryState.FAILED), 0),
            set_aside=set_aside.get(account.id, 0),
            parked=parked[account.id].waiting if account.id in parked else 0,
            overdue_parked=parked[account.id].overdue if account.id in parked else 0,
            refused_today=refused[account.id].calls if account.id in refused else 0,
            refused_at=refused[account.id].last_at if account.id in refused else None,
            link=links.get(account.id),
            looked_for=looked_for.get(account.id, Line()),
        )
        for account in queries.channel_accounts()
    ]


def scheduled_and_media(*, at: datetime) -> tuple[Line, Line]:
    """Replies that wait for their own time (`oldest` is when the next goes), and media to fetch: one query."""
    is_scheduled = (Delivery.state == DeliveryState.QUEUED, Delivery.not_before > at)
    scheduled = select(func.count(), func.min(Delivery.not_before)).where(*is_scheduled).subquery()
    media = select(func.count(), func.min(File.created_at)).where(File.state == "waiting").subquery()
    row = db.session.execute(select(scheduled, media).join_from(scheduled, media, true())).one()
    return Line(rows=row[0], oldest=row[1]), Line(rows=row[2], oldest=row[3])


def _waiting() -> Select[int, int, datetime]:
    return (
        select(InboundEvent.account_id, func.count().label("rows"), func.min(InboundEvent.received_at).label("oldest"))
        .where(InboundEvent.state == InboundState.RECEIVED)
        .group_by(InboundEvent.account_id)
    )


def _queued(at: datetime) -> Select[int, int, datetime]:
    return (
        select(Delivery.account_id, func.count().label("rows"), func.min(Delivery.not_before).label("oldest"))
        .where(Delivery.state == DeliveryState.QUEUED, Delivery.not_before <= at)
        .group_by(Delivery.account_id)
    )


def _looked_for() -> Select[int, int, datetime]:
    return (
        select(DeliveryLookup.account_id, func.count().label("rows"), func.min(DeliveryLookup.due_at).label("oldest"))
        .where(~DeliveryLookup.is_over)
        .group_by(DeliveryLookup.account_id)
    )


def _set_aside() -> Select[int, int]:
    return (
        select(InboundEvent.account_id, func.count())
        .where(InboundEvent.state.in_(SET_ASIDE))
        .group_by(InboundEvent.account_id)
    )


def _parked() -> Select[int, int, int]:
    is_overdue = ParkedEvent.set_aside_at.is_not(None)
    return select(
        ParkedEvent.account_id,
        func.count(case((~is_overdue, 1))).label("waiting"),
        func.count(case((and_(is_overdue, ParkedEvent.discarded_at.is_(None)), 1))).label("overdue"),
    ).group_by(ParkedEvent.account_id)


def _refused(at: datetime) -> Select[int, int, datetime | None]:
    today = at.astimezone(UTC).date()
    return select(RefusedCalls.account_id, RefusedCalls.count.label("calls"), RefusedCalls.last_at).where(
        RefusedCalls.day == today
    )


def _states() -> dict[tuple[int, str], int]:
    """(account, state) → how many deliveries that nobody has dealt with yet."""
    rows = db.session.execute(
        select(Delivery.account_id, Delivery.state, func.count().label("n"))
        .where(Delivery.state.in_(UNSETTLED), ~Delivery.is_passed)
        .group_by(Delivery.account_id, Delivery.state)
    )
    return {(row.account_id, row.state): row.n for row in rows}


def _by_account(statement: Select[int, int, datetime]) -> dict[int, Line]:
    return {row.account_id: Line(rows=row.rows, oldest=row.oldest) for row in db.session.execute(statement)}


def _pairs(statement: Select[int, int]) -> Sequence[tuple[int, int]]:
    return [(row[0], row[1]) for row in db.session.execute(statement)]
