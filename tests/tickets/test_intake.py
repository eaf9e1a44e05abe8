"""When a DM arrives (behaviour.md 1, 2 and 5)."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from sqlalchemy import func, select

from helpdesk.messaging.models import Conversation, Message
from helpdesk.orm import db
from helpdesk.people.permissions import Act
from helpdesk.sla import queries as sla_queries
from helpdesk.sla.models import Clock, ClockKind
from helpdesk.tickets import lifecycle, queries
from helpdesk.tickets.models import Status, Ticket, TicketMessage
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, dana_says, hear, larkpost_says_on_x, newest_ticket, reply, standing

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def clock_of(ticket: Ticket, kind: ClockKind) -> Clock:
    return next(c for c in reversed(sla_queries.clocks_of_ticket(ticket.id)) if c.kind == kind and not c.superseded_at)


def resolve(cast: Cast, ticket: Ticket, *, at: datetime) -> None:
    with transaction():
        lifecycle.resolve(queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE), by=cast.amal, at=at)


def count(model: type) -> int:
    return db.session.scalars(select(func.count()).select_from(model)).one()


def test_a_first_message_opens_a_ticket_with_its_clocks(cast: Cast, at: datetime) -> None:
    hear(cast.x, dana_says("My order never came", at=at), at=at + 5 * MINUTE)

    ticket = newest_ticket()
    assert (ticket.status, ticket.team_id, ticket.assignee_id) == (Status.OPEN, cast.support.id, None)
    assert ticket.opened_at == ticket.waiting_since == at
    assert clock_of(ticket, ClockKind.FIRST_RESPONSE).started_at == at
    assert clock_of(ticket, ClockKind.RESOLUTION).started_at == at
    assert ticket.due_at == clock_of(ticket, ClockKind.FIRST_RESPONSE).due_at
    assert "Standard" in ticket.matched


def test_the_same_event_fifty_times_is_one_message(cast: Cast, at: datetime) -> None:
    message = dana_says("hello", at=at)

    hear(cast.x, *[message] * 25)
    for _ in range(25):
        hear(cast.x, message)

    assert (count(Message), count(Ticket), count(TicketMessage), count(Conversation)) == (1, 1, 1, 1)


def test_a_platform_time_in_the_future_is_clamped_to_when_we_heard(cast: Cast, at: datetime) -> None:
    hear(cast.x, dana_says("hello", at=at + HOUR), at=at)

    assert newest_ticket().waiting_since == at


def test_a_later_message_of_the_turn_does_not_restart_the_clock(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)

    hear(cast.x, dana_says("Hello?", at=at + 7 * MINUTE))

    assert clock_of(ticket, ClockKind.FIRST_RESPONSE).started_at == at
    assert newest_ticket().id == ticket.id


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
@pytest.mark.parametrize("batches", ["one batch", "one by one"])
def test_any_order_of_events_gives_the_same_ticket_and_clocks(
    cast: Cast, at: datetime, order: tuple[int, ...], batches: str
) -> None:
    messages = [dana_says(f"line {n}", at=at + n * MINUTE, external_id=str(n)) for n in range(3)]
    shuffled = [messages[n] for n in order]

    if batches == "one batch":
        hear(cast.x, *shuffled, at=at + HOUR)
    else:
        for message in shuffled:
            hear(cast.x, message, at=at + HOUR)

    ticket = newest_ticket()
    assert count(Ticket) == 1
    assert ticket.opened_at == ticket.waiting_since == at
    assert clock_of(ticket, ClockKind.FIRST_RESPONSE).started_at == at
    assert clock_of(ticket, ClockKind.RESOLUTION).started_at == at
    said = db.session.scalars(select(Message.external_id).order_by(Message.platform_time, Message.id)).all()
    assert said == ["0", "1", "2"]


def test_after_our_reply_the_customers_next_message_starts_the_next_response(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    reply(ticket, "On its way", by=cast.amal, at=at + 3 * MINUTE)

    hear(cast.x, dana_says("Still nothing", at=at + 9 * MINUTE))

    assert clock_of(ticket, ClockKind.FIRST_RESPONSE).stopped_at == at + 3 * MINUTE
    assert clock_of(ticket, ClockKind.NEXT_RESPONSE).started_at == at + 9 * MINUTE


def test_a_message_within_the_reopen_time_reopens_the_ticket(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    reply(ticket, "Done", by=cast.amal, at=at + MINUTE)
    resolve(cast, ticket, at=at + 2 * MINUTE)

    hear(cast.x, dana_says("It broke again", at=at + 71 * HOUR))

    assert count(Ticket) == 1
    assert (ticket.status, ticket.reopened_count) == (Status.OPEN, 1)
    resolution = clock_of(ticket, ClockKind.RESOLUTION)
    assert (resolution.started_at, resolution.stopped_at) == (at, None)


def test_a_message_after_the_reopen_time_starts_a_new_ticket_and_closes_the_old(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    resolve(cast, ticket, at=at + MINUTE)

    hear(cast.x, dana_says("Another thing", at=at + 73 * HOUR))

    assert ticket.status == Status.CLOSED
    assert newest_ticket().id != ticket.id
    assert clock_of(newest_ticket(), ClockKind.FIRST_RESPONSE).started_at == at + 73 * HOUR


@pytest.mark.parametrize("is_one_batch", [True, False])
def test_what_follows_a_message_that_reopens_belongs_to_the_same_ticket_in_a_batch_too(
    cast: Cast, at: datetime, is_one_batch: bool
) -> None:
    ticket = a_ticket(cast, at=at)
    resolve(cast, ticket, at=at + HOUR)
    said = [dana_says("Still broken", at=at + 50 * HOUR), dana_says("Hello?", at=at + 100 * HOUR)]

    for batch in [said] if is_one_batch else [[one] for one in said]:
        hear(cast.x, *batch, at=at + 101 * HOUR)

    assert (count(Ticket), ticket.status, ticket.reopened_count) == (1, Status.OPEN, 1)


def test_its_own_time_decides_whether_a_late_message_reopens(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    resolve(cast, ticket, at=at + MINUTE)

    hear(cast.x, dana_says("It broke again", at=at + 70 * HOUR), at=at + 80 * HOUR)

    assert (count(Ticket), ticket.status) == (1, Status.OPEN)


@pytest.mark.parametrize("text", ["Thanks!", "thank you so much 🙏", "❤️", "شكرا", "ok, thanks"])
def test_a_closing_message_after_resolution_is_kept_and_starts_nothing(cast: Cast, at: datetime, text: str) -> None:
    ticket = a_ticket(cast, at=at)
    reply(ticket, "Done", by=cast.amal, at=at + MINUTE)
    resolve(cast, ticket, at=at + 2 * MINUTE)

    hear(cast.x, dana_says(text, at=at + 3 * MINUTE))

    assert (ticket.status, ticket.waiting_since) == (Status.RESOLVED, None)
    assert count(TicketMessage) == 3


@pytest.mark.parametrize("text", ["Thanks, but it is broken", "ok?", "?", "no", ""])
def test_what_is_no_closing_message_reopens(cast: Cast, at: datetime, text: str) -> None:
    ticket = a_ticket(cast, at=at)
    resolve(cast, ticket, at=at + 2 * MINUTE)

    hear(cast.x, dana_says(text, at=at + 3 * MINUTE))

    assert ticket.status == Status.OPEN


def test_a_message_the_brand_starts_waits_for_the_customer_with_no_response_clock(cast: Cast, at: datetime) -> None:
    hear(cast.x, larkpost_says_on_x("Your lamp is here", at=at))

    ticket = newest_ticket()
    assert (ticket.status, ticket.waiting_since) == (Status.PENDING, None)
    assert sla_queries.clocks_of_ticket(ticket.id) == []


def test_an_answer_from_the_networks_own_app_stops_the_clock_by_nobody(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)

    hear(cast.x, larkpost_says_on_x("Hello from the phone", at=at + 4 * MINUTE))

    clock = clock_of(ticket, ClockKind.FIRST_RESPONSE)
    assert (clock.stopped_at, clock.stopped_by_agent_id) == (at + 4 * MINUTE, None)
    assert ticket.waiting_since is None


def test_an_answer_from_the_app_that_we_hear_of_late_leaves_what_came_after_it_unanswered(
    cast: Cast, at: datetime
) -> None:
    ticket = a_ticket(cast, at=at)
    hear(cast.x, dana_says("And another thing", at=at + 6 * MINUTE))

    hear(cast.x, larkpost_says_on_x("Hello from the phone", at=at + 4 * MINUTE), at=at + HOUR)

    assert clock_of(ticket, ClockKind.FIRST_RESPONSE).stopped_at == at + 4 * MINUTE
    assert clock_of(ticket, ClockKind.NEXT_RESPONSE).started_at == at + 6 * MINUTE
    assert ticket.waiting_since == at + 6 * MINUTE


def test_an_answer_from_the_app_sent_before_one_we_know_takes_its_place(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    reply(ticket, "Hello from the desk", by=cast.amal, at=at + 9 * MINUTE)

    hear(cast.x, larkpost_says_on_x("Hello from the phone", at=at + 4 * MINUTE), at=at + HOUR)

    assert clock_of(ticket, ClockKind.FIRST_RESPONSE).stopped_at == at + 4 * MINUTE
    assert (ticket.waiting_since, ticket.last_reply_at) == (None, at + 9 * MINUTE)


def test_a_message_sent_before_our_reply_and_heard_of_after_it_is_timed_from_when_we_heard(
    cast: Cast, at: datetime
) -> None:
    ticket = a_ticket(cast, at=at)
    reply(ticket, "On its way", by=cast.amal, at=at + 5 * MINUTE)

    hear(cast.x, dana_says("Wait, wrong address", at=at + 4 * MINUTE), at=at + 6 * MINUTE)

    assert clock_of(ticket, ClockKind.NEXT_RESPONSE).started_at == at + 6 * MINUTE


def test_a_customer_message_opens_a_pending_ticket_again(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    reply(ticket, "Which colour?", by=cast.amal, at=at + MINUTE)
    with transaction():
        lifecycle.wait_for_customer(
            queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE), by=cast.amal, at=at + MINUTE
        )

    hear(cast.x, dana_says("Green", at=at + HOUR))

    assert ticket.status == Status.OPEN
    pauses = sla_queries.pauses_of([clock_of(ticket, ClockKind.RESOLUTION).id])
    assert [(p.started_at, p.ended_at) for p in next(iter(pauses.values()))] == [(at + MINUTE, at + HOUR)]


def test_a_conversation_counts_its_version_up_for_every_change(cast: Cast, at: datetime) -> None:
    ticket = a_ticket(cast, at=at)
    before = db.session.get_one(Conversation, ticket.conversation_id).version

    hear(cast.x, dana_says("more", at=at + MINUTE))

    after = db.session.get_one(Conversation, ticket.conversation_id, populate_existing=True)
    newest = queries_message(after.last_message_id)
    assert after.version > before
    assert newest.version == after.version


def queries_message(message_id: int | None) -> Message:
    assert message_id is not None
    return db.session.get_one(Message, message_id)
