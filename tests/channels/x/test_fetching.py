import pytest

from helpdesk.channels.port import FailureClass, SendFailed
from tests.channels.canned_server import Canned, canned_server
from tests.channels.x.contract import coded, everything, x_channel

PHOTO_URL = "https://ton.twitter.com/1.1/ton/data/dm/2080000000000000001/2080000000000000900/aB3.jpg"


def test_a_photo_is_fetched_through_the_api_with_the_accounts_token() -> None:
    with canned_server(everything) as server:
        photo = x_channel(server.url, media_hosts=("ton.twitter.com",)).fetch(PHOTO_URL)

    (call,) = server.received
    assert call.path == "/2/dm_conversations/media/2080000000000000001/2080000000000000900/aB3.jpg"
    assert call.headers["authorization"] == "Bearer user-token"
    assert (photo.name, photo.mime, photo.content) == ("aB3.jpg", "image/jpeg", b"\xff\xd8 a photo")


def test_a_video_on_an_allowed_host_is_fetched_where_it_lies() -> None:
    with canned_server(lambda call: Canned(body=b"mp4", headers={"content-type": "video/mp4; a=b"})) as server:
        video = x_channel(server.url, media_hosts=("127.0.0.1",)).fetch(f"{server.url}/dm_video/900/high.mp4?tag=1")

    assert (server.received[0].path, server.received[0].query) == ("/dm_video/900/high.mp4", "tag=1")
    assert (video.name, video.mime) == ("high.mp4", "video/mp4")


def test_a_medium_without_a_type_has_that_of_its_name() -> None:
    with canned_server(lambda call: Canned(body=b"mp4")) as server:
        assert x_channel(server.url).fetch(f"{server.url}/a.mp4").mime == "video/mp4"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://",
        "https://evil.example/a.jpg",
        "https://ton.twitter.com.evil.example/a.jpg",
        "https://ton.twitter.com@evil.example/a.jpg",
        "https://evil.example/https://ton.twitter.com/a.jpg",
        "https://[ton.twitter.com/a.jpg",
    ],
)
def test_the_token_is_shown_to_no_other_host(url: str) -> None:
    with pytest.raises(SendFailed) as failed:
        x_channel(media_hosts=("ton.twitter.com",)).fetch(url)

    assert (failed.value.failure, failed.value.code) == (FailureClass.CONTENT, "media_host")


def test_an_allowed_host_without_encryption_is_not_asked() -> None:
    with pytest.raises(SendFailed) as failed:
        x_channel(media_hosts=("pbs.twimg.com",), allow_private_addresses=False).fetch("http://pbs.twimg.com/a.jpg")

    assert failed.value.code == "address_refused"


def test_a_medium_above_the_cap_is_not_taken() -> None:
    with canned_server(lambda call: Canned(body=bytes(101))) as server, pytest.raises(SendFailed) as failed:
        x_channel(server.url, media_max_bytes=100).fetch(f"{server.url}/a.jpg")

    assert (failed.value.failure, failed.value.code) == (FailureClass.CONTENT, "too_large")


@pytest.mark.parametrize(
    ("canned", "failure"),
    [
        (coded(401, 89), "auth"),
        (coded(404, 34), "content"),
        (coded(429, 88), "throttled"),
        (Canned(status=502, body=b""), "transient"),
        (Canned(hangs_up=True), "transient"),
        (Canned(status=302, headers={"location": "http://127.0.0.1:1/"}), "config"),
    ],
    ids=["token", "gone", "limit", "gateway", "no answer", "redirect"],
)
def test_a_medium_that_is_not_given_says_why(canned: Canned, failure: str) -> None:
    with canned_server(lambda call: canned) as server, pytest.raises(SendFailed) as failed:
        x_channel(server.url).fetch(f"{server.url}/a.jpg")

    assert failed.value.failure == failure
