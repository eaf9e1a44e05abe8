"""X itself, without its HTTP: the brand's app and account, its webhooks, and all that customers do.

Customers are named by username and made at first mention.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Literal, get_args

from helpdesk import clock
from helpdesk.simulator import x_wire
from helpdesk.simulator.x_dice import Dice
from helpdesk.simulator.x_events_api import READ_WINDOW, EventsApi
from helpdesk.simulator.x_faults import Faults, Where, fault_named
from helpdesk.simulator.x_groups import Groups
from helpdesk.simulator.x_limits import SendLimit
from helpdesk.simulator.x_mischief import Mischief
from helpdesk.simulator.x_oauth import OAuthApi
from helpdesk.simulator.x_record import Record
from helpdesk.simulator.x_subscriptions import SubscriptionsApi
from helpdesk.simulator.x_uploads import Uploads
from helpdesk.simulator.x_webhooks import RETRY_WAITS, Deliverer, Delivery, SignatureKind, Subscription, Webhook
from helpdesk.simulator.x_wire import Envelope, Event
from helpdesk.simulator.x_world import DirectMessage, Medium, User, World

Echo = Literal["after", "before", "none"]
ECHOES: tuple[Echo, ...] = get_args(Echo)

DM_EVENTS = ("dm.received", "dm.sent", "dm.read", "dm.indicate_typing")
NEVER_FILTERED = ("oauth.revoke", "chat.received", "dm.folded_into_a_crane")


# Nobody's secrets: they open a made-up X on loopback.
CONSUMER_SECRET = "simulated-consumer-secret"  # noqa: S105
ACCESS_TOKEN = "simulated-access-token"  # noqa: S105
APP_TOKEN = "simulated-app-token"  # noqa: S105


class CheckFailed(Exception):
    """The address did not answer X's check as only the holder of the app's secret can."""


class XPlatform:
    """One app and one brand account on a made-up X."""

    def __init__(
        self,
        *,
        consumer_secret: str = CONSUMER_SECRET,
        access_token: str = ACCESS_TOKEN,
        app_token: str = APP_TOKEN,
        brand_id: str = "7001",
        brand_username: str = "brand",
        brand_name: str = "Brand",
        send_limit: int = 15,
        send_window: timedelta = timedelta(minutes=15),
        read_window: timedelta = READ_WINDOW,
        retry_waits: Sequence[timedelta] = RETRY_WAITS,
        answer_within: timedelta = timedelta(seconds=10),
        hang: timedelta = timedelta(seconds=120),
        processing: timedelta = timedelta(seconds=1),
        workers: int = 1,
        dice: Dice | None = None,
        time_scale: float = 1.0,
        record: Record | None = None,
    ) -> None:
        """`time_scale` shortens what the dice bring; windows and waits are given as they are to be."""
        self.consumer_secret = consumer_secret
        self.access_token = access_token
        self.app_token = app_token
        self.brand = User(id=brand_id, username=brand_username, name=brand_name)
        self.world = World(self.brand)
        self.limit = SendLimit(send_limit, send_window)
        self.uploads = Uploads(self.world.ids)
        self.faults = Faults()
        self.groups = Groups(self.world)
        self.events = EventsApi(self, read_window=read_window)
        self.oauth = OAuthApi(self)
        self.subscribing = SubscriptionsApi(self)
        self.webhook_limit = 100
        self.has_activity = True
        """Whether the app may use X Activity; without it there is Account Activity."""
        self.hang = hang
        self.processing = processing
        """After how long to ask again for the state of a video that was uploaded."""
        self.echo: Echo = "after"
        """Whether our own sends come back on the webhook, and whether before the answer to them."""
        self.webhooks: dict[str, Webhook] = {}
        self.subscriptions: list[Subscription] = []
        self.stopping = threading.Event()
        self.deliverer = Deliverer(
            consumer_secret, retry_waits=retry_waits, answer_within=answer_within, workers=workers
        )
        self.record = record or Record()
        self.mischief = Mischief(self, dice or Dice({}), time_scale=time_scale)
        self.base_url = ""
        self._held: list[Event] | None = None
        self._holding = threading.Lock()

    def connect_webhook(self, url: str, *, envelope: Envelope = "xaa") -> Webhook:
        """Register an address and subscribe it to the brand's DMs. Raises CheckFailed."""
        webhook = self.register_webhook(url)
        if envelope == "aaa":
            self.subscribe(webhook.id, envelope="aaa", event_types=frozenset())
        else:
            for event_type in DM_EVENTS:
                self.subscribe(webhook.id, envelope="xaa", event_types=frozenset({event_type}))
        return webhook

    def register_webhook(self, url: str) -> Webhook:
        webhook = Webhook(id=self.world.ids.next(), url=url, created_at=clock.now())
        if not self.deliverer.check(webhook):
            raise CheckFailed(url)
        self.webhooks[webhook.id] = webhook
        return webhook

    def subscribe(self, webhook_id: str, *, envelope: Envelope, event_types: frozenset[str]) -> Subscription:
        subscription = Subscription(
            id=self.world.ids.next(), webhook_id=webhook_id, envelope=envelope, event_types=event_types
        )
        self.subscriptions.append(subscription)
        return subscription

    def forget_webhook(self, webhook_id: str) -> bool:
        self.subscriptions = [kept for kept in self.subscriptions if kept.webhook_id != webhook_id]
        return self.webhooks.pop(webhook_id, None) is not None

    def check_webhooks(self) -> bool:
        """Whether every address answers its check now, as X asks from time to time."""
        answers = [self.deliverer.check(webhook) for webhook in self.webhooks.values()]
        return all(answers)

    def customer(self, username: str, name: str = "") -> User:
        return self.world.customer(username, name)

    def customer_writes(
        self,
        username: str,
        text: str,
        *,
        photo: bytes | None = None,
        mime: str = "image/jpeg",
        at: datetime | None = None,
        copies: int = 1,
        signature: SignatureKind = "right",
    ) -> DirectMessage:
        """A message to the brand; `copies` calls tell of it, `photo` may be a video too, by its `mime`."""
        sender = self.customer(username)
        medium = Medium(id=self.world.ids.next(), mime=mime, content=photo) if photo is not None else None
        message = self.world.write(sender.id, self.brand.id, text, medium=medium, at=at)
        self.record.message("written", message, sender)
        self._tell(self._message_event(message), copies=copies, signature=signature)
        return message

    def customer_writes_encrypted(self, username: str, text: str = "sealed") -> DirectMessage:
        sender = self.customer(username)
        message = self.world.write(sender.id, self.brand.id, text, is_encrypted=True)
        self.record.message("written", message, sender)
        self._tell(x_wire.encrypted_event(message, (sender, self.brand)))
        return message

    def mark_read(self, username: str, up_to: str = "") -> str:
        """The customer has read up to that message, without one all that the brand wrote; → its id, "" if none."""
        reader = self.customer(username)
        written = self.world.messages(sender_id=self.brand.id, between=reader.id)
        up_to = up_to or (written[-1].id if written else "")
        if up_to:
            self.world.read(reader.id, up_to)
            self._tell(x_wire.read_event(reader, self.brand, up_to, clock.now()))
        return up_to

    def start_typing(self, username: str) -> None:
        self._tell(x_wire.typing_event(self.customer(username), self.brand, clock.now()))

    def refuse_messages(self, username: str, *, refuses: bool = True) -> None:
        """Whether the customer takes no messages from the brand (349)."""
        self.world.close_to_us(self.customer(username).id, is_closed=refuses)

    def brand_sends(self, recipient: User, text: str, medium: Medium | None) -> DirectMessage:
        """Through the API; the echo is told by `tell_of_send`."""
        message = self.world.write(self.brand.id, recipient.id, text, medium=medium)
        self.record.message("taken", message, recipient)
        return message

    def tell_of_send(self, message: DirectMessage, *, at_once: bool) -> None:
        self._tell(self._message_event(message), at_once=at_once)

    def brand_writes_in_app(self, username: str, text: str) -> DirectMessage:
        """From the network's own app, not through us: only the webhook tells of it."""
        message = self.world.write(self.brand.id, self.customer(username).id, text)
        self.record.message("in-app", message, self.customer(username))
        self._tell(self._message_event(message))
        return message

    @property
    def sent_messages(self) -> list[DirectMessage]:
        """All that the brand wrote, oldest first."""
        return self.world.messages(sender_id=self.brand.id)

    def messages_with(self, username: str) -> list[DirectMessage]:
        return self.world.messages(between=self.customer(username).id)

    def tell_unknown_event(self) -> None:
        self._tell(x_wire.unknown_event())

    def revoke_access(self) -> None:
        """The brand withdraws the app's access: X tells of it and knows the token no more."""
        self._tell(x_wire.revoked_event(self.brand, clock.now()))
        self.oauth.withdraw()

    def deliver_bytes(self, body: bytes, *, copies: int = 1, signature: SignatureKind = "right") -> None:
        """Any body to every address."""
        for webhook in self.webhooks.values():
            for _ in range(copies):
                self.deliverer.deliver(Delivery(webhook=webhook, body=body, signature=signature))

    def fail_next(self, fault: str | int, times: int = 1, *, on: Where = "send") -> None:
        """The next calls of that kind go wrong as x_faults.fault_named says. Raises KeyError for an unknown name."""
        self.faults.add(on, fault_named(fault), times)

    def hold_deliveries(self) -> None:
        """Tell of nothing until `release_deliveries`."""
        with self._holding:
            self._held = self._held or []

    def release_deliveries(self, *, is_reversed: bool = False, together: bool = False) -> None:
        """Tell of all that was held, the last first if reversed, together in as few calls as the envelope allows."""
        with self._holding:
            held, self._held = self._held or [], None
        ordered = held[::-1] if is_reversed else held
        batches = [[event] for event in ordered]
        if together:
            batches = [list(events) for _, events in groupby(ordered, key=lambda event: event.type)]
        for batch in batches:
            self.deliver(batch)

    def wait_until_quiet(self, seconds: float = 10.0) -> bool:
        """Whether all webhook calls were made, retries included, before the time was over."""
        return self.deliverer.wait_until_quiet(seconds)

    @property
    def deliveries(self) -> list[Delivery]:
        return list(self.deliverer.log)

    def _message_event(self, message: DirectMessage) -> Event:
        users = self.world.users((message.sender_id, message.recipient_id))
        return x_wire.message_event(message, self.brand, users, self.base_url)

    def _tell(
        self, event: Event, *, copies: int = 1, signature: SignatureKind = "right", at_once: bool = False
    ) -> None:
        with self._holding:
            if self._held is not None:
                self._held.extend([event] * copies)
                return
        if at_once:
            self._deliver_now(event)
        elif copies > 1 or signature != "right":
            self.deliver([event], copies=copies, signature=signature)
        else:
            self.mischief.tell(event)

    def deliver(
        self,
        events: list[Event],
        *,
        copies: int = 1,
        signature: SignatureKind = "right",
        first_signature: SignatureKind = "right",
        is_unheard: bool = False,
        after: timedelta = timedelta(0),
    ) -> None:
        """Tell of events of one type in one call, to every address that wants them."""
        for webhook, body in self._calls(events):
            for _ in range(copies):
                call = Delivery(
                    webhook=webhook,
                    body=body,
                    signature=signature,
                    first_signature=first_signature,
                    is_unheard=is_unheard,
                )
                self.deliverer.deliver(call, after=after)

    def _deliver_now(self, event: Event) -> None:
        for webhook, body in self._calls([event]):
            self.deliverer.deliver_now(Delivery(webhook=webhook, body=body))

    def _calls(self, events: list[Event]) -> list[tuple[Webhook, bytes]]:
        return [
            (webhook, x_wire.body_of(events, envelope, self.brand, f"-{self.world.ids.next()}"))
            for webhook, envelope in self._wanting(events[0].type)
        ]

    def _wanting(self, event_type: str) -> list[tuple[Webhook, Envelope]]:
        wanting = {
            (subscription.webhook_id, subscription.envelope)
            for subscription in list(self.subscriptions)
            if subscription.wants(event_type) or event_type in NEVER_FILTERED
        }
        return [(self.webhooks[webhook_id], envelope) for webhook_id, envelope in sorted(wanting)]
