"""A batch of messages is filed as if they had come one by one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from helpdesk.channels.port import InboundMessage
from helpdesk.messaging.models import Identity, Message
from helpdesk.orm import db
from helpdesk.people.permissions import Act
from helpdesk.sla import queries as sla_queries
from helpdesk.tickets import lifecycle, queries
from helpdesk.tickets.models import Ticket, TicketMessage, TimelineEvent
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, dana_says, hear, larkpost_says_on_x, newest_ticket, reply, standing

HOUR = timedelta(hours=1)
ASKS, THANKS, APP = "Still broken", "Thanks!", "From the phone"

_customers = count(20_000)

Said = tuple[int, str]
"""(hours after the ticket was resolved, what)."""

hours = st.one_of(st.integers(1, 5), st.integers(68, 76), st.integers(140, 220))
batches = st.lists(
    st.tuples(hours, st.sampled_from([ASKS, THANKS, APP])), min_size=1, max_size=6, unique_by=lambda said: said[0]
).map(sorted)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(before="resolved", batch=[(50, THANKS), (100, ASKS)], is_heard_late=True)
@example(before="resolved", batch=[(50, APP), (100, ASKS)], is_heard_late=True)
@example(before="resolved", batch=[(50, APP), (60, THANKS), (100, APP), (110, ASKS)], is_heard_late=False)
@given(
    before=st.sampled_from(["nothing", "open", "answered", "pending", "resolved"]),
    batch=batches,
    is_heard_late=st.booleans(),
)
def test_a_batch_is_filed_as_its_messages_one_by_one(
    cast: Cast, at: datetime, before: str, batch: list[Said], is_heard_late: bool
) -> None:
    together, singly = (story(cast, before, at=at) for _ in range(2))
    heard_at = at + 300 * HOUR if is_heard_late else None

    hear(cast.x, *messages(together, batch, at=at), at=heard_at)
    for message in messages(singly, batch, at=at):
        hear(cast.x, message, at=heard_at)

    assert filing(together) == filing(singly)


@pytest.mark.parametrize("what", [THANKS, APP])
def test_what_stands_before_the_message_of_a_new_ticket_stays_with_the_old(cast: Cast, at: datetime, what: str) -> None:
    customer = story(cast, "resolved", at=at)
    old = newest_ticket()

    hear(cast.x, *messages(customer, [(50, what), (100, ASKS)], at=at), at=at + 101 * HOUR)

    said = {message.parts[0].text: ticket_id for message, ticket_id in filed(customer)}
    assert said[what] == old.id
    assert said[ASKS] == newest_ticket().id != old.id
    assert newest_ticket().opened_at == at + 100 * HOUR


def story(cast: Cast, before: str, *, at: datetime) -> str:
    """A customer with a ticket that has come this far; their external id."""
    customer = str(next(_customers))
    if before == "nothing":
        return customer
    ticket = a_ticket(cast, at=at - 2 * HOUR, customer=customer)
    if before != "open":
        reply(ticket, "Done", by=cast.amal, at=at - HOUR)
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE)
        if before == "pending":
            lifecycle.wait_for_customer(locked, by=cast.amal, at=at)
        elif before == "resolved":
            lifecycle.resolve(locked, by=cast.amal, at=at)
    return customer


def messages(customer: str, batch: Sequence[Said], *, at: datetime) -> list[InboundMessage]:
    return [
        (larkpost_says_on_x if what == APP else dana_says)(what, at=at + after * HOUR, customer=customer)
        for after, what in batch
    ]


def filed(customer: str) -> list[tuple[Message, int]]:
    """(message, ticket id) of all that was said with them, in order."""
    rows = db.session.execute(
        select(Message, TicketMessage.ticket_id)
        .join(TicketMessage, TicketMessage.message_id == Message.id)
        .where(TicketMessage.ticket_id.in_([ticket.id for ticket in tickets_of(customer)]))
        .order_by(Message.platform_time, Message.id)
        .options(joinedload(Message.parts))
    )
    return [(row.Message, row.ticket_id) for row in rows.unique()]


def tickets_of(customer: str) -> Sequence[Ticket]:
    db.session.expire_all()
    identity = select(Identity.id).where(Identity.network == "x", Identity.external_id == customer).scalar_subquery()
    return db.session.scalars(select(Ticket).where(Ticket.customer_identity_id == identity).order_by(Ticket.id)).all()


def filing(customer: str) -> list[Any]:
    """Their tickets as values: state, clocks, timeline, and the messages of each."""
    said = filed(customer)
    return [
        (
            (ticket.status, ticket.opened_at, ticket.updated_at, ticket.waiting_since, ticket.last_reply_at),
            (ticket.due_at, ticket.resolved_at, ticket.reopened_count, ticket.matched),
            [
                (c.kind, c.started_at, c.due_at, c.stopped_at, c.business_seconds, c.superseded_at, spans_of(c.id))
                for c in sla_queries.clocks_of_ticket(ticket.id)
            ],
            [
                (event.kind, event.at)
                for event in db.session.scalars(
                    select(TimelineEvent).where(TimelineEvent.ticket_id == ticket.id).order_by(TimelineEvent.id)
                )
            ],
            [(message.platform_time, message.origin) for message, ticket_id in said if ticket_id == ticket.id],
        )
        for ticket in tickets_of(customer)
    ]


def spans_of(clock_id: int) -> list[Any]:
    return [(pause.started_at, pause.ended_at, pause.reason) for pause in sla_queries.pauses_of([clock_id])[clock_id]]
