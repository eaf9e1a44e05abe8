"""What a network that can be asked tells of the past, beside the port: `Capabilities.history` says which can.

A page is kept as it came, as webhook calls are, and read again whenever it is taken in.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from helpdesk.channels.port import Channel, InboundEvent, Quota


@dataclass(frozen=True, kw_only=True)
class HistoryPage:
    """One answer of the network's record; its newest events come first."""

    body: bytes = field(repr=False)
    count: int
    """How many events it holds."""
    newest_id: str
    """"" when it holds none."""
    next_token: str
    """Asks for the page after this one, which is older; "" at the end, and where the cursor was reached."""
    left_out: int = 0
    """How many things the network could not tell beside these (partial success)."""
    quota: Quota | None = None
    """Of reading."""


@runtime_checkable
class ChannelWithHistory(Channel, Protocol):
    """An adapter whose network keeps a record that the account may read."""

    def read_history(self, *, cursor: str, token: str, limit: int) -> HistoryPage:
        """What happened since the event `cursor` ("": all there is), or the page that `token` asks for.

        Raises SendFailed with its class.
        """

    def read_conversation(self, conversation_key: str, *, with_external_id: str, limit: int) -> HistoryPage:
        """The newest messages of one conversation. Raises SendFailed with its class."""

    def parse_history(self, body: bytes, *, received_at: datetime) -> list[InboundEvent]:
        """All events of a page, oldest first, marked as backfilled. Raises UnreadablePayload."""
