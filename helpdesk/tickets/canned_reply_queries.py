"""The SELECTs of canned replies."""

from collections.abc import Sequence

from sqlalchemy import or_, select

from helpdesk.errors import NotFound
from helpdesk.orm import db
from helpdesk.people.permissions import Standing
from helpdesk.tickets.models import CannedReply


def shared_canned_replies(brand_id: int) -> Sequence[CannedReply]:
    """Those that the brand's staff shares, by shortcut."""
    return db.session.scalars(
        select(CannedReply)
        .where(CannedReply.brand_id == brand_id, CannedReply.owner_id.is_(None))
        .order_by(CannedReply.shortcut)
    ).all()


def find_shared_canned_reply(reply_id: int, standing: Standing) -> CannedReply:
    """Raises NotFound for one that this person does not keep."""
    reply = db.session.get(CannedReply, reply_id)
    if reply is None or reply.owner_id is not None or not standing.keeps_canned_replies_of(reply.brand_id):
        raise NotFound("no such canned reply")
    return reply


def canned_replies(brand_id: int, agent_id: int) -> Sequence[CannedReply]:
    """Shared ones and the agent's own, the most used first."""
    return db.session.scalars(
        select(CannedReply)
        .where(CannedReply.brand_id == brand_id, or_(CannedReply.owner_id.is_(None), CannedReply.owner_id == agent_id))
        .order_by(CannedReply.use_count.desc(), CannedReply.shortcut)
        .limit(500)
    ).all()


def canned_reply_named(brand_id: int, owner_id: int | None, shortcut: str) -> CannedReply | None:
    return db.session.scalars(
        select(CannedReply).where(
            CannedReply.brand_id == brand_id,
            CannedReply.owner_id.is_not_distinct_from(owner_id),
            CannedReply.shortcut == shortcut,
        )
    ).one_or_none()
