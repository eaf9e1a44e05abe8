"""Asking a network whether our credentials work, beside the port."""

from typing import Protocol, runtime_checkable

from helpdesk.channels.port import Channel


@runtime_checkable
class ChannelWithCheck(Channel, Protocol):
    """An adapter that can ask, without sending anything to anybody."""

    def check_access(self) -> None:
        """Raises SendFailed, with its class and words for the operator, when the account cannot be used."""
