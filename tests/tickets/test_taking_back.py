"""Undo and cancel (behaviour.md 2.4, 4.7): what has not left is a draft again, and the customer waits as before."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from helpdesk.errors import Conflict
from helpdesk.messaging import native_queries, outbound
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import ChannelAccount, Conversation, Delivery, Message
from helpdesk.orm import db
from helpdesk.people.models import Agent
from helpdesk.people.permissions import Act
from helpdesk.sla import queries as sla_queries
from helpdesk.sla.models import ClockKind
from helpdesk.tickets import drafts, lifecycle, queries, replying, taking_back
from helpdesk.tickets.models import Draft, Status, Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, dana_says, hear, newest_ticket, reply, standing

MINUTE, UNDO = timedelta(minutes=1), timedelta(seconds=8)


@pytest.fixture
def ticket(cast: Cast, at: datetime) -> Ticket:
    return a_ticket(cast, at=at)


def reply_with_undo(ticket: Ticket, text: str, *, by: Agent, at: datetime, undo: timedelta = UNDO) -> Message:
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(by), Act.REPLY)
        return replying.reply_to_ticket(locked, text, key=f"key-{text}", undo=undo, by=by, at=at)


def take_back(message: Message, *, by: Agent, at: datetime) -> None:
    with transaction():
        ticket = queries.lock_ticket(newest_ticket().id, standing(by), Act.REPLY)
        taking_back.take_back_reply(ticket, delivery_of(message), by=by, at=at)


def delivery_of(message: Message) -> Delivery:
    return db.session.scalars(select(Delivery).where(Delivery.message_id == message.id)).one()


def claim(account: ChannelAccount, *, at: datetime) -> list[str]:
    with transaction():
        return [c.text for c in outbound.claim_heads(account, limit=20, at=at)]


def draft_of(ticket: Ticket, agent: Agent) -> tuple[str, str] | None:
    found = db.session.get(Draft, (ticket.id, agent.id), populate_existing=True)
    return (found.body, found.mode) if found is not None else None


def test_a_reply_does_not_leave_before_its_undo_time_is_over(cast: Cast, ticket: Ticket, at: datetime) -> None:
    reply_with_undo(ticket, "On its way", by=cast.amal, at=at + MINUTE)

    assert claim(cast.x, at=at + MINUTE + UNDO - timedelta(microseconds=1)) == []
    assert claim(cast.x, at=at + MINUTE + UNDO) == ["On its way"]


def test_the_answer_counts_from_when_it_was_submitted(cast: Cast, ticket: Ticket, at: datetime) -> None:
    reply_with_undo(ticket, "On its way", by=cast.amal, at=at + MINUTE)

    assert newest_ticket().waiting_since is None
    assert newest_ticket().last_reply_at == at + MINUTE


def test_undo_gives_the_words_back_and_lets_the_clock_run_on_from_its_old_start(
    cast: Cast, ticket: Ticket, at: datetime
) -> None:
    due_at = ticket.due_at
    message = reply_with_undo(ticket, "On its way", by=cast.amal, at=at + MINUTE)

    take_back(message, by=cast.amal, at=at + MINUTE + UNDO / 2)

    clocks = {c.kind: c for c in sla_queries.running_clocks([ticket.id])[ticket.id]}
    assert clocks[ClockKind.FIRST_RESPONSE].started_at == at
    assert (newest_ticket().waiting_since, newest_ticket().due_at) == (at, due_at)
    assert draft_of(ticket, cast.amal) == ("On its way", "reply")
    assert delivery_of(message).state == DeliveryState.CANCELLED
    assert claim(cast.x, at=at + 2 * MINUTE) == []


def test_undo_puts_the_words_before_what_was_begun_since(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = reply_with_undo(ticket, "On its way", by=cast.amal, at=at + MINUTE)
    drafts.keep(ticket, "One more thing", mode="reply", by=cast.amal, at=at + MINUTE)

    take_back(message, by=cast.amal, at=at + MINUTE)

    assert draft_of(ticket, cast.amal) == ("On its way\nOne more thing", "reply")


def test_a_note_that_was_begun_stays_a_note(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = reply_with_undo(ticket, "On its way", by=cast.amal, at=at + MINUTE)
    drafts.keep(ticket, "She is cross", mode="note", by=cast.amal, at=at + MINUTE)

    take_back(message, by=cast.amal, at=at + MINUTE)

    assert draft_of(ticket, cast.amal) == ("On its way\nShe is cross", "note")


def test_undo_is_refused_in_words_once_it_is_on_its_way(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = reply_with_undo(ticket, "On its way", by=cast.amal, at=at + MINUTE)
    claim(cast.x, at=at + MINUTE + UNDO)

    with pytest.raises(Conflict, match="on its way"):
        take_back(message, by=cast.amal, at=at + MINUTE + UNDO)

    assert delivery_of(message).state == DeliveryState.SENDING
    assert newest_ticket().waiting_since is None
    assert draft_of(ticket, cast.amal) is None


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (DeliveryState.ACCEPTED, "has been sent"),
        (DeliveryState.READ, "has been sent"),
        (DeliveryState.UNKNOWN, "may have arrived"),
        (DeliveryState.CANCELLED, "taken back already"),
    ],
)
def test_what_has_left_is_not_taken_back(
    cast: Cast, ticket: Ticket, at: datetime, state: DeliveryState, words: str
) -> None:
    message = reply_with_undo(ticket, "On its way", by=cast.amal, at=at + MINUTE)
    delivery_of(message).state = state

    with pytest.raises(Conflict, match=words):
        take_back(message, by=cast.amal, at=at + 2 * MINUTE)


def test_the_second_of_two_agents_who_undo_is_told_so(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = reply_with_undo(ticket, "On its way", by=cast.amal, at=at + MINUTE)
    take_back(message, by=cast.lena, at=at + MINUTE)

    with pytest.raises(Conflict, match="taken back already"):
        take_back(message, by=cast.amal, at=at + MINUTE)

    assert draft_of(ticket, cast.lena) == ("On its way", "reply")
    assert draft_of(ticket, cast.amal) is None


def test_undo_opens_again_what_was_resolved_with_it(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = reply_with_undo(ticket, "All done", by=cast.amal, at=at + MINUTE)
    with transaction():
        locked = queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE)
        lifecycle.resolve(locked, by=cast.amal, at=at + MINUTE)

    take_back(message, by=cast.amal, at=at + MINUTE)

    assert (newest_ticket().status, newest_ticket().waiting_since) == (Status.OPEN, at)
    assert newest_ticket().reopened_count == 0


def test_what_was_taken_back_is_no_longer_what_was_said_last(cast: Cast, ticket: Ticket, at: datetime) -> None:
    before = db.session.get_one(Conversation, ticket.conversation_id).last_message_id
    message = reply_with_undo(ticket, "On its way", by=cast.amal, at=at + MINUTE)

    take_back(message, by=cast.amal, at=at + MINUTE)

    conversation = db.session.get_one(Conversation, ticket.conversation_id, populate_existing=True)
    assert (conversation.last_message_id, conversation.last_message_at) == (before, at)


def test_those_behind_what_was_taken_back_go(cast: Cast, ticket: Ticket, at: datetime) -> None:
    first = reply_with_undo(ticket, "first", by=cast.amal, at=at + MINUTE, undo=5 * MINUTE)
    reply(ticket, "second", by=cast.amal, at=at + 7 * MINUTE)

    take_back(first, by=cast.amal, at=at + 7 * MINUTE)

    assert claim(cast.x, at=at + 8 * MINUTE) == ["second"]


def test_the_same_key_again_does_not_bring_it_back(cast: Cast, ticket: Ticket, at: datetime) -> None:
    message = reply_with_undo(ticket, "On its way", by=cast.amal, at=at + MINUTE)
    take_back(message, by=cast.amal, at=at + MINUTE)

    again = reply_with_undo(ticket, "On its way", by=cast.amal, at=at + 2 * MINUTE)

    assert again.id == message.id
    assert claim(cast.x, at=at + 3 * MINUTE) == []


def test_a_member_sees_nothing_of_a_reply_that_can_be_undone(cast: Cast, at: datetime) -> None:
    hear(cast.native, dana_says("hi", at=at, customer="member:1"))
    reply_with_undo(newest_ticket(), "Hello", by=cast.amal, at=at + MINUTE)

    shown = native_queries.released_before(newest_ticket().conversation_id, before=None, limit=10)

    assert [part.text for message in shown for part in message.parts] == ["hi"]


def test_an_ordinary_undo_is_not_held_when_the_customer_writes(cast: Cast, ticket: Ticket, at: datetime) -> None:
    reply_with_undo(ticket, "On its way", by=cast.amal, at=at + MINUTE)
    hear(cast.x, dana_says("Hello?", at=at + MINUTE + UNDO / 2))

    assert claim(cast.x, at=at + MINUTE + UNDO) == ["On its way"]
