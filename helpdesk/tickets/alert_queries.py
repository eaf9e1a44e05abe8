"""The SELECTs of alerts: somebody's own, about tickets that they may read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from helpdesk.messaging.models import Identity
from helpdesk.orm import db
from helpdesk.people.permissions import Standing
from helpdesk.tickets.models import Alert, Ticket
from helpdesk.tickets.queries import IS_READABLE, ME, fence

SHOWN = 100


@dataclass(frozen=True, kw_only=True)
class ShownAlert:
    id: int
    ticket_id: int
    customer: str
    words: str
    at: datetime
    is_seen: bool


@dataclass(frozen=True, kw_only=True)
class Unseen:
    """How many, and the newest of them; `newest_id` is 0 without any."""

    n: int
    newest_id: int
    words: str
    customer: str


def alerts_of(standing: Standing) -> list[ShownAlert]:
    """The newest hundred, the newest first."""
    mine = _mine().order_by(Alert.id.desc()).limit(SHOWN)
    return [ShownAlert(**row._mapping) for row in db.session.execute(mine, fence(standing))]


def unseen(standing: Standing) -> Unseen:
    found = _mine().where(Alert.seen_at.is_(None)).order_by(Alert.id.desc()).limit(SHOWN)
    rows = db.session.execute(found, fence(standing)).all()
    newest = rows[0] if rows else None
    return Unseen(
        n=len(rows),
        newest_id=newest.id if newest else 0,
        words=newest.words if newest else "",
        customer=newest.customer if newest else "",
    )


def _mine() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Alert.id,
            Alert.ticket_id,
            func.coalesce(func.nullif(Identity.display_name, ""), Identity.handle).label("customer"),
            Alert.words,
            Alert.at,
            Alert.seen_at.is_not(None).label("is_seen"),
        )
        .join(Ticket, Ticket.id == Alert.ticket_id)
        .join(Identity, Identity.id == Ticket.customer_identity_id)
        .where(Alert.agent_id == ME, IS_READABLE)
    )
