"""What members do in conversations: written once, in one place, whoever is first."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from helpdesk.channels.port import InboundPart, PartKind
from helpdesk.errors import InvalidInput, NotFound
from helpdesk.messaging import conversing, native_queries, profiles
from helpdesk.messaging.conversing import Draft, Speaker
from helpdesk.messaging.models import ChannelAccount, Conversation, Message, Participant
from helpdesk.orm import db
from helpdesk.people.models import Member
from helpdesk.tickets import native_intake
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, assemble, newest_ticket
from tests.support.members import a_member

MINUTE = timedelta(minutes=1)


def a_draft(text: str = "Hello", *, key: str | None = None) -> Draft:
    return conversing.draft_of(text, [], key=key or str(uuid4()))


def speaker(member: Member) -> Speaker:
    return Speaker(external_id=f"member:{member.id}", identity_id=native_queries.identity_of_member(member.id) or 0)


def count(model: type) -> int:
    return db.session.scalars(select(func.count()).select_from(model)).one()


def write(member: Member, other: Member, draft: Draft, *, at: datetime) -> Conversation:
    with transaction():
        return conversing.write_to_member(draft, sender=speaker(member), recipient=speaker(other), at=at)


def write_to_larkpost(member: Member, account: ChannelAccount, draft: Draft, *, at: datetime) -> Conversation:
    with transaction():
        return native_intake.write_to_brand(
            draft,
            sender=profiles.person_of(member),
            account=account,
            sender_id=speaker(member).identity_id,
            at=at,
        )


def all_at_once(app: Flask, *actions: Callable[[], object]) -> None:
    """Each in a thread and a session of its own, begun together."""
    together = threading.Barrier(len(actions))
    errors: list[BaseException] = []

    def run(action: Callable[[], object]) -> None:
        with app.app_context():
            together.wait()
            try:
                action()
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=run, args=[action]) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ("member:2", "member:10", "dm:member:2-member:10"),
        ("member:10", "member:2", "dm:member:2-member:10"),
        ("member:5", "brand:7", "dm:brand:7-member:5"),
    ],
)
def test_the_key_of_a_conversation_is_the_same_whoever_begins(one: str, other: str, key: str) -> None:
    assert conversing.conversation_key(one, other) == key


def test_the_same_key_twice_is_one_message(cast: Cast, at: datetime) -> None:
    dana, kat, draft = a_member("dana", "Dana"), a_member("kat", "Kat"), a_draft()

    first, second = (write(dana, kat, draft, at=at + n * MINUTE) for n in range(2))

    assert first.id == second.id
    assert (count(Conversation), count(Message), count(Participant)) == (1, 1, 2)


def test_nobody_writes_to_themselves(cast: Cast, at: datetime) -> None:
    dana = a_member("dana", "Dana")

    with pytest.raises(NotFound):
        write(dana, dana, a_draft(), at=at)


@pytest.mark.parametrize("body", ["", " \n\t ", "\u200b", "\x00", "\u2066\u2069"])
def test_a_draft_without_anything_to_see_is_none(body: str) -> None:
    with pytest.raises(InvalidInput, match="Write something first"):
        a_draft(body)


def test_a_draft_at_the_limit_goes_and_one_more_does_not() -> None:
    longest = conversing.LIMITS.text_max

    assert a_draft("x" * longest).parts == (InboundPart(kind=PartKind.TEXT, text="x" * longest),)
    with pytest.raises(InvalidInput, match="at most 10,000 characters; this has 10,001"):
        a_draft("x" * (longest + 1))


def test_reading_twice_tells_nobody_twice(cast: Cast, at: datetime) -> None:
    dana, kat = a_member("dana", "Dana"), a_member("kat", "Kat")
    conversation = write(dana, kat, a_draft(), at=at)

    with transaction():
        first = conversing.read(conversation.id, reader_id=speaker(kat).identity_id, at=at + MINUTE)
        second = conversing.read(conversation.id, reader_id=speaker(kat).identity_id, at=at + 2 * MINUTE)

    assert (first, second) == (True, False)


def test_ones_own_words_are_not_unread(cast: Cast, at: datetime) -> None:
    dana, kat = a_member("dana", "Dana"), a_member("kat", "Kat")
    write(dana, kat, a_draft(), at=at)

    unread = [native_queries.count_unread_conversations(speaker(m).identity_id) for m in (dana, kat)]

    assert unread == [0, 1]


def test_a_member_sees_that_the_staff_has_seen(cast: Cast, at: datetime) -> None:
    dana = a_member("dana", "Dana")
    conversation = write_to_larkpost(dana, cast.native, a_draft(), at=at)

    with transaction():
        native_intake.seen_by_staff(newest_ticket(), at=at + MINUTE)

    seen = native_queries.receipt(conversation.id, cast.native.identity_id)
    assert seen is not None
    assert (seen.up_to_at, seen.at) == (at, at + MINUTE)


def test_typing_is_over_after_a_while_and_with_the_message(cast: Cast, at: datetime) -> None:
    dana, kat = a_member("dana", "Dana"), a_member("kat", "Kat")
    conversation = write(dana, kat, a_draft(), at=at)
    with transaction():
        conversing.type_in(conversation, identity_id=speaker(dana).identity_id, at=at)
    place = (conversation.id, speaker(dana).identity_id)
    writer = db.session.get_one(Participant, place, populate_existing=True)

    assert conversing.is_typing(writer, at=at + timedelta(seconds=5))
    assert not conversing.is_typing(writer, at=at + timedelta(seconds=7))
    write(dana, kat, a_draft("Done"), at=at)
    db.session.refresh(writer)
    assert writer.typing_at is None


def test_two_first_messages_at_once_make_one_conversation_and_one_ticket(committed: Flask, at: datetime) -> None:
    cast = assemble(at=at)
    dana = a_member("dana", "Dana")
    dana_id, account_id = dana.id, cast.native.id

    def begin() -> None:
        account = db.session.get_one(ChannelAccount, account_id)
        write_to_larkpost(db.session.get_one(Member, dana_id), account, a_draft(), at=at)

    all_at_once(committed, begin, begin, begin)

    assert (count(Conversation), count(Ticket), count(Message)) == (1, 1, 3)


def test_two_members_who_begin_at_once_begin_one_conversation(committed: Flask, at: datetime) -> None:
    assemble(at=at)
    dana_id, kat_id = a_member("dana", "Dana").id, a_member("kat", "Kat").id

    def begin(writer_id: int, reader_id: int) -> None:
        writer, reader = db.session.get_one(Member, writer_id), db.session.get_one(Member, reader_id)
        write(writer, reader, a_draft(), at=at)

    all_at_once(committed, lambda: begin(dana_id, kat_id), lambda: begin(kat_id, dana_id))

    assert (count(Conversation), count(Message), count(Participant)) == (1, 2, 2)


def test_the_same_submit_twice_at_once_is_one_message(committed: Flask, at: datetime) -> None:
    cast = assemble(at=at)
    dana_id, account_id, draft = a_member("dana", "Dana").id, cast.native.id, a_draft()

    def submit() -> None:
        account = db.session.get_one(ChannelAccount, account_id)
        write_to_larkpost(db.session.get_one(Member, dana_id), account, draft, at=at)

    all_at_once(committed, submit, submit)

    assert (count(Conversation), count(Ticket), count(Message)) == (1, 1, 1)
