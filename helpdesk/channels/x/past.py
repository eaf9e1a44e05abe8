"""From a page of X's record to events, oldest first: messages, direct and of groups, and who joined or left."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from msgspec import Raw

from helpdesk.channels.port import (
    InboundEvent,
    InboundIdentity,
    InboundMessage,
    InboundPart,
    InboundParticipation,
    PartKind,
    UnreadablePayload,
    UnsupportedEvent,
)
from helpdesk.channels.x import parts
from helpdesk.channels.x.conversations import conversation_key
from helpdesk.channels.x.history_payloads import (
    Attachments,
    DmEvent,
    HistoryAnswer,
    IncludedMedium,
    IncludedUser,
    Includes,
    Link,
    LinksOf,
)
from helpdesk.channels.x.payloads import UNREADABLE, Entities, Id, Media, Size, Url, Variant, VideoInfo, read

_KIND_MAX = 100
_GROUP = re.compile(r"[0-9]{1,25}", re.ASCII)
_PAIR = re.compile(r"([0-9]{1,25})-([0-9]{1,25})", re.ASCII)

# The link that stands for the medium leads to X's own page of it; where X names no links it is the last one.
_MEDIUM_PAGE = re.compile(r"https?://(?:www\.)?(?:x|twitter)\.com/messages/media/", re.ASCII)
_LAST_LINK = re.compile(r"https://t\.co/[A-Za-z0-9]+\s*$", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class _Context:
    """What stands beside the events of a page."""

    brand_id: str
    received_at: datetime
    users: Mapping[str, InboundIdentity]
    media: Mapping[str, IncludedMedium]

    def identity(self, user_id: Id) -> InboundIdentity:
        external_id = parts.clean(str(user_id))
        return self.users.get(external_id) or InboundIdentity(external_id=external_id)


def events_of_page(body: bytes, *, brand_id: str, received_at: datetime) -> list[InboundEvent]:
    """Raises UnreadablePayload when it is no page of the record."""
    try:
        told = msgspec.json.decode(body, type=HistoryAnswer)
    except UNREADABLE as error:
        raise UnreadablePayload("The body is not a page of X's record") from error
    includes = read(told.includes, Includes) or Includes()
    context = _Context(
        brand_id=brand_id, received_at=received_at, users=_users(includes.users), media=_media(includes.media)
    )
    return [_event(raw, context) for raw in reversed(told.data)]


def _event(raw: Raw, context: _Context) -> InboundEvent:
    event = read(raw, DmEvent)
    if event is None:
        return UnsupportedEvent(kind="dm_event")
    made: InboundEvent | None = None
    if event.event_type == "MessageCreate":
        made = _message(event, context)
    elif event.event_type in ("ParticipantsJoin", "ParticipantsLeave"):
        made = _participation(event, context)
    return made or UnsupportedEvent(kind=parts.clean(event.event_type)[:_KIND_MAX] or "unknown")


def _message(event: DmEvent, context: _Context) -> InboundMessage | None:
    """None for a message to oneself, and for one of which X does not say who wrote it or where."""
    sender = context.identity(event.sender_id)
    written = str(event.dm_conversation_id)
    is_group = _GROUP.fullmatch(written) is not None
    is_from_brand = sender.external_id == context.brand_id
    other_id = sender.external_id if is_group else _other_side(written, context.brand_id)
    if not sender.external_id or not other_id:
        return None
    return InboundMessage(
        conversation_key=f"dm:{written}" if is_group else conversation_key(context.brand_id, other_id),
        external_id=parts.clean(str(event.id)),
        sender=sender,
        customer=context.identity(other_id) if is_from_brand else sender,
        is_from_brand=is_from_brand,
        sent_at=_instant(event.created_at) or context.received_at,
        parts=_parts(event, context),
        is_group=is_group,
        is_backfilled=True,
    )


def _other_side(written: str, brand_id: str) -> str:
    """Who the brand talks with in a conversation of two, "" where that is nobody else."""
    pair = _PAIR.fullmatch(written)
    sides = [side for side in pair.groups() if side != brand_id] if pair else []
    return sides[0] if len(sides) == 1 else ""


def _participation(event: DmEvent, context: _Context) -> InboundParticipation | None:
    if not _GROUP.fullmatch(str(event.dm_conversation_id)) or not event.participant_ids:
        return None
    return InboundParticipation(
        conversation_key=f"dm:{event.dm_conversation_id}",
        people=tuple(context.identity(user_id) for user_id in event.participant_ids),
        has_joined=event.event_type == "ParticipantsJoin",
        at=_instant(event.created_at) or context.received_at,
    )


def _parts(event: DmEvent, context: _Context) -> tuple[InboundPart, ...]:
    keys = (read(event.attachments, Attachments) or Attachments()).media_keys
    links = (read(event.entities, LinksOf) or LinksOf()).urls
    medium_link = _medium_link(event.text, links) if keys else ""
    entities = Entities(urls=[Url(url=link.url, expanded_url=link.expanded_url) for link in links])
    text = parts.readable_text(event.text, entities, Media(url=medium_link) if medium_link else None)
    found = [InboundPart(kind=PartKind.TEXT, text=text, details=_shared(event))] if text else []
    found += [_medium_part(key, medium_link, context) for key in keys]
    return tuple(found) or (parts.unsupported_part("empty"),)


def _medium_link(text: str, links: Iterable[Link]) -> str:
    named = [link.url for link in links if _MEDIUM_PAGE.match(link.expanded_url)]
    if named:
        return named[-1]
    last = _LAST_LINK.search(text)
    return last[0].strip() if last else ""


def _shared(event: DmEvent) -> dict[str, object]:
    """Ids of the posts that the message shares; their links stand in its text."""
    posts = [parts.clean(str(post.id)) for post in (*event.referenced_posts, *event.referenced_tweets) if post.id]
    return {"shared_post_ids": posts} if posts else {}


def _medium_part(key: str, link: str, context: _Context) -> InboundPart:
    medium = context.media.get(key)
    if medium is None:
        return parts.unsupported_part("media")
    return parts.media_part(
        Media(
            id_str=key.rpartition("_")[2],
            type=medium.type,
            url=link,
            media_url_https=medium.url or medium.preview_image_url,
            sizes={"large": Size(w=medium.width, h=medium.height)},
            video_info=VideoInfo(
                variants=[
                    Variant(content_type=variant.content_type, url=variant.url, bitrate=variant.bit_rate)
                    for variant in medium.variants
                ],
                duration_millis=medium.duration_ms,
            ),
        )
    )


def _users(raws: Iterable[Raw]) -> dict[str, InboundIdentity]:
    users = [user for user in (read(raw, IncludedUser) for raw in raws) if user is not None]
    return {
        parts.clean(str(user.id)): InboundIdentity(
            external_id=parts.clean(str(user.id)),
            display_name=parts.clean(user.name),
            handle=parts.clean(user.username),
            avatar_url=parts.clean(user.profile_image_url),
        )
        for user in users
    }


def _media(raws: Iterable[Raw]) -> dict[str, IncludedMedium]:
    media = [medium for medium in (read(raw, IncludedMedium) for raw in raws) if medium is not None]
    return {medium.media_key: medium for medium in media}


def _instant(written: str) -> datetime | None:
    try:
        instant = datetime.fromisoformat(written)
    except ValueError:
        return None
    return instant.astimezone(UTC) if instant.tzinfo else instant.replace(tzinfo=UTC)
