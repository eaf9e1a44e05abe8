"""The stand-in of X and the adapter, which share no code, over real sockets: each holds the other to the documents."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from helpdesk.channels.port import (
    AccessRevoked,
    FailureClass,
    InboundMessage,
    InboundReceipt,
    InboundTyping,
    OutboundFile,
    OutboundMessage,
    OutcomeUnknown,
    PartKind,
    SendFailed,
    UnsupportedEvent,
)
from helpdesk.simulator.x import CheckFailed, XSimulator
from tests.simulator.desk import Desk, a_desk, channel_to

SOON = (timedelta(milliseconds=10), timedelta(milliseconds=20), timedelta(milliseconds=30))

HTTP = httpx.Client(trust_env=False)


@pytest.fixture
def x() -> Iterator[XSimulator]:
    with XSimulator(retry_waits=SOON, processing=timedelta(0), hang=timedelta(seconds=0.1), workers=4) as simulator:
        yield simulator


@pytest.fixture
def desk(x: XSimulator) -> Iterator[Desk]:
    with a_desk(channel_to(x)) as desk:
        yield desk


def a_reply(x: XSimulator, text: str = "On its way", *files: OutboundFile) -> OutboundMessage:
    dana = x.customer("dana")
    return OutboundMessage(
        client_key="key-1",
        conversation_key=f"dm:{x.brand.id}-{dana.id}",
        recipient_external_id=dana.id,
        text=text,
        files=files,
    )


def messages(desk: Desk) -> list[InboundMessage]:
    return [event for event in desk.events if isinstance(event, InboundMessage)]


@pytest.mark.parametrize("envelope", ["xaa", "aaa"])
def test_a_customers_message_arrives_signed_in_either_envelope(x: XSimulator, desk: Desk, envelope: str) -> None:
    x.connect_webhook(desk.url, envelope="aaa" if envelope == "aaa" else "xaa")

    written = x.customer_writes("dana", "Where is order 17? <b>Q&A</b> https://shop.example/orders/17?a=1&b=2")

    assert x.wait_until_quiet()
    (message,) = messages(desk)
    assert message.external_id == written.id
    assert (message.sender.handle, message.sender.display_name) == ("dana", "Dana")
    assert message.parts[0].text == "Where is order 17? <b>Q&A</b> https://shop.example/orders/17?a=1&b=2"
    assert message.sent_at == written.created_at


@pytest.mark.parametrize(
    ("mime", "kind"), [("image/jpeg", PartKind.IMAGE), ("video/mp4", PartKind.VIDEO), ("image/gif", PartKind.VIDEO)]
)
@pytest.mark.parametrize("text", ["look", ""])
def test_a_medium_is_told_and_fetched_with_the_accounts_token_only(
    x: XSimulator, desk: Desk, mime: str, kind: PartKind, text: str
) -> None:
    x.connect_webhook(desk.url)

    x.customer_writes("dana", text, photo=b"a picture", mime=mime)

    assert x.wait_until_quiet()
    parts = messages(desk)[0].parts
    assert [part.text for part in parts] == ([text, ""] if text else [""])
    assert parts[-1].kind is kind
    assert desk.channel.fetch(parts[-1].source_url).content == b"a picture"
    assert HTTP.get(parts[-1].source_url).status_code == 401


def test_a_reply_is_accepted_and_comes_back_as_the_brands(x: XSimulator, desk: Desk) -> None:
    x.connect_webhook(desk.url)

    accepted = desk.channel.send(a_reply(x))

    assert x.wait_until_quiet()
    (echo,) = messages(desk)
    assert (echo.external_id, echo.is_from_brand) == (accepted.external_id, True)
    assert echo.customer.handle == "dana"
    assert echo.conversation_key == accepted.conversation_key
    assert [message.text for message in x.sent_messages] == ["On its way"]


def test_the_echo_can_come_before_the_answer(x: XSimulator, desk: Desk) -> None:
    x.connect_webhook(desk.url)
    x.echo = "before"

    accepted = desk.channel.send(a_reply(x))

    assert [message.external_id for message in messages(desk)] == [accepted.external_id]


@pytest.mark.parametrize("mime", ["image/png", "image/gif", "video/mp4"])
def test_a_file_is_uploaded_and_travels_with_the_reply(x: XSimulator, desk: Desk, mime: str) -> None:
    desk.channel.send(a_reply(x, "Here", OutboundFile(name="a", mime=mime, content=b"content" * 1000)))

    (sent,) = x.sent_messages
    assert sent.medium is not None
    assert (sent.medium.mime, sent.medium.content) == (mime, b"content" * 1000)


def test_the_customer_reads_the_reply(x: XSimulator, desk: Desk) -> None:
    x.connect_webhook(desk.url)
    accepted = desk.channel.send(a_reply(x))

    x.mark_read("dana")

    assert x.wait_until_quiet()
    (receipt,) = [event for event in desk.events if isinstance(event, InboundReceipt)]
    assert receipt.up_to_external_id == accepted.external_id
    assert receipt.reader.external_id == x.customer("dana").id
    assert receipt.conversation_key == accepted.conversation_key


def test_every_send_tells_what_is_left_and_the_sixteenth_is_throttled(x: XSimulator, desk: Desk) -> None:
    left = [quota.remaining for quota in (desk.channel.send(a_reply(x)).quota for _ in range(15)) if quota]

    with pytest.raises(SendFailed) as failed:
        desk.channel.send(a_reply(x))

    assert left == list(range(14, -1, -1))
    assert failed.value.failure is FailureClass.THROTTLED
    assert failed.value.quota is not None
    assert failed.value.retry_at == failed.value.quota.resets_at
    assert len(x.sent_messages) == 15


@pytest.mark.parametrize(
    ("fault", "failure"),
    [(failure.value, failure) for failure in FailureClass if failure is not FailureClass.WINDOW_CLOSED]
    + [("usage-capped", FailureClass.BILLING), ("lost", None), ("gateway", None), (476, FailureClass.RECIPIENT)],
)
def test_a_fault_on_demand_is_met_once_and_nothing_is_sent(
    x: XSimulator, desk: Desk, fault: str | int, failure: FailureClass | None
) -> None:
    x.fail_next(fault)

    with pytest.raises((SendFailed, OutcomeUnknown)) as failed:
        desk.channel.send(a_reply(x))

    assert getattr(failed.value, "failure", None) == failure
    assert x.sent_messages == []
    assert desk.channel.send(a_reply(x)).external_id


@pytest.mark.parametrize("silence", ["hang", "drop", "gateway-taken"])
def test_a_message_can_be_taken_without_an_answer_and_its_echo_tells(x: XSimulator, desk: Desk, silence: str) -> None:
    x.connect_webhook(desk.url)
    x.fail_next(silence)

    with pytest.raises(OutcomeUnknown):
        desk.channel.send(a_reply(x))

    assert x.wait_until_quiet()
    assert [message.parts[0].text for message in messages(desk)] == ["On its way"]


def test_a_customer_can_take_no_messages(x: XSimulator, desk: Desk) -> None:
    x.refuse_messages("dana")

    with pytest.raises(SendFailed) as failed:
        desk.channel.send(a_reply(x))

    assert (failed.value.failure, failed.value.code) == (FailureClass.RECIPIENT, "349")


@pytest.mark.parametrize("signature", ["wrong", "missing"])
def test_a_call_that_is_not_signed_rightly_is_refused_and_tried_as_often_as_any(
    x: XSimulator, desk: Desk, signature: str
) -> None:
    x.connect_webhook(desk.url)

    x.customer_writes("dana", "hello", signature="wrong" if signature == "wrong" else "missing")

    assert x.wait_until_quiet()
    assert desk.events == []
    assert desk.refused == 1 + len(SOON)


def test_a_call_that_failed_is_made_again_until_it_is_taken(x: XSimulator, desk: Desk) -> None:
    x.connect_webhook(desk.url)
    desk.answers = [500, 503]

    x.customer_writes("dana", "hello")

    assert x.wait_until_quiet()
    assert [attempt.status for attempt in x.deliveries[-1].attempts] == [500, 503, 200]
    assert len(desk.events) == 1


def test_after_the_last_wait_a_call_is_given_up(x: XSimulator, desk: Desk) -> None:
    x.connect_webhook(desk.url)
    desk.answers = [500] * 4

    x.customer_writes("dana", "hello")

    assert x.wait_until_quiet()
    assert desk.events == []
    assert not x.deliveries[-1].is_taken


def test_one_message_can_be_told_fifty_times(x: XSimulator, desk: Desk) -> None:
    x.connect_webhook(desk.url)

    written = x.customer_writes("dana", "hello", copies=50)

    assert x.wait_until_quiet()
    assert [message.external_id for message in messages(desk)] == [written.id] * 50


def test_messages_can_come_in_the_wrong_order_or_in_one_call(x: XSimulator, desk: Desk) -> None:
    x.connect_webhook(desk.url)

    for together in (False, True):
        x.hold_deliveries()
        for text in ("one", "two", "three"):
            x.customer_writes("dana", text)
            assert x.wait_until_quiet()
        x.release_deliveries(is_reversed=True, together=together)
        assert x.wait_until_quiet()

    *apart, last = desk.calls
    assert len(apart) == 3
    assert [event.parts[0].text for event in last if isinstance(event, InboundMessage)] == ["three", "two", "one"]


def test_a_message_can_be_told_an_hour_late(x: XSimulator, desk: Desk) -> None:
    x.connect_webhook(desk.url)
    at = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)

    x.customer_writes("dana", "hello", at=at)

    assert x.wait_until_quiet()
    assert messages(desk)[0].sent_at == at


@pytest.mark.parametrize("envelope", ["xaa", "aaa"])
def test_what_else_x_tells_is_understood(x: XSimulator, desk: Desk, envelope: str) -> None:
    x.connect_webhook(desk.url, envelope="aaa" if envelope == "aaa" else "xaa")

    x.start_typing("dana")
    assert x.wait_until_quiet()
    x.tell_unknown_event()
    assert x.wait_until_quiet()
    x.revoke_access()
    assert x.wait_until_quiet()

    typing, unknown, revoked = desk.events
    assert isinstance(typing, InboundTyping)
    assert isinstance(unknown, UnsupportedEvent)
    assert isinstance(revoked, AccessRevoked)


def test_an_encrypted_message_is_told_without_its_words(x: XSimulator, desk: Desk) -> None:
    x.connect_webhook(desk.url)

    x.customer_writes_encrypted("dana", "sealed words")

    assert x.wait_until_quiet()
    (message,) = messages(desk)
    assert message.parts[0].kind is PartKind.ENCRYPTED
    assert b"sealed" not in x.deliveries[-1].body


def test_after_access_is_withdrawn_the_token_is_worth_nothing(x: XSimulator, desk: Desk) -> None:
    x.revoke_access()

    with pytest.raises(SendFailed) as failed:
        desk.channel.send(a_reply(x))

    assert failed.value.failure is FailureClass.AUTH


def test_an_address_that_does_not_hold_the_secret_is_not_connected(x: XSimulator) -> None:
    with (
        XSimulator(consumer_secret="another app's") as other,
        a_desk(channel_to(other)) as stranger,
        pytest.raises(CheckFailed),
    ):
        x.connect_webhook(stranger.url)

    assert x.webhooks == {}


def test_an_address_that_fails_its_check_is_told_nothing_until_it_passes(x: XSimulator, desk: Desk) -> None:
    webhook = x.connect_webhook(desk.url)
    webhook.is_valid = False

    x.customer_writes("dana", "lost")
    assert x.wait_until_quiet()
    x.check_webhooks()
    x.customer_writes("dana", "heard")

    assert x.wait_until_quiet()
    assert [message.parts[0].text for message in messages(desk)] == ["heard"]


def test_ids_grow_and_a_customer_keeps_theirs_over_restarts(x: XSimulator) -> None:
    ids = [int(x.customer_writes("dana", str(number)).id) for number in range(50)]

    assert ids == sorted(set(ids))
    assert ids[0] > 2**60
    assert XSimulator().customer("dana").id == x.customer("dana").id != x.customer("eve").id


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"authorization": "Bearer nobody"}, 401), ({"authorization": "Bearer simulated-app-token"}, 403)],
)
def test_only_the_brands_own_token_sends(x: XSimulator, headers: dict[str, str], status: int) -> None:
    url = f"{x.url}/2/dm_conversations/with/{x.customer('dana').id}/messages"

    assert HTTP.post(url, json={"text": "hello"}, headers=headers).status_code == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"text": ""}, 400),
        ({"text": "a", "reply_to": "1"}, 400),
        ({"text": 7}, 400),
        ([], 400),
        ({"attachments": [{"media_id": "1"}, {"media_id": "2"}]}, 400),
        ({"attachments": [{"media_id": "1"}]}, 400),
        ({"text": "é" * 10_000}, 201),
        ({"text": "é" * 10_001}, 403),
    ],
    ids=range(9),
)
def test_x_takes_only_what_it_documents(x: XSimulator, body: object, status: int) -> None:
    url = f"{x.url}/2/dm_conversations/with/{x.customer('dana').id}/messages"

    answer = HTTP.post(url, json=body, headers={"authorization": f"Bearer {x.access_token}"})

    assert answer.status_code == status
    assert answer.headers["x-rate-limit-limit"] == "15"


def test_an_app_registers_and_subscribes_an_address_by_the_api(x: XSimulator, desk: Desk) -> None:
    app, user = ({"authorization": f"Bearer {token}"} for token in (x.app_token, x.access_token))

    webhook = HTTP.post(f"{x.url}/2/webhooks", json={"url": desk.url}, headers=app).json()["data"]
    subscribed = HTTP.post(
        f"{x.url}/2/activity/subscriptions",
        json={"event_type": "dm.received", "filter": {"user_id": "7001"}, "webhook_id": webhook["id"]},
        headers=user,
    )
    x.customer_writes("dana", "hello")

    assert webhook["valid"] is True
    assert subscribed.json()["data"]["subscription"]["event_type"] == "dm.received"
    assert x.wait_until_quiet()
    assert len(desk.events) == 1


def test_the_older_upload_commands_lead_to_the_same_medium(x: XSimulator) -> None:
    def command(fields: dict[str, str], **files: bytes) -> httpx.Response:
        headers = {"authorization": f"Bearer {x.access_token}"}
        return HTTP.post(f"{x.url}/2/media/upload", data=fields, files=files, headers=headers)

    started = {"command": "INIT", "media_type": "image/png", "media_category": "dm_image", "total_bytes": "3"}
    media_id = command(started).json()["data"]["id"]
    command({"command": "APPEND", "media_id": media_id, "segment_index": "0"}, media=b"png")
    command({"command": "FINALIZE", "media_id": media_id})

    medium = x.uploads.ready_medium(media_id)
    assert medium is not None
    assert medium.content == b"png"
