"""What every channel speaks: bytes on one side, these frozen dataclasses on the other.

An adapter knows its network's wire format and nothing of tickets, rows or web frameworks. It is made with
the credentials of one channel account and may be used by many threads at once.
All instants are aware UTC; all ids are the network's own, as opaque text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class PartKind(StrEnum):
    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    LOCATION = "location"
    QUICK_REPLY_ANSWER = "quick_reply_answer"
    ENCRYPTED = "encrypted"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What the network carries; the composer and the worker read their limits here."""

    text_max: int
    attachments_max: int
    image_types: frozenset[str]
    image_max_bytes: int
    file_types: frozenset[str] | None
    """MIME types taken as files; None: any."""
    file_max_bytes: int
    """0: the network carries no files."""
    max_bytes_by_type: Mapping[str, int] = field(default_factory=dict)
    """MIME types with a limit of their own."""
    delivered_receipts: bool
    read_receipts: bool
    typing_in: bool
    idempotent_send: bool
    history: timedelta | None = None
    """How far back the network tells what happened (channels/history.py); None: it cannot be asked."""


@dataclass(frozen=True, kw_only=True)
class InboundIdentity:
    external_id: str
    display_name: str = ""
    handle: str = ""
    avatar_url: str = ""


@dataclass(frozen=True, kw_only=True)
class InboundPart:
    kind: PartKind
    text: str = ""
    source_url: str = ""
    """Where the medium can be fetched with the account's authorisation; never shown to a browser."""
    file_id: int | None = None
    """A file that is stored already: what a member of the native network uploaded."""
    mime: str = ""
    name: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class InboundMessage:
    """A message in a conversation of the account, from the customer or (`is_from_brand`) our own echoed."""

    conversation_key: str
    external_id: str
    sender: InboundIdentity
    customer: InboundIdentity
    """The other side of the brand in this conversation; equals `sender` unless `is_from_brand`.

    What the brand says in a group is said to nobody in particular: there it equals `sender` too.
    """
    is_from_brand: bool
    sent_at: datetime
    parts: tuple[InboundPart, ...]
    is_group: bool = False
    is_backfilled: bool = False
    """Read from the network's own record, not told by it when it happened."""


@dataclass(frozen=True, kw_only=True)
class InboundReceipt:
    """Everything up to and including `up_to_external_id` was read (or delivered) by `reader`."""

    conversation_key: str
    kind: str
    """"read" or "delivered"."""
    reader: InboundIdentity
    up_to_external_id: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class InboundReaction:
    """Somebody put an emoji to a message, or took it back (`is_active` False)."""

    conversation_key: str
    target_external_id: str
    actor: InboundIdentity
    emoji: str
    is_active: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class InboundEdit:
    """The author gave a message other words; its media stay."""

    conversation_key: str
    target_external_id: str
    actor: InboundIdentity
    text: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class InboundDeletion:
    """Somebody took a message away from everyone."""

    conversation_key: str
    target_external_id: str
    actor: InboundIdentity
    at: datetime


@dataclass(frozen=True, kw_only=True)
class InboundTyping:
    conversation_key: str
    sender: InboundIdentity
    at: datetime


@dataclass(frozen=True, kw_only=True)
class InboundParticipation:
    """These people joined or left a group."""

    conversation_key: str
    people: tuple[InboundIdentity, ...]
    has_joined: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class AccessRevoked:
    """The brand withdrew our authorisation; the account must be connected again."""

    at: datetime


@dataclass(frozen=True, kw_only=True)
class UnsupportedEvent:
    """A kind of event we do not know; kept as it came, never a reason to fail its batch."""

    kind: str


Referring = InboundReceipt | InboundReaction | InboundEdit | InboundDeletion
"""What refers to a message, and may come before it."""

InboundEvent = InboundMessage | Referring | InboundTyping | InboundParticipation | AccessRevoked | UnsupportedEvent


@dataclass(frozen=True, kw_only=True)
class OutboundFile:
    name: str
    mime: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class OutboundMessage:
    """One message to carry. `client_key` is ours and travels where the network has room for it."""

    client_key: str
    conversation_key: str
    recipient_external_id: str
    text: str
    files: tuple[OutboundFile, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Quota:
    """What the network's answer said of the account's send limit."""

    limit: int
    remaining: int
    resets_at: datetime
    window: timedelta | None = None
    """The span in which `limit` messages go; None where the network does not say."""
    day: "Quota | None" = None
    """The limit over 24 hours, on networks that have both."""


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The network's answer said yes."""

    external_id: str
    conversation_key: str
    is_delivered: bool = False
    """True where acceptance is delivery (the native network)."""
    quota: Quota | None = None


@dataclass(frozen=True, kw_only=True)
class WebhookRequest:
    """One HTTP call as it came: raw bytes, because every signature is over them. Header names in lower case."""

    method: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Handshake:
    """What to answer when the network checks that the address is ours."""

    body: bytes
    content_type: str


class FailureClass(StrEnum):
    """Why a call failed, as the agent and the retry loop see it (channels.md 8.6)."""

    TRANSIENT = "transient"
    THROTTLED = "throttled"
    WINDOW_CLOSED = "window_closed"
    RECIPIENT = "recipient"
    CONTENT = "content"
    AUTH = "auth"
    ACCOUNT = "account"
    CONFIG = "config"
    BILLING = "billing"


class ChannelError(Exception):
    """Base of what an adapter raises."""


class BadSignature(ChannelError):
    """The signature is missing or is not the network's: nothing of the call is kept but a count."""


class UnreadablePayload(ChannelError):
    """The body is signed but cannot be read; it is kept and set aside."""


class SendFailed(ChannelError):
    """The network certainly did not take the message.

    `tries`: after how many such answers another try is useless; None: as long as the class says.
    """

    def __init__(
        self,
        failure: FailureClass,
        reason: str,
        *,
        code: str = "",
        retry_at: datetime | None = None,
        quota: Quota | None = None,
        tries: int | None = None,
    ) -> None:
        super().__init__(reason)
        self.failure = failure
        self.reason = reason
        self.code = code
        self.retry_at = retry_at
        self.quota = quota
        self.tries = tries


class OutcomeUnknown(ChannelError):
    """The request left and no answer came: it may have been taken. Never sent again by itself."""


@dataclass(frozen=True, kw_only=True)
class Connection:
    """What an adapter is made with: one channel account, and where its network is."""

    external_id: str
    """The brand's own id on the network."""
    credentials: Mapping[str, str] = field(repr=False)
    api_url: str = ""
    media_hosts: tuple[str, ...] = ()
    media_max_bytes: int = 25 * 1024 * 1024
    """The largest inbound medium that is fetched."""
    allow_private_addresses: bool = False
    """Only for a simulator on loopback; else every address that is not public is refused."""
    sink: Callable[[OutboundMessage], Accepted] | None = None
    """Takes the messages of a network that has no wire (native)."""


@dataclass(frozen=True, kw_only=True)
class CredentialField:
    """One thing that `helpdesk channel add` asks for."""

    name: str
    label: str
    is_secret: bool = True
    is_required: bool = True


class Channel(Protocol):
    """One channel account's adapter."""

    network: str
    capabilities: Capabilities
    credential_fields: tuple[CredentialField, ...]

    def handshake(self, request: WebhookRequest) -> Handshake:
        """Answer the network's check of our address. Raises BadSignature, or UnreadablePayload if it is none."""

    def verify(self, request: WebhookRequest) -> None:
        """Check the signature over the raw bytes in constant time. Raises BadSignature."""

    def parse(self, body: bytes, *, received_at: datetime) -> list[InboundEvent]:
        """All events in one webhook call, in the order they stand. Raises UnreadablePayload."""

    def send(self, message: OutboundMessage) -> Accepted:
        """Carry one message. Raises SendFailed (certainly not taken) or OutcomeUnknown."""

    def fetch(self, source_url: str) -> OutboundFile:
        """One inbound medium, with the account's authorisation. Raises SendFailed with its class."""
