"""From a webhook body to events: both envelopes, any number of events, whatever is unknown kept as unsupported.

X Activity (XAA): {"data": {"event_type": str, "filter": {"user_id": str}, "payload": {...}}}, one event a call.
Account Activity (AAA): {"for_user_id": str, "direct_message_events": [...], "users": {...}}.
Inside both lie the same arrays of events; only the users' map differs.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Raw

from helpdesk.channels.mending import with_whole_characters
from helpdesk.channels.port import (
    AccessRevoked,
    InboundEvent,
    InboundIdentity,
    InboundMessage,
    InboundPart,
    InboundReceipt,
    InboundTyping,
    PartKind,
    UnreadablePayload,
    UnsupportedEvent,
)
from helpdesk.channels.x import parts
from helpdesk.channels.x.conversations import conversation_key
from helpdesk.channels.x.payloads import (
    UNREADABLE,
    Activity,
    DirectMessage,
    EncryptedMessage,
    Id,
    IndicateTyping,
    MarkRead,
    User,
    UserEvent,
    read,
)

Fields = Mapping[str, Raw]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENVELOPE_FIELDS = frozenset({"for_user_id", "users", "apps", "user_has_blocked"})
_KIND_MAX = 100


@dataclass(frozen=True, kw_only=True)
class _Context:
    """What the envelope says about the events inside it."""

    brand_id: str
    received_at: datetime
    users: Mapping[str, InboundIdentity] = field(default_factory=dict)

    def identity(self, user_id: Id) -> InboundIdentity:
        external_id = _text(user_id)
        return self.users.get(external_id) or InboundIdentity(external_id=external_id)

    def instant(self, milliseconds: Id) -> datetime:
        """When X says it happened; when that cannot be read, when we heard of it."""
        try:
            return _EPOCH + timedelta(milliseconds=int(milliseconds))
        except (ValueError, OverflowError):
            return self.received_at


def events_in(body: bytes, *, brand_id: str, received_at: datetime) -> list[InboundEvent]:
    """All events of one webhook call in the order they stand. Raises UnreadablePayload when it is no JSON object."""
    try:
        fields = msgspec.json.decode(with_whole_characters(body), type=dict[str, Raw])
    except UNREADABLE as error:
        raise UnreadablePayload("The body is not a JSON object") from error
    context = _Context(brand_id=brand_id, received_at=received_at)
    if "data" in fields:
        return [event for raw in _items(fields["data"]) for event in _activity_events(raw, context)]
    return list(_account_activity_events(fields, context))


def _activity_events(raw: Raw, context: _Context) -> Iterator[InboundEvent]:
    activity = read(raw, Activity)
    if activity is None:
        yield _unsupported("data")
        return
    account_id = _text(activity.filter.user_id) or context.brand_id
    if account_id != context.brand_id:
        yield _unsupported(f"{activity.event_type} of another account")
        return
    payload = _fields(activity.payload)
    context = _with_users(context, payload)
    if activity.event_type == "oauth.revoke":
        yield AccessRevoked(at=context.received_at)
    elif activity.event_type in ("chat.received", "chat.sent"):
        yield _encrypted(activity.payload, context) or _unsupported(activity.event_type)
    else:
        yield from _unencrypted(activity, payload, context)


def _unencrypted(activity: Activity, payload: Fields, context: _Context) -> Iterator[InboundEvent]:
    """The arrays of Account Activity; X shows no sample of reads and typings, which may also be a bare event."""
    known = [kind for kind in payload if kind in _ARRAYS]
    for kind in known:
        yield from _events_of_kind(kind, payload[kind], context)
    if not known:
        bare = _BARE.get(activity.event_type)
        yield (bare and bare(activity.payload, context)) or _unsupported(activity.event_type)


def _account_activity_events(fields: Fields, context: _Context) -> Iterator[InboundEvent]:
    account_id = _account_id(fields) or context.brand_id
    kinds = [kind for kind in fields if kind not in _ENVELOPE_FIELDS]
    if account_id != context.brand_id:
        yield from (_unsupported(f"{kind} of another account") for kind in kinds)
        return
    context = _with_users(context, fields)
    for kind in kinds or ["empty"]:
        yield from _events_of_kind(kind, fields.get(kind, Raw(b"null")), context)


def _account_id(fields: Fields) -> str:
    raw = fields.get("for_user_id", Raw(b'""'))
    return _text(read(raw, str) or read(raw, int) or "")


def _events_of_kind(kind: str, raw: Raw, context: _Context) -> Iterator[InboundEvent]:
    if kind == "user_event":
        yield _revocation(raw, context)
    elif kind in _ARRAYS:
        yield from (_ARRAYS[kind](item, context) or _unsupported(_kind_of(item) or kind) for item in _items(raw))
    else:
        yield _unsupported(kind)


def _encrypted(raw: Raw, context: _Context) -> InboundMessage | None:
    """A placeholder for what cannot be read without keys."""
    message = read(raw, EncryptedMessage)
    customer_id = _other_side(message, context.brand_id) if message else ""
    if message is None or not customer_id:
        return None
    sender = context.identity(message.sender_id)
    return InboundMessage(
        conversation_key="xchat:" + parts.clean(message.conversation_id).replace(":", "-"),
        external_id=_text(message.id),
        sender=sender,
        customer=context.identity(customer_id),
        is_from_brand=sender.external_id == context.brand_id,
        sent_at=context.instant(message.created_at_msec),
        parts=(InboundPart(kind=PartKind.ENCRYPTED),),
    )


def _other_side(message: EncryptedMessage, brand_id: str) -> str:
    """The customer of an encrypted conversation, "" where we wrote into a group and nobody in particular is."""
    if _text(message.sender_id) != brand_id:
        return _text(message.sender_id)
    sides = [side for side in re.split("[:-]", parts.clean(message.conversation_id)) if side != brand_id]
    return sides[0] if len(sides) == 1 and sides[0].isdigit() else ""


def _message(raw: Raw, context: _Context) -> InboundMessage | None:
    """A message between the brand and somebody else, None for anything else."""
    message = read(raw, DirectMessage)
    if message is None or _kind_of(raw) not in ("message_create", ""):
        return None
    sender_id = _text(message.message_create.sender_id)
    recipient_id = _text(message.message_create.target.recipient_id)
    if (sender_id == context.brand_id) == (recipient_id == context.brand_id):
        return None
    sender = context.identity(sender_id)
    is_from_brand = sender_id == context.brand_id
    return InboundMessage(
        conversation_key=conversation_key(sender_id, recipient_id),
        external_id=_text(message.id),
        sender=sender,
        customer=context.identity(recipient_id) if is_from_brand else sender,
        is_from_brand=is_from_brand,
        sent_at=context.instant(message.created_timestamp),
        parts=parts.parts_of(message.message_create.message_data),
    )


def _receipt(raw: Raw, context: _Context) -> InboundReceipt | None:
    mark = read(raw, MarkRead)
    if mark is None:
        return None
    return InboundReceipt(
        conversation_key=conversation_key(_text(mark.sender_id), _text(mark.target.recipient_id)),
        kind="read",
        reader=context.identity(mark.sender_id),
        up_to_external_id=_text(mark.last_read_event_id),
        at=context.instant(mark.created_timestamp),
    )


def _typing(raw: Raw, context: _Context) -> InboundTyping | None:
    typing = read(raw, IndicateTyping)
    if typing is None:
        return None
    return InboundTyping(
        conversation_key=conversation_key(_text(typing.sender_id), _text(typing.target.recipient_id)),
        sender=context.identity(typing.sender_id),
        at=context.instant(typing.created_timestamp),
    )


def _revocation(raw: Raw, context: _Context) -> InboundEvent:
    event = read(raw, UserEvent)
    if event is None or event.revoke is None:
        return _unsupported("user_event")
    if _text(event.revoke.source.user_id) not in ("", context.brand_id):
        return _unsupported("user_event of another account")
    return AccessRevoked(at=_iso_instant(event.revoke.date_time) or context.received_at)


def _iso_instant(written: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)


_ARRAYS: Mapping[str, Callable[[Raw, _Context], InboundEvent | None]] = {
    "direct_message_events": _message,
    "direct_message_mark_read_events": _receipt,
    "direct_message_indicate_typing_events": _typing,
}

_BARE: Mapping[str, Callable[[Raw, _Context], InboundEvent | None]] = {
    "dm.read": _receipt,
    "dm.indicate_typing": _typing,
}


def _with_users(context: _Context, fields: Fields) -> _Context:
    users = {parts.clean(user_id): _user(user_id, raw) for user_id, raw in _fields(fields.get("users")).items()}
    return _Context(brand_id=context.brand_id, received_at=context.received_at, users=users)


def _user(user_id: str, raw: Raw) -> InboundIdentity:
    """A user of either map: the v2 form lies one level deeper, under `data`."""
    user = read(_fields(raw).get("data", raw), User) or User()
    return InboundIdentity(
        external_id=parts.clean(user_id),
        display_name=parts.clean(user.name),
        handle=parts.clean(user.username or user.screen_name),
        avatar_url=parts.clean(user.profile_image_url or user.profile_image_url_https),
    )


def _unsupported(kind: str) -> UnsupportedEvent:
    return UnsupportedEvent(kind=parts.clean(kind)[:_KIND_MAX] or "unknown")


def _kind_of(raw: Raw) -> str:
    return read(_fields(raw).get("type", Raw(b'""')), str) or ""


def _fields(raw: Raw | None) -> dict[str, Raw]:
    return (read(raw, dict[str, Raw]) if raw is not None else None) or {}


def _items(raw: Raw) -> list[Raw]:
    """The elements of an array; something else stands for itself."""
    items = read(raw, list[Raw])
    return [raw] if items is None else items


def _text(value: Id) -> str:
    return parts.clean(str(value))
