"""The SELECTs of kept reports."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from helpdesk.errors import NotFound
from helpdesk.metrics.models import SavedReport
from helpdesk.orm import db


def saved_by(agent_id: int) -> Sequence[SavedReport]:
    """By name."""
    return db.session.scalars(
        select(SavedReport).where(SavedReport.owner_id == agent_id).order_by(SavedReport.name, SavedReport.id)
    ).all()


def find_saved(report_id: int, *, agent_id: int) -> SavedReport:
    """Raises NotFound for what is not this agent's."""
    found = db.session.scalars(
        select(SavedReport).where(SavedReport.id == report_id, SavedReport.owner_id == agent_id)
    ).one_or_none()
    if found is None:
        raise NotFound("no such report")
    return found


def saved_with(token_hash: str) -> SavedReport | None:
    return db.session.scalars(select(SavedReport).where(SavedReport.token_hash == token_hash)).one_or_none()


def lock_due(*, at: datetime) -> SavedReport | None:
    """One that is to be mailed by now, and that nobody else has."""
    return db.session.scalars(
        select(SavedReport)
        .where(SavedReport.next_at <= at)
        .order_by(SavedReport.next_at, SavedReport.id)
        .limit(1)
        .with_for_update(skip_locked=True, key_share=True)
    ).one_or_none()
