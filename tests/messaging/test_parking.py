"""Events that come before the message they refer to (behaviour.md 5.4)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from helpdesk.channels.port import (
    InboundDeletion,
    InboundEdit,
    InboundEvent,
    InboundIdentity,
    InboundReaction,
    InboundReceipt,
)
from helpdesk.messaging import changing, parking
from helpdesk.messaging.models import (
    Conversation,
    Deletion,
    Edit,
    Identity,
    Message,
    ParkedEvent,
    Part,
    Reaction,
    Receipt,
)
from helpdesk.orm import db
from helpdesk.tickets.intake import take_in
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says
from worker import periodic

MINUTE = timedelta(minutes=1)
_customers = count(40_000)


class Story:
    """One customer's message and what happened to it."""

    def __init__(self, at: datetime) -> None:
        self.at, self.customer = at, str(next(_customers))
        self.key, self.target = f"dm:7001-{self.customer}", f"said-by-{self.customer}"
        self.actor = InboundIdentity(external_id=self.customer)

    def message(self) -> InboundEvent:
        return dana_says("frist words", at=self.at, external_id=self.target, customer=self.customer)

    def reacts(self, emoji: str, *, after: int, is_active: bool = True) -> InboundEvent:
        return InboundReaction(
            conversation_key=self.key,
            target_external_id=self.target,
            actor=self.actor,
            emoji=emoji,
            is_active=is_active,
            at=self.at + after * MINUTE,
        )

    def edits(self, text: str, *, after: int) -> InboundEvent:
        return InboundEdit(
            conversation_key=self.key,
            target_external_id=self.target,
            actor=self.actor,
            text=text,
            at=self.at + after * MINUTE,
        )

    def deletes(self, *, after: int) -> InboundEvent:
        return InboundDeletion(
            conversation_key=self.key, target_external_id=self.target, actor=self.actor, at=self.at + after * MINUTE
        )

    def reads(self, *, after: int) -> InboundEvent:
        return InboundReceipt(
            conversation_key=self.key,
            kind="read",
            reader=InboundIdentity(external_id="7001"),
            up_to_external_id=self.target,
            at=self.at + after * MINUTE,
        )

    def everything(self) -> list[InboundEvent]:
        return [
            self.message(),
            self.reacts("👍", after=1),
            self.reacts("👍", after=2, is_active=False),
            self.reacts("❤️", after=2),
            self.edits("first word", after=3),
            self.edits("first words", after=4),
            self.edits("first words", after=6),
            self.reads(after=5),
            self.deletes(after=9),
        ]

    def outcome(self) -> Any:
        """All that is known of the message, as values."""
        db.session.expire_all()
        message = db.session.scalars(select(Message).where(Message.external_id == self.target)).one()
        texts = select(Part.position, Part.text).where(Part.message_id == message.id).order_by(Part.position)
        reactions = select(Reaction.emoji, Reaction.is_active, Reaction.at).where(Reaction.message_id == message.id)
        edits = select(Edit.number, Edit.parts_before, Edit.at).where(Edit.message_id == message.id)
        deletions = select(Deletion.scope, Deletion.at).where(Deletion.message_id == message.id)
        receipts = select(Receipt.kind, Receipt.up_to_at, Receipt.at).where(
            Receipt.conversation_id == message.conversation_id
        )
        asked = (texts, reactions.order_by(Reaction.emoji), edits.order_by(Edit.number), deletions, receipts)
        return [[tuple(row) for row in db.session.execute(one)] for one in asked]


def hear(cast: Cast, events: Sequence[InboundEvent], *, at: datetime) -> None:
    with transaction():
        take_in(cast.x, [(at, event) for event in events])


def count_parked() -> int:
    return db.session.scalars(select(func.count()).select_from(ParkedEvent)).one()


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_order_repetition_and_batching_ends_the_same(cast: Cast, at: datetime, data: st.DataObject) -> None:
    in_order, shuffled = Story(at), Story(at)
    heard_at = at + timedelta(hours=1)
    places = list(range(len(in_order.everything())))
    order = data.draw(st.permutations(places + data.draw(st.lists(st.sampled_from(places), max_size=5))))
    size = data.draw(st.integers(1, len(order)))

    for event in in_order.everything():
        hear(cast, [event], at=heard_at)
    told = [shuffled.everything()[place] for place in order]
    for start in range(0, len(told), size):
        hear(cast, told[start : start + size], at=heard_at)

    assert shuffled.outcome() == in_order.outcome()
    assert count_parked() == 0


def test_what_is_told_twice_before_its_message_waits_once(cast: Cast, at: datetime) -> None:
    story = Story(at)

    for _ in range(3):
        hear(cast, [story.reacts("👍", after=1), story.reacts("👍", after=1)], at=at + MINUTE)

    assert count_parked() == 1


def test_it_waits_under_its_own_conversation_and_account(cast: Cast, at: datetime) -> None:
    story, other = Story(at), Story(at)
    other.target = story.target

    hear(cast, [other.reacts("👍", after=1), story.message()], at=at + MINUTE)

    assert count_parked() == 1
    assert story.outcome()[1] == []


def test_the_words_before_an_edit_are_kept(cast: Cast, at: datetime) -> None:
    story = Story(at)

    hear(cast, [story.edits("third", after=3), story.message(), story.edits("second", after=2)], at=at + 5 * MINUTE)

    texts, _, edits, _, _ = story.outcome()
    assert texts == [(0, "third")]
    assert edits == [
        (1, {"text": "frist words"}, at + 2 * MINUTE),
        (2, {"text": "second"}, at + 3 * MINUTE),
    ]


def test_a_change_counts_the_conversation_up_so_that_open_pages_show_it(cast: Cast, at: datetime) -> None:
    story = Story(at)
    hear(cast, [story.message()], at=at)
    before = db.session.scalars(select(Conversation.version)).one()

    hear(cast, [story.reacts("👍", after=1)], at=at + MINUTE)

    after = db.session.scalars(select(Conversation.version)).one()
    assert after == before + 1
    assert db.session.scalars(select(Message.version)).one() == after


def test_a_stranger_who_reacts_becomes_known(cast: Cast, at: datetime) -> None:
    story = Story(at)
    hear(cast, [story.message()], at=at)
    story.actor = InboundIdentity(external_id="555", display_name="Priya Raman")

    hear(cast, [story.reacts("👍", after=1)], at=at + MINUTE)

    assert db.session.scalars(select(Identity.display_name).where(Identity.external_id == "555")).one() == "Priya Raman"


def test_after_seven_days_it_is_set_aside_and_still_applied_when_the_message_comes(cast: Cast, at: datetime) -> None:
    story = Story(at)
    hear(cast, [story.reacts("👍", after=1)], at=at)
    parked = db.session.scalars(select(ParkedEvent)).one()

    with transaction():
        parking.set_aside_overdue(at=at + timedelta(days=7) - MINUTE)
    db.session.refresh(parked)
    assert parked.set_aside_at is None

    with transaction():
        parking.set_aside_overdue(at=at + timedelta(days=7))
    db.session.refresh(parked)
    assert parked.set_aside_at == at + timedelta(days=7)

    hear(cast, [story.message()], at=at + timedelta(days=8))
    assert count_parked() == 0
    assert [reaction[0] for reaction in story.outcome()[1]] == ["👍"]


def test_what_two_workers_took_in_side_by_side_is_joined_a_moment_later(cast: Cast, at: datetime) -> None:
    story = Story(at)
    hear(cast, [story.message()], at=at)
    # As a worker leaves it that began before the other's message was committed.
    with transaction():
        reaction = story.reacts("👍", after=1)
        assert isinstance(reaction, InboundReaction)
        parking.park(cast.x, [reaction], at=at)

    periodic.apply_parked()

    assert count_parked() == 0
    assert [row[0] for row in story.outcome()[1]] == ["👍"]


@pytest.mark.parametrize("is_first", [True, False])
def test_of_two_words_at_one_instant_taking_back_wins(cast: Cast, at: datetime, is_first: bool) -> None:
    story = Story(at)
    hear(cast, [story.message()], at=at)
    both = [story.reacts("👍", after=1), story.reacts("👍", after=1, is_active=False)]

    for event in both if is_first else reversed(both):
        hear(cast, [event], at=at + MINUTE)

    assert [row[1] for row in story.outcome()[1]] == [False]


def test_changes_know_nothing_of_words_that_hold_no_text(cast: Cast, at: datetime) -> None:
    story = Story(at)
    hear(cast, [story.message()], at=at)
    message = db.session.scalars(select(Message)).one()
    author = db.session.scalars(select(Identity.id).where(Identity.external_id == story.customer)).one()
    empty = story.edits("", after=1)
    assert isinstance(empty, InboundEdit)

    assert changing.edit(message, empty, identity_id=author, at=at + MINUTE)

    assert story.outcome()[0] == [(0, "")]
