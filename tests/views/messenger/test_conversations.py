"""The inbox and conversations, as a member's browser sees them."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from helpdesk import clock
from helpdesk.messaging import conversing, profiles
from helpdesk.messaging.delivery_states import DeliveryState
from helpdesk.messaging.models import Conversation, Delivery, Message
from helpdesk.orm import db
from helpdesk.people.models import Member
from helpdesk.tickets.models import Ticket
from helpdesk.transaction import transaction
from tests.support.cast import Cast, newest_ticket, reply
from tests.support.members import FRAGMENT, a_member, begun, conversation_with, said_in, say, texts_in
from worker import deliver

NOBODYS = UUID("2f1c9a44-5d0e-4d7b-9a51-0c4f7b6f1a10")


def count(model: type) -> int:
    return db.session.scalars(select(func.count()).select_from(model)).one()


def answer(cast: Cast, text: str) -> Message:
    """Amal replies; the reply waits for the worker."""
    return reply(newest_ticket(), text, by=cast.amal, at=clock.now())


def release(cast: Cast) -> None:
    """The worker carries what waits."""
    deliver.drain(cast.native.id)


# Writing to a brand


def test_a_first_message_to_a_brand_makes_a_conversation_and_a_ticket(danas: FlaskClient, cast: Cast) -> None:
    public_id = begun(danas, "larkpost", "My lamp came and the shade is bent")

    assert texts_in(public_id) == ["My lamp came and the shade is bent"]
    assert newest_ticket().conversation_id == conversation_with(public_id).id
    assert conversation_with(public_id).external_key.startswith(f"dm:brand:{cast.larkpost.id}-member:")


def test_the_message_stands_in_the_page_without_javascript(danas: FlaskClient) -> None:
    public_id = begun(danas, "larkpost", "Hello there")

    page = danas.get(f"/messages/{public_id}")

    assert page.status_code == 200
    assert "<!doctype html>" in page.text
    assert "Hello there" in page.text
    assert "Delivered" in page.text


def test_a_fragment_holds_the_message_and_no_page(danas: FlaskClient) -> None:
    public_id = begun(danas, "larkpost", "Hello")

    sent = say(danas, f"/messages/{public_id}", "And one more thing", fragment=True)

    assert sent.status_code == 200
    assert "And one more thing" in sent.text
    assert "<!doctype" not in sent.text
    assert "Hello<" not in sent.text


def test_the_first_message_by_htmx_leads_to_the_conversation(danas: FlaskClient) -> None:
    sent = say(danas, "/messages/with/larkpost", "Hello", fragment=True)

    assert sent.status_code == 204
    assert danas.get(sent.headers["HX-Redirect"]).status_code == 200


def test_a_double_submit_is_one_message(danas: FlaskClient) -> None:
    public_id = begun(danas, "larkpost", "Hello")
    key = str(uuid4())

    answers = [say(danas, f"/messages/{public_id}", "Twice", key=key) for _ in range(2)]

    assert [a.status_code for a in answers] == [303, 303]
    assert texts_in(public_id) == ["Hello", "Twice"]


def test_a_first_message_submitted_twice_is_one_conversation(danas: FlaskClient) -> None:
    key = str(uuid4())

    first, second = (say(danas, "/messages/with/larkpost", "Hello", key=key) for _ in range(2))

    assert first.location == second.location
    assert (count(Conversation), count(Message), count(Ticket)) == (1, 1, 1)


def test_opening_a_conversation_that_exists_leads_there(danas: FlaskClient) -> None:
    public_id = begun(danas, "larkpost", "Hello")

    assert danas.get("/messages/with/larkpost").location.endswith(str(public_id))


def test_an_empty_conversation_makes_no_rows(danas: FlaskClient) -> None:
    page = danas.get("/messages/with/larkpost")

    assert page.status_code == 200
    assert "Write to Larkpost" in page.text
    assert count(Conversation) == 0


# What the brand answers


def test_a_reply_that_waits_is_visible_nowhere(danas: FlaskClient, cast: Cast) -> None:
    public_id = begun(danas, "larkpost", "Hello")
    answer(cast, "SECRET not yet released")

    seen = [
        danas.get(f"/messages/{public_id}").text,
        danas.get("/messages").text,
        danas.get(f"/messages/{public_id}/changes?since=0", headers=FRAGMENT).text,
        danas.get("/messages/rows", headers=FRAGMENT).text,
    ]

    assert not any("SECRET" in text for text in seen)
    assert "You: Hello" in seen[1]


def test_a_released_reply_appears_with_who_wrote_it(danas: FlaskClient, cast: Cast) -> None:
    public_id = begun(danas, "larkpost", "Hello")
    answer(cast, "Hi Dana, we can send a new shade")
    release(cast)

    page = danas.get(f"/messages/{public_id}").text

    assert "we can send a new shade" in page
    assert "Amal at Larkpost" in page


def test_opening_the_conversation_shows_the_staff_that_it_was_read(danas: FlaskClient, cast: Cast) -> None:
    public_id = begun(danas, "larkpost", "Hello")
    message = answer(cast, "Hi Dana")
    release(cast)
    assert db.session.query(Delivery).one().state == DeliveryState.DELIVERED

    danas.get(f"/messages/{public_id}")

    delivery = db.session.query(Delivery).one()
    assert (delivery.message_id, delivery.state) == (message.id, DeliveryState.READ)


def test_the_inbox_counts_what_is_unread_until_it_is_opened(danas: FlaskClient, cast: Cast) -> None:
    public_id = begun(danas, "larkpost", "Hello")
    answer(cast, "Hi Dana")
    release(cast)

    before = danas.get("/messages").text
    danas.get(f"/messages/{public_id}")
    after = danas.get("/messages").text

    assert "1 unread" in before
    assert "unread" not in after


def test_the_page_says_what_it_has_shown(danas: FlaskClient, cast: Cast) -> None:
    public_id = begun(danas, "larkpost", "Hello")
    answer(cast, "Hi Dana")
    release(cast)
    last = said_in(public_id)[-1]

    told = danas.post(f"/messages/{public_id}/read", data={"last": f"message-{last.external_id}"})

    assert told.status_code == 204
    assert db.session.query(Delivery).one().state == DeliveryState.READ


# Changes, older, typing


def test_changes_since_a_version_are_the_new_messages_and_the_new_version(danas: FlaskClient) -> None:
    public_id = begun(danas, "larkpost", "One")
    version = conversation_with(public_id).version
    say(danas, f"/messages/{public_id}", "Two")

    changes = danas.get(f"/messages/{public_id}/changes?since={version}", headers=FRAGMENT)

    assert "Two" in changes.text
    assert "One" not in changes.text
    assert f'value="{conversation_with(public_id).version}"' in changes.text
    assert danas.get(f"/messages/{public_id}/changes?since={version + 99}").status_code == 204


@pytest.mark.parametrize("since", ["", "x", "-5", "9" * 40])
def test_a_version_that_is_no_version_does_no_harm(danas: FlaskClient, since: str) -> None:
    public_id = begun(danas, "larkpost", "One")

    answered = danas.get(f"/messages/{public_id}/changes?since={since}")

    assert answered.status_code in (200, 204)


def test_older_messages_come_a_page_at_a_time(danas: FlaskClient, kat: Member) -> None:
    public_id = begun(danas, "kat", "line 0")
    for n in range(1, 56):
        say(danas, f"/messages/{public_id}", f"line {n}.")

    page = danas.get(f"/messages/{public_id}").text
    first = said_in(public_id)[0]
    older = danas.get(f"/messages/{public_id}/older?before={first.external_id}", headers=FRAGMENT).text

    assert "line 55." in page
    assert "line 4." not in page
    assert "line 4." in older
    assert "line 0" in older
    assert "Earlier messages" not in older


def test_before_the_first_message_there_is_nothing_and_no_fault(danas: FlaskClient, kat: Member) -> None:
    public_id = begun(danas, "kat", "line 0")
    first = said_in(public_id)[0]

    for headers in ({}, FRAGMENT):
        older = danas.get(f"/messages/{public_id}/older?before={first.external_id}", headers=headers)
        assert older.status_code == 200


def test_a_key_that_no_message_can_have_names_none(danas: FlaskClient, kat: Member) -> None:
    public_id = begun(danas, "kat", "Hello")

    assert danas.get(f"/messages/{public_id}/older?before=%00").status_code == 404
    assert danas.post(f"/messages/{public_id}/read", data={"last": "message-\x00"}).status_code == 204


def test_typing_is_shown_to_the_other_side_and_ends(danas: FlaskClient, kats: FlaskClient) -> None:
    public_id = begun(danas, "kat", "Hello")

    danas.post(f"/messages/{public_id}/typing")

    assert "Dana is typing" in kats.get(f"/messages/{public_id}/typing", headers=FRAGMENT).text
    assert "is typing" not in danas.get(f"/messages/{public_id}/typing", headers=FRAGMENT).text
    say(danas, f"/messages/{public_id}", "Done")
    assert "is typing" not in kats.get(f"/messages/{public_id}/typing", headers=FRAGMENT).text


# Between members


def test_members_write_to_one_another_without_a_ticket(danas: FlaskClient, kats: FlaskClient) -> None:
    public_id = begun(danas, "kat", "Are you there?")

    say(kats, f"/messages/{public_id}", "I am")

    assert texts_in(public_id) == ["Are you there?", "I am"]
    assert count(Ticket) == 0


def test_both_begin_the_same_conversation(danas: FlaskClient, kats: FlaskClient) -> None:
    assert begun(danas, "kat", "Hello") == begun(kats, "dana", "Hello yourself")


def test_what_the_other_has_seen_is_said_under_the_last_message(danas: FlaskClient, kats: FlaskClient) -> None:
    public_id = begun(danas, "kat", "Hello")
    assert "Delivered" in danas.get(f"/messages/{public_id}").text
    version = conversation_with(public_id).version

    kats.get(f"/messages/{public_id}")

    assert "Seen " in danas.get(f"/messages/{public_id}").text
    assert "Seen " in danas.get(f"/messages/{public_id}/changes?since={version}", headers=FRAGMENT).text


# Who may not


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", ""),
        ("post", ""),
        ("get", "/changes?since=0"),
        ("get", "/older?before=x"),
        ("post", "/read"),
        ("post", "/typing"),
        ("get", "/typing"),
    ],
)
def test_a_third_member_finds_no_such_conversation(
    danas: FlaskClient, eves: FlaskClient, kat: Member, method: str, path: str
) -> None:
    with_brand, with_kat = begun(danas, "larkpost", "Hello"), begun(danas, "kat", "Hello")

    for public_id in (with_brand, with_kat, uuid4()):
        answered = getattr(eves, method)(f"/messages/{public_id}{path}", data={"key": str(uuid4()), "body": "x"})
        assert answered.status_code == 404

    assert texts_in(with_brand) == texts_in(with_kat) == ["Hello"]


@pytest.mark.parametrize(
    "path", ["", "/rows", "/people", "/people/larkpost", "/with/larkpost", f"/{NOBODYS}", f"/files/{NOBODYS}"]
)
def test_who_is_not_signed_in_is_asked_to(client: FlaskClient, cast: Cast, path: str) -> None:
    page = client.get(f"/messages{path}")
    fragment = client.get(f"/messages{path}", headers=FRAGMENT)

    assert (page.status_code, page.location.partition("?")[0]) == (302, "/sign-in")
    assert (fragment.status_code, fragment.headers["HX-Redirect"]) == (401, "/sign-in")


def test_an_agent_is_no_member(client: FlaskClient, cast: Cast) -> None:
    client.post("/sign-in/staff", data={"name": cast.amal.email, "password": "correct horse battery"})

    assert client.get("/messages").status_code == 302


# Bad input


@pytest.mark.parametrize(
    "body", ["", "   \n ", "\u200b\u200d\u200e", "\x00\x07"], ids=["empty", "spaces", "shapeless", "control"]
)
def test_nothing_to_see_is_not_sent(danas: FlaskClient, body: str) -> None:
    public_id = begun(danas, "larkpost", "Hello")

    page, fragment = (say(danas, f"/messages/{public_id}", body, fragment=f) for f in (False, True))

    assert (page.status_code, fragment.status_code) == (422, 422)
    assert "Write something first" in page.text
    assert "Write something first" in fragment.text
    assert 'id="composer"' in fragment.text
    assert "<!doctype" not in fragment.text
    assert texts_in(public_id) == ["Hello"]


def test_too_long_a_message_is_refused_and_kept_in_the_composer(danas: FlaskClient) -> None:
    key = str(uuid4())

    refused = say(danas, "/messages/with/larkpost", "x" * 100_000, key=key)

    assert refused.status_code == 422
    assert "at most 10,000 characters; this has 100,000" in refused.text
    assert "x" * 100_000 in refused.text
    assert key in refused.text
    assert count(Conversation) == 0


def test_control_characters_are_taken_out_and_other_writing_stays(danas: FlaskClient) -> None:
    said = "مرحبا \u202bשלום\u202c Z̴̡a̵l̷g̸o 👩\u200d👩\u200d👧\nsecond\tline"

    public_id = begun(danas, "larkpost", f"\x00\x1b[31m{said}\x85\r\n")

    assert texts_in(public_id) == [f"[31m{said}"]
    assert danas.get(f"/messages/{public_id}").status_code == 200


def test_markup_is_shown_as_it_was_written(danas: FlaskClient) -> None:
    public_id = begun(danas, "larkpost", "<script>alert(1)</script>")

    page = danas.get(f"/messages/{public_id}").text

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("key", ["", "x", "not-a-uuid-at-all", "'; drop table message"])
def test_a_key_that_no_page_made_is_refused_with_the_draft(danas: FlaskClient, key: str) -> None:
    refused = danas.post("/messages/with/larkpost", data={"key": key, "body": "my words"})

    assert refused.status_code == 422
    assert "my words" in refused.text


@pytest.mark.parametrize("handle", ["nobody", "dana", "%00", "a" * 500, "..%2F"])
def test_nobody_and_oneself_cannot_be_written_to(danas: FlaskClient, handle: str) -> None:
    assert danas.get(f"/messages/with/{handle}").status_code == 404
    assert say(danas, f"/messages/with/{handle}", "Hello").status_code == 404


def test_who_sends_too_fast_is_told_so_and_keeps_the_words(danas: FlaskClient, kat: Member) -> None:
    public_id = begun(danas, "kat", "Hello")
    for n in range(59):
        assert say(danas, f"/messages/{public_id}", f"{n}").status_code == 303

    page, fragment = (say(danas, f"/messages/{public_id}", "kept words", fragment=f) for f in (False, True))

    assert (page.status_code, fragment.status_code) == (429, 429)
    assert "more than 60 messages in a minute" in page.text
    assert "kept words" in page.text
    assert "more than 60 messages" in fragment.headers["HX-Trigger"]


# The inbox


def test_the_inbox_shows_the_latest_first(danas: FlaskClient, kat: Member, eve: Member) -> None:
    begun(danas, "kat", "To Kat")
    begun(danas, "eve_l", "To Eve")

    page = danas.get("/messages").text

    assert page.index("You: To Eve") < page.index("You: To Kat")


def test_an_empty_inbox_says_whom_one_can_write_to(danas: FlaskClient) -> None:
    page = danas.get("/messages").text

    assert "No messages yet" in page
    assert "/messages/people/larkpost" in page


def test_a_long_inbox_comes_a_page_at_a_time(danas: FlaskClient, dana: Member, cast: Cast) -> None:
    me = profiles.person_of(dana).external_id
    with transaction():
        mine = profiles.join_network(dana)
    for n in range(43):
        other = a_member(f"friend_{n}", f"Friend {n}")
        with transaction():
            conversing.write_to_member(
                conversing.draft_of(f"hello {n}.", [], key=str(uuid4())),
                sender=conversing.Speaker(external_id=me, identity_id=mine),
                recipient=conversing.Speaker(
                    external_id=f"member:{other.id}", identity_id=profiles.join_network(other)
                ),
                at=clock.now() + timedelta(seconds=n),
            )

    first = danas.get("/messages/rows", headers=FRAGMENT).text
    after = first.split("after=")[1][:36]
    rest = danas.get(f"/messages/rows?after={UUID(after)}", headers=FRAGMENT).text

    assert first.count('class="inbox-row"') == 40
    assert rest.count('class="inbox-row"') == 3
    assert "hello 0." in rest
