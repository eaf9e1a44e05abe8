"""Network → adapter. A new network is one folder beside the others and one line here."""

from helpdesk.channels.native.adapter import NativeChannel
from helpdesk.channels.port import Capabilities, Channel, ChannelError, Connection, CredentialField
from helpdesk.channels.x.adapter import XChannel

_ADAPTERS: dict[str, type[NativeChannel] | type[XChannel]] = {
    "native": NativeChannel,
    "x": XChannel,
}

IMPORTED = "imported"
"""What another system knew: conversations to look at. Nothing comes over it, nothing can be sent."""

_CARRIES_NOTHING = Capabilities(
    text_max=0,
    attachments_max=0,
    image_types=frozenset(),
    image_max_bytes=0,
    file_types=frozenset(),
    file_max_bytes=0,
    delivered_receipts=False,
    read_receipts=False,
    typing_in=False,
    idempotent_send=False,
)


class UnknownNetwork(ChannelError):
    """No adapter has this name."""

    def __init__(self, network: str) -> None:
        super().__init__(f"There is no network {network!r}; known are {', '.join(networks())}")


def networks() -> tuple[str, ...]:
    """The names of all networks, in alphabetical order."""
    return tuple(sorted(_ADAPTERS))


def open_channel(network: str, connection: Connection) -> Channel:
    """The adapter of one channel account. Raises UnknownNetwork."""
    return _adapter(network)(connection)


def capabilities(network: str) -> Capabilities:
    """What the network carries. Raises UnknownNetwork."""
    if network == IMPORTED:
        return _CARRIES_NOTHING
    return _adapter(network).capabilities


def credential_fields(network: str) -> tuple[CredentialField, ...]:
    """What connecting an account of this network asks for. Raises UnknownNetwork."""
    if network == IMPORTED:
        return ()
    return _adapter(network).credential_fields


def _adapter(network: str) -> type[NativeChannel] | type[XChannel]:
    try:
        return _ADAPTERS[network]
    except KeyError:
        raise UnknownNetwork(network) from None
