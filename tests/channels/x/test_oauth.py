"""Renewing access at X (OAuth 2.0)."""

from base64 import b64decode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest

from helpdesk.channels.access import ChannelWithRenewal
from helpdesk.channels.port import SendFailed
from tests.channels.canned_server import Canned, canned_server, closed_port_url
from tests.channels.x.contract import x_channel

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
CREDENTIALS = {
    "consumer_secret": "test-consumer-secret",
    "access_token": "user-token",
    "refresh_token": "refresh-1",
    "client_id": "app-client",
    "client_secret": "app-secret",
}
GRANTED = b'{"token_type": "bearer", "expires_in": 7200, "access_token": "user-2", "refresh_token": "refresh-2"}'


def channel(api_url: str = "https://api.x.com", **changes: str) -> ChannelWithRenewal:
    made = x_channel(api_url, credentials=CREDENTIALS | changes)
    assert isinstance(made, ChannelWithRenewal)
    return made


def test_a_confidential_client_renews_with_its_secret_in_the_header() -> None:
    with canned_server(lambda call: Canned(body=GRANTED)) as server:
        renewed = channel(server.url).renew_access(at=AT)

    (call,) = server.received
    assert (call.method, call.path) == ("POST", "/2/oauth2/token")
    assert b64decode(call.headers["authorization"].removeprefix("Basic ")) == b"app-client:app-secret"
    assert parse_qs(call.body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": ["refresh-1"],
        "client_id": ["app-client"],
    }
    assert renewed.credentials == {
        "access_token": "user-2",
        "refresh_token": "refresh-2",
        "access_ends_at": (AT + timedelta(hours=2)).isoformat(),
    }


def test_a_public_client_renews_by_its_name_alone() -> None:
    with canned_server(lambda call: Canned(body=GRANTED)) as server:
        channel(server.url, client_secret="").renew_access(at=AT)

    assert "authorization" not in server.received[0].headers


@pytest.mark.parametrize("missing", ["refresh_token", "client_id"])
def test_without_what_renewing_needs_access_may_not_be_renewed(missing: str) -> None:
    assert channel().may_renew
    assert not channel(**{missing: ""}).may_renew


def test_access_is_known_to_end_only_where_it_was_noted() -> None:
    noted = channel(access_ends_at=AT.isoformat())

    assert noted.ends_before(AT + timedelta(seconds=1))
    assert not noted.ends_before(AT)
    assert not channel().ends_before(AT)
    assert not channel(access_ends_at="soon").ends_before(AT)


def test_one_access_is_told_from_another_without_showing_it() -> None:
    marks = {channel().access_mark, channel(access_token="user-2").access_mark, channel().access_mark}

    assert len(marks) == 2
    assert not any("user" in mark for mark in marks)


@pytest.mark.parametrize(
    ("canned", "failure"),
    [
        (Canned(status=400, body=b'{"error": "invalid_grant"}'), "auth"),
        (Canned(status=400, body=b'{"error": "invalid_request"}'), "auth"),
        (Canned(status=401, body=b'{"error": "unauthorized_client"}'), "auth"),
        (Canned(status=403, body=b"<html>"), "auth"),
        (Canned(status=400, body=b"<html>"), "transient"),
        (Canned(status=429), "transient"),
        (Canned(status=503, body=b"<html>"), "transient"),
        (Canned(hangs_up=True), "transient"),
        (Canned(body=b"<html>"), "transient"),
        (Canned(body=b'{"access_token": ""}'), "transient"),
    ],
    ids=lambda value: f"{value.status} {value.body[:30]!r}" if isinstance(value, Canned) else value,
)
def test_a_refusal_for_good_is_told_from_what_may_pass(canned: Canned, failure: str) -> None:
    with canned_server(lambda call: canned) as server, pytest.raises(SendFailed) as failed:
        channel(server.url).renew_access(at=AT)

    assert failed.value.failure == failure
    assert "refresh-1" not in failed.value.reason
    assert "app-secret" not in failed.value.reason


def test_a_network_that_is_away_is_asked_again_later() -> None:
    with pytest.raises(SendFailed) as failed:
        channel(closed_port_url()).renew_access(at=AT)

    assert failed.value.failure == "transient"


def test_no_secret_is_in_the_words_of_what_was_renewed() -> None:
    with canned_server(lambda call: Canned(body=GRANTED)) as server:
        renewed = channel(server.url).renew_access(at=AT)

    assert "user-2" not in repr(renewed)
