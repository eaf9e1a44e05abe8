"""What the network's own record brings (behaviour.md 5.7)."""

import dataclasses
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from helpdesk.channels.port import InboundIdentity, InboundMessage, InboundParticipation
from helpdesk.messaging import queries as messaging_queries
from helpdesk.messaging.models import Conversation, Identity, Message, Participant
from helpdesk.orm import db
from helpdesk.sla.models import Clock
from helpdesk.tickets.intake import take_in
from helpdesk.tickets.models import Status, Ticket, TicketMessage
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear, larkpost_says_on_x, newest_ticket, reply

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
GROUP = "dm:2080000000000000777"


def past(message: InboundMessage) -> InboundMessage:
    return dataclasses.replace(message, is_backfilled=True)


def count(model: type) -> int:
    return db.session.scalars(select(func.count()).select_from(model)).one()


def running_since() -> list[datetime]:
    return sorted(db.session.scalars(select(Clock.started_at).where(Clock.stopped_at.is_(None))))


def test_a_history_that_was_answered_is_kept_and_starts_nothing(cast: Cast, at: datetime) -> None:
    hear(
        cast.x,
        past(dana_says("Where is it?", at=at - 20 * DAY)),
        past(larkpost_says_on_x("On its way", at=at - 19 * DAY)),
        at=at,
    )

    assert (count(Message), count(Conversation)) == (2, 1)
    assert (count(Ticket), count(Clock)) == (0, 0)
    assert db.session.scalars(select(Message.is_backfilled)).all() == [True, True]


def test_a_last_turn_that_nobody_answered_is_work_since_it_was_said(cast: Cast, at: datetime) -> None:
    hear(
        cast.x,
        past(dana_says("Where is it?", at=at - 20 * DAY)),
        past(larkpost_says_on_x("On its way", at=at - 19 * DAY)),
        past(dana_says("It never came", at=at - 2 * DAY)),
        past(dana_says("Hello?", at=at - DAY)),
        at=at,
    )

    ticket = newest_ticket()
    assert (ticket.status, ticket.waiting_since) == (Status.OPEN, at - 2 * DAY)
    assert running_since() == [at - 2 * DAY] * 2
    assert count(TicketMessage) == 2


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_pages_in_any_order_come_to_the_same_turn(cast: Cast, at: datetime, order: tuple[int, ...]) -> None:
    pages = [
        past(larkpost_says_on_x("On its way", at=at - 3 * DAY, external_id="1")),
        past(dana_says("It never came", at=at - 2 * DAY, external_id="2")),
        past(dana_says("Hello?", at=at - DAY, external_id="3")),
    ]

    for n in order:
        hear(cast.x, pages[n], at=at)

    assert newest_ticket().waiting_since == at - 2 * DAY
    assert running_since() == [at - 2 * DAY] * 2


@pytest.mark.parametrize("webhook_first", [True, False])
def test_what_a_webhook_tells_too_is_one_message_and_one_turn(cast: Cast, at: datetime, webhook_first: bool) -> None:
    told = dana_says("Where is it?", at=at)
    both = [told, past(told)] if webhook_first else [past(told), told]

    for message in both:
        hear(cast.x, message, at=at + MINUTE)

    assert (count(Message), count(Ticket), count(TicketMessage)) == (1, 1, 1)
    assert running_since() == [at, at]


def test_an_answer_from_the_app_that_we_missed_stops_the_clock(cast: Cast, at: datetime) -> None:
    hear(cast.x, dana_says("Where is it?", at=at))

    hear(cast.x, past(larkpost_says_on_x("On its way", at=at + 5 * MINUTE)), at=at + DAY)

    assert newest_ticket().waiting_since is None
    stopped = db.session.scalars(select(Clock.stopped_at).where(Clock.kind == "first_response")).one()
    assert stopped == at + 5 * MINUTE


def test_a_missed_turn_that_the_app_answered_belongs_to_its_ticket_and_is_timed_by_nothing(
    cast: Cast, at: datetime
) -> None:
    hear(cast.x, dana_says("Where is it?", at=at))
    reply(newest_ticket(), "On its way", by=cast.amal, at=at + MINUTE)

    hear(
        cast.x,
        past(dana_says("When?", at=at + 10 * MINUTE)),
        past(larkpost_says_on_x("Tomorrow", at=at + 20 * MINUTE)),
        at=at + DAY,
    )

    ticket = newest_ticket()
    assert (count(Ticket), count(TicketMessage), ticket.waiting_since) == (1, 4, None)
    assert [c.kind for c in db.session.scalars(select(Clock).order_by(Clock.id))] == ["first_response", "resolution"]


def test_what_an_agent_could_not_have_seen_still_waits_since_we_heard_of_it(cast: Cast, at: datetime) -> None:
    hear(cast.x, dana_says("Where is it?", at=at))
    reply(newest_ticket(), "On its way", by=cast.amal, at=at + 10 * MINUTE)

    hear(cast.x, past(dana_says("I moved house!", at=at + 5 * MINUTE)), at=at + DAY)

    assert newest_ticket().waiting_since == at + DAY


def test_what_was_only_read_does_not_show_that_the_webhook_works(cast: Cast, at: datetime) -> None:
    hear(cast.x, dana_says("Where is it?", at=at))

    hear(cast.x, past(dana_says("Hello?", at=at + DAY)), at=at + DAY)

    assert cast.x.last_event_at == at


# Groups


def in_group(text: str, *, by: str, at: datetime, is_from_brand: bool = False) -> InboundMessage:
    sender = InboundIdentity(external_id=by, display_name=f"Person {by}")
    return dataclasses.replace(
        past(dana_says(text, at=at)),
        conversation_key=GROUP,
        sender=sender,
        customer=sender,
        is_from_brand=is_from_brand,
        is_group=True,
    )


def takes_part() -> dict[str, tuple[datetime, datetime | None]]:
    (conversation,) = db.session.scalars(select(Conversation).where(Conversation.external_key == GROUP))
    people = messaging_queries.participants(conversation.id)
    return {names()[p.identity_id]: (p.joined_at, p.left_at) for p in people}


def names() -> dict[int, str]:
    return {identity.id: identity.external_id for identity in db.session.scalars(select(Identity))}


def participation(*people: str, has_joined: bool, at: datetime) -> InboundParticipation:
    return InboundParticipation(
        conversation_key=GROUP,
        people=tuple(InboundIdentity(external_id=person) for person in people),
        has_joined=has_joined,
        at=at,
    )


def test_all_who_speak_in_a_group_take_part_and_their_turn_is_one_ticket(cast: Cast, at: datetime) -> None:
    hear(
        cast.x,
        in_group("We all ordered", by="8002", at=at - 3 * MINUTE),
        in_group("Me too", by="8003", at=at - 2 * MINUTE),
        at=at,
    )

    (conversation,) = db.session.scalars(select(Conversation))
    assert (conversation.kind, conversation.external_key) == ("group", GROUP)
    assert set(takes_part()) == {"7001", "8002", "8003"}
    assert (count(Ticket), newest_ticket().waiting_since) == (1, at - 3 * MINUTE)


def test_what_the_brand_says_in_a_group_opens_no_ticket(cast: Cast, at: datetime) -> None:
    hear(cast.x, in_group("Welcome", by="7001", at=at, is_from_brand=True), at=at)

    assert (count(Message), count(Ticket), set(takes_part())) == (1, 0, {"7001"})


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_who_joins_leaves_and_joins_again_takes_part_whatever_the_order(
    cast: Cast, at: datetime, order: tuple[int, ...]
) -> None:
    told = [
        participation("8002", "8003", has_joined=True, at=at),
        participation("8003", has_joined=False, at=at + MINUTE),
        participation("8002", has_joined=True, at=at + 2 * MINUTE),
    ]

    for n in order:
        with transaction():
            take_in(cast.x, [(at + DAY, told[n])])

    assert takes_part()["8002"] == (at + 2 * MINUTE, None)
    assert takes_part()["8003"][1] == at + MINUTE
    assert count(Participant) == 3
