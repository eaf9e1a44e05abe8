"""The channel accounts that networks call, opened once and kept for a moment: a call is checked without a query."""

import time
from dataclasses import dataclass, field

from config import Settings
from helpdesk.channels.port import BadSignature, Channel, WebhookRequest
from helpdesk.messaging import queries
from helpdesk.messaging.connecting import open_account

# For so long a process believes what it read: a secret that was taken back is refused after this at the latest.
FRESH_SECONDS = 5.0

# So often at most a refused call makes a process read an account again, however many are forged.
REOPEN_SECONDS = 1.0


@dataclass(frozen=True, kw_only=True)
class Door:
    """One account's adapter with its secret, as read at `opened` (seconds of the monotonic clock)."""

    account_id: int
    channel: Channel
    opened: float = field(default_factory=time.monotonic)

    @property
    def is_fresh(self) -> bool:
        return time.monotonic() - self.opened < FRESH_SECONDS


class Doors:
    """One an application; holds only accounts that exist, so that strangers' addresses cannot fill it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open: dict[tuple[str, int], Door] = {}
        self._reopened: dict[tuple[str, int], float] = {}

    def find(self, network: str, account_id: int) -> Door:
        """Raises NotFound."""
        door = self._open.get((network, account_id))
        return door if door is not None and door.is_fresh else self._opened(network, account_id)

    def verified(self, network: str, account_id: int, call: WebhookRequest) -> Door:
        """The door that takes this call. Raises NotFound, or BadSignature.

        A signature that a kept door refuses is checked again with the secret of now: a new one counts at once, or
        during a flood of forged calls a second later.
        """
        door = self.find(network, account_id)
        try:
            door.channel.verify(call)
        except BadSignature:
            if not self._may_reopen(network, account_id):
                raise
            door = self._opened(network, account_id)
            door.channel.verify(call)
        return door

    def _may_reopen(self, network: str, account_id: int) -> bool:
        now, last = time.monotonic(), self._reopened.get((network, account_id))
        if last is not None and now - last < REOPEN_SECONDS:
            return False
        self._reopened[network, account_id] = now
        return True

    def _opened(self, network: str, account_id: int) -> Door:
        account = queries.channel_account(network, account_id)
        door = Door(account_id=account.id, channel=open_account(account, self._settings))
        self._open[network, account_id] = door
        return door
