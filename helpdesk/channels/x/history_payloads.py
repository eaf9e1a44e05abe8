"""What X's record of DMs (`GET /2/dm_events` and the like) holds, as structs; lenient as payloads.py.

Two spellings are about: `referenced_posts` since the API of August 2026, `referenced_tweets` before.
"""

from msgspec import Raw, Struct, field

from helpdesk.channels.x.payloads import CodedError, FilledId, Id


class Attachments(Struct, frozen=True):
    media_keys: list[str] = field(default_factory=list)


class Link(Struct, frozen=True):
    url: str = ""
    expanded_url: str = ""


class LinksOf(Struct, frozen=True):
    urls: list[Link] = field(default_factory=list)


class Referenced(Struct, frozen=True):
    id: Id = ""


class DmEvent(Struct, frozen=True):
    id: FilledId
    event_type: str = ""
    dm_conversation_id: Id = ""
    sender_id: Id = ""
    created_at: str = ""
    text: str = ""
    entities: Raw = Raw(b"{}")
    attachments: Raw = Raw(b"{}")
    participant_ids: list[Id] = field(default_factory=list)
    referenced_posts: list[Referenced] = field(default_factory=list)
    referenced_tweets: list[Referenced] = field(default_factory=list)


class MediaVariant(Struct, frozen=True):
    bit_rate: int = 0
    content_type: str = ""
    url: str = ""


class IncludedMedium(Struct, frozen=True):
    media_key: str
    type: str = ""
    url: str = ""
    preview_image_url: str = ""
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    variants: list[MediaVariant] = field(default_factory=list)


class IncludedUser(Struct, frozen=True):
    id: FilledId
    name: str = ""
    username: str = ""
    profile_image_url: str = ""


class Includes(Struct, frozen=True):
    users: list[Raw] = field(default_factory=list)
    media: list[Raw] = field(default_factory=list)


class PageMeta(Struct, frozen=True):
    next_token: str = ""


class HistoryAnswer(Struct, frozen=True):
    """An answer may be a success in part: `errors` then stand beside `data`."""

    data: list[Raw] = field(default_factory=list)
    includes: Raw = Raw(b"{}")
    meta: PageMeta = field(default_factory=PageMeta)
    errors: list[CodedError] = field(default_factory=list)
