"""Messages to which X gives one millisecond stand in X's own order, whatever order it tells of them in."""

from datetime import datetime
from itertools import permutations

import pytest

from helpdesk.messaging import queries
from helpdesk.messaging.models import Conversation
from helpdesk.orm import db
from tests.support.cast import Cast, dana_says, hear, newest_ticket

IDS = ("998", "1001", "1002")


def said() -> list[str]:
    return [m.parts[0].text for m in queries.messages_before(newest_ticket().conversation_id)]


@pytest.mark.parametrize("order", list(permutations(IDS)), ids="-".join)
def test_they_stand_in_the_order_of_their_ids(cast: Cast, at: datetime, order: tuple[str, ...]) -> None:
    for external_id in order:
        hear(cast.x, dana_says(external_id, at=at, external_id=external_id))

    assert said() == list(IDS)
    conversation = db.session.get_one(Conversation, newest_ticket().conversation_id, populate_existing=True)
    assert conversation.last_message_id is not None
    assert queries.message_as_shown(conversation.last_message_id).parts[0].text == "1002"


def test_in_one_batch_too(cast: Cast, at: datetime) -> None:
    hear(cast.x, dana_says("1002", at=at, external_id="1002"))
    hear(cast.x, *(dana_says(one, at=at, external_id=one) for one in ("998", "1001")))

    assert said() == list(IDS)


def test_another_conversation_of_the_same_instant_is_left_alone(cast: Cast, at: datetime) -> None:
    hear(cast.x, dana_says("1002", at=at, external_id="1002"))
    first = newest_ticket().conversation_id
    hear(cast.x, dana_says("998", at=at, external_id="998", customer="8003"))

    assert [m.platform_time for m in queries.messages_before(first)] == [at]
    assert [m.platform_time for m in queries.messages_before(newest_ticket().conversation_id)] == [at]
