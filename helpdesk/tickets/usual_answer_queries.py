"""The SELECTs of what customers are told about a brand's answers."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, true

from helpdesk.orm import db
from helpdesk.sla.models import Clock, ClockKind
from helpdesk.tickets.models import Ticket


@dataclass(frozen=True, kw_only=True)
class UsualAnswer:
    """How many answers a brand gave, and the opening time within which 9 in 10 of them came."""

    answers: int
    p90_seconds: float | None


def usual_answer(brand_id: int, *, since: datetime) -> UsualAnswer:
    # Looked up by its key for each answer: a join might as well read every ticket there is.
    place = select(Ticket.brand_id).where(Ticket.id == Clock.ticket_id).limit(1).lateral()
    row = db.session.execute(
        select(func.count(), func.percentile_cont(0.9).within_group(Clock.business_seconds))
        .join(place, true())
        .where(
            place.c.brand_id == brand_id,
            Clock.kind.in_((ClockKind.FIRST_RESPONSE, ClockKind.NEXT_RESPONSE)),
            Clock.stopped_at >= since,
            Clock.superseded_at.is_(None),
            Clock.stopped_by_message_id.is_not(None),
        )
    ).one()
    return UsualAnswer(answers=row[0], p90_seconds=row[1])
