"""X's calls to us, arranged: the app's webhooks (under its bearer token) and what the brand's account sends there."""

from collections.abc import Iterator, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from helpdesk.channels import http
from helpdesk.channels.port import Connection, FailureClass, SendFailed
from helpdesk.channels.registration import RegisteredWebhook
from helpdesk.channels.x.errors import failure_of_request
from helpdesk.channels.x.payloads import (
    CheckAnswer,
    ErrorAnswer,
    SubscriptionsAnswer,
    WebhookAnswer,
    WebhooksAnswer,
    XWebhook,
    read,
)

URL_MAX = 200
DM_EVENTS = ("dm.received", "dm.sent", "dm.read", "dm.indicate_typing")

# What X calls each failure, and what a person can do about it.
WORDS: Mapping[str, str] = {
    "CrcValidationFailed": (
        "X called our address and did not get the right answer. See that it can be reached from the internet, "
        "and that the consumer secret is the app's API key secret."
    ),
    "UrlValidationFailed": (
        "X does not take our address: PUBLIC_URL must be public, begin with https:// and have no port."
    ),
    "DuplicateUrlFailed": "X has a webhook at our address already. Take it away at X, then connect again.",
    "WebhookLimitExceeded": "The app has as many webhooks at X as its plan allows. Take one away, then connect again.",
    "WebhookIdInvalid": "X no longer has our webhook. Connect again.",
}

_EXISTS_ALREADY = "355"
_NO_ACTIVITY = (403, 404)

Shape = TypeVar("Shape")


class XWebhooks:
    def __init__(self, connection: Connection, user_headers: Mapping[str, str]) -> None:
        self._connection = connection
        self._as_user = user_headers

    def all(self) -> list[RegisteredWebhook]:
        told = _read(self._call("GET", "/2/webhooks", headers=self._as_app()), WebhooksAnswer)
        return [_registered(webhook) for webhook in told.data]

    def register(self, url: str) -> RegisteredWebhook:
        self._check_url(url)
        answer = self._call("POST", "/2/webhooks", headers=self._as_app(), json={"url": url})
        # X's guide and its schema disagree on whether the webhook lies under `data`.
        bare = read(answer.body, XWebhook)
        return _registered(bare if bare is not None else _read(answer, WebhookAnswer).data)

    def check(self, webhook_id: str) -> bool:
        answer = self._call("PUT", f"/2/webhooks/{webhook_id}", headers=self._as_app())
        return _read(answer, CheckAnswer).data.valid

    def forget(self, webhook_id: str) -> None:
        for subscription_id in self._subscriptions_to(webhook_id):
            self._call("DELETE", f"/2/activity/subscriptions/{subscription_id}", headers=self._as_app(), may_lack=True)
        self._call("DELETE", f"/2/webhooks/{webhook_id}", headers=self._as_app(), may_lack=True)

    def subscribe(self, webhook_id: str) -> tuple[str, ...]:
        """X Activity, one subscription for each kind; where the app has none, Account Activity, which sends all."""
        for event_type in DM_EVENTS:
            wanted = {
                "event_type": event_type,
                "filter": {"user_id": self._connection.external_id},
                "tag": f"helpdesk-{self._connection.external_id}",
                "webhook_id": webhook_id,
            }
            answer = self._exchange("POST", "/2/activity/subscriptions", headers=self._as_user, json=wanted)
            if answer.status in _NO_ACTIVITY and event_type == DM_EVENTS[0]:
                return self._subscribe_account(webhook_id)
            _check_subscribed(answer)
        return DM_EVENTS

    def _subscribe_account(self, webhook_id: str) -> tuple[str, ...]:
        path = f"/2/account_activity/webhooks/{webhook_id}/subscriptions/all"
        _check_subscribed(self._exchange("POST", path, headers=self._as_user, json={}))
        return ("account_activity",)

    def _subscriptions_to(self, webhook_id: str) -> Iterator[str]:
        answer = self._exchange("GET", "/2/activity/subscriptions", headers=self._as_app())
        told = read(answer.body, SubscriptionsAnswer) if answer.is_success else None
        for subscription in told.data if told is not None else []:
            if str(subscription.webhook_id) == webhook_id and str(subscription.subscription_id).isalnum():
                yield str(subscription.subscription_id)

    def _check_url(self, url: str) -> None:
        """What X would refuse anyway is told without a call; a simulator takes any address."""
        if self._connection.allow_private_addresses:
            return
        address = urlsplit(url)
        if address.scheme != "https" or address.port is not None or len(url) > URL_MAX:
            raise SendFailed(FailureClass.CONFIG, WORDS["UrlValidationFailed"], code="UrlValidationFailed")

    def _as_app(self) -> dict[str, str]:
        token = self._connection.credentials.get("bearer_token", "").strip()
        if not token or not token.isascii() or not token.isprintable():
            raise SendFailed(
                FailureClass.CONFIG,
                "Store the app's bearer token first: X arranges webhooks under it.",
                code="no_bearer",
            )
        return {"authorization": f"Bearer {token}"}

    def _call(
        self, method: str, path: str, *, headers: Mapping[str, str], json: object = None, may_lack: bool = False
    ) -> http.Answer:
        answer = self._exchange(method, path, headers=headers, json=json)
        if not answer.is_success and not (may_lack and answer.status == 404):
            refusal = _refusal(answer)
            if refusal.failure is FailureClass.AUTH:
                # It is the app that is not known: the brand's own access is another matter, and may be whole.
                words = "X does not take the app's bearer token. Store a new one."
                raise SendFailed(FailureClass.CONFIG, words, code="bearer")
            raise refusal
        return answer

    def _exchange(self, method: str, path: str, *, headers: Mapping[str, str], json: object = None) -> http.Answer:
        """Every one of these calls may be made again, so the lost answer to one does no harm."""
        return http.ask(
            http.Call(
                method=method,
                url=self._connection.api_url + path,
                headers=headers,
                json=json,
                allow_private_addresses=self._connection.allow_private_addresses,
            )
        )


def _check_subscribed(answer: http.Answer) -> None:
    if answer.is_success:
        return
    refusal = _refusal(answer)
    if refusal.code != _EXISTS_ALREADY and answer.status != 409:
        raise refusal


def _refusal(answer: http.Answer) -> SendFailed:
    """In our words where X names the reason, wherever in its answer it does."""
    refusal = failure_of_request(answer)
    told = read(answer.body, ErrorAnswer) or ErrorAnswer()
    said = " ".join((told.title, told.detail, told.type, *(f"{e.message} {e.detail} {e.type}" for e in told.errors)))
    named = next((name for name in WORDS if name.lower() in said.lower().replace(" ", "")), None)
    if named is None:
        return SendFailed(refusal.failure, f"X said: {refusal.reason}", code=refusal.code, retry_at=refusal.retry_at)
    return SendFailed(FailureClass.CONFIG, WORDS[named], code=named)


def _registered(webhook: XWebhook) -> RegisteredWebhook:
    return RegisteredWebhook(id=str(webhook.id), url=webhook.url, is_valid=webhook.valid)


def _read(answer: http.Answer, shape: type[Shape]) -> Shape:
    told = read(answer.body, shape)
    if told is None:
        raise SendFailed(FailureClass.TRANSIENT, "X's answer about webhooks cannot be read", code="unreadable")
    return told
