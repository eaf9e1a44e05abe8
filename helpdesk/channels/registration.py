"""Telling a network where to call us, beside the port: for networks that take that from a program."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from helpdesk.channels.port import Channel


@dataclass(frozen=True, kw_only=True)
class RegisteredWebhook:
    """An address that the network has for the app; it calls only those that are valid."""

    id: str
    url: str
    is_valid: bool


@runtime_checkable
class ChannelWithWebhooks(Channel, Protocol):
    """Every call raises SendFailed with words for the person who connects."""

    @property
    def may_register(self) -> bool:
        """Whether the account's credentials allow it."""

    def webhooks(self) -> list[RegisteredWebhook]:
        """All that the app has, other accounts' included."""

    def register_webhook(self, url: str) -> RegisteredWebhook:
        """The network checks the address before it answers."""

    def check_webhook(self, webhook_id: str) -> bool:
        """Have the network check the address again, and call it again if it answers; whether it did."""

    def subscribe(self, webhook_id: str) -> tuple[str, ...]:
        """Have this account's events sent there; what they are. Doing it again changes nothing."""

    def forget_webhook(self, webhook_id: str) -> None:
        """Take the address away. One that is not there is as good as taken away."""
