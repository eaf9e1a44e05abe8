import json
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.channels.port import (
    AccessRevoked,
    InboundEvent,
    InboundIdentity,
    InboundMessage,
    InboundPart,
    InboundReceipt,
    InboundTyping,
    PartKind,
    UnreadablePayload,
    UnsupportedEvent,
)
from tests.channels.x.contract import PAYLOADS, payload, x_channel

RECEIVED_AT = datetime(2026, 7, 24, 21, 40, tzinfo=UTC)
SENT_AT = datetime(2026, 7, 24, 21, 23, 44, 372000, tzinfo=UTC)
DANA = InboundIdentity(
    external_id="8002", display_name="Dana Ruiz", handle="dana", avatar_url="https://pbs.example/8002_normal.jpg"
)
BRAND = InboundIdentity(external_id="7001", display_name="Brand", handle="brand")


def events(name: str) -> list[InboundEvent]:
    return parsed(payload(name))


def parsed(body: bytes) -> list[InboundEvent]:
    return x_channel().parse(body, received_at=RECEIVED_AT)


def message(name: str) -> InboundMessage:
    (event,) = events(name)
    assert isinstance(event, InboundMessage)
    return event


def text(words: str) -> InboundPart:
    return InboundPart(kind=PartKind.TEXT, text=words)


@pytest.mark.parametrize("name", ["activity_received", "account_received"])
def test_a_message_reads_the_same_in_either_envelope(name: str) -> None:
    assert message(name) == InboundMessage(
        conversation_key="dm:7001-8002",
        external_id="2080000000000000001",
        sender=DANA,
        customer=DANA,
        is_from_brand=False,
        sent_at=SENT_AT,
        parts=(text("hello, my order is late"),),
    )


def test_our_own_message_comes_back_as_the_brands() -> None:
    echo = message("activity_sent")

    assert echo.is_from_brand
    assert (echo.sender, echo.customer) == (BRAND, DANA)
    assert echo.conversation_key == "dm:7001-8002"


@pytest.mark.parametrize("name", ["activity_read_array", "activity_read_bare", "account_read"])
def test_a_read_mark_reads_the_same_in_every_form(name: str) -> None:
    (event,) = events(name)

    assert isinstance(event, InboundReceipt)
    assert (event.kind, event.reader.external_id) == ("read", "8002")
    assert event.up_to_external_id == "2080000000000000009"
    assert event.conversation_key == "dm:7001-8002"
    assert event.at == datetime(2026, 7, 24, 21, 25, tzinfo=UTC)


@pytest.mark.parametrize("name", ["activity_typing", "account_typing"])
def test_typing_is_told(name: str) -> None:
    (event,) = events(name)

    assert event == InboundTyping(
        conversation_key="dm:7001-8002", sender=DANA, at=datetime(2026, 7, 24, 21, 25, 1, tzinfo=UTC)
    )


def test_every_event_of_a_body_is_read_and_what_is_unknown_or_broken_harms_no_other() -> None:
    first, strange, second, broken, read, posted = events("account_several")

    assert isinstance(first, InboundMessage)
    assert first.parts == (text("first"),)
    assert strange == UnsupportedEvent(kind="sparkle")
    assert isinstance(second, InboundMessage)
    assert second.parts == (text("second"),)
    assert broken == UnsupportedEvent(kind="message_create")
    assert isinstance(read, InboundReceipt)
    assert posted == UnsupportedEvent(kind="tweet_create_events")


def test_a_photo_comes_with_its_address_and_without_the_link_that_stands_for_it() -> None:
    said, photo = message("photo").parts

    assert said == text("look at this")
    assert photo == InboundPart(
        kind=PartKind.IMAGE,
        source_url="https://ton.twitter.com/1.1/ton/data/dm/2080000000000000001/2080000000000000900/aB3.jpg",
        mime="image/jpeg",
        name="aB3.jpg",
        details={"media_id": "2080000000000000900", "type": "photo", "width": 1200, "height": 800},
    )


def test_a_photo_alone_has_no_text_part() -> None:
    (photo,) = message("photo_alone").parts

    assert photo.kind is PartKind.IMAGE


def test_of_a_video_the_best_file_is_taken_and_never_the_playlist() -> None:
    said, video = message("video").parts

    assert said == text("see")
    assert (video.kind, video.mime) == (PartKind.VIDEO, "video/mp4")
    assert video.source_url == "https://video.twimg.com/dm_video/900/high.mp4"
    assert video.details["duration_ms"] == 4200


def test_an_animated_gif_is_a_video_that_says_so() -> None:
    (gif,) = message("animated_gif").parts

    assert (gif.kind, gif.mime, gif.details["type"]) == (PartKind.VIDEO, "video/mp4", "animated_gif")


def test_an_unknown_medium_leaves_the_words_and_a_placeholder() -> None:
    assert message("hologram").parts == (
        text("what is this"),
        InboundPart(kind=PartKind.UNSUPPORTED, details={"type": "hologram"}),
    )


def test_links_are_written_out_and_escapes_undone_once() -> None:
    assert message("links_and_escapes").parts == (
        text("https://shop.example/orders/17?a=1&b=2 and https://shop.example/help <b> Q&A &lt; https://t.co/bbcd"),
    )


def test_a_place_is_shown_by_its_coordinates_or_its_name() -> None:
    said, coordinate = message("coordinate").parts
    (place,) = message("place").parts

    assert said == text("here")
    assert coordinate == InboundPart(kind=PartKind.LOCATION, details={"latitude": 37.78, "longitude": -122.44})
    assert (place.kind, place.text) == (PartKind.LOCATION, "Presidio, San Francisco")


def test_a_quick_reply_says_which_choice_was_taken() -> None:
    assert message("quick_reply").parts == (
        text("Refund"),
        InboundPart(kind=PartKind.QUICK_REPLY_ANSWER, details={"metadata": "refund-17"}),
    )


def test_an_encrypted_message_is_a_placeholder_in_a_conversation_of_its_own() -> None:
    encrypted = message("activity_encrypted")

    assert encrypted.conversation_key == "xchat:7001-8002"
    assert encrypted.customer.external_id == "8002"
    assert encrypted.parts == (InboundPart(kind=PartKind.ENCRYPTED),)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("activity_encrypted_group_sent", "chat.sent"),
        ("activity_member_added", "chat.conversation.member_added"),
        ("activity_other_account", "dm.received of another account"),
        ("account_replay_finished", "replay_job_status"),
        ("to_oneself", "message_create"),
    ],
)
def test_what_is_no_message_of_this_account_is_kept_as_unsupported(name: str, kind: str) -> None:
    assert events(name) == [UnsupportedEvent(kind=kind)]


def test_withdrawn_access_is_told_in_either_envelope() -> None:
    assert events("activity_revoked") == [AccessRevoked(at=RECEIVED_AT)]
    assert events("account_revoked") == [AccessRevoked(at=datetime(2026, 7, 24, 21, 30, tzinfo=UTC))]


def test_ids_that_come_as_numbers_are_their_digits_and_nul_is_left_out() -> None:
    numbered = message("numbers_as_ids")

    assert numbered.external_id == "2080000000000000001"
    assert numbered.sender.external_id == "8002"
    assert numbered.sent_at == SENT_AT
    assert numbered.parts == (text("hi there"),)


def test_a_time_that_cannot_be_read_is_the_time_received_and_a_future_one_stays() -> None:
    assert message("broken_time").sent_at == RECEIVED_AT
    assert message("future_time").sent_at == datetime(2100, 1, 1, tzinfo=UTC)


def test_the_smaller_id_stands_first_by_number_not_by_letter() -> None:
    body = json.loads(payload("activity_received"))
    body["data"]["payload"]["direct_message_events"][0]["message_create"]["sender_id"] = "900"

    (event,) = parsed(json.dumps(body).encode())

    assert isinstance(event, InboundMessage)
    assert event.conversation_key == "dm:900-7001"


def test_a_second_of_the_year_ten_thousand_is_no_reason_to_fail() -> None:
    body = payload("activity_received").replace(b"1784928224372", b"9" * 30)

    (event,) = parsed(body)

    assert isinstance(event, InboundMessage)
    assert event.sent_at == RECEIVED_AT


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(), inside, max_size=4),
    max_leaves=12,
)
NAMES = sorted(path.stem for path in PAYLOADS.glob("*.json"))


def check_that_parse_only_raises_unreadable(body: bytes) -> None:
    """…and that what is found can be written to a database: whole characters, no NUL."""
    try:
        found = parsed(body)
    except UnreadablePayload:
        return
    assert b"\\u0000" not in msgspec.json.encode(found)


@given(st.binary())
def test_no_bytes_raise_anything_else_than_unreadable(body: bytes) -> None:
    check_that_parse_only_raises_unreadable(body)


@given(ANY_JSON)
def test_no_json_raises_anything_else_than_unreadable(value: object) -> None:
    check_that_parse_only_raises_unreadable(json.dumps(value).encode())


@given(st.data())
def test_a_known_payload_with_anything_in_any_place_raises_nothing_else_than_unreadable(data: st.DataObject) -> None:
    body = json.loads(payload(data.draw(st.sampled_from(NAMES))))

    spoilt = with_something_else_inside(body, data)

    check_that_parse_only_raises_unreadable(json.dumps(spoilt).encode())


def with_something_else_inside(value: object, data: st.DataObject) -> object:
    """The same JSON with one value, at a depth that is drawn, replaced by any other."""
    if isinstance(value, dict) and value and data.draw(st.integers(0, 6)):
        key = data.draw(st.sampled_from(sorted(value)))
        return {**value, key: with_something_else_inside(value[key], data)}
    if isinstance(value, list) and value and data.draw(st.integers(0, 6)):
        index = data.draw(st.integers(0, len(value) - 1))
        return [*value[:index], with_something_else_inside(value[index], data), *value[index + 1 :]]
    return data.draw(ANY_JSON)


@given(st.timedeltas(min_value=timedelta(days=-365 * 50), max_value=timedelta(days=365 * 50)))
def test_times_keep_their_milliseconds(offset: timedelta) -> None:
    milliseconds = int((SENT_AT + offset - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1))
    body = payload("activity_received").replace(b"1784928224372", str(milliseconds).encode())

    (event,) = parsed(body)

    assert isinstance(event, InboundMessage)
    assert event.sent_at == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
