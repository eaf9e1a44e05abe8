"""What X sends, as structs. Lenient: unknown fields are passed over, missing ones have a value that says so.

Ids are opaque; X writes them as strings, and where one comes as a number it is taken as its digits.
Sources: docs.x.com (Account Activity, X Activity, Direct Messages), read 2026-08-22.
"""

from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Raw, Struct, field

Shape = TypeVar("Shape")

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for bytes that are not JSON of the wanted shape."""


def read(raw: Raw | bytes, shape: type[Shape]) -> Shape | None:
    """The bytes as `shape`, None when they are something else."""
    try:
        return msgspec.json.decode(raw, type=shape)
    except UNREADABLE:
        return None


Id = str | int
FilledId = Annotated[str, Meta(min_length=1)] | int
WebhookId = Annotated[str, Meta(pattern="^[0-9A-Za-z]{1,40}$")] | int
"""One that goes into an address."""


class Filter(Struct, frozen=True):
    user_id: Id = ""


class Activity(Struct, frozen=True):
    """What lies under `data` of an X Activity (XAA) call."""

    event_type: str = ""
    filter: Filter = field(default_factory=Filter)
    payload: Raw = Raw(b"{}")


class Target(Struct, frozen=True):
    recipient_id: FilledId


class Url(Struct, frozen=True):
    url: str = ""
    expanded_url: str = ""


class Entities(Struct, frozen=True):
    urls: list[Url] = field(default_factory=list)


class Variant(Struct, frozen=True):
    content_type: str = ""
    url: str = ""
    bitrate: int = 0


class VideoInfo(Struct, frozen=True):
    variants: list[Variant] = field(default_factory=list)
    duration_millis: int | None = None


class Size(Struct, frozen=True):
    w: int | None = None
    h: int | None = None


class Media(Struct, frozen=True):
    id_str: str = ""
    type: str = ""
    url: str = ""
    """The t.co link that X also appends to the text."""
    media_url_https: str = ""
    sizes: dict[str, Size] = field(default_factory=dict)
    video_info: VideoInfo | None = None


class Attachment(Struct, frozen=True):
    type: str = ""
    media: Raw = Raw(b"{}")
    location: Raw = Raw(b"{}")


class QuickReplyResponse(Struct, frozen=True):
    type: str = ""
    metadata: str = ""


class MessageData(Struct, frozen=True):
    text: str = ""
    entities: Raw = Raw(b"{}")
    attachment: Raw = Raw(b"null")
    quick_reply_response: Raw = Raw(b"null")


class MessageCreate(Struct, frozen=True):
    target: Target
    sender_id: FilledId
    message_data: MessageData


class DirectMessage(Struct, frozen=True):
    """One of `direct_message_events` whose type is message_create."""

    id: FilledId
    message_create: MessageCreate
    created_timestamp: Id = ""


class MarkRead(Struct, frozen=True):
    """One of `direct_message_mark_read_events`: `sender_id` has read everything up to `last_read_event_id`."""

    sender_id: FilledId
    target: Target
    last_read_event_id: FilledId
    created_timestamp: Id = ""


class IndicateTyping(Struct, frozen=True):
    """One of `direct_message_indicate_typing_events`."""

    sender_id: FilledId
    target: Target
    created_timestamp: Id = ""


class User(Struct, frozen=True):
    """A user of either map: v2 (`username`) under XAA, v1.1 (`screen_name`) under AAA."""

    name: str = ""
    username: str = ""
    screen_name: str = ""
    profile_image_url: str = ""
    profile_image_url_https: str = ""


class RevokeSource(Struct, frozen=True):
    user_id: Id = ""


class Revoke(Struct, frozen=True):
    date_time: str = ""
    source: RevokeSource = field(default_factory=RevokeSource)


class UserEvent(Struct, frozen=True):
    revoke: Revoke | None = None


class EncryptedMessage(Struct, frozen=True):
    """The payload of chat.received and chat.sent: no text, only what may be known without keys."""

    id: FilledId
    conversation_id: Annotated[str, Meta(min_length=1)]
    sender_id: FilledId
    created_at_msec: Id = ""


class Coordinates(Struct, frozen=True):
    coordinates: tuple[float, float]
    """Longitude, latitude (GeoJSON's order)."""


class SharedCoordinate(Struct, frozen=True):
    coordinates: Coordinates


class Place(Struct, frozen=True):
    id: str = ""
    name: str = ""
    full_name: str = ""


class SharedPlace(Struct, frozen=True):
    place: Place


class Location(Struct, frozen=True):
    type: str = ""
    shared_coordinate: SharedCoordinate | None = None
    shared_place: SharedPlace | None = None


class Accepted(Struct, frozen=True):
    """Under `data` of the answer to a send."""

    dm_event_id: FilledId
    dm_conversation_id: Id = ""


class AcceptedAnswer(Struct, frozen=True):
    data: Accepted


class ProcessingInfo(Struct, frozen=True):
    state: str = ""
    check_after_secs: float = 1.0


class Upload(Struct, frozen=True):
    id: FilledId
    processing_info: ProcessingInfo | None = None


class UploadAnswer(Struct, frozen=True):
    data: Upload


class Me(Struct, frozen=True):
    id: FilledId


class MeAnswer(Struct, frozen=True):
    """The answer of /2/users/me: whose access token it is."""

    data: Me


class CodedError(Struct, frozen=True):
    code: Id = ""
    message: str = ""
    type: str = ""
    detail: str = ""


class ErrorAnswer(Struct, frozen=True):
    """Both error families in one: `errors[]` with codes, and a problem document."""

    errors: list[CodedError] = field(default_factory=list)
    type: str = ""
    title: str = ""
    detail: str = ""


class TokenAnswer(Struct, frozen=True):
    """The answer to a renewal of access."""

    access_token: Annotated[str, Meta(min_length=1)]
    refresh_token: str = ""
    expires_in: Annotated[int, Meta(ge=0)] = 0
    """Seconds."""


class TokenRefusal(Struct, frozen=True):
    """RFC 6749, 5.2."""

    error: str = ""


class XWebhook(Struct, frozen=True):
    id: WebhookId
    url: str = ""
    valid: bool = False


class WebhookAnswer(Struct, frozen=True):
    data: XWebhook


class WebhooksAnswer(Struct, frozen=True):
    data: list[XWebhook] = field(default_factory=list)


class Checked(Struct, frozen=True):
    valid: bool = False


class CheckAnswer(Struct, frozen=True):
    data: Checked = field(default_factory=Checked)


class Subscription(Struct, frozen=True):
    subscription_id: Id = ""
    webhook_id: Id = ""


class SubscriptionsAnswer(Struct, frozen=True):
    data: list[Subscription] = field(default_factory=list)
