"""X direct messages: webhooks in (X Activity and Account Activity), the v2 API out. See README.md."""

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from helpdesk.channels import http
from helpdesk.channels.access import RenewedAccess
from helpdesk.channels.history import HistoryPage
from helpdesk.channels.limits import check_limits
from helpdesk.channels.port import (
    Accepted,
    Capabilities,
    Connection,
    CredentialField,
    FailureClass,
    Handshake,
    InboundEvent,
    OutboundFile,
    OutboundMessage,
    OutcomeUnknown,
    SendFailed,
    UnreadablePayload,
    WebhookRequest,
)
from helpdesk.channels.registration import RegisteredWebhook
from helpdesk.channels.x import errors, inbound, oauth, parts, past, payloads, signature
from helpdesk.channels.x.history import XHistory
from helpdesk.channels.x.uploads import Uploader
from helpdesk.channels.x.webhooks import XWebhooks

MEGABYTE = 1024 * 1024

_ID = re.compile(r"[0-9]{1,19}", re.ASCII)
_LEGACY_MEDIA_PATH = re.compile(r"/1\.1/ton/data/dm/([0-9]+)/([0-9]+)/([A-Za-z0-9_.\-]+)", re.ASCII)
_SPENT_MEDIA_CODES = ("324", "325")


class XChannel:
    network: str = "x"
    capabilities: Capabilities = Capabilities(
        text_max=10_000,
        attachments_max=1,
        image_types=frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"}),
        image_max_bytes=5 * MEGABYTE,
        file_types=frozenset({"video/mp4", "video/quicktime", "video/webm"}),
        file_max_bytes=512 * MEGABYTE,
        max_bytes_by_type={"image/gif": 15 * MEGABYTE},
        delivered_receipts=False,
        read_receipts=True,
        typing_in=True,
        idempotent_send=False,
        history=timedelta(days=30),
    )
    credential_fields: tuple[CredentialField, ...] = (
        CredentialField(name="consumer_secret", label="Consumer secret (API key secret) of the app"),
        CredentialField(name="access_token", label="OAuth 2.0 user access token of the brand's account"),
        CredentialField(
            name="refresh_token", label="OAuth 2.0 refresh token, so that access is renewed", is_required=False
        ),
        CredentialField(name="client_id", label="OAuth 2.0 client ID of the app", is_secret=False, is_required=False),
        CredentialField(name="client_secret", label="OAuth 2.0 client secret of the app", is_required=False),
        CredentialField(
            name="bearer_token", label="Bearer token of the app, to register the webhook", is_required=False
        ),
    )

    def __init__(self, connection: Connection, *, sleep: Callable[[float], object] = time.sleep) -> None:
        self._connection = connection
        self._sleep = sleep

    def handshake(self, request: WebhookRequest) -> Handshake:
        if request.method != "GET":
            raise UnreadablePayload("X checks an address with GET")
        return signature.answer_crc(self._secret(), request.query, request.headers.get(signature.HEADER, ""))

    def verify(self, request: WebhookRequest) -> None:
        signature.check_signature(self._secret(), request.headers.get(signature.HEADER, ""), request.body)

    def parse(self, body: bytes, *, received_at: datetime) -> list[InboundEvent]:
        return inbound.events_in(body, brand_id=self._connection.external_id, received_at=received_at)

    def send(self, message: OutboundMessage) -> Accepted:
        check_limits(message, self.capabilities)
        path = _send_path(message)
        try:
            return self._send_once(path, message)
        except SendFailed as failed:
            if failed.code not in _SPENT_MEDIA_CODES:
                raise
            # X no longer knows the uploaded medium and took nothing: once more with a fresh upload.
            return self._send_once(path, message)

    def fetch(self, source_url: str) -> OutboundFile:
        answer = http.ask(
            http.Call(
                method="GET",
                url=self._media_url(source_url),
                headers=self._authorization(),
                allow_private_addresses=self._connection.allow_private_addresses,
                answer_max_bytes=self._connection.media_max_bytes,
            )
        )
        if not answer.is_success:
            raise errors.failure_of_request(answer)
        mime = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        return OutboundFile(
            name=parts.name_of(source_url),
            mime=mime or parts.mime_of(source_url) or "application/octet-stream",
            content=answer.body,
        )

    def check_access(self) -> None:
        answer = http.ask(
            http.Call(
                method="GET",
                url=f"{self._connection.api_url}/2/users/me",
                headers=self._authorization(),
                allow_private_addresses=self._connection.allow_private_addresses,
            )
        )
        if not answer.is_success:
            raise errors.failure_of_request(answer)
        told = payloads.read(answer.body, payloads.MeAnswer)
        if told is None:
            raise SendFailed(FailureClass.TRANSIENT, "X answered in words that cannot be read", code="unreadable")
        if str(told.data.id) != self._connection.external_id:
            raise SendFailed(FailureClass.CONFIG, "The access token belongs to another account on X", code="other")

    def read_history(self, *, cursor: str, token: str, limit: int) -> HistoryPage:
        return self._history().everything(cursor=cursor, token=token, limit=limit)

    def read_conversation(self, conversation_key: str, *, with_external_id: str, limit: int) -> HistoryPage:
        return self._history().conversation(conversation_key, with_id=with_external_id, limit=limit)

    def parse_history(self, body: bytes, *, received_at: datetime) -> list[InboundEvent]:
        return past.events_of_page(body, brand_id=self._connection.external_id, received_at=received_at)

    @property
    def may_renew(self) -> bool:
        return oauth.may_renew(self._connection.credentials)

    @property
    def access_mark(self) -> str:
        return oauth.mark_of(self._connection.credentials)

    def ends_before(self, instant: datetime) -> bool:
        return oauth.ends_before(self._connection.credentials, instant)

    def renew_access(self, *, at: datetime) -> RenewedAccess:
        return oauth.renew(self._connection, at=at)

    @property
    def may_register(self) -> bool:
        return bool(self._connection.credentials.get("bearer_token"))

    def webhooks(self) -> list[RegisteredWebhook]:
        return self._webhooks().all()

    def register_webhook(self, url: str) -> RegisteredWebhook:
        return self._webhooks().register(url)

    def check_webhook(self, webhook_id: str) -> bool:
        return self._webhooks().check(webhook_id)

    def subscribe(self, webhook_id: str) -> tuple[str, ...]:
        return self._webhooks().subscribe(webhook_id)

    def forget_webhook(self, webhook_id: str) -> None:
        self._webhooks().forget(webhook_id)

    def _webhooks(self) -> XWebhooks:
        return XWebhooks(self._connection, self._authorization())

    def _history(self) -> XHistory:
        return XHistory(self._connection, self._authorization())

    def _send_once(self, path: str, message: OutboundMessage) -> Accepted:
        headers = self._authorization()
        uploader = Uploader(self._connection, headers, sleep=self._sleep)
        media = [{"media_id": uploader.upload(attached)} for attached in message.files]
        answer = http.submit(
            http.Call(
                method="POST",
                url=self._connection.api_url + path,
                headers=headers,
                json=_body(message.text, media),
                allow_private_addresses=self._connection.allow_private_addresses,
            )
        )
        if not answer.is_success:
            raise errors.failure_in(answer)
        return _accepted(answer, message)

    def _media_url(self, source_url: str) -> str:
        """Where the medium is really fetched. Raises SendFailed unless its host is one that may see our token."""
        host = http.host_of(source_url)
        allowed = {name.lower() for name in self._connection.media_hosts} | {http.host_of(self._connection.api_url)}
        if not host or host not in allowed:
            raise SendFailed(FailureClass.CONTENT, "The medium lies on a host that is not X's", code="media_host")
        # The address that webhooks name takes OAuth 1.0a only; its three last segments lead to the same file in v2.
        legacy = _LEGACY_MEDIA_PATH.fullmatch(urlsplit(source_url).path)
        if legacy:
            return f"{self._connection.api_url}/2/dm_conversations/media/{legacy[1]}/{legacy[2]}/{legacy[3]}"
        return source_url

    def _authorization(self) -> dict[str, str]:
        token = self._connection.credentials.get("access_token", "")
        if not token.isascii() or not token.isprintable() or not token.strip():
            raise SendFailed(FailureClass.AUTH, "The account has no usable access token", code="no_token")
        return {"authorization": f"Bearer {token.strip()}"}

    def _secret(self) -> str:
        return self._connection.credentials.get("consumer_secret", "")


def _send_path(message: OutboundMessage) -> str:
    kind, _, conversation_id = message.conversation_key.partition(":")
    if kind == "xchat":
        raise SendFailed(
            FailureClass.RECIPIENT,
            "The customer writes in an encrypted conversation, which cannot be answered from here",
            code="encrypted",
        )
    if _ID.fullmatch(conversation_id):
        return f"/2/dm_conversations/{conversation_id}/messages"
    if not _ID.fullmatch(message.recipient_external_id):
        raise SendFailed(FailureClass.RECIPIENT, "The recipient has no id on X", code="no_recipient")
    return f"/2/dm_conversations/with/{message.recipient_external_id}/messages"


def _body(text: str, media: list[dict[str, str]]) -> dict[str, object]:
    """X refuses empty and unknown properties: only what is there."""
    body: dict[str, object] = {}
    if text.strip():
        body["text"] = text
    if media:
        body["attachments"] = media
    return body


def _accepted(answer: http.Answer, message: OutboundMessage) -> Accepted:
    told = payloads.read(answer.body, payloads.AcceptedAnswer)
    if told is None:
        raise OutcomeUnknown("X said yes in words that cannot be read")
    named = f"dm:{told.data.dm_conversation_id}" if told.data.dm_conversation_id else message.conversation_key
    return Accepted(
        external_id=str(told.data.dm_event_id),
        conversation_key=named,
        quota=errors.quota_in(answer.headers),
    )
