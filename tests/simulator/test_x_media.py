"""Media between the adapter and the stand-in of X, and every error of X's table on the way."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from helpdesk.channels.port import Channel, FailureClass, InboundMessage, OutboundFile, OutboundMessage, SendFailed
from helpdesk.simulator.x import XSimulator
from helpdesk.simulator.x_uploads import BROKEN
from tests.simulator.desk import a_desk, channel_to

MEGABYTE = 1024 * 1024

# Code, and its class in X's table of errors; 324 and 325 are tried once more, with a fresh upload.
TABLE = [
    *((code, "throttled") for code in (88,)),
    *((code, "auth") for code in (32, 89, 135, 215)),
    *((code, "config") for code in (93, 261, 214, 355)),
    *((code, "account") for code in (64, 326, 226)),
    *((code, "recipient") for code in (150, 349, 476, 63, 50, 17, 34)),
    *((code, "content") for code in (354, 187)),
    *((code, "transient") for code in (151, 130, 131)),
    ("usage-capped", "billing"),
    ("client-forbidden", "config"),
    ("invalid-request", "content"),
    ("resource-not-found", "recipient"),
    ("unsupported-authentication", "auth"),
]


@pytest.fixture
def x() -> Iterator[XSimulator]:
    with XSimulator(processing=timedelta(0), hang=timedelta(seconds=0.1), workers=2) as simulator:
        simulator.customer("dana")
        yield simulator


def a_message(x: XSimulator, *files: OutboundFile, text: str = "On its way") -> OutboundMessage:
    dana = x.customer("dana").id
    key = "-".join(sorted((dana, x.brand.id), key=int))
    return OutboundMessage(
        client_key="key-1", conversation_key=f"dm:{key}", recipient_external_id=dana, text=text, files=files
    )


def refused(channel: Channel, message: OutboundMessage) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        channel.send(message)
    return failed.value


@pytest.mark.parametrize(("fault", "failure"), TABLE, ids=str)
def test_every_error_of_the_table_has_its_class_and_takes_nothing(
    x: XSimulator, fault: str | int, failure: str
) -> None:
    x.fail_next(fault)

    told = refused(channel_to(x), a_message(x))

    assert told.failure == failure
    assert told.reason
    assert x.sent_messages == []


@pytest.mark.parametrize("code", [324, 325])
def test_a_spent_medium_is_uploaded_afresh_once_and_not_for_ever(x: XSimulator, code: int) -> None:
    photo = OutboundFile(name="a.png", mime="image/png", content=b"png")

    x.fail_next(code)
    channel_to(x).send(a_message(x, photo))
    assert len(x.sent_messages) == 1

    x.fail_next(code, times=2)
    assert refused(channel_to(x), a_message(x, photo)).failure is FailureClass.CONTENT
    assert len(x.sent_messages) == 1


@pytest.mark.parametrize(("mime", "name"), [("video/mp4", "a.mp4"), ("image/gif", "a.gif")])
def test_a_video_and_a_gif_go_when_x_has_processed_them(x: XSimulator, mime: str, name: str) -> None:
    channel_to(x).send(a_message(x, OutboundFile(name=name, mime=mime, content=b"moving")))

    (sent,) = x.sent_messages
    assert sent.medium is not None
    assert (sent.medium.mime, sent.medium.content) == (mime, b"moving")


@pytest.mark.parametrize("mime", ["video/mp4", "image/gif"])
def test_what_x_cannot_process_is_a_fault_of_the_file(x: XSimulator, mime: str) -> None:
    told = refused(channel_to(x), a_message(x, OutboundFile(name="a", mime=mime, content=BROKEN)))

    assert (told.failure, told.code) == (FailureClass.CONTENT, "processing_failed")
    assert x.sent_messages == []


def test_a_gif_may_be_larger_than_a_photo(x: XSimulator) -> None:
    gif = OutboundFile(name="a.gif", mime="image/gif", content=bytes(6 * MEGABYTE))
    photo = OutboundFile(name="a.png", mime="image/png", content=bytes(6 * MEGABYTE))
    huge = OutboundFile(name="a.gif", mime="image/gif", content=bytes(15 * MEGABYTE + 1))

    channel_to(x).send(a_message(x, gif))

    assert len(x.sent_messages) == 1
    assert refused(channel_to(x), a_message(x, photo)).code == "file_too_large"
    assert refused(channel_to(x), a_message(x, huge)).code == "file_too_large"


def test_an_upload_that_x_has_forgotten_is_not_taken(x: XSimulator) -> None:
    upload = x.uploads.initialize(mime="image/png", category="dm_image", total_bytes=3)
    x.uploads.append(upload.id, 0, b"png")
    x.uploads.finalize(upload.id)
    assert x.uploads.ready_medium(upload.id) is not None

    x.uploads.expire_all()

    assert x.uploads.ready_medium(upload.id) is None


@pytest.mark.parametrize("mime", ["video/mp4", "image/gif"])
def test_a_moving_picture_of_a_customer_comes_as_the_best_mp4_and_can_be_fetched(x: XSimulator, mime: str) -> None:
    channel = channel_to(x)
    with a_desk(channel) as desk:
        x.connect_webhook(desk.url)
        x.customer_writes("dana", "look", photo=b"moving", mime=mime)
        assert x.wait_until_quiet()
        (message,) = [event for event in desk.events if isinstance(event, InboundMessage)]

    words, clip = message.parts
    assert (words.text, clip.kind, clip.mime) == ("look", "video", "video/mp4")
    assert clip.source_url.endswith(".mp4")
    assert channel.fetch(clip.source_url).content == b"moving"
