"""Reading X's record (behaviour.md 5.7) and looking there for what was sent without an answer (4.4)."""

from datetime import timedelta
from io import BytesIO

import pytest
from flask import Flask
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.messaging import history, history_queries, media, queries
from helpdesk.messaging.connecting import pause, resume
from helpdesk.messaging.models import ChannelLink, Health, InboundEvent, Message
from helpdesk.orm import db
from helpdesk.people.permissions import Act
from helpdesk.simulator.x import XSimulator
from helpdesk.tickets import queries as ticket_queries
from helpdesk.tickets import replying
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, dana_says, hear, newest_ticket, reply, standing
from tests.support.members import a_photo
from worker import deliver, ingest
from worker.history import read_waiting

MINUTE = timedelta(minutes=1)
WINDOW = timedelta(minutes=15)


def link(cast: Cast) -> ChannelLink:
    found = history_queries.link(cast.x.id)
    assert found is not None
    return found


def read(cast: Cast) -> None:
    """What the job does, and the ingest job after it."""
    read_waiting(cast.x.id)
    ingest.drain(cast.x.id)


def read_again(cast: Cast) -> None:
    """As if an hour had passed."""
    with transaction():
        history.ask_for(cast.x.id)
    read(cast)


def write_lines(x: XSimulator, numbers: range) -> None:
    """A second apart, so that their times tell their order."""
    for n in numbers:
        x.customer_writes("dana", f"line {n}", at=clock.now() - timedelta(seconds=1000 - n))


def said() -> list[str]:
    messages = db.session.scalars(select(Message).order_by(Message.platform_time, Message.id))
    return [part.text for m in messages for part in queries.message_as_shown(m.id).parts]


def count(model: type) -> int:
    return db.session.scalars(select(func.count()).select_from(model)).one()


def test_a_new_account_reads_what_there_is_once(cast: Cast, x: XSimulator) -> None:
    x.customer_writes("dana", "Where is it?")
    x.brand_writes_in_app("dana", "On its way")
    last = x.customer_writes("omar", "Anybody?")

    read(cast)
    read(cast)

    assert said() == ["Where is it?", "On its way", "Anybody?"]
    assert count(Ticket) == 1
    assert (link(cast).history_cursor, link(cast).history_words) == (last.id, "")
    assert link(cast).history_due_at is not None


def test_webhooks_and_the_record_together_make_each_message_once(cast: Cast, x: XSimulator) -> None:
    heard = x.customer_writes("dana", "Told")
    hear(cast.x, dana_says("Told", at=heard.created_at, external_id=heard.id, customer=heard.sender_id))
    x.customer_writes("dana", "Missed")

    read(cast)

    assert said() == ["Told", "Missed"]
    assert (count(Ticket), newest_ticket().waiting_since) == (1, heard.created_at)


def test_many_pages_are_read_to_the_cursor_and_not_beyond(cast: Cast, x: XSimulator) -> None:
    write_lines(x, range(1))
    read(cast)
    write_lines(x, range(1, 261))
    x.events.events_read = 0

    read_again(cast)

    assert said() == [f"line {n}" for n in range(261)]
    # 10 to look, then whole pages.
    assert x.events.events_read == 261


def test_a_look_that_finds_nothing_keeps_nothing(cast: Cast, x: XSimulator) -> None:
    x.customer_writes("dana", "hello")
    read(cast)

    read_again(cast)

    assert count(InboundEvent) == 1


def test_a_reading_stops_at_the_networks_limit_and_goes_on_where_it_stood(cast: Cast, x: XSimulator) -> None:
    x.events.limit_reads(2, WINDOW)
    write_lines(x, range(350))

    read(cast)
    halted = link(cast)
    assert (len(said()), halted.history_cursor, bool(halted.history_token)) == (200, "", True)
    assert halted.reads_reset_at is not None
    assert not history_queries.accounts_with_history_due(["x"], at=clock.now())
    assert history_queries.accounts_with_history_due(["x"], at=halted.reads_reset_at + MINUTE)

    x.events.limit_reads(15, WINDOW)
    with transaction():
        halted.reads_remaining = None
    read(cast)

    assert said() == [f"line {n}" for n in range(350)]
    assert link(cast).history_token == ""


def test_what_x_throttles_is_read_when_it_says(cast: Cast, x: XSimulator) -> None:
    x.customer_writes("dana", "hello")
    x.fail_next(88, on="read")

    read(cast)

    due_at = link(cast).history_due_at
    assert due_at is not None
    assert due_at == link(cast).reads_reset_at
    assert said() == []


@pytest.mark.parametrize(("fault", "health"), [(130, Health.OK), (93, Health.OK), (89, Health.AUTH_LOST)])
def test_a_reading_that_fails_is_tried_later_and_only_lost_access_stops_the_account(
    cast: Cast, x: XSimulator, fault: int, health: Health
) -> None:
    x.fail_next(fault, on="read")

    read(cast)

    assert cast.x.health == health
    assert link(cast).history_words
    assert (link(cast).history_due_at or clock.now()) > clock.now()


def test_an_account_that_is_resumed_reads_what_it_missed(cast: Cast, x: XSimulator) -> None:
    read(cast)
    assert not history_queries.accounts_with_history_due(["x"], at=clock.now())

    with transaction():
        resume(cast.x, at=clock.now())

    assert history_queries.accounts_with_history_due(["x"], at=clock.now()) == [cast.x.id]


def test_an_account_that_is_paused_is_not_asked_until_it_is_resumed(cast: Cast, x: XSimulator) -> None:
    x.customer_writes("dana", "hello")
    with transaction():
        pause(cast.x, by=cast.ada, at=clock.now())
        history.ask_for_all()

    read(cast)

    assert history_queries.accounts_with_history_due(["x"], at=clock.now()) == []
    assert said() == []
    with transaction():
        resume(cast.x, at=clock.now())
    read(cast)
    assert said() == ["hello"]


def test_a_success_in_part_is_taken_for_what_it_is(cast: Cast, x: XSimulator) -> None:
    x.customer_writes("dana", "told")
    x.customer_writes("dana", "not told")
    x.events.left_out = 1

    read(cast)

    assert said() == ["told"]


@pytest.mark.parametrize("spelling", ["posts", "tweets"])
def test_both_spellings_of_the_api_are_understood(cast: Cast, x: XSimulator, spelling: str) -> None:
    x.events.spelling = "posts" if spelling == "posts" else "tweets"
    x.customer_writes("dana", "look https://x.com/brand/status/2079000000000000001", photo=b"\xff\xd8 jpeg")

    read(cast)

    words, photo = queries.message_as_shown(db.session.scalars(select(Message.id)).one()).parts
    assert words.text == "look https://x.com/brand/status/2079000000000000001"
    assert words.details == {"shared_post_ids": ["2079000000000000001"]}
    assert (photo.kind, photo.file is not None) == ("image", True)


def test_a_group_is_heard_of_only_here_and_can_be_answered(cast: Cast, x: XSimulator) -> None:
    group = x.groups.make(["dana", "omar"])
    x.groups.write(group, x.customer("dana").id, "We both ordered")
    x.groups.leave(group, "omar")

    read(cast)
    reply(newest_ticket(), "Both are on their way", by=cast.amal, at=clock.now())
    deliver.drain(cast.x.id)

    people = {p.identity_id: p.left_at for p in queries.participants(newest_ticket().conversation_id)}
    assert (len(people), sum(left is not None for left in people.values())) == (3, 1)
    assert [event.text for event in x.groups.events(group) if event.text][-1] == "Both are on their way"


def test_a_photo_goes_into_a_group_and_is_known_when_the_record_is_read(app: Flask, cast: Cast, x: XSimulator) -> None:
    group = x.groups.make(["dana", "omar"])
    x.groups.write(group, x.customer("dana").id, "Which one is it?")
    read(cast)
    with transaction():
        photo = media.store_upload(BytesIO(a_photo()), name="lamp.png", settings=app.config["SETTINGS"])
        ticket = ticket_queries.lock_ticket(newest_ticket().id, standing(cast.amal), Act.REPLY)
        replying.reply_to_ticket(ticket, "This one", files=[photo], key="key-photo", by=cast.amal, at=clock.now())

    deliver.drain(cast.x.id)
    read_again(cast)

    sent = x.groups.events(group)[-1]
    assert (sent.text, sent.medium is not None) == ("This one", True)
    assert count(Message) == 2


def test_an_encrypted_message_is_not_in_the_record(cast: Cast, x: XSimulator) -> None:
    x.customer_writes_encrypted("dana")

    read(cast)

    assert count(Message) == 0
