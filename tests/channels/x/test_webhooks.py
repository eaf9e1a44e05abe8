"""Arranging X's calls to us."""

import json
from collections.abc import Callable

import pytest

from helpdesk.channels.port import FailureClass, SendFailed
from helpdesk.channels.registration import ChannelWithWebhooks, RegisteredWebhook
from helpdesk.channels.x.webhooks import DM_EVENTS, WORDS
from tests.channels.canned_server import Canned, Received, canned_server
from tests.channels.x.contract import coded, problem, x_channel

CREDENTIALS = {"consumer_secret": "c", "access_token": "user-token", "bearer_token": "app-token"}
URL = "https://desk.example.org/webhooks/x/7"
OURS = {"id": "9001", "url": URL, "valid": True, "created_at": "2026-11-25T09:00:00.000Z"}


def channel(api_url: str = "https://api.x.com", **changes: object) -> ChannelWithWebhooks:
    made = x_channel(api_url, **({"credentials": CREDENTIALS} | changes))
    assert isinstance(made, ChannelWithWebhooks)
    return made


def says(body: object, status: int = 200) -> Canned:
    return Canned(status=status, body=json.dumps(body).encode())


def always(canned: Canned) -> Callable[[Received], Canned]:
    return lambda call: canned


def refusal(canned: Canned, ask: Callable[[ChannelWithWebhooks], object]) -> SendFailed:
    with canned_server(always(canned)) as server, pytest.raises(SendFailed) as failed:
        ask(channel(server.url))
    return failed.value


def test_webhooks_are_listed_under_the_apps_token() -> None:
    with canned_server(always(says({"data": [OURS], "meta": {"result_count": 1}}))) as server:
        listed = channel(server.url).webhooks()

    assert listed == [RegisteredWebhook(id="9001", url=URL, is_valid=True)]
    assert server.received[0].headers["authorization"] == "Bearer app-token"


def test_an_app_without_webhooks_has_none() -> None:
    with canned_server(always(says({"meta": {"result_count": 0}}))) as server:
        assert channel(server.url).webhooks() == []


@pytest.mark.parametrize("answer", [{"data": OURS}, OURS], ids=["the schema's", "the guide's"])
def test_an_address_is_registered(answer: object) -> None:
    with canned_server(always(says(answer))) as server:
        made = channel(server.url).register_webhook(URL)

    assert (server.received[0].method, server.received[0].path) == ("POST", "/2/webhooks")
    assert json.loads(server.received[0].body) == {"url": URL}
    assert made == RegisteredWebhook(id="9001", url=URL, is_valid=True)


@pytest.mark.parametrize("name", WORDS)
@pytest.mark.parametrize("written", ["detail", "message", "title", "type"])
def test_each_failure_of_x_is_put_in_words_wherever_x_names_it(name: str, written: str) -> None:
    body: dict[str, object] = {"title": "Invalid Request", "type": "about:blank", "status": 400}
    body |= {"errors": [{"code": 214, "message": name}]} if written == "message" else {written: name}

    refused = refusal(says(body, 400), lambda x: x.register_webhook(URL))

    assert (refused.failure, refused.code, refused.reason) == (FailureClass.CONFIG, name, WORDS[name])


def test_what_x_says_otherwise_is_passed_on() -> None:
    assert refusal(problem(400, "invalid-request"), lambda x: x.register_webhook(URL)).reason == "X said: no"
    assert refusal(coded(429, 88), lambda x: x.webhooks()).retry_at is not None


def test_a_bearer_token_that_x_does_not_take_is_no_fault_of_the_brands_access() -> None:
    refused = refusal(Canned(status=401), lambda x: x.webhooks())

    assert refused.failure is FailureClass.CONFIG
    assert "bearer token" in refused.reason


@pytest.mark.parametrize("token", ["", "a\nb", "é"])
def test_without_a_usable_bearer_token_nothing_is_asked(token: str) -> None:
    with pytest.raises(SendFailed) as failed:
        channel(credentials=CREDENTIALS | {"bearer_token": token}).webhooks()

    assert failed.value.failure is FailureClass.CONFIG


@pytest.mark.parametrize(
    "url", ["http://desk.example.org/x", "https://desk.example.org:8443/x", "https://desk.example.org/" + "x" * 200]
)
def test_an_address_that_x_would_refuse_is_not_offered(url: str) -> None:
    with pytest.raises(SendFailed) as failed:
        channel(allow_private_addresses=False).register_webhook(url)

    assert failed.value.code == "UrlValidationFailed"


@pytest.mark.parametrize("valid", [True, False])
def test_an_address_is_checked_again(valid: bool) -> None:
    with canned_server(always(says({"data": {"valid": valid}}))) as server:
        assert channel(server.url).check_webhook("9001") is valid

    assert (server.received[0].method, server.received[0].path) == ("PUT", "/2/webhooks/9001")


def test_the_four_kinds_are_subscribed_under_the_brands_token() -> None:
    with canned_server(always(says({"data": {"subscription": {"subscription_id": "1"}}}))) as server:
        assert channel(server.url).subscribe("9001") == DM_EVENTS

    bodies = [json.loads(call.body) for call in server.received]
    assert [body["event_type"] for body in bodies] == list(DM_EVENTS)
    assert all(body["filter"] == {"user_id": "7001"} and body["webhook_id"] == "9001" for body in bodies)
    assert {call.headers["authorization"] for call in server.received} == {"Bearer user-token"}


def test_what_is_subscribed_already_is_well() -> None:
    with canned_server(always(coded(409, 355))) as server:
        assert channel(server.url).subscribe("9001") == DM_EVENTS


def test_an_app_without_x_activity_subscribes_the_whole_account() -> None:
    def answer(call: Received) -> Canned:
        return problem(403, "client-forbidden") if "activity/sub" in call.path else says({"data": {"subscribed": True}})

    with canned_server(answer) as server:
        assert channel(server.url).subscribe("9001") == ("account_activity",)

    assert server.received[-1].path == "/2/account_activity/webhooks/9001/subscriptions/all"


def test_a_user_token_that_x_refuses_is_a_matter_of_access() -> None:
    assert refusal(coded(401, 89), lambda x: x.subscribe("9001")).failure is FailureClass.AUTH


@pytest.mark.parametrize(
    "listed",
    [
        {"data": [{"subscription_id": "31", "webhook_id": "9001"}, {"subscription_id": "32", "webhook_id": "9002"}]},
        {"data": {"odd": 1}},
    ],
    ids=["listed", "unreadable"],
)
def test_a_webhook_goes_with_what_was_subscribed_to_it_and_to_no_other(listed: object) -> None:
    with canned_server(lambda call: says(listed) if call.method == "GET" else says({}, 404)) as server:
        channel(server.url).forget_webhook("9001")

    deleted = [call.path for call in server.received if call.method == "DELETE"]
    assert deleted[-1] == "/2/webhooks/9001"
    assert "/2/activity/subscriptions/32" not in deleted


def test_an_id_that_is_no_id_never_gets_into_an_address() -> None:
    refused = refusal(says({"data": {"id": "../users", "url": URL}}), lambda x: x.register_webhook(URL))

    assert refused.failure is FailureClass.TRANSIENT
