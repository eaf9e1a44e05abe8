"""Access that ends and is renewed, beside the port: for networks whose tokens rotate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, runtime_checkable

from helpdesk.channels.port import Channel


@dataclass(frozen=True, kw_only=True)
class RenewedAccess:
    """Credentials in the place of those of the same names; the old ones are void."""

    credentials: Mapping[str, str] = field(repr=False)


@runtime_checkable
class ChannelWithRenewal(Channel, Protocol):
    """An adapter whose access can be renewed, where the account's credentials allow it."""

    @property
    def may_renew(self) -> bool:
        """Whether there is all that renewing needs."""

    @property
    def access_mark(self) -> str:
        """Tells one access from another without being it: after a renewal it differs."""

    def ends_before(self, instant: datetime) -> bool:
        """Whether the access is known to end before that instant."""

    def renew_access(self, *, at: datetime) -> RenewedAccess:
        """Raises SendFailed: auth where the network refuses for good, else what may pass."""
