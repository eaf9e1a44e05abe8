"""Any order, repetition, batching and crash point of what comes between two deeds of the staff ends the same.

The yardstick is the same events, each heard at once and alone, in the order in which they happened.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count, pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from helpdesk.channels.port import InboundEvent, InboundIdentity, InboundReaction, InboundReceipt
from helpdesk.messaging.models import Identity, Message, Part, Reaction, Receipt
from helpdesk.orm import db
from helpdesk.people.permissions import Act
from helpdesk.sla import policies
from helpdesk.sla import queries as sla_queries
from helpdesk.sla.models import ClockKind
from helpdesk.tickets import lifecycle, queries
from helpdesk.tickets.intake import take_in
from helpdesk.tickets.models import Status, Ticket, TicketMessage, TimelineEvent
from helpdesk.transaction import transaction
from tests.support.cast import Cast, a_ticket, dana_says, larkpost_says_on_x, reply, standing

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
ASKS, THANKS, APP, READS, REACTS = "Still broken", "Thanks!", "From the phone", "reads", "reacts"

_customers = count(60_000)

Happens = tuple[int, str]
"""(minutes after the staff's deed, what)."""


def resolves(ticket: Ticket, cast: Cast, at: datetime) -> None:
    lifecycle.resolve(ticket, by=cast.amal, at=at)


def waits(ticket: Ticket, cast: Cast, at: datetime) -> None:
    lifecycle.wait_for_customer(ticket, by=cast.amal, at=at)


def snoozes(ticket: Ticket, cast: Cast, at: datetime) -> None:
    lifecycle.snooze(ticket, until=at + 100 * HOUR, by=cast.amal, at=at)


def resolves_and_reopens(ticket: Ticket, cast: Cast, at: datetime) -> None:
    lifecycle.resolve(ticket, by=cast.amal, at=at - 5 * MINUTE)
    lifecycle.reopen(ticket, by=cast.amal, at=at)


Deed = Callable[[Ticket, Cast, datetime], None]
DEEDS: dict[str, tuple[bool, Deed | None]] = {
    "nothing": (False, None),
    "open": (False, None),
    "answered": (True, None),
    "pending": (True, waits),
    "pending unanswered": (False, waits),
    "snoozed": (True, snoozes),
    "snoozed unanswered": (False, snoozes),
    "resolved": (True, resolves),
    "resolved unanswered": (False, resolves),
    "reopened": (True, resolves_and_reopens),
}

happenings = st.lists(
    st.tuples(st.integers(1, 300), st.sampled_from([ASKS, ASKS, THANKS, APP, READS, REACTS])),
    min_size=1,
    max_size=7,
    unique_by=lambda one: one[0],
).map(sorted)


class Crash(Exception):
    """The process dies in the middle of a transaction."""


@settings(
    deadline=None,
    max_examples=60,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@example(before="resolved", events=[(5, THANKS), (10, ASKS)], data=None)
@example(before="resolved", events=[(5, ASKS), (10, THANKS)], data=None)
@example(before="resolved", events=[(5, ASKS), (10, ASKS)], data=None)
@example(before="pending", events=[(5, ASKS), (10, ASKS)], data=None)
@example(before="snoozed", events=[(5, APP), (10, ASKS)], data=None)
@example(before="nothing", events=[(1, APP), (2, ASKS)], data=None)
@example(before="nothing", events=[(1, ASKS), (2, APP), (3, ASKS)], data=None)
@example(before="nothing", events=[(1, ASKS), (2, APP)], data=None)
@example(before="nothing", events=[(1, ASKS), (2, ASKS), (3, APP)], data=None)
@example(before="open", events=[(1, APP), (2, ASKS), (3, APP), (4, ASKS)], data=None)
@example(before="snoozed unanswered", events=[(1, ASKS), (2, APP)], data=None)
@example(before="snoozed unanswered", events=[(1, ASKS), (2, APP), (3, ASKS)], data=None)
@example(before="pending unanswered", events=[(1, ASKS), (2, ASKS), (3, APP)], data=None)
@given(before=st.sampled_from(list(DEEDS)), events=happenings, data=st.data())
def test_order_repetition_batches_and_crashes_change_nothing(
    cast: Cast, at: datetime, before: str, events: list[Happens], data: st.DataObject | None
) -> None:
    in_order, otherwise = (Story(cast, before, at=at) for _ in range(2))
    for event in in_order.told(events):
        in_order.hear([event], at=event_time(event))

    told = otherwise.told(events)
    batches = [[event] for event in reversed(told)] if data is None else drawn_batches(data, told)
    for number, batch in enumerate(batches):
        heard_at = at + 6 * HOUR + number * MINUTE
        if data is not None and data.draw(st.booleans(), label="crashes"):
            otherwise.crash_in(batch, after=data.draw(st.integers(0, len(batch))), at=heard_at)
        otherwise.hear(batch, at=heard_at)

    assert otherwise.outcome() == in_order.outcome()


def drawn_batches(data: st.DataObject, told: list[InboundEvent]) -> list[list[InboundEvent]]:
    """All of them, some more than once, in any order and cut anywhere."""
    again = data.draw(st.lists(st.sampled_from(told), max_size=3), label="again")
    order = data.draw(st.permutations(told + again), label="order")
    cuts = sorted(data.draw(st.sets(st.integers(1, len(order))), label="cuts") | {0, len(order)})
    return [list(order[start:end]) for start, end in pairwise(cuts)]


class Story:
    """A customer whose ticket the staff brought this far."""

    def __init__(self, cast: Cast, before: str, *, at: datetime) -> None:
        self.cast, self.at, self.customer = cast, at, str(next(_customers))
        is_answered, deed = DEEDS[before]
        if before == "nothing":
            return
        ticket = a_ticket(cast, at=at - 2 * HOUR, customer=self.customer)
        if is_answered:
            reply(ticket, "Done", by=cast.amal, at=at - HOUR)
        if deed is not None:
            with transaction():
                deed(queries.lock_ticket(ticket.id, standing(cast.amal), Act.MOVE), cast, at)

    def told(self, events: Sequence[Happens]) -> list[InboundEvent]:
        return [self._told(what, self.at + after * MINUTE, f"{self.customer}-{after}") for after, what in events]

    def _told(self, what: str, at: datetime, external_id: str) -> InboundEvent:
        actor = InboundIdentity(external_id=self.customer)
        key = f"dm:7001-{self.customer}"
        # Of the first message there may be, or of none that comes.
        target = f"{self.customer}-1"
        if what == READS:
            return InboundReceipt(conversation_key=key, kind="read", reader=actor, up_to_external_id=target, at=at)
        if what == REACTS:
            return InboundReaction(
                conversation_key=key, target_external_id=target, actor=actor, emoji="👍", is_active=True, at=at
            )
        says = larkpost_says_on_x if what == APP else dana_says
        return says(what, at=at, external_id=external_id, customer=self.customer)

    def hear(self, batch: Sequence[InboundEvent], *, at: datetime) -> None:
        with transaction():
            take_in(self.cast.x, [(at, event) for event in batch])

    def crash_in(self, batch: Sequence[InboundEvent], *, after: int, at: datetime) -> None:
        with pytest.raises(Crash):
            self._hear_and_die(batch[:after], at=at)

    def _hear_and_die(self, batch: Sequence[InboundEvent], *, at: datetime) -> None:
        with transaction():
            take_in(self.cast.x, [(at, event) for event in batch])
            db.session.flush()
            raise Crash

    def outcome(self) -> Any:
        """Conversation, tickets and clocks as values; not when we heard, nor in which order we wrote it down."""
        db.session.expire_all()
        who = select(Identity.id).where(Identity.network == "x", Identity.external_id == self.customer)
        of_them = Ticket.customer_identity_id == who.scalar_subquery()
        tickets = db.session.scalars(select(Ticket).where(of_them).order_by(Ticket.id)).all()
        return [self._outcome_of(ticket) for ticket in tickets]

    def _outcome_of(self, ticket: Ticket) -> Any:
        said = (
            select(Message.platform_time, Message.origin, Part.text)
            .join(Part, Part.message_id == Message.id)
            .join(TicketMessage, TicketMessage.message_id == Message.id)
            .where(TicketMessage.ticket_id == ticket.id)
            .order_by(Message.platform_time, Message.id)
        )
        happened = select(TimelineEvent.at, TimelineEvent.kind).where(TimelineEvent.ticket_id == ticket.id)
        receipts = select(Receipt.up_to_at, Receipt.kind).where(Receipt.conversation_id == ticket.conversation_id)
        in_conversation = Message.conversation_id == ticket.conversation_id
        reactions = select(Reaction.emoji, Reaction.at).join(Message, Message.id == Reaction.message_id)
        return {
            "ticket": (ticket.status, ticket.opened_at, ticket.resolved_at, ticket.snoozed_until),
            "turn": (ticket.waiting_since, ticket.last_reply_at, ticket.due_at),
            "count": (ticket.reopened_count, ticket.matched),
            "clocks": sorted(map(clock_as_values, live_clocks(ticket)), key=repr),
            "said": [tuple(row) for row in db.session.execute(said)],
            "happened": sorted(tuple(row) for row in db.session.execute(happened)),
            "receipts": [tuple(row) for row in db.session.execute(receipts)],
            "reactions": [tuple(row) for row in db.session.execute(reactions.where(in_conversation))],
        }


def event_time(event: InboundEvent) -> datetime:
    return event.at if isinstance(event, (InboundReceipt, InboundReaction)) else event.sent_at  # type: ignore[union-attr]


def live_clocks(ticket: Ticket) -> list[Any]:
    return [clock for clock in sla_queries.clocks_of_ticket(ticket.id) if clock.superseded_at is None]


def clock_as_values(clock: Any) -> Any:
    pauses = sla_queries.pauses_of([clock.id])[clock.id]
    return (
        (clock.kind, clock.started_at, clock.due_at, clock.next_warn_at, clock.stopped_at, clock.paused_at),
        (clock.business_seconds, clock.target_seconds, clock.matched, clock.stopped_by_agent_id),
        sorted((pause.started_at, pause.ended_at, pause.reason) for pause in pauses),
    )


# What comes after a deed that it should have preceded (behaviour.md 5.3), case by case


def late(story: Story, sent: int, *, heard: int, what: str = ASKS) -> None:
    """Something said so many minutes after the deed (before it, if negative), heard of so many after it."""
    story.hear(story.told([(sent, what)]), at=story.at + heard * MINUTE)


def test_sent_before_our_reply_it_begins_a_turn_when_it_is_heard_of(cast: Cast, at: datetime) -> None:
    story = Story(cast, "answered", at=at)

    late(story, -61, heard=4)

    (ticket,) = tickets(story)
    assert (ticket.status, ticket.waiting_since) == (Status.OPEN, at + 4 * MINUTE)
    assert starts(ticket)[ClockKind.NEXT_RESPONSE] == at + 4 * MINUTE


def test_it_keeps_its_turn_when_another_comes_late_too(cast: Cast, at: datetime) -> None:
    story = Story(cast, "answered", at=at)

    late(story, -61, heard=4)
    late(story, -62, heard=5)
    late(story, -63, heard=6, what=THANKS)

    (ticket,) = tickets(story)
    assert ticket.waiting_since == starts(ticket)[ClockKind.NEXT_RESPONSE] == at + 4 * MINUTE


def test_taken_in_after_our_reply_though_it_had_come_before_it_is_unanswered(cast: Cast, at: datetime) -> None:
    story = Story(cast, "answered", at=at)

    # The reply was at -60: the worker was down, so whoever wrote it had not seen this.
    late(story, -62, heard=-61)

    (ticket,) = tickets(story)
    assert ticket.waiting_since is not None
    assert ticket.waiting_since >= at - HOUR
    assert starts(ticket)[ClockKind.NEXT_RESPONSE] == ticket.waiting_since


def test_sent_before_the_resolve_it_reopens_when_it_is_heard_of(cast: Cast, at: datetime) -> None:
    story = Story(cast, "resolved", at=at)

    late(story, -1, heard=4)

    (ticket,) = tickets(story)
    assert (ticket.status, ticket.reopened_count, ticket.waiting_since) == (Status.OPEN, 1, at + 4 * MINUTE)
    (pause,) = resolution_pauses(ticket)
    assert (pause.started_at, pause.ended_at) == (at, at + 4 * MINUTE)


def test_sent_before_the_resolve_it_keeps_its_turn_when_another_comes_late_too(cast: Cast, at: datetime) -> None:
    story = Story(cast, "resolved", at=at)

    late(story, -1, heard=4)
    late(story, -2, heard=5)

    (ticket,) = tickets(story)
    assert ticket.waiting_since == starts(ticket)[ClockKind.NEXT_RESPONSE] == at + 4 * MINUTE


def test_taken_in_after_the_resolve_though_it_had_come_before_it_it_reopens_after_it(cast: Cast, at: datetime) -> None:
    story = Story(cast, "resolved", at=at)

    late(story, -2, heard=-1)

    (ticket,) = tickets(story)
    assert ticket.waiting_since is not None
    assert ticket.waiting_since > at
    (pause,) = resolution_pauses(ticket)
    assert pause.ended_at == ticket.waiting_since


def test_thanks_sent_before_the_resolve_still_ask_for_nothing(cast: Cast, at: datetime) -> None:
    story = Story(cast, "resolved", at=at)

    late(story, -1, heard=4, what=THANKS)

    (ticket,) = tickets(story)
    assert (ticket.status, ticket.waiting_since) == (Status.RESOLVED, None)


def test_sent_within_the_reopen_time_and_heard_after_it_it_reopens(cast: Cast, at: datetime) -> None:
    story = Story(cast, "resolved", at=at)

    late(story, 71 * 60, heard=80 * 60)

    (ticket,) = tickets(story)
    assert (ticket.status, ticket.waiting_since) == (Status.OPEN, at + 71 * HOUR)


def test_sent_after_the_reopen_time_it_is_a_new_ticket_from_when_it_was_sent(cast: Cast, at: datetime) -> None:
    story = Story(cast, "resolved", at=at)

    late(story, 73 * 60, heard=80 * 60)

    old, new = tickets(story)
    assert (old.status, new.status) == (Status.CLOSED, Status.OPEN)
    assert new.opened_at == starts(new)[ClockKind.FIRST_RESPONSE] == at + 73 * HOUR


def test_what_would_have_reopened_and_comes_after_a_new_ticket_began_belongs_to_that(cast: Cast, at: datetime) -> None:
    story = Story(cast, "resolved", at=at)

    late(story, 73 * 60, heard=80 * 60)
    late(story, 71 * 60, heard=81 * 60)

    old, new = tickets(story)
    assert old.status == Status.CLOSED
    assert new.opened_at == new.waiting_since == starts(new)[ClockKind.FIRST_RESPONSE] == at + 71 * HOUR


def test_an_answer_from_the_app_before_our_own_takes_its_place(cast: Cast, at: datetime) -> None:
    story = Story(cast, "answered", at=at)

    late(story, -90, heard=4, what=APP)

    (ticket,) = tickets(story)
    (first,) = [clock for clock in live_clocks(ticket) if clock.kind is ClockKind.FIRST_RESPONSE]
    assert first.stopped_at == at - 90 * MINUTE
    assert ticket.last_reply_at == at - HOUR


def test_one_turn_that_the_app_turns_out_to_have_parted_is_two_and_each_knows_its_answer(
    cast: Cast, at: datetime
) -> None:
    story = Story(cast, "open", at=at)
    late(story, -80, heard=-80)
    (ticket,) = tickets(story)
    answer = reply(ticket, "Done", by=cast.amal, at=at - HOUR)

    late(story, -90, heard=4, what=APP)

    first, second = (clock for clock in live_clocks(ticket) if clock.kind is not ClockKind.RESOLUTION)
    assert (first.kind, first.started_at) == (ClockKind.FIRST_RESPONSE, at - 2 * HOUR)
    assert (first.stopped_at, first.stopped_by_agent_id) == (at - 90 * MINUTE, None)
    assert (second.kind, second.started_at) == (ClockKind.NEXT_RESPONSE, at - 80 * MINUTE)
    assert (second.stopped_at, second.stopped_by_agent_id) == (at - HOUR, cast.amal.id)
    assert second.stopped_by_message_id == answer.id
    assert tickets(story)[0].waiting_since is None


def test_an_answer_from_the_app_before_the_first_message_makes_that_a_next_one_with_its_own_promise(
    cast: Cast, at: datetime
) -> None:
    story = Story(cast, "pending unanswered", at=at)
    with transaction():
        lifecycle.resolve(tickets(story)[0], by=cast.amal, at=at + MINUTE)

    late(story, -130, heard=4, what=APP)

    (ticket,) = tickets(story)
    (turn,) = [clock for clock in live_clocks(ticket) if clock.kind is not ClockKind.RESOLUTION]
    assert (turn.kind, turn.started_at, turn.stopped_at) == (
        ClockKind.NEXT_RESPONSE,
        at - 2 * HOUR,
        at + MINUTE,
    )
    assert turn.stopped_by_agent_id == cast.amal.id
    targets = policies.promises_of({turn.policy_version_id})[turn.policy_version_id].targets
    assert targets[ClockKind.NEXT_RESPONSE] != targets[ClockKind.FIRST_RESPONSE]
    assert timedelta(seconds=turn.target_seconds) == targets[ClockKind.NEXT_RESPONSE]
    assert len(sla_queries.pauses_of([turn.id])[turn.id]) == 1, "it stood still while the ticket was pending"


def tickets(story: Story) -> Sequence[Ticket]:
    db.session.expire_all()
    who = select(Identity.id).where(Identity.external_id == story.customer).scalar_subquery()
    return db.session.scalars(select(Ticket).where(Ticket.customer_identity_id == who).order_by(Ticket.id)).all()


def starts(ticket: Ticket) -> dict[ClockKind, datetime]:
    return {clock.kind: clock.started_at for clock in live_clocks(ticket)}


def resolution_pauses(ticket: Ticket) -> list[Any]:
    (clock,) = [clock for clock in live_clocks(ticket) if clock.kind is ClockKind.RESOLUTION]
    return list(sla_queries.pauses_of([clock.id])[clock.id])
