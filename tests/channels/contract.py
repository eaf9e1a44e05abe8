"""What a network's own test folder tells the contract test: `tests/channels/<network>/contract.py: CONTRACT`."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from enum import StrEnum

from helpdesk.channels.port import Channel, FailureClass, WebhookRequest


class Situation(StrEnum):
    """How the network behaves while one message is sent."""

    ACCEPTS = "accepts"
    UNREACHABLE = "unreachable"
    HANGS_UP = "hangs up"


Opened = Callable[[], AbstractContextManager[Channel]]


@dataclass(frozen=True, kw_only=True)
class Webhook:
    """Calls that the network would make, signed with the credentials of `Contract.situations`."""

    handshake: WebhookRequest
    message: WebhookRequest
    """One text message from a customer."""
    message_id: str
    unknown_event: WebhookRequest


@dataclass(frozen=True, kw_only=True)
class Contract:
    recipient_external_id: str
    conversation_key: str
    situations: Mapping[Situation, Opened]
    refusals: Mapping[FailureClass, Opened] = field(default_factory=dict)
    """The network answers with an error of this class."""
    webhook: Webhook | None = None
    """None: the network has no wire."""
    allowed_source_url: str = ""
    """Of a medium that the network in the situation ACCEPTS gives out; "": it has none."""
