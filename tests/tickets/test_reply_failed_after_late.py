"""A reply that fails for good, where a message had come before it that was filed after it: one turn, one clock."""

from datetime import datetime, timedelta

import pytest

from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Delivery, Message
from helpdesk.orm import db
from helpdesk.sla import queries as sla_queries
from helpdesk.sla.models import RESPONSES, ClockKind
from helpdesk.tickets.replying import reply_failed
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, dana_says, hear, reply

MINUTE = timedelta(minutes=1)


def fail_for_good(answer: Message, *, at: datetime) -> None:
    with transaction():
        delivery = db.session.query(Delivery).filter_by(message_id=answer.id).one()
        delivery.state = DeliveryState.FAILED
        reply_failed(delivery, at=at)


def test_what_was_heard_before_the_reply_and_filed_after_it_is_of_the_turn_that_runs_again(
    cast: Cast, at: datetime
) -> None:
    ticket = a_ticket(cast, at=at)
    answer = reply(ticket, "On its way", by=cast.amal, at=at + 3 * MINUTE)
    hear(cast.x, dana_says("Hello?", at=at + MINUTE), at=at + 2 * MINUTE)

    fail_for_good(answer, at=at + 4 * MINUTE)

    db.session.refresh(ticket)
    running = [clock for clock in sla_queries.clocks_of_ticket(ticket.id) if clock.is_running]
    assert {clock.kind: clock.started_at for clock in running} == {
        ClockKind.FIRST_RESPONSE: at,
        ClockKind.RESOLUTION: at,
    }
    assert ticket.waiting_since == at


def test_what_comes_late_after_the_only_reply_has_failed_still_waits_for_a_first_response(
    cast: Cast, at: datetime
) -> None:
    ticket = a_ticket(cast, at=at)
    answer = reply(ticket, "On its way", by=cast.amal, at=at + 3 * MINUTE)
    fail_for_good(answer, at=at + 4 * MINUTE)

    hear(cast.x, dana_says("Hello?", at=at + 2 * MINUTE), at=at + 5 * MINUTE)

    running = [clock for clock in sla_queries.clocks_of_ticket(ticket.id) if clock.is_running]
    assert {clock.kind: clock.started_at for clock in running} == {
        ClockKind.FIRST_RESPONSE: at,
        ClockKind.RESOLUTION: at,
    }


@pytest.mark.parametrize("is_heard_first", [True, False])
def test_whether_it_is_heard_before_or_after_the_failure_it_counts_from_when_it_was_heard(
    cast: Cast, at: datetime, is_heard_first: bool
) -> None:
    """The agent acted without having read it, though the reply came to nothing; either order is the same turn."""
    ticket = a_ticket(cast, at=at)
    reply(ticket, "First", by=cast.amal, at=at + MINUTE)
    answer = reply(ticket, "Second", by=cast.amal, at=at + 5 * MINUTE)

    def is_heard() -> None:
        hear(cast.x, dana_says("Hello?", at=at + 3 * MINUTE), at=at + 7 * MINUTE)

    if is_heard_first:
        is_heard()
    fail_for_good(answer, at=at + 6 * MINUTE)
    if not is_heard_first:
        is_heard()

    [running] = [c for c in sla_queries.clocks_of_ticket(ticket.id) if c.is_running and c.kind in RESPONSES]
    assert running.started_at == at + 7 * MINUTE
