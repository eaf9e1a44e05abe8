"""Our own network: members and brands of this installation, so a message needs no wire."""

# ruff: noqa: ARG002 -- the port's calls about a wire are refused whatever they are given

from datetime import datetime

from helpdesk.channels.limits import check_limits
from helpdesk.channels.port import (
    Accepted,
    BadSignature,
    Capabilities,
    Connection,
    CredentialField,
    FailureClass,
    Handshake,
    InboundEvent,
    OutboundFile,
    OutboundMessage,
    SendFailed,
    UnreadablePayload,
    WebhookRequest,
)

MEGABYTE = 1024 * 1024


class NativeChannel:
    network: str = "native"
    capabilities: Capabilities = Capabilities(
        text_max=10_000,
        attachments_max=10,
        image_types=frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"}),
        image_max_bytes=25 * MEGABYTE,
        file_types=None,
        file_max_bytes=25 * MEGABYTE,
        delivered_receipts=True,
        read_receipts=True,
        typing_in=True,
        idempotent_send=True,
    )
    credential_fields: tuple[CredentialField, ...] = ()

    def __init__(self, connection: Connection) -> None:
        self._sink = connection.sink

    def handshake(self, request: WebhookRequest) -> Handshake:
        raise UnreadablePayload("The native network has no webhook")

    def verify(self, request: WebhookRequest) -> None:
        raise BadSignature("The native network has no webhook")

    def parse(self, body: bytes, *, received_at: datetime) -> list[InboundEvent]:
        raise UnreadablePayload("The native network has no webhook")

    def send(self, message: OutboundMessage) -> Accepted:
        check_limits(message, self.capabilities)
        if self._sink is None:
            raise SendFailed(FailureClass.CONFIG, "Nothing takes the messages of the native network", code="no_sink")
        return self._sink(message)

    def fetch(self, source_url: str) -> OutboundFile:
        raise SendFailed(FailureClass.CONTENT, "Files of the native network are stored as they come", code="no_media")
