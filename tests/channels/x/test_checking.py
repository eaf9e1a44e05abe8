import pytest

from helpdesk.channels.checking import ChannelWithCheck
from helpdesk.channels.port import FailureClass, SendFailed
from tests.channels.canned_server import Canned, canned_server
from tests.channels.x.contract import coded, x_channel


def test_x_is_asked_whose_token_it_is_and_told_nothing_else() -> None:
    with canned_server(lambda call: Canned(body=b'{"data": {"id": "7001", "name": "Larkpost"}}')) as server:
        channel = x_channel(server.url)
        assert isinstance(channel, ChannelWithCheck)
        channel.check_access()

    (call,) = server.received
    assert (call.method, call.path) == ("GET", "/2/users/me")
    assert call.headers["authorization"] == "Bearer user-token"


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Canned(body=b'{"data": {"id": "9009"}}'), FailureClass.CONFIG),
        (coded(401, 89), FailureClass.AUTH),
        (coded(403, 64), FailureClass.ACCOUNT),
        (coded(503, 130), FailureClass.TRANSIENT),
        (Canned(body=b"<html>"), FailureClass.TRANSIENT),
        (Canned(status=502, body=b"<html>"), FailureClass.TRANSIENT),
        (Canned(hangs_up=True), FailureClass.TRANSIENT),
    ],
    ids=["another account's", "revoked", "suspended", "over capacity", "no answer of X", "from between", "no answer"],
)
def test_whatever_it_says_becomes_a_failure_by_meaning(answer: Canned, failure: FailureClass) -> None:
    with canned_server(lambda call: answer) as server:
        channel = x_channel(server.url)
        assert isinstance(channel, ChannelWithCheck)
        with pytest.raises(SendFailed) as failed:
            channel.check_access()

    assert failed.value.failure == failure
