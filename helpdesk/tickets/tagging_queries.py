"""The SELECTs of tags."""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, select

from helpdesk.arrays import any_of
from helpdesk.messaging.models import Identity
from helpdesk.orm import db
from helpdesk.tickets.models import CustomerTag, Tag, Ticket, TicketTag


def tags_of(ticket_id: int) -> Sequence[str]:
    return db.session.scalars(
        select(Tag.name)
        .join(TicketTag, TicketTag.tag_id == Tag.id)
        .where(TicketTag.ticket_id == ticket_id)
        .order_by(Tag.name)
    ).all()


def tags_of_many(ticket_ids: Collection[int]) -> dict[int, tuple[str, ...]]:
    rows = db.session.execute(
        select(TicketTag.ticket_id, Tag.name)
        .join(Tag, Tag.id == TicketTag.tag_id)
        .where(any_of(TicketTag.ticket_id, ticket_ids))
        .order_by(TicketTag.ticket_id, Tag.name)
    )
    found: dict[int, tuple[str, ...]] = {}
    for ticket_id, name in rows:
        found[ticket_id] = (*found.get(ticket_id, ()), name)
    return found


def customer_tags(ticket_ids: Collection[int]) -> Sequence[tuple[int, int, str]]:
    """(ticket id, tag id, name) of what the tickets' customers are tagged by their brand, by ticket and name."""
    rows = db.session.execute(
        select(Ticket.id, Tag.id, Tag.name)
        .join(Identity, Identity.id == Ticket.customer_identity_id)
        .join(CustomerTag, CustomerTag.contact_id == Identity.contact_id)
        .join(Tag, and_(Tag.id == CustomerTag.tag_id, Tag.brand_id == Ticket.brand_id))
        .where(any_of(Ticket.id, ticket_ids))
        .order_by(Ticket.id, Tag.name)
    )
    return [(ticket_id, tag_id, name) for ticket_id, tag_id, name in rows]


def tag_id(brand_id: int, name: str) -> int | None:
    return db.session.scalars(select(Tag.id).where(Tag.brand_id == brand_id, Tag.name == name)).one_or_none()


def tags_of_brands(brand_ids: Collection[int]) -> dict[str, list[int]]:
    """name → the ids of the tags that these brands have under it, by name."""
    found: dict[str, list[int]] = {}
    for tag_id, name in db.session.execute(
        select(Tag.id, Tag.name).where(Tag.brand_id.in_(brand_ids)).order_by(Tag.name, Tag.id)
    ):
        found.setdefault(name, []).append(tag_id)
    return found
