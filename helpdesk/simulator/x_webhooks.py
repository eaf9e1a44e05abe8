"""How X tells an address what happened: registration with its check, signed calls, and calls again that failed."""

import functools
import heapq
import itertools
import secrets
import ssl
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

import httpx

from helpdesk import clock
from helpdesk.simulator import x_wire
from helpdesk.simulator.x_wire import Envelope

SignatureKind = Literal["right", "wrong", "missing"]

RETRY_WAITS = (timedelta(seconds=3), timedelta(seconds=27), timedelta(seconds=242))
CHECK_EVERY = timedelta(hours=24)
INVALID_AFTER = timedelta(hours=28)


@dataclass
class Webhook:
    id: str
    url: str
    created_at: datetime
    is_valid: bool = False
    checked_at: datetime | None = None
    """When the address last answered its check rightly."""


@dataclass(frozen=True, kw_only=True)
class Subscription:
    id: str
    webhook_id: str
    envelope: Envelope
    event_types: frozenset[str]
    """Under X Activity one each; Account Activity has all: an empty set."""

    def wants(self, event_type: str) -> bool:
        return not self.event_types or event_type in self.event_types


@dataclass(frozen=True, kw_only=True)
class Attempt:
    at: datetime
    status: int | None
    """None: no answer within the deadline, or no connection."""


@dataclass(kw_only=True)
class Delivery:
    """One call to a webhook, with its attempts."""

    webhook: Webhook
    body: bytes
    signature: SignatureKind = "right"
    first_signature: SignatureKind = "right"
    """Of the first attempt, when it is to be refused; those after it have `signature`."""
    is_unheard: bool = False
    """The answer to the first attempt is lost on its way to X."""
    attempts: list[Attempt] = field(default_factory=list)

    @property
    def signature_now(self) -> SignatureKind:
        return self.first_signature if self.first_signature != "right" and not self.attempts else self.signature

    @property
    def is_taken(self) -> bool:
        return bool(self.attempts) and _is_success(self.attempts[-1].status)


class Deliverer:
    """Carries calls to webhooks on its own threads; due ones first, else in the order they were given."""

    def __init__(
        self,
        consumer_secret: str,
        *,
        retry_waits: Sequence[timedelta] = RETRY_WAITS,
        answer_within: timedelta = timedelta(seconds=10),
        workers: int = 1,
    ) -> None:
        self._secret = consumer_secret
        self._retry_waits = retry_waits
        self._client = httpx.Client(verify=_tls(), timeout=answer_within.total_seconds(), trust_env=False)
        self._waiting: list[tuple[datetime, int, Callable[[], object]]] = []
        self._numbers = itertools.count()
        self._under_way = 0
        self._changed = threading.Condition()
        self._is_stopping = False
        self.log: list[Delivery] = []
        self._threads = [threading.Thread(target=self._work, daemon=True) for _ in range(workers)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        with self._changed:
            self._is_stopping = True
            self._changed.notify_all()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._client.close()

    def deliver(self, delivery: Delivery, *, after: timedelta = timedelta(0)) -> None:
        """Put a call in line, not to be made before that time has passed."""
        self.log.append(delivery)
        self._put(delivery, clock.now() + after)

    def later(self, errand: Callable[[], object], *, after: timedelta = timedelta(0)) -> None:
        """Put something else in line."""
        self._put_errand(errand, clock.now() + after)

    def deliver_now(self, delivery: Delivery) -> None:
        """Make a call in this thread, once; later attempts are put in line."""
        self.log.append(delivery)
        self._attempt(delivery)

    def wait_until_quiet(self, seconds: float = 10.0) -> bool:
        """Whether everything in line was done, retries included, before the time was over."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._under_way, timeout=seconds)

    def check(self, webhook: Webhook) -> bool:
        """Ask the address for the answer that only the app's secret can give (CRC).

        A wrong answer makes it invalid at once, none only when there was no right one for a day and four hours.
        """
        token = secrets.token_urlsafe(24)
        expected = x_wire.signature(self._secret, token.encode())
        try:
            answer = self._client.get(webhook.url, params={"crc_token": token})
        except httpx.HTTPError:
            answer = None
        if answer is None or answer.status_code >= 400:
            webhook.is_valid = webhook.is_valid and not _is_long_ago(webhook.checked_at)
            return False
        webhook.is_valid = answer.status_code == 200 and _token_in(answer) == expected
        if webhook.is_valid:
            webhook.checked_at = clock.now()
        return webhook.is_valid

    def _work(self) -> None:
        while (errand := self._next()) is not None:
            try:
                errand()
            finally:
                with self._changed:
                    self._under_way -= 1
                    self._changed.notify_all()

    def _next(self) -> Callable[[], object] | None:
        """The next that is due, waiting for it; None when all is over."""
        with self._changed:
            while not self._is_stopping:
                wait = (self._waiting[0][0] - clock.now()).total_seconds() if self._waiting else None
                if wait is not None and wait <= 0:
                    self._under_way += 1
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(timeout=wait)
            return None

    def _put(self, delivery: Delivery, due_at: datetime) -> None:
        self._put_errand(functools.partial(self._attempt, delivery), due_at)

    def _put_errand(self, errand: Callable[[], object], due_at: datetime) -> None:
        with self._changed:
            heapq.heappush(self._waiting, (due_at, next(self._numbers), errand))
            self._changed.notify_all()

    def _attempt(self, delivery: Delivery) -> None:
        webhook = delivery.webhook
        if webhook.checked_at and clock.now() - webhook.checked_at > CHECK_EVERY:
            self.check(webhook)
        if not webhook.is_valid:
            return
        status = self._post(delivery)
        if delivery.is_unheard and not delivery.attempts:
            status = None
        delivery.attempts.append(Attempt(at=clock.now(), status=status))
        tried = len(delivery.attempts)
        if not _is_success(status) and tried <= len(self._retry_waits):
            self._put(delivery, clock.now() + self._retry_waits[tried - 1])

    def _post(self, delivery: Delivery) -> int | None:
        headers = {"content-type": "application/json", **self._signature_header(delivery)}
        try:
            return self._client.post(delivery.webhook.url, content=delivery.body, headers=headers).status_code
        except httpx.HTTPError:
            return None

    def _signature_header(self, delivery: Delivery) -> dict[str, str]:
        signature = delivery.signature_now
        if signature == "missing":
            return {}
        secret = self._secret if signature == "right" else self._secret + " of somebody else"
        return {"x-twitter-webhooks-signature": x_wire.signature(secret, delivery.body)}


@functools.cache
def _tls() -> ssl.SSLContext:
    """Made once: it reads every certificate of the machine."""
    return httpx.create_ssl_context(trust_env=False)


def _is_long_ago(checked_at: datetime | None) -> bool:
    return checked_at is None or clock.now() - checked_at > INVALID_AFTER


def _token_in(answer: httpx.Response) -> object:
    try:
        told = answer.json()
    except ValueError:
        return None
    return told.get("response_token") if isinstance(told, dict) else None


def _is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300
