import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.channels.port import (
    FailureClass,
    OutboundFile,
    OutboundMessage,
    OutcomeUnknown,
    Quota,
    SendFailed,
)
from helpdesk.channels.x.adapter import XChannel
from helpdesk.channels.x.uploads import SEGMENT_BYTES, category_of
from tests.channels.canned_server import Canned, Received, canned_server
from tests.channels.x.contract import accepted, coded, connection, everything, x_channel

PHOTO = OutboundFile(name="parcel.jpg", mime="image/jpeg", content=b"\xff\xd8 jpeg")


def a_message(text: str = "On its way", **changes: object) -> OutboundMessage:
    values: dict[str, object] = {
        "client_key": "key-1",
        "conversation_key": "dm:7001-8002",
        "recipient_external_id": "8002",
        "text": text,
    }
    return OutboundMessage(**(values | changes))  # type: ignore[arg-type] # the test names the fields


def test_a_text_goes_to_the_customer_under_the_accounts_token() -> None:
    with canned_server(everything) as server:
        answer = x_channel(server.url).send(a_message())

    (call,) = server.received
    assert (call.method, call.path) == ("POST", "/2/dm_conversations/with/8002/messages")
    assert call.headers["authorization"] == "Bearer user-token"
    assert json.loads(call.body) == {"text": "On its way"}
    assert (answer.external_id, answer.conversation_key) == ("2080000000000000100", "dm:7001-8002")
    assert not answer.is_delivered
    assert answer.quota == Quota(
        limit=15, remaining=14, resets_at=datetime.fromtimestamp(1784929000, UTC), window=timedelta(minutes=15)
    )


def test_a_group_is_answered_by_its_own_id() -> None:
    with canned_server(everything) as server:
        x_channel(server.url).send(a_message(conversation_key="dm:2080000000000000777", recipient_external_id=""))

    assert server.received[0].path == "/2/dm_conversations/2080000000000000777/messages"


@pytest.mark.parametrize("recipient", ["", "dana", "8002/../../users", "8002?x=1"])
def test_only_an_id_of_x_goes_into_an_address(recipient: str) -> None:
    with canned_server(everything) as server, pytest.raises(SendFailed) as failed:
        x_channel(server.url).send(a_message(recipient_external_id=recipient))

    assert failed.value.failure is FailureClass.RECIPIENT
    assert server.received == []


def test_an_encrypted_conversation_is_not_answered_in_the_clear() -> None:
    with canned_server(everything) as server, pytest.raises(SendFailed) as failed:
        x_channel(server.url).send(a_message(conversation_key="xchat:7001-8002"))

    assert (failed.value.failure, failed.value.code) == (FailureClass.RECIPIENT, "encrypted")
    assert server.received == []


def test_a_photo_is_uploaded_in_order_and_then_sent() -> None:
    with canned_server(everything) as server:
        x_channel(server.url).send(a_message(files=(PHOTO,)))

    initialize, append, finalize, sent = server.received
    assert initialize.path == "/2/media/upload/initialize"
    assert json.loads(initialize.body) == {
        "media_type": "image/jpeg",
        "total_bytes": len(PHOTO.content),
        "media_category": "dm_image",
    }
    assert append.path == "/2/media/upload/5005/append"
    assert PHOTO.content in append.body
    assert finalize.path == "/2/media/upload/5005/finalize"
    assert json.loads(sent.body) == {"text": "On its way", "attachments": [{"media_id": "5005"}]}


def test_a_photo_without_words_sends_no_text() -> None:
    with canned_server(everything) as server:
        x_channel(server.url).send(a_message("", files=(PHOTO,)))

    assert json.loads(server.received[-1].body) == {"attachments": [{"media_id": "5005"}]}


def test_a_large_file_goes_in_segments() -> None:
    video = OutboundFile(name="a.mp4", mime="video/mp4", content=bytes(SEGMENT_BYTES + 1))

    with canned_server(everything) as server:
        x_channel(server.url).send(a_message(files=(video,)))

    appended = [call for call in server.received if call.path.endswith("/append")]
    assert [b'name="segment_index"\r\n\r\n%d' % index in call.body for index, call in enumerate(appended)] == [True] * 2


@pytest.mark.parametrize(
    ("mime", "category"), [("image/png", "dm_image"), ("image/gif", "dm_gif"), ("video/mp4", "dm_video")]
)
def test_a_file_is_named_for_a_dm_and_never_for_a_post(mime: str, category: str) -> None:
    assert category_of(mime) == category


def processing(*states: str) -> Callable[[Received], Canned]:
    """X takes the file and then tells these states, one at each question."""
    left = list(states)

    def answer(call: Received) -> Canned:
        if call.path.endswith("/finalize") or call.method == "GET":
            told = {"data": {"id": "5005", "processing_info": {"state": left.pop(0), "check_after_secs": 3}}}
            return Canned(body=json.dumps(told).encode())
        return everything(call)

    return answer


def test_a_video_is_sent_when_x_has_processed_it() -> None:
    slept: list[float] = []

    with canned_server(processing("pending", "in_progress", "succeeded")) as server:
        XChannel(connection(server.url), sleep=slept.append).send(a_message(files=(PHOTO,)))

    assert slept == [3, 3]
    assert server.received[-2].query == "command=STATUS&media_id=5005"
    assert server.received[-1].path.endswith("/messages")


@pytest.mark.parametrize(
    ("states", "failure"), [(["pending", "failed"], "content"), (["pending"] * 60, "transient")], ids=["failed", "slow"]
)
def test_a_file_that_is_not_processed_is_not_sent(states: list[str], failure: str) -> None:
    with canned_server(processing(*states)) as server, pytest.raises(SendFailed) as failed:
        XChannel(connection(server.url), sleep=lambda seconds: None).send(a_message(files=(PHOTO,)))

    assert failed.value.failure == failure
    assert not any(call.path.endswith("/messages") for call in server.received)


def test_a_lost_answer_to_an_upload_is_no_unknown_outcome_because_nothing_was_sent() -> None:
    with canned_server(lambda call: Canned(hangs_up=True)) as server, pytest.raises(SendFailed) as failed:
        x_channel(server.url).send(a_message(files=(PHOTO,)))

    assert failed.value.failure is FailureClass.TRANSIENT


@pytest.mark.parametrize("code", [324, 325])
def test_a_spent_medium_is_uploaded_once_more(code: int) -> None:
    refusals = [coded(400, code)]

    def answer(call: Received) -> Canned:
        return refusals.pop() if call.path.endswith("/messages") and refusals else everything(call)

    with canned_server(answer) as server:
        x_channel(server.url).send(a_message(files=(PHOTO,)))

    assert [call.path.rpartition("/")[2] for call in server.received] == [
        *("initialize", "append", "finalize", "messages"),
        *("initialize", "append", "finalize", "messages"),
    ]


def test_a_medium_that_stays_unknown_is_a_fault_of_the_content() -> None:
    def answer(call: Received) -> Canned:
        return coded(400, 325) if call.path.endswith("/messages") else everything(call)

    with canned_server(answer) as server, pytest.raises(SendFailed) as failed:
        x_channel(server.url).send(a_message(files=(PHOTO,)))

    assert failed.value.failure is FailureClass.CONTENT


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"data": {}}', b'{"data": {"dm_event_id": ""}}', b"[]"])
def test_a_yes_that_names_no_message_is_unknown(body: bytes) -> None:
    with canned_server(lambda call: Canned(status=201, body=body)) as server, pytest.raises(OutcomeUnknown):
        x_channel(server.url).send(a_message())


def test_a_yes_without_limits_has_no_quota() -> None:
    with canned_server(lambda call: Canned(status=201, body=accepted().body)) as server:
        assert x_channel(server.url).send(a_message()).quota is None


@pytest.mark.parametrize("token", ["", " ", "a\nb", "é"])
def test_an_account_without_a_usable_token_asks_to_be_connected_again(token: str) -> None:
    with pytest.raises(SendFailed) as failed:
        x_channel(credentials={"access_token": token}).send(a_message())

    assert failed.value.failure is FailureClass.AUTH
