"""A reply is stopped by what came while it was written, also where that came late and stands above what was read."""

from datetime import datetime, timedelta

import pytest

from helpdesk.messaging import queries as messaging_queries
from helpdesk.people.permissions import Act
from helpdesk.tickets import queries
from helpdesk.tickets.submitting import Overtaken, Then, submit_reply
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, dana_says, hear, standing


def test_a_message_that_came_late_stops_a_reply_written_without_it(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    seen = messaging_queries.newest_customer_message_id(ticket.conversation_id)
    assert seen is not None
    hear(cast.x, dana_says("Sent before", at=at - timedelta(minutes=5)), at=at + timedelta(minutes=1))

    with pytest.raises(Overtaken), transaction():
        submit_reply(
            queries.lock_ticket(ticket.id, standing(cast.amal), Act.REPLY),
            "On its way",
            files=[],
            key="k",
            seen_message_id=seen,
            then=Then.NOTHING,
            by=cast.amal,
            at=at + timedelta(minutes=2),
        )
