"""The SELECTs of applying a brand's promises to its tickets again."""

from collections.abc import Collection, Sequence

from sqlalchemy import Select, select

from helpdesk.messaging.models import ChannelAccount
from helpdesk.orm import db
from helpdesk.people.models import Team
from helpdesk.tickets.models import Ticket
from helpdesk.tickets.queries import ACTIVE


def active_tickets_of_brand(brand_id: int) -> Sequence[Ticket]:
    """Open, pending and snoozed, by id."""
    return db.session.scalars(_of_brand(brand_id).order_by(Ticket.id)).all()


def lock_active_tickets_of_brand(brand_id: int, *, after_id: int, limit: int) -> Sequence[Ticket]:
    """The next of them with a larger id."""
    following = _of_brand(brand_id).where(Ticket.id > after_id).order_by(Ticket.id).limit(limit)
    return db.session.scalars(following.with_for_update(key_share=True).execution_options(populate_existing=True)).all()


def networks_of(account_ids: Collection[int]) -> dict[int, str]:
    """account → its network."""
    rows = db.session.execute(
        select(ChannelAccount.id, ChannelAccount.network).where(ChannelAccount.id.in_(account_ids))
    )
    return {row.id: row.network for row in rows}


def _of_brand(brand_id: int) -> Select[Ticket]:
    # By its teams, which the index of active tickets begins with.
    teams = select(Team.id).where(Team.brand_id == brand_id)
    return select(Ticket).where(Ticket.team_id.in_(teams), Ticket.status.in_(ACTIVE))
