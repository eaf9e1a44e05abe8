"""The SELECTs of tickets for verbs: found or locked, and what a step needs to know.

Everything a person sees goes through the fence of their standing.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, any_, bindparam, exists, func, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, distinct_on
from sqlalchemy.orm import aliased, joinedload

from helpdesk.arrays import any_of
from helpdesk.errors import NotFound
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Conversation, Delivery, Direction, Message, Origin
from helpdesk.orm import db
from helpdesk.people.models import Team
from helpdesk.people.permissions import Act, Place, Standing, check
from helpdesk.sla.clocks import ClockStop
from helpdesk.tickets.models import PeriodicRun, Status, Ticket, TicketMessage, TimelineEvent

ACTIVE = (Status.OPEN, Status.PENDING, Status.SNOOZED)


def place_of(ticket: Ticket, team: Team) -> Place:
    return Place(brand_id=ticket.brand_id, team_id=team.id, is_open_to_all_agents=team.is_open_to_all_agents)


# What a page reads is a statement made once, for all people: making one anew takes as long as running it. They find
# who asks, and the teams whose tickets they may read, in `fence(standing)`.
ME = bindparam("agent_id", type_=Ticket.id.type)
READABLE_TEAMS = bindparam("team_ids", type_=ARRAY(Team.id.type))
IS_READABLE = Ticket.team_id == any_(READABLE_TEAMS)


def fence(standing: Standing) -> dict[str, Any]:
    return {"agent_id": standing.agent_id, "team_ids": sorted(standing.readable_team_ids)}


def find_ticket(ticket_id: int, standing: Standing, act: Act = Act.READ) -> Ticket:
    """The ticket with all that its page needs. Raises NotFound, or Refused where it may only be read."""
    ticket = db.session.scalars(_whole_ticket(), {"ticket_id": ticket_id}).one_or_none()
    if ticket is None:
        raise NotFound("no such ticket")
    check(standing, act, place_of(ticket, ticket.team))
    return ticket


def lock_ticket(ticket_id: int, standing: Standing, act: Act) -> Ticket:
    """The same, locked with its conversation, as it is now. Conversation first: the order every writer keeps."""
    found = find_ticket(ticket_id, standing, act)
    db.session.execute(
        select(Conversation.id).where(Conversation.id == found.conversation_id).with_for_update(key_share=True)
    )
    ticket = db.session.scalars(
        _whole_ticket().with_for_update(of=Ticket, key_share=True).execution_options(populate_existing=True),
        {"ticket_id": ticket_id},
    ).one()
    check(standing, act, place_of(ticket, ticket.team))
    return ticket


@cache
def _whole_ticket() -> Select[Ticket]:
    return (
        select(Ticket)
        .where(Ticket.id == bindparam("ticket_id"))
        .options(
            joinedload(Ticket.team).joinedload(Team.brand),
            joinedload(Ticket.account),
            joinedload(Ticket.assignee),
            joinedload(Ticket.conversation),
            joinedload(Ticket.customer),
        )
    )


def lock_ticket_of_message(message_id: int) -> Ticket | None:
    """The ticket whose episode the message belongs to; its conversation must be locked."""
    return db.session.scalars(
        select(Ticket)
        .join(TicketMessage, TicketMessage.ticket_id == Ticket.id)
        .where(TicketMessage.message_id == message_id)
        .with_for_update(of=Ticket, key_share=True)
        .execution_options(populate_existing=True)
    ).one_or_none()


def lock_latest_tickets(brand_id: int, conversation_ids: Collection[int]) -> dict[int, Ticket]:
    """conversation id → its latest ticket that was not made by a split, locked."""
    newest = (
        select(Ticket.id)
        .where(Ticket.conversation_id == Conversation.id, Ticket.brand_id == brand_id, ~Ticket.is_split)
        .order_by(Ticket.id.desc())
        .limit(1)
        .lateral()
    )
    ids = (
        select(newest.c.id)
        .select_from(Conversation)
        .join(newest, true())
        .where(any_of(Conversation.id, conversation_ids))
    )
    found = db.session.scalars(
        select(Ticket)
        .where(Ticket.id.in_(ids))
        .order_by(Ticket.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return {ticket.conversation_id: ticket for ticket in found}


def latest_tickets(conversation_ids: Collection[int]) -> Sequence[Ticket]:
    """The latest ticket of each conversation, without a lock."""
    if not conversation_ids:
        return []
    newest = (
        select(func.max(Ticket.id))
        .where(any_of(Ticket.conversation_id, conversation_ids))
        .group_by(Ticket.conversation_id)
    )
    return db.session.scalars(select(Ticket).where(Ticket.id.in_(newest))).all()


def latest_places(conversation_ids: Collection[int]) -> Sequence[Row[int, int, int, int]]:
    """(ticket_id, conversation_id, brand_id, team_id) of each conversation's latest ticket: what a notice names."""
    return db.session.execute(
        select(Ticket.id.label("ticket_id"), Ticket.conversation_id, Ticket.brand_id, Ticket.team_id)
        .ext(distinct_on(Ticket.conversation_id))
        .where(any_of(Ticket.conversation_id, conversation_ids))
        .order_by(Ticket.conversation_id, Ticket.id.desc())
    ).all()


def tickets(ticket_ids: Collection[int]) -> Sequence[Ticket]:
    return db.session.scalars(select(Ticket).where(Ticket.id.in_(ticket_ids))).all()


def latest_ticket_of_conversation(account_id: int, conversation_key: str) -> Ticket:
    return db.session.scalars(
        select(Ticket)
        .join(Conversation, Conversation.id == Ticket.conversation_id)
        .where(Conversation.account_id == account_id, Conversation.external_key == conversation_key)
        .order_by(Ticket.id.desc())
        .limit(1)
    ).one()


def lock_active_tickets_of(agent_id: int) -> Sequence[Ticket]:
    return db.session.scalars(
        select(Ticket)
        .where(Ticket.assignee_id == agent_id, Ticket.status.in_(ACTIVE))
        .order_by(Ticket.id)
        .with_for_update(key_share=True)
    ).all()


def lock_snoozed_until(at: datetime, *, limit: int) -> Sequence[Ticket]:
    return db.session.scalars(
        select(Ticket)
        .where(Ticket.status == Status.SNOOZED, Ticket.snoozed_until <= at)
        .order_by(Ticket.snoozed_until)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
    ).all()


def first_customer_message_after(ticket_id: int, instant: datetime) -> datetime | None:
    """Platform time of the episode's first customer message after `instant`."""
    return db.session.scalars(
        select(func.min(Message.platform_time))
        .join(TicketMessage, TicketMessage.message_id == Message.id)
        .where(TicketMessage.ticket_id == ticket_id, Message.direction == Direction.IN, Message.platform_time > instant)
    ).one()


def next_reply(ticket_id: int, *, after_message_id: int) -> ClockStop | None:
    """The next public reply in the episode after a message, as what would stop a clock in its place.

    A reply that failed, was taken back or is to be sent later is none.
    """
    reply = aliased(Message)
    is_none = exists().where(
        Delivery.message_id == reply.id,
        or_(Delivery.state.in_((DeliveryState.FAILED, DeliveryState.CANCELLED)), Delivery.awaits_release),
    )
    row = db.session.execute(
        select(reply.id, reply.platform_time, reply.author_agent_id)
        .join(TicketMessage, TicketMessage.message_id == reply.id)
        .join(Message, Message.id == after_message_id)
        .where(
            TicketMessage.ticket_id == ticket_id,
            reply.direction == Direction.OUT,
            reply.origin != Origin.DESK_AUTOMATION,
            tuple_(reply.platform_time, reply.id) > tuple_(Message.platform_time, Message.id),
            ~is_none,
        )
        .order_by(reply.platform_time, reply.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return ClockStop(ticket_id=ticket_id, at=row.platform_time, by_message_id=row.id, by_agent_id=row.author_agent_id)


def held_by(ticket_id: int, *, at: datetime) -> int | None:
    """Whose ticket it was at that instant, from its history; None: nobody's."""
    last = db.session.scalars(
        select(TimelineEvent.details)
        .where(
            TimelineEvent.ticket_id == ticket_id,
            TimelineEvent.kind.in_(("assigned", "unassigned")),
            TimelineEvent.at <= at,
        )
        .order_by(TimelineEvent.at.desc(), TimelineEvent.id.desc())
        .limit(1)
    ).one_or_none()
    return last.get("to_id") if last else None


def last_run(name: str) -> datetime | None:
    """When a scheduled job last ran, whatever program ran it."""
    return db.session.scalars(select(PeriodicRun.last_at).where(PeriodicRun.name == name)).one_or_none()
